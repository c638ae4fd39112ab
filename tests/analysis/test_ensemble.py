"""Ensembles under a cell's current: together or one after another, against what was measured."""

import numpy as np
import pytest

from microsim.analysis.ensemble import (
    misfits,
    quantiles,
    read_current,
    read_measured_cell,
    run_ensemble,
    sequence,
)
from microsim.base.errors import InputError
from microsim.case.ensemble import read_ensemble
from microsim.maps.particle_series import Passage

from ..ensembles import TOGETHER, small, write_measured

ENDS = (0.97, 0.1)
LEVELS = [0.9, 0.75, 0.6]


def run(spec):
    current = read_current(spec, spec.field, spec.active().host)
    return current, run_ensemble(spec, current)


def test_the_exchange_current_decides_whether_they_go_together():
    even, apart = (run(read_ensemble(raw))[1].sequence(LEVELS, ENDS) for raw in (small(TOGETHER), small()))
    assert even.verdict == "together" and apart.verdict == "one after another"
    assert even.order < 0.05 and apart.order > 0.4 and apart.spread > 10 * even.spread
    assert apart.duration < even.duration


def test_order_is_one_where_each_goes_at_once_and_zero_where_all_are_alike():
    t = np.linspace(0, 1, 401)
    sto = np.clip(1 - (t - np.arange(10)[:, None] / 10) * 400, 0, 1)
    gone = [Passage(3600 * k, 10.0) for k in range(10)]
    found = sequence(gone, sto, (1.0, 0.0))
    assert found.order == pytest.approx(1.0) and found.spread == pytest.approx(3600 * np.std(np.arange(10)))
    assert sequence(gone, sto[:1] + 0 * sto, (1.0, 0.0)).order == pytest.approx(0.0, abs=1e-12)
    half = sequence(gone[:2], sto[[0, 0]] * [[1.0], [0.5]], (1.0, 0.0), weights=[3, 1])
    assert half.order == pytest.approx(2 * 0.5 * np.sqrt(3) / 4)
    noisy = sequence(gone, sto, (1.0, 0.0), sigma=0.3)
    assert noisy.noise == pytest.approx(0.6) and noisy.verdict == "not told from noise"
    assert found.verdict == sequence(gone, sto, (1.0, 0.0), sigma=0.1).verdict == "one after another"
    assert sequence([Passage(None, None)] * 10, sto, (1.0, 0.0)).spread is None


def test_its_own_measurement_is_met(tmp_path):
    spec = read_ensemble(small())
    _, found = run(spec)
    again = read_ensemble(small(**write_measured(tmp_path, found)))
    current, same = run(again)
    measured = read_measured_cell(again, again.field, current)
    assert current.t_turn == pytest.approx(11 * 3600) and current.sto_turn == pytest.approx(0.1)
    off = misfits(same, measured, None)
    assert set(off) == {"half_way", "duration", "voltage"}
    assert np.abs(off["half_way"]).max() < 120 and np.sqrt((off["voltage"] ** 2).mean()) < 0.01
    assert measured.calibration.lithium(0.2) == pytest.approx(0.97, abs=0.01)
    assert measured.sequence().order == pytest.approx(same.sequence(LEVELS, ENDS).order, rel=0.05)
    assert "by the charge" in measured.remarks[0] and "than the charge leaves" in measured.remarks[1]


def test_a_sign_or_capacity_that_cannot_be_is_said(tmp_path):
    raw = small(**write_measured(tmp_path, run(read_ensemble(small()))[1]))
    for change, words in (
        ({"current.positive": "discharge"}, r"got 1\.\d+ at .* h with 100 mAh/g"),
        ({"current.capacity_mAh_g": 80.0}, "give capacity_mAh_g"),
        ({"current": {"hours": 2, "to_sto": 0.97}}, "expected one that changes the mean lithiation"),
    ):
        spec = read_ensemble(raw, change)
        with pytest.raises(InputError, match=words):
            read_current(spec, spec.field, spec.active().host)


