"""Maps come back to where they were taken from: volumes and sections, rigid and similar, by mask and
information."""

from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError, NotConverged
from microsim.maps.map import SocMap
from microsim.maps.overlap import rotation
from microsim.maps.registration import angles_of, find_registration, resample_map

from ..nickel import sentence

H = 0.5e-6


def structure(shape, seed=0):
    noise = ndimage.gaussian_filter(
        np.random.default_rng(seed).standard_normal(shape), [0 if n == 1 else 4 for n in shape]
    )
    return SocMap((noise > 0).astype(float), (H,) * 3)


def taken(solid, counts, ratio, angles, shift, scale=1.0, seed=1):
    """A map of a structure: NaN where less than half of a voxel's 27 points are active; and the true
    placement."""
    flat = np.array(solid.values.shape) == 1
    size = np.where(flat, H, ratio * H)
    matrix = rotation(np.radians(angles))
    matrix[np.ix_(~flat, ~flat)] *= scale
    middle = np.array(counts) * size / 2
    shift = np.where(flat, 0, np.multiply(shift, ratio * H))

    def place(points):
        return (points - middle) @ matrix.T + middle + shift

    part = [np.array([0.5]) if f else (np.arange(3) + 0.5) / 3 for f in flat]
    lines = [((np.arange(n)[:, None] + p) * h).ravel() for n, p, h in zip(counts, part, size)]
    index = np.floor(place(np.stack(np.meshgrid(*lines, indexing="ij"), -1)) / H).astype(int)
    inside = (((index >= 0) & (index < solid.values.shape)) | flat).all(axis=-1)
    index = np.clip(index, 0, np.array(solid.values.shape) - 1)
    values = solid.values[tuple(np.moveaxis(index, -1, 0))] * inside
    share = values.reshape([k for n, f in zip(counts, flat) for k in (n, 1 if f else 3)]).mean(axis=(1, 3, 5))
    soc = 0.5 + 0.1 * np.random.default_rng(seed).standard_normal(share.shape)
    return SocMap(np.where(share >= 0.5, soc, np.nan), tuple(size)), place


def worst(found, image, place):
    corners = np.array(list(product(*[(0.0, n * h) for n, h in zip(image.values.shape, image.voxel_size)])))
    return np.linalg.norm(found.place(corners) - place(corners), axis=1).max() / image.voxel_size[0]


@pytest.mark.parametrize("metric", ["mask", "mutual-information"])
def test_half_a_volume_at_three_times_the_voxel_comes_back(metric):
    solid = structure((66, 60, 54))
    image, place = taken(solid, (11, 20, 18), 3, (6.0, -9.5, 7.0), (4.5, 0.8, -0.6))
    found = find_registration(image, solid, metric=metric)
    assert worst(found, image, place) < 0.5
    assert found.angles_deg == pytest.approx((6.0, -9.5, 7.0), abs=1.5) and found.scale == pytest.approx(
        1, abs=1e-9
    )
    assert found.dice > 0.85 and found.correlation > 0.75 and 0.8 < found.inside <= 1
    assert max(found.misfit_m) < 0.5 * 3 * H


@pytest.mark.parametrize(("kind", "scale"), [("rigid", 1.0), ("similarity", 1.04)])
def test_half_a_section_comes_back(kind, scale):
    solid = structure((150, 140, 1), 3)
    image, place = taken(solid, (25, 46, 1), 3, (0, 0, 8.0), (11.0, 0.7, 0.0), scale)
    found = find_registration(image, solid, kind=kind)
    assert worst(found, image, place) < 0.5
    assert found.scale == pytest.approx(scale, abs=0.01) and found.angles_deg[2] == pytest.approx(8, abs=1)
    if kind == "similarity":
        # a rigid placement cannot hold the scale
        assert worst(find_registration(image, solid), image, place) > 0.5


def test_a_map_in_its_place_stays_there():
    solid = structure((48, 45, 42), 5)
    image, _ = taken(solid, (16, 15, 14), 3, (0, 0, 0), (0, 0, 0))
    found = find_registration(image, solid, largest_angle_deg=4.0)
    assert np.abs(found.shift).max() < 0.1 * 3 * H and found.inside == pytest.approx(1, abs=0.01)
    back = resample_map(image, found, solid.values.shape, solid.voxel_size)
    assert back.shape == solid.values.shape
    agree = np.isfinite(back) == (solid.values > 0)
    assert agree.mean() > 0.9


def test_a_placed_map_is_resampled_where_it_lies():
    values = np.random.default_rng(0).random((6, 5, 4))
    image = SocMap(values, (3 * H,) * 3)
    from microsim.maps.registration import Registration

    shift = np.array([3 * H, 6 * H, 0.0])
    here = Registration(np.eye(3), shift, np.zeros(3), (0, 0, 0), 1.0, None, 1.0, 1.0, 1.0, "mask", 0.0)
    back = resample_map(image, here, (24, 24, 12), (H,) * 3)
    assert (
        np.array_equal(back[3:21:3, 6:21:3, ::3], values)
        and np.isnan(back[:3]).all()
        and np.isnan(back[:, :6]).all()
    )


