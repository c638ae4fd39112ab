"""What PyBaMM is asked to run, and what comes back."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cell.load import Load
from microsim.reference import dfn


def test_pybamm_s_steps():
    calls = []
    step = SimpleNamespace(
        **{
            kind: lambda value, kind=kind, **how: calls.append((kind, value, how)) or kind
            for kind in ("current", "voltage", "power")
        }
    )
    pybamm = SimpleNamespace(step=step)
    for load in (
        Load("d", 2.0, until_voltage=3.5),
        Load("h", voltage=4.1, until_current=0.1),
        Load("r", duration=600.0),
        Load("p", power=3.0, duration=60.0),
    ):
        dfn._step(pybamm, load)
    assert [call[:2] for call in calls] == [
        ("current", 2.0),
        ("voltage", 4.1),
        ("current", 0.0),
        ("power", 3.0),
    ]
    assert calls[0][2]["termination"] == ["3.5 V"] and calls[1][2]["termination"] == ["0.1 A"]
    assert calls[2][2]["duration"] == 600.0 and calls[2][2]["termination"] is None
    with pytest.raises(InputError, match="profile"):
        dfn._step(pybamm, Load("x", profile=([0, 1], [0, 1])))


def test_a_curve_counts_from_its_step_and_time_rises():
    entries = {
        "Time [s]": [100.0, 100.0, 110.0, 130.0],
        "Discharge capacity [A.h]": [0.5, 0.5, 0.6, 0.8],
        "Voltage [V]": [4.0, 3.9, 3.8, 3.7],
    }
    cycle = {name: SimpleNamespace(entries=np.array(values)) for name, values in entries.items()}
    t, passed, V = dfn._curve(cycle)
    assert t.tolist() == [0, 10, 30] and V.tolist() == [4.0, 3.8, 3.7]
    assert passed == pytest.approx([0, 360, 1080])


def test_without_pybamm_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pybamm", None)
    with pytest.raises(InputError, match="pybamm") as caught:
        dfn.discharge_pybamm({}, [])
    assert "\n" not in str(caught.value)
