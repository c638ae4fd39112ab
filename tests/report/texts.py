"""Find texts of a figure that lie on each other."""

from matplotlib.text import Text


def texts_on_each_other(figure):
    """Find pairs of visible texts whose boxes overlap by more than a hair."""
    figure.canvas.draw()
    unseen = {id(label) for axes in figure.get_axes() for label in unseen_tick_labels(axes)}
    texts = [
        t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and id(t) not in unseen
    ]
    boxes = [(text.get_text(), text.get_window_extent(figure.canvas.get_renderer())) for text in texts]
    found = []
    for k, (one, a) in enumerate(boxes):
        for other, b in boxes[k + 1 :]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            if wide > 1.0 and high > 1.0:
                found.append((one, other))
    return found


def unseen_tick_labels(axes):
    """Yield the labels that matplotlib keeps for ticks outside of the axis' view, which it does not draw."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        margin = 1e-6 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low - margin <= tick.get_loc() <= high + margin:
                yield from (tick.label1, tick.label2)
