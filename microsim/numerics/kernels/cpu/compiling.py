"""How long compiling takes and what is left of it, as a notice to whoever shows progress."""

import time
from importlib import import_module

from ....base.notices import notice

# trades that a solver needs most of: once one of their kernels is compiled, the others will be
SOLVER = ("coarsening", "cycle", "graph", "laplacian", "links", "rows", "row_blocks", "vectors")
USUAL = 0.2  # seconds for a kernel, before any was compiled
WORTH = 1.5  # seconds that are worth a word

_missing = set()  # kernels that no call has needed so far
_spent, _compiled, _since = 0.0, 0, 0.0


def expect(kernel):
    """Take note of a kernel that may be needed."""
    _missing.add(kernel)


def found(kernel):
    """Take note that a kernel is at hand."""
    _missing.discard(kernel)


def begun(kernel, kept):
    """Say that a kernel is being compiled; kept: whether the next run will find it."""
    global _since
    _since = time.perf_counter()
    trades = {kernel.partition(".")[0]}
    if trades & set(SOLVER):
        trades.update(SOLVER)
        for trade in SOLVER:
            import_module(f"{__package__}.{trade}")
    missing = sum(name.partition(".")[0] in trades for name in _missing)
    left = missing * (_spent / _compiled if _compiled else USUAL)
    if _spent + left > WORTH:
        often = (
            "once on this machine" if kept else "in every run; NUMBA_CACHE_DIR can name a folder to keep them"
        )
        notice(f"compiling kernels, about {max(left, 1):.0f} s left, {often}")


def done(kernel):
    """Take note that a kernel is compiled."""
    global _spent, _compiled
    _spent, _compiled = _spent + time.perf_counter() - _since, _compiled + 1
    found(kernel)
    notice()
