"""Fields of a run: values, grid, times, sections, profiles."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.quantities import FIELDS
from microsim.jobs.field import Field

STEP = "Discharge at 1C for 120 s"


def test_a_field_has_a_grid_times_and_values(small_run):
    sto = small_run.sto
    assert sto.values.shape == sto.grid.shape == (12, 8, 8) and sto.unit == "1"
    assert np.array_equal(np.isfinite(sto.values), sto.grid.mask("am"))
    assert sto.grid.voxel_size == pytest.approx((400e-9,) * 3) and sto.times[0] == 0
    assert (sto.time, sto.step) == (pytest.approx(180), "Rest for 60 s")
    assert small_run.c_e.unit == "mol m-3" and list(small_run.fields) == sorted(FIELDS)
    assert (
        np.isfinite(np.asarray(small_run.phi_s)).any()
        and small_run.phi_e.values.shape == small_run.j.values.shape
    )
    assert "at 180 s (Rest for 60 s)" in repr(sto)


def test_a_field_at_another_time(small_run):
    begun, discharged = small_run.sto.at(0), small_run.sto.at(STEP)
    assert np.unique(begun.values[begun.grid.mask("am")]).size == 1
    assert discharged.time == pytest.approx(120) and small_run.sto.at(120.0).time == discharged.time
    assert np.nanmean(discharged.values) > np.nanmean(begun.values)
    assert small_run.sto.at("end").time == small_run.sto.time
    with pytest.raises(InputError, match=r"time: expected end, seconds, a step \(Discharge.*got Charge"):
        small_run.sto.at("Charge at 1C")


def test_a_time_that_is_not_stored_is_not_rounded(small_run):
    with pytest.raises(InputError, match=r"got 119 s between \d+ and 120 s; take one of these"):
        small_run.sto.at(119)
    with pytest.raises(InputError, match="after the last, 180 s"):
        small_run.sto.at(1500)


def test_a_field_at_a_step_by_its_number(small_run):
    for asked in ("step:0", f"{STEP}#1"):
        assert small_run.sto.at(asked).index == small_run.sto.at(STEP).index
    with pytest.raises(InputError, match="got step:2; correct it"):
        small_run.sto.at("step:2")


def test_a_section_and_a_profile(small_run):
    sto = small_run.sto
    assert np.array_equal(sto.section().values, sto.values[:, :, 4], equal_nan=True)
    assert np.array_equal(sto.section(x=3).values, sto.values[3], equal_nan=True)
    profile = sto.profile()
    assert profile.x_m == pytest.approx((np.arange(12) + 0.5) * 400e-9)
    assert profile.values[5] == pytest.approx(np.nanmean(sto.values[5], dtype=float))
    stored = small_run.numbers()["profiles"][-1]["sto"]
    assert profile.values == pytest.approx([np.nan if v is None else v for v in stored], nan_ok=True)
    section = repr(small_run.c_e.section(z=2))
    assert "section z = 1.00 µm" in section and " mol m-3, mean " in section and "12 x 8 pixels" in section
    assert "mean of each layer over the depth: " in repr(profile) and "12 layers" in repr(profile)
    for figure in (sto.plot(), sto.section(y="middle").plot(deviation=True), profile.plot()):
        assert figure.axes


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="not there"):
        _ = Field(tmp_path / "fields.h5", "sto").values


@pytest.mark.parametrize("time", [float("nan"), None, True, [120]])
def test_a_time_that_is_no_number_is_no_state(small_run, time):
    with pytest.raises(InputError, match="time: expected a number"):
        small_run.sto.at(time)
