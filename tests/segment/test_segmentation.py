"""Levels, thresholds, watershed and cracks on images whose phases are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.segment import segmentation as seg


def phases(shape=(40, 40, 40), seed=0):
    """Labels 0, 1, 2 in blobs, each voxel of 2 apart from 0 only by an edge."""
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 4)
    other = ndimage.gaussian_filter(np.random.default_rng(seed + 1).standard_normal(shape), 4)
    return np.where(rough > np.quantile(rough, 0.5), 2, np.where(other > np.quantile(other, 0.7), 1, 0))


def image(labels, means=(20.0, 90.0, 200.0), blur=0.8, noise=3.0, seed=5):
    clean = ndimage.gaussian_filter(np.array(means)[labels], blur)
    return (clean + noise * np.random.default_rng(seed).standard_normal(labels.shape)).astype(np.float32)


def test_levels_are_those_of_the_phases_in_spite_of_edges():
    grey = image(phases())
    for method in ("otsu", "li"):
        found = seg.phase_levels(grey, 3, method=method)
        assert found.means == pytest.approx((20, 90, 200), abs=2)
        assert found.spreads == pytest.approx((3, 3, 3), rel=0.35)
        assert found.thresholds == pytest.approx((55, 145), abs=2)
    assert seg.phase_levels(grey, 3, given=(40, 150)).thresholds == (40, 150)


def test_thresholds_agree_with_scikit_image():
    from skimage.filters import threshold_li, threshold_otsu

    grey = image(phases(), (50.0, 50.0, 200.0), noise=10)
    assert seg.thresholds(grey, 2)[0] == pytest.approx(threshold_otsu(grey), abs=1.0)
    assert seg.thresholds(grey, 2, "li")[0] == pytest.approx(
        threshold_li(grey - grey.min()) + grey.min(), abs=1.0
    )


@settings(deadline=None, max_examples=15)
@given(gain=st.floats(0.01, 100), offset=st.floats(-1000, 1000))
def test_otsu_follows_gain_and_offset(gain, offset):
    grey = image(phases((24, 24, 24))).astype(float)
    plain, moved = seg.thresholds(grey, 3), seg.thresholds(gain * grey + offset, 3)
    width = 2 * np.ptp(grey) / seg.BINS  # values on the edge of a bin may change bins
    assert (np.array(moved) - offset) / gain == pytest.approx(plain, abs=width)


def test_probabilities_are_those_of_gaussian_noise():
    levels = seg.Levels((20.0, 90.0, 200.0), (5.0, 8.0, 10.0), (0.3, 0.1, 0.6), (55.0, 145.0))
    found = seg.threshold_probabilities(np.array([[[20.0, 55.0, 62.0, 90.0, 145.0, 250.0]]]), levels)[:, 0, 0]
    assert found.sum(0) == pytest.approx(1) and np.all(found >= 0)
    assert found[:2, 1] == pytest.approx([0.5, 0.5], abs=1e-6) and found[1, 4] == pytest.approx(0.5, abs=1e-6)
    assert found[0, 2] == pytest.approx(0.190787, abs=1e-5)  # Phi(-7 / 8)
    assert found[0, 0] > 0.999 and found[2, 5] > 0.999


def test_watershed_takes_the_film_between_void_and_active_material():
    labels = np.zeros((40, 40, 6), int)
    labels[20:] = 2
    labels[5:12, 8:30] = 1  # binder of its own, away from the edge
    grey = image(labels, blur=1.2, noise=1.0)
    simple = seg.label_by_thresholds(grey, (55.0, 145.0))
    assert np.count_nonzero(simple[17:23] == 1) > 150
    for axis in ("z", None):
        found = seg.watershed_labels(grey, simple, axis=axis)
        assert np.count_nonzero(found[15:25, 2:-2] == 1) == 0
        assert np.mean(found == labels) > 0.985


def test_edges_move_by_the_step_of_grey_and_not_further():
    labels = np.zeros((30, 4, 4), int)
    labels[10:20] = 2
    levels = seg.Levels((20.0, 90.0, 200.0), (3.0,) * 3, (0.4, 0.1, 0.5), (55.0, 145.0))
    grey = np.full(labels.shape, 20.0)
    grey[10:20] = 200
    grey[10] = 120  # just above half way: stays, goes when the edge is moved up
    grey[20] = 100  # just below half way: comes when the edge is moved down
    assert np.array_equal(seg.moved_edges(grey, labels, levels, 0.0), labels)
    high, low = seg.moved_edges(grey, labels, levels, 0.1), seg.moved_edges(grey, labels, levels, -0.1)
    assert np.flatnonzero(high[:, 0, 0]).tolist() == list(range(11, 20))
    assert np.flatnonzero(low[:, 0, 0]).tolist() == list(range(10, 21))
    flat = np.full(labels.shape, 100.0)  # grey alone never moves an edge by more than a voxel
    assert np.count_nonzero(seg.moved_edges(flat, labels, levels, -0.2)[:, 0, 0]) == 12


def ball(shape, centre, radius):
    x = np.meshgrid(*map(np.arange, shape), indexing="ij", sparse=True)
    return sum((part - c) ** 2 for part, c in zip(x, centre)) <= radius**2


def cracked():
    """Two touching particles, the one with a plane crack through it and a pore of 7 voxels."""
    shape = (60, 34, 34)
    labels = 2 * (ball(shape, (16, 17, 17), 14) | ball(shape, (43, 17, 17), 14))
    crack = np.zeros(shape, bool)
    crack[16:18] = labels[16:18] > 0
    pore = ball(shape, (43, 17, 17), 7)
    return labels, crack, pore


@pytest.mark.parametrize("hull", [True, False])
def test_cracks_are_found_and_necks_and_pores_are_none(hull):
    labels, crack, pore = cracked()
    truth = np.where(crack | pore, 0, labels)
    levels = seg.Levels((20.0, 90.0, 200.0), (3.0,) * 3, (0.4, 0.1, 0.5), (55.0, 145.0))
    grey = image(truth, blur=0.6)
    found = seg.find_cracks(grey, truth, levels, active=2, width=3, hull=hull)
    inside = crack & ndimage.binary_erosion(labels > 0, iterations=2)
    assert np.mean(found[inside]) == 1
    assert not found[ndimage.binary_erosion(pore, iterations=1)].any()
    neck = np.count_nonzero(found[26:34])
    assert neck < 10 if hull else neck > 100


def test_tophat_finds_a_crack_that_its_label_misses():
    labels = np.full((20, 20, 20), 2)
    grey = np.full(labels.shape, 200.0)
    grey[:, 10] = 60.0  # label of binder, as dark as a crack of less than a voxel
    labels[:, 10] = 1
    levels = seg.Levels((20.0, 90.0, 200.0), (3.0,) * 3, (0.4, 0.1, 0.5), (55.0, 145.0))
    assert seg.find_cracks(grey, labels, levels, active=2, hull=False)[:, 10].all()
    assert not seg.find_cracks(grey, labels, levels, active=2, hull=False, contrast=0.8).any()
    with pytest.raises(InputError, match="active material to look for cracks in"):
        seg.find_cracks(grey, np.zeros((20, 20, 20), int), levels, active=2)


@pytest.mark.parametrize(
    ("phases_", "options", "said"),
    [
        (1, {}, "at least two phases"),
        (3, {"given": (5.0,)}, "2 rising thresholds"),
        (3, {"given": (9.0, 5.0)}, "rising"),
        (3, {"given": (300.0, 400.0)}, "voxels in every phase"),
        (3, {"method": "best"}, "otsu or li"),
    ],
)
def test_bad_settings_are_one_sentence(phases_, options, said):
    grey = image(phases((20, 20, 20)))
    with pytest.raises(InputError, match=said):
        seg.phase_levels(grey, phases_, **options) if phases_ > 1 else seg.thresholds(grey, phases_)


@pytest.mark.parametrize("count", [5, 6, 8])
def test_many_phases_are_parted_in_seconds(count):
    true = np.arange(count) * 30.0 + 20
    labels = np.repeat(np.arange(count), 2000).reshape(count, 50, 40)
    grey = true[labels] + 2 * np.random.default_rng(0).standard_normal(labels.shape)
    assert np.mean(seg.label_by_thresholds(grey, seg.thresholds(grey, count)) == labels) > 0.99


@pytest.mark.parametrize("method", ["otsu", "li"])
@pytest.mark.parametrize("values", [(0.0, 1.0), (0.0, 90.0, 255.0), (3.0, 4.0, 5.0)])
def test_images_of_a_few_grey_values_are_parted_between_them(values, method):
    labels = np.random.default_rng(0).integers(0, len(values), (12, 12, 12))
    found = seg.phase_levels(np.array(values)[labels], len(values), method=method)
    assert found.means == pytest.approx(values, abs=0.002 * np.ptp(values))
    assert np.array_equal(seg.label_by_thresholds(np.array(values)[labels], found.thresholds), labels)


def test_more_phases_than_can_be_parted_want_thresholds():
    grey = np.random.default_rng(0).random((10, 10, 10))
    with pytest.raises(InputError, match="give thresholds"):
        seg.thresholds(grey, 9)
    assert len(seg.phase_levels(grey, 9, given=tuple(np.arange(1, 9) / 9)).means) == 9


def test_two_grey_values_are_not_three_phases():
    with pytest.raises(InputError, match="at least 3 different grey values"):
        seg.phase_levels(np.arange(64).reshape(4, 4, 4) % 2, 3)


def test_shares_of_labels():
    assert seg.label_shares(np.array([[[0, 1, 1, 3]]]), 4) == [0.25, 0.5, 0, 0.25]


def shells(thickness, size=40):
    """Solid (2) in a shell (1) of so many voxels, and pores (0)."""
    rough = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((size,) * 3), 4)
    solid = rough > np.quantile(rough, 0.72)
    return np.where(solid, 2, ndimage.distance_transform_edt(~solid) <= thickness)


@pytest.mark.parametrize("thickness", [1, 2])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2)])
def test_a_thin_phase_that_is_nowhere_flat_keeps_its_level(thickness, order):
    labels = np.array(order)[shells(thickness).astype(int)]
    grey = image(labels, (50.0, 125.0, 225.0), blur=0, noise=5.0)
    found = seg.phase_levels(grey, 3)
    assert found.means == pytest.approx((50, 125, 225), abs=2) and seg.parted(found)
    assert np.mean(seg.label_by_thresholds(grey, found.thresholds) == labels) > 0.999


def test_a_phase_of_few_voxels_is_found_between_the_peaks():
    labels = phases()
    labels[labels == 2] = 0
    labels[10:14, 10:14, 10:14] = 2  # 0.1 % of the volume: Otsu's thresholds part the noise of the others
    grey = image(labels, (50.0, 100.0, 200.0), blur=0, noise=4.0)
    assert seg.phase_levels(grey, 3).means == pytest.approx((50, 100, 200), abs=3)


def test_a_threshold_at_the_largest_grey_value_has_its_voxels_above():
    """As of an image with few values, 0 and 100 say: voxels at a threshold belong to the brighter phase."""
    labels = (phases() == 2).astype(int)
    grey = 100 * labels.astype(np.uint8)
    found = seg.phase_levels(grey, 2, given=(100.0,))
    assert found.means == pytest.approx((0, 100), abs=0.2)
    assert np.array_equal(seg.label_by_thresholds(grey, found.thresholds), labels)
    assert found.shares[1] == pytest.approx(labels.mean(), abs=0.1)
    with pytest.raises(InputError, match="got none in phase 2"):
        seg.phase_levels(grey, 2, given=(100.5,))
