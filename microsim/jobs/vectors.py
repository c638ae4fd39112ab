"""Figures of pages as vectors, too: what is asked for in a word or two, and what came of it."""

from contextlib import contextmanager

from ..base.errors import InputError
from ..base.schema import any_of, listed, number

KINDS = ("svg", "pdf")
WIDTHS = {"single": 0.085, "double": 0.174}  # m, of a column and of a page's text in a journal
HELP = "Also write the page's figures as svg or pdf, 174 mm wide, or KIND:single (85 mm), KIND:WIDTH in mm."
METAVAR = "KIND[:WIDTH]"


@contextmanager
def drawing_vectors(words, path="--vector"):
    """Give every page written in a `with` block its figures as vectors, as words ask: "svg", "pdf:single",
    "svg:120" in mm; None: PNG alone. Yields what describes them once they are drawn.

    Raises InputError in a sentence that begins with `path`.
    """
    if words is None:
        yield list
        return
    kind, mark, wide = str(words).partition(":")
    if kind not in KINDS:
        raise InputError(f"{path}: expected {any_of(KINDS)}, got {kind or 'an empty text'}; name one.")
    from ..report.printing import Vectors, vectors_too

    vectors = Vectors(kind, width(wide, path) if mark else WIDTHS["double"])
    with vectors_too(vectors):
        yield lambda: _said(vectors)


def width(words, path):
    """Read a width as it is typed: single, double, or mm; m."""
    if words in WIDTHS:
        return WIDTHS[words]
    return number(0.03, 0.5)(words, path, 1e3, "mm (or single, double)")


def _said(vectors):
    """Say how many figures there are and how wide."""
    if not vectors.drawn:
        return ["vector figures: none, for no page was drawn"]
    wider = [name for name, wide in vectors.drawn.items() if wide > 1.001 * vectors.width]
    line = f"figures/*.{vectors.kind}: {len(vectors.drawn)}, up to {1e3 * vectors.width:.4g} mm wide"
    more = f"; {1e3 * WIDTHS['double']:.4g} mm, for what has no room in less: {listed(wider)}"
    return [line + more * bool(wider)]
