"""Text tables of instruments and spreadsheets, whatever parts their columns; EC-Lab's text files.

A tab, a semicolon, a comma or blanks part the columns: the first of them that parts all lines alike into
numbers. Where it is no comma, a comma may be the decimal mark. Names stand above the numbers, units beside or
below them.
"""

import re
from collections import Counter

from ..base.errors import InputError
from .header import ec_lab_header
from .raw import COMMA, PLAIN, RawTable, number_of

MARKS = ("\t", ";", ",", None)  # None: blanks
DIGITS_APART = re.compile(r"[-+\d.,eE]+(?:\s+[-+\d.,eE]+)+")
HEADER_LINES = re.compile(r"Nb header lines\s*:\s*(\d+)", re.IGNORECASE)
THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+\.\d+|[-+]?\d{1,3}(?:\.\d{3})+,\d+")


def read_text(content, where):
    """Return the RawTable of a text table; raises InputError where it is none."""
    lines = [(k, line) for k, line in enumerate(content.splitlines(), 1) if line.strip(" \t,;\r")]
    if not lines:
        raise InputError(f"{where}: expected a table of numbers, got an empty file; give the measured file")
    _check_thousands(lines, where)
    body = [(k, line) for k, line in lines if not line.lstrip().startswith(("#", "%", "//"))]
    mark = _mark(body, where)
    return _table(lines, mark, where)


def read_mpt(content, where):
    """Return the RawTable of a text file that EC-Lab wrote: a header of as many lines as it says, its last
    one the names."""
    found, lines = HEADER_LINES.search(content[:2000]), content.splitlines()
    if found is None or not 0 < int(found[1]) <= len(lines):
        raise InputError(
            f"{where}: expected an EC-Lab text file with its line 'Nb header lines', got another text; export"
            " it again with its header, or give it as .csv"
        )
    first = int(found[1])
    named = [name.strip() for name in lines[first - 1].rstrip("\r\n").split("\t")]
    while named and not named[-1]:
        named.pop()
    rows = [(k, line.rstrip("\r\n")) for k, line in enumerate(lines[first:], first + 1) if line.strip()]
    named = _without_blank(named, [_split(line, "\t") for _, line in rows])
    cells = [_fitted(_split(line, "\t"), len(named), k, where) for k, line in rows]
    if not cells:
        raise InputError(f"{where}: expected measured points below the header, got none; export it again")
    numbers = [k for k, _ in rows]
    head = ec_lab_header("\n".join(lines[:first]))
    comma = comma_marks(cells, where)
    return RawTable(tuple(named), cells, numbers, where, comma, "charge", header=head)  # oxidation above 0


def _without_blank(named, rows):
    """The names up to a blank one, where the rows hold that many values: EC-Lab names columns that it does
    not write."""
    if "" in named and rows and {len(row) for row in rows} == {named.index("")}:
        return named[: named.index("")]
    return named


def _split(line, mark):
    if mark is None:
        return line.split()
    cells = [cell.strip().strip('"').strip() for cell in line.strip(" \r\n").split(mark)]
    return cells


