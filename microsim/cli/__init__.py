"""The command line: arguments in, numbers out; nothing is computed here.

One file a command, read off its job; a command is there once its file is imported.
Heavy packages are imported inside the jobs, so that `microsim --help` answers at once.
"""

from importlib import import_module

from .app import app, main

COMMANDS = (  # in the order in which the data flows, which is that of --help
    *("datasets", "generate", "segment", "info", "particles", "mesh"),
    *("transport", "regions", "representative", "eis", "flow", "wetting"),
    *("soc", "calibrate", "compton", "register", "materials", "bpx"),
    *("run", "homogenise", "compare", "study", "animate", "validate", "demo"),
)
for command in COMMANDS:
    import_module(f".{command}", __name__)

__all__ = ["COMMANDS", "app", "main"]
