"""The device that warp runs on, and the way to it and back.

MICROSIM_GPU names the device, "cuda:0" as by default, another one, or "cpu": warp compiles the same kernels
for the processor, one thread, which is for tests.
"""

import os
from contextlib import contextmanager
from functools import cache

import numpy as np
import warp as wp

from ....base.errors import InputError
from ....base.memory import said
from ..cpu.store import writable_folder

CHOSEN, FIRST = "MICROSIM_GPU", "cuda:0"


def device():
    """Return warp's device; InputError where there is none."""
    return _found(os.environ.get(CHOSEN) or FIRST)


@cache
def _found(name):
    wp.config.log_level = wp.LOG_ERROR
    if "WARP_CACHE_PATH" not in os.environ and (folder := writable_folder()):
        wp.config.kernel_cache_dir = str(folder / "warp")
    with _silence():
        wp.init()
    known = [found.alias for found in wp.get_devices()]
    if name in known:
        return wp.get_device(name)
    if name == FIRST:
        raise InputError("--backend gpu: expected a CUDA device, found none; use --backend cpu.")
    raise InputError(
        f"{CHOSEN}: expected one of the devices {', '.join(known)}, got {name}; name one of these."
    )


@contextmanager
def _silence():
    """Keep from the terminal what warp's library says of a missing driver: the sentence above says it."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def upload(array):
    """Bring a NumPy array to the device; links and numbers of cells become int32."""
    if array.dtype in (np.uint32, np.int64):
        array = array.astype(np.int32)
    return wp.array(np.ascontiguousarray(array), device=device())


def fill(there, array):
    """Write a NumPy array over one of the device, which stays where it is."""
    if there.size:
        there.assign(array)


def require(size, what):
    """Refuse what needs more bytes than the device has free; what: begins the sentence."""
    free = device().free_memory if device().is_cuda else np.inf
    if size > free:
        raise InputError(
            f"{what}: expected enough memory of the device, needs about {said(size)}, {said(free)} free; "
            "crop or coarsen the volume, or use --backend cpu."
        )


def copy(here, there):
    """Copy an array of the device to another."""
    wp.copy(there, here)


def wait():
    """Wait for what was launched."""
    wp.synchronize_device(device())


def recorded(launches):
    """Return a function that repeats the launches of one as a graph, in one call."""
    launches()  # loads the kernels, which a graph being recorded could not wait for
    with wp.ScopedCapture(device()) as capture:
        launches()
    return lambda: wp.capture_launch(capture.graph)
