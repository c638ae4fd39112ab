"""What a run tells beside its voltage: parts of the voltage, unevenness, and how both go on after a stop."""

import numpy as np
import pytest

from microsim.analysis.run_analysis import Noted, RunAnalysis
from microsim.base.quantities import VOLTAGE_PARTS
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.shapes.splitting import label_particles

from ..cells import half_cell, image, voxel_grid

H = 0.5e-6


def balls(radius=4):
    """Two balls along x that only pores part, joined to the collector by CBD; x, y, z."""
    x, y, z = np.indices((22, 10, 10)) + 0.5
    labels = np.zeros((22, 10, 10), int)
    labels[:, :, 8:] = 2
    for centre in (5.0, 16.0):
        labels[(x - centre) ** 2 + (y - 5) ** 2 + (z - 5) ** 2 < radius**2] = 1
    return labels


def test_an_analysis_of_a_run_goes_on_where_it_was():
    """Every time that is stored has a split; the snapshot goes on as if nothing had been."""
    labels = balls()
    loads = [Load("Discharge", 6.0 * 100 * H * H, duration=1200.0), Load("Rest", duration=300.0)]

    def start():
        cell = half_cell(labels, H)
        particles = label_particles(voxel_grid(labels, H), ["am"])
        return Experiment(cell, None, Tolerances()), RunAnalysis(cell, particles, loads[0].current * 300)

    experiment, analysis = start()
    other, again = start()
    for moment in experiment.moments(loads):
        analysis.note(moment)
        if moment.time_steps == 21 and moment.number == 0:
            assert experiment.now.sets_anew  # as where a checkpoint is written
            other.restore(experiment.snapshot())
            again.restore(analysis.snapshot())
    other.run(loads, again.note)
    first, second = analysis.overpotentials(1e-12), again.overpotentials(1e-12)
    assert first["time_s"] == pytest.approx(second["time_s"], rel=1e-9)
    assert first["total_V"] == pytest.approx(second["total_V"], abs=1e-9)
    assert first["largest_miss_V"] < 1e-12 and len(first["time_s"]) >= 7
    assert [end["name"] for end in analysis.heterogeneity()["ends"]] == ["Discharge"]
    times = analysis.heterogeneity()["times"]
    assert set(zip(times["step"], times["time_s"])) <= set(zip(first["step"], first["time_s"]))
    assert times["local_c_rate"][0] is None and times["local_c_rate"][1]["mean"] > 0
    assert again.heterogeneity()["times"]["local_c_rate"][1] == pytest.approx(
        times["local_c_rate"][1], rel=1e-6
    )
    assert times["peak_depth_m"][0] is not None and times["peak_depth_m"][-1] is None


def noted(**kept):
    """An analysis of no cell that holds what is given."""
    analysis = RunAnalysis.__new__(RunAnalysis)
    analysis.kept = Noted(**kept)
    return analysis


def test_parts_become_columns_and_what_they_miss_is_told():
    parts = {name: 0.01 * k for k, name in enumerate(VOLTAGE_PARTS)}
    whole = sum(parts.values())
    row = {"time_s": 1.0, "step": 0, "name": "d", "open_circuit_V": 4.0, "weights": None, "parts_V": parts}
    losses = [
        row | {"voltage_V": 4.0 - whole, "charge_C": 0.0},
        row | {"voltage_V": 3.9 - whole, "charge_C": 3.6},
    ]
    found = noted(losses=losses).overpotentials(1e-3)
    assert found["capacity_mAh_g"] == pytest.approx([0, 1]) and found["step_name"] == ["d", "d"]
    assert found["total_V"] == pytest.approx([whole, whole + 0.1])
    assert found["largest_miss_V"] == pytest.approx(0.1)
    assert set(found["parts_V"]) == set(found["meaning"]) == set(VOLTAGE_PARTS)
    assert noted().overpotentials(1e-3)["largest_miss_V"] == 0


def test_voltages_are_split_more_often_than_maps_are_measured():
    labels = image((9, 6, 6), 1)
    cell = half_cell(labels)
    load = Load("d", 20 * cell.mesh.area, duration=60.0)
    every = load.current * 30
    analysis = RunAnalysis(cell, label_particles(voxel_grid(labels), ["am"]), every)
    Experiment(cell, 0.4, Tolerances()).run([load], analysis.note)
    times, split = (analysis.heterogeneity()["times"]["time_s"], analysis.overpotentials(1e-12)["time_s"])
    assert times[0] == split[0] == 0 and times[-1] == split[-1] == pytest.approx(60)
    assert set(times) < set(split) and len(times) >= 3
    assert len(analysis.heterogeneity()["ends"]) == 1
