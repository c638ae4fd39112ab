"""What an experiment goes on from: all of it is declared, all of it is kept, and none of it can be written to
by who watches."""

import json
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from microsim.base.records import from_plain, to_plain
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Growth
from microsim.cell.load import Load

from ..base.test_records import same
from ..cells import half_cell, image

I = 20.0  # A m-2


def experiment():
    """With a double layer, a film that grows and contact that is lost, so that every field has something in
    it."""
    cell = half_cell(image((9, 5, 5), 2), film=0.01, double_layer=0.1, lost_later=((1, 0.3),))
    growth = Growth(1e-10, 0.2, 4.2, 5e-7, np.ones(cell.mesh.faces.area.size, bool), 1e9)
    return Experiment(cell, 0.4, Tolerances(), growth)


def loads(cell):
    return [Load("d", I * cell.mesh.area, duration=20.0), Load("h", voltage=3.9, duration=20.0)]


def test_every_field_of_the_progress_comes_back():
    ran = experiment()
    for moment in ran.moments(loads(ran.cell)):
        # in the second step, well under way, where the preconditioner is set anew
        if moment.t > 22 and ran.now.sets_anew:
            break
    before = ran.snapshot()
    of_others = {"pace": 2.5, "reacted": np.arange(3.0), "films_apart": 0.5}  # no current alone changes these
    kept = replace(before, **of_others)
    fresh = experiment().now
    plain, arrays = to_plain(kept)
    back = from_plain(json.loads(json.dumps(plain)), arrays)
    for f in fields(kept):
        assert same(getattr(back, f.name), getattr(kept, f.name)), f.name
        if f.name not in (
            "lithium_0",
            "salt_0",
            "charges",
            "jumping",
            "landed",
        ):  # what the run did not change shows nothing
            assert not same(getattr(kept, f.name), getattr(fresh, f.name)), f.name
    again = experiment()
    again.restore(replace(back, **{name: getattr(before, name) for name in of_others}))
    again.run(loads(ran.cell))
    ran.run(loads(ran.cell))
    assert same(again.now.solved, ran.now.solved)


def test_a_run_interrupted_at_a_jump_goes_on_with_its_current():
    ran, again = experiment(), experiment()
    C = ran.cell.capacity.sum() / 3600
    drive = [Load("drive", profile=([0.0, 5.0, 5.0, 9.0], [C, C, -C, -C]), duration=9.0)]
    moments = ran.moments(drive)
    kept = next(ran.snapshot() for moment in moments if moment.t == 5.0)
    assert kept.jumping
    again.restore(kept)
    again.run(drive)
    list(moments)
    assert same(again.now.solved, ran.now.solved) and ran.now.record.columns["current_A"].count(-C) > 2


def test_where_the_preconditioner_is_set_anew_a_run_goes_on_with_its_very_numbers():
    ran, kept, settings = experiment(), [], []
    cell = ran.cell
    for _ in ran.moments(loads(cell)):
        settings.append(ran.cell.preconditioner.numbers)  # kept, so that no two have one place in memory
        if ran.now.sets_anew and ran.now.under_way:
            kept.append(ran.snapshot())
    assert len(set(map(id, settings))) < 0.7 * len(settings)  # most steps do with the numbers of the last one
    for state in kept[1::2]:
        again = experiment()
        again.restore(state)
        again.run(loads(cell))
        assert same(again.now.solved, ran.now.solved)


def test_nothing_changes_in_an_experiment_but_its_progress():
    ran = experiment()
    before = dict(vars(ran))
    ran.run(loads(ran.cell))
    assert set(before) == {"stages", "tolerances", "marks", "now"}
    assert all(vars(ran)[name] is value for name, value in before.items())


def test_a_snapshot_does_not_follow_the_run():
    ran = experiment()
    moments = ran.moments(loads(ran.cell))
    for _ in range(5):
        next(moments)
    kept = ran.snapshot()

    def size():
        return kept.record.time_steps, len(kept.record.columns["time_s"]), kept.charge

    before = size()
    for _ in range(5):
        next(moments)
    assert size() == before


@pytest.mark.parametrize(
    "write",
    [
        lambda moment: moment.x.__setitem__(0, 1.0),
        lambda moment: moment.u.sto.__setitem__(slice(None), 0.5),
        lambda moment: moment.j.__imul__(2.0),
        lambda moment: moment.solved.interfaces.v.__setitem__(0, 1.0),
        lambda moment: moment.solved.interfaces.reaction.fill(0.0),
        lambda moment: moment.solved.step.R_film.__setitem__(0, 1.0),
        lambda moment: moment.solved.step.layer.b.__setitem__(0, 1.0),
        lambda moment: [c_e.__setitem__(0, 1.0) for c_e in moment.solved.step.earlier.c_e],
    ],
)
def test_who_watches_cannot_write_into_the_run(write):
    ran = experiment()
    with pytest.raises(ValueError, match="read-only"):
        ran.run(loads(ran.cell), write)


@pytest.mark.parametrize(
    "change",
    [
        lambda moment: setattr(moment, "t", 0.0),
        lambda moment: setattr(moment.solved, "x", None),
        lambda moment: setattr(moment.solved.step, "R_film", 0.0),
        lambda moment: setattr(moment.cell, "R_film", 0.0),
        lambda moment: setattr(moment.cell, "j", 0.0),
        lambda moment: setattr(moment.cell, "capacity", 0.0),
    ],
)
def test_who_watches_cannot_change_the_cell_or_the_moment(change):
    ran = experiment()
    with pytest.raises(FrozenInstanceError):
        ran.run(loads(ran.cell), change)


def test_a_moment_stays_as_it_was_while_the_run_goes_on():
    ran = experiment()
    seen = list(ran.moments(loads(ran.cell)))
    columns = ran.now.record.columns
    rows, V = set(zip(columns["voltage_V"], columns["current_A"])), {moment.V for moment in seen}
    assert {(moment.V, moment.current) for moment in seen} <= rows and len(V) > 10
    assert seen[-1].last and seen[-1].number == 1 and np.array_equal(seen[-1].x, ran.x)


def test_a_step_whose_charge_comes_back_has_none():
    """A profile of 20 A m-2 one way and the other left round-off, which was a discharge of its own."""
    ran = experiment()
    there = np.array([0.0, 10.0, 10.0, 20.0]), I * ran.cell.mesh.area * np.array([1.0, 1.0, -1.0, -1.0])
    record = ran.run([Load("closes", profile=there, duration=20.0)])
    assert record.steps[0]["charge_C"] == 0.0
    (said,) = record.notes()
    assert said.startswith("Charge passes both ways in 'closes', 100 % as much")


def test_a_step_of_one_direction_says_nothing_of_two():
    ran = experiment()
    assert ran.run(loads(ran.cell)).notes() == []
