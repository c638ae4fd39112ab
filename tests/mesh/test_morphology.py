import json
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid, grid_from_labels
from microsim.mesh.morphology import (
    face_area_factors,
    interface_faces,
    phase_summary,
    surface_area,
    surface_area_faces,
)


def sphere(radius, shift=(0, 0, 0), edges=(1, 1, 1)):
    """Voxels with their centre within `radius` of a point near the middle of the box."""
    counts = [2 * int(np.ceil(radius / h)) + 9 for h in edges]
    axes = [(np.arange(n) - (n - 1) / 2 - s) * h for n, s, h in zip(counts, shift, edges)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return x**2 + y**2 + z**2 <= radius**2


def area_of_sphere(radius):
    return 4 * np.pi * radius**2


def crofton(mask):
    """Area of a periodic structure from label changes along 13 directions, S = 2 sum c_k N_k / |d_k|.

    An independent estimate: it counts crossings of lines and never forms a normal.
    """
    weight = {1: 0.0915558, 2: 0.0739613, 3: 0.0703913}
    total = 0.0
    for step in product((-1, 0, 1), repeat=3):
        if step > (0, 0, 0):  # one of each pair of opposite directions
            changes = np.count_nonzero(mask != np.roll(mask, step, axis=(0, 1, 2)))
            kind = sum(map(abs, step))
            total += weight[kind] * changes / np.sqrt(kind)
    return 2 * total


def periodic_area(mask, pad=6):
    """The corrected area of one period, measured with neighbouring periods around it."""
    padded = np.pad(mask, pad, mode="wrap")
    total = 0.0
    for axis, factors in enumerate(face_area_factors(padded, 1.0)):
        inner = [slice(pad, pad + n) for n in mask.shape]
        total += float(factors[tuple(inner)].sum(dtype=float))
    return total


def random_spheres(radius, size, share, seed):
    """Non-overlapping spheres in a periodic box: (mask, exact area)."""
    rng, points = np.random.default_rng(seed), np.empty((0, 3))
    grid = np.stack(np.meshgrid(*[np.arange(size) + 0.5] * 3, indexing="ij"), axis=-1)
    mask = np.zeros((size,) * 3, bool)
    while 4 / 3 * np.pi * radius**3 * len(points) < share * size**3:
        point = rng.random(3) * size
        apart = points - point
        apart -= size * np.round(apart / size)
        if np.any((apart**2).sum(axis=1) < 4 * radius**2):
            continue
        points = np.vstack([points, point])
        offset = grid - point
        offset -= size * np.round(offset / size)
        mask |= (offset**2).sum(axis=-1) <= radius**2
    return mask, len(points) * area_of_sphere(radius)


@pytest.mark.parametrize(
    "radius, positions, bias, scatter",
    [(3, 30, 0.02, 0.03), (5, 20, 0.010, 0.012), (8, 10, 0.006, 0.006), (12, 6, 0.004, 0.004)],
)
def test_sphere_at_random_positions(radius, positions, bias, scatter):
    rng = np.random.default_rng(radius)
    masks = [sphere(radius, rng.random(3) - 0.5) for _ in range(positions)]
    corrected = np.array([surface_area(mask, 1.0) for mask in masks]) / area_of_sphere(radius)
    faces = np.array([surface_area_faces(mask, 1.0) for mask in masks]) / area_of_sphere(radius)
    assert abs(corrected.mean() - 1) < bias and corrected.std() < scatter
    assert faces.mean() == pytest.approx(1.5, abs=0.04)  # what the correction corrects


@pytest.mark.parametrize("radius", [20, 40])
def test_large_sphere(radius):
    mask = sphere(radius, (0.1, 0.3, -0.4))
    assert surface_area(mask, 1.0) == pytest.approx(area_of_sphere(radius), rel=0.003)
    assert surface_area_faces(mask, 1.0) == pytest.approx(1.5 * area_of_sphere(radius), rel=0.005)


@pytest.mark.parametrize("radius", [3, 5, 8, 12, 20])
@pytest.mark.parametrize("tilt", [0, 15, 35, 45])
def test_side_of_a_cylinder(radius, tilt):
    n, half = 2 * radius + 30, 8
    position = np.stack(np.meshgrid(*[np.arange(n) - (n - 1) / 2 + 0.21] * 3, indexing="ij"))
    angle = np.radians(tilt)
    axis = np.array([0.8 * np.sin(angle), 0.6 * np.sin(angle), np.cos(angle)])
    along = np.tensordot(axis, position, 1)
    mask = (position**2).sum(axis=0) - along**2 <= radius**2
    total = 0.0
    for direction, factors in enumerate(face_area_factors(mask, 1.0)):
        low, high = (np.take(along, range(i, n - 1 + i), direction) for i in (0, 1))
        total += factors[np.abs(low + high) / 2 < half].sum(dtype=float)  # a stretch away from the ends
    assert total == pytest.approx(2 * np.pi * radius * 2 * half, rel=0.012)


@pytest.mark.parametrize(
    "normal",
    [
        (1, 0, 0),
        (0, 0, 1),
        (1, 1, 0),
        (1, 1, 1),
        (1, 0.03, 0),
        (1, 0.1, 0.05),
        (1, 0.3, 0.2),
        (3, 2, 1),
        (-1, 2, -2),
    ],
)
def test_tilted_plane(normal):
    # a ball around a point of the plane cuts out a disc of known area, whatever the tilt
    n, radius = 61, 24
    normal = np.array(normal) / np.linalg.norm(normal)
    position = np.stack(np.meshgrid(*[np.arange(n) - (n - 1) / 2] * 3, indexing="ij"))
    mask = np.tensordot(normal, position, 1) < 0.317
    total = faces = 0.0
    for direction, factors in enumerate(face_area_factors(mask, 1.0)):
        middle = [
            (np.take(p, range(n - 1), direction) + np.take(p, range(1, n), direction)) / 2 for p in position
        ]
        near = sum(p**2 for p in middle) < radius**2
        total += factors[near].sum(dtype=float)
        faces += np.count_nonzero(factors[near])
    assert total == pytest.approx(np.pi * radius**2, rel=0.015)
    assert faces == pytest.approx(np.abs(normal).sum() * np.pi * radius**2, rel=0.02)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flat_wall_keeps_factor_one(axis):
    mask = np.zeros((10, 11, 12), bool)
    mask[(slice(None),) * axis + (slice(None, 4),)] = True
    factors = face_area_factors(mask, (1e-7, 2e-7, 4e-7))
    assert [f.dtype for f in factors] == [np.float32] * 3
    assert [f.shape for f in factors] == [(9, 11, 12), (10, 10, 12), (10, 11, 11)]
    wall = np.take(factors[axis], 3, axis)
    assert np.abs(wall - 1).max() < 1e-6
    assert sum(np.count_nonzero(f) for f in factors) == wall.size


def test_a_face_without_a_gradient_keeps_factor_one():
    # smoothed far wider than the box, so that the same float32 stands everywhere
    mask = np.zeros((3, 3, 3), bool)
    mask[1, 1, 1] = True
    assert surface_area(mask, 1.0, smoothing=20000) == 6


def test_plane_111_keeps_one_over_root_three():
    x, y, z = np.indices((30, 30, 30))
    mask = x + y + z < 43
    for factors in face_area_factors(mask, 1.0):
        inner = factors[8:-8, 8:-8, 8:-8]
        assert inner[inner > 0] == pytest.approx(1 / np.sqrt(3), rel=1e-3)


@pytest.mark.parametrize("radius, share", [(4, 0.3), (6, 0.3), (9, 0.3), (12, 0.25)])
def test_random_packing_against_exact_area_and_crofton(radius, share):
    mask, exact = random_spheres(radius, 56, share, seed=radius)
    assert periodic_area(mask) == pytest.approx(exact, rel=0.016 if radius < 6 else 0.01)
    # Crofton itself reads small spheres low (radius 5: 0.990)
    assert periodic_area(mask) == pytest.approx(crofton(mask), rel=0.025 if radius < 6 else 0.012)


def test_rough_random_structure_against_crofton():
    noise = ndimage.gaussian_filter(np.random.default_rng(5).random((64, 64, 64)), 3, mode="wrap")
    for share in (0.2, 0.5):
        mask = noise < np.quantile(noise, share)
        assert periodic_area(mask) == pytest.approx(crofton(mask), rel=0.01)


@pytest.mark.parametrize("edges", [(1, 1, 2), (2, 1, 1), (1, 2, 3), (5, 1, 1)])
def test_voxels_with_unequal_edges(edges):
    radius, rng = 20.0, np.random.default_rng(3)
    areas = [surface_area(sphere(radius, rng.random(3) - 0.5, edges), edges) for _ in range(3)]
    assert np.mean(areas) == pytest.approx(area_of_sphere(radius), rel=0.012)


def test_surface_cut_by_the_box():
    # a sphere cut in half by the box's face: the cut itself is no surface
    mask = sphere(12, (0.2, 0.4, 0.1))
    half = mask[: mask.shape[0] // 2]
    height = half.shape[0] - (mask.shape[0] / 2 + 0.2 - 12)
    assert surface_area(half, 1.0) == pytest.approx(2 * np.pi * 12 * height, rel=0.012)
    assert (
        surface_area(np.ones((4, 5, 6), bool), 1.0) == 0 == surface_area_faces(np.ones((4, 5, 6), bool), 1.0)
    )


def test_thin_boxes_and_lone_voxels():
    lone = np.zeros((3, 3, 3), bool)
    lone[1, 1, 1] = True
    assert surface_area(lone, 1.0) == pytest.approx(6) and surface_area_faces(lone, 1.0) == 6
    disc = sphere(20, (0.1, 0.3, 0))[:, :, 24:25]
    perimeter = surface_area(disc, 1.0)  # a 2D image: voxel faces overstate by 4/pi
    assert perimeter == pytest.approx(2 * np.pi * 20, rel=0.01)
    assert surface_area_faces(disc, 1.0) == pytest.approx(8 * 20, rel=0.03)


def test_interface_between_two_of_three_phases():
    phase = np.zeros((3, 1, 2), int)
    phase[1], phase[2, 0, 1] = 1, 2
    a, b, c = (phase == k for k in range(3))
    assert interface_faces(a, b, "x").tolist() == [[[True, True]], [[True, False]]]
    assert interface_faces(b, c, 0).tolist() == [[[False, False]], [[False, True]]]
    assert interface_faces(c, a, 2).tolist() == [[[False]], [[False]], [[True]]]
    assert interface_faces(a, b, 1).shape == (3, 0, 2)


def blob(seed, shape=(9, 10, 11)):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.2)
    return noise > np.quantile(noise, 0.45)


seeds = st.integers(0, 2**32 - 1)
edge = st.floats(0.5, 3)


@settings(max_examples=25, deadline=None)
@given(seeds, st.tuples(edge, edge, edge), st.sampled_from([0, 1, 2]))
def test_factors_follow_a_mirror(seed, edges, axis):
    mask = blob(seed)
    mirrored = face_area_factors(np.flip(mask, axis), edges)
    for plain, image in zip(face_area_factors(mask, edges), mirrored):
        assert np.allclose(np.flip(plain, axis), image, atol=2e-4)


@settings(max_examples=25, deadline=None)
@given(seeds, st.tuples(edge, edge, edge), st.permutations([0, 1, 2]))
def test_factors_follow_a_permutation_of_the_axes(seed, edges, order):
    mask = blob(seed)
    plain = face_area_factors(mask, edges)
    turned = face_area_factors(mask.transpose(order), [edges[axis] for axis in order])
    for new, old in enumerate(order):
        assert np.allclose(plain[old].transpose(order), turned[new], atol=2e-4)


@settings(max_examples=25, deadline=None)
@given(seeds, st.tuples(edge, edge, edge))
def test_complement_has_the_same_surface(seed, edges):
    mask = blob(seed)
    for inside, outside in zip(face_area_factors(mask, edges), face_area_factors(~mask, edges)):
        assert np.allclose(inside, outside, atol=2e-4)
    assert surface_area_faces(mask, edges) == pytest.approx(surface_area_faces(~mask, edges))


@settings(max_examples=25, deadline=None)
@given(seeds, st.tuples(edge, edge, edge), st.floats(1e-9, 1e-4))
@example(
    0, (1.0, 2.0, 2.9999999999999996), 8.914281083373435e-05
)  # the filter's reach is just at a whole number
def test_area_scales_with_the_square_of_the_voxel(seed, edges, scale):
    mask, scaled = blob(seed), [h * scale for h in edges]
    assert surface_area(mask, scaled) / scale**2 == pytest.approx(surface_area(mask, edges), rel=1e-5)
    assert surface_area_faces(mask, scaled) / scale**2 == pytest.approx(
        surface_area_faces(mask, edges), rel=1e-12
    )


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.05, 0.95))
def test_factors_lie_between_one_over_root_three_and_one(seed, share):
    mask = np.random.default_rng(seed).random((6, 7, 8)) < share
    for axis, factors in enumerate(face_area_factors(mask, 1e-7)):
        faces = interface_faces(mask, ~mask, axis)
        assert np.array_equal(factors > 0, faces)
        assert np.all(factors[faces] <= 1 + 1e-6) and np.all(factors[faces] >= 1 / np.sqrt(3) - 1e-6)


