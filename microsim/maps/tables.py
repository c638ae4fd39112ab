"""Text tables of numbers as instruments and spreadsheets write them: columns, their names and their units.

A decimal comma is read where something else separates the columns; where commas may be either the table is
refused, as is a line among the numbers that holds none. Names and units come from the line above the numbers
or from an XDI header ("# Column.1: energy eV").

Source: XDI 1.0, Ravel et al., J. Synchrotron Rad. 19 (2012) 869.
"""

import csv
import os
import re
from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError, why
from ..base.memory import require_memory

PLAIN = r"[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][-+]?\d+)?|nan|NaN|NAN|inf|Inf|INF)"
WITH_COMMA = r"[-+]?(?:\d+,?\d*|,\d+)(?:[eEdD][-+]?\d+)?"
NUMERIC = r'(?:[\d\s.,;+"-]|[eEdD](?=[-+\d])|nan|NaN|NAN|inf|Inf|INF)+'
COMMENTS = ("#", "%", "!", "//", ";", "*")
FIELD = 21  # characters of a heading in the files of APS beamlines
TEXT_BYTES = 15  # of memory for each byte of a text file, as measured: lines, cells, numbers
COMMA = "mend it: decimal points, or a semicolon between columns"


@dataclass(frozen=True)
class NumberTable:
    """Numbers [line, column], names and units of the columns as far as the file says, and its XDI header."""

    values: np.ndarray
    names: tuple[str, ...] | None
    units: tuple[str | None, ...]
    header: dict
    where: str

    def name_of(self, column):
        """Name a column as its file does, or by its number."""
        return self.names[column] if self.names else f"column{column}"


def read_number_table(path):
    """Read a text file as a NumberTable; raises InputError where it is none."""
    try:
        require_memory(TEXT_BYTES * os.path.getsize(path), str(path), "leave columns or lines out")
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise InputError(
            f"expected a readable text file, got {path} ({why(error)}); correct the name."
        ) from error
    return table_of(content, path)


def table_of(content, where="the file"):
    """Make a NumberTable of the bytes of a text file."""
    lines = decoded(content, where).splitlines()
    body = [(k, _bare(line)) for k, line in enumerate(lines) if _bare(line)]
    numbers = [text for _, text in body if re.fullmatch(NUMERIC, text)]
    if not _two_names(lines):
        _check_thousands(numbers, where)
    split = _splitter(numbers, where)
    rows = [(k, cells, _numbers(cells)) for k, cells in ((k, split(text)) for k, text in body)]
    first = _first_of_block(rows, where)
    width = len(rows[first][1])
    for k, cells, found in rows[first:]:
        if found is None or len(found) != width:
            raise InputError(
                f"expected a table of numbers with {width} in every line, got {_shown(cells)} in line {k + 1}"
                f" of {where}; mend that line, or begin it with # if it is no measurement."
            )
    header = _header(lines[: rows[first][0]])
    names, units = _named(lines[: rows[first][0]], width, header)
    return NumberTable(np.array([found for *_, found in rows[first:]]), names, units, header, str(where))


def _shown(cells):
    return repr(" ".join(cells)[:60])


def decoded(content, where):
    """Text of a file in UTF-8, UTF-16 with its mark, or Latin-1."""
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if b"\x00" in content and not marked:
        raise InputError(f"expected a text file, got other data in {where}; name the file of the numbers.")
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    for odd, usual in (("\u2212", "-"), ("\x1a", ""), ("\r\n", "\n"), ("\r", "\n")):
        text = text.replace(odd, usual)
    return text


def _bare(line):
    """A line without what follows #; empty where it is a comment."""
    text = line.strip()
    return "" if text.startswith(COMMENTS) else text.split("#")[0].strip()


