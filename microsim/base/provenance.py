"""Where numbers come from: the volume that they were computed on, the program that did it, and what it
needed."""

import os
import platform
import re
import resource
import sys
from functools import cache
from hashlib import sha256

from .gallery import PACKAGE
from .plugins import installed

GROUPS = ("microsim.cyclers", "microsim.materials", "microsim.readers")  # to which other packages add
DISTRIBUTION = "microsim-electrode"  # what pip calls this package
APART = ("report", "studio", "cli", "gallery")  # folders that decide no number


def volume_origin(grid):
    """Return the lines that name a VoxelGrid's volume in the numbers of a job: voxel size (m, None where
    unknown), name and hash of its source."""
    return {
        "voxel_size_m": grid.voxel_size if grid.sized else None,
        "volume": grid.source.name,
        "volume_sha256": grid.source.sha256,
    }


def peak_memory_bytes():
    """Return the largest memory this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


@cache
def build():
    """Return a digest of the code that decides numbers: this package's, and the versions of those that add to
    it. A version's number stays the same while the code beside it is worked on."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file())
    own = (path for path in files if "__pycache__" not in path.parts)  # where kernels are kept once compiled
    parts = [path for path in own if path.relative_to(PACKAGE).parts[0] not in APART]
    code = b"".join(str(path.relative_to(PACKAGE)).encode() + path.read_bytes() for path in sorted(parts))
    return sha256(code + " ".join(installed(*GROUPS)).encode()).hexdigest()[:12]


def machine():
    """Return what numbers are computed on, {what: words}: neither the machine's name nor its user's."""
    return {
        "operating system": platform.platform(),
        "processor": _processor() or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
    }


def _processor():
    """Name the processor where Linux tells it, or return None."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
    except OSError:
        return None
    return found and found[1].strip()


def packages():
    """Return {name: version} of the packages that every job needs, and of those that add to microsim."""
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        asked = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # a checkout that was not installed
        asked = []
    found = {}
    for name in (re.match(r"[\w.-]+", line)[0] for line in asked if "extra ==" not in line):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | dict(line.split(" ", 1) for line in installed(*GROUPS))
