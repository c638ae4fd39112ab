"""Write a file under a temporary name and rename it when it is complete."""

import os
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError


@contextmanager
def replacing(path):
    """Yield a temporary path in the folder of `path`; on success it takes the name, otherwise it goes.

    A full disk or a missing permission is an InputError; the folder is made if need be.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"expected to write {path}, got: {error.strerror or error}; free some space or choose "
            "another folder"
        ) from error
    finally:
        try:
            part.unlink(missing_ok=True)
        except OSError:  # the folder itself could not be made or read
            pass


def write_text(path, text):
    """Write a text file in one piece."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")
    return Path(path)
