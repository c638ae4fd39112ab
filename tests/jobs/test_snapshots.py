"""What is kept while a run goes on."""

import numpy as np
import pytest

from microsim.jobs.snapshots import isolated_sto

from ..cells import half_cell, voxel_grid


def test_times_are_spread_over_the_charge_and_steps_end_on_one(small_run):
    """output.times 4: a third of an hour at 1C apart, so only the beginning and the ends of the steps."""
    assert small_run.sto.times.tolist() == pytest.approx([0, 120, 180])
    assert [profile["step"] for profile in small_run.numbers()["profiles"]] == [
        "Discharge at 1C for 120 s",
        "Rest for 60 s",
    ]


def test_material_that_no_path_joins_keeps_its_lithium():
    labels = np.zeros((6, 4, 4), np.uint8)
    labels[4:], labels[1, 1, 1] = 1, 1
    kept = isolated_sto(half_cell(labels, initial_sto=0.4), voxel_grid(labels))
    assert np.argwhere(np.isfinite(kept)).tolist() == [[1, 1, 1]] and kept[1, 1, 1] == np.float32(0.4)
