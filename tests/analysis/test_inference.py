"""Least squares on models whose answer is known in closed form."""

import numpy as np
import pytest

from microsim.analysis.inference import DataSet, _At, at_minimum, minimise

T = np.linspace(0.1, 3, 40)
SIGMA = 0.02
TRUE = np.array([0.4, -0.3])
WIDE = (np.array([-5.0, -5.0]), np.array([5.0, 5.0]))
LOG = np.array([True, True])


def decay(q):
    """exp(q0) exp(-exp(q1) t)."""
    return np.exp(q[0] - np.exp(q[1]) * T)


def slopes(q):
    return np.stack([decay(q), -decay(q) * np.exp(q[1]) * T], axis=1)


def runs_of(model, slope, seen=None):
    """What minimise calls; seen: takes (q, with slopes) of each run."""

    def run(q, with_slopes):
        if seen is not None:
            seen.append((tuple(q), with_slopes))
        return [model(q)], [slope(q)] if with_slopes else None

    return run


def fitted(measured, weight=1.0, model=decay, slope=slopes, start=(0.0, 0.0), bounds=WIDE, independent=None,
           log=None):  # fmt: skip
    data = [DataSet(measured, np.full(measured.size, SIGMA), weight)]
    at = minimise(runs_of(model, slope), data, np.array(start), *bounds, log=log).q
    n = [measured.size if independent is None else independent]
    return at_minimum(at, [slope(at)], data, [model(at)], n, *bounds, LOG)


def test_intervals_hold_the_truth_as_often_as_they_say():
    hits = np.zeros(2)
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(0, SIGMA, T.size)
        found = fitted(decay(TRUE) + noise)
        hits += (found.interval[:, 0] <= TRUE) & (found.interval[:, 1] >= TRUE)
        assert found.held.all() and not len(found.loose)
    assert (hits / 2 >= 91).all() and (hits / 2 <= 99).all()


def test_a_straight_line_has_the_covariance_of_the_books():
    x = np.stack([np.ones(T.size), T], axis=1)
    found = fitted(x @ TRUE, model=lambda q: x @ q, slope=lambda q: x)
    np.testing.assert_allclose(found.q, TRUE, atol=1e-6)
    np.testing.assert_allclose(found.covariance, SIGMA**2 * np.linalg.inv(x.T @ x), rtol=1e-3)


def test_intervals_widen_where_the_model_misses_the_data_and_where_values_go_together():
    exact = decay(TRUE)
    width = np.diff(fitted(exact).interval)
    rough = exact + 3 * SIGMA * np.where(np.arange(T.size) % 2, 1, -1)  # chi2 9, nothing to fit
    np.testing.assert_allclose(np.diff(fitted(rough).interval), 3 * width, rtol=0.1)
    np.testing.assert_allclose(np.diff(fitted(exact, independent=10).interval), 2 * width, rtol=1e-3)
    four = DataSet(np.repeat(exact, 4), np.full(160, SIGMA), 0.25)  # each value four times counts once
    data = at_minimum(TRUE, [np.repeat(slopes(TRUE), 4, axis=0)], [four], [four.measured], [40], *WIDE, LOG)
    np.testing.assert_allclose(np.diff(data.interval), width, rtol=1e-3)


def test_a_ratio_that_alone_is_held():
    def ratio(q):
        return np.exp(q[0] - q[1]) * T

    found = fitted(
        ratio(TRUE), model=ratio, slope=lambda q: np.stack([ratio(q), -ratio(q)], axis=1), start=(1.0, 0.5)
    )
    assert found.q[0] - found.q[1] == pytest.approx(TRUE[0] - TRUE[1], abs=1e-5)  # 1e-2 of its deviation
    assert not found.held.any()
    np.testing.assert_allclose(found.interval, [[-5, 5], [-5, 5]])
    np.testing.assert_allclose(np.abs(found.loose), [[1, 1]], rtol=1e-3)
    assert found.loose[0, 0] * found.loose[0, 1] > 0 and found.correlation[0, 1] == pytest.approx(1, abs=1e-6)


