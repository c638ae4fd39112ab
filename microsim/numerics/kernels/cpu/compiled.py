"""How CPU kernels are made: loops compiled by numba for this processor, serial each, some run on several
threads.

numba's own parallel loops take three to five times as long to compile: 27 of the 40 s before a first
tortuosity. Here each loop is compiled once, as a serial one over a range, and threads share the range (see
threads).
"""

from numba import njit

from . import compiling
from .store import Store

# no test for a division by zero, which no vector can do: infinity or NaN comes out, as with numpy
OPTIONS = {"error_model": "numpy", "no_cfunc_wrapper": True}


def compiled(function, apart=False):
    """Compile a function of arrays and numbers at its first call with given types, or take it from the store.

    apart: no array that is written overlaps with another one, so that LLVM need not read anything twice.
    """
    dispatcher = njit(nogil=True, **OPTIONS)(function)
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__.strip('_')}"
    dispatcher._cache = Store(name)
    if apart:
        dispatcher._compiler._customize_flags = _without_overlap
    compiling.expect(name)
    return dispatcher


def _without_overlap(flags):
    flags.noalias = True
    return flags


def inlined(function):
    """Make a part of kernels, compiled within each of them."""
    return njit(forceinline=True, no_cpython_wrapper=True, **OPTIONS)(function)


def reordered(function):
    """Make a part of kernels, as `inlined` does, whose sums the compiler adds in the order that is fastest:
    eight side by side. On one processor it is the same each time."""
    options = {"forceinline": True, "no_cpython_wrapper": True, "fastmath": {"reassoc"}, **OPTIONS}
    return njit(**options)(function)


def merged(function):
    """Make a part of kernels that is written into each of them before it is compiled.

    It takes longer to compile, but gives several values at once without the detour through a tuple, which
    costs a sweep 12 %.
    """
    return njit(inline="always")(function)
