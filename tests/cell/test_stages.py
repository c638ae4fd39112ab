"""Contact that is lost on the way: what falls away keeps its lithium, what is left carries the current."""

from types import SimpleNamespace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cell.contacts import LostContact
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Growth
from microsim.cell.load import Load
from microsim.cell.stages import Stages

from ..cells import design, half_cell, run, voxel_grid

I = 1.0  # A m-2
LABELS = np.zeros((8, 9, 9), np.uint8)
PARTICLE = np.zeros(LABELS.shape, int)
for number, (row, column) in enumerate(((j, k) for j in (0, 3, 6) for k in (0, 3, 6)), 1):
    LABELS[2:, row : row + 2, column : column + 2] = 1
    PARTICLE[2:, row : row + 2, column : column + 2] = number


def lost(*who):
    """All contact of some of nine equal columns."""
    share = np.zeros(10)
    share[list(who)] = 1.0
    return LostContact(share, PARTICLE, True)


def cycled(later, labels=LABELS, steps=4, **more):
    cell = half_cell(labels, lost_later=later, **more)
    signs = [1, -1, 1, -1][:steps]
    loads = [Load("step", s * I * cell.mesh.area, duration=400.0) for s in signs]
    return run(cell, loads, sto=0.4)


def means(ran, at):
    """Mean lithiation of each column at the end of each step."""
    cell = at
    part = PARTICLE[tuple((cell.mesh.solid.position - [cell.mesh.lines, 0, 0]).T)]
    held = np.bincount(part, cell.capacity)[1:]
    ends = [moment for moment in ran.seen if moment.last]
    return np.array([np.bincount(part, cell.capacity * m.u.sto)[1:] / held for m in ends])


@pytest.mark.parametrize("more", [{}, {"double_layer": 0.1}])
def test_a_column_that_falls_away_keeps_its_lithium(more):
    ran = cycled(((1, lost(1)), (3, lost(1, 2, 3))), **more)
    found = means(ran, half_cell(LABELS))
    assert np.ptp(found[1:, 0] - found[0, 0]) < 1e-13 and np.abs(found[:, 0] - found[0, 0]).max() < 1e-13
    assert np.abs(found[3, 1:3] - found[2, 1:3]).max() < 1e-13
    assert (np.abs(np.diff(found, axis=0))[:, 3:] > 0.05).all()
    record = ran.record
    assert max(record.lithium_balance_error, record.charge_balance_error, record.salt_balance_error) < 1e-10
    assert [one["after"] for one in record.contacts] == [1, 3]
    assert [one["active_share_apart"] for one in record.contacts] == pytest.approx([1 / 9, 3 / 9])
    assert [one["particles_apart"] for one in record.contacts] == [1, 3]


def test_what_is_lost_from_the_first_step_is_as_if_it_had_never_been_there():
    """The same voltage as the cell that is built without the column."""
    later = cycled(((0, lost(5)),), steps=1)
    never = cycled((), steps=1, contact_lost=lost(5))
    assert later.seen[-1].V == pytest.approx(never.seen[-1].V, abs=1e-7)
    assert later.seen[0].V == pytest.approx(never.seen[0].V, abs=1e-7)


def test_what_only_a_lost_particle_joined_falls_away_too():
    """A column of two particles, the one at the collector lost: nothing of it reacts."""
    halves = np.where((PARTICLE == 1) & (np.arange(8)[:, None, None] < 5), 10, PARTICLE)
    share = np.zeros(11)
    share[1] = 1.0
    cell = half_cell(LABELS, lost_later=((1, LostContact(share, halves, True)),))
    late = Stages(cell).at(1).cell
    assert late.mesh.faces.area.size == half_cell(LABELS, contact_lost=lost(1)).mesh.faces.area.size
    assert np.unique(late.pieces_apart).size == 2  # no lithium passes where they touched
    figures = Stages(cell)._figures(late, 1)
    assert (figures["particles_apart"], figures["pieces_apart"]) == (2, 2)
    assert figures["active_share_apart"] == pytest.approx(1 / 9)
    loads = [Load("d", I * cell.mesh.area, duration=100.0)] * 2
    ran = run(cell, loads, sto=0.4)
    ends = [moment.u.sto for moment in ran.seen if moment.last]
    at = halves[tuple((cell.mesh.solid.position - [cell.mesh.lines, 0, 0]).T)]
    for half in (1, 10):
        kept = [np.average(sto[at == half], weights=cell.capacity[at == half]) for sto in ends]
        assert kept[1] == pytest.approx(kept[0], abs=1e-14)


