"""What every room uses: errors, sections of YAML, files written whole or not at all, constants."""
