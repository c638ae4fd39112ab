"""What a run is worth at what was measured: curves between rows and beyond, maps with holes, weights."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.case.free import parameters
from microsim.jobs.fit_model import FitModel, fit_measured
from microsim.jobs.fit_targets import curve_at, target_of
from microsim.volumes.volume import write_volume

from ..fits import CASE, settings

FREE = {"cell.materials.cathode.i0_scale": {}}


def test_a_curve_is_smooth_between_rows_and_straight_beyond():
    at = np.sort(np.random.default_rng(1).uniform(0, 10, 60))
    x = np.linspace(at[0], at[-1], 300)
    np.testing.assert_allclose(curve_at(x, at, np.exp(-at / 4)), np.exp(-x / 4), atol=3e-3)
    np.testing.assert_allclose(curve_at(x, at, 2 * at + 1), 2 * x + 1, atol=1e-12)
    end = at[-1]
    np.testing.assert_allclose(curve_at(np.array([end + 3]), at, 4 - at), [4 - end - 3])
    a, b = np.random.default_rng(2).normal(size=(2, 60))  # derivatives are differences of such curves
    np.testing.assert_allclose(curve_at(x, at, a - b), curve_at(x, at, a) - curve_at(x, at, b), atol=1e-9)


def test_a_curve_of_several_steps_jumps():
    at, V = np.array([0.0, 1.0, 1.0, 2.0]), np.array([4.0, 3.9, 4.1, 4.1])
    np.testing.assert_allclose(curve_at(np.array([0.5, 1.5]), at, V), [3.95, 4.1])


def read(tmp_path, values, **asked):
    """The target of a map on the slab of 42 um x 7 x 7, and the view of a run that has not begun."""
    values = np.asarray(values, np.float32).reshape(-1, 1, 1)
    write_volume(tmp_path / "m.tif", values)
    edge = 42000 / values.shape[0]
    one = {"measured": str(tmp_path / "m.tif"), "voxel_size_nm": [edge, 7000, 7000], "file_axes": "xyz"}
    case = load_case(CASE, settings(FREE, [{**one, "sigma": 0.02, **asked}]))
    measured, _ = fit_measured(case)
    target = target_of(measured[0], 0)
    return target, FitModel(case, parameters(case), [target], [], lambda _: ()).blank(np.zeros(1))


def test_voxels_without_a_value_or_a_noise_are_left_out(tmp_path):
    target, view = read(tmp_path, [0.31, np.nan, 0.35])
    values, sigma, weight = target.measured(view)
    assert values == pytest.approx([0.31, 0.35]) and sigma.tolist() == [0.02, 0.02] and weight == 1.0
    np.testing.assert_allclose(target.values(view), [0.0960190753] * 2, rtol=1e-6)
    write_volume(tmp_path / "s.tif", np.array([0.02, 0.02, 0.0], np.float32).reshape(-1, 1, 1))
    target, view = read(tmp_path, [0.31, 0.33, 0.35], sigma=str(tmp_path / "s.tif"))
    assert target.measured(view)[0] == pytest.approx([0.31, 0.33])


def test_a_measured_value_that_fills_several_voxels_counts_once(tmp_path):
    target, view = read(tmp_path, [0.31, 0.31, 0.33, 0.33, 0.352, 0.352])
    assert target.measured(view)[2] == pytest.approx(0.5)


WRONG = {
    "no noise": ([0.31, 0.33, 0.35], {"sigma": None}, "expected the noise of the map"),
    "no value": ([np.nan] * 3, {}, "expected"),
    "elsewhere": ([0.31, 0.33, 0.35], {"origin_um": [900, 0, 0]}, "expected two maps that overlap"),
    "per cent": ([31.5, 33.5, 35.5], {}, "divide per cent by 100"),
}


@pytest.mark.parametrize(("values", "asked", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_refused(tmp_path, values, asked, sentence):
    with pytest.raises(InputError, match=sentence):
        target, view = read(tmp_path, values, **asked)
        target.measured(view)
