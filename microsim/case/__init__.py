"""What a user asks for: the YAML case, its protocol, its changes of materials, BPX files."""
