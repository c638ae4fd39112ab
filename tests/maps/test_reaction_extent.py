"""Extents and losses against closed forms, and their uncertainty against repetition with drawn noise."""

import numpy as np
import pytest

from microsim.maps.reaction_extent import class_names, loss_classes, reaction_series

C = 275.5  # mAh g-1
RNG = np.random.default_rng(3)


def test_without_noise_an_extent_is_the_size_of_the_change():
    x, weight = RNG.random((4, 50)), RNG.random(50) + 0.5
    found = reaction_series(x, C, weight=weight)
    extent = C * np.abs(np.diff(x, axis=0))
    assert found.extent == pytest.approx(extent) and found.loss == pytest.approx(extent[:-1] - extent[1:])
    assert found.mean(found.loss) == pytest.approx(np.average(found.loss, axis=1, weights=weight))
    assert found.extent_sigma is None and found.sigma_of_mean(None) == [None] * 3
    assert found.inactive_share(3) is None and not found.noisy


def test_capacities_of_their_own_voxels():
    found = reaction_series([[0.2, 0.2], [0.7, 0.6]], np.array([100.0, 200.0]))
    assert found.extent.tolist() == [pytest.approx([50, 80])]
    assert found.direction.tolist() == [1.0] and found.loss.shape == (0, 2)


# lithium that each voxel gains from state to state; half of the voxels of the third do nothing
PROCESSES = {
    "a charge after a discharge": ([0.6, -0.5, 0.4], 1.0),
    "one direction twice": ([0.3, 0.2, -0.4], 1.0),
    "many that do nothing": ([0.3, -0.2, 0.15], 0.5),
}


@pytest.mark.parametrize("case", PROCESSES)
def test_means_and_their_sigma_hold_in_repetition(case):
    steps, active = PROCESSES[case]
    n, draws, rng = 60, 4000, np.random.default_rng(11)
    moved = np.outer(steps, np.where(np.arange(n) < active * n, 1.0, 0.0)) * rng.uniform(0.7, 1.3, n)
    truth = 0.3 + np.vstack([np.zeros(n), np.cumsum(moved, axis=0)])
    sigma, weight = rng.uniform(0.02, 0.04, truth.shape), rng.uniform(0.5, 1.5, n)
    exact, means, told = reaction_series(truth, C, weight=weight), [], None
    for _ in range(draws):
        drawn = truth + sigma * rng.standard_normal(truth.shape)
        found = reaction_series(drawn, C, sigma=sigma, weight=weight)
        means.append(np.concatenate([found.mean(found.extent), found.mean(found.loss)]))
        told = [*found.sigma_of_mean(found.extent_sigma), *found.sigma_of_mean(found.loss_sigma)]
    scatter, true = np.std(means, axis=0), [*exact.mean(exact.extent), *exact.mean(exact.loss)]
    assert told == pytest.approx(scatter, rel=0.03)
    assert np.abs(np.mean(means, axis=0) - true).max() < 0.1 * scatter.min()  # 6 standard errors


def test_the_mean_size_of_a_change_would_hold_the_noise():
    rng = np.random.default_rng(5)
    found = reaction_series(0.5 + 0.03 * rng.standard_normal((3, 20000)), C, sigma=np.full((3, 20000), 0.03))
    folded = 0.03 * np.sqrt(2) * C * np.sqrt(2 / np.pi)
    assert found.mean(np.abs(found.change)) == pytest.approx(folded, rel=0.03)
    assert np.abs(found.mean(found.extent)).max() < 0.02 * folded
    assert any("or noise adds" in remark for remark in found.remarks([]))


def test_a_voxel_that_clearly_goes_against_the_process_counts_by_its_size():
    x = np.array([[0.5] * 10, [0.8] * 9 + [0.1]])
    found = reaction_series(x, C, sigma=np.full(x.shape, 0.02))
    assert found.extent[0, -1] == pytest.approx(0.4 * C) and found.direction[0] == 1


