"""Where a BPX file's cell begins, and what of its state is not used."""

import re

import pytest

from microsim.base.errors import InputError
from microsim.case.bpx import parse_bpx
from microsim.case.bpx_state import read_state

from ..bpx_example import example

CONDITIONS = {
    "Initial state-of-charge": 0.3,
    "Initial temperature [K]": 318.15,
    "Initial electrolyte concentration [mol.m-3]": 1100,
}


def test_a_state_of_version_1():
    state = read_state({"Initial conditions": CONDITIONS}, {}, 298.15)
    assert (state.soc, state.temperature, state.c_e_0, state.notes) == (0.3, 318.15, 1100.0, ())


@pytest.mark.parametrize(
    ("cell", "temperature"),
    [
        ({}, 298.15),
        ({"initial": 268.15, "ambient": 268.15}, 268.15),
        ({"initial": 268.15}, 268.15),
        ({"ambient": 308.15}, 308.15),
    ],
)
def test_temperatures_of_version_0(cell, temperature):
    assert read_state(None, cell, 298.15).temperature == temperature


NOTES = {
    "another ambient": (
        {"Initial conditions": CONDITIONS, "Thermal environment": {"Ambient temperature [K]": 298.15}},
        "Ambient temperature of 298.15 K: not used, the cell stays at its initial temperature, 318.15 K",
    ),
    "lost lithium": (
        {
            "Degradation": {
                "LLI": 0.1,
                "LAM: Positive electrode": 0,
                "LAM: Negative electrode": {"Primary": 0.2},
            }
        },
        r"State.Degradation \(LLI 0.1, LAM: Negative electrode {'Primary': 0.2}\): not used",
    ),
    "hysteresis": (
        {"Initial conditions": {"Initial hysteresis state: Negative electrode": {"Primary": 1.0}}},
        "Initial hysteresis state: not used",
    ),
}


@pytest.mark.parametrize(("raw", "said"), NOTES.values(), ids=NOTES)
def test_what_is_not_used_is_said(raw, said):
    (note,) = read_state(raw, {}, 298.15).notes
    assert re.match(said, note)


def test_a_pristine_state_needs_no_word():
    raw = {"Degradation": {"LLI": 0, "LAM: Positive electrode": 0.0}, "Initial conditions": None}
    assert read_state(raw, {}, 298.15).notes == ()


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"State": [1]}, "State: expected a section"),
        ({"State": {"Initial condition": {}}}, "State.Initial condition: expected Initial conditions"),
        ({"State": {"Initial conditions": {"Initial SOC": 1}}}, "expected a key of BPX, got Initial SOC"),
        ({"State": {"Initial conditions": {"Initial state-of-charge": 30}}}, "from 0 to 1, got 30"),
        ({"State": {"Initial conditions": {"Initial temperature [K]": 25}}}, "from 200 to 400, got 25"),
        ({"state": {}}, "state: expected Header, Parameterisation, State or Validation"),
    ],
)
def test_a_state_that_is_none(sections, sentence):
    with pytest.raises(InputError, match=sentence):
        parse_bpx(example() | sections)
