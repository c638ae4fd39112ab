"""What is foretold of a time step before it is solved: the first one, and one to a limit of voltage."""

from functools import partial

import numpy as np
import pytest

from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.cell.outlook import LONGEST_FIRST, MOST_FALL, extended, foreseen_step

from ..cells import run
from .test_experiment import electrode, one_C


def begun(rate, **tolerances):
    """The first moment after the current of a discharge has set in, and the Experiment."""
    cell = electrode()
    experiment = Experiment(cell, 0.27, Tolerances(**tolerances))
    moments = experiment.moments([Load("d", rate * one_C(cell), duration=60.0)])
    return cell, experiment, moments, next(moments)


@pytest.mark.parametrize("rate", [0.5, 3.0])
def test_the_first_step_is_as_long_as_its_error_allows(rate):
    """Against fifty times as many steps: at most the tolerance off, and no less than a hundredth of it."""
    cell, _, moments, _ = begun(rate, step=5e-4)
    first = next(moments)
    assert 0.01 < first.t < LONGEST_FIRST
    fine = first.t / 50
    truth = run(cell, [Load("d", rate * one_C(cell), duration=first.t)], max_step=fine, first_step=fine).seen
    error = cell.unknowns.largest_error(first.x - truth[-1].x, cell.design)
    assert 5e-6 < error < 5e-4


def test_the_first_step_follows_current_and_tolerance():
    def length(rate, step):
        return begun(rate, step=step)[1].now.dt

    one = length(1.0, 5e-4)
    assert length(2.0, 5e-4) == pytest.approx(one / 2, rel=0.1)
    assert length(1.0, 2e-4) == pytest.approx(one * 2 / 5, rel=1e-6)
    assert length(1.0, 1e-9) == 0.01 and length(1e-6, 5e-4) == LONGEST_FIRST
    assert begun(1.0, step=5e-4, first_step=20.0)[1].now.dt == 20.0


@pytest.mark.parametrize("sign", [1, -1])
def test_no_step_passes_a_limit_that_is_foreseen(sign, monkeypatch):
    """Discharged to 3.5 V, charged to 4.1 V: no step is refused nor solved for nothing at the end, and the
    limit is met as closely as asked. Without foresight three are."""
    tries, solve = [], Experiment._try
    monkeypatch.setattr(
        Experiment, "_try", lambda self, dt, *more: tries.append(dt) or solve(self, dt, *more)
    )
    cell = electrode()
    load = Load("d", sign * one_C(cell) / 2, until_voltage=3.5 if sign > 0 else 4.1)
    record = run(cell, [load], sto=0.27 if sign > 0 else 0.7).record
    assert record.rejected_steps == record.failed_steps == 0
    assert len(tries) - record.time_steps <= 1
    assert record.steps[0]["end_voltage_V"] == pytest.approx(load.until_voltage, abs=1e-5)


def way_ahead(until, before=20):
    """A discharge on its way at so many steps before its end at 3.5 V."""
    cell = electrode()
    load = partial(Load, "d", one_C(cell) / 2)
    experiment, kept = Experiment(cell, 0.27, Tolerances()), []
    for _ in experiment.moments([load(until_voltage=3.5)]):
        kept.append(experiment.snapshot())
    curve = {name: np.array(kept[-1].record.columns[name]) for name in ("time_s", "voltage_V")}
    return cell, kept[-before], load(until_voltage=until), curve


def test_a_step_leaves_half_of_the_way_to_a_limit_and_little_of_the_last_millivolts():
    """As far as the voltage falls there in the run itself."""
    cell, now, load, curve = way_ahead(3.5, before=8)
    V = float(cell.state(now.solved.x).V[0])

    def since_and_fall(way):
        since = foreseen_step(cell, now, Load("d", load.current, until_voltage=V - way), 5e3, 5e-4)
        return since, V - np.interp(now.t + since, curve["time_s"], curve["voltage_V"])

    (far, halfway), (near, most), (close, all_of_it) = map(since_and_fall, (0.02, 0.005, 0.0005))
    assert halfway == pytest.approx(0.01, abs=3e-4)
    assert most == pytest.approx(0.95 * 0.005, abs=1.5e-4)
    assert all_of_it == pytest.approx(0.0005, abs=6e-5)
    assert far > near > close > 0


def test_the_voltage_falls_by_a_bounded_part_in_a_step():
    cell, now, load, curve = way_ahead(2.0, before=12)
    V = float(cell.state(now.solved.x).V[0])
    for tolerance, most in ((5e-4 / 27, MOST_FALL / 3), (5e-4 / 8, MOST_FALL / 2)):
        since = foreseen_step(cell, now, load, 5e3, tolerance)
        fallen = V - np.interp(now.t + since, curve["time_s"], curve["voltage_V"])
        assert fallen == pytest.approx(most, rel=0.12)


def test_a_limit_out_of_reach_leaves_a_step_as_it_is():
    cell, now, load, _ = way_ahead(2.0)
    assert foreseen_step(cell, now, load, 10.0, 5e-4) == 10.0
    assert foreseen_step(cell, now, Load("d", load.current), 10.0, 5e-4) == 10.0  # no limit
    beyond = 1e6  # past the end of what is stored, where nothing is foreseen, is beyond the most it may fall
    assert not cell.unknowns.inside(extended(now, beyond))
    whole = foreseen_step(cell, now, load, beyond, 5e-4)
    assert whole == pytest.approx(foreseen_step(cell, now, load, 5e3, 5e-4), rel=0.1)
    now.earlier = now.earlier[:1]
    assert foreseen_step(cell, now, Load("d", load.current, until_voltage=3.5), 5e3, 5e-4) == 5e3
