"""What every job returns: numbers, tables, figures and files of one result, the same in a notebook and on the
command line."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..base.errors import InputError
from ..base.files import plain, remove, write_json
from ..base.guard import guarding
from ..base.refusals import arguments_named
from ..base.streams import is_stream
from ..base.words import aligned, cell

PAGE, FIGURES = "report.html", "figures"  # what a page is made of


@dataclass(frozen=True)
class Table:
    """A table for people: titles, rows of values, and what stands above it."""

    header: tuple
    rows: list
    title: str = ""

    def __str__(self):
        return "\n".join([*([self.title] if self.title else []), aligned(self.header, self.rows)])

    def html(self):
        """Write the table as HTML."""
        from html import escape

        def row(tag, values):
            return "<tr>" + "".join(f"<{tag}>{escape(cell(value))}</{tag}>" for value in values) + "</tr>"

        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        body = "".join(row("td", values) for values in self.rows)
        return f"<table>{caption}<thead>{row('th', self.header)}</thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class SavedFile:
    """A file that a result can write beside its page: an option of the command, a method of the result.

    method   name of the method of the result; method(path) returns the path written, several, or {label:
             path}
    help, metavar   for --help
    label    what stands before its path in the output
    needs    arguments of the job that must be set for it, {name: value}
    required whether the command insists on it
    key      key of the numbers that holds its path, "" for none
    beside   names of files that are written beside it, from its {stem} and {suffix}
    """

    method: str
    help: str
    metavar: str = "FILE"
    label: str = "file"
    needs: dict | None = None
    required: bool = False
    key: str = ""
    beside: tuple = ()

    @property
    def is_folder(self):
        """Whether its path is a folder that files are written into."""
        return self.metavar == "DIR"


class Result:
    """Base of the results; a subclass is a frozen dataclass with `title`, `numbers` and `tables`.

    files       {option: SavedFile}: what it can write beside its page
    page_needs  {argument of the job: value} that its page asks for
    page_folder where the command writes its page if no folder is named; None: only if one is
    """

    files: ClassVar[dict] = {}
    page_needs: ClassVar[dict] = {}
    has_page: ClassVar[bool] = True
    own_page: ClassVar[bool] = False  # without has_page: whether the job writes a page as it works
    page_in_voxels: ClassVar[bool] = False  # whether the page says what it says without a voxel size, too
    page_folder: ClassVar[str | None] = None
    speaks: ClassVar[bool] = True  # False: of one of several ranks, the first of which writes and prints
    failed: ClassVar[bool] = False  # a claim or a case of a study: the command ends with exit code 1

    inputs = ()  # files that the job read
    drawn = ()  # numbers of the same job on each draw of its volume
    draws_doubts = ()  # what speaks against the segmentation that they are from

    def __init_subclass__(cls):
        """Let whatever writes a file spare those that the job read, and refuse in words of Python; numbers of
        draws give intervals."""
        for name, told in {"numbers": _with_intervals, "tables": _with_rows}.items():
            if name in vars(cls):
                setattr(cls, name, told(vars(cls)[name]))
        if "write" in vars(cls):
            cls.write = _with_vectors(cls.write)
        writers = {"write", "save", "plot", *(file.method for file in cls.files.values())}
        for name in writers & set(vars(cls)):
            setattr(cls, name, _sparing(vars(cls)[name]))

    def keep_safe(self, inputs):
        """Take note of the files that the job read, which nothing is written over."""
        object.__setattr__(self, "inputs", tuple(inputs))

    def keep_draws(self, drawn, doubts=()):
        """Take note of the numbers of the same job on each draw of its volume, and of what speaks against the
        segmentation that these are from."""
        object.__setattr__(self, "drawn", tuple(drawn))
        object.__setattr__(self, "draws_doubts", list(doubts))

    @property
    def draw_count(self):
        """Number of the draws that the intervals come from."""
        return len(self.drawn)

    @classmethod
    def check(cls, values, asked):
        """Refuse, before the work, files that could not be written after it.

        values: the job's arguments as read; asked: {option: path, or None}, `page` for the page.
        """
        for grid in values.values():  # a page with lengths needs them
            if asked.get("page") is not None and getattr(grid, "sized", True) is False:
                at = "--report" if "out" in cls.files else "--out (or --report)"
                raise InputError(
                    f"{at}: expected a known voxel size, {grid.source.name} gives none; add --voxel-size-nm."
                )

    @classmethod
    def discard(cls, asked):
        """Take away the files and the page that would have been replaced; asked: {option: path, or None}."""
        if asked.get("page") is not None:
            from ..report.page import remove_page

            remove_page(asked["page"])
        for key in (*cls.files, "json_file"):
            if asked.get(key) is not None and Path(asked[key]).is_file() and not is_stream(asked[key]):
                remove(asked[key])

    def take_part(self, asked):
        """Do the part of a rank that does not speak in what the first writes; asked: {option: path, or
        None}."""

    @property
    def title(self):
        """One line: what was computed on what."""
        raise NotImplementedError

    def numbers(self):
        """Return the numbers as plain data, as --json writes them."""
        raise NotImplementedError

    def recorded(self, written):
        """Return the numbers with the paths of the files that were written beside them, {key: path}; `report`
        is the page's."""
        return {**self.numbers(), **{key: path for key, path in written.items() if key != "report"}}

    def tables(self):
        """Return what is printed: Tables and lines of text."""
        return []

    def plot(self, **options):
        """Draw the result; returns a figure that a notebook shows, with save(path)."""
        raise NotImplementedError

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page.

        vector="svg", "pdf:single" or "svg:120" (mm) writes the figures as vectors, too.
        """
        raise NotImplementedError

    def save(self, path):
        """Write the numbers as JSON; returns the path."""
        with guarding(self.inputs):
            return write_json(path, self.numbers(), indent=2)

    def __repr__(self):
        parts, shown = [self.title], self.tables()
        for before, part in zip([None, *shown], shown):
            parts += ["", str(part)] if isinstance(part, Table) and before is not None else [str(part)]
        return "\n".join(parts)

    def _repr_html_(self):
        from html import escape

        parts = [t.html() if isinstance(t, Table) else f"<p>{escape(str(t))}</p>" for t in self.tables()]
        return f"<div><p><b>{escape(self.title)}</b></p>{''.join(parts)}</div>"


def _sparing(write):
    @functools.wraps(write)
    def guarded(self, *args, **options):
        methods = {f"--{key}": file.method for key, file in self.files.items()}
        with guarding(self.inputs), arguments_named({"--out": "write", "--report": "write"} | methods):
            return write(self, *args, **options)

    return guarded


def _with_vectors(write):
    @functools.wraps(write)
    def drawn(self, folder, *, vector=None, **options):
        from .vectors import drawing_vectors

        grid = None if self.page_in_voxels else getattr(self, "grid", None)
        if getattr(grid, "sized", True) is False:  # a page with lengths needs them
            raise InputError(
                f"write: expected a known voxel size, {grid.source.name} gives none; read it with voxel_size."
            )
        with drawing_vectors(vector, "vector"):
            return write(self, folder, **options)

    return drawn


def _with_intervals(numbers):
    @functools.wraps(numbers)
    def told(self):
        found = {**numbers(self), **({"volume_said": list(_said(self))} if _said(self) else {})}
        if not self.drawn or "intervals" in found:
            return found
        from ..analysis.intervals import spread_intervals

        about = {"draws": self.draw_count, "draws_doubts": self.draws_doubts}
        return {**found, **about, "intervals": spread_intervals(plain(found), self.drawn)}

    return told


def _said(result):
    """What was taken of the volume's file where it leaves a choice."""
    return getattr(getattr(getattr(result, "grid", None), "source", None), "said", ())


def _with_rows(tables):
    @functools.wraps(tables)
    def told(self):
        shown = [*tables(self), *(f"note: {said}" for said in _said(self))]
        if not self.draw_count:
            return shown
        from ..analysis.intervals import MOST_ROWS, meaning, rows_of

        numbers = plain(self.numbers())
        rows = rows_of(numbers, numbers["intervals"])
        known = [row for row in rows if row[2] is not None][:MOST_ROWS]
        return [
            *shown,
            *([Table(("number", "value", "low", "high"), known)] if known else []),
            meaning(self.draw_count, [row[0] for row in rows if row[2] is None]),
            *(f"the intervals do not cover: {said}" for said in numbers["draws_doubts"]),
        ]

    return told


def one_or_all(values):
    """Return the value of a single axis, or {axis: value} of several."""
    return next(iter(values.values())) if len(values) == 1 else values


def beside(path, ending):
    """Name a file beside another: soc.tif and "_sigma" give soc_sigma.tif."""
    path = Path(path)
    return path.parent / f"{path.stem}{ending}{path.suffix}"  # a folder like "." has no name
