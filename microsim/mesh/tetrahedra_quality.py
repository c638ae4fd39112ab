"""How good a tetrahedral mesh is: shapes of its elements, volumes and areas beside those of the voxels."""

import numpy as np

from .morphology import surface_area, surface_area_faces

CHUNK = 1 << 18  # elements measured at a time: 100 MB
SIDES = np.array([(1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1)])  # of a tetrahedron, outwards


def quality(mesh):
    """Measure the elements of a TetMesh.

    Returns elements, points, triangles, inverted (volume not above zero), volume_m3 (smallest, mean),
    dihedral_angle_deg (smallest, 1st percentile, largest) and radius_ratio (smallest, 1st percentile, mean).
    """
    volume, ratio = mesh.volumes(), radius_ratios(mesh.points, mesh.cells)
    low, high = dihedral_angles(mesh.points, mesh.cells)
    return {
        "elements": len(mesh.cells),
        "points": len(mesh.points),
        "triangles": len(mesh.triangles),
        "inverted": int(np.count_nonzero(volume <= 0)),
        "volume_m3": {"smallest": float(volume.min()), "mean": float(volume.mean())},
        "dihedral_angle_deg": {
            "smallest": float(low.min()),
            "percentile_1": float(np.percentile(low, 1)),
            "largest": float(high.max()),
        },
        "radius_ratio": {
            "smallest": float(ratio.min()),
            "percentile_1": float(np.percentile(ratio, 1)),
            "mean": float(ratio.mean()),
        },
    }


def compared_with_voxels(mesh, grid):
    """Compare each phase of a TetMesh with the voxels: {name: volume fractions of the box, areas (m2) to the
    other phases}.

    The reference of an area is that of the voxel faces corrected for their steps (morphology.surface_area).
    """
    volume, area = np.bincount(mesh.phase, mesh.volumes(), len(mesh.names)), mesh.areas()
    box, table = grid.voxels * grid.voxel_volume, {}
    for code, name in enumerate(mesh.names):
        mask = grid.mask(name)
        own = [number for number, pair in enumerate(mesh.between) if code in pair]
        table[name] = {
            "label": mesh.labels[code],
            "volume_fraction": float(volume[code] / box),
            "volume_fraction_voxels": grid.fraction(name),
            "area_m2": float(area[np.isin(mesh.surface, own)].sum()),
            "area_voxels_corrected_m2": surface_area(mask, grid.voxel_size),
            "area_voxel_faces_m2": surface_area_faces(mask, grid.voxel_size),
        }
    return table


def volumes(corners):
    a, b, c = (corners[:, k] - corners[:, 0] for k in (1, 2, 3))
    return np.einsum("ij,ij->i", np.cross(a, b), c) / 6


def radius_ratios(points, cells):
    """Return 3 r / R of each tetrahedron, r and R the radii of the spheres inside and around: 1 where it is
    regular, 0 where it is flat, below 0 where it is inverted."""
    ratios = np.empty(len(cells))
    for first in range(0, len(cells), CHUNK):
        corner = points[cells[first : first + CHUNK]]
        a, b, c = (corner[:, k] - corner[:, 0] for k in (1, 2, 3))
        bc, ca, ab = np.cross(b, c), np.cross(c, a), np.cross(a, b)
        six_volumes = np.einsum("ij,ij->i", ab, c)
        area = sum(np.linalg.norm(n, axis=1) for n in (bc, ca, ab, bc + ca + ab)) / 2
        squares = [np.einsum("ij,ij->i", e, e)[:, None] for e in (a, b, c)]
        centre = np.linalg.norm(squares[0] * bc + squares[1] * ca + squares[2] * ab, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            # r = 3 V / area, R = centre / (12 V)
            ratio = 3 * (six_volumes / 2 / area) * (2 * np.abs(six_volumes)) / centre
        ratios[first : first + CHUNK] = np.nan_to_num(ratio)
    return ratios


def dihedral_angles(points, cells):
    """Return the smallest and the largest angle between two sides of each tetrahedron, degrees: (n,),
    (n,)."""
    low, high = np.empty(len(cells)), np.empty(len(cells))
    for first in range(0, len(cells), CHUNK):
        corner = points[cells[first : first + CHUNK]]
        normals = []
        for side in SIDES:
            p, q, r = (corner[:, k] for k in side)
            n = np.cross(q - p, r - p)
            normals.append(n / np.maximum(np.linalg.norm(n, axis=1), 1e-300)[:, None])
        cosines = np.stack(
            [-np.einsum("ij,ij->i", normals[i], normals[j]) for i in range(4) for j in range(i)]
        )
        angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        low[first : first + CHUNK], high[first : first + CHUNK] = angles.min(axis=0), angles.max(axis=0)
    return low, high
