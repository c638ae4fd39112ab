"""Two columns of numbers from a text file, as instruments, spreadsheets and programs write them."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import InputError

DECIMAL_COMMA = r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?"
PAIR = re.compile(rf"{DECIMAL_COMMA}\s+{DECIMAL_COMMA}")
PLAIN = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
HEADER_LINES = 2  # above the numbers: names, and perhaps units


@dataclass(frozen=True, eq=False)
class Columns:
    """x and y; line: where each pair stands in the file; heads: what the lines right above them call x and y,
    [(x, y), ...]; sha256 of the file."""

    x: np.ndarray
    y: np.ndarray
    line: np.ndarray
    heads: tuple
    sha256: str


def read_two_columns(path, what):
    """Read a file of two columns; return Columns.

    Columns are apart by comma, semicolon, tab or blanks; where it is not commas, these may stand for decimal
    points. Lines of words may stand above the numbers, # begins a comment.

    what: the columns in words, for errors: "x and an OCP (V)". Raises InputError, which names the line.
    """
    content = _content(path, what)
    heads, rows = [], []
    for number, line in enumerate(_text(content).splitlines(), 1):
        cells = _cells(line.split("#")[0])
        if cells and (rows or PLAIN.fullmatch(_point(cells[0]))):
            rows.append((number, *_pair(cells, path, number, what, line)))
        elif not rows and line.strip():
            heads.append(_names(line.strip().lstrip("#").strip()))
    if not rows:
        raise InputError(f"{path}: expected two columns, {what}, got no line of numbers; write 0.35,4.05")
    _check_commas(content, rows, path, what)
    line, x, y = zip(*rows)
    named = tuple(tuple(head) for head in heads[-HEADER_LINES:] if len(head) == 2)
    return Columns(np.array(x), np.array(y), np.array(line), named, hashlib.sha256(content).hexdigest())


def unit_word(pattern):
    """Return a pattern between anything but letters: units stand beside _, brackets and digits."""
    return rf"(?<![a-zµ])(?:{pattern})(?![a-z])"


def _content(path, what):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: expected a readable file of two columns, {what}, got: {error.strerror}; check the path"
        ) from error


def _text(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # what spreadsheets call Unicode text
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _cells(line):
    """Split a line at its separator; a comma is none where semicolons or tabs are, or where both numbers have
    one."""
    line = line.replace('"', "").strip(" ,;\t\r")
    if not line:
        return []
    for mark in ";\t":
        if mark in line:
            return [cell.strip(" ,") for cell in line.split(mark) if cell.strip(" ,")]
    line = " ".join(line.split())
    return line.split() if PAIR.fullmatch(line) else re.split(" ?, ?| ", line)


def _names(line):
    """Split a line of words, which have blanks within: at a mark, else at wide gaps, else at every blank."""
    marks = [mark for mark in ";\t," if mark in line]
    cells = line.split(marks[0]) if marks else line.split("  ") if "  " in line else line.split()
    return [cell.strip(' "') for cell in cells if cell.strip()]


def _point(cell):
    return cell.replace(",", ".") if re.fullmatch(DECIMAL_COMMA, cell) else cell


def _pair(cells, path, number, what, line):
    """Return the two numbers of a line."""
    found = [_point(cell) for cell in cells]
    if len(found) == 2 and all(PLAIN.fullmatch(cell) for cell in found):
        x, y = map(float, found)
        if np.isfinite([x, y]).all():
            return x, y
    given, remedy = f'"{line.strip()[:60]}"', "correct that line"
    if len(cells) > 2 and all(PLAIN.fullmatch(cell) for cell in found):
        given, remedy = f"{len(cells)} columns", "keep two (of two branches one)"
        if len(cells) == 4 and all(re.fullmatch(r"[-+]?\d+", cell) for cell in cells):
            remedy += ", or part decimal commas by semicolons"
    raise InputError(
        f"{path}, line {number}: expected two columns, {what}, got {given}; {remedy}, like 0.35,4.05"
    )


def _check_commas(content, rows, path, what):
    """Refuse decimal commas and decimal points in one file: 1,000 is one or a thousand."""
    lines = _text(content).splitlines()
    cells = [(number, cell) for number, *_ in rows for cell in _cells(lines[number - 1].split("#")[0])]
    commas = [number for number, cell in cells if "," in cell]
    points = [number for number, cell in cells if "." in cell]
    if commas and points:
        raise InputError(
            f"{path}, line {commas[0]}: expected one decimal mark, {what}, got a comma there and a point in"
            f" line {points[0]}; write them alike, without marks between thousands"
        )
