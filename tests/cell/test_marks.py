"""A run lands on marks, and goes on as if nothing had been."""

import numpy as np
import pytest

from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.cell.marks import Mark, step_to_mark

from ..analysis.test_overpotentials import SLAB, porous_cell
from ..cells import half_cell, image

LABELS = image((8, 5, 5), 1)


@pytest.fixture(scope="module")
def cell():
    return half_cell(LABELS)


def loads(cell):
    rate = 20 * cell.mesh.area
    return [
        Load("discharge", rate, duration=40.0),
        Load("rest", 0.0, duration=20.0),
        Load("charge", -rate, duration=20.0),
    ]


def landed(cell, *marks):
    experiment = Experiment(cell, 0.4, Tolerances(), marks=marks)
    seen = [moment for moment in experiment.moments(loads(cell)) if moment.landed]
    return experiment, seen


@pytest.fixture(scope="module")
def plain(cell):
    experiment = Experiment(cell, 0.4, Tolerances())
    return experiment, list(experiment.moments(loads(cell)))


def test_a_time_is_landed_on(cell, plain):
    experiment, seen = landed(cell, Mark("a", "time", 17.3, 1e-9), Mark("b", "time", 55.0, 1e-9))
    assert [moment.t for moment in seen] == [17.3, 55.0]  # to the last bit: times are looked up
    assert [name for name, *_ in experiment.now.landed] == ["a", "b"]
    assert experiment.now.record.steps[0]["end_voltage_V"] == pytest.approx(
        plain[0].now.record.steps[0]["end_voltage_V"], abs=5e-5
    )


def test_the_state_is_that_of_a_run_that_ends_there(cell):
    _, (there,) = landed(cell, Mark("a", "time", 17.3, 1e-9))
    first = loads(cell)[0]
    *_, ended = Experiment(cell, 0.4, Tolerances()).moments([Load("discharge", first.current, duration=17.3)])
    assert there.V == pytest.approx(ended.V, abs=5e-5) and there.charge == pytest.approx(
        ended.charge, rel=1e-9
    )
    assert there.u.sto == pytest.approx(ended.u.sto, abs=2e-4)


def test_a_charge_is_landed_on_both_ways(cell):
    half = 20 * cell.mesh.area * 30.0
    experiment, seen = landed(cell, Mark("q", "charge", half, 1e-7 * half))
    assert [moment.charge for moment in seen] == pytest.approx([half, half], rel=1e-6)
    assert [moment.t for moment in seen] == pytest.approx([30.0, 70.0], abs=1e-3)
    assert [step for _, step, _ in experiment.now.landed] == [0, 2]


def test_a_voltage_is_landed_on(cell, plain):
    moments = [moment for moment in plain[1] if moment.number == 0]
    target = 0.5 * (moments[0].V + moments[-1].V)
    _, seen = landed(cell, Mark("v", "voltage", target, 1e-5))
    assert seen[0].V == pytest.approx(target, abs=1e-5) and 0 < seen[0].t < 40


def test_a_mean_lithiation_is_landed_on(cell):
    n = cell.mesh.solid.n
    weights = np.random.default_rng(0).random(n)
    weights /= weights.sum()
    before = 0.4 * weights.sum()
    _, seen = landed(cell, Mark("m", "mean", before + 0.02, 1e-6, weights, 0.01))
    assert seen and float(weights @ seen[0].u.sto) + 0.01 == pytest.approx(before + 0.02, abs=1e-6)


def test_a_mark_that_is_not_passed_changes_nothing(cell, plain):
    _, seen = landed(cell, Mark("far", "voltage", 0.5, 1e-5), Mark("late", "time", 1e6, 1e-3))
    assert seen == []


def test_the_step_to_the_nearest_mark_is_taken():
    marks = [Mark("a", "time", 7.0, 1e-9), Mark("b", "time", 4.0, 1e-9), Mark("c", "time", 30.0, 1e-9)]
    assert step_to_mark(marks, [10.0, 2.0, 1.0], [None] * 3, [0.0] * 3) == pytest.approx(2.0)
    assert step_to_mark(marks[2:], [10.0, 2.0, 1.0], [None] * 3, [0.0] * 3) is None


def test_what_was_landed_on_outlives_a_restart(cell):
    experiment, _ = landed(cell, Mark("a", "time", 17.3, 1e-9))
    again = Experiment(cell, 0.4, Tolerances(), marks=experiment.marks)
    again.restore(experiment.snapshot())
    assert again.now.landed == experiment.now.landed == [("a", 0, pytest.approx(17.3))]


@pytest.mark.parametrize(
    "make", [lambda: half_cell(LABELS), lambda: porous_cell(4, SLAB)], ids=["resolved", "spheres"]
)
def test_weights_of_voxels_come_to_the_cells(make):
    mesh = make().mesh
    sto = np.random.default_rng(1).random(mesh.solid.n)
    on_image = mesh.on_image(mesh.solid, sto)
    known = np.isfinite(on_image)
    values = np.where(known, np.random.default_rng(2).random(on_image.shape), 0.0)
    there = float(np.sum(values[known] * on_image[known]))
    assert float(mesh.weights_of_cells(values) @ sto) == pytest.approx(there, rel=1e-6)  # images are float32