def test_a_number_without_any_effect():
    found = fitted(
        decay(np.array([TRUE[0], 0.0])),
        model=lambda q: decay(np.array([q[0], 0.0])),
        slope=lambda q: slopes(np.array([q[0], 0.0])) * [1, 0],
    )
    assert found.held.tolist() == [True, False]
    np.testing.assert_allclose(found.interval[1], [-5, 5])
    assert found.q[0] == pytest.approx(TRUE[0], abs=1e-4)  # a hundredth of its deviation


def test_bounds_are_kept():
    found = fitted(decay(TRUE), bounds=(np.array([-1.0, -1.0]), np.array([0.2, 1.0])), start=(0.2, -1.0))
    assert found.q[0] <= 0.2 and found.interval[0, 1] == 0.2 and not found.held[0]


def test_it_ends_where_a_run_is_rough_and_says_where_it_does_not():
    """Other time steps move every value a little; a model that is far off at every run is not done."""
    rng, data = np.random.default_rng(3), [DataSet(decay(TRUE), np.full(T.size, SIGMA))]
    runs = []

    def rough(q):
        runs.append(q)
        return decay(q) + 0.03 * SIGMA * rng.normal(size=T.size)

    found = minimise(runs_of(rough, slopes), data, np.zeros(2), *WIDE)
    assert found.done and len(runs) < 12
    np.testing.assert_allclose(found.q, TRUE, atol=0.01)
    assert not minimise(runs_of(rough, slopes), data, np.array([3.0, 3.0]), *WIDE, most=2).done


def test_no_run_is_made_for_what_the_slopes_say_is_not_to_be_gained():
    """A straight line is found in one step: the second run's slopes promise nothing."""
    x = np.stack([np.ones(T.size), T], axis=1)
    data, seen = [DataSet(x @ TRUE + SIGMA * np.sin(9 * T), np.full(T.size, SIGMA))], []

    found = minimise(runs_of(lambda q: x @ q, lambda q: x, seen), data, np.zeros(2), *WIDE)
    assert found.done and len(seen) == 2
    best = np.linalg.lstsq(x, data[0].measured, rcond=None)[0]
    np.testing.assert_allclose(found.q, best, atol=0.1 * SIGMA)
    np.testing.assert_allclose(found.values[0], x @ found.q)


def resistances(q):
    """Voltage drops at conductivities exp(q), straight lines in their reciprocals."""
    return 3 * np.exp(-q[0]) + np.exp(-q[1]) * T


def drops_moved(q):
    return -np.stack([np.full(T.size, 3 * np.exp(-q[0])), np.exp(-q[1]) * T], axis=1)


@pytest.mark.parametrize("start", [(-1.0, 1.0), (1.0, -1.0), (1.05, 1.05)])
def test_resistances_three_times_off_are_found_in_three_runs(start):
    """One step, but for what damps it; steps of their logarithms take twice as many."""
    counts = {}
    data = [DataSet(resistances(np.zeros(2)), np.full(T.size, SIGMA))]
    for log in (LOG, None):
        seen = []
        found = minimise(runs_of(resistances, drops_moved, seen), data, np.array(start), *WIDE, log=log)
        counts[log is None] = len(seen)
        np.testing.assert_allclose(found.q, 0, atol=0.3 * SIGMA)
        np.testing.assert_allclose(found.slopes[0], drops_moved(found.q), atol=0.1)
        assert found.done
    assert counts[False] <= 3 < counts[True]


def test_slopes_are_taken_far_off_alone_and_the_answer_is_as_good():
    """Runs with slopes, those without behind them, and no run for the last step."""
    seen, data = [], [DataSet(decay(TRUE), np.full(T.size, 3e-3))]
    found = minimise(runs_of(decay, slopes, seen), data, np.array([1.5, 0.8]), *WIDE, log=LOG)
    with_slopes = [one for _, one in seen]
    assert found.done and with_slopes[0] and not with_slopes[-1]
    assert with_slopes == sorted(with_slopes, reverse=True)
    deviation = np.sqrt(np.diag(np.linalg.inv(slopes(TRUE).T @ slopes(TRUE)))) * 3e-3
    assert (np.abs(found.q - TRUE) < 0.1 * deviation).all()
    assert tuple(found.q) not in [q for q, _ in seen] and found.last_step > 0 and found.missed < 0.1
    np.testing.assert_allclose(found.values[0], decay(found.q), atol=0.1 * 3e-3)
    np.testing.assert_allclose(found.slopes[0], slopes(found.q), atol=0.03)


