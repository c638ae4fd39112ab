"""Where could a box of a map lie in a larger volume? Rotations on a grid, each with every shift at once.

Masked normalised correlation by FFT, over what both boxes share (Padfield, IEEE Trans. Image Process. 21
(2012) 2706).
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from scipy import fft, ndimage

SHUFFLES = 8
SEARCH = 40  # voxels along the longest axis of the grid on which starts are searched


@dataclass(frozen=True)
class Search:
    """What a search found: starts [(angles rad, shift m)], best first, and the best correlation of the map,
    of the map shuffled in blocks [shuffle], and of its mirror images {axes: correlation}."""

    starts: tuple
    correlation: float
    shuffled: tuple[float, ...]
    mirrored: dict


def search(mask, image, solid, structure, largest_angle_deg, least_inside, progress, keep=4):
    """Find rotations (rad) and shifts (m) with the best correlation over all shifts, and what chance gives.

    Maps of another sample reach what the map's own blocks reach when they are shuffled; a map whose axis runs
    the other way is beaten by its mirror image.
    """
    flat = [n == 1 for n in mask.shape]
    longest = max(n * h for n, h in zip(structure.values.shape, structure.voxel_size))
    wanted = max(longest / SEARCH, *(h for n, h in zip(mask.shape, image.voxel_size) if n > 1))
    factors = [1 if f else max(round(wanted / h), 1) for f, h in zip(flat, structure.voxel_size)]
    edge = np.multiply(factors, structure.voxel_size)
    best_corner = _correlator(_coarse(solid, factors))
    turns, few = _turns(flat, largest_angle_deg)
    others = [*_shuffles(mask), *_mirrors(mask)]
    total = len(turns) + len(few) * len(others)

    def score(values, turn, done):
        if progress is not None:
            progress(done, total, "search")
        here, known = _turned(values, image, turn, edge)
        found, corner = best_corner(here, known, least_inside)
        # corner: where voxel [0, 0, 0] of the turned box comes to lie in the coarse structure
        centre = np.asarray(structure.origin) + (np.asarray(corner) + np.asarray(here.shape) / 2) * edge
        return found, turn, np.where(flat, 0.0, centre - middle(image))

    own = sorted((score(mask, turn, k) for k, turn in enumerate(turns)), key=lambda one: -one[0])
    chance = [
        max(score(values, turn, len(turns) + k * len(few) + j)[0] for j, turn in enumerate(few))
        for k, (_, values) in enumerate(others)
    ]
    mirrored = {name: value for (name, _), value in zip(others, chance) if name}
    shuffled = tuple(value for (name, _), value in zip(others, chance) if not name)
    return Search(tuple(one[1:] for one in own[:keep]), own[0][0], shuffled, mirrored)


def _turns(flat, largest_angle_deg):
    """All rotations searched, and the few about one axis that chance is judged by."""
    step = np.radians(largest_angle_deg) / 2
    angles = [(0.0,) if _fixed(axis, flat) else np.arange(-2, 3) * step for axis in range(3)]
    turns = list(product(*angles))
    reach = 1.5 * step
    few = [turn for turn in product((-reach, 0.0, reach), repeat=3) if np.count_nonzero(turn) <= 1]
    return turns, [t for t in few if all(t[axis] == 0 or not _fixed(axis, flat) for axis in range(3))]


def _mirrors(mask):
    """The mask mirrored along each set of its axes: (axes, mask)."""
    wide = [axis for axis in range(3) if mask.shape[axis] > 1]
    for count in range(1, len(wide) + 1):
        for axes in combinations(wide, count):
            yield "".join("xyz"[axis] for axis in axes), np.flip(mask, axes)


def _shuffles(mask):
    """The mask with its halves along each axis exchanged and each mirrored at random: ("", mask)."""
    rng, wide = np.random.default_rng(0), [axis for axis in range(3) if mask.shape[axis] > 1]
    half = [n // 2 if n > 1 else n for n in mask.shape]
    ends = [(0, n - h) if n > 1 else (0,) for n, h in zip(mask.shape, half)]
    blocks = [tuple(slice(c, c + h) for c, h in zip(corner, half)) for corner in product(*ends)]
    flips = [axes for count in range(1, len(wide) + 1) for axes in combinations(wide, count)]
    for _ in range(SHUFFLES):
        out = mask.copy()
        for to, of in zip(blocks, rng.permutation(len(blocks))):
            out[to] = np.flip(mask[blocks[of]], flips[rng.integers(len(flips))])
        yield "", out


def _fixed(axis, flat):
    """Whether nothing turns about an axis: another axis is one voxel thin."""
    return any(flat[a] for a in range(3) if a != axis)


def _coarse(solid, factors):
    """Share of active material in blocks of so many voxels along each axis."""
    cut = solid[tuple(slice(n // f * f) for n, f in zip(solid.shape, factors))]
    blocks = [part for n, f in zip(cut.shape, factors) for part in (n // f, f)]
    return cut.reshape(blocks).mean(axis=(1, 3, 5), dtype=np.float32)


def _turned(mask, image, turn, edge):
    """The map's mask turned about its middle, on a grid of edges (m); and where it has a field of view."""
    matrix, column = rotation(turn), (3, 1, 1, 1)
    flat = np.array(mask.shape) == 1
    half = np.where(flat, 0, np.multiply(mask.shape, image.voxel_size) / 2)
    reach = np.abs(np.array(list(product(*[(-s, s) for s in half]))) @ matrix.T).max(axis=0)
    counts = np.where(flat, 1, np.maximum(np.ceil(2 * reach / edge), 1)).astype(int)
    grid = np.stack(
        np.meshgrid(*[(np.arange(n) + 0.5 - n / 2) * e for n, e in zip(counts, edge)], indexing="ij")
    )
    count = np.reshape(mask.shape, column)
    index = np.tensordot(matrix.T, grid, axes=1) / np.reshape(image.voxel_size, column) + (count - 1) / 2
    blur = [0 if f else max(0.4 * e / h - 0.4, 0) for f, e, h in zip(flat, edge, image.voxel_size)]
    smooth = ndimage.gaussian_filter(mask.astype(np.float32), blur)
    known = ((index > -0.5) & (index < count - 0.5)).all(axis=0).astype(np.float32)
    return ndimage.map_coordinates(smooth, index, order=1, mode="nearest") * known, known


