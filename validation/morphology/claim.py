"""Shapes are measured right: spheres, overlapping spheres, rings and random voxels have the known chords,
sizes, areas, triple lines, correlations and thresholds (closed forms; site percolation on the simple cubic
lattice at 0.3116); a real electrode agrees with Cauchy's formula.
"""

import numpy as np

from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import VoxelGrid, grid_from_labels
from microsim.mesh.morphology import surface_area
from microsim.shapes.measures import (
    chords,
    clusters,
    contact_areas,
    euler_number,
    size_distribution,
    triple_line,
    two_point_correlation,
)
from microsim.shapes.thickness import local_thickness


def checks(data):
    yield from _spheres()
    yield from _overlapping_spheres()
    yield from _triple_lines()
    yield from _percolation()
    yield from _electrode(data)


def _ball(radius, n, centre=(0.0, 0.0, 0.0)):
    x = np.meshgrid(*[np.arange(n) - (n - 1) / 2 - c for c in centre], indexing="ij", sparse=True)
    return sum(part**2 for part in x) <= radius**2


def _spheres():
    ball = _ball(40, 90, (0.2, 0.1, 0.4))
    mean = np.mean([chords(ball, 1.0, axis).mean for axis in range(3)])
    yield Check(
        "mean chord of a sphere of 40 voxels over 4 r / 3", mean * 3 / 160, 1.0, 2e-3, source="4 V / S"
    )
    rng = np.random.default_rng(0)
    for radius in (5, 10, 20):
        off = []
        for _ in range(5):
            ball = _ball(radius, 2 * radius + 7, rng.random(3) - 0.5)
            off.append(local_thickness(ball, 1.0)[ball].mean() - 2 * radius)
        worst = max(off, key=abs)
        yield Check(
            f"local thickness of spheres of radius {radius} less 2 r, worst of 5, voxels",
            worst,
            0.0,
            1.0,
            "absolute",
            "Hildebrand & Ruegsegger 1997",
        )
    two = np.zeros((72, 45, 45), bool)
    two[:25, :25, :25], two[27:] = _ball(10, 25), _ball(20, 45)
    small = np.count_nonzero(two[:25]) / np.count_nonzero(two)
    sizes = size_distribution(local_thickness(two, 1.0), 1.0, bins=(0, 30, 60))
    yield Check(
        "volume share of the smaller of two spheres among the sizes",
        sizes.share[0],
        small,
        1e-6,
        source="volumes",
    )
    shell = _ball(10, 25) & ~_ball(5, 25)
    yield Check(
        "Euler numbers of ball, hollow shell",
        10 * euler_number(_ball(10, 25)) + euler_number(shell),
        12,
        0,
        "absolute",
        "topology",
    )


def _overlapping_spheres():
    """eta = 1, radius 12 voxels in 200^3: 925 spheres."""
    n, r, mask = 200, 12.0, np.zeros((200,) * 3, bool)
    rng = np.random.default_rng(1)
    for centre in rng.random((round(n**3 / (4 / 3 * np.pi * r**3)), 3)) * n:
        lines = [np.arange(int(c) - 14, int(c) + 15) for c in centre]
        x = np.meshgrid(*[line + 0.5 - c for line, c in zip(lines, centre)], indexing="ij", sparse=True)
        mask[np.ix_(*[line % n for line in lines])] |= sum(part**2 for part in x) <= r**2
    pores, source = ~mask, "overlapping spheres, eta = 1"
    eps = pores.mean()
    yield Check("porosity", eps, np.exp(-1), 0.03, source=source)
    yield Check(
        "surface per volume times r", surface_area(pores, 1.0) / n**3 * r, 3 * np.exp(-1), 0.03, source=source
    )
    mean = np.mean([chords(pores, 1.0, axis).mean for axis in range(3)])
    seen = _S2(0.0) / (_S2(0.0) - _S2(1 / r))  # what rows of points a voxel apart see of 4 r / 3
    yield Check("mean pore chord, voxels", mean, seen, 0.03, source=source)
    h = np.arange(41) / r
    S2 = np.mean([two_point_correlation(pores, 1.0, axis, 40)[1] for axis in range(3)], axis=0)
    worst = np.abs(S2 - [_S2(part) for part in h]).max()
    yield Check(
        "two-point correlation, largest difference up to 3.3 r", worst, 0.0, 0.012, "absolute", source
    )


