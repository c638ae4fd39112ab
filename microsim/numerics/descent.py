"""The small levels of a multigrid, whose part of a cycle one compiled call runs."""

import numpy as np

from .backend import kernels

SMALL = 49152  # cells of a level; below 50,000 two threads sweep no faster than one


class Descent:
    """The small levels of a multigrid, in arrays that lie one after the other.

    Two W-cycles visit the coarsest of six levels 32 times, and a call from Python costs as much as a sweep
    over 600 cells (2.3 us). top: the first of these levels; from it on everything is one call.
    """

    def __init__(self, levels, visits):
        """Move the arrays of the small levels together; the levels keep views of them."""
        self.top = next(k for k, level in enumerate(levels) if level.graph.n < SMALL or k == len(levels) - 1)
        self.levels, self.visits = levels[self.top :], visits
        spans, span_at = _joined([level.spans for level in self.levels])
        vectors = {name: self._moved(name) for name in ("diagonal", "b", "x", "r", "parent")}
        rows, cells, far_at = self._moved_rows()
        self.places = spans, cells, span_at, far_at
        self.rows, self.vectors = rows, vectors
        self._known = {}

    def _moved(self, name):
        """Join the arrays of one name; those that the coarsest level lacks are left out."""
        having = [level for level in self.levels if getattr(level, name) is not None]
        if not having:
            return np.empty(0, np.int32)
        joined, at = _joined([getattr(level, name) for level in having])
        for level, begin, end in zip(having, at, at[1:]):
            setattr(level, name, joined[begin:end])
        return joined

    def _moved_rows(self):
        whole = [level.rows._replace(near=np.asarray(level.rows.near)) for level in self.levels]
        joined = [_joined(parts) for parts in zip(*whole)]
        for k, level in enumerate(self.levels):
            level.rows = type(level.rows)(*(array[at[k] : at[k + 1]] for array, at in joined))
        return tuple(array for array, _ in joined), joined[0][1], joined[2][1]

    def strokes(self, once, k):
        """Return the strokes of a cycle, or of an answer, at the k-th of the small levels, made once. They
        lie in a dict: a cache around a function that knows its Descent would keep a grid that nobody
        needs, all of its levels, until Python looks for circles."""
        if (once, k) not in self._known:
            self._known[once, k] = strokes_of(len(self.levels), self.visits, k, once)
        return self._known[once, k]

    def cycle(self, k, factor):
        """Return the answer of one cycle at level k to its b, from zero, in a shared array."""
        return self._run(k, self.strokes(True, k - self.top), factor)

    def answer(self, k, factor):
        """Return level k's answer to its b, by as many cycles as there are visits, in a shared array."""
        return self._run(k, self.strokes(False, k - self.top), factor)

    def _run(self, k, strokes, factor):
        v = self.vectors
        kernels.cycle.descend(
            strokes,
            *self.places,
            *self.rows,
            *(v[name] for name in ("diagonal", "parent")),
            factor,
            *(v[name] for name in ("b", "x", "r")),
        )
        return self.levels[k - self.top].x


def strokes_of(levels, visits, k, once):
    """Return the strokes [(stroke, level)] of one cycle (`once`), or of an answer, at the k-th of so many
    levels."""
    made = _cycle(k, levels - 1, visits) if once else _answer(k, levels - 1, visits)
    return np.array(made, np.int64)


def _answer(k, last, visits):
    if k == last:
        return _cycle(k, last, visits)
    first, again = _cycle(k, last, visits), _cycle(k, last, visits)
    again[0] = (kernels.cycle.FROM_THERE, k)
    return first + again * (visits - 1)


def _cycle(k, last, visits):
    if k == last:
        return [(kernels.cycle.COARSEST, k)]
    return [(kernels.cycle.FROM_ZERO, k), *_answer(k + 1, last, visits), (kernels.cycle.UP, k)]


def _joined(arrays):
    """Return the arrays as one, and where each begins (with the end)."""
    return np.concatenate(arrays), np.cumsum([0] + [len(array) for array in arrays])
