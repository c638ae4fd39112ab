"""Which kernels run: the one place that decides.

Kernels are loops over cells and links. They lie in folders, one a backend, with the same files by trade and
the same names and arguments in each:

    cpu         compiled by numba for this processor, on its threads
    reference   slow twins, plain numpy and loops: what the others are held against

Whoever needs a loop asks for it here: `kernels.vectors.inner(a, b)`; nothing is loaded before. A new backend
is a new folder under kernels/ and its name in BACKENDS.
"""

from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from ..base.errors import InputError

BACKENDS = {"cpu": "numba", "reference": "scipy"}  # and the package that each runs on


def available():
    """Return the names of the backends that run here, the fastest first."""
    return tuple(name for name, package in BACKENDS.items() if find_spec(package))


class Kernels:
    """The kernels of one backend, a module a trade: vectors, graph, links, laplacian ..."""

    def __init__(self, backend):
        self.choose(backend)

    def __repr__(self):
        return f"Kernels({self._backend!r})"

    def __getattr__(self, trade):
        if trade.startswith("_"):
            raise AttributeError(trade)
        module = import_module(f"{__package__}.kernels.{self._backend}.{trade}")
        setattr(self, trade, module)
        return module

    def choose(self, backend):
        """Let another backend run from now on."""
        self.__dict__.clear()
        self._backend = backend


kernels = Kernels("cpu")


def choose(backend):
    """Let a backend run in this process; InputError if there is none of that name here."""
    if backend not in available():
        raise InputError(f"expected a backend, one of {', '.join(available())}, got {backend}; choose one.")
    kernels.choose(backend)


def lacks(kernel):
    """Whether a kernel, like "faces.face_flow", still has to be compiled on this machine, once for all."""
    if kernels._backend != "cpu":
        return False
    return import_module(f"{__package__}.kernels.cpu.store").lacks(kernel)


@contextmanager
def running(backend):
    """Let a backend run within a `with` block."""
    before = kernels._backend
    choose(backend)
    try:
        yield
    finally:
        kernels.choose(before)
