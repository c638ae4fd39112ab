"""How long time steps are: behind the bends of a profile, and where too few steps tell the error."""

from types import SimpleNamespace

import numpy as np
import pytest

from microsim.cell.load import Load
from microsim.cell.pace import OF_V, SHORTEST, local_error, longer, may_miss, step_into
from microsim.cell.step import Control
from microsim.numerics.bdf import error_share

from ..cells import run
from .test_experiment import electrode, one_C


def progress(earlier, pace=0.0):
    return SimpleNamespace(earlier=earlier, pace=pace)


def test_the_first_step_into_a_piece_is_a_tenth_of_it_at_most_and_a_hundredth_at_least():
    assert step_into(1.0, 0.01) == 0.01
    assert step_into(0.05, 0.01) == pytest.approx(0.005)
    assert step_into(50.0, 0.01) == pytest.approx(0.5)


def test_behind_a_bend_the_second_step_is_as_long_as_those_before_it():
    assert longer(progress([0.01], pace=0.3), 0.01, 0.0, 0.99, 1e-4) == pytest.approx(0.3)
    assert longer(progress([0.01], pace=3.0), 0.01, 0.0, 0.99, 1e-4) == pytest.approx(0.99 / 2)
    assert longer(progress([0.01]), 0.01, 0.0, 0.99, 1e-4) == pytest.approx(0.018)  # behind a jump
    assert longer(progress([0.3, 0.01], pace=3.0), 0.3, 0.0, 9.0, 1e-4) == pytest.approx(0.54)
    assert longer(progress([1.0, 1.0, 1.0], pace=9.0), 1.0, 1e-4, 9.0, 1e-4) == pytest.approx(0.85)
    assert longer(progress([SHORTEST] * 3), SHORTEST, 1.0, 9.0, 1e-4) == SHORTEST


def test_a_long_second_step_is_held_against_a_straight_line():
    cell = electrode()
    at = progress([0.01])
    at.solved = SimpleNamespace(step=SimpleNamespace(control=SimpleNamespace(kind="current")))
    dx = cell.vector(sto=1e-3)
    assert local_error(cell, at, dx, 0.018) == 0.0  # too short to be looked at
    assert local_error(cell, at, dx, 0.5) == pytest.approx(1e-3 / 0.2 / 6, rel=0.02)
    at.earlier = []
    assert local_error(cell, at, dx, 0.5) == 0.0


def test_a_voltage_is_held_against_the_nearer_of_guess_and_parabola():
    """What U bends within a step is no error; a profile's voltage, which follows its current, is held against
    the parabola."""
    cell = electrode()
    at = progress([1.0, 1.0])
    at.solved = SimpleNamespace(step=SimpleNamespace(control=SimpleNamespace(kind="current")))
    share = error_share(1.0, [1.0, 1.0])
    dx = cell.vector(V=1e-3)
    assert local_error(cell, at, dx, 1.0, bent=4e-3) == pytest.approx(share * 1e-3 / OF_V)
    assert local_error(cell, at, dx, 1.0, bent=-9e-4) == pytest.approx(share * 1e-4 / OF_V)
    assert local_error(cell, at, dx, 1.0, bent=4e-3, varies=True) == pytest.approx(share * 5e-3)


def test_less_is_missed_where_the_voltage_is_steep_or_no_current_asked_for():
    """At the end of the lithium: 30 V for all of it, by the slope of the last step."""
    cell = electrode()
    all_of_it = cell.capacity[cell.positive_cells].sum()

    def miss(fallen, passed, current=1e-9):
        states = [cell.vector(V=4.0 - fallen), cell.vector(V=4.0)]
        at = SimpleNamespace(charges=[passed * all_of_it, 0.0], states=states)
        return may_miss(cell, at, 1e-4, Control("current", current))

    assert miss(0.02, 1e-3) == 1e-4
    assert miss(0.04, 1e-3) == miss(-0.04, -1e-3) == pytest.approx(2e-5)
    begun = SimpleNamespace(charges=[0.0])
    assert may_miss(cell, begun, 1e-4, Control("current", 1e-9)) == 1e-4
    assert may_miss(cell, begun, 1e-4, Control("voltage", 4.0)) == pytest.approx(2e-5)
    assert (
        may_miss(cell, begun, 1e-4, Control("current", 0.0)) == miss(0.02, 1e-3, 0.0) == pytest.approx(2e-5)
    )


def sampled():
    """A drive of a sample a second: ramps, and noise of a twentieth of 1C, with which most are bends."""
    rng, t = np.random.default_rng(3), np.arange(40.0)
    return t, np.interp(t, [0, 8, 12, 25, 28, 39], [0, 2.0, 0.4, 0.4, -1.0, 0.5]) + 0.05 * rng.normal(size=40)


def test_a_sampled_profile_takes_four_steps_a_sample():
    """Eight where no step is more than 1.8 times as long as the last; the voltage is that of finer steps."""
    cell, (t, rate) = electrode(), sampled()
    load = Load("drive", profile=(t, one_C(cell) * rate), duration=39.0)
    ours, truth = (run(cell, [load], step=step).record for step in (5e-4, 2e-5))
    assert ours.time_steps < 4.5 * t.size
    V, exact = (np.interp(t, *(r.columns[k] for k in ("time_s", "voltage_V"))) for r in (ours, truth))
    assert np.abs(V - exact).max() < 5e-4
    assert ours.columns["charge_C"][-1] == pytest.approx(one_C(cell) * np.trapezoid(rate, t), rel=1e-4)
