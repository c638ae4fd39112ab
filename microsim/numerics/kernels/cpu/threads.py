"""Loops over a range that several threads work off, part by part.

A compiled loop lets go of the interpreter, so that threads of Python are enough. Whoever calls a loop works
off parts like the others: with other processes on the same cores nobody waits for a thread that does not get
its turn (a sweep over 130,000 cells then took 1.3 ms, the threads of numba's own parallel loops 55 ms).
"""

import inspect
import os
import threading
from contextlib import contextmanager
from functools import update_wrapper
from itertools import pairwise
from queue import Empty, SimpleQueue

import numpy as np

from .bits import value_of
from .compiled import compiled

SERIAL = 8192  # cells below which waking the threads costs more than it saves
LIGHT = 2**15  # the same of loops that take less than a nanosecond a cell
PARTS = 2  # parts for each thread: one that is held up leaves its share to the others
# looks at memory before a thread goes to sleep, about 0.1 ms; to wake it takes half of that
PATIENCE = 200_000
START = np.uint64(0)


def spread(over, *, axis=0, less=0, chunk=1, grain=SERIAL // 2):
    """Make a kernel of a loop over a range: f(first, stop, *arguments) becomes f(*arguments) over a whole
    array.

    over    argument that has `chunk` entries for each step of the loop along `axis`, and `less` more
    grain   entries of it that are worth a thread

    No array that is written may overlap with another one.
    """
    return lambda function: Spread(function, over, axis, less, chunk, grain)


class Spread:
    """A compiled loop over the entries of one of its arguments, on several threads where there are many.

    The range is unsigned: with a sign an index could count from an array's end, which costs a loop its
    vectors.
    """

    def __init__(self, function, over, axis, less, chunk, grain):
        update_wrapper(self, function)
        arguments = list(inspect.signature(getattr(function, "of", function)).parameters.values())[2:]
        self.__signature__ = inspect.Signature(arguments)
        self.place = [argument.name for argument in arguments].index(over)
        self.axis, self.more, self.chunk, self.grain = axis, chunk - 1 - less, chunk, grain
        self.loop = compiled(function, apart=True)

    def __call__(self, *arguments):
        given = arguments[self.place]
        steps = self._steps(given)
        if given.size < 2 * self.grain:
            self.loop(START, np.uint64(steps), *arguments)
        else:
            run(self.loop, 0, steps, given.size // self.grain, arguments)

    def between(self, first, stop, *arguments):
        """Run over a part of the range."""
        given = arguments[self.place]
        entries = (stop - first) * given.size // max(self._steps(given), 1)
        run(self.loop, first, stop, entries // self.grain, arguments)

    def _steps(self, given):
        return (given.shape[self.axis] + self.more) // self.chunk

    def alone(self, first, stop, *arguments):
        """Run over a part of the range on this thread only."""
        self.loop(np.uint64(first), np.uint64(stop), *arguments)


def run(loop, first, stop, parts, arguments):
    """Call loop(first, stop, *arguments) over a range, in up to so many parts; returns at the end of all."""
    threads = count()
    parts = min(stop - first, parts, PARTS * threads) if threads > 1 else 1
    if parts < 2:
        loop(np.uint64(first), np.uint64(stop), *arguments)
        return
    edges = [np.uint64(first + (stop - first) * k // parts) for k in range(parts + 1)]
    job = _Job(loop, arguments, list(pairwise(edges)))
    _start_helpers(threads - 1)
    for _ in range(min(threads, parts) - 1):
        _jobs.put(job)
    job.finish()


class _Job:
    """Parts of one loop that are still to be done, and what came of those that helpers took."""

    def __init__(self, loop, arguments, parts):
        self.loop, self.arguments, self.count = loop, arguments, len(parts)
        self.left, self.ended = iter(parts), _Mailbox()

    def help(self):
        """Take parts until none is left."""
        for first, stop in self.left:
            try:
                self.loop(first, stop, *self.arguments)
            except Exception as error:  # noqa: BLE001  (whoever asked for the loop raises it again)
                self.ended.put(error)
            else:
                self.ended.put(None)

    def finish(self):
        """Take parts too, then wait for the helpers; after an error or Ctrl-C nobody begins another part."""
        taken = 0
        try:
            for first, stop in self.left:
                taken += 1
                self.loop(first, stop, *self.arguments)
        finally:
            taken += sum(1 for _ in self.left)
            errors = [error for _ in range(self.count - taken) if (error := self.ended.get())]
        if errors:
            raise errors[0]


class _Mailbox:
    """A queue whose reader looks for a while before it goes to sleep."""

    def __init__(self):
        self.queue, self.posted = SimpleQueue(), np.zeros(1, np.int64)

    def put(self, item):
        self.queue.put(item)
        self.posted[0] += 1

    def get(self):
        seen = self.posted[0]
        try:
            return self.queue.get_nowait()
        except Empty:
            _await_change(self.posted, seen, PATIENCE)
            return self.queue.get()


@compiled
def _await_change(number, seen, patience):
    """Look at a number until it is no longer the one seen, or patience ends."""
    for _ in range(patience):
        if value_of(number) != seen:
            break


_jobs = _Mailbox()
_helpers = []
_count = None  # threads that work, the caller's included


def count():
    """Return the number of threads: what NUMBA_NUM_THREADS says, or one for each processor this process may
    use."""
    global _count
    if _count is None:
        named = os.environ.get("NUMBA_NUM_THREADS", "")
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        _count = max(int(named) if named.isdecimal() else allowed, 1)
    return _count


@contextmanager
def limited(number):
    """Work with another number of threads within a `with` block."""
    global _count
    before, _count = count(), number
    try:
        yield
    finally:
        _count = before


def _start_helpers(number):
    while len(_helpers) < number:
        _helpers.append(threading.Thread(target=_serve, name="microsim kernels", daemon=True))
        _helpers[-1].start()


def _serve():
    while True:
        _jobs.get().help()


def _forget_helpers():
    """Start anew in a forked process, which has none of the threads."""
    global _jobs
    _jobs = _Mailbox()
    _helpers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_helpers)