def _mark(body, where):
    """What parts the columns: the first mark that gives most of the later lines alike many cells, two of them
    numbers."""
    sample = [line for _, line in body[len(body) // 2 :]][:200]
    for mark in MARKS:
        rows = [_split(line, mark) for line in sample]
        width, count = Counter(map(len, rows)).most_common(1)[0]
        numbers = [sum(_is_value(cell, mark) for cell in row) for row in rows]
        torn = any(DIGITS_APART.fullmatch(cell) for row in rows for cell in row) and mark is not None
        if width > 1 and count > 0.5 * len(rows) and not torn and sorted(numbers)[len(numbers) // 2] > 1:
            return mark
    raise InputError(
        f"{where}: expected a table of two columns of numbers or more, got {sample[0].strip()[:60]!r};"
        " part the columns by commas, semicolons or tabs"
    )


def _table(lines, mark, where):
    """The table below its names."""
    bare = [(k, line.lstrip("#% ") if k < lines[-1][0] else line) for k, line in lines]
    split = [(k, _split(line, mark)) for k, line in bare]
    comment = {k for k, line in lines if line.lstrip().startswith(("#", "%", "//"))}
    width = _width([cells for k, cells in split if k not in comment])
    data = [k not in comment and _is_data(cells, width, mark) for k, cells in split]
    if True not in data:
        raise InputError(
            f"{where}: expected a line of {width} columns with two numbers, got none; give the measured file"
        )
    first = data.index(True)
    rows = [(k, cells) for k, cells in split[first:] if k not in comment]
    cells = [_fitted(row, width, k, where) for k, row in rows]
    _check_pairs(split[:first], cells, mark, where)
    names = _names(bare[:first], mark, width)
    return RawTable(names, cells, [k for k, _ in rows], where, mark != "," and comma_marks(cells, where))


def _width(rows):
    """How many columns most lines have: a blank one at their end counts where it has a name."""
    width = Counter(len(_trimmed(cells)) for cells in rows).most_common(1)[0][0]
    full = Counter(map(len, rows)).most_common(1)[0][0]
    named = any(len(cells) == full and all(cells) and not any(map(PLAIN.fullmatch, cells)) for cells in rows)
    return full if full == width + 1 and named else width


def _is_data(cells, width, mark):
    found = cells if len(cells) == width else _trimmed(cells)
    return len(found) == width and sum(_is_value(cell, mark) for cell in found) > 1


def _is_value(cell, mark):
    """Whether a cell holds a number, or says that it has none; a blank one says nothing."""
    return bool(cell) and number_of(cell, mark != ",") is not None


def _trimmed(cells):
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _fitted(cells, width, line, where):
    """The cells of a line, without the blank one that a mark at its end makes."""
    found = cells if len(cells) <= width else _trimmed(cells)
    if len(found) != width:
        raise InputError(
            f"{where}, line {line}: expected {width} columns as in the other lines, got {len(found)}; mend or"
            " drop that line"
        )
    return found


def _names(above, mark, width):
    """Names of the columns, those with the units below them joined to name/unit; None where none are."""
    found = []
    for _, line in reversed(above):
        cells = _trimmed(_split(line, mark))
        if len(cells) != width and mark != ",":
            cells = _trimmed(_split(line, ","))
        if len(cells) != width or sum(PLAIN.fullmatch(cell) is not None for cell in cells) > width // 2:
            break
        found.insert(0, cells)
    if not found:
        return None
    if len(found) > 1 and all(len(cell) <= 10 for cell in found[-1]):
        units = [cell.strip("()[] ") for cell in found[-1]]
        return tuple(f"{name}/{unit}" if unit else name for name, unit in zip(found[-2], units))
    return tuple(found[-1])


def comma_marks(cells, where):
    """Tell whether a comma is the decimal mark; refuses a file of both, 1,000 is one or a thousand."""
    flat = [cell for row in cells[:2000] for cell in row]
    commas = any(COMMA.fullmatch(cell) and "," in cell for cell in flat)
    points = any(PLAIN.fullmatch(cell) and "." in cell for cell in flat)
    if commas and points:
        raise InputError(
            f"{where}: expected either decimal points or decimal commas, got both; write them alike, without"
            " marks between thousands"
        )
    return commas


def _check_thousands(lines, where):
    """Refuse 1.000,5, where the columns are parted by something else."""
    for number, line in lines:
        cells = re.split("[;\t]", line)
        if len(cells) > 1 and any(THOUSANDS.fullmatch(cell.strip()) for cell in cells):
            raise InputError(
                f"{where}, line {number}: expected either decimal points or decimal commas, got both; write"
                " them alike, without marks between thousands"
            )


def _check_pairs(above, cells, mark, where):
    """Refuse decimal commas in columns that commas part: twice as many cells as names."""
    widths = [len(_trimmed(row)) for _, row in above]
    if mark == "," and widths and 2 * widths[-1] == len(cells[0]):
        raise InputError(
            f"{where}: expected as many numbers as names in a line, got {len(cells[0])} for {widths[-1]}: a"
            " comma is the decimal mark and parts the columns; part them by semicolons"
        )
