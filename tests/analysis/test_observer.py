"""Observers of a run: all that changes in one is what it keeps, and that goes to a file and comes back."""

import json
from dataclasses import dataclass, fields
from types import SimpleNamespace

import numpy as np
import pytest

from microsim.analysis.observer import Observer, stored
from microsim.analysis.run_analysis import RunAnalysis
from microsim.analysis.validity import Validity
from microsim.base.records import from_plain, to_plain
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.shapes.splitting import label_particles

from ..base.test_records import same
from ..cells import half_cell, image, voxel_grid

LABELS = image((9, 6, 6), 1)


def analysis(cell):
    return RunAnalysis(cell, label_particles(voxel_grid(LABELS), ["am"]), 0.2 * cell.mesh.area)


@pytest.mark.parametrize("made", [analysis, Validity])
def test_all_that_changes_is_kept(made):
    cell = half_cell(LABELS)
    observer, fresh = made(cell), made(cell)
    before = {name: value for name, value in vars(observer).items() if name != "kept"}
    loads = [Load("d", 20 * cell.mesh.area, duration=30.0), Load("c", -20 * cell.mesh.area, duration=30.0)]
    Experiment(cell, 0.4, Tolerances()).run(loads, observer.note)
    assert all(vars(observer)[name] is value for name, value in before.items())
    for f in fields(observer.kept):
        assert not same(getattr(observer.kept, f.name), getattr(fresh.kept, f.name)), f.name
    plain, arrays = to_plain(observer.snapshot())
    fresh.restore(from_plain(json.loads(json.dumps(plain)), arrays))
    assert same(fresh.kept, observer.kept)


@dataclass
class Seen:
    times: list


class Clock(Observer):
    """Keep the times."""

    def __init__(self):
        self.kept = Seen([])

    def note(self, moment):
        self.kept.times.append(moment.t)


def test_a_snapshot_does_not_follow():
    clock = Clock()
    clock.note(SimpleNamespace(t=1.0))
    kept = clock.snapshot()
    clock.note(SimpleNamespace(t=2.0))
    assert kept.times == [1.0]
    clock.restore(kept)
    clock.note(SimpleNamespace(t=3.0))
    assert clock.kept.times == [1.0, 3.0] and kept.times == [1.0]


def test_an_observer_must_say_what_it_notes():
    with pytest.raises(NotImplementedError):
        Observer().note(None)


@pytest.mark.parametrize(
    "t, last, throughput, due",
    [(0.0, False, 0.0, True), (1.0, False, 0.4, False), (1.0, True, 0.4, True), (1.0, False, 1.0, True)],
)
def test_fields_are_stored_at_the_start_at_ends_and_each_time_enough_has_passed(t, last, throughput, due):
    moment = SimpleNamespace(t=t, last=last, landed=False, throughput=throughput)
    assert stored(moment, 0.5, 0.5) is due
    assert stored(SimpleNamespace(t=1.0, last=False, landed=False, throughput=0.0), -np.inf, 0.5)
    assert stored(SimpleNamespace(t=1.0, last=False, landed=True, throughput=0.0), 0.0, 0.5)
