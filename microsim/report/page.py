"""Write a page: figures as PNG files, and one report.html that holds everything and needs nothing else.

    write_page(folder, title="Rates", kind="Study", cards=cards, sections=sections, records=records)

A folder holds one page at a time. The pictures that a page wrote are listed in figures/.written.json; the
next page takes away those of them that it does not make itself, and no other file.
"""

import base64
import json
import math
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from .. import __version__
from ..base.files import remove, replacing, write_json
from .style import png_size, to_png

TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class Drawing:
    """A figure to be drawn: file name, function that draws it, caption."""

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
    """A section of the page; `note` is shown in place of what is missing."""

    anchor: str
    title: str
    drawings: tuple = ()
    tables: tuple = ()
    note: str = ""
    notice: str = ""

    @property
    def table_groups(self):
        """Consecutive tables of one kind, with a header or settings without: [(has header, tables), ...]."""
        return [(headed, list(group)) for headed, group in groupby(self.tables, key=lambda t: bool(t.header))]


def filled(*candidates):
    """Keep the tables that have rows."""
    return tuple(table for table in candidates if table.rows)


def write_page(folder, *, title, kind, cards, sections, records, version=None, progress=None):
    """Write report.html and figures/*.png into a folder; return the path of the page.

    title, kind: the headline and the words above it. cards: key numbers. sections: what the page shows.
    records: [(name, text), ...] at its end. version: of microsim, where the numbers are not of this one.
    progress: callable (done, total, message). Raises InputError when the files cannot be written; an earlier
    page is gone from the moment that its pictures are replaced.
    """
    folder = Path(folder)
    drawings = [drawing for section in sections for drawing in section.drawings]
    pictures = {}
    for done, drawing in enumerate(drawings):
        if progress is not None:
            progress(done, len(drawings), f"drawing {drawing.name.replace('_', ' ')}")
        pictures[drawing.name] = to_png(drawing.draw())
    remove_page(folder, keep=pictures)
    for name, png in pictures.items():
        _write(_picture(folder, name), png)
    images = {name: _image(png) for name, png in pictures.items()}
    content = {"title": title, "kind": kind, "cards": cards, "sections": sections, "records": records}
    page = _render(**content, images=images, version=version or __version__)
    _write(folder / "report.html", page.encode())
    if progress is not None:
        progress(len(drawings), len(drawings), "report written")
    return folder / "report.html"


def remove_page(folder, keep=()):
    """Take report.html away and those pictures that earlier pages wrote into the folder, but for some names.

    What takes long and may fail calls this when it begins, so that no old page stands beside new numbers.
    """
    folder = Path(folder)
    remove(folder / "report.html")
    earlier = _written(folder)
    for name in earlier - set(keep):
        remove(_picture(folder, name))
    if keep:
        write_json(_manifest(folder), {"figures": sorted(keep)})
    elif earlier:
        remove(_manifest(folder))


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


def _manifest(folder):
    return folder / "figures" / ".written.json"


def _picture(folder, name):
    return folder / "figures" / f"{name}.png"


def _written(folder):
    """Names of the pictures that earlier pages wrote; what is no plain name is not one of them."""
    try:
        names = json.loads(_manifest(folder).read_text(encoding="utf-8"))["figures"]
        return {name for name in names if Path(name).name == name}
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def _render(**content):
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html").render(**content)


def _image(png):
    """Give a PNG as the page embeds it: data, and the width at which its text has the page's size."""
    width, height = png_size(png)
    return {"data": base64.b64encode(png).decode(), "width": width, "height": height}


def _write(path, content):
    with replacing(path) as part:
        part.write_bytes(content)