def test_angles_are_the_inverse_of_the_rotation():
    angles = np.radians([7.0, -4.0, 9.0])
    assert angles_of(rotation(angles)) == pytest.approx(angles)
    assert rotation((0, 0, np.pi / 2)) @ [1, 0, 0] == pytest.approx([0, 1, 0], abs=1e-12)


def test_what_cannot_be_placed_is_one_sentence():
    solid = structure((20, 20, 20))
    image = SocMap(np.full((5, 5, 5), 0.5), (3 * H,) * 3)
    section = SocMap(np.ones((5, 5, 1)), (3 * H,) * 3)
    for call, words in (
        (lambda: find_registration(image, solid), "full or empty"),
        (lambda: find_registration(section, solid), "section"),
        (lambda: find_registration(image, solid, metric="guess"), "mutual-information"),
    ):
        with pytest.raises(InputError) as caught:
            call()
        assert words in sentence(caught)


SECTION = structure((150, 140, 1), 3)
TAKEN = taken(SECTION, (25, 46, 1), 3, (0, 0, 8.0), (11.0, 0.7, 0.0))[0]


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_a_mirrored_map_is_refused_with_the_axes(axes):
    mirrored = SocMap(np.flip(TAKEN.values, axes), TAKEN.voxel_size)
    with pytest.raises(NotConverged, match="check") as caught:
        find_registration(mirrored, SECTION)
    assert " and ".join("xy"[axis] for axis in axes) in str(caught.value) and caught.value.exit_code == 3


@pytest.mark.parametrize("seed", range(4, 10))
def test_a_map_of_another_sample_is_refused_with_the_figures(seed):
    other = taken(structure((150, 140, 1), seed), (25, 46, 1), 3, (0, 0, 8.0), (11.0, 0.7, 0.0))[0]
    with pytest.raises(NotConverged, match="better than chance, got a correlation of 0"):
        find_registration(other, SECTION)


def test_a_map_of_another_sample_is_refused_in_a_volume():
    solid = structure((48, 45, 42), 5)
    image = taken(structure((48, 45, 42), 8), (16, 15, 14), 3, (0, 0, 0), (0, 0, 0))[0]
    with pytest.raises(NotConverged, match="better than chance"):
        find_registration(image, solid, largest_angle_deg=4.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"largest_angle_deg": 5.0}, r"a turn by 8\.\d degrees about z, give a larger --largest-angle"),
        ({"least_inside": 1.0}, "of the map inside, give a smaller --least-inside"),
    ],
)
def test_options_bind_the_result(options, words):
    image = taken(SECTION, (25, 46, 1), 3, (0, 0, 8.0), (24.0, 0.7, 0.0))[0]
    find_registration(image, SECTION)
    with pytest.raises(NotConverged, match=words):
        find_registration(image, SECTION, **options)


def test_a_map_ten_times_too_large_is_told_its_voxel_size():
    """Nowhere do enough of the two lie on one another: no figure of a correlation is told."""
    solid = structure((16, 14, 14))
    wide = SocMap(np.where(solid.values > 0, 0.5, np.nan), (10 * H,) * 3)
    with pytest.raises(NotConverged, match="check the two voxel sizes") as caught:
        find_registration(wide, solid)
    assert "correlation" not in str(caught.value)


def test_what_chance_gives_stands_beside_the_result():
    found = find_registration(TAKEN, SECTION)
    assert found.as_dict()["chance"] == found.chance and found.chance["map"] > 0.8
    assert max(found.chance["shuffled"], found.chance["mirrored"]) < 0.6


def test_a_structure_that_is_its_own_mirror_image_is_no_chance():
    middle = np.stack(np.mgrid[:40, :40, :40], -1) - (20.0, 18.0, 21.0)
    ball = SocMap((np.linalg.norm(middle, axis=-1) < 11).astype(float), (H,) * 3)
    image, _ = taken(ball, (12, 12, 12), 3, (0, 0, 0), (0.5, 0.3, 0.2))
    assert find_registration(image, ball, largest_angle_deg=6.0).dice > 0.95


def test_a_map_of_few_large_particles_that_fits_is_not_taken_for_chance():
    """Its blocks and mirror images fit at 0.5 to 0.8, it itself at 1.00: farther apart than that looks."""
    rough = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal((64, 48, 48)), 6)
    solid = (rough > np.median(rough)).astype(float)
    part = solid[8:48, 6:40, 6:40]
    values = np.where(ndimage.gaussian_filter(part, 1) > 0.5, 0.5, np.nan)
    found = find_registration(SocMap(values, (4e-7,) * 3), SocMap(solid, (4e-7,) * 3))
    assert found.dice > 0.98 and found.chance["mirrored"] > 0.6
