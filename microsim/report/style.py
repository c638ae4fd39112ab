"""The look of every figure: one style, one set of colours, sections of a volume in micrometres."""

import functools
import io
import re
import struct
import warnings

import numpy as np

from ..base.quantities import SYMBOLS

WIDTH = 9.0  # inches; the page shows a figure about as wide as its text
DPI = 160
PAD = 0.06  # inches of background around what is drawn
SCREEN_DPI = 106  # pixels of a page per inch of a figure
UM = 1e6  # micrometres per metre
OUTSIDE = "#d0d5dc"  # voxels of another phase in a section; darker than the white middle of RdBu
DASHED = (0, (4, 3))
INK, MUTED = "#1f2933", "#6b7280"
PHASE_COLOURS = {"pore": "#8cc4ea", "am": "#6b7280", "cbd": "#1b1f27", "crack": "#e69f00", "sep": "#f0e442"}
OTHER_COLOURS = ("#cc79a7", "#009e73", "#d55e00", "#0072b2", "#b8860b")
OUR_MATH = re.compile(r"\\kappa|\\omega|\\mathdefault|\$10\^\{-?\d+\}\$")
DEPTH = "Depth x (µm)"

STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure on every machine
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.titlepad": 5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "text.hinting": "none",  # letters as wide as designed at every size, and drawn in two thirds of the time
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.direction": "out",
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.7,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "figure.facecolor": "white",
    "svg.hashsalt": "microsim",  # the same file again
}


def styled(draw):
    """Run a function that draws under the report's style, and leave matplotlib's own settings as they are."""

    @functools.wraps(draw)
    def with_style(*args, **kwargs):
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return with_style


def new_figure(height, width=WIDTH, *, layout="constrained"):
    """Make an empty figure (inches) that a notebook shows, with no window and no pyplot.

    layout: "compressed" moves panels of fixed aspect together, with their colour bars as tall as they are.
    """
    from .notebook_figure import NotebookFigure

    return NotebookFigure(figsize=(width, height), layout=layout)


@styled
def rendered(figure, kind, metadata):
    """Render a figure as bytes of a format that matplotlib knows: png, pdf, svg.

    Letters that the font does not have are boxes.
    """
    texts_of(figure)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(out, format=kind, dpi=DPI, bbox_inches="tight", pad_inches=PAD, metadata=metadata)
    return out.getvalue()


def texts_of(figure):
    """Find the texts of a figure, and set no formula but our own: a name with dollar signs stays as it is
    written."""
    from matplotlib.text import Text

    found = figure.findobj(Text)
    for text in found:
        if not is_ours(text.get_text()):
            text.set_parse_math(False)
    return found


def is_ours(words):
    """Whether a text has no formula but ours: the symbol of a quantity, or what OUR_MATH knows."""
    return "$" not in words or bool(OUR_MATH.search(words)) or any(symbol in words for symbol in SYMBOLS)


def legend_name(name):
    """Give a name as a legend shows it: matplotlib leaves out what begins with an underscore."""
    return f"\u200a{name}" if name.startswith("_") else name


def png_size(png):
    """Return width and height at which a page shows a PNG, so that its text has the page's size."""
    return tuple(round(pixels * SCREEN_DPI / DPI) for pixels in struct.unpack(">II", png[16:24]))


def phase_colours(names):
    """Give each phase its colour: name -> hex; unknown names take the spare ones in turn."""
    spare = iter(OTHER_COLOURS * (1 + len(names) // len(OTHER_COLOURS)))
    return {name: PHASE_COLOURS.get(name) or next(spare) for name in names}


def colour_map(name):
    """Look up a colour map that shows NaN as voxels of another phase."""
    import matplotlib

    return matplotlib.colormaps[name].with_extremes(bad=OUTSIDE)


def show_section(axes, plane, edges_um, **how):
    """Draw a plane [horizontal, vertical] to scale; edges_um = (left, right, bottom, top)."""
    image = axes.imshow(plane.T, origin="lower", extent=edges_um, interpolation="nearest", **how)
    axes.spines[["top", "right"]].set_visible(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(few_ticks())
    return image


def few_ticks():
    """Place four round ticks and fewer, as many as find room beside each other on their axis."""
    from matplotlib.ticker import MaxNLocator

    class Few(MaxNLocator):
        def __call__(self):
            self.set_params(nbins=int(np.clip(self.axis.get_tick_space(), 1, 4)))
            return super().__call__()

    return Few(4, steps=[1, 2, 5, 10])


def plane_edges(shape, voxel_size, origin, axes):
    """Edges of a section along two axes of a volume, in um: (left, right, bottom, top)."""
    return [UM * (origin[a] + end * shape[a] * voxel_size[a]) for a in axes for end in (0, 1)]


def panel_grid(count, aspect):
    """Choose columns, lines and the panels' height (inches) so that `count` sections fit the width."""
    columns = min(count, 2 if aspect > 1.5 else 4)
    panel_width = (WIDTH - 1.5) / max(columns, 2)
    return columns, -(-count // columns), float(np.clip(panel_width / aspect, 0.9, 4.0))


def limits(values, *, tail=0.5):
    """Set colour limits without the outermost `tail` percent, and which ends of the bar are pointed."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0, "neither"
    low, high = np.percentile(finite, [tail, 100 - tail])
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-30):
        pad = 0.01 * max(abs(low), 1e-3)
        return low - pad, high + pad, "neither"
    return low, high, extend_to(finite, low, high)


def symmetric_limit(values, *, tail=1.0):
    """Set the limit of a scale centred on zero without `tail` percent, and which ends are pointed."""
    finite = np.abs(values[np.isfinite(values)])
    limit = float(np.percentile(finite, 100 - tail)) if finite.size else 0.0
    if limit <= 1e-9:
        return 1e-3, "neither"
    return limit, extend_to(values[np.isfinite(values)], -limit, limit)


def extend_to(values, low, high):
    """Name the ends of a colour bar beyond which values lie."""
    below, above = bool(values.min() < low), bool(values.max() > high)
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[
        below, above
    ]


def mark_ends(axes):
    """Write above a depth profile which end is the separator and which the current collector."""
    for x, side, align in ((0, "separator", "left"), (1, "current collector", "right")):
        axes.text(x, 1.015, side, transform=axes.transAxes, ha=align, va="bottom", fontsize=8, color=MUTED)
