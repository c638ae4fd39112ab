"""Measures against closed forms: spheres, overlapping spheres, rings, laminates, and published unit cases."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.morphology import surface_area, surface_area_faces
from microsim.shapes.measures import (
    MEASURES,
    chords,
    clusters,
    contact_areas,
    contact_areas_faces,
    euler_number,
    measure_shapes,
    phase_profiles,
    size_distribution,
    triple_line,
    two_point_correlation,
)
from microsim.shapes.thickness import READS_HIGH, READS_LOW, local_thickness

quick = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**31)
edge = st.floats(0.5, 3)


def three(labels, edges=1.0):
    return VoxelGrid(np.asarray(labels).astype(np.uint8), ("pore", "am", "cbd"), edges, relative=True)


def foam(seed, shape=(12, 13, 14), edges=(1.0, 1.5, 0.8)):
    """Three phases of random shape."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.3)
    return three(np.digitize(noise, np.quantile(noise, (0.4, 0.6))), edges)


def ball(radius, centre=(0, 0, 0), edges=(1, 1, 1)):
    counts = [2 * int(np.ceil(radius / h)) + 5 for h in edges]
    x = np.meshgrid(
        *[(np.arange(n) - n // 2) * h - c for n, h, c in zip(counts, edges, centre)], indexing="ij"
    )
    return sum(part**2 for part in x) <= radius**2


def overlapping_spheres(size, radius, eta, seed):
    """Spheres at random in a periodic box; eta = number density x volume of one."""
    mask, reach = np.zeros((size,) * 3, bool), int(np.ceil(radius)) + 1
    count = round(eta * size**3 / (4 / 3 * np.pi * radius**3))
    for centre in np.random.default_rng(seed).random((count, 3)) * size:
        lines = [np.arange(int(c) - reach, int(c) + reach + 1) for c in centre]
        x = np.meshgrid(*[line + 0.5 - c for line, c in zip(lines, centre)], indexing="ij")
        mask[np.ix_(*[line % size for line in lines])] |= sum(part**2 for part in x) <= radius**2
    return mask


# -- profiles ------------------------------------------------------------------------------------------------


@quick
@given(seeds, st.sampled_from([0, 1, 2]))
def test_profiles_add_up(seed, axis):
    grid = foam(seed)
    depth, fractions = phase_profiles(grid, axis)
    assert sum(fractions.values()) == pytest.approx(1) and len(depth) == grid.shape[axis]
    assert depth[0] == grid.voxel_size[axis] / 2 and np.diff(depth) == pytest.approx(grid.voxel_size[axis])
    for name, part in fractions.items():
        assert part.mean() == pytest.approx(grid.fraction(name))
    assert fractions["am"][3] == np.take(grid.mask("am"), 3, axis).mean()


# -- chords --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("radius", "bound"), [(6, 0.03), (12, 0.01), (25, 0.004)])
def test_mean_chord_of_a_sphere_is_four_thirds_of_its_radius(radius, bound):
    rng = np.random.default_rng(radius)
    means = [
        chords(ball(radius, rng.random(3) - 0.5), 2e-6, axis).mean for axis in range(3) for _ in range(4)
    ]
    assert np.mean(means) == pytest.approx(4 / 3 * radius * 2e-6, rel=bound)


def test_chords_of_a_sphere_spread_as_l_over_2_r_squared():
    found = chords(ball(30, (0.21, 0.34, 0.13)), 1.0, 1)
    share = np.cumsum(found.counts) / found.counts.sum()
    assert share == pytest.approx(((found.lengths + 0.5) / 60).clip(0, 1) ** 2, abs=0.02)
    assert found.cut.sum() == 0 and found.lengths[0] == 1


def test_chords_of_laminates_and_of_what_the_box_cuts():
    labels = np.zeros((12, 3, 2), int)
    labels[2:5], labels[9:] = 1, 1
    found = chords(labels == 1, (0.5, 1, 1), 0)
    assert found.counts[2] == 6 == found.counts.sum() and found.cut[2] == 6 == found.cut.sum()
    assert found.mean == pytest.approx(2 * 6 * 0.5 / 3)  # three crossings in each line
    across = chords(labels == 1, (0.5, 1, 1), 1)
    assert across.mean is None and across.counts.sum() == 0 and across.cut[2] == across.cut.sum() == 12
    assert chords(labels == 7, 1.0, 2).counts.sum() == 0


@quick
@given(seeds, st.sampled_from([0, 1, 2]))
def test_chords_hold_all_voxels_and_turn_with_the_axes(seed, axis):
    mask = foam(seed).mask("pore")
    found = chords(mask, (1, 2, 3), axis)
    assert ((found.counts + found.cut) * np.arange(1, mask.shape[axis] + 1)).sum() == np.count_nonzero(mask)
    turned = chords(np.moveaxis(mask, axis, 0), axis + 1, 0)
    assert np.array_equal(found.counts, turned.counts) and np.array_equal(found.cut, turned.cut)
    assert found.mean == pytest.approx(turned.mean)
    by_hand = [
        len(run)
        for line in np.moveaxis(mask, axis, 2).reshape(-1, mask.shape[axis])
        for run in "".join("x" if v else " " for v in line).split()
    ]
    assert np.array_equal(np.bincount(by_hand, minlength=mask.shape[axis] + 1)[1:], found.counts + found.cut)


def test_overlapping_spheres_have_the_known_chords_and_correlation():
    """eta = 1: S2 = exp(-eta (1 + 3h/4r - h^3/16r^3)). Mean pore chord 4 r / 3 eta, of which voxels of edge d
    see those that a row of points at that distance does: d eps / (eps - S2(d)), 5 % more at r = 8."""
    r, means, S2 = 8.0, [], []
    for seed in (1, 2, 3):
        pores = ~overlapping_spheres(120, r, 1.0, seed)
        means += [chords(pores, 1.0, axis).mean for axis in range(3)]
        S2 += [two_point_correlation(pores, 1.0, axis, 30)[1] for axis in range(3)]
    h = np.arange(31) / r
    exact = np.exp(-np.where(h < 2, 1 + 3 * h / 4 - h**3 / 16, 2))
    assert np.mean(S2, axis=0) == pytest.approx(exact, abs=0.012)
    seen = exact[0] / (exact[0] - exact[1])
    assert np.mean(means) == pytest.approx(seen, rel=0.03) and 1.03 < seen / (4 * r / 3) < 1.06


# -- sizes ---------------------------------------------------------------------------------------------------


def test_two_spheres_make_two_peaks_by_volume():
    mask = np.zeros((48, 29, 29), bool)
    mask[:15, :15, :15] |= ball(5)
    mask[18:47] |= ball(12)
    sizes = size_distribution(local_thickness(mask, 1e-6), 1e-6)
    small = np.count_nonzero(ball(5)) / np.count_nonzero(mask)
    middles = (sizes.edges[1:] + sizes.edges[:-1]) / 2
    near = {d: sizes.share[np.abs(middles - d) < 1.6e-6].sum() for d in (1e-5, 2.4e-5)}
    assert near[1e-5] == pytest.approx(small) and near[2.4e-5] == pytest.approx(1 - small)
    assert sizes.mean == pytest.approx(small * 1e-5 + (1 - small) * 2.4e-5, abs=1e-6)
    assert sizes.share.sum() == pytest.approx(1)


def test_sizes_in_given_bins_and_percentiles():
    thickness = np.zeros((10, 10, 2), np.float32)
    thickness[..., 0] = np.arange(1, 101).reshape(10, 10)
    sizes = size_distribution(thickness, 1.0, bins=(0, 50.5, 100))
    assert sizes.share.tolist() == [0.5, 0.5] and sizes.mean == pytest.approx(50.5)
    assert (sizes.d10, sizes.d50, sizes.d90) == pytest.approx((10.9, 50.5, 90.1))
    with pytest.raises(InputError, match="voxels of the phase"):
        size_distribution(np.zeros((2, 2, 2)), 1.0)


# -- contacts ------------------------------------------------------------------------------------------------


@quick
@given(seeds, st.tuples(edge, edge, edge))
def test_contacts_of_a_phase_add_up_to_its_surface(seed, edges):
    grid = foam(seed, edges=edges)
    areas, faces = contact_areas(grid), contact_areas_faces(grid)
    for name, row in areas.items():
        mask = grid.mask(name)
        assert sum(row.values()) == pytest.approx(surface_area(mask, edges), rel=1e-6)
        whole = sum(area for pair, area in faces.items() if name in pair)
        assert whole == pytest.approx(surface_area_faces(mask, edges), rel=1e-9)
    for a, b in combinations(grid.names, 2):
        assert areas[a][b] == pytest.approx(areas[b][a], rel=0.3)
        assert max(areas[a][b], areas[b][a]) <= faces[a, b] * (1 + 1e-6)
        assert min(areas[a][b], areas[b][a]) >= faces[a, b] / np.sqrt(3) * (1 - 1e-6)


def test_two_phases_share_one_surface():
    mask = ball(8, (0.2, 0.1, 0.4))
    grid = VoxelGrid(mask.astype(np.uint8), ("pore", "am"), 1e-6)
    areas = contact_areas(grid)
    assert areas["am"]["pore"] == pytest.approx(areas["pore"]["am"], rel=1e-6)
    assert areas["am"]["pore"] == pytest.approx(4 * np.pi * 64e-12, rel=0.01)


@pytest.mark.parametrize("radius", [10, 16])
@pytest.mark.parametrize("cosine", [0.0, 0.5, 0.8])
def test_a_sphere_capped_by_another_phase(radius, cosine):
    """The cap within a cone has the area 2 pi r^2 (1 - cosine), seen from the sphere."""
    rng, found = np.random.default_rng(3), []
    for _ in range(3):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        n = 2 * radius + 13
        x = (
            np.stack(np.meshgrid(*[np.arange(n) - n // 2] * 3, indexing="ij"))
            - (rng.random(3) - 0.5)[:, None, None, None]
        )
        far = np.sqrt((x**2).sum(0))
        labels = np.where(far <= radius, 1, np.where(np.tensordot(normal, x, 1) > cosine * far, 2, 0))
        found.append(contact_areas(three(labels))["am"]["cbd"])
    assert np.mean(found) == pytest.approx(2 * np.pi * radius**2 * (1 - cosine), rel=0.04)


def test_flat_contacts_are_exact_and_lone_phases_touch_nothing():
    labels = np.zeros((9, 4, 5), int)
    labels[3:6], labels[6:] = 1, 2
    grid = three(labels, (1e-6, 2e-6, 3e-6))
    areas, faces = contact_areas(grid), contact_areas_faces(grid)
    section = 4 * 2e-6 * 5 * 3e-6
    assert areas["am"]["pore"] == pytest.approx(section) and areas["cbd"]["pore"] == 0
    assert faces == pytest.approx({("pore", "am"): section, ("pore", "cbd"): 0, ("am", "cbd"): section})


# -- triple lines --------------------------------------------------------------------------------------------


def test_published_counts_of_triple_edges():
    """TauFactor's unit cases: 1, 1/3 and (one layer) 1/4 of all inner edges."""
    names = ("pore", "am", "cbd")
    labels = np.zeros((2, 2, 2), int)
    labels[0, 0, 0] = labels[1, 1, 1] = 1
    labels[0, 1, 1] = labels[1, 0, 0] = 2
    assert triple_line(three(labels), names)[2] == 1
    labels = np.zeros((2, 2, 2), int)
    labels[0] = 1
    labels[:, 0] = 2
    assert triple_line(three(labels), names)[1:] == (2, pytest.approx(1 / 3))
    labels = np.zeros((3, 3, 1), int)
    labels[0] = 1
    labels[:, 0] = 2
    assert triple_line(three(labels), names)[2] == 0.25


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_straight_line_along_an_axis_keeps_its_length(axis):
    labels = np.zeros((10, 11, 12), int)
    turned = np.moveaxis(labels, axis, 0)
    turned[:, :5], turned[:, :, :4] = 1, 2
    edges = (1e-6, 2e-6, 3e-6)
    smooth, raw, _ = triple_line(three(labels, edges), ("pore", "am", "cbd"))
    assert raw == pytest.approx(labels.shape[axis] * edges[axis]) and smooth == pytest.approx(raw, rel=1e-5)


@pytest.mark.parametrize(("radius", "edges"), [(8, (1, 1, 1)), (12, (1, 1, 1)), (15, (1, 2, 1.5))])
def test_rings_at_any_tilt(radius, edges):
    """A plane cuts a sphere: the ring has 2 pi r; voxel edges alone about 1.6 times that."""
    rng, smooth, raw = np.random.default_rng(radius), [], []
    for _ in range(10):
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        counts = [int(2 * radius / h) + 9 for h in edges]
        x = np.stack(
            np.meshgrid(
                *[(np.arange(n) - n / 2 + rng.random()) * h for n, h in zip(counts, edges)], indexing="ij"
            )
        )
        labels = np.where((x**2).sum(0) <= radius**2, 1, np.where(np.tensordot(normal, x, 1) > 0, 0, 2))
        length, edges_only, _ = triple_line(three(labels, edges), ("pore", "am", "cbd"))
        smooth.append(length / (2 * np.pi * radius))
        raw.append(edges_only / (2 * np.pi * radius))
    assert np.mean(smooth) == pytest.approx(1, abs=0.03) and np.std(smooth) < 0.06
    assert 1.45 < np.mean(raw) < 1.75 and np.std(smooth) < np.std(raw)


@quick
@given(seeds, st.permutations([0, 1, 2]), st.permutations(["pore", "am", "cbd"]))
def test_triple_lines_follow_axes_and_names(seed, order, names):
    grid = foam(seed)
    turned = three(grid.phase.transpose(order), [grid.voxel_size[a] for a in order])
    plain = triple_line(grid, ("pore", "am", "cbd"))
    assert triple_line(turned, names) == pytest.approx(plain, rel=1e-4)
    assert plain[1] / np.sqrt(3) * (1 - 1e-6) <= plain[0] <= plain[1]


def test_triple_lines_need_three_phases():
    with pytest.raises(InputError, match="three different phases"):
        triple_line(foam(0), ("pore", "am"))
    with pytest.raises(InputError, match="three different phases"):
        triple_line(foam(0), ("pore", "am", "am"))


# -- clusters, correlation, Euler number ---------------------------------------------------------------------


def test_clusters_in_order_of_size():
    mask = np.zeros((6, 6, 6), bool)
    mask[0, 0, :2] = True
    mask[2:5, 2:5, 2:5] = True
    mask[5, 5, 5] = mask[4, 4, 4]
    found = clusters(mask)
    assert found.voxels.tolist() == [27, 2, 1]  # voxels joined by an edge or a corner only are two clusters
    assert found.labels[3, 3, 3] == 1 and found.labels[0, 0, 0] == 2 and found.labels[5, 5, 5] == 3
    assert found.labels[1, 1, 1] == 0 and found.labels.dtype == np.int32
    assert found.share_of_largest == pytest.approx(0.9)
    assert found.faces["separator"].tolist() == [2] and found.faces["z1"].tolist() == [3]
    assert clusters(np.zeros((2, 2, 2), bool)).share_of_largest == 0


@quick
@given(seeds)
def test_clusters_partition_the_phase(seed):
    mask = np.random.default_rng(seed).random((7, 8, 9)) < 0.3
    found = clusters(mask)
    assert np.array_equal(found.labels > 0, mask)
    assert np.array_equal(np.bincount(found.labels.ravel())[1:], found.voxels)
    assert np.all(np.diff(found.voxels) <= 0) and len(found.voxels) == ndimage.label(mask)[1]


@pytest.mark.parametrize(("share", "spans"), [(0.27, False), (0.36, True)])
def test_random_voxels_percolate_above_the_known_threshold(share, spans):
    """Site threshold of the simple cubic lattice: 0.3116."""
    found = clusters(np.random.default_rng(0).random((60, 60, 60)) < share)
    assert (found.share_of_largest > 0.5) is spans
    assert (1 in found.faces["separator"] and 1 in found.faces["collector"]) is spans


@quick
@given(seeds, st.sampled_from([0, 1, 2]))
def test_correlation_starts_at_the_fraction_and_counts_pairs(seed, axis):
    mask = foam(seed).mask("pore")
    distance, S2 = two_point_correlation(mask, (1, 2, 3), axis, 5)
    assert S2[0] == pytest.approx(mask.mean()) and distance == pytest.approx((axis + 1) * np.arange(6))
    line = np.moveaxis(mask, axis, 0)
    assert S2[3] == pytest.approx(np.mean([line[i] & line[i + 3] for i in range(len(line) - 3)]))
    assert len(two_point_correlation(mask, 1, axis)[1]) == mask.shape[axis] // 2 + 1


@pytest.mark.parametrize("reach", [0, 100])
def test_correlation_reaches_as_far_as_the_box(reach):
    assert len(two_point_correlation(np.ones((4, 5, 6), bool), 1.0, 0, reach)[1]) == min(reach, 3) + 1


def test_euler_numbers_of_known_bodies():
    shell = ball(8) & ~np.pad(ball(4), 4)
    x, y, z = np.meshgrid(*[np.arange(25) - 12] * 3, indexing="ij")
    ring = (np.hypot(x, y) - 8) ** 2 + z**2 <= 9
    assert [euler_number(body) for body in (ball(8), shell, ring, ~ball(3))] == [1, 2, 0, 2]
    two = np.zeros((4, 4, 4), bool)
    two[0, 0, 0] = two[1, 1, 0] = True
    assert euler_number(two) == 2


@quick
@given(seeds)
def test_euler_number_against_scikit_image(seed):
    from skimage.measure import euler_number as reference

    mask = np.random.default_rng(seed).random((7, 6, 5)) < 0.5
    assert euler_number(mask) == reference(mask, connectivity=1)


# -- all of them ---------------------------------------------------------------------------------------------


def test_measures_are_plain_numbers():
    seen = []
    found = measure_shapes(foam(3, edges=(1e-7, 1e-7, 2e-7)), ["all"], lambda *step: seen.append(step))
    assert list(found) == list(MEASURES) and seen[-1][0] == seen[-1][1] == len(MEASURES)
    json.dumps(found, default=lambda value: value.item())
    assert set(found["contacts"]["am"]) == {"pore", "cbd"} and set(found["tpb"]) == {"pore|am|cbd"}
    assert sum(row["share_of_surface"] for row in found["contacts"]["am"].values()) == pytest.approx(1)
    assert list(measure_shapes(foam(3), ["tpb", "tpb"])) == ["tpb"]


def test_unknown_measures_are_refused():
    with pytest.raises(InputError, match="expected measures out of profiles.*got colour"):
        measure_shapes(foam(0), ["profiles", "colour"])
    with pytest.raises(InputError, match="got none"):
        measure_shapes(foam(0), [])


def test_a_volume_of_one_phase_has_no_sizes():
    found = measure_shapes(VoxelGrid(np.zeros((3, 4, 5), np.uint8), ("pore",), 1e-6), ["all"])
    assert found["sizes"]["pore"] is None and found["tpb"] == {} and found["contacts"]["pore"] == {}
    assert found["clusters"]["pore"]["share_of_largest"] == 1


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 10])
@pytest.mark.parametrize("edges", [(1e-6, 1e-6, 1e-6), (1e-6, 2e-6, 3e-6)])
@pytest.mark.parametrize("channel", [False, True])
def test_the_stated_range_of_a_mean_size_holds_the_width_of_slits_and_channels(n, edges, channel):
    phase = np.zeros((24, 24, 24), np.uint8)
    phase[5 : 5 + n] = 1
    if channel:
        phase[:, :, :5] = phase[:, :, 5 + n :] = 0
    found = measure_shapes(VoxelGrid(phase, ("solid", "pore"), edges), ["sizes"])["sizes"]["pore"]
    low, high = found["mean_between_m"]
    assert low <= n * edges[0] <= high and low <= found["mean_m"] <= high
    assert high - low <= (READS_HIGH + READS_LOW) * max(edges) * (1 + 1e-9)


@pytest.mark.parametrize("radius", [2.3, 4, 7.6])
def test_the_stated_range_of_a_mean_size_holds_the_diameter_of_balls_and_tubes(radius):
    x = np.meshgrid(*[np.arange(-11.3, 11)] * 3, indexing="ij")
    for parts in (x, x[:2]):
        body = (sum(part**2 for part in parts) <= radius**2).astype(np.uint8)
        found = measure_shapes(VoxelGrid(body, ("solid", "pore"), 1e-6), ["sizes"])["sizes"]["pore"]
        low, high = found["mean_between_m"]
        assert low <= 2 * radius * 1e-6 <= high
