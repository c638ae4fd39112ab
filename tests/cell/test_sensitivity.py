"""Sensitivities along a run against differences of whole runs that take the same steps."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Growth
from microsim.cell.load import Load
from microsim.cell.marks import Mark
from microsim.cell.sensitivity import Neighbour, Sensitivities

from ..cells import ACTIVE, half_cell, image

LABELS = image((6, 4, 4), 3)
H, APART = 1e-4, 2e-3  # of the neighbour, and of the whole runs
# loose in time and bounded in length: every run takes the same steps
SAME_STEPS = Tolerances(step=0.1, newton=1e-9, max_step=1.0, event=1e-8)


def scaled_law(law, factor):
    return lambda *at: factor * law(*at)


def made(parameter, p, C_dl=0.0, film=0.004):
    """HalfCell and Growth at exp(p) of a parameter."""
    factor, active, growth = np.exp(p), ACTIVE, None
    if parameter in ("i0", "D_s"):
        active = replace(ACTIVE, **{parameter: scaled_law(getattr(ACTIVE, parameter), factor)})
    film = film / factor if parameter == "film" else film
    lost = 0.2 * factor if parameter == "lost" else 0.2
    cell = half_cell(LABELS, film=film, active=active, double_layer=C_dl, contact_lost=lost)
    if C_dl:
        rate = 4e-10 * (factor if parameter == "growth" else 1.0)
        growth = Growth(rate, 0.2, 4.0, 1e-6, np.full(cell.mesh.faces.area.size, True))
    return cell, growth


def loads_of(cell, loads):
    return [replace(load, current=load.current * cell.mesh.area) for load in loads]


DISCHARGE = [Load("d", current=6.0, until_voltage=4.14), Load("r", duration=10.0)]
HOLD = [Load("d", current=6.0, duration=20.0), Load("h", voltage=4.16, until_current=1.4e-11)]
TO_CHARGE = [Load("d", current=6.0, until_charge=5e-10), Load("c", current=-4.0, until_voltage=4.22)]
CASES = {
    "i0, to a voltage": ("i0", DISCHARGE, 0.0),
    "D_s, to a voltage": ("D_s", DISCHARGE, 0.0),
    "lost contact, to a voltage": ("lost", DISCHARGE, 0.0),
    "film, to a charge and back": ("film", TO_CHARGE, 0.0),
    "i0, held voltage, double layer, growing film": ("i0", HOLD, 0.2),
    "rate of growth, held voltage": ("growth", HOLD, 0.2),
}
# a run that lands on a mark takes other steps behind it, so that each has a run of its own
MARKS = {
    "voltage": Mark("m", "voltage", 4.16, 1e-9),
    "charge": Mark("m", "charge", 5e-10, 1e-18),
    "time": Mark("m", "time", 65.0, 1e-7),  # in the second step, which begins when the first one ends
}


def whole_run(parameter, p, loads, C_dl=0.0, marks=()):
    """When the steps end (s), the last state, and that at the mark."""
    cell, growth = made(parameter, p, C_dl)
    experiment, at = Experiment(cell, 0.27, SAME_STEPS, growth, marks), None
    for moment in experiment.moments(loads_of(cell, loads)):
        at = moment.x if experiment.now.landed and at is None else at
    return sum(step["time_s"] for step in experiment.now.record.steps), experiment.x, at


def follow(parameter, loads, C_dl=0.0, marks=(), offset=H):
    """The cell, its Sensitivities at the end, and how the state at the mark moves."""
    cell, growth = made(parameter, 0.0, C_dl)
    beside, grown = made(parameter, offset, C_dl)
    neighbour = Neighbour(beside, loads_of(beside, loads), grown, marks, offset)
    experiment = Experiment(cell, 0.27, SAME_STEPS, growth, marks)
    followed, at = Sensitivities(experiment, [neighbour], 1e-5), None
    for sensed in followed.moments(loads_of(cell, loads)):
        if "m" in sensed.landed and at is None:
            at = (sensed.landed["m"][0].x - sensed.moment.x) / offset
    return cell, followed, at


def close(ours, theirs, least=0.0):
    """To 1e-3 of the largest, or of `least`: below that lies the noise of where whole runs end."""
    assert np.abs(ours - theirs).max() <= 1e-3 * max(np.abs(theirs).max(), least)


def difference(low, high):
    return (high - low) / (2 * APART)


@pytest.mark.parametrize(("parameter", "loads", "C_dl"), CASES.values(), ids=CASES)
def test_they_are_the_differences_of_whole_runs(parameter, loads, C_dl):
    """The state at the end, and when it is, to 1e-3 of the largest of each field."""
    cell, followed, _ = follow(parameter, loads, C_dl)
    (t_a, a, _), (t_b, b, _) = (whole_run(parameter, p, loads, C_dl) for p in (-APART, APART))
    assert followed.beside[0].begun / H == pytest.approx(difference(t_a, t_b), rel=1e-3)
    ours, theirs = cell.state(followed.tangents[0][0]), cell.state(difference(a, b))
    close(ours.sto, theirs.sto, least=1e-4)
    close(ours.c_e, theirs.c_e, least=1.0)
    if loads is DISCHARGE:  # the others end at a voltage that is given
        close(ours.V, theirs.V, least=1e-4)


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_is_met_at_another_time(name):
    marks = (MARKS[name],)
    cell, _, ours = follow("film", DISCHARGE, marks=marks)
    a, b = (whole_run("film", p, DISCHARGE, marks=marks)[2] for p in (-APART, APART))
    ours, theirs = cell.state(ours), cell.state(difference(a, b))
    close(ours.sto, theirs.sto)
    if name == "voltage":
        assert abs(ours.V[0]) < 1e-6
    else:
        close(ours.V, theirs.V)


def test_the_neighbour_may_lie_on_either_side():
    """At an upper bound of a parameter."""
    above, below = (
        cell.state(followed.tangents[0][0]).V[0]
        for cell, followed, _ in (follow("i0", DISCHARGE, offset=offset) for offset in (H, -H))
    )
    assert above == pytest.approx(below, rel=1e-3) and above != below


def test_a_parameter_that_changes_the_mesh_is_refused():
    cell = half_cell(LABELS)
    other = half_cell(image((6, 4, 4), 4))
    with pytest.raises(InputError, match="leaves the cells of the mesh as they are"):
        Sensitivities(Experiment(cell, 0.27, SAME_STEPS), [Neighbour(other, [], None, (), H)])
