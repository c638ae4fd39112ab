import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.numerics.bdf import bdf, error_share, extrapolation, next_step

quick = settings(max_examples=50, deadline=None)
steps = st.floats(0.5, 1.9)


def random_steps(seed, count=20):
    """Steps of one unit of time in all, neighbours in a ratio below 2."""
    rng = np.random.default_rng(seed)
    lengths = np.exp(np.cumsum(rng.uniform(-0.6, 0.6, count)) * 0.9)
    lengths = np.clip(lengths, 0.3, 3)
    assert np.all(lengths[1:] / lengths[:-1] < 2)
    return lengths / lengths.sum()


def decay(lengths, order=2):
    """Integrate y' = -y over the steps from y(0) = 1; the first state after the start is exact."""
    states, times, done = [np.exp(-lengths[0]), 1.0], lengths[0], [lengths[0]]
    for dt in lengths[1:]:
        formula = bdf(dt, done if order == 2 else [])
        # alpha y + past = -dt y
        states.insert(0, -formula.past(states) / (formula.alpha + dt))
        done.insert(0, dt)
        times += dt
    return states[0] - np.exp(-times)


@pytest.mark.parametrize("seed", range(6))
def test_the_order_is_two_on_steps_of_any_length(seed):
    coarse = random_steps(seed)
    errors = [abs(decay(np.repeat(coarse / pieces, pieces))) for pieces in (2, 4, 8, 16)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders[-1] == pytest.approx(2, abs=0.1)
    assert 1.6 < orders.min() and orders.max() < 2.4


def test_without_a_past_the_order_is_one():
    errors = [abs(decay(np.full(n, 1 / n), order=1)) for n in (40, 80)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1, abs=0.05)


@quick
@given(steps, steps, st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_the_derivative_of_a_quadratic_is_exact(h, h1, coefficients):
    y = np.polynomial.Polynomial(coefficients)
    formula = bdf(h, [h1])
    derivative = (formula.alpha * y(h) + formula.past([y(0.0), y(-h1)])) / h
    assert derivative == pytest.approx(y.deriv()(h), abs=1e-11)
    first = bdf(h, [])
    line = np.polynomial.Polynomial(coefficients[:2])
    assert (first.alpha * line(h) + first.past([line(0.0)])) / h == pytest.approx(line.deriv()(h), abs=1e-11)


@quick
@given(steps, steps, steps, st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_extrapolation_is_exact_on_quadratics(h, h1, h2, coefficients):
    y = np.polynomial.Polynomial(coefficients)
    weights = extrapolation(h, [h1, h2, 99.0])
    assert len(weights) == 3 and sum(weights) == pytest.approx(1)
    assert np.dot(weights, [y(0.0), y(-h1), y(-h1 - h2)]) == pytest.approx(y(h), abs=1e-10)
    line = np.polynomial.Polynomial(coefficients[:2])
    assert np.dot(extrapolation(h, [h1]), [line(0.0), line(-h1)]) == pytest.approx(line(h), abs=1e-11)
    assert extrapolation(h, []) == (1.0,)


@quick
@given(steps, steps, steps)
def test_the_error_share_is_exact_on_a_cubic(h, h1, h2):
    """y = t^3 with y' given: one step from exact states errs by u''' alone."""
    past = [0.0, (-h1) ** 3, (-h1 - h2) ** 3]
    formula = bdf(h, [h1])
    solution = (h * 3 * h**2 - formula.past(past)) / formula.alpha
    guess = np.dot(extrapolation(h, [h1, h2]), past)
    assert error_share(h, [h1, h2]) * abs(solution - guess) == pytest.approx(abs(solution - h**3), rel=1e-9)


def test_the_error_share_is_near_the_true_error_of_a_stiff_and_a_smooth_solution():
    """y' = -y from exact states; the implicit step damps the error by 1 + h / alpha, so the share is an upper
    bound."""
    h, earlier = 0.02, [0.015, 0.02]
    past = [1.0, np.exp(0.015), np.exp(0.035)]
    formula = bdf(h, earlier)
    solution = -formula.past(past) / (formula.alpha + h)
    estimate = error_share(h, earlier) * abs(solution - np.dot(extrapolation(h, earlier), past))
    assert 1 < estimate / abs(solution - np.exp(-h)) < 1.05


def test_the_next_step_follows_the_cube_root_of_the_error():
    assert next_step(2.0, 1e-4, 1e-4) == pytest.approx(2 * 0.85)
    assert next_step(2.0, 8e-4, 1e-4) == pytest.approx(2 * 0.85 / 2)
    assert next_step(2.0, 1.0, 1e-4) == pytest.approx(2 * 0.3)
    assert next_step(2.0, 1e-9, 1e-4) == next_step(2.0, 0, 1e-4) == pytest.approx(2 * 1.8)


@pytest.mark.parametrize("h, h1", [(1.0, 0.01), (0.5, 0.01), (0.3, 0.2)])
def test_after_one_step_the_error_share_is_a_bound(h, h1):
    """y = exp(-t), y' given: one step from exact states, held against a straight line through them."""
    past, formula = [1.0, np.exp(h1)], bdf(h, [h1])
    solution = (-h * np.exp(-h) - formula.past(past)) / formula.alpha
    bound = error_share(h, [h1]) * abs(solution - np.dot(extrapolation(h, [h1]), past))
    assert 0.1 * bound < abs(solution - np.exp(-h)) < bound