def test_inactive_is_what_stays_below_the_noise_in_every_process():
    x = np.array([[0.3, 0.3, 0.3, 0.3], [0.9, 0.35, 0.3, 0.9], [0.3, 0.3, 0.9, 0.9]])
    found = reaction_series(x, C, sigma=np.full(x.shape, 0.02))
    assert found.inactive_share(3) == 0.25 and found.inactive_share(1) == 0.0


def test_classes_take_in_all_and_sum_to_one():
    loss, weight = np.array([-20.0, 10.0, 35.0, 60.0, 104.0, 150.0]), np.array([1.0, 1, 1, 1, 1, 2])
    found = loss_classes(loss, weight, (0, 35, 70, 105, 140))
    assert found["volume_share"] == pytest.approx([2 / 6, 2 / 6, 1 / 6, 1 / 6])
    total = -20 + 10 + 35 + 60 + 104 + 300
    assert found["loss_share"] == pytest.approx([-10 / total, 95 / total, 104 / total, 300 / total])
    assert (found["below_share"], found["beyond_share"]) == (pytest.approx(1 / 6), pytest.approx(1 / 6))
    assert found["edges_mAh_g"] == [0, 35, 70, 105, 140]
    assert loss_classes(np.zeros(3), np.ones(3), (0, 10))["loss_share"] is None
    assert loss_classes(loss, weight, (0, 10))["volume_share"] == [1.0]


def test_remarks_on_what_misleads():
    gain = reaction_series([[0.1] * 3, [0.3] * 3, [0.9] * 3], C)
    classes = [loss_classes(loss, gain.weight, (0, 35, 70)) for loss in gain.loss]
    assert any("Process 2: its extent is 110.2 mAh/g larger" in told for told in gain.remarks(classes))
    assert gain.remarks(classes, np.array([55.1, 165.3]), True) == gain.remarks(classes)
    told = gain.remarks([], np.array([55.1, -165.3]))
    assert any("in, in, by the curve it is discharge, charge" in one for one in told) and len(told) == 2
    told = gain.remarks([], np.array([-55.1, -165.3]), fills=True)
    assert any("by the curve it is charge, charge" in one for one in told)
    assert len(gain.remarks([], np.array([-55.1, -165.3]))) == 1  # of the gain
    (told,) = (one for one in gain.remarks([], np.array([50.0, 165.3]), True) if "curve" in one)
    assert told.startswith("Process 1: by the maps 55.1 mAh/g passed on the whole, by the curve 50;")
    noisy = reaction_series([[0.1] * 3, [0.9] * 3, [0.2] * 3], C, sigma=np.full((3, 3), 0.1))
    assert any("is wide against classes of 35" in told for told in noisy.remarks(classes))
    against = reaction_series([[0.5] * 4, [0.9, 0.9, 0.9, 0.3]], C)
    assert any("some voxels go against the process." in told for told in against.remarks([]))


def test_classes_are_named_by_their_edges():
    assert class_names([0, 35, 70, 105]) == ["below 35", "35 to 70", "above 70"]
    assert class_names([0, 35]) == ["all"]


def test_a_loss_of_round_off_is_none_and_one_within_its_noise_is_told():
    first, last = np.full(500, 0.3), np.linspace(0.7, 0.9, 500)
    parts = reaction_series(np.array([first, (first + last) / 2, last]), 275.0)
    assert (parts.loss == 0).all() and not any("larger than" in one for one in parts.remarks([]))
    noisy = [
        values + 0.02 * np.random.default_rng(k).normal(size=500)
        for k, values in enumerate((first, last, first))
    ]
    series = reaction_series(np.array(noisy), 275.0, sigma=np.full((3, 500), 0.02))
    assert any("is not told from none (sigma 0.35)" in one for one in series.remarks([]))
    less = reaction_series(
        np.array([noisy[0], noisy[1], noisy[2] + 0.1]), 275.0, sigma=np.full((3, 500), 0.02)
    )
    assert not any("is not told" in one for one in less.remarks([]))
