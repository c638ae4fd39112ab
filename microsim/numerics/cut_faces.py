"""Velocities on the faces of a staggered grid whose walls run through voxels.

A velocity stands on each face whose centre lies in the fluid; towards a wall, theta of a voxel's edge away
along an axis, it is held by 1 / theta in place of a link's 1. That keeps A symmetric and is of second order
(Gibou, Fedkiw, Cheng & Kang, J. Comput. Phys. 176 (2002) 205). What a face carries, of all of it,

    open = prod over the axes across (1 - sum over the two sides of lost(theta)),
    lost(theta) = (1 - theta) / 2 - 1 / (24 theta)    at a wall, 0 where the next velocity moves,

gives the flux between two plane walls wherever they cut the voxels, to 1 / width^3 of it: without, the error
is (12 theta (1 - theta) - 1) / width^2 a pair of walls. The pressure pushes on the same part.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from .codes import FREE, NO_SLIP, WRAP

LEAST = 1e-3  # voxels: no centre lies nearer to a wall, so that faces between voxels of fluid are open
NEAREST = 0.02  # of a voxel's edge: walls no nearer hold a velocity that hardly moves as well as any


@dataclass(frozen=True)
class Walls:
    """depth: distance of the voxels' centres into the fluid, in voxels, below 0 in the solid [x, y, z];
    normal: into the fluid [axis, x, y, z], 0 far from walls; side: what bounds the box across each axis
    (WRAP, FREE, NO_SLIP); axis 0 ends on pressure planes unless it wraps."""

    depth: np.ndarray
    normal: np.ndarray
    side: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "depths", tuple(self._face_depths(axis) for axis in range(3)))
        object.__setattr__(self, "joins", self._joins())

    @property
    def cells(self):
        """Voxels that hold a pressure: those whose centre is fluid, and those that pass flow on."""
        return (self.depth > 0) | self.joins.any(axis=(0, 1))

    def faces(self, axis):
        """Mark the faces across an axis that carry a velocity; places as in staggered.face_mask."""
        low, high = self._pair(self.depth > 0, axis)
        passes, _ = self._pair(self.joins[axis, 1], axis)
        _, passed = self._pair(self.joins[axis, 0], axis)
        carries = (low | high) & (low | passes) & (high | passed) & (self.depths[axis] > 0)
        if axis > 0 and self.side[axis] != WRAP:
            np.moveaxis(carries, axis, 0)[[0, -1]] = False
        return np.ascontiguousarray(carries)

    def _with_images(self, values, axis):
        """Values with a voxel before and behind the box along an axis: its repetition or its mirror image."""
        around = [(0, 0)] * 3
        around[axis] = (1, 1)
        return np.pad(values, around, "wrap" if self.side[axis] == WRAP else "symmetric")

    def _pair(self, values, axis, odd=False):
        """Values of the voxels below and above each face across an axis; odd: of a component that turns its
        sign in the mirror."""
        pair = np.moveaxis(self._with_images(values, axis), axis, 0)
        if odd and self.side[axis] != WRAP:
            pair[[0, -1]] *= -1
        last = len(pair) - 1 - (self.side[axis] == WRAP)
        return (np.moveaxis(half[:last], 0, axis) for half in (pair[:-1], pair[1:]))

    def _face_depths(self, axis):
        """Depth of the centres of the faces across an axis: a cubic between those of the voxels' centres."""
        low, high = self._pair(self.depth, axis)
        down, up = self._pair(self.normal[axis], axis, odd=True)
        depth = (low + high) / 2 - np.where((down != 0) & (up != 0), up - down, 0) / 8
        depth = np.where((low > 0) & (high > 0), np.maximum(depth, LEAST), depth)
        return np.where((low <= 0) & (high <= 0), np.minimum(depth, -LEAST), depth)

    def _joins(self):
        """Whether a voxel whose centre is solid passes flow on through its face [axis, side]: one wall cuts
        it, that side is open, and no other cell opens into it, which the flow would reach through the wall.
        """
        solid, opens = self.depth <= 0, np.empty((3, 2, *self.depth.shape), bool)
        for axis in range(3):
            depth, n = np.moveaxis(self.depths[axis], axis, 0), self.depth.shape[axis]
            for side in range(2):
                line = (np.arange(n) + side) % len(depth)
                opens[axis, side] = solid & np.moveaxis(depth[line] > 0, 0, axis)
        opens &= ~opens.all(axis=1, keepdims=True)
        wide = solid
        for axis in range(3):
            wide = self._with_images(wide, axis)
        apart = np.zeros_like(opens)
        for (a, b), s, t in product(((0, 1), (0, 2), (1, 2)), range(2), range(2)):
            corner = np.ones(3, int)
            corner[[a, b]] = 2 * s, 2 * t
            corner = wide[tuple(slice(c, c + n) for c, n in zip(corner, solid.shape))]
            around = opens[a, s] & opens[b, t] & corner
            apart[a, s] |= around
            apart[b, t] |= around
        return opens & ~apart

    def around(self, position, axis, conductance):
        """Return how the walls hold the velocities at `position` [n, 3] across an axis, and how much of its
        face each carries; conductance [3]: cell volume over width squared."""
        carries, depth = self.faces(axis), self.depths[axis]
        hold = np.zeros(len(position))
        lost = np.zeros((3, len(position)))
        half = np.isin(position[:, 0], (0, self.depth.shape[0])) & (axis == 0) & (self.side[0] != WRAP)
        for along in range(3):
            slope = sum(self._pair(self.normal[along], axis, odd=along == axis)) / 2
            for step in (-1, 1):
                theta, wall = self._theta(position, axis, along, step, carries, depth, slope)
                held = np.where(np.isfinite(theta), 1 / np.maximum(theta, NEAREST), 0.0)
                hold += conductance[along] * held * np.where(half & (along != axis), 0.5, 1.0)
                if along != axis:
                    lost[along] += np.where(wall, _lost(theta), 0.0)
        return hold, np.prod(1 - lost, axis=0)

    def _theta(self, position, axis, along, step, carries, depth, slope):
        """Distance of each velocity to the wall next to it one way, inf where the next one moves; and whether
        it is a wall of the flow: a plane across which the flow is a mirror image is none."""
        n, here, there = carries.shape[along], tuple(position.T), position.astype(int)
        there[:, along] += step
        if self.side[along] == WRAP:
            there[:, along] %= n
        outside = (there[:, along] < 0) | (there[:, along] >= n)
        there[:, along] = np.clip(there[:, along], 0, n - 1)
        there = tuple(there.T)
        a, b = depth[here].astype(float), depth[there].astype(float)
        known = (slope[here] != 0) & (slope[there] != 0)
        bend = np.where(known, step * (slope[there] - slope[here]) / 2, 0.0)
        theta = a / np.maximum(a - b, 1e-30)
        for _ in range(3):  # the root of a + (b - a) t - bend t (1 - t)
            theta = np.clip((a - bend * theta * (1 - theta)) / np.maximum(a - b, 1e-30), 0, 1)
        theta = np.where(b <= 0, theta, 1.0 if along == axis else 0.5)
        theta[carries[there]] = np.inf
        theta[outside] = np.inf if along == axis or self.side[along] == FREE else 0.5
        mirror = outside & (along == 0) & (self.side[0] == NO_SLIP)
        return theta, np.isfinite(theta) & ~mirror


def _lost(theta):
    return (1 - theta) / 2 - 1 / (24 * np.maximum(theta, 1 / 12))
