"""Parameters of an exchange current found again from half-way times and a potential."""

import numpy as np
import pytest

from microsim.analysis.ensemble import read_current, read_measured_cell, run_ensemble
from microsim.analysis.ensemble_fit import exchange_band, fit_ensemble
from microsim.base.errors import NotConverged
from microsim.case.ensemble import read_ensemble

from ..ensembles import small, write_measured

TRUE = {"low": 1e-4, "high": 1.0, "edge": 0.9}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    spec = read_ensemble(small())
    current = read_current(spec, spec.field, spec.active().host)
    sections = write_measured(tmp_path_factory.mktemp("cell"), run_ensemble(spec, current), noise=0.03)
    start = {"low": 4e-4, "high": 1.0, "edge": 0.87}
    fit = {"free": ["low", "edge"], "sigma_mV": 15, "sigma_h": 0.1}
    spec = read_ensemble(small(**sections, fit=fit) | {"parameters": start})
    current = read_current(spec, spec.field, spec.active().host)
    return spec, current, fit_ensemble(spec, current, read_measured_cell(spec, spec.field, current))


def test_true_parameters_lie_in_the_intervals(fitted):
    found = fitted[2].numbers()
    for name, p in found["parameters"].items():
        low, high = p["interval"]
        assert low < TRUE[name] < high and p["identifiable"]
    assert found["parameters"]["edge"]["interval"] == pytest.approx([0.9, 0.9], abs=0.03)
    assert found["runs"] < 60 and np.diag(found["correlation"]) == pytest.approx([1, 1])


def test_the_band_holds_the_true_exchange_current(fitted):
    spec, _, found = fitted
    sto = np.linspace(0.1, 0.96, 40)
    value, low, high = exchange_band(spec, found, sto)
    true = spec.active(TRUE).i0(1000.0, sto, spec.temperature)
    assert (low <= true * 1.001).mean() > 0.9 and (true <= high * 1.001).mean() > 0.9
    np.testing.assert_allclose(value, spec.active(found.values).i0(1000.0, sto, spec.temperature))


def test_what_does_not_matter_is_not_identifiable(tmp_path):
    spec = read_ensemble(small())
    run = run_ensemble(spec, read_current(spec, spec.field, spec.active().host))
    raw = small(**write_measured(tmp_path, run), fit={"free": ["edge", "none"]})
    raw["material"]["i0_A_m2"] += " + 0 * none"
    spec = read_ensemble(raw | {"parameters": TRUE | {"none": 3.0}})
    current = read_current(spec, spec.field, spec.active().host)
    measured = read_measured_cell(spec, spec.field, current)
    found = fit_ensemble(spec, current, measured).numbers()["parameters"]
    assert found["edge"]["identifiable"] and not found["none"]["identifiable"]


def test_a_start_that_does_not_run_is_said(fitted, monkeypatch):
    def fails(*_):
        raise NotConverged("no step", [1.0])

    monkeypatch.setattr("microsim.analysis.ensemble_fit.run_ensemble", fails)
    spec, current, _ = fitted
    with pytest.raises(NotConverged):
        fit_ensemble(spec, current, read_measured_cell(spec, spec.field, current))
