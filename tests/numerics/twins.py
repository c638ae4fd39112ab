"""Both kernels of a name on the same arguments."""

import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from microsim.numerics import kernels
from microsim.numerics.backend import running

FOLDER = Path(kernels.__file__).parent


def trade(backend, name):
    """A backend's kernels of a trade."""
    return import_module(f"{kernels.__name__}.{backend}.{name}")


def public(module):
    """The kernels of a module and their arguments: what it defines itself under a public name."""
    return {
        name: list(inspect.signature(kernel).parameters)
        for name, kernel in vars(module).items()
        if callable(kernel)
        and not name.startswith("_")
        and getattr(kernel, "__module__", "") == module.__name__
    }


@pytest.fixture
def gpu_on_processor(monkeypatch):
    """Kernels of the gpu, compiled by warp for the processor."""
    pytest.importorskip("warp", reason="warp, which compiles the kernels of the gpu, is not installed")
    monkeypatch.setenv("MICROSIM_GPU", "cpu")
    with running("gpu"):
        yield


def agree(name, *arguments, outputs=(), rtol=2e-5):
    """Call both twins of `trade.kernel` with copies of the arguments; compare what they return and the
    arguments they write; return what the fast one gave."""
    results = []
    for backend in ("cpu", "reference"):
        module, kernel = name.split(".")
        own = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        returned = getattr(trade(backend, module), kernel)(*own)
        returned = returned if isinstance(returned, tuple) else (returned,)
        results.append([*(r for r in returned if r is not None), *(own[k] for k in outputs)])
    assert len(results[0]) == len(results[1]) > 0
    for one, other in zip(*results):
        assert np.shape(one) == np.shape(other)
        if np.issubdtype(np.asarray(one).dtype, np.inexact):
            scale = np.abs(np.asarray(other), where=np.isfinite(other), out=np.zeros(np.shape(other))).max(
                initial=0
            )
            assert np.allclose(one, other, rtol=rtol, atol=rtol * scale), name
        else:
            assert np.array_equal(one, other), name
    return results[0]
