"""From frames to absorption: the noise of counting, bad pixels by reason, bad input in one sentence."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.frames import absorption, dark_remark, optical_density
from microsim.maps.spectra import CODE
from microsim.maps.stacks import read_stack

from ..nickel import sentence


def test_absorption_and_its_noise_are_those_of_counting():
    rng = np.random.default_rng(2)
    flat, dark, mu = 4000.0, 100.0, 1.2
    sample = rng.poisson(flat * np.exp(-mu), (3, 200, 100)) + dark
    reference = rng.poisson(flat, (4, 3, 200, 100)) + dark
    found = optical_density(sample, reference, dark)
    assert found.values.mean() == pytest.approx(mu, abs=2e-3) and not found.reason.any()
    assert found.values.std() == pytest.approx(np.sqrt(np.mean(found.sigma**2)), rel=0.02)
    gained = optical_density(2 * sample, 2 * reference, 2 * dark, photons_per_unit=0.5)
    assert gained.sigma == pytest.approx(found.sigma, rel=1e-12) and gained.values == pytest.approx(
        found.values
    )


def test_read_noise_comes_from_the_scatter_of_the_dark_frames():
    rng = np.random.default_rng(3)
    sample = rng.normal(50, 8, (2, 100, 50)) + 400
    reference, dark = np.full((2, 100, 50), 1e6), rng.normal(200, 8, (30, 100, 50))
    found = optical_density(sample, reference, dark, photons_per_unit=1e9)
    assert found.values.std() == pytest.approx(np.sqrt(np.nanmean(found.sigma**2)), rel=0.03)


def test_a_forgotten_dark_frame_is_told_with_what_an_offset_does():
    """Frames with an offset of 1 % of the light, taken as they are: mu of 2 comes out 0.052 too low."""
    flat, mu = np.full((3, 4, 5), 10_000.0), 2.0
    taken = optical_density(flat * np.exp(-mu) + 100, flat + 100).values
    (said,) = dark_remark(flat, None, np.full((3, 4, 5), mu))
    low = float(said.split("too low by ")[1].split(",")[0])
    assert low == pytest.approx(mu - taken.mean(), rel=0.02) and "absorption of 2 " in said
    assert dark_remark(flat, np.full((4, 5), 100), taken) == () == dark_remark(None, None, taken)


def test_bad_pixels_are_masked_with_their_reason():
    sample = np.full((3, 2, 3), 500, np.uint16)
    reference = np.full((3, 2, 3), 1000, np.uint16)
    sample[1, 0, 0], sample[2, 0, 1], reference[0, 0, 2] = 65535, 90, 100
    found = optical_density(sample, reference, 100)
    names = ["saturated", "dead", "dead", "used", "used", "used"]
    assert found.reason.ravel().tolist() == [CODE[name] for name in names]
    assert np.isnan(found.values[:, 0]).all() and np.isfinite(found.values[:, 1]).all()
    dim = sample.copy()
    dim[1, 1, 0] = 100.4 + 0.6  # a count above the dark frames: no absorption of 7
    assert optical_density(dim.astype(float), reference.astype(float), 100).values[1, 1, 0] > 6
    assert optical_density(dim.astype(float), 100 * reference.astype(float), 100).reason[1, 0] == CODE["dead"]
    noisy = 100 + 3 * np.random.default_rng(0).standard_normal((5, 2, 3))
    assert optical_density(dim.astype(float), reference.astype(float), noisy).reason[1].tolist() == [
        CODE["dead"],
        0,
        0,
    ]
    broken = sample.astype(float)
    broken[0, 1, 1] = np.nan
    assert optical_density(broken, reference, 100).reason[1, 1] == CODE["not finite"]
    assert optical_density(sample, reference, 100, saturation=450).reason[1, 0] == CODE["saturated"]


@pytest.mark.parametrize(
    ("reference", "dark", "words"),
    [
        (np.full((3, 4, 4), 10.0), 20.0, "light in the reference"),
        (np.full((3, 5, 4), 10.0), 0.0, "reference of the shape"),
        (np.full((3, 4, 4), 10.0), np.zeros((5, 4)), "dark frames of the shape"),
    ],
)
def test_frames_that_do_not_fit_are_one_sentence(reference, dark, words):
    with pytest.raises(InputError) as caught:
        optical_density(np.full((3, 4, 4), 5.0), reference, dark)
    assert words in sentence(caught)
    with pytest.raises(InputError):
        optical_density(np.full((3, 4, 4), 5.0), np.full((3, 4, 4), 9.0), photons_per_unit=0)


SAMPLE = np.random.default_rng(5).uniform(200, 900, (3, 4, 5))
FLAT = np.full((3, 4, 5), 1000.0)


def test_flat_and_dark_frames_are_taken_as_they_come():
    images = read_stack(SAMPLE)
    of_all, sigma, reason = absorption(images, FLAT, 0 * FLAT)
    assert of_all == pytest.approx(np.log(1000 / SAMPLE)[..., None]) and not reason.any()
    assert sigma == pytest.approx(np.sqrt(1 / SAMPLE + 1e-3)[..., None])
    assert absorption(images, FLAT[:1], 0 * FLAT[:1])[0] == pytest.approx(of_all)
    repeats = absorption(images, np.stack([FLAT[0] - 50, FLAT[0] + 50]))  # two repeats of one frame
    assert repeats[0] == pytest.approx(of_all) and (repeats[1] < sigma).all()
    assert absorption(images, FLAT, noise=0.1)[1] == 0.1


def test_a_stack_of_absorption_stays_as_it_is():
    values, noise, reason = absorption(read_stack(SAMPLE), noise=0.02)
    assert values[..., 0] is not None and np.array_equal(values[..., 0], SAMPLE)
    assert noise == 0.02 and reason is None
    for alone in ({"dark": FLAT}, {"saturation": 900.0}, {"photons_per_unit": 2.0}):
        with pytest.raises(InputError, match="add --flat"):
            absorption(read_stack(SAMPLE), **alone)
    with pytest.raises(InputError, match="in an array; use the same camera region"):
        absorption(read_stack(SAMPLE), FLAT[:, :2])
