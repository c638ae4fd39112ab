"""Draws of a segmentation: how often a voxel turns, how far neighbours turn together, and what they hold."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import ndtr

import microsim as ms
from microsim.segment import draws
from microsim.segment.segmentation import Levels
from microsim.segment.steps import SegmentState

MEANS, NOISE = (100.0, 200.0), 10.0


def half_and_half(grey_of_edge, noise=NOISE, size=24):
    """Dark below, bright above; the first bright layer has the grey value of an edge."""
    labels = np.zeros((size,) * 3, np.uint8)
    labels[size // 2 :] = 1
    grey = np.array(MEANS, np.float32)[labels]
    grey[size // 2] = grey_of_edge
    levels = Levels(MEANS, (noise, noise), (0.5, 0.5), (150.0,))
    return SegmentState(grey, None, ("pore", "am"), levels=levels, labels=labels)


@pytest.mark.parametrize(("grey", "shift"), [(155.0, 0.0), (155.0, 0.2), (170.0, 0.4), (165.0, 0.1)])
def test_a_voxel_turns_as_often_as_noise_and_threshold_say(grey, shift, monkeypatch):
    monkeypatch.setattr(draws, "edge_residual", lambda state: 0.0)
    state = half_and_half(grey)
    turned = [np.mean(labels[12] == 0) for labels in draws.drawn_labels(state, shift, 400)]
    wide = np.hypot(0.1, shift / 2)  # of the step of 100
    assert np.mean(turned) == pytest.approx(1 - ndtr((grey - 150) / 100 / wide), abs=0.01)


def test_nothing_but_edges_turns():
    state = half_and_half(155.0)
    for labels in draws.drawn_labels(state, 0.2, 4):
        turned = np.argwhere((labels != state.labels).any(axis=(1, 2))).ravel()
        assert set(turned) <= {11, 12}
    again = [list(draws.drawn_labels(state, 0.2, 4, seed)) for seed in (5, 5, 6)]
    assert np.array_equal(again[0], again[1]) and not np.array_equal(again[0], again[2])


@pytest.mark.parametrize("length", [0.5, 1.0, 2.0])
def test_fields_have_the_length_of_the_residuals_that_they_are_drawn_for(length):
    state = half_and_half(200.0, size=64)
    field = draws.gaussian_field(np.random.default_rng(0), state.labels.shape, length)
    assert field.std() == pytest.approx(1, abs=0.05)
    for d in (1, 2) if length >= 1 else ():
        assert np.mean(field[d:] * field[:-d]) == pytest.approx(np.exp(-(d**2) / (4 * length**2)), abs=0.07)
    noisy = SegmentState(
        state.grey + NOISE * field, None, state.phases, levels=state.levels, labels=state.labels
    )
    assert draws.residual_length(noisy) == pytest.approx(length, rel=0.12)


def test_white_noise_has_no_length():
    state = half_and_half(200.0, size=64)
    noise = np.random.default_rng(1).standard_normal(state.labels.shape)
    white = SegmentState(state.grey + noise, None, state.phases, levels=state.levels, labels=state.labels)
    assert draws.residual_length(white) < 0.3 and draws.residual_length(state) == 0


def test_voxels_that_turn_lie_together_where_noise_is_long(monkeypatch):
    """Of 64 voxels of one layer: neighbours turn together as two normal numbers of that correlation do."""
    together = {}
    for length in (0.0, 2.0):
        monkeypatch.setattr(draws, "residual_length", lambda state, length=length: length)
        monkeypatch.setattr(draws, "edge_residual", lambda state: 0.0)
        layers = [labels[12] == 0 for labels in draws.drawn_labels(half_and_half(150.0), 0.0, 40)]
        pairs = np.concatenate([np.stack([one[1:], one[:-1]], -1).reshape(-1, 2) for one in layers])
        together[length] = np.mean(pairs[:, 0] == pairs[:, 1])
    alike = 0.5 + np.arcsin(np.exp(-1 / 16)) / np.pi  # Sheppard
    assert together[0.0] == pytest.approx(0.5, abs=0.02) and together[2.0] == pytest.approx(alike, abs=0.02)


def blobs(seed, size=32):
    rough = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((size,) * 3), 3, mode="wrap")
    return (rough > np.quantile(rough, 0.5)).astype(np.uint8)


def test_intervals_hold_the_truth_of_a_blurred_noisy_image():
    """Fraction and tortuosity of 20 electrodes, blur 0.8 voxels, noise a quarter of the step, denoised."""
    held = []
    for seed in range(20):
        true = blobs(seed)
        noise = 45 * np.random.default_rng(100 + seed).standard_normal(true.shape)
        grey = ndimage.gaussian_filter(np.array([20.0, 200.0])[true], 0.8) + noise
        found = ms.segment_volume(grey.astype(np.float32), ["pore", "am"], steps={"denoise": "nlm"}, draws=8)
        tau = ms.tortuosity(found.grid, "pore").numbers()["intervals"]["axes"]["x"]
        truth = ms.tortuosity(ms.VoxelGrid(true, ("pore", "am"), None), "pore")
        held.append([tau["tau"][0] < truth.tau < tau["tau"][1], tau["eps"][0] < 0.5 < tau["eps"][1]])
    assert (np.sum(held, axis=0) >= 18).all()
