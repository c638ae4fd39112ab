"""Programs on the ranks of MPI, for the tests that need mpi4py and mpiexec."""

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

MPIEXEC = which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
over_mpi = pytest.mark.skipif(
    find_spec("mpi4py") is None or MPIEXEC is None, reason="needs mpi4py and mpiexec: the extra mpi"
)


def mpiexec(count, *arguments):
    """Run python on so many ranks; returns what it gave and the seconds it took."""
    begun = time.monotonic()
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [MPIEXEC, "-n", str(count), sys.executable, *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        env=environment,
    )
    return done, time.monotonic() - begun
