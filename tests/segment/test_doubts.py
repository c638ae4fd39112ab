"""What speaks against labels is said, and nothing where nothing does."""

import numpy as np
import pytest
from scipy import ndimage

import microsim as ms

PHASES = ["pore", "am"]


def blobs(seed=0, size=40):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((size,) * 3), 4)
    return (rough > np.quantile(rough, 0.5)).astype(int)


def image(labels, means=(100.0, 200.0), noise=10.0):
    noisy = np.array(means)[labels] + noise * np.random.default_rng(1).standard_normal(labels.shape)
    return noisy.astype(np.float32)


SOLID = blobs()
ALONG = np.linspace(-1, 1, 40)


def test_an_even_image_raises_none():
    found = ms.segment_volume(image(SOLID), PHASES)
    assert found.doubts == found.numbers()["doubts"] == [] and "doubt" not in repr(found)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1 + 0.25 * ALONG[:, None, None], "along x"),
        (1 + 0.25 * ALONG[None, :, None], "--normalise y"),
        (1 - 0.25 * (ALONG[:, None] ** 2 + ALONG**2)[:, :, None], "changes"),
        (1 + 0.2 * np.random.default_rng(3).standard_normal(40)[:, None, None], "along x"),
    ],
)
def test_shading_whose_truth_lies_beyond_the_bounds_is_said(factor, words):
    found = ms.segment_volume((image(SOLID) * factor).astype(np.float32), PHASES)
    assert any("the bounds of the fractions do not hold" in said and words in said for said in found.doubts)
    assert "doubt: the brightness" in repr(found)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("width", [0.0, 1.5])
def test_curtains_whose_truth_lies_beyond_the_bounds_are_said(axis, width):
    rough = ndimage.gaussian_filter(np.random.default_rng(4).standard_normal((40, 40)), (width, 0))
    lines = 1 + 0.2 * np.expand_dims(rough / rough.std(), axis)
    found = ms.segment_volume((image(SOLID) * lines).astype(np.float32), PHASES)
    assert any(f"--curtains-along {'xyz'[axis]}" in said for said in found.doubts)
    assert found.numbers()["bounds"]["hold"] is False


def test_noise_that_leaves_single_voxels_is_said():
    found = ms.segment_volume(image(SOLID, noise=25.0), PHASES)
    assert any("of all voxels stand alone" in said and "--denoise nlm" in said for said in found.doubts)
    assert found.numbers()["bounds"]["hold"] is True
    assert ms.segment_volume(image(SOLID, noise=25.0), PHASES, steps={"denoise": "nlm"}).doubts == []


def test_bounds_hold_where_nothing_is_said():
    for share in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8):
        grey = (image(SOLID) * (1 + share * ALONG[:, None, None])).astype(np.float32)
        found = ms.segment_volume(grey, PHASES)
        pores = [found.fractions[bound]["pore"] for bound in ("low", "middle", "high")]
        assert found.doubts or min(pores) - 1e-3 <= 0.5 <= max(pores) + 1e-3


def test_levels_of_noise_and_stray_voxels_are_said():
    one_phase = ms.segment_volume(image(0 * SOLID), PHASES)
    assert "may be one phase, or noise: the bounds of the fractions do not hold" in " ".join(one_phase.doubts)
    hot = image(SOLID)
    hot[np.random.default_rng(5).random(hot.shape) < 0.03] = 60000
    assert "most voxels of am stand alone" in " ".join(ms.segment_volume(hot, PHASES).doubts)
    small = 0 * SOLID
    small[10:14, 10:14, 10:13] = 1
    assert "am has 0.075 % of the voxels" in " ".join(ms.segment_volume(image(small), PHASES).doubts)


@pytest.mark.parametrize(
    ("names", "told"), [(["am", "pore"], True), (["Solid", "Voids"], True), (["a", "b"], False)]
)
def test_pores_that_are_not_the_darkest_are_said(names, told):
    said = [one for one in ms.segment_volume(image(SOLID), names).doubts if "is darker than" in one]
    assert len(said) == told and (
        not told or said[0].startswith(f"{names[0]} is darker than {names[1]}, for")
    )
