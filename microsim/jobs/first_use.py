"""What compiles the half cell's kernels while a run still solves transport: another process on another core.

The first run on a machine compiles 60 kernels one after the other, 13 s. Those of transport come first; a
process of its own runs the demo's case on a corner of its electrode meanwhile, so that the kernels of the
half cell lie in the store when the run comes to them.
"""

import os
import subprocess
import sys
import threading
from contextlib import suppress

LAST = "faces.add_to_cells"  # of the kernels that a half cell needs
CORNER = {"x": [0, 16], "y": [0, 16], "z": [0, 16]}
SETTINGS = {"volume.crop": CORNER, "compare": None, "protocol": ["Discharge at C/2 for 1 s"]}


def compile_ahead():
    """Begin to compile what half cells need on another core, where it is not kept yet; return the process, or
    None."""
    from ..numerics.backend import lacks

    if not sys.executable or _cores() < 2 or not lacks(LAST):
        return None
    nothing = subprocess.DEVNULL
    with suppress(OSError):  # whoever cannot start a process compiles everything itself
        process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=nothing, stdout=nothing, stderr=nothing
        )
        threading.Thread(target=process.wait, daemon=True).start()
        return process


def run_corner():
    """Run the demo's case on a corner of its electrode, for one second, and write nothing."""
    from ..base import gallery
    from ..case.build import cell_design, read_grid, set_up
    from ..case.case import load_case

    case = load_case(gallery.folder("cases") / "demo.yaml", SETTINGS)
    _, grid = read_grid(case)
    setup = set_up(case, grid, cell_design(case, grid))
    for _ in setup.experiment().moments(setup.loads()):
        pass


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # on a busy machine the run itself goes first
    run_corner()