def test_what_the_last_step_may_miss_decides_whether_a_run_is_made_for_it():
    off, data = TRUE + np.array([0.05, -0.05]), [DataSet(decay(TRUE), np.full(T.size, SIGMA))]
    counts = {}
    for enough in (1e-6, 0.1, 10.0):
        seen = []
        found = minimise(runs_of(decay, slopes, seen), data, off, *WIDE, log=LOG, enough=enough)
        counts[enough] = len(seen)
        assert found.done and found.missed < enough
    assert counts[10.0] == 1 and counts[1e-6] > counts[0.1]


def test_a_number_that_data_hardly_hold_keeps_its_slope_where_another_is_bent():
    """The step goes ten times as far in it, and what it misses is of the other: shared by how far each goes
    its slope on them, 0, would become 82."""
    sets, slope = [DataSet(np.zeros(2), np.ones(2))], np.diag([1000.0, 1.0])
    at = _At(sets, np.zeros(2), [np.array([100.0, -1.0])], [slope])
    step = at.step(*WIDE, np.array([False, False]), 2.0)
    missed = np.array([100.0, 0.0])
    bent = at.after(step).bent(_At(sets, step.q, [at.after(step).values[0] + missed], None, False), step)[0]
    np.testing.assert_allclose(bent @ step.way, slope @ step.way + missed, rtol=1e-9)
    np.testing.assert_allclose(bent[:, 1], slope[:, 1], atol=0.2)


def bent_valley(q):
    """A floor that runs along q1 = q0^2, ten times as steep across as along."""
    return np.array([10 * (q[1] - q[0] ** 2), 1 - q[0]])


def bent_slopes(q):
    return np.array([[-20 * q[0], 10.0], [-1.0, 0.0]])


def test_a_valley_that_bends_is_crossed_over_its_side():
    """Rosenbrock's: the first step ends on the side of the valley, 35 times as high, the next one on its
    floor at the minimum; quarter steps along the floor take twice as many runs."""
    seen, data = [], [DataSet(np.zeros(2), np.full(2, 0.1))]
    found = minimise(runs_of(bent_valley, bent_slopes, seen), data, np.array([0.4, 0.16]), *WIDE)
    chi2 = [float(100 * bent_valley(np.array(q)) @ bent_valley(np.array(q))) for q, _ in seen]
    assert chi2[1] > 30 * chi2[0] and chi2[2] < 1
    assert found.done and len(seen) <= 5
    np.testing.assert_allclose(found.q, 1, atol=0.02)


def test_of_few_runs_it_is_where_the_last_one_points_to():
    data, seen = [DataSet(resistances(np.zeros(2)), np.full(T.size, SIGMA))], []
    found = minimise(
        runs_of(resistances, drops_moved, seen), data, np.ones(2), *WIDE, log=LOG, most=1, enough=0
    )
    assert not found.done and len(seen) == 1
    np.testing.assert_allclose(found.q, 0, atol=0.1)


@pytest.mark.filterwarnings("error")
def test_two_numbers_that_only_their_ratio_holds_make_no_warning():
    """However strong the data are: round-off leaves nothing of the other direction."""
    for power in range(4, 9):
        slope = 10.0**power * np.stack([np.sin(T), -np.sin(T)], axis=1)
        data = [DataSet(np.sin(T), np.full(T.size, SIGMA))]
        bounds = np.array([-6.9, -6.9]), np.array([6.9, 6.9])
        found = at_minimum(np.zeros(2), [slope], data, [np.sin(T)], [T.size], *bounds, LOG)
        assert not found.held.any() and len(found.loose) == 1
