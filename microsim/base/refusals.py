"""How a refusal names what to change: options on the command line, arguments and methods in Python."""

import re
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import InputError

_options = ContextVar("whether whoever reads a refusal typed options", default=False)
# an option; a command that is told as a whole stays as it would be typed
OPTION = re.compile(r"microsim [a-z_-]+[^;),]*|--[a-z][a-z0-9-]*")


@contextmanager
def options_named():
    """Let refusals name options within a `with` block, as the command line does."""
    before = _options.set(True)
    try:
        yield
    finally:
        _options.reset(before)


@contextmanager
def arguments_named(methods):
    """Let refusals of a `with` block name arguments, unless options were typed: --voxel-size-nm is
    voxel_size_nm.

    methods: {option: method} of what a result writes: the option --fields is its method save_fields.
    """
    try:
        yield
    except InputError as error:
        if not _options.get() and error.args:
            error.args = (OPTION.sub(lambda found: _named(found[0], methods), str(error)), *error.args[1:])
        raise


def _named(words, methods):
    """Name an option as Python does; the words of a whole command come back as they are."""
    if not words.startswith("--"):
        return words
    return methods.get(words) or words[2:].replace("-", "_")
