"""Threads of the CPU kernels.

They come from TBB when it is there: with another process on the same two cores a loop of 0.13 ms took 0.9 ms
with OpenMP (its threads spin at the barrier) and 0.25 ms with TBB.
"""

import ctypes
import sys
from pathlib import Path

import numba


def _prefer_tbb():
    """Load TBB from the environment's own library folder, where numba's loader does not look."""
    for folder in (Path(sys.prefix) / "lib", Path(sys.prefix) / "Library" / "bin"):
        for name in ("libtbb.so.12", "libtbb.12.dylib", "tbb12.dll"):
            if (folder / name).exists():
                try:
                    ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
                    numba.config.THREADING_LAYER_PRIORITY = ["tbb", "omp", "workqueue"]
                    return
                except OSError:
                    pass


_prefer_tbb()

SERIAL = 8192  # cells below which starting the threads costs more than it saves
# cells that are summed by themselves, so that a sum does not depend on the number or haste of threads
CHUNK = 16384
