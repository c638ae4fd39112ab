"""One section of a field, to scale: a figure of its own, and what a film changes from frame to frame."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.quantities import quantity
from .number_format import digits
from .style import UM, WIDTH, colour_map, limits, new_figure, plane_edges, show_section, styled


@dataclass(frozen=True)
class Plane:
    """A section of a volume: axis across it (0, 1, 2) and number of the layer."""

    axis: int
    layer: int

    @classmethod
    def across(cls, shape, voxel_size, *, x=None, y=None, z=None):
        """Find the plane of a volume across the one axis that is given: "middle", a layer, or a place (m).

        Raises InputError where it lies outside, or where not one axis is given.
        """
        given = [(axis, where) for axis, where in enumerate((x, y, z)) if where is not None]
        if len(given) != 1:
            raise InputError(f"expected one of x, y and z for a section, got {len(given)}; give one.")
        axis, where = given[0]
        count, edge = shape[axis], voxel_size[axis]
        if isinstance(where, str):
            if where != "middle":
                raise InputError(
                    f"{'xyz'[axis]}: expected middle, a layer or metres, got {where}; correct it."
                )
            return cls(axis, count // 2)
        layer = int(np.floor(where / edge)) if isinstance(where, float) else int(where)
        if not 0 <= layer < count:
            ends = f"0 to {count - 1}, or 0.0 to {count * edge:.4g} m"
            raise InputError(f"{'xyz'[axis]}: expected a layer from {ends}, got {where}; correct it.")
        return cls(axis, layer)

    def of(self, values):
        """Return the section of a field [x, y, z]."""
        return np.take(values, self.layer, self.axis)

    @property
    def axes(self):
        """The axes along the section, horizontal first."""
        return [a for a in range(3) if a != self.axis]

    def place(self, voxel_size):
        """Say where it lies: z = 12.2 µm."""
        return f"{'xyz'[self.axis]} = {digits(UM * (self.layer + 0.5) * voxel_size[self.axis], 3)} µm"


def section_figure(values, voxel_size, *, name="", title="", deviation=False, x=None, y=None, z=None):
    """Draw a field [x, y, z] in the section across one axis; return a Figure.

    values: NaN where the field says nothing. voxel_size: edges (x, y, z), m. name: of the quantity in
    base.quantities, which knows its label, unit and colours. title: before the place of the section.
    deviation: draw the difference from the mean over the volume, centred on zero. x, y, z: one of them,
    "middle", the number of a layer, or metres.
    """
    plane = Plane.across(values.shape, voxel_size, x=x, y=y, z=z)
    mean = np.nanmean(values, dtype=float) if deviation else 0.0
    shown = plane.of(values).astype(float) - mean
    figure, axes, _ = draw_section(shown[None], plane, values.shape, voxel_size, name, deviation)
    axes.set_title(f"{title}; {plane.place(voxel_size)}" if title else plane.place(voxel_size), loc="left")
    return figure


@styled
def draw_section(planes, plane, shape, voxel_size, name, deviation=False):
    """Draw the first of some sections [k, horizontal, vertical] on one colour scale for all.

    plane: Plane of a volume of that shape. Returns the Figure, its Axes and the image.
    """
    what, a, b = quantity(name), *plane.axes
    cmap, values = what.colours, what.factor * planes
    low, high, extend = limits(values)
    if deviation or what.diverging:
        high = max(abs(low), abs(high))
        low, cmap = -high, what.colours if what.diverging else "RdBu_r"
    size = UM * np.multiply(shape, voxel_size)
    height = float(np.clip((WIDTH - 2.0) * size[b] / size[a], 1.2, 7.0))
    figure = new_figure(height + 0.9, min(WIDTH, height * size[a] / size[b] + 2.0))
    axes = figure.subplots()
    edges = plane_edges(shape, voxel_size, (0, 0, 0), (a, b))
    image = show_section(axes, values[0], edges, cmap=colour_map(cmap), vmin=low, vmax=high)
    axes.set(xlabel=("Depth x (µm)" if a == 0 else f"{'xyz'[a]} (µm)"), ylabel=f"{'xyz'[b]} (µm)")
    label = what.minus("mean") if deviation else what.axis
    figure.colorbar(image, ax=axes, extend=extend, label=label).outline.set_linewidth(0.5)
    return figure, axes, image