def _correlator(there):
    """Make a function that finds the best corner of a box in `there` by masked normalised correlation."""

    @lru_cache(8)
    def of_structure(shape):
        return [fft.rfftn(a, shape) for a in (there, there**2, np.ones_like(there))]

    def best(here, known, least_inside):
        shape = tuple(fft.next_fast_len(a + b - 1, real=True) for a, b in zip(there.shape, here.shape))
        ahead = [np.conj(fft.rfftn(a, shape)) for a in (here, here**2, known)]
        ones = of_structure(shape)

        def sums(a, b):
            return fft.irfftn(ahead[a] * ones[b], shape)

        n = np.maximum(sums(2, 2), 1e-6)
        m1, m2, s1, s2, cross = sums(0, 2), sums(1, 2), sums(2, 0), sums(2, 1), sums(0, 0)
        spread = np.maximum(m2 - m1**2 / n, 0) * np.maximum(s2 - s1**2 / n, 0)
        enough = n >= least_inside * known.sum() * 0.999
        score = np.where(
            enough & (spread > 1e-9 * n**2), (cross - m1 * s1 / n) / np.sqrt(spread + 1e-30), -2.0
        )
        place = np.unravel_index(np.argmax(score), score.shape)
        corner = [p if p < a else p - n_ for p, a, n_ in zip(place, there.shape, shape)]
        return float(score[place]), corner

    return best


def rotation(angles):
    """Rotation matrix of angles (rad) about x, then y, then z."""
    (a, b, c), (s, t, u) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, a, -s], [0, s, a]])
    about_y = np.array([[b, 0, t], [0, 1, 0], [-t, 0, b]])
    about_z = np.array([[c, -u, 0], [u, c, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def middle(image):
    """Middle of a map's box, m."""
    return np.array([o + n * h / 2 for o, n, h in zip(image.origin, image.values.shape, image.voxel_size)])