def test_summary_has_the_promised_keys_and_figures():
    phase = np.zeros((4, 5, 6), np.uint8)
    phase[:, 0, 0] = 1
    phase[0, 3, 3] = 1
    seen = []
    summary = phase_summary(
        VoxelGrid(phase, ("pore", "am"), (1e-6, 2e-6, 3e-6), (0, 170)), lambda *step: seen.append(step)
    )
    assert summary["shape"] == [4, 5, 6] and summary["voxel_size_m"] == [1e-6, 2e-6, 3e-6]
    active = summary["phases"]["am"]
    assert set(active) == {
        "label",
        "volume_fraction",
        "percolating_fraction",
        "closed_fraction",
        "surface_area_per_volume_m-1",
        "surface_area_per_volume_closed_m-1",
        "surface_area_per_volume_to_closed_m-1",
        "surface_area_per_volume_faces_m-1",
    }
    assert active["label"] == 170 and active["volume_fraction"] == pytest.approx(5 / 120)
    assert active["percolating_fraction"] == {"x": 0.8, "y": 0.0, "z": 0.0}
    # column: four faces along y (3 um2) and four along z (2 um2); voxel: one along x (6), two along y and z
    faces = 4 * 3e-12 + 4 * 2e-12 + 6e-12 + 2 * 3e-12 + 2 * 2e-12
    assert active["surface_area_per_volume_faces_m-1"] == pytest.approx(faces / (120 * 6e-18))
    assert summary["phases"]["pore"]["percolating_fraction"] == {"x": 1.0, "y": 1.0, "z": 1.0}
    assert [step[:2] for step in seen] == [(0, 2), (1, 2), (2, 2)]
    json.dumps(summary)  # plain numbers throughout


