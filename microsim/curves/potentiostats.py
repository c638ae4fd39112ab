"""Text files of potentiostats that are no plain tables: Gamry's .DTA and the .z of ZPlot and ZView."""

import re

from ..base.errors import InputError
from .header import made_header
from .raw import RawTable
from .text import comma_marks

BLOCK = re.compile(r"^(\S*CURVE\S*)\tTABLE(?:\t\d+)?\s*$")
ZPLOT = ("Freq/Hz", "Ampl", "Bias", "Time/s", "Z'/ohm", "Z''/ohm", "GD", "Err", "Range")
ZPLOT_LEAST = 6  # columns: up to Z''


def read_dta(content, where):
    """Return the RawTable of a Gamry file: its impedance (ZCURVE), else its curves one after another.

    The open-circuit curve in front of a measurement is no part of it.
    """
    lines = content.splitlines()
    starts = [k for k, line in enumerate(lines) if BLOCK.match(line)]
    named = [(BLOCK.match(lines[k])[1], k) for k in starts]
    measured = [(name, k) for name, k in named if not name.startswith("OCV")]
    if not measured:
        raise InputError(
            f"{where}: expected a table CURVE or ZCURVE of a Gamry file, got"
            f" {'only the open-circuit curve' if named else 'none'}; give the file of a measurement that was"
            " run to its end"
        )
    kind = next((name for name, _ in measured if name.startswith("Z")), measured[0][0].rstrip("0123456789"))
    blocks = [_block(lines, k) for name, k in measured if name.rstrip("0123456789") == kind]
    if len({names for names, _, _ in blocks}) > 1:
        raise InputError(f"{where}: expected curves of the same columns, got different ones; give them apart")
    cells = [row for _, rows, _ in blocks for row in rows]
    numbers = [number for _, _, at in blocks for number in at]
    if not cells:
        raise InputError(f"{where}: expected measured points in {kind}, got none; give another file")
    area = re.search(r"^AREA\tQUANT\t([-+\d.,eE]+)", content, re.MULTILINE)
    header = made_header(area=area and 1e-4 * float(area[1].replace(",", ".")))
    return RawTable(blocks[0][0], cells, numbers, where, comma_marks(cells, where), header=header)


def _block(lines, start):
    """Names with their units, rows, and the lines of the rows, of a table whose head stands at a line."""
    names, units = (lines[start + k].strip("\n").split("\t")[1:] for k in (1, 2))
    joined = tuple(_joined(name, unit) for name, unit in zip(names, units))
    rows, at = [], []
    for k in range(start + 3, len(lines)):
        if not lines[k].startswith("\t"):
            break
        cells = [cell.strip() for cell in lines[k].split("\t")[1:]]
        if len(cells) >= len(joined):
            rows.append(cells[: len(joined)])
            at.append(k + 1)
    return joined, rows, at


def _joined(name, unit):
    """Vf and "V vs. Ref." as "Vf/V"; the degree sign of a file in another code page is deg."""
    unit = unit.split(" vs")[0].strip()
    if unit in ("\ufffd", "\N{DEGREE SIGN}"):
        unit = "deg"
    return name if unit in ("#", "bits", "") else f"{name}/{unit}"


def read_z(content, where):
    """Return the RawTable of a .z file: of ZPlot (blanks or tabs below "End Comments"), or of ZPlot's and
    ZView's older dialect (commas below a quoted line of names). Both hold Im Z, below zero for a capacitor.
    """
    lines = content.splitlines()
    heads = [k for k, line in enumerate(lines) if re.search(r"Freq ?\(Hz\)", line)]
    ends = [k for k, line in enumerate(lines) if line.strip().startswith("End Comments")]
    if not heads and not ends:
        raise InputError(
            f"{where}: expected a file of ZPlot or ZView with its line of names (Freq(Hz) ... Z'(a) Z''(b)),"
            " got none; export it again, or as .csv with names and units"
        )
    first = max(heads[:1] + ends[:1]) + 1
    rows = [(k + 1, _z_cells(lines[k])) for k in range(first, len(lines)) if lines[k].strip()]
    short = next((k for k, cells in rows if len(cells) < ZPLOT_LEAST), None)
    if short or not rows:
        raise InputError(
            f"{where}, line {short or first}: expected frequency, amplitude, bias, time, Z' and Z'', got"
            " fewer columns; mend that line"
        )
    cells = [cells[:ZPLOT_LEAST] for _, cells in rows]
    return RawTable(ZPLOT[:ZPLOT_LEAST], cells, [k for k, _ in rows], where)


def _z_cells(line):
    return [cell for cell in re.split(r"[,\s]+", line.strip()) if cell]
