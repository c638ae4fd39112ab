"""Electrodes that change over the depth: layers coated one on the other, a steady gradient of porosity."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.schema import entry, number, say, section

LENGTH = {"um": 1e6, "nm": 1e9}
OWN = ("active_fraction", "cbd_fraction", "median_diameter", "diameter_spread", "smallest_diameter",
       "largest_diameter")  # fmt: skip


@dataclass(frozen=True)
class CoatedLayer:
    """One layer of an electrode; what is not given is that of the electrode.

    share              of the thickness; default: all alike
    active_fraction, cbd_fraction    volume fractions within the layer
    median_diameter, diameter_spread, smallest_diameter, largest_diameter    of its particles, m
    """

    share: float | None = entry(number(0.02, 0.98), default=None)
    active_fraction: float | None = entry(number(0.05, 0.63), default=None)
    cbd_fraction: float | None = entry(number(0, 0.3), default=None)
    median_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)
    diameter_spread: float | None = entry(number(0, 1), default=None)
    smallest_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)
    largest_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)


def read_layers(raw, path):
    """Read a list of two or more layers, from the separator to the collector."""
    if not isinstance(raw, (list, tuple)) or not 2 <= len(raw) <= 20:
        raise InputError(
            f"{path}: expected a list of 2 to 20 layers, from the separator on, got {say(raw)}; "
            "write one mapping for each."
        )
    layers = tuple(
        part if isinstance(part, CoatedLayer) else section(CoatedLayer, part, f"{path}.{i}")
        for i, part in enumerate(raw)
    )
    shares = [layer.share for layer in layers if layer.share is not None]
    if shares and (len(shares) < len(layers) or abs(sum(shares) - 1) > 1e-6):
        raise InputError(
            f"{path}: expected shares of the thickness that add up to 1, one for each layer, got "
            f"{', '.join(f'{share:g}' for share in shares)}; correct them or leave all out."
        )
    return layers


@dataclass(frozen=True)
class Gradient:
    """A porosity that changes steadily over the depth; the means stay those of the recipe.

    porosity_rise   porosity at the collector less that at the separator
    """

    porosity_rise: float = entry(number(-0.6, 0.6))


@dataclass(frozen=True)
class Zone:
    """A part of the depth with fractions of its own: first and last relative depth, active and binder
    fraction, the change of both over the depth (None: as it comes), and its recipe of particles."""

    start: float
    end: float
    active: float
    binder: float
    active_lean: float | None
    binder_lean: float | None
    sizes: tuple

    def layers(self, count):
        """Which of `count` layers of voxels it takes: a slice."""
        return slice(round(self.start * count), round(self.end * count))


def zones_of(recipe):
    """List the zones of a recipe, from the separator to the collector."""
    if not recipe.layers:
        solid = recipe.active_fraction + recipe.cbd_fraction
        rise = recipe.gradient.porosity_rise if recipe.gradient else None
        leans = [None if rise is None else -rise * part / solid
                 for part in (recipe.active_fraction, recipe.cbd_fraction)]  # fmt: skip
        return [Zone(0.0, 1.0, recipe.active_fraction, recipe.cbd_fraction, *leans, _sizes(recipe, recipe))]
    ends = np.cumsum([layer.share or 1 / len(recipe.layers) for layer in recipe.layers])
    starts = [0.0, *ends[:-1]]
    found = []
    for layer, start, end in zip(recipe.layers, starts, ends):
        fractions = [_own(layer, recipe, name) for name in OWN[:2]]
        found.append(Zone(float(start), float(end), *fractions, None, None, _sizes(layer, recipe)))
    return found


def _own(layer, recipe, name):
    given = getattr(layer, name)
    return getattr(recipe, name) if given is None else given


def _sizes(layer, recipe):
    """Median, spread, smallest and largest diameter."""
    return tuple(_own(layer, recipe, name) for name in OWN[2:])


def start_depth(zone):
    """Make the function from even random numbers to where spheres start, for a density that leans; None
    without a gradient.

        density = 1 + g (s - 1/2),   g = change of the active fraction over its mean
    """
    if zone.active_lean is None:
        return None
    g = zone.active_lean / zone.active

    def depth(even):
        b = 1 - g / 2
        return 2 * even / (b + np.sqrt(np.maximum(b * b + 2 * g * even, 0)))

    return depth


def refuse_unused(path, kind, section, used):
    """Refuse values that a kind has no use for; used: {kind: names of the optional fields that it takes}."""
    given = [name for name in dict.fromkeys(sum(used.values(), ())) if getattr(section, name) is not None]
    unused = [name for name in given if name not in used[kind]]
    if unused:
        raise InputError(
            f"{path}: expected {', '.join(used[kind]) or 'nothing else'} beside {kind}, got {unused[0]}; "
            "leave it out or choose another kind."
        )
