"""Write a page: figures as PNG files, and one report.html that holds everything and needs nothing else.

    write_page(folder, title="Rates", kind="Study", cards=cards, sections=sections, records=records)

A folder holds one page at a time. The next one takes away those pictures that the page before it names and
that it does not make itself, and no other file.
"""

import base64
import gc
import json
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from .. import __version__
from ..base.files import make_folder, remove, replacing, write_text
from .number_format import typeset
from .png import to_png
from .printing import NO_STAMP, vector_of
from .style import png_size

TEMPLATES, PAGE = Path(__file__).parent, "report.html"
ENDINGS = ("png", *NO_STAMP)  # of a figure's files


@dataclass(frozen=True)
class Drawing:
    """A figure to be drawn: file name, function that draws it (a Figure, or the bytes of a PNG), caption."""

    name: str
    draw: object
    caption: str


@dataclass(frozen=True)
class TextTable:
    """A table of text: header (empty for a list of settings), rows, and which columns hold numbers."""

    title: str
    header: tuple[str, ...]
    rows: list
    numeric: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Card:
    """One key number of the summary: name, value, unit, a remark, pass or fail where it has a limit."""

    name: str
    value: str
    unit: str = ""
    remark: str = ""
    passed: bool | None = None


@dataclass(frozen=True)
class Section:
    """A section of the page; `lead`: what it says in short; `about`: more of it, lines kept; `note` is shown
    in place of what is missing."""

    anchor: str
    title: str
    drawings: tuple = ()
    tables: tuple = ()
    note: str = ""
    notice: str = ""
    lead: str = ""
    about: str = ""

    @property
    def table_groups(self):
        """Consecutive tables of one kind, with a header or settings without: [(has header, tables), ...]."""
        return [(headed, list(group)) for headed, group in groupby(self.tables, key=lambda t: bool(t.header))]


def filled(*candidates):
    """Keep the tables that have rows."""
    return tuple(table for table in candidates if table.rows)


def write_page(
    folder,
    *,
    title,
    kind,
    cards,
    sections,
    records,
    answers=(),
    viewer=None,
    search="",
    version=None,
    progress=None,
):
    """Write report.html and figures/*.png into a folder; return the path of the page.

    Within printing.vectors_too the figures are there as vectors, too.
    title, kind: the headline and the words above it. cards: key numbers. sections: what the page shows.
    records: [(name, text), ...] at its end. answers: [(question, sentence), ...] for the first
    screen. viewer: Viewer of what slides, or None. search: words beside a field that searches the sections.
    version: of microsim, where the numbers are not of this one.
    progress: callable (done, total, message). Raises InputError when the files cannot be written.
    """
    folder = Path(folder)
    drawings = [drawing for section in sections for drawing in section.drawings]
    with _collecting_seldom():
        pictures, files = _draw(drawings, progress)
    images = {name: _image(png) for name, png in pictures.items()}
    content = {"title": title, "kind": kind, "cards": cards, "sections": sections, "records": records}
    content |= {"answers": answers, "viewer": viewer, "search": search}
    page = _render(**content, images=images, version=version or __version__)
    _replace(folder, page, files)
    if progress is not None:
        progress(len(drawings), len(drawings), "report written")
    return folder / PAGE


def _draw(drawings, progress):
    """Draw the figures of a page: {name: PNG}, and the files that they become, {file name: content}."""
    pictures, files, texts = {}, {}, {}
    for done, drawing in enumerate(drawings):
        if progress is not None:
            progress(done, len(drawings), f"drawing {drawing.name.replace('_', ' ')}")
        drawn, name = drawing.draw(), drawing.name
        pictures[name] = files[f"{name}.png"] = drawn if isinstance(drawn, bytes) else to_png(drawn, texts)
        files |= {} if isinstance(drawn, bytes) else vector_of(drawn, name)
    return pictures, files


@contextmanager
def _collecting_seldom(objects=20_000):
    """Let Python look for garbage less often: a figure is of some thousand small objects, and an eighth of
    the time to draw it went there."""
    first, *others = gc.get_threshold()
    gc.set_threshold(max(first, objects) if first else 0, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


def _replace(folder, page, files):
    """Put a page and the files of its figures in the place of the page before.

    The page names its pictures before they are there, so that none is left unnamed wherever this breaks off.
    """
    if files:
        make_folder(_picture(folder, ""))
    _remove_pictures(folder, but=files)
    write_text(folder / PAGE, page)
    for name, content in files.items():
        with replacing(_picture(folder, name)) as part:
            part.write_bytes(content)


def remove_page(folder):
    """Take away the page of a folder and the pictures that it names.

    Whoever writes new numbers into a folder calls this first: no old page stands beside them.
    """
    folder = Path(folder)
    _remove_pictures(folder)
    remove(folder / PAGE)


def _remove_pictures(folder, but=()):
    """Take away the files of the figures that the folder's page names, but those that are written anew."""
    for name in _named_pictures(folder):
        for file in {f"{name}.{ending}" for ending in ENDINGS} - set(but):
            remove(_picture(folder, file))


def compact_json(value, *, indent=1):
    """Write JSON for reading: six digits, lists of numbers on one line."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        items = [f"{pad}{json.dumps(str(k))}: {compact_json(v, indent=indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{pad[1:]}}}"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list, tuple)) for v in value):
        return "[\n" + ",\n".join(pad + compact_json(v, indent=indent + 1) for v in value) + f"\n{pad[1:]}]"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(compact_json(v) for v in value) + "]"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}" if math.isfinite(value) else "null"
    return json.dumps(
        value.item() if isinstance(value, np.generic) else value, ensure_ascii=False, default=str
    )


def _picture(folder, file):
    return folder / "figures" / file


def _named_pictures(folder):
    """Names of the pictures of the folder's page, by its figures; what is no plain name is not one of
    them."""
    try:
        page = (folder / PAGE).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return set()
    return {name for name in re.findall('<figure id="figure-([^"]+)">', page) if Path(name).name == name}


def _render(**content):
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = typeset
    return environment.get_template("template.html").render(**content)


def _image(png):
    """Give a PNG as the page embeds it: data, and the width at which its text has the page's size."""
    width, height = png_size(png)
    return {"data": base64.b64encode(png).decode(), "width": width, "height": height}
