"""The command line: arguments in, numbers out; nothing is computed here.

One file per group of commands; a command is there once its file is imported, in the order of --help.
Heavy packages are imported inside the commands, so that `microsim --help` answers at once.
"""

from . import (  # noqa: F401  (importing registers the commands)
    animate,
    bpx,
    calibrate,
    cases,
    compton,
    datasets,
    demo,
    eis,
    flow,
    generate,
    homogenise,
    info,
    materials,
    mesh,
    particles,
    regions,
    register,
    representative,
    segment,
    soc,
    study,
    transport,
    validate,
    wetting,
)
from .app import app, main

__all__ = ["app", "main"]
