"""What a file of an instrument holds before anybody says what it means: named columns."""

import re
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from .header import Header

PLAIN = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
COMMA = re.compile(r"[-+]?(?:\d+,\d*|,\d+)(?:[eE][-+]?\d+)?")
CLOCK = re.compile(r"(?:(\d+)[-d ])?\s*(\d+):([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)")  # 1-02:03:04.5
BLANK = ("", "nan", "na", "n/a", "-", "--", "none", "null", "inf", "-inf", "xxx")


@dataclass(frozen=True, eq=False)
class RawTable:
    """Columns of a file as it writes them.

    names  of the columns, or None where the file gives none
    cells  [row][column], text
    lines  where each row stands in the file
    where  the file
    comma  whether a comma is its decimal mark
    positive  what a positive current does in this format, "charge" or "discharge", or None
    header  what the file says of its cell
    """

    names: tuple | None
    cells: list
    lines: list
    where: str
    comma: bool = False
    positive: str | None = None
    sha256: str = field(default="", repr=False)
    header: Header = field(default_factory=Header)

    @property
    def width(self):
        """Number of columns."""
        return len(self.cells[0])

    def name_of(self, column):
        """Return what the file calls a column, or its number from 1."""
        return self.names[column] if self.names else f"column {column + 1}"

    def numbers(self, column):
        """Return the numbers of a column [row], NaN where a cell is blank. Raises InputError for words."""
        return np.array(
            [self._number(row[column], line, column) for row, line in zip(self.cells, self.lines)]
        )

    def numeric(self, column):
        """Whether the first cells of a column hold numbers, or nothing, and no words."""
        return all(number_of(row[column], self.comma) is not None for row in self.cells[:50])

    def clocked(self, column):
        """Whether the first cells of a column are times as h:min:s."""
        return any(":" in row[column] for row in self.cells[:20])

    def place(self, row):
        """Say where a row stands in the file."""
        return f"line {self.lines[row]}"

    def _number(self, cell, line, column):
        value = number_of(cell, self.comma)
        if value is None:
            raise InputError(
                f"{self.where}, line {line}: expected a number in {self.name_of(column)!r}, got"
                f" {cell[:40]!r}; correct that line"
            )
        return value


def number_of(cell, comma=False):
    """Return the number that a cell holds, NaN where it is blank, seconds of h:min:s; None of words."""
    bare = cell.strip()
    if bare.lower() in BLANK:
        return np.nan
    pointed = bare.replace(",", ".") if comma and COMMA.fullmatch(bare) else bare
    if PLAIN.fullmatch(pointed):
        return float(pointed)
    clock = CLOCK.fullmatch(bare)
    if clock is None:
        return None
    days, hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds


@dataclass(frozen=True, eq=False)
class ArrayTable(RawTable):
    """Columns of a file that holds no text: cells are arrays [column], lines the number of rows."""

    @property
    def width(self):
        return len(self.cells)

    def numbers(self, column):
        return np.asarray(self.cells[column], float)

    def numeric(self, column):
        return np.asarray(self.cells[column]).dtype.kind in "fiub"

    def clocked(self, column):
        return False

    def place(self, row):
        return f"row {row + 1}"
