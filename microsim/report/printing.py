"""What goes to a printer or a journal: the page as PDF by Chromium, a figure at a column's width."""

import io
import os
import shutil
import subprocess
import tempfile
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from ..base.errors import InputError
from ..base.files import replacing
from .style import STYLE, WIDTH

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
LONGEST = 300  # s
INCH = 0.0254  # m
DOUBLE, NARROW = 0.174, 0.127  # m: of a journal's page, and below it panels beside each other have no room
SHRUNK, LEAST_PT = 7 / 9, 6.0  # of letters and lines
LEAST_HEIGHT, SLACK = 2.2, 0.02  # inches
NO_STAMP = {"svg": "Date", "pdf": "CreationDate"}  # what else would hold the time
JOURNAL = {
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
}


def require_chromium():
    """Return the path of a Chromium that is installed; InputError without one."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise InputError(
            "--pdf: expected Chromium or Chrome on the PATH to print the page, found none; install one, or"
            " open the page in a browser and print it to a file."
        )
    return found


def print_page(page, path):
    """Print a page into a PDF file as its print style says; returns the path."""
    chromium = require_chromium()
    with tempfile.TemporaryDirectory() as folder, replacing(path) as part:
        made = Path(folder) / "page.pdf"
        command = [chromium, "--headless", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        command += ["--no-sandbox"] * (os.getuid() == 0)  # which Chromium refuses to root
        command += ["--no-pdf-header-footer", f"--print-to-pdf={made}", Path(page).resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired:
            done = None
        if not made.is_file():
            said = done.stderr.decode(errors="replace").strip().splitlines() if done else ["no answer"]
            raise InputError(
                f"expected a PDF of {page} from {chromium}, got none: {said[-1] if said else 'no word'}; open"
                " the page in a browser and print it."
            )
        shutil.copyfile(made, part)
    return Path(path)


def save_figure(draw, path, width):
    """Draw a figure for a journal and write it as its suffix says, svg or pdf; returns the path.

    draw: function of the width in inches that returns a Figure. width: m; the file is that wide to the point.
    """
    import matplotlib

    kind = Path(path).suffix[1:]
    with matplotlib.rc_context(STYLE | JOURNAL), replacing(path) as part:
        figure = draw(width / INCH)
        figure.savefig(part, format=kind, metadata={NO_STAMP[kind]: None}, dpi=600)
    return Path(path)


@dataclass(frozen=True)
class Vectors:
    """Vector files that pages get beside their PNG.

    kind   svg or pdf
    width  of what is as wide as a page's text, m
    drawn  {name: width in m} of the figures that were drawn so
    """

    kind: str
    width: float = DOUBLE
    drawn: dict = field(default_factory=dict)


_asked = ContextVar("vector files of pages", default=None)


@contextmanager
def vectors_too(vectors):
    """Let every page that is written in a `with` block have its figures as vectors, too; None: as before."""
    before = _asked.set(vectors)
    try:
        yield
    finally:
        _asked.reset(before)


def vector_of(figure, name):
    """Render a figure of a page as the block around it asks: {file name: content}, {} where none does.

    Panels, letters and lines keep their proportions; what is narrower on the page is narrower here. What has
    no room in a column, as panels beside each other, is as wide as a journal's page. The figure is changed:
    it is the last that is made of it.
    """
    import matplotlib

    vectors = _asked.get()
    if vectors is None:
        return {}
    out, kind = io.BytesIO(), vectors.kind
    with matplotlib.rc_context(STYLE | JOURNAL):
        _shrink(figure)
        if vectors.width >= NARROW or not _fits(figure, vectors.width / INCH):
            wide = max(vectors.width, DOUBLE if vectors.width < NARROW else 0) / INCH
            figure.set_size_inches(figure.get_size_inches() * wide / WIDTH)
        vectors.drawn[name] = figure.get_figwidth() * INCH
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure.savefig(out, format=kind, metadata={NO_STAMP[kind]: None}, dpi=600)
    return {f"{name}.{kind}": out.getvalue()}


def _fits(figure, width):
    """Make a figure as narrow as a column (inches), if all of it has room there; whether it has."""
    places = [axes.get_subplotspec() for axes in figure.axes if axes.get_label() != "<colorbar>"]
    if any(place is not None and place.get_gridspec().ncols > 1 for place in places):
        return False
    own, height = before = figure.get_size_inches()
    free = all(axes.get_aspect() == "auto" for axes in figure.axes)
    least = max(LEAST_HEIGHT, height * DOUBLE / INCH / WIDTH) if free else 0
    figure.set_size_inches(width, max(height * width / own, least))
    if _within(figure, width):
        return True
    figure.set_size_inches(*before)
    return False


def _within(figure, width):
    """Whether all of a figure finds room in its width (inches)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            figure.draw_without_rendering()
        except UserWarning:
            return False
    drawn = figure.get_tightbbox()
    return drawn.x0 >= -SLACK and drawn.x1 <= width + SLACK


def _shrink(figure):
    """Make letters, lines and marks as small as a journal has them."""
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_fontsize(max(LEAST_PT, SHRUNK * text.get_fontsize()))
    for line in figure.findobj(Line2D):
        line.set(linewidth=SHRUNK * line.get_linewidth(), markersize=SHRUNK * line.get_markersize())
    for marks in figure.findobj(PathCollection):
        marks.set_sizes(SHRUNK**2 * marks.get_sizes())
    for axes in figure.axes:  # of ticks that are yet to come, too
        axes.tick_params(which="both", labelsize=SHRUNK * STYLE["xtick.labelsize"])
