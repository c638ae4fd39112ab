"""Which kernels run: the one place that decides.

Kernels are loops over cells and links. They lie in folders, one a backend, with the same files by trade and
the same names and arguments in each:

    cpu         compiled by numba for this processor, on its threads
    reference   slow twins, plain numpy and loops: what the others are held against
    gpu         compiled by warp for a GPU, on arrays of that device: what a solve repeats, and no more

What the folder of the gpu has not is set up by the cpu's.

Whoever needs a loop asks for it here: `kernels.vectors.inner(a, b)`; nothing is loaded before. A new backend
is a new folder under kernels/ and its name in BACKENDS.
"""

from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from ..base.errors import InputError
from ..base.packages import need

BACKENDS = {"cpu": "numba", "reference": "scipy", "gpu": "warp"}  # and the package that each runs on
MANY = 4096  # numbers that are worth a compiled loop of their own
SET_UP_BY = {"gpu": "cpu"}  # who does what a backend has no kernels for


class Kernels:
    """The kernels of one backend, a module a trade: vectors, graph, links, laplacian ..."""

    def __init__(self, backend):
        self.choose(backend)

    def __repr__(self):
        return f"Kernels({self._backend!r})"

    def __getattr__(self, trade):
        if trade.startswith("_"):
            raise AttributeError(trade)
        place = f"{__package__}.kernels.{self._backend}"
        if self.on_device and not find_spec(f"{place}.{trade}"):
            place = f"{__package__}.kernels.{SET_UP_BY[self._backend]}"
        module = import_module(f"{place}.{trade}")
        setattr(self, trade, module)
        return module

    @property
    def on_device(self):
        """Whether kernels run on arrays of a device of its own."""
        return self._backend in SET_UP_BY

    def choose(self, backend):
        """Let another backend run from now on."""
        self.__dict__.clear()
        self._backend = backend


kernels = Kernels("cpu")
device_kernels = Kernels("gpu")  # for who sets up by the processor's kernels what it repeats on a device


def choose(backend):
    """Let a backend run in this process; InputError if there is none of that name here."""
    if backend not in BACKENDS:
        raise InputError(f"expected a backend, one of {', '.join(BACKENDS)}, got {backend}; choose one.")
    if backend in SET_UP_BY:
        need_device(backend)
    elif not find_spec(BACKENDS[backend]):  # numba's settings are looked at first
        need(BACKENDS[backend], f"--backend {backend}")
    kernels.choose(backend)


def need_device(backend="gpu"):
    """Raise InputError where there is no device of a backend, or not the package that it runs on."""
    need(BACKENDS[backend], f"--backend {backend}")
    import_module(f"{__package__}.kernels.{backend}.device").device()


def is_long(x):
    """Whether x is a vector of float64 so long that a compiled loop beats numpy's functions."""
    return getattr(x, "dtype", None) == float and x.ndim == 1 and x.size >= MANY


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
