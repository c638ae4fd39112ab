"""Observers of a run: all that changes in one is what it keeps, and that goes to a file and comes back."""

import json
from dataclasses import dataclass, fields
from types import SimpleNamespace

import numpy as np
import pytest

from microsim.analysis.observer import Observer, stored
from microsim.analysis.plating import Plating
from microsim.analysis.run_analysis import RunAnalysis
from microsim.analysis.validity import Validity
from microsim.base.records import from_plain, to_plain
from microsim.cell.contacts import LostContact
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.materials import load
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


def test_what_watches_follows_a_cell_that_loses_contact():
    """Its faces become fewer on the way; the particle that fell away shows in the spread."""
    labels = np.zeros((8, 6, 6), np.uint8)
    particle = np.zeros(labels.shape, int)
    for number, (j, k) in enumerate(((0, 0), (0, 3), (3, 0), (3, 3)), 1):
        labels[2:, j : j + 2, k : k + 2], particle[2:, j : j + 2, k : k + 2] = 1, number
    share = np.array([0.0, 1, 0, 0, 0])
    later = ((1, LostContact(share, particle, True)),)
    cell = half_cell(labels, active=load("Graphite_Chen2020"), lost_later=later)
    watch = RunAnalysis(cell, particle, 1e-9), Validity(cell), Plating(cell)
    loads = [Load("d", cell.mesh.area, duration=300.0)] * 2
    for moment in Experiment(cell, 0.4, Tolerances()).moments(loads):
        for one in watch:
            one.note(moment)
    ends = watch[0].kept.endings
    assert ends[0]["particles"]["std"] != ends[1]["particles"]["std"]
    means = np.array([end["particles"]["mean"] for end in ends])
    assert means[1, 0] == means[0, 0] and (means[1, 1:] > means[0, 1:] + 0.01).all()
    splits = watch[0].kept.losses[-1]
    total = splits["open_circuit_V"] - splits["voltage_V"]
    assert sum(splits["parts_V"].values()) == pytest.approx(total, abs=1e-9)
    assert watch[2].kept.step == 1 and watch[1].kept.drop["step"] == "d"
