"""The ticks of an axis placed, measured and drawn together, for a figure that is drawn once.

matplotlib makes five artists of every tick, some eight hundred ticks for the page of a run, and asks each of
them for its box wherever the layout tries its axes. Here one tick of its own stands for all of an axis: its
lines are drawn through all places at once, its label is set to one text after the other. The pixels are the
same (tests/report/test_png.py).
"""

from functools import cached_property
from itertools import chain

import numpy as np

from .style import is_ours

OWN = ("_update_ticks", "_get_ticklabel_bboxes", "_get_tick")  # of an axis, matplotlib's own
NAMES = (*OWN[:2], "get_children")
LISTS = ("majorTicks", "minorTicks")


def join_ticks(axis):
    """Let an axis place, measure and draw its ticks together; returns what undoes it."""
    if not all(hasattr(axis, name) for name in OWN):
        return lambda: None
    made = {name: list(vars(axis)[name]) for name in LISTS if name in vars(axis)}
    both = [JoinedTicks(axis, name, made.get(name)) for name in LISTS]
    axis.majorTicks, axis.minorTicks = ([marks] for marks in both)
    axis._update_ticks = lambda: [marks for marks in both if marks.place()]
    axis._get_ticklabel_bboxes = lambda shown, renderer: tuple(
        [box for marks in shown for box in marks.boxes(number, renderer)] for number in (1, 2)
    )
    axis.get_children = lambda: [axis.label, axis.offsetText, *chain(*made.values())]

    def part():
        for name in (*NAMES, *LISTS):
            vars(axis).pop(name, None)
        vars(axis).update(made)

    return part


def tick_texts(axis):
    """Labels of an axis as they stand now; None where its ticks are not joined."""
    if not isinstance(axis.majorTicks[0], JoinedTicks):
        return None
    return tuple(chain(*(marks.texts for marks in axis._update_ticks())))


class JoinedTicks:
    """The major or the minor ticks of an axis: places, texts, and the tick that stands for them."""

    def __init__(self, axis, name, made):
        self.axis, self.major, self.made = axis, name == "majorTicks", made
        self.along = "xy".index(axis.axis_name)
        self.places, self.texts, self.extents = np.empty(0), [], {}

    @cached_property
    def tick(self):
        """One of matplotlib's own, which has the looks of all."""
        return self.made[0] if self.made else self.axis._get_tick(major=self.major)

    def __getattr__(self, name):
        """What axes ask the first tick for, as how far it stands out."""
        return getattr(self.tick, name)

    def place(self):
        """Find the ticks that lie in the view; whether there are any."""
        from matplotlib.ticker import NullLocator

        axis, self.places = self.axis, np.empty(0)
        of = axis.major if self.major else axis.minor
        if isinstance(of.locator, NullLocator):
            return False
        if not any(part.get_visible() for part in self.tick.get_children()):
            return False
        places = axis.get_majorticklocs() if self.major else axis.get_minorticklocs()
        places, texts = np.asarray(places, float), of.formatter.format_ticks(places)
        ends = np.sort(axis.get_transform().transform(sorted(axis.get_view_interval())))
        at, slack = axis.get_transform().transform(places), 1e-10 * (ends[1] - ends[0])
        inside = (ends[0] - slack <= at) & (at <= ends[1] + slack)
        self.places, self.texts = places[inside], [text for text, one in zip(texts, inside) if one]
        return self.places.size > 0

    def boxes(self, number, renderer):
        """Measure the labels of one side: the box around all of them, none where there are none."""
        from matplotlib.transforms import Bbox

        label = self._label(number)
        if not (label.get_visible() and label.get_in_layout()):
            return []
        points = np.repeat([label.get_position()], self.places.size, axis=0).astype(float)
        points[:, self.along] = self.places
        anchors = label.get_transform().transform(points)
        extents = np.array([self._extent(label, number, text, renderer) for text in self.texts])
        return [Bbox([(anchors + extents[:, :2]).min(axis=0), (anchors + extents[:, 2:]).max(axis=0)])]

    def _extent(self, label, number, text, renderer):
        """Box of a text about the place of its label, pixels: x0, y0, x1, y1."""
        key = number, text
        if key not in self.extents:
            self._set(label, 0.5, text)
            anchor = label.get_transform().transform(label.get_position())
            self.extents[key] = (label.get_window_extent(renderer).get_points() - anchor).ravel()
        return self.extents[key]

    def _label(self, number):
        return self.tick.label1 if number == 1 else self.tick.label2

    def _set(self, label, place, text):
        label.set_text(text)
        label.set_parse_math(is_ours(text))
        (label.set_x if self.along == 0 else label.set_y)(place)

    def draw(self, renderer):
        """Draw lines of the grid, marks and labels, in matplotlib's order."""
        tick, n = self.tick, self.places.size
        if tick.gridline.get_visible():
            gaps = np.stack([self.places, self.places, np.full(n, np.nan)], axis=1).ravel()
            self._draw_line(tick.gridline, gaps, np.tile([0, 1, np.nan], n), renderer)
        for line in (tick.tick1line, tick.tick2line):
            if line.get_visible():
                side = line.get_data(orig=True)[1 - self.along][0]
                self._draw_line(line, self.places, np.full(n, side), renderer)
        for label in (tick.label1, tick.label2):
            if label.get_visible():
                own = label.get_parse_math()
                for place, text in zip(self.places, self.texts):
                    self._set(label, place, text)
                    label.draw(renderer)
                label.set_parse_math(own)

    def _draw_line(self, line, along, across, renderer):
        """Draw a line of the tick through other points, and give it back its own."""
        own = line.get_data(orig=True)
        line.set_data(*((along, across) if self.along == 0 else (across, along)))
        line.draw(renderer)
        line.set_data(*own)
