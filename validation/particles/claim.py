"""Particles are measured right: packed spheres come back with their number, volumes, diameters, places,
neighbours, sphericity 1, contact areas of caps, and crack shares by construction; a sheet void has its depth
and thickness.
"""

import numpy as np

from microsim.generate.packing import lognormal_radii, pack_spheres
from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid
from microsim.shapes.particles import compare_states, find_particles, fragment_labels, sizes_by_depth
from microsim.shapes.sheets import delaminated_layers

NAMES, H, N = ("pore", "am", "cbd", "crack"), 2e-7, 128


def checks(data):
    yield from _single_spheres()
    yield from _packing()
    yield from _cracks()
    yield from _sheet()


def _ball(shape, centre, radius):
    x = np.meshgrid(*map(np.arange, shape), indexing="ij", sparse=True)
    return sum((part + 0.5 - c) ** 2 for part, c in zip(x, centre)) <= radius**2


def _single_spheres():
    """At random places; half of each in binder, up to a plane at a known height."""
    rng = np.random.default_rng(0)
    for radius in (6, 12, 24):
        shares, round_, volumes = [], [], []
        for _ in range(5):
            n = 2 * radius + 12
            centre = n / 2 + rng.random(3) - 0.5
            body, binder = _ball((n,) * 3, centre, radius), np.zeros((n,) * 3, bool)
            plane = round(centre[0] + 0.4 * radius)
            binder[:plane] = True
            labels = np.where(body, 1, np.where(binder, 2, 0)).astype(np.uint8)
            found = find_particles(VoxelGrid(labels, NAMES[:3], H), contact="cbd")
            cap = 0.5 + (plane - centre[0]) / (
                2 * radius
            )  # Archimedes: area of a cap is 2 pi r times its height
            shares.append(found.contact_share[0] - cap)
            round_.append(found.sphericity[0])
            volumes.append(found.volume[0] / (4 / 3 * np.pi * (radius * H) ** 3))
        name = f"sphere of {radius} voxels radius, mean of 5 places"
        yield Check(f"{name}: volume / true", np.mean(volumes), 1.0, 0.01, source="4 pi r^3 / 3")
        yield Check(f"{name}: sphericity", np.mean(round_), 1.0, 0.015, source="sphere")
        yield Check(
            f"{name}: height of the cap in binder by its share of the surface, less the true one, voxels",
            2 * radius * np.mean(shares),
            0.0,
            0.25,
            "absolute",
            "Archimedes",
        )


def _packing():
    """Spheres packed until they touch: 12 % overlap of the drawn radii makes necks."""
    rng, box = np.random.default_rng(3), np.array([N, N, N]) * 1.0
    radii = lognormal_radii(rng, 0.42 * N**3, 13.0, 0.25, 9.0, 19.0)
    centres, _ = pack_spheres(rng, radii, box)
    radii = radii * 1.06
    labels = np.zeros((N,) * 3, np.int32)
    depth = np.full((N,) * 3, np.inf)
    for number, (centre, radius) in enumerate(zip(centres, radii), start=1):
        x = np.meshgrid(*[np.arange(N) + 0.5 - c for c in centre], indexing="ij", sparse=True)
        inside = np.sqrt(sum(part**2 for part in x)) - radius
        nearer = (inside <= 0) & (inside < depth)
        labels[nearer], depth[nearer] = number, inside[nearer]
    solid = labels > 0
    found = find_particles(VoxelGrid(solid.astype(np.uint8), ("pore", "am"), H))
    true = [n for n in np.unique(labels) if n and np.count_nonzero(labels == n) >= 27]
    yield Check(
        "particles found / packed", len(found) / len(true), 1.0, 0.05, source=f"{len(true)} spheres in {N}^3"
    )
    same = _matched(found.parts, labels)
    yield Check(
        "share of the solid whose particle is the right one", same, 0.97, kind="at least", source="packing"
    )
    whole = ~found.cut
    owner = [np.bincount(labels[found.parts == k + 1]).argmax() for k in np.flatnonzero(whole)]
    mine = np.array([np.count_nonzero(labels == n) for n in owner]) * H**3
    yield Check(
        "diameter over that of the packed sphere's own voxels, mean of whole ones",
        np.mean(found.diameter[whole] / np.cbrt(6 * mine / np.pi)),
        1.0,
        0.01,
        source="packing",
    )
    gaps = np.linalg.norm(centres[:, None] - centres, axis=2) - radii[:, None] - radii
    np.fill_diagonal(gaps, np.inf)
    touching = [np.count_nonzero(gaps[n - 1] < 0) for n in owner]
    yield Check(
        "neighbours of whole particles, mean",
        found.neighbours[whole].mean(),
        np.mean(touching),
        0.1,
        source="pairs nearer than the sum of their radii",
    )
    sizes = sizes_by_depth(found.parts, VoxelGrid(solid.astype(np.uint8), ("pore", "am"), H), regions=1)[0]
    yield Check(
        "median diameter by volume, um", 1e6 * sizes["d50_m"], 1e6 * _d50(labels), 0.02, source="packing"
    )