def test_closed_pores_are_told_apart_from_the_surface():
    """A particle at the box's face with an inner pore: of its area what lies round the pore is dead."""
    x = np.meshgrid(*[np.arange(60.0)] * 3, indexing="ij")

    def ball(centre, radius):
        return sum((part - c) ** 2 for part, c in zip(x, centre)) <= radius**2

    phase = (ball((20, 30, 30), 24) & ~ball((22, 30, 30), 8)).astype(np.uint8)
    pore, active = phase_summary(VoxelGrid(phase, ("pore", "am"), 1e-6))["phases"].values()
    per_volume = 4 * np.pi * 8**2 / 60**3 * 1e6
    closed, beside = "surface_area_per_volume_closed_m-1", "surface_area_per_volume_to_closed_m-1"
    assert pore[closed] == pytest.approx(per_volume, rel=0.01) and pore[beside] == 0
    assert active[beside] == pytest.approx(per_volume, rel=0.01) and active[closed] == 0
    outer = 2 * np.pi * 24 * (24 + 20.5) / 60**3 * 1e6  # a cap of height r + 20.5
    assert active["surface_area_per_volume_m-1"] - active[beside] == pytest.approx(outer, rel=0.01)
    assert active["closed_fraction"] == 0
    voxels = np.count_nonzero(ball((22, 30, 30), 8))
    assert pore["closed_fraction"] == pytest.approx(voxels / np.count_nonzero(phase == 0))


def test_bad_smoothing_and_masks_are_refused():
    with pytest.raises(InputError, match="smoothing above zero"):
        face_area_factors(np.ones((2, 2, 2), bool), 1.0, smoothing=0)
    with pytest.raises(InputError, match="three axes"):
        face_area_factors(np.ones((2, 2), bool), 1.0)


def test_surface_of_a_published_electrode(data):
    import tifffile

    volume = tifffile.imread(data / "volumes" / "taufactor_electrode_256.tiff")
    values = json.loads((data / "expected" / "expected_values.json").read_text())
    expected = values["taufactor_electrode_256.tiff"]
    grid = grid_from_labels(volume, expected["labels"], expected["box_m"] / 256)
    for name, per_metre in expected["specific_surface_per_m_face_counting"].items():
        area = surface_area_faces(grid.mask(name), grid.voxel_size)
        assert area / (grid.voxels * grid.voxel_volume) == pytest.approx(per_metre, rel=1e-6)
