"""Permeability of the pores of a voxel grid: Stokes flow between two end faces, or around a ring.

    -mu lap v + grad p = 0,  div v = 0,  v = 0 on the walls;   k = mu <v> / (drop of p / length)

Staggered grid on the voxels, walls half a cell beside the velocities: a slit of N voxels has k = h^2/12 (1 +
2/N^2), exactly. The dissipation of the flow bounds k from below and its dual from above; their gap is what
`tolerance` bounds.
"""

import time
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from ..mesh.morphology import surface_area
from ..mesh.percolation import closed_clusters, cluster_labels, percolating
from ..mesh.shares import share_of
from ..mesh.subvoxel import depths_of, smooth_shares
from ..numerics.staggered import SIDES, staggered_grid
from .stokes import Stokes

THROAT = 3.0  # voxels, see solve_permeability


@dataclass(frozen=True)
class FlowResult:
    """permeability (m2); tau_flow: sum |v| / sum of v along the axis, None if nothing flows; porosity (total)
    and porosity_percolating; mass_imbalance: spread of the flux through the planes over its mean;
    error_bound: gap between the bounds over the permeability; iterations; seconds; mean_velocity (3): <v> mu
    over the gradient of p, m2, the column of the permeability tensor; gaps: its history; velocity: v mu over
    the gradient, float32 [3, x, y, z], m2, if asked for: 0 in pores at rest, NaN in solids."""

    permeability: float
    tau_flow: float | None
    porosity: float
    porosity_percolating: float
    mass_imbalance: float
    error_bound: float
    iterations: int
    seconds: float
    mean_velocity: tuple
    gaps: tuple = field(default=(), repr=False)
    velocity: np.ndarray | None = field(default=None, repr=False)


def solve_permeability(
    grid,
    through,
    axis,
    *,
    sides="no-slip",
    ends="pressure",
    tolerance=1e-3,
    throat=THROAT,
    interface="voxel",
    progress=None,
    velocity=False,
):
    """Compute the permeability along one axis, k = mu <v> length / (drop of p).

    grid: VoxelGrid; through: name of the phase that flows, or several; axis: 0, 1, 2; sides: what bounds the
    box beside the flow, "no-slip" walls, "symmetry" planes, or its own repetition ("periodic"); ends:
    "pressure", the two end faces are planes of constant pressure, through which the flow goes on as in a
    mirror, or "periodic", a body force drives it around a ring; tolerance: bound of the relative error of the
    permeability; throat: see below; velocity: also return the field.

    The wall beside a velocity is half a cell away (conductance 2). Where a solid voxel lies along one half of
    a face only, at a step of the wall, the conductance is 1 + min(1, throat / width), width the voxels from
    here to the wall across: in a wide pore the steps are those of a smooth wall that runs through the middle
    of them (1), in a throat a step narrows the way like a flat wall (2). Error of k in %, simple cubic
    spheres of fraction 0.125 to 0.524 (touching), and Berea sandstone beside a cell-centred code (median of
    81):

        voxels a diameter    16               32              64              128             Berea
        throat = 0           -3.9 to  2.6     -1.4 to -0.4    -1.0 to -0.3    -0.8 to -0.2    +19
        throat = 3          -11.9 to -3.8     -4.5 to -1.2    -1.8 to -0.4    -1.1 to -0.3    +6.2
        throat = inf        -15.4 to -7.6     -8.0 to -3.7    -4.4 to -1.8    -2.6 to -1.0    -0.9

    Throats of a few voxels are too coarse for any of them: the same image of Berea with each voxel cut into
    64 has
    0.72 to 0.80 of the permeability (four crops of 56^3). Refine what is to be trusted there.

    Returns FlowResult; pores that do not percolate have permeability 0, tau_flow None.
    Raises InputError, or NotConverged with the history of the gaps.
    """
    begun = time.perf_counter()
    check_flow(sides, ends, tolerance, throat)
    names = tuple(through) if isinstance(through, (list, tuple, set, dict)) else (through,)
    pore, share = grid.mask(*names), None
    if interface != "voxel":
        share = np.moveaxis(_shares(grid, names, interface, axis, sides, ends), axis, 0)
        pore = np.moveaxis(share > 0.5, 0, axis)
    moving = flowing(np.moveaxis(pore, axis, 0), sides, ends)
    moved, eps = float(moving.mean()), float((pore if share is None else share).mean(dtype=float))
    if moved == 0:
        return _at_rest(pore, eps, velocity, time.perf_counter() - begun)
    order = (axis, *(a for a in range(3) if a != axis))
    h = [grid.voxel_size[a] for a in order]
    within = None if share is None else _depth(share, moving, sides, ends)
    staggered = staggered_grid(moving, h, sides, ends, throat, within)
    if not staggered.wall[0].any():
        raise InputError(
            "expected walls that hold the flow back, got pores that fill the whole box; choose sides "
            "no-slip, or another phase"
        )
    flow = Stokes(staggered)
    k = float(h[0] ** 2 * staggered.permeability_scale * flow.solve(tolerance, progress))
    v = staggered.centre_velocity(flow.u) * h[0] ** 2 / staggered.gradient
    tau_flow, mean = np.sqrt((v**2).sum(axis=0)).sum() / v[0].sum(), v.sum(axis=1) / pore.size
    back = np.argsort(order)
    return FlowResult(
        k,
        float(tau_flow),
        eps,
        moved,
        flow.imbalance(),
        flow.gaps[-1],
        flow.steps,
        time.perf_counter() - begun,
        tuple(mean[back].tolist()),
        tuple(flow.gaps),
        _field(flow.grid.cells, v, back, pore) if velocity else None,
    )


