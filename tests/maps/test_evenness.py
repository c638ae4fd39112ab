"""Spread of a map between and within pieces, with the noise's share taken off: against maps that are made."""

import numpy as np
import pytest

from microsim.maps.evenness import (
    depth_regions,
    groups_of,
    pieces_of,
    profile,
    relation,
    size_classes,
    spread_with_intervals,
    within_owners,
)

RNG = np.random.default_rng(3)
LABELS = np.repeat(np.arange(1, 41), 250).reshape(40, 25, 10)
TRUE = 0.5 + 0.04 * RNG.standard_normal(40)
CLEAN = TRUE[LABELS - 1] + 0.02 * RNG.standard_normal(LABELS.shape)


def made(noise, repeats=1):
    drawn = RNG.standard_normal((40, 25, 10 // repeats)).repeat(repeats, axis=2)
    return CLEAN + noise * drawn, np.full(LABELS.shape, noise)


def test_without_noise_it_is_the_variance_that_falls_into_two_parts():
    found = pieces_of(CLEAN, None, LABELS, 40).spread()
    assert found["std_between"] ** 2 + found["std_within"] ** 2 == pytest.approx(CLEAN.var(), rel=1e-12)
    assert found["std_between"] == pytest.approx(CLEAN.mean(axis=(1, 2)).std(), rel=1e-9)
    assert found["std_between"] == found["std_between_raw"]


@pytest.mark.parametrize("repeats", [1, 5])
def test_the_share_of_the_noise_is_taken_off(repeats):
    """Noise beyond twice the spread within; one measured value may fill five voxels."""
    values, sigma = made(0.05, repeats)
    found = spread_with_intervals(pieces_of(values, sigma, LABELS, 40, repeats))
    true = pieces_of(CLEAN, None, LABELS, 40).spread()
    for name in ("std_between", "std_within"):
        low, high = found["intervals"][name]
        assert low < true[name] < high, name
    assert found["std_within_raw"] > 2.4 * true["std_within"]
    assert found["std_within"] == pytest.approx(true["std_within"], rel=0.3)
    assert found["std_between"] == pytest.approx(true["std_between"], rel=0.15)


def test_the_sigma_of_a_mean_is_what_the_means_scatter_by():
    off = []
    for _ in range(30):
        values, sigma = made(0.1)
        pieces = pieces_of(values, sigma, LABELS, 40)
        off.append(pieces.mean - pieces_of(CLEAN, None, LABELS, 40).mean)
    assert np.std(off) == pytest.approx(0.1 / np.sqrt(250), rel=0.06)
    assert pieces.sigma == pytest.approx(0.1 / np.sqrt(250))
    few = pieces_of(values, sigma, LABELS, 40, repeats=25.0)
    assert few.sigma == pytest.approx(0.1 / np.sqrt(10))


def test_an_even_map_under_noise_is_even():
    values, sigma = np.full(LABELS.shape, 0.5) + 0.05 * RNG.standard_normal(LABELS.shape), 0.05
    found = spread_with_intervals(pieces_of(values, np.full(LABELS.shape, sigma), LABELS, 40))
    assert found["std_within"] < 0.01 and found["std_between"] < 0.0031
    assert found["std_within_raw"] > 0.049


def test_nothing_lies_between_one_piece():
    found = spread_with_intervals(pieces_of(CLEAN, None, LABELS * (LABELS == 1), 1))
    assert np.isnan([found["std_between"], found["std_between_raw"]]).all()
    assert found["std_within"] == pytest.approx(CLEAN[LABELS == 1].std())


def test_pieces_without_a_value_say_nothing():
    values = np.where(LABELS == 2, np.nan, CLEAN)
    pieces = pieces_of(values, None, LABELS, 41)
    assert np.isnan(pieces.mean[[1, 40]]).all() and pieces.seen.sum() == 39
    assert spread_with_intervals(pieces)["count"] == 39
    assert spread_with_intervals(pieces_of(CLEAN, None, LABELS * (LABELS < 4), 3))["intervals"] is None


def test_grains_of_a_particle():
    """Two grains of 0.4 and 0.6 in each second particle, one in the others."""
    grains, owner = LABELS, np.arange(40) // 2
    owner[:2] = 0, 1  # a particle of one grain, and one that shares with the next
    owner[2:4] = 1
    values = np.where(LABELS % 2, 0.4, 0.6)
    between, within = within_owners(pieces_of(values, None, grains, 40), owner, 20)
    assert np.isnan(between[0]) and between[1] == pytest.approx(np.std([0.6, 0.4, 0.6]))
    assert between[2:] == pytest.approx(0.1) and within[1:] == pytest.approx(0, abs=1e-9)
    noisy = values + 0.2 * RNG.standard_normal(values.shape)
    pieces = pieces_of(noisy, np.full(values.shape, 0.2), grains, 40)
    between, within = within_owners(pieces, owner, 20)
    assert between[2:].mean() == pytest.approx(0.1, rel=0.05) and within[2:].mean() < 0.05


def test_classes_and_regions():
    of, names = size_classes(np.arange(1.0, 10.0), 3)
    assert of.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2] and names[0]["from_m"] == 1 and names[-1]["to_m"] == 9
    of, names = depth_regions(np.array([0.1, 4.9, 5.1, 10.0]), 10.0, 2)
    assert of.tolist() == [0, 0, 1, 1] and names[1] == {"from_m": 5.0, "to_m": 10.0}
    pieces = pieces_of(CLEAN, None, LABELS, 40)
    rows = groups_of(
        pieces, np.arange(40) // 20, [{"name": "a"}, {"name": "b"}, {"name": "c"}], x=np.arange(40)
    )
    assert [row["count"] for row in rows] == [20, 20, 0] and rows[1]["x"] == pytest.approx(29.5)
    assert rows[0]["mean"] == pytest.approx(CLEAN[:20].mean()) and "mean" not in rows[2]


def test_a_profile_is_that_of_the_bins():
    place = np.broadcast_to(np.arange(40)[:, None, None] + 0.5, LABELS.shape)
    values = np.where(place < 20, 0.3, 0.7)
    found = profile(values, None, place, 10.0, 4)
    assert found["mean"] == pytest.approx([0.3, 0.3, 0.7, 0.7]) and found["share"] == pytest.approx(
        [0.25] * 4
    )
    assert found["place_m"] == [5.0, 15.0, 25.0, 35.0]


def test_a_relation_is_of_ranks_with_an_interval():
    x = np.arange(30.0)
    found = relation(x, np.exp(x))
    assert found["spearman"] == pytest.approx(1) and found["interval"] == pytest.approx([1, 1])
    none = relation(x, RNG.standard_normal(30))
    assert none["interval"][0] < 0 < none["interval"][1]
    assert relation(x[:4], x[:4]) is None and relation(x, np.ones(30)) is None