def _S2(h):
    return np.exp(-(1 + 3 * h / 4 - h**3 / 16 if h < 2 else 2.0))


def _triple_lines():
    names = ("pore", "am", "cbd")
    for labels, share in (
        ([[[1, 0], [0, 2]], [[2, 0], [0, 1]]], 1.0),
        ([[[2, 2], [1, 1]], [[2, 2], [0, 0]]], 1 / 3),
        (np.array([[2, 1, 1], [2, 0, 0], [2, 0, 0]])[:, :, None], 0.25),
    ):
        grid = VoxelGrid(np.array(labels, np.uint8), names, 1.0, relative=True)
        yield Check(
            f"share of triple edges, {' x '.join(map(str, grid.shape))}",
            triple_line(grid, names)[2],
            share,
            1e-12,
            source="TauFactor's unit tests",
        )
    rng, r, found = np.random.default_rng(2), 15, []
    for _ in range(12):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        x = np.stack(np.meshgrid(*[np.arange(45) - 22 + rng.random() for _ in range(3)], indexing="ij"))
        labels = np.where((x**2).sum(0) <= r**2, 1, np.where(np.tensordot(normal, x, 1) > 0, 0, 2))
        found.append(
            np.array(triple_line(VoxelGrid(labels.astype(np.uint8), names, 1.0, relative=True), names)[:2])
            / (2 * np.pi * r)
        )
    yield Check(
        "triple line of 12 rings at random tilt over 2 pi r, mean",
        np.mean(found, axis=0)[0],
        1.0,
        0.03,
        source="circle",
    )
    yield Check(
        "the same, standard deviation", np.std(found, axis=0)[0], 0.05, kind="at most", source="circle"
    )
    yield Check(
        "voxel edges alone over 2 pi r, mean",
        np.mean(found, axis=0)[1],
        1.5,
        0.15,
        source="mean of |t_x| + |t_y| + |t_z|",
    )


def _percolation():
    rng = np.random.default_rng(3)
    for share, kind, bound in ((0.295, "at most", 0.05), (0.33, "at least", 0.5)):
        largest = clusters(rng.random((96, 96, 96)) < share).share_of_largest
        yield Check(
            f"largest cluster of random voxels at {share} (threshold 0.3116)",
            largest,
            bound,
            kind=kind,
            source="simple cubic site percolation",
        )


def _electrode(data):
    if data is None:
        raise Skip("MICROSIM_DATA names no folder of public data")
    from microsim.volumes.volume import read_voxels

    labels = read_voxels("nrel_nmc-1-cal_generatedCBD_bridge.tif").values[:160, 60:220, 60:220]
    grid = grid_from_labels(labels, {"pore": 0, "am": 1, "cbd": 2}, 398e-9)
    areas, volume = contact_areas(grid), grid.voxels * grid.voxel_volume
    for name, row in areas.items():
        mask = grid.mask(name)
        yield Check(
            f"contacts of {name} add up to its surface",
            sum(row.values()),
            surface_area(mask, grid.voxel_size),
            1e-6,
            source="own surface",
        )
        inverse = np.mean([1 / chords(mask, grid.voxel_size, axis).mean for axis in range(3)])
        yield Check(
            f"surface per volume of {name} from chords along x, y, z over that from faces",
            4 * grid.fraction(name) * inverse * volume / sum(row.values()),
            1.0,
            0.05,
            source="Cauchy",
        )
    both = areas["am"]["cbd"], areas["cbd"]["am"]
    yield Check(
        "area of active material and binder seen from either side", both[0], both[1], 0.03, source="symmetry"
    )
    yield Check(
        "share of the binder in its largest cluster (dry 0.57, slurry 0.236)",
        clusters(grid.mask("cbd")).share_of_largest,
        0.236,
        kind="at least",
        source="Zhang et al., Joule 7 (2023)",
    )
