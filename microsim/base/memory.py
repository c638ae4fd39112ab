"""How much memory is free: of the machine, within the limits of the container (cgroup) and of the process."""

import os
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from .errors import InputError
from .schema import number

STATED = "MICROSIM_MEMORY_GB"  # variable that states what is free, where what is found is not true
KERNELS = 1e8  # bytes of compiled kernels and their libraries, which are loaded when they are first used
GB = 1e9
# of mallopt(3): what lies free at the end of the heap that is given back, and the size from which an array is
# asked for by itself (bytes), as the library itself has them once such arrays were freed
OPTIONS = {-1: 2**26, -3: 2**25}
KEPT = 2**30  # of both


def require_memory(size, what, remedy="crop or coarsen the volume"):
    """Refuse what needs more bytes than are free; what: begins the sentence."""
    free = available_memory()
    if size > free:
        raise InputError(
            f"{what}: expected enough memory, needs about {said(size)}, {said(free)} free; {remedy}, or state"
            f" with {STATED} what is free."
        )


def said(size):
    """Word a number of bytes in GB."""
    return f"{max(size, 0) / GB:.2g} GB" if size < 10 * GB else f"{size / GB:.0f} GB"


def return_freed():
    """Return to the system what was freed and the C library keeps for what comes next. Between the parts of
    a job: what a part held while it worked, some 250 bytes a voxel of three tortuosities, would lie beside
    the next one's arrays. Freed for good so often as each solve ends it is missed, in page faults."""
    if trim := _of_library("malloc_trim"):
        trim(0)


@contextmanager
def keeping_freed():
    """Let the C library keep what is freed within. Arrays above 32 MB it else gives back each time and is
    given anew, zeroed: a quarter of the processor time of 10 million voxels. Afterwards what is free goes
    back to the system."""
    choose = _of_library("mallopt") or (lambda option, value: 0)
    for option in OPTIONS:
        choose(option, KEPT)
    try:
        yield
    finally:
        for option, value in OPTIONS.items():
            choose(option, value)
        return_freed()


@cache
def _of_library(name):
    """A function of the C library, None where it has none of that name, as on macOS."""
    import ctypes

    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # no library of the process to look into, as on Windows
        return None


def available_memory(proc="/proc", groups="/sys/fs/cgroup"):
    """Return the bytes that this process may still take; infinite where nothing says. Raises InputError for
    a statement that is no number."""
    if stated := os.environ.get(STATED):
        return number(0.0, above=True)(stated, STATED) * GB
    limits = [_of_machine(Path(proc)), _of_process(Path(proc)), *_of_groups(Path(proc), Path(groups))]
    return min(limits)


def _of_machine(proc):
    lines = dict(line.split(":", 1) for line in _text(proc / "meminfo").splitlines() if ":" in line)
    found = lines.get("MemAvailable", "").split()
    return int(found[0]) * 1024 if found else float("inf")


def _of_process(proc):
    """What ulimit -v leaves."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = _text(proc / "self" / "statm").split()
    if soft == resource.RLIM_INFINITY or not pages:
        return float("inf")
    return soft - int(pages[0]) * resource.getpagesize()


def _of_groups(proc, groups):
    """What the group of this process and those above it leave, in the files of either version of cgroups."""
    for line in _text(proc / "self" / "cgroup").splitlines():
        _, kinds, place = line.split(":", 2)
        version2 = kinds == ""
        if not version2 and "memory" not in kinds.split(","):
            continue
        roots = (groups, groups / "unified") if version2 else (groups / "memory", groups)
        for root in roots:
            # within a container the place may be named as the host sees it; its own files stand at the root
            inside = root / place.strip("/")
            for folder in (inside, *(above for above in inside.parents if root in (above, *above.parents))):
                yield _left(folder, *(V2 if version2 else V1))


V2 = ("memory.max", "memory.current", "inactive_file")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _left(folder, limit, usage, cached):
    """Limit less usage, of which the system gives back what it only keeps of files."""
    most, used = _text(folder / limit).strip(), _text(folder / usage).strip()
    if not most.isdecimal() or not used.isdecimal():  # "max", or no such file
        return float("inf")
    kept = dict(line.split() for line in _text(folder / "memory.stat").splitlines() if line.count(" ") == 1)
    return int(most) - int(used) + int(kept.get(cached, 0))


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""
