"""Files of cyclers and potentiostats: one entry a format, told by how the file begins, else by its suffix."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..base.errors import InputError, why
from ..base.schema import listed
from ..maps.tables import decoded
from .raw import RawTable
from .text import read_mpt, read_text

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class FileFormat:
    """name; suffixes of its files; begins: what their text begins with, "" where that says nothing;
    read(text, where): the RawTable of such a text."""

    name: str
    suffixes: tuple[str, ...]
    begins: str
    read: Callable[[str, str], RawTable]


FORMATS = (
    FileFormat("EC-Lab text", (".mpt",), "EC-Lab ASCII FILE", read_mpt),
    FileFormat("text table", (".csv", ".txt", ".tsv", ".dat", ".mpt"), "", read_text),
)


def read_instrument(path):
    """Return the RawTable of a measured file, packed by gzip or not. Raises InputError, one sentence."""
    where, suffix = str(path), _suffix(path)
    try:
        stored = Path(path).read_bytes()
        content = gzip.decompress(stored) if stored[:2] == GZIP else stored
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise InputError(
            f"{where}: expected a readable file of a cycler or potentiostat, got: {why(error)}; check the"
            " path"
        ) from error
    known = sorted({end for one in FORMATS for end in one.suffixes})
    if suffix not in known:
        raise InputError(
            f"{where}: expected a file of the kind {listed(known)}, got {suffix or 'no suffix'}; export it as"
            " text, for example as .csv"
        )
    text = decoded(content, where)
    fitting = [one for one in FORMATS if suffix in one.suffixes and text.startswith(one.begins)]
    begun = [one for one in FORMATS if one.begins and text.startswith(one.begins)]
    return replace((begun or fitting)[0].read(text, where), sha256=hashlib.sha256(stored).hexdigest())


def _suffix(path):
    name = Path(path)
    return (Path(name.stem) if name.suffix.lower() == ".gz" else name).suffix.lower()
