"""A figure as PNG: laid out once, drawn once, and cut to what is drawn."""

import struct
import warnings
import zlib
from contextlib import contextmanager

import numpy as np

from .style import DPI, PAD, rendered, styled, texts_of
from .ticks import join_ticks, tick_texts

FASTEST = 3  # level of zlib; as small as with a filter of each row and level 4, in a third of the time
# what is asked again and again while a figure is laid out and drawn, with nothing changed in between
OF_AXES, OF_TEXT = "get_tightbbox", "_get_layout"
OF_AXIS = ("get_tightbbox", "_update_ticks", "_get_ticklabel_bboxes", "_update_label_position")
# what, beside its words, font and size, a text's layout follows from
LOOKS = ("rotation", "rotation_mode", "horizontalalignment", "verticalalignment", "multialignment")
LOOKS += ("linespacing", "usetex", "parse_math", "fontfeatures", "language")


@styled
def to_png(figure, known=None):
    """Render a figure as PNG bytes; no time stamp, so that the same run gives the same file.

    known: a dict that the figures of a page share, empty before the first: how their texts are set. Axes are
    then measured once, to a pixel or two: a figure that is drawn a second time would move by as much.
    """
    figure.set_dpi(DPI)
    with warnings.catch_warnings(), _answers_kept(figure, known):
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.canvas.draw()
    pixels = _cut(np.asarray(figure.canvas.buffer_rgba()), round(PAD * DPI))
    return rendered(figure, "png", {"Software": None}) if pixels is None else _encoded(pixels)


@contextmanager
def _answers_kept(figure, known):
    """Let every axis and text of a figure answer once for each place and wording that the layout tries.

    matplotlib's constrained layout and drawing set the ticks of an axis some twenty times and measure their
    labels as often, at three places of the axes. Ticks and labels follow from view and place alone.
    """
    axes = [axis for one in figure.axes for axis in (one.xaxis, one.yaxis)]
    parted = [join_ticks(axis) for axis in axes]
    for axis in axes:
        _keep(axis, OF_AXIS, lambda one: (*one.get_view_interval(), *one.axes.bbox.bounds))
    for one in figure.axes if known is not None else ():
        _keep_margins(one)
    texts, layouts = texts_of(figure), {} if known is None else known
    for text in texts:
        _keep_layout(text, layouts)
    try:
        yield
    finally:
        for artist in (*axes, *texts, *figure.axes):
            for name in (*OF_AXIS, OF_TEXT, OF_AXES):
                vars(artist).pop(name, None)
        for part in parted:
            part()


def _keep(artist, names, state_of):
    """Let an artist answer what it is asked by these names once for each state, the last one."""
    last, known = [None], {}

    def once(name, ask):
        def answer(*args, for_layout_only=False, **more):
            state = state_of(artist)
            if last[0] != state:
                last[0] = state
                known.clear()
            what = name, for_layout_only
            if what not in known:
                more |= {"for_layout_only": True} if for_layout_only else {}
                known[what] = ask(*args, **more)
            found = known[what]
            return found.frozen() if hasattr(found, "frozen") else found  # a box may be changed

        return answer

    for name in names:
        if hasattr(artist, name):  # those with an underscore are matplotlib's own
            setattr(artist, name, once(name, getattr(artist, name)))


def _keep_margins(axes):
    """Let axes that the layout has moved answer with the margins that they had, while their tick labels are
    the same: how far ticks, labels and titles stand out follows from their words, to a pixel or two (of a
    label over the end of an axis). What stands anywhere in the axes, as a legend, is measured each time."""
    from matplotlib.transforms import Bbox

    ask, kept = axes.get_tightbbox, {}
    if axes.get_legend() or axes.texts or axes.artists or axes.child_axes:
        return

    def box(renderer=None, *, for_layout_only=False, **more):
        if not for_layout_only or more or not axes.get_visible():
            return ask(renderer, for_layout_only=for_layout_only, **more)
        place = axes.get_axes_locator()
        axes.apply_aspect(place(axes, renderer) if place else None)
        words = tuple(tick_texts(axis) for axis in (axes.xaxis, axes.yaxis))
        if None in words:
            return ask(renderer, for_layout_only=True)
        if words not in kept:
            kept[words] = ask(renderer, for_layout_only=True).get_points() - axes.bbox.get_points()
        return Bbox(axes.bbox.get_points() + kept[words])

    setattr(axes, OF_AXES, box)


def _keep_layout(text, known):
    """Let a text ask `known` how it is set before it sets itself: four in five are set as another one is.

    A layout holds for every place, and for every text of the same words, letters, angle and alignment.
    """
    ask = getattr(text, OF_TEXT, None)

    def layout(renderer):
        if text.get_wrap():  # as wide as the figure lets it
            return ask(renderer)
        looks = (getattr(text, f"_{name}", None) for name in LOOKS)
        state = text.get_text(), hash(text.get_fontproperties()), text.get_figure(root=True).dpi, *looks
        if state not in known:
            known[state] = ask(renderer)
        return known[state]

    if ask is not None:
        setattr(text, OF_TEXT, layout)


def _cut(rgba, pad):
    """Cut pixels [y, x, 4] to what is drawn, with `pad` of background around it.

    None where something is drawn up to the figure's edge, and may go on beyond it.
    """
    pixels = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    background = pixels[0, 0]
    drawn = pixels != background
    rows, columns = (np.flatnonzero(drawn.any(axis)) for axis in (1, 0))
    if rows.size == 0:
        return rgba
    (top, bottom), (left, right) = (line[[0, -1]] for line in (rows, columns))
    if min(top, left) == 0 or bottom == len(rgba) - 1 or right == rgba.shape[1] - 1:
        return None
    inside = pixels[top : bottom + 1, left : right + 1]
    framed = np.full((inside.shape[0] + 2 * pad, inside.shape[1] + 2 * pad), background)
    framed[pad:-pad, pad:-pad] = inside
    return framed.view(np.uint8).reshape(*framed.shape, 4)


def _encoded(pixels):
    """Write pixels [y, x, RGBA] as PNG (ISO/IEC 15948), 8 bits a colour, opaque.

    No row is filtered: plain areas and lines of a figure are packed best as they are. Trying five filters for
    each row, as Pillow always does, takes twice the time of packing them.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    rgb = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB").tobytes()
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # 0: not filtered
    rows[:, 1:] = np.frombuffer(rgb, np.uint8).reshape(height, 3 * width)
    a_metre = round(DPI / 0.0254)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", a_metre, a_metre, 1)),
        (b"IDAT", zlib.compress(rows, FASTEST)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
