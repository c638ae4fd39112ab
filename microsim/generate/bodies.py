"""Draw packed particles into voxels: bodies a little off spheres, and the two nearest to each voxel."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Canvas:
    """What bodies are drawn on: voxels along x, y, z, their edge (m), the deviation of bodies from spheres
    (relative, root mean square) and how far from a surface distances are needed (m)."""

    shape: tuple
    voxel_size: float
    deformation: float
    reach: float

    @property
    def box(self):
        """Edges of the box, m."""
        return np.array(self.shape) * self.voxel_size


def with_images(centres, radii, canvas):
    """List the copies of particles, periodic in y and z, that may touch the box: number, centre, radius."""
    bodies, box = [], canvas.box
    for particle, (centre, radius) in enumerate(zip(centres, radii)):
        extent = radius * (1 + 3 * canvas.deformation) + canvas.reach
        for shift_y in (-box[1], 0.0, box[1]):
            for shift_z in (-box[2], 0.0, box[2]):
                moved = centre + (0.0, shift_y, shift_z)
                if np.all(moved + extent > 0) and np.all(moved - extent < box):
                    bodies.append((particle, moved, radius))
    return bodies


def draw_shapes(rng, count, terms=4):
    """Draw each particle's shape: random axes [count, terms, 3] and weights [count, 2 orders, terms]."""
    axes = rng.random((count, terms, 3)) - 0.5
    axes /= np.sqrt(axes[..., :1] ** 2 + axes[..., 1:2] ** 2 + axes[..., 2:] ** 2)
    return axes, (rng.random((count, 2, terms)) - 0.5) * np.sqrt(12 / (2 * terms))


def _bump(x, y, z, axes, weights):
    """Relative deviation from a sphere in the directions x, y, z: root mean square about 1, at most 3.

    sum_k w_2k sqrt(5) P2(n . u_k) + w_3k sqrt(7) P3(n . u_k),  P2 = (3 t2 - 1) / 2,  P3 = (5 t3 - 3 t) / 2
    """
    bump = np.zeros_like(x)
    for (ux, uy, uz), second, third in zip(axes, *weights):
        t = ux * x + uy * y + uz * z
        bump += second * np.sqrt(5) * (3 * t * t - 1) / 2 + third * np.sqrt(7) * (5 * t * t * t - 3 * t) / 2
    return np.clip(bump, -3, 3)


def two_nearest(bodies, shapes, canvas, progress):
    """Find the two nearest particles of each voxel: distances to their surfaces (m, < 0 inside) and numbers.

    Farther than the canvas's reach from all surfaces the distance is infinite and the number -1.
    """
    first, second = (np.full(canvas.shape, np.inf, dtype=np.float32) for _ in range(2))
    owner, other = (np.full(canvas.shape, -1, dtype=np.int32) for _ in range(2))
    for body, (particle, centre, radius) in enumerate(bodies):
        if progress and body % 20 == 0:
            progress(body, len(bodies), "drawing particles")
        block, distance = _distance_around(centre, radius, shapes[0][particle], shapes[1][particle], canvas)
        near, far, who, next_to = first[block], second[block], owner[block], other[block]
        nearer = distance < near
        closer = ~nearer & (distance < far)
        far[...] = np.where(nearer, near, np.where(closer, distance, far))
        next_to[...] = np.where(nearer, who, np.where(closer, body, next_to))
        near[...] = np.where(nearer, distance, near)
        who[nearer] = body
    return first, second, owner, other


def _distance_around(centre, radius, axes, weights, canvas):
    """Distance to one particle's surface along the ray from its centre, in a block of voxels around it."""
    h, extent = canvas.voxel_size, radius * (1 + 3 * canvas.deformation) + canvas.reach
    low = np.maximum(np.floor((centre - extent) / h), 0).astype(int)
    high = np.minimum(np.ceil((centre + extent) / h), canvas.shape).astype(int)
    block = tuple(slice(a, b) for a, b in zip(low, high))
    x, y, z = np.meshgrid(
        *((np.arange(a, b) + 0.5) * h - c for a, b, c in zip(low, high, centre)), indexing="ij"
    )
    length = np.sqrt(x * x + y * y + z * z)
    per_length = 1 / np.maximum(length, 1e-3 * h)
    bump = _bump(x * per_length, y * per_length, z * per_length, axes, weights)
    distance = (length - radius * (1 + canvas.deformation * bump)).astype(np.float32)
    return block, np.where(distance < canvas.reach, distance, np.float32(np.inf))
