"""A figure as PNG: laid out once, drawn once, and cut to what is drawn."""

import io
import warnings
from contextlib import contextmanager

import numpy as np

from .packing import LEVEL
from .style import DPI, PAD, only_our_formulas, rendered, styled

# what an Axis finds out again and again while a figure is laid out and drawn, with nothing changed in between
ASKED = ("get_tightbbox", "_update_ticks", "_get_ticklabel_bboxes", "_update_label_position")


@styled
def to_png(figure):
    """Render a figure as PNG bytes; no time stamp, so that the same run gives the same file."""
    only_our_formulas(figure)
    figure.set_dpi(DPI)
    with warnings.catch_warnings(), _answers_kept(figure):
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.canvas.draw()
    pixels = _cut(np.asarray(figure.canvas.buffer_rgba()), round(PAD * DPI))
    return rendered(figure, "png", {"Software": None}) if pixels is None else _encoded(pixels)


@contextmanager
def _answers_kept(figure):
    """Let every axis of a figure answer once for each place that the layout tries.

    matplotlib's constrained layout and drawing set the ticks of an axis some twenty times and measure their
    labels as often, at three places of the axes. Ticks and labels follow from view and place alone.
    """
    every = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    for axis in every:
        _keep_answers(axis)
    try:
        yield
    finally:
        for axis in every:
            for name in ASKED:
                vars(axis).pop(name, None)


def _keep_answers(axis):
    place, known = [None], {}

    def once(name, ask):
        def answer(*args, for_layout_only=False, **more):
            now = (*axis.get_view_interval(), *axis.axes.bbox.bounds)
            if place[0] != now:
                place[0] = now
                known.clear()
            what = name, for_layout_only
            if what not in known:
                more |= {"for_layout_only": True} if for_layout_only else {}
                known[what] = ask(*args, **more)
            found = known[what]
            return found.frozen() if hasattr(found, "frozen") else found  # a box may be changed

        return answer

    for name in ASKED:
        if hasattr(axis, name):  # those with an underscore are matplotlib's own
            setattr(axis, name, once(name, getattr(axis, name)))


def _cut(rgba, pad):
    """Cut pixels [y, x, 4] to what is drawn, with `pad` of background around it.

    None where something is drawn up to the figure's edge, and may go on beyond it.
    """
    background = rgba[0, 0].copy()
    drawn = np.ascontiguousarray(rgba).view(np.uint32)[..., 0] != background.view(np.uint32)[0]
    rows, columns = (np.flatnonzero(drawn.any(axis)) for axis in (1, 0))
    if rows.size == 0:
        return rgba[..., :3]
    (top, bottom), (left, right) = (line[[0, -1]] for line in (rows, columns))
    if min(top, left) == 0 or bottom == len(rgba) - 1 or right == rgba.shape[1] - 1:
        return None
    inside = rgba[top : bottom + 1, left : right + 1, :3]
    framed = np.empty((inside.shape[0] + 2 * pad, inside.shape[1] + 2 * pad, 3), np.uint8)
    framed[:] = background[:3]
    framed[pad:-pad, pad:-pad] = inside
    return framed


def _encoded(pixels):
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        out, format="png", dpi=(DPI, DPI), compress_level=LEVEL
    )
    return out.getvalue()
