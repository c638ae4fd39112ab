"""Stacks that are not what a method takes them for: bad images, windows not covered, normalised or not."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.edge import edge_energy
from microsim.maps.method import Method
from microsim.maps.soundness import (
    check_covered,
    check_images,
    check_normalised,
    check_three,
    mean_spectrum,
    window_spread,
)
from microsim.maps.spectra import Windows, normalisation, windows_for

from ..nickel import ENERGIES, sentence, spectrum

MEAN = 1.3 * spectrum(ENERGIES, 0.5) + 0.2
WINDOWS = Windows((8250.0, 8330.0), (8380.0, 8500.0), (8335.0, 8370.0), 8348.0, 1)


@pytest.mark.parametrize(
    ("images", "by"),
    [([4], 3.0), ([4], -0.4), ([0], 1.5), ([59], 5.0), ([8], 1.0), ([15], -1.0), ([52], 0.8), ([4, 5], 2.0)],
)
def test_images_off_their_neighbours_are_named(images, by):
    check_images(ENERGIES, MEAN)
    bad = MEAN.copy()
    bad[images] += by
    with pytest.raises(InputError) as caught:
        check_images(ENERGIES, bad)
    assert all(f"{ENERGIES[k]:.6g} eV" in sentence(caught) for k in images)
    assert sentence(caught).count("eV (") == len(images)


def test_sharp_lines_and_noise_are_no_bad_images():
    rng, fine = np.random.default_rng(0), np.arange(8300.0, 8420.0, 0.5)
    line = 1 / (1 + np.exp(-(fine - 8340) / 0.5)) + 4 * np.exp(
        -(((fine - 8341) / 0.8) ** 2)
    )  # as at an L edge
    check_images(fine, line)
    for step in (2, 5, 9):  # and as few energies as a nano-tomogram has
        check_images(ENERGIES[::step], MEAN[::step])
    for _ in range(20):
        check_images(ENERGIES, MEAN + 0.02 * rng.standard_normal(ENERGIES.size))


def test_the_mean_leaves_out_voxels_that_are_not_finite_or_far_too_high():
    mu = np.tile(MEAN[:, None], 40)
    mu[3, 0], mu[20, 1] = np.nan, 1e6
    assert mean_spectrum(mu) == pytest.approx(MEAN)
    mu[7] = np.inf
    with pytest.raises(InputError) as caught:
        mean_spectrum(mu)
    assert "1 images hold no finite value" in sentence(caught)


@pytest.mark.parametrize(("first", "last"), [(8250.0, 8440.0), (8310.0, 8500.0), (8322.0, 8392.0)])
def test_windows_that_a_stack_covers_in_part_are_named(first, last):
    check_covered(np.array([8253.0, 8340.0, 8495.0]), WINDOWS)
    with pytest.raises(InputError) as caught:
        check_covered(np.array([first, 8340.0, last]), WINDOWS)
    assert "pre-edge 8250 to 8330 eV, post-edge 8380 to 8500 eV" in sentence(caught)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (8400.0, 8498.0),
        (8382.0, 8499.5),
        (8252.0, 8328.0),
        (8400.0, 8480.0),
        (8200.0, 8310.0),
        (8379.0, 8450.0),
    ],
)
def test_a_hole_in_a_window_is_named(low, high):
    energies = np.arange(8200.0, 8550.5, 1.0)
    left = energies[(energies <= low) | (energies >= high)]
    with pytest.raises(InputError) as caught:
        check_covered(left, WINDOWS)
    said = sentence(caught)
    assert f"got none from {low:g} to {energies[energies >= high][0]:g} eV" in said


def test_few_and_uneven_energies_are_no_hole():
    check_covered(np.array([8250.0, 8300.0, 8330.0, 8340.0, 8380.0, 8440.0, 8500.0]), WINDOWS)
    wide = np.concatenate([np.arange(8250, 8380, 0.5), np.arange(8380, 8400, 0.5), np.arange(8400, 8501, 5)])
    check_covered(wide, WINDOWS)
    far = np.r_[8250:8330:10, 8330:8400:1, 8400, 8430, 8500]  # some far points behind a dense edge
    check_covered(far.astype(float), WINDOWS)


def test_three_energies_elsewhere_are_refused():
    check_three(ENERGIES, (8326.0, 8348.05, 8456.0))
    for three in ((8309.0, 8348.0, 8456.4), (8325.0, 8348.3, 8456.4), (8325.0, 8348.0, 8520.0)):
        with pytest.raises(InputError) as caught:
            check_three(ENERGIES, three)
        assert "--three" in sentence(caught)


def test_spectra_that_are_not_normalised_are_told_from_those_that_are():
    rng = np.random.default_rng(1)
    s, noise = rng.random(300), 0.03 * rng.standard_normal((60, 300))
    mu = spectrum(ENERGIES, s)
    plain = (mu - 0.5 + np.arctan(97 / 1.5) / np.pi) + noise  # 0 before the edge
    check_normalised(plain, ENERGIES, WINDOWS)
    plain[:, :200] = 20 * rng.standard_normal((60, 200))  # most voxels hold no sample
    check_normalised(plain, ENERGIES, WINDOWS)
    thick = plain[:, 200:] * rng.uniform(0.3, 1.7, 100)
    for raw in (1.3 * mu + 0.2, plain[:, 200:] + 0.4, 0.5 * plain[:, 200:], thick):
        with pytest.raises(InputError) as caught:
            check_normalised(raw, ENERGIES, WINDOWS)
        assert "--normalised" in sentence(caught)


def test_the_spread_of_an_edge_energy_covers_other_ends_of_the_scan():
    energies = np.arange(8250.0, 9000.0, 1.0)
    wave = 0.1 * np.sin(np.sqrt(np.clip(energies - 8360, 0, None)) * 1.5) * (energies > 8360)
    mean = spectrum(energies, 0.5) + wave + 4e-7 * (energies - 8900) ** 2

    def edge(end):
        k = energies <= end
        windows = windows_for(energies[k], mean[k])
        method = Method(windows=windows)
        norm = normalisation(energies[k], windows)
        return float(edge_energy(mean[k], norm).values), window_spread(mean[k], energies[k], method)

    found, spreads = np.transpose([edge(end) for end in (8420, 8500, 8600, 8700, 8999)])
    assert np.ptp(found) > 0.1
    assert (np.abs(found - found.mean()) < 3 * spreads).all() and spreads.max() < np.ptp(found)
    settled = Method(windows=windows_for(energies, mean), normalised=True)
    assert window_spread(mean, energies, settled) == 0