def test_times_of_another_unit_and_particles_of_few_points(tmp_path):
    sections = write_measured(tmp_path, run(read_ensemble(small()))[1])
    spec = read_ensemble(small(**sections))
    current, whiteline = read_current(spec, spec.field, spec.active().host), tmp_path / "whiteline.csv"
    lines = whiteline.read_text().splitlines()
    whiteline.write_text("\n".join([*lines, "d,2,0.2", "d,3,0.3"]) + "\n")
    measured = read_measured_cell(spec, spec.field, current)
    assert measured.passages()[3].half_way is None and "d: no half-way time" in measured.remarks[-1]
    assert measured.sequence().spread is not None
    later = [lines[0], *(f"a,{100 + k},{k}" for k in range(6))]
    whiteline.write_text("\n".join(later) + "\n")
    with pytest.raises(InputError, match="expected times within those of the current, 0 to 11 h"):
        read_measured_cell(spec, spec.field, current)


@pytest.mark.parametrize("name", ["whiteline", "potential"])
def test_hours_that_are_called_seconds_are_refused(tmp_path, name):
    spec = read_ensemble(small(**write_measured(tmp_path, run(read_ensemble(small()))[1])))
    path = tmp_path / f"{name}.csv"
    path.write_text(path.read_text().replace("time_h", "time_s"))
    current = read_current(spec, spec.field, spec.active().host)
    with pytest.raises(InputError, match=f"measured.{name}: expected times within those of the current"):
        read_measured_cell(spec, spec.field, current)


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("current", "current_A", "amperes"),
        ("current", "I (A/g)", "amperes"),
        ("current", "current_mA", "of the whole cell"),
        ("current", "I (mA/cm2)", "per area"),
        ("current", "c_rate", "a C-rate"),
        ("potential", "E (mV)", "divide by 1000"),
    ],
)
def test_a_column_of_another_unit_is_refused(tmp_path, name, head, words):
    spec = read_ensemble(small(**write_measured(tmp_path, run(read_ensemble(small()))[1])))
    path = tmp_path / f"{name}.csv"
    path.write_text(path.read_text().replace("value", head))
    with pytest.raises(InputError, match=words):
        current = read_current(spec, spec.field, spec.active().host)
        read_measured_cell(spec, spec.field, current)
    path.write_text(path.read_text().replace(head, "I (mA/g)" if name == "current" else "E (V)"))
    current = read_current(spec, spec.field, spec.active().host)
    assert read_measured_cell(spec, spec.field, current).potential is not None


def test_anchors_the_wrong_way_round_are_refused(tmp_path):
    sections = write_measured(tmp_path, run(read_ensemble(small()))[1])
    anchors = {"shift_eV": [4.2, 0.2], "sto": [0.97, 0.1]}
    spec = read_ensemble(small(**sections), {"measured.calibration": anchors})
    current = read_current(spec, spec.field, spec.active().host)
    with pytest.raises(InputError, match="swap the anchors"):
        read_measured_cell(spec, spec.field, current)


def test_one_particle_is_neither_together_nor_apart():
    alone = sequence([Passage(1.0, 1.0)], np.array([[0.9, 0.1]]), (0.9, 0.1))
    assert alone.order is None and alone.verdict == "not known"


def test_quantiles_do_not_ask_who_is_who():
    passages = [Passage(x, None) for x in (30.0, 10.0, 20.0, None)]
    assert quantiles(passages, 3).tolist() == [10, 20, 30]
    assert quantiles(passages, 1).tolist() == [20]
    assert quantiles(passages, 1, weights=[8, 1, 1, 1])[0] > 22
    assert np.isnan(quantiles([Passage(None, None)], 2)).all()


def test_particles_that_were_never_measured_at_once_are_told():
    """One until an hour, the other from two hours on: there is no mean to hold against the charge."""
    from types import SimpleNamespace

    from microsim.analysis.ensemble import _departure

    early, late = (
        SimpleNamespace(t=np.linspace(*ends, 5), shift=np.zeros(5)) for ends in ((0, 3600), (7200, 9000))
    )
    calibration = SimpleNamespace(lithium=lambda shift: 0.5 + shift)
    current = SimpleNamespace(t=np.array([0.0, 9000.0]), sto=np.array([0.5, 0.4]))
    assert _departure([early, late], calibration, current).startswith("The particles have no time in common")
    assert _departure([early], calibration, current).startswith("The particles hold up to 0.04 more lithium")
