"""Arguments of jobs on files of cyclers and impedance analysers: the file, its columns, sizes of the cell."""

from os import PathLike
from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.pairs import name_values
from ..base.plausible import physical, stated
from ..base.schema import number


def measured_file(help):
    """Declare the file that is read."""

    def read(given, path):
        if not isinstance(given, (str, PathLike)):
            raise InputError(f"{path}: expected the path of a file, got {type(given).__name__}; name one.")
        return given

    return Annotated["str | PathLike", Argument(help, read, "FILE")]


def file_columns(example):
    """Declare which column is what, {name: number or heading}; on the command line as in the example."""

    def read(given, path):
        from ..case.measurements import columns

        if isinstance(given, str):
            given = name_values(path, given, lambda value, _: int(value) if value.isdigit() else value)
        return columns(given, path)

    return Annotated["dict | None", Argument(f"Columns: {example}.", read, "KEY=COL,...")]


def above_zero(help, metavar, option, unit=1.0):
    """Declare a number above zero in SI; on the command line in a unit, of which 1 is `unit`."""
    positive = number(0.0, above=True)

    def typed(given, path):
        return positive(given, path) / unit

    return Annotated["float | None", Argument(help, positive, metavar, option, typed)]


def sized(help, metavar, option, name, unit):
    """Declare a quantity of plausible.RANGES: in Python a number in SI or a text with its unit, on the
    command line a number in the unit that the option ends on, of which so many are one in SI."""
    typed_in, read = option.rsplit("-", 1)[1], physical(name)

    def typed(given, path):
        return read(given, path, unit, typed_in)

    return Annotated["float | str | None", Argument(help, stated(name), metavar, option, typed)]