def _splitter(body, where):
    """What parts a line of this file into cells, and turns its decimal commas into points."""
    points = any(re.search(r"\d\.\d|\.\d|\d\.", text) for text in body)
    commas = any("," in text for text in body)
    for mark in (";", "\t"):
        if any(mark in text for text in body):
            return _by_mark(mark, _pointed(commas, points, where))
    if not commas:
        return str.split
    if any('"' in text for text in body):
        return lambda text: [cell.strip().replace(",", ".") for cell in next(csv.reader([text]))]
    inside = all(re.fullmatch(rf"(?:{WITH_COMMA}\s*)+", text) for text in body)
    blanks = any(re.search(r"\S\s+\S", text) for text in body)
    beside = any(re.search(r",\s|\s,", text) for text in body)
    if blanks and inside and not beside:
        pointed = _pointed(True, points, where)
        return lambda text: [pointed(cell) for cell in text.split()]
    if points or (beside and not any(re.search(r"\d,\d", text) for text in body)):
        return _by_mark(",", lambda cell: cell)
    counts = {text.count(",") + 1 for text in body}
    if len(counts) == 1 and min(counts) % 2 and not beside:  # an odd number of parts: no pairs round a comma
        return _by_mark(",", lambda cell: cell)
    raise InputError(
        f"expected to know whether a comma is a decimal comma or separates columns, got {body[0][:40]!r} in"
        f" {where}, which may be either; {COMMA}."
    )


def _two_names(lines):
    """Whether two names stand above the numbers, or an XDI header has two columns."""
    above = []
    for line in lines:
        if re.fullmatch(NUMERIC, _bare(line)):
            break
        above.append(re.findall(r"[^\s,;]+", line.strip().strip("".join(COMMENTS))))
    last = next((words for words in reversed(above) if any(re.search(r"\w", word) for word in words)), [])
    return len(last) == 2 or any(words[:1] == ["Column.2:"] for words in above)


def _check_thousands(body, where):
    """Refuse a column of numbers with marks between thousands, which may be two columns parted by commas:
    where 8,330.5 and 8,331.5 have the same before the comma, or 8.330,5 and 8.331,5 as few digits behind."""
    for mark, comma in ((r"\.", ","), (",", r"\.")):
        marked, plain = (
            rf"\d{{1,3}}(?:{mark}\d{{3}})+{comma}\d+",
            rf"\d{{1,3}}(?:{mark}\d{{3}})*(?:{comma}\d+)?",
        )
        found = [text for text in body if re.fullmatch(marked, text)]
        first, second = ([text.partition(",")[k] for text in found] for k in (0, 2))
        if comma == ",":
            alike = len({len(digits) for digits in second}) == 1 and len(second[0]) <= 3
        else:
            alike = len(set(first)) < len(first)
        if found and alike and all(re.fullmatch(plain, text) for text in body):
            number = re.sub(mark, "", found[0]).replace(",", ".")
            raise InputError(
                f"expected numbers without marks between thousands, got {found[0]!r} in {where}, which may be"
                f" {number} or two columns; write {number}, or a semicolon between columns."
            )


def _by_mark(mark, pointed):
    def split(text):
        cells = text.split(mark)
        return [pointed(cell.strip().strip('"')) for cell in (cells[:-1] if not cells[-1].strip() else cells)]

    return split


def _pointed(commas, points, where):
    """A function that turns decimal commas into points; refuses a file with both."""
    if commas and points:
        raise InputError(f"expected either decimal points or decimal commas, got both in {where}; {COMMA}.")
    return lambda cell: cell.replace(",", ".", 1) if re.fullmatch(WITH_COMMA, cell) else cell


def _numbers(cells):
    if not cells or not all(re.fullmatch(PLAIN, cell) for cell in cells):
        return None
    return [float(cell.replace("d", "e").replace("D", "E")) for cell in cells]


