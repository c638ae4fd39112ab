"""One job a file: what a command does, without its words."""