RING = 16  # voxels beyond either end of a ring, farther than labels bear on a surface


def _shares(grid, names, interface, axis, sides, ends):
    """The open share of each voxel: that of the image, or of the smoothest surface of the labels."""
    if interface == "grey":
        return share_of(grid, names)
    mask = np.moveaxis(grid.mask(*names), axis, 0)
    reach = min(RING, len(mask)) if ends == "periodic" else 0
    wide = np.pad(mask, [(reach, reach), (0, 0), (0, 0)], "wrap")
    share = smooth_shares(wide, periodic_sides=sides == "periodic")
    return np.moveaxis(share[reach : reach + len(mask)], 0, axis)


def _depth(share, moving, sides, ends):
    """How deep each voxel's centre lies in the fluid, and the normal; pores that do not move are solid."""
    reach = 3 if ends == "periodic" else 0
    wide = np.pad(share, [(reach, reach), (0, 0), (0, 0)], "wrap")
    depth, normal = depths_of(wide, periodic_sides=sides == "periodic")
    depth, normal = depth[reach : reach + len(share)], normal[:, reach : reach + len(share)]
    return np.where(moving | (depth <= 0), depth, np.float32(-0.5)), normal


def _at_rest(pore, eps, velocity, seconds):
    """The result of pores that lead nowhere."""
    still = np.where(pore, np.zeros((3, 1, 1, 1), np.float32), np.float32(np.nan)) if velocity else None
    return FlowResult(0.0, None, eps, 0.0, 0.0, 0.0, 0, seconds, (0.0,) * 3, (), still)


def check_flow(sides, ends, tolerance, throat):
    if sides not in SIDES:
        raise InputError(f"expected sides no-slip, symmetry or periodic, got {sides!r}; choose one of them")
    if ends not in ("pressure", "periodic"):
        raise InputError(f"expected ends pressure or periodic, got {ends!r}; choose one of the two")
    if ends == "periodic" and sides != "periodic":
        raise InputError(f"expected sides periodic with ends periodic, got {sides!r}; make both periodic")
    if not throat >= 0:
        raise InputError(f"expected a throat of 0 voxels or more, got {throat}; {THROAT:g} is the default")
    if not 0 < tolerance < 1:
        raise InputError(f"expected a tolerance between 0 and 1, got {tolerance}; 1e-3 is the default")


