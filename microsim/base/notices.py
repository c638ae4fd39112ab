"""Notices of what takes a while and is no part of a job, to whoever shows progress."""

from contextlib import contextmanager

_listeners = []


@contextmanager
def told_to(listener):
    """Let listener(text) hear every notice within a `with` block; an empty text says that it is over."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def notice(text=""):
    """Say what is going on; nothing when it is over."""
    for listener in tuple(_listeners):
        listener(text)
