"""A process that mpiexec started: which rank it is, who speaks for all, and how all end when one fails."""

import atexit
import os
import subprocess
import sys
import time

# what mpiexec of MPICH, Intel and others, of Open MPI, and srun tell a process of its rank
MARKS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK")
SIZE = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")  # and how many ranks there are, and how many on its machine
LOCAL = ("MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE")
PATIENCE = 3.0  # s that a failed rank waits for the others to fail alike
HEARD = 0.3  # s until mpiexec has passed on what was said: ended at once it has lost the last line
NOT_SHARED = "--backend: expected cpu with {}, which ranks of MPI do not share yet, got mpi; leave one out."
NOT_ON_DEVICE = "--backend: expected cpu with {}, which no GPU takes yet, got gpu; leave one out."
FAILED = 20  # tag of the message by which a rank that fails alone tells the first
# a program that reads until its parent ends; where the parent left no last word before, it takes the files
# away that it was told of, and says its argument
WATCHER = """import os, sys
*half, last = sys.stdin.buffer.read().split(bytes(1))
for path in half if not last else ():
    if os.path.exists(path): os.remove(path)
if not last: sys.stderr.write(sys.argv[1] + chr(10))"""
_watcher = []


def launch_rank():
    """Return the rank that mpiexec gave this process, None where it did not start it."""
    given = next((os.environ[name] for name in MARKS if os.environ.get(name, "").isdecimal()), None)
    return None if given is None else int(given)


def shares_volume():
    """Whether this process is one of several ranks that are to share a volume."""
    return launch_rank() is not None and "mpi" in sys.argv


def share_of_node():
    """Return the share of all ranks that this one's machine has: all of them where the launcher does not
    say."""
    counts = []
    for names in (LOCAL, SIZE):
        counts.append(next((int(os.environ[n]) for n in names if os.environ.get(n, "").isdecimal()), None))
    local, size = counts
    return min(local / size, 1.0) if local and size else 1.0


def ranks_here():
    """Return how many ranks that share a volume this one's machine has: all where the launcher does not say,
    1 without ranks."""
    if not shares_volume():
        return 1
    counts = (os.environ[n] for n in (*LOCAL, *SIZE) if os.environ.get(n, "").isdecimal())
    return max(int(next(counts, 1)), 1)


def watch(words):
    """Have `words` said if this process is killed before it ends by itself.

    mpiexec kills all ranks where one is killed, so that none is left to say so: a small process beside the
    first rank does. It ends what was begun, too (see clear_if_killed).
    """
    command = [sys.executable, "-S", "-E", "-c", WATCHER, words]
    _watcher.append(subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True))
    atexit.register(unwatch)


def clear_if_killed(path):
    """Have a file that is being written taken away if this process is killed before it ends by itself."""
    for watcher in _watcher:
        watcher.stdin.write(os.fsencode(os.path.abspath(path)) + bytes(1))
        watcher.stdin.flush()


def unwatch():
    """Say to the watcher that this process ends by itself, or for a reason that is told."""
    while _watcher:
        _watcher.pop().communicate(b".")


def heed_failure(communicator):
    """Leave the word to a rank that failed alone, which says why it ends this one."""
    if _watcher and communicator.Iprobe(tag=FAILED):
        unwatch()


def fail_together(say, code):
    """Say why this process ends, and end the other ranks with it; returns the exit code.

    Where all ranks fail alike, as at a bad argument, the first says it for all. Where one fails alone it says
    it itself and the others, who wait for it, are ended.
    """
    mpi, rank = sys.modules.get("mpi4py.MPI"), launch_rank()
    if mpi is None:  # nobody waits for this process; all that ask for mpi lack the same
        if not rank or "mpi" not in sys.argv:
            say()
        return code
    unwatch()
    if rank:
        mpi.COMM_WORLD.Isend(b"", 0, FAILED)
    else:
        say()
    if not _all_fail(mpi):
        if rank:
            say()
        sys.stderr.flush()
        time.sleep(HEARD)
        mpi.COMM_WORLD.Abort(code)
    return code


def _all_fail(mpi):
    """Whether the other ranks come here too before patience ends."""
    all_here, until = mpi.COMM_WORLD.Ibarrier(), time.monotonic() + PATIENCE
    while not all_here.Test():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