def flowing(pore, sides, ends):
    """Mark the pores that a flow along axis 0 can move: from end to end, or round the ring."""
    pore = np.ascontiguousarray(pore)
    if ends == "pressure":
        return np.ascontiguousarray(percolating(pore, 0, periodic_sides=sides == "periodic"))
    clusters, count = cluster_labels(pore, (1, 2))
    pairs = np.unique(np.stack([clusters[-1].ravel(), clusters[0].ravel()], axis=1), axis=0)
    return _around(pairs[(pairs > 0).all(axis=1)], count)[clusters]


def _around(pairs, count):
    """Which clusters lead back to themselves a turn later; pairs: (last, first), one step on around the ring.

    Each cluster gets the turn it is met in; where two ways differ by a turn, their whole component leads
    around.
    """
    links = {}
    for last, first in pairs.tolist():
        links.setdefault(last, []).append((first, 1))
        links.setdefault(first, []).append((last, -1))
    leads, turn = np.zeros(count + 1, bool), {}
    for start in links:
        if start in turn:
            continue
        turn[start], component, around = 0, [start], False
        for here in component:
            for there, step in links[here]:
                if there not in turn:
                    turn[there] = turn[here] + step
                    component.append(there)
                around |= turn[there] != turn[here] + step
        leads[component] = around
    return leads


def _field(cells, v, back, pore):
    """Velocities as dense float32 [3, x, y, z]: NaN in the solids, 0 in pores at rest."""
    dense = [cells.scatter(v[i], fill=0.0).transpose(back) for i in back]
    return np.where(pore, np.stack(dense), np.float32(np.nan))


def kozeny_constant(grid, through, k):
    """Compute c of the Kozeny-Carman equation k = eps^3 / (c s^2), s the pores' area per total volume.

    About 5 in beds of grains (Carman 1937). k: permeability, m2. Pores that touch no face of the box count as
    solid. None where k, or the area within the box, is 0.
    """
    porosity, s = _porosity_and_area(grid, through)
    return float(porosity**3 / (k * s**2)) if k > 0 and s > 0 else None


def _porosity_and_area(grid, through):
    """Pores that touch a face of the box: their share, and their area per total volume (m-1)."""
    pore = grid.mask(*((through,) if isinstance(through, str) else through))
    pore &= ~closed_clusters(pore)
    return pore.mean(), surface_area(pore, grid.voxel_size) / (grid.voxels * grid.voxel_volume)


NARROWEST, NARROW = 3.0, 12.0  # voxels: random pores of widths between were held against finer voxels
LEFT = {  # of the permeability of pores 3 to 11 voxels wide (docs/method.md)
    "voxel": "-7 to +10 %, and +25 to +39 % in Berea sandstone,",
    "smooth": "+5 to +24 %",
    "grey": "+0.5 to +16 %",
}


def pore_width(grid, through):
    """Return the mean chord of the pores, 4 eps / s, in voxel edges (the largest); inf without an area."""
    porosity, s = _porosity_and_area(grid, through)
    return float(4 * porosity / (s * max(grid.voxel_size))) if s > 0 else np.inf


def doubt_of(width, interface):
    """Say what pores of so many voxels leave open of a permeability; None where they are wide."""
    if width >= NARROW:
        return None
    beyond = "" if width >= NARROWEST else ", less than any that were held against finer ones"
    return (
        f"The pores are {width:.1f} voxels wide in the mean{beyond}: in random pores of 3 to 11 voxels"
        f" interface {interface} left {LEFT[interface]} of the permeability of finer voxels. Where that"
        " matters take a finer image."
    )


def permeability_tensor(grid, through, *, progress=None, **options):
    """Compute the permeability along x, y and z; return the tensor (3, 3), m2, and the three FlowResults.

    Column j is <v> mu over the gradient of p for a drop along axis j; options as for `solve_permeability`.
    With sides and ends "periodic" it is the tensor of the medium that repeats the image. Off the diagonal
    the error is that of the velocities, about the square root of the tolerance.
    """
    results = []
    for axis in range(3):
        results.append(solve_permeability(grid, through, axis, progress=progress, **options))
    return np.array([result.mean_velocity for result in results]).T, results