def _first_of_block(rows, where):
    """Index of the first line of the longest block of numbers; refuses a broken line right before it."""
    best, start = (0, None), None
    for k, (_, cells, found) in enumerate([*rows, (0, [], None)]):
        if start is not None and (found is None or len(found) != len(rows[start][1])):
            best, start = max(best, (k - start, start), key=lambda run: run[0]), None
        if start is None and found is not None:
            start = k
    first = best[1]
    if first is None:
        raise InputError(
            f"expected a table of numbers with as many in every line, got another text in {where}; mend it."
        )
    if first > 0 and _looks_like_data(rows[:first], len(rows[first][1])):
        line, cells, _ = rows[first - 1]
        raise InputError(
            f"expected a table of numbers with as many in every line, got {_shown(cells)} in line {line + 1}"
            f" of {where}; mend that line, or begin it with # if it is no measurement."
        )
    return first


def _looks_like_data(before, width):
    """Whether the last line before the numbers is one of them that is broken: it begins with a digit, or
    numbers stand right above it."""
    _, cells, found = before[-1]
    if found is not None or len(cells) != width:
        return found is not None
    above = before[-2][2] if len(before) > 1 else None
    return bool(re.match(r"[-+]?[.,]?\d", cells[0])) or above is not None and len(above) == width


# ---- names and units ---------------------------------------------------------------------------------------


def _header(lines):
    """What a header says: XDI fields {"column.1": "energy eV"}, what short names stand for, the spacing of
    the monochromator's planes."""
    text = "\n".join(lines)
    fields = re.findall(r"^\s*#\s*([A-Za-z]\w*\.\w+)\s*:\s*(.*\S)", text, re.MULTILINE)
    found = {key.lower(): said for key, said in fields}
    found |= dict(re.findall(r"\b([A-Z]\d+)\s*=\s*\{([^}]+)\}", text))  # D1 = {I0}
    spacing = re.search(r"\bD\s*=\s*(\d+\.\d+)\s*A", text)  # Mono : Si(111)  D= 3.13551 A
    return found if spacing is None else {"mono.d_spacing": spacing[1]} | found


def _named(lines, width, header):
    """Names and units of the columns: of the XDI header, else of the last line that has as many words."""
    listed = [header.get(f"column.{k}") for k in range(1, width + 1)]
    if all(listed):
        words = [entry.split() for entry in listed]
        return tuple(w[0] for w in words), tuple(w[1] if len(w) > 1 else _unit_in(w[0]) for w in words)
    for line in reversed([line for line in lines if line.strip()][-8:]):
        names = _names_in(line, width)
        if names:
            names = [header.get(name, name) for name in names]
            return tuple(map(_short, names)), tuple(map(_unit_in, names))
    return None, (None,) * width


def _names_in(line, width):
    """The names in a line of a header, or None where it holds another number of them."""
    text = re.sub(r"^[\s#%!;/*]+", "", re.sub(r"^\s*#[LC]\s+", "", line)).strip().rstrip(";,")
    joined = re.sub(r" +(?=[\[(])", "", text)
    parted = [re.split(pattern, joined) for pattern in (r"\t+", r";", r",", r"\s{2,}", r"\s+")]
    parted.append([line[k : k + FIELD] for k in range(1, len(line.rstrip()), FIELD)])
    for parts in parted:
        names = [part.strip().strip('"') for part in parts]
        if len(names) == width and 2 * sum(bool(re.search(r"[A-Za-z]", name)) for name in names) >= width:
            return names if all(names) else None
    return None


def _short(name):
    """The name without its folder, as Athena writes references, and without its column's number in front."""
    name = re.sub(r"^\d+_(?=[A-Za-z])", "", name)
    return name if "(" in name or not re.search(r"/.*\.\w+$", name) else name.rsplit("/", 1)[1]


def _unit_in(name):
    """The unit that a name ends on, in brackets or behind a line: energy (keV), energy_eV."""
    match = re.search(
        r"[\[(]\s*([^\])]*?)\s*[\])]\s*$|[_\s/](k?eV|degrees|deg|degree|rad|mrad|%)$", name, re.IGNORECASE
    )
    if match:
        return match[1] or match[2]
    return name if name.lower() in ("ev", "kev") else None
