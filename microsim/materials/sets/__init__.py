"""Material sets, one file each, a source on every coefficient."""
