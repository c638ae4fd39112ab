"""Files of cyclers and potentiostats: one entry a format, told by how the file begins, else by its suffix.

A package of somebody else adds a format as an entry point of the group `microsim.cyclers`: a FileFormat.
"""

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..base.errors import InputError, why
from ..base.memory import require_memory
from ..base.plugins import plugins
from ..base.schema import listed
from ..maps.tables import decoded
from .foreign import read_excel, read_mpr, read_neware, read_parquet
from .potentiostats import read_dta, read_z
from .raw import RawTable
from .text import read_mpt, read_text

GZIP = b"\x1f\x8b"
DEFLATED = 1032  # times its size that a packed file unpacks to at most
BYTES = 20  # of memory for each byte of a file, as measured: cells, numbers, steps
GROUP = "microsim.cyclers"
# the three columns that the Battery Data Format asks for, in its two ways of writing them
BDF = (r"test_time_second|test time ?/ ?s", r"voltage_volt|voltage ?/ ?v", r"current_ampere|current ?/ ?a")


@dataclass(frozen=True)
class FileFormat:
    """name; suffixes of its files; begins: what they begin with, b"" where that says nothing; read(content,
    where): the RawTable of a file's text, or of its bytes where it is none (text); also: whether a file of
    another suffix that begins so is one."""

    name: str
    suffixes: tuple[str, ...]
    begins: tuple[bytes, ...]
    read: Callable[..., RawTable]
    text: bool = True
    also: bool = True

    def fits(self, content):
        """Whether a file begins as one of this format."""
        return content.startswith(self.begins)


def _table(content, where):
    return _signed(read_text(content, where))


def _parquet(content, where):
    return _signed(read_parquet(content, where))


def _signed(table):
    """A table of the Battery Data Format, which says that a positive current charges."""
    names = [name.strip() for name in table.names or ()]
    all_three = all(any(re.fullmatch(word, name, re.IGNORECASE) for name in names) for word in BDF)
    return replace(table, positive="charge") if all_three else table


FORMATS = (
    FileFormat("EC-Lab text", (".mpt",), (b"EC-Lab ASCII FILE", b"BT-Lab ASCII FILE"), read_mpt),
    FileFormat("EC-Lab binary", (".mpr",), (b"BIO-LOGIC MODULAR FILE",), read_mpr, text=False),
    FileFormat("Gamry", (".dta",), (b"EXPLAIN",), read_dta),
    FileFormat("ZPlot, ZView", (".z",), (b"ZPLOT2 ASCII", b'"ZPlot', b'"ZView', b"ZView"), read_z),
    FileFormat("Neware", (".nda",), (b"NEWARE",), read_neware, text=False),
    FileFormat("Neware", (".ndax",), (b"PK",), read_neware, text=False, also=False),
    FileFormat("Excel", (".xlsx", ".xlsm"), (b"PK",), read_excel, text=False, also=False),
    FileFormat("Parquet", (".parquet",), (b"PAR1",), _parquet, text=False),
    FileFormat("text table", (".csv", ".txt", ".tsv", ".dat", ".mpt", ".z"), (b"",), _table, also=False),
)
OTHERS = {  # files that no package reads everywhere -> what to do
    ".res": "a file of Arbin's old program: export it as .csv or .xlsx from MITS Pro",
    ".xls": "an old Excel file: save it as .xlsx or .csv",
    ".mps": "settings of EC-Lab without data: give the .mpr or .mpt",
    ".mgr": "an old file of EC-Lab: export it as .mpt",
    ".par": "a file of VersaStudio: export it as .csv or .txt",
    ".mat": "a file of MATLAB: save time, voltage and current as .csv",
}


def read_instrument(path):
    """Return the RawTable of a measured file, packed by gzip or not. Raises InputError, one sentence."""
    where, suffix = str(path), _suffix(path)
    stored, content = _content(path, where)
    found = _format_of(suffix, content, where)
    if found.text:
        content = decoded(content, where)
    return replace(found.read(content, where), sha256=hashlib.sha256(stored).hexdigest())


def _require(size, where):
    require_memory(BYTES * size, where, "give the part of the file that is asked for")


def _content(path, where):
    """The bytes of a file, as they are stored and unpacked."""
    try:
        _require(Path(path).stat().st_size, where)
        stored = Path(path).read_bytes()
        if stored[:2] != GZIP:
            return stored, stored
        most = DEFLATED * len(stored)  # the end of a file that is cut short says anything
        _require(min(int.from_bytes(stored[-4:], "little"), most), where)
        return stored, gzip.decompress(stored)
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise InputError(
            f"{where}: expected a readable file of a cycler or potentiostat, got: {why(error)}; check the"
            " path"
        ) from error


def _format_of(suffix, content, where):
    """The format of a file: by its suffix and how it begins, or by the latter where that is beyond doubt."""
    named = [one for one in FORMATS if suffix in one.suffixes]
    fitting = [one for one in named if one.fits(content)]
    begun = [one for one in FORMATS if one.also and one.fits(content)]
    if begun or fitting:
        return next((one for one in begun if one in fitting), (begun or fitting)[0])
    if not named:
        other = next((plugin for plugin in plugins(GROUP) if suffix == f".{plugin.name}"), None)
        if other:
            with other.blamed():
                return other.entry.load()
        known = sorted({end for one in FORMATS for end in one.suffixes})
        remedy = OTHERS.get(suffix, "export it as text, for example as .csv")
        raise InputError(
            f"{where}: expected a file of the kind {listed(known)}, got {suffix or 'no suffix'}; {remedy}"
        )
    raise InputError(
        f"{where}: expected a file of {named[0].name}, as {suffix} says, which begins with"
        f" {listed(begin.decode() for begin in named[0].begins)}, got other content; name it by what it is"
    )


def _suffix(path):
    name = Path(path)
    return (Path(name.stem) if name.suffix.lower() == ".gz" else name).suffix.lower()
