"""Runs of a fit as a function of its free numbers: their slopes against differences of whole runs, their
files."""

import numpy as np
import pytest

from microsim.case.case import load_case
from microsim.case.free import parameters
from microsim.jobs.compared_state import marks_of
from microsim.jobs.fit_model import FitModel, fit_measured
from microsim.jobs.fit_targets import target_of

from ..fits import CASE, settings, targets, virtual

KEYS = {"cell.materials.cathode.i0_scale": {}, "cell.initial_sto": {"start": 0.1, "low": 0.05, "high": 0.3}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    virtual(folder)
    return folder


def model_of(folder, free=KEYS, kept=None, to=None, **more):
    data = targets(folder)
    to = to or [data.curve, {**data.spectrum, "after": 1}]
    case = load_case(CASE, {**settings(free, to), **more})
    measured, _ = fit_measured(case)
    made = [target_of(one, k) for k, one in enumerate(measured)]
    return FitModel(
        case, parameters(case), made, [], lambda setup: marks_of(measured, setup), kept, {"of": 1}
    )


@pytest.mark.parametrize("what", ["a curve and an impedance at the end", "a map at a voltage, met in time"])
def test_slopes_are_the_differences_of_whole_runs(folder, what):
    exact = {"numerics.time_tolerance": 1e-5, "numerics.newton_tolerance": 1e-8}
    matched = [{**targets(folder).map, "match": {"voltage_V": 3.9}}] if "map" in what else None
    model = model_of(folder, {"cell.materials.cathode.i0_scale": {}}, to=matched, **exact)
    ours, h = model(np.zeros(1)), 0.05
    low, high = (model._run(np.array([q]), False) for q in (-h, h))
    for slopes, a, b in zip(ours.slopes, low.values, high.values):
        theirs = (b - a) / (2 * h)
        assert np.abs(slopes[:, 0] - theirs).max() <= 3e-3 * np.abs(theirs).max()


def test_a_run_is_not_made_twice_but_for_its_derivatives(folder):
    model = model_of(folder)
    alone = model(np.zeros(2), False)
    assert alone.slopes is None and model(np.zeros(2), False) is alone
    first = model(np.zeros(2))
    assert first.slopes and model(np.zeros(2)) is first and len(model.runs) == 2
    for ours, theirs in zip(first.values, alone.values):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    other = model(np.array([0.3, 0.0]), False)
    assert model.near(np.array([0.2, 0.0])) is other and model.near(np.array([0.1, 0.0])) is not other


def test_runs_are_read_from_their_files_and_damaged_ones_made_anew(folder, tmp_path):
    first = model_of(folder, kept=tmp_path)(np.zeros(2))
    again = model_of(folder, kept=tmp_path)
    found = again(np.zeros(2))
    assert again.kept == 1 and found.wall_s == first.wall_s
    np.testing.assert_array_equal(found.slopes[0], first.slopes[0])
    (file,) = tmp_path.glob("run_*.npz")
    file.write_bytes(file.read_bytes()[:200])
    damaged = model_of(folder, kept=tmp_path)
    np.testing.assert_allclose(damaged(np.zeros(2)).values[0], first.values[0])
    assert damaged.kept == 0


def test_neighbours_stay_within_bounds(folder):
    model = model_of(folder, {"cell.initial_sto": {"start": 0.1, "low": 0.1, "high": 0.3, "scale": "linear"}})
    assert model._offset(0, 0.0) > 0 > model._offset(0, 1.0)
    assert np.isfinite(model(np.zeros(1)).slopes[0]).all()
