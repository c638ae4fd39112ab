"""The command line: arguments in, numbers out; nothing is computed here.

Each command is read off its job, in commands.py. Heavy packages are imported inside the jobs, so that
`microsim --help` answers at once.
"""

from . import commands as commands
from . import studio as studio
from .app import app, main

__all__ = ["app", "main"]