def _matched(parts, labels):
    right = 0
    for n in range(1, parts.max() + 1):
        right += np.bincount(labels[parts == n]).max()
    return right / np.count_nonzero(labels)


def _d50(labels):
    sides = np.unique(np.concatenate([np.take(labels, e, a).ravel() for a in (1, 2) for e in (0, -1)]))
    volume = np.sort([np.count_nonzero(labels == n) for n in np.unique(labels) if n and n not in sides])
    return np.cbrt(6 * volume[np.searchsorted(np.cumsum(volume), volume.sum() / 2)] / np.pi) * H


def _cracks():
    """Slits through spheres: share of a slit of width w through the middle (3 w / 4 r)(1 - w^2 / 12 r^2)."""
    rng, shares, widths = np.random.default_rng(4), [], []
    solid, crack = np.zeros((3 * 50, 3 * 50, 50), bool), np.zeros((3 * 50, 3 * 50, 50), bool)
    for k in range(9):
        corner = (50 * (k // 3), 50 * (k % 3), 0)
        body, width = _ball((50,) * 3, 25 + 0.2 * rng.random(3), 20), 1 + k % 4
        slit = np.zeros_like(body)
        slit[:, :, 25 : 25 + width] = True
        where = tuple(slice(c, c + 50) for c in corner)
        solid[where], crack[where] = body & ~slit, body & slit
        widths.append(width)
        shares.append(3 * width / 80)
    grid = VoxelGrid(np.where(crack, 3, solid).astype(np.uint8), NAMES, H)
    found = find_particles(grid, crack="crack")
    yield Check("cracked spheres found", len(found), 9, 0, "absolute", "nine")
    order = np.argsort(found.crack_share), np.argsort(shares)
    off = np.abs(found.crack_share[order[0]] / np.array(shares)[order[1]] - 1).max()
    yield Check("crack share of each, largest relative error", off, 0.0, 0.03, "absolute", "3 w / 4 r")
    yield Check(
        "crack share of all",
        found.total("crack_share"),
        np.count_nonzero(crack) / np.count_nonzero(solid | crack),
        1e-12,
        source="voxels",
    )
    pieces = fragment_labels(found.parts, grid.mask("am"))[1]
    yield Check("fragments", pieces, 18, 0, "absolute", "two of each")
    wider = VoxelGrid(np.where(np.roll(crack, 1, 2) & solid | crack, 3, solid).astype(np.uint8), NAMES, H)
    more = find_particles(wider, crack="crack")
    change = compare_states(found, more, draws=500)["crack_share"]
    true = np.count_nonzero(wider.mask("crack")) / np.count_nonzero(crack) - 1
    yield Check("relative change of the crack share", change["relative_change"], true, 1e-9, source="voxels")
    yield Check(
        "its bootstrap interval holds it",
        float(change["low"] <= true <= change["high"]),
        1.0,
        0,
        "absolute",
        "voxels",
    )


def _sheet():
    rng = np.random.default_rng(5)
    solid = np.ones((80, 90, 90), bool)
    for _ in range(60):  # round pores
        solid[_ball(solid.shape, rng.random(3) * solid.shape, 5 + 4 * rng.random())] = False
    grid = VoxelGrid(solid.astype(np.uint8), ("pore", "am"), H)
    yield Check(
        "sheets among round pores",
        len(delaminated_layers(grid, extent=30 * H)),
        0,
        0,
        "absolute",
        "none drawn",
    )
    solid[40:44, 10:] = False
    sheets = delaminated_layers(VoxelGrid(solid.astype(np.uint8), ("pore", "am"), H), extent=30 * H)
    yield Check("sheets after one was cut", len(sheets), 1, 0, "absolute", "one")
    yield Check("its depth, voxels", sheets[0]["depth_m"] / H, 42.0, 0.5, "absolute", "layers 40 to 43")
    yield Check("its thickness, voxels", sheets[0]["thickness_m"] / H, 4.0, 0.5, "absolute", "4 layers")
    alone = np.ones((80, 90, 90), bool)
    alone[40:44, 10:] = False
    covered = delaminated_layers(VoxelGrid(alone.astype(np.uint8), ("pore", "am"), H), extent=30 * H)[0][
        "covered"
    ]
    yield Check(
        "share of the cross-section that a sheet without pores around covers",
        covered,
        8 / 9,
        0.01,
        source="drawn",
    )
