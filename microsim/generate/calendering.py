"""Calendering: a packing is squeezed along x, particles keep their volume and their contacts flatten."""

from dataclasses import dataclass

import numpy as np

from ..base.schema import entry, number
from .packing import relax

ROUNDS = 60  # in which particles give way to their neighbours


@dataclass(frozen=True)
class Calendering:
    """How far an electrode is pressed.

    strain   of the thickness: 0.2 leaves 80 % of it
    """

    strain: float = entry(number(0, 0.45))


def pressed_layers(calendering, layers):
    """Return how many layers of voxels are left."""
    return round(layers * (1 - calendering.strain))


def press(centres, radii, box, pressed, protrusion=0.2):
    """Move the particles of a packing into a thinner box, box and pressed: (Lx, Ly, Lz), m.

    The centres keep their relative depth; then overlapping particles give way for a few rounds, as they
    slide in a calender. What still overlaps becomes a flat contact when the bodies are drawn: a voxel
    belongs to the particle whose surface it lies deepest in, and all surfaces move out until the volume is
    that of before.

    Returns centres [n, 3], m.
    """
    pressed = np.asarray(pressed, dtype=float)
    moved = centres * (pressed / np.asarray(box, dtype=float))
    low, high = (1 - protrusion) * radii, pressed[0] - (1 - protrusion) * radii
    moved[:, 0] = np.clip(moved[:, 0], low, high)
    return relax(moved, radii, pressed, floor=low, ceiling=high, steps=ROUNDS, tolerance=1e-3)[0]