def test_what_was_apart_before_counts():
    """A column cut off by pores from the start, and one in two pieces that share a label."""
    labels = LABELS.copy()
    labels[7][PARTICLE[7] == 2] = 0
    labels[4][PARTICLE[4] == 1] = 0
    cell = half_cell(labels, lost_later=((1, lost(1)),))
    found = Stages(cell)._figures(Stages(cell).at(1).cell, 1)
    column = np.count_nonzero(PARTICLE == 3)
    gone = np.count_nonzero((PARTICLE == 1) & (labels == 1)) + np.count_nonzero(
        (PARTICLE == 2) & (labels == 1)
    )
    assert found["active_share_apart"] == pytest.approx(gone / (gone + 7 * column))
    assert (found["particles_apart"], found["pieces_apart"]) == (2, 1)


def test_a_share_of_the_contacts_lowers_the_voltage_and_takes_nothing_away():
    labels = np.where((LABELS == 1) & (np.arange(8)[:, None, None] > 5), 2, LABELS).astype(np.uint8)
    ran = cycled(((1, 0.999),), labels, steps=2, contact_resistance=1e-3, cbd_transport_efficiency=0.0)
    whole = cycled((), labels, steps=2, contact_resistance=1e-3, cbd_transport_efficiency=0.0)
    assert ran.record.contacts[0]["active_share_apart"] == 0.0
    ends = [[m.V for m in one.seen if m.last] for one in (ran, whole)]
    assert ends[0][0] == ends[1][0] and ends[0][1] > ends[1][1] + 1e-4  # on charge
    assert ran.record.lithium_balance_error < 1e-10


def test_a_film_grows_on_what_is_left():
    cell = half_cell(LABELS, film=0.01, lost_later=((1, lost(1)),))
    where = np.ones(cell.mesh.faces.area.size, bool)
    experiment = Experiment(cell, 0.4, Tolerances(), Growth(1e-10, 0.2, 4.2, 5e-7, where))
    experiment.run([Load("d", I * cell.mesh.area, duration=50.0), Load("r", 0.0, duration=50.0)])
    assert experiment.R_film.size == experiment.cell.mesh.faces.area.size < where.size
    assert experiment.R_film.min() > 0.01


def test_lithium_in_the_film_of_what_is_lost_stays_counted():
    """A n (delta - delta_0) of all faces before the loss; of the lost ones that much, of the others on."""
    cell, n, rate, first = (
        half_cell(LABELS, lost_later=((1, lost(1, 2, 3)),)),
        5.7e4 * 96485.33212,
        1e-10,
        1e-8,
    )
    where = np.ones(cell.mesh.faces.area.size, bool)
    experiment = Experiment(cell, 0.4, Tolerances(), Growth(rate, 0.0, 4.2, 5e-7, where, n))
    experiment.now.solved.step.R_film[:] = first / 5e-7
    step = Load("d", I * cell.mesh.area, duration=50.0)
    taken = [one["film_lithium_C"] for one in experiment.run([step, step]).steps]
    after = [n * (np.sqrt(first**2 + rate**2 * t) - first) for t in (50.0, 100.0)]
    area = cell.mesh.faces.area.sum()
    left = experiment.cell.mesh.faces.area.sum()
    assert left < 0.8 * area
    assert taken[0] == pytest.approx(area * after[0], rel=1e-9)
    assert taken[1] == pytest.approx(left * after[1] + (area - left) * after[0], rel=1e-9)
    assert experiment.now.record.lithium_balance_error < 1e-10
    again = Experiment(cell, 0.4, Tolerances(), Growth(rate, 0.0, 4.2, 5e-7, where, n))
    again.restore(experiment.snapshot())
    assert again.film_lithium[0] == taken[1]


def test_a_run_goes_on_from_a_snapshot_after_a_loss():
    cell = half_cell(LABELS, double_layer=0.1, lost_later=((1, lost(1, 2)),))
    loads = [Load("d", I * cell.mesh.area, duration=50.0), Load("c", -I * cell.mesh.area, duration=50.0)]
    first, kept = Experiment(cell, 0.4, Tolerances()), None
    for moment in first.moments(loads):
        if moment.number == 1 and kept is None and moment.t > 70:
            kept = SimpleNamespace(now=first.snapshot())
    second = Experiment(half_cell(LABELS, double_layer=0.1, lost_later=((1, lost(1, 2)),)), 0.4, Tolerances())
    second.restore(kept.now)
    second.run(loads)
    assert np.array_equal(first.x, second.x)


def test_a_cell_of_which_nothing_is_left_is_refused():
    grid = voxel_grid(LABELS)
    assert design(grid).lost_later == ()
    cell = half_cell(LABELS, lost_later=((2, lost(*range(1, 10))),))
    with pytest.raises(InputError, match="all that is lost by step 2, got none; lose less"):
        Stages(cell).check()
