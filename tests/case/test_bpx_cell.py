"""A cell of a BPX file: its window, and what of it does not agree."""

import math

import pytest

from microsim.base.errors import InputError
from microsim.case.bpx import parse_bpx
from microsim.case.bpx_cell import check_bpx

from ..bpx_example import CAPACITY, example

P, N, C = "Positive electrode", "Negative electrode", "Cell"


INCONSISTENT = {
    "cut-offs the wrong way": ({f"{C}/Lower voltage cut-off [V]": 4.3}, "lower below the upper cut-off"),
    "cut-offs above the window": (
        {f"{C}/Lower voltage cut-off [V]": 4.3, f"{C}/Upper voltage cut-off [V]": 4.5},
        "OCV lies between the cut-offs",
    ),
    "a window turned round": ({f"{P}/OCP [V]": "0.5 - 0.1 * x"}, "got .* V charged and .* V discharged"),
    "windows of different capacity": (
        {f"{N}/Maximum stoichiometry": 0.95},
        "same capacity in the stoichiometry windows",
    ),
    "a nominal capacity of one pair": (
        {f"{C}/Nominal cell capacity [A.h]": CAPACITY / 2.5},
        "Nominal cell capacity near",
    ),
    "windows the wrong way": (
        {f"{P}/Minimum stoichiometry": 0.95},
        "Minimum below the Maximum stoichiometry",
    ),
    "too full": ({f"{P}/Surface area per unit volume [m-1]": 5e5}, "sum to at most 1"),
    "too fast pores": ({f"{P}/Transport efficiency": 0.4}, "transport efficiency of at most the porosity"),
    "a rising OCP": ({f"{P}/OCP [V]": "3 + x"}, "OCP that falls"),
    "an OCP that is none": ({f"{P}/OCP [V]": "3 + y"}, r"Positive electrode.OCP \[V\]: expected numbers, x"),
    "code in a formula": ({f"{P}/OCP [V]": "__import__('os').system('true')"}, "expected numbers, x"),
    "a negative diffusivity": (
        {f"{P}/Diffusivity [m2.s-1]": "1e-14 * (0.5 - x)"},
        "Positive electrode: expected D_s",
    ),
    "a conductivity in mS": ({"Electrolyte/Conductivity [S.m-1]": 9500}, "Electrolyte: expected kappa"),
    "no thickness": ({f"{P}/Thickness [m]": None}, r"expected Thickness \[m\], got none"),
    "a misspelt key": ({f"{P}/Thicknes [m]": 1e-5}, r"did you mean Thickness \[m\]"),
    "text for a number": ({f"{P}/Porosity": "some"}, "Positive electrode.Porosity: expected a number"),
    "a broken table": ({f"{P}/OCP [V]": {"x": [0, 1], "y": [4]}}, "as many x as y"),
    "a table of text": ({f"{P}/OCP [V]": {"x": [0, 1], "y": [4, "a"]}}, r"OCP \[V\].y.1: expected a number"),
    "hysteresis": ({f"{P}/OCP (lithiation) [V]": "4 - x"}, "does not model"),
    "a blend": ({f"{P}/Particle": {}}, "blended electrodes"),
    "an old SPM": ({"Header/Model": "SPM"}, "expected DFN, SPMe or Partial"),
    "no cell": ({"Parameterisation/Cell": None}, "expected the section Cell"),
    "an x twice": ({f"{P}/OCP [V]": {"x": [0, 0.5, 0.5], "y": [4, 3, 2]}}, "expected each x once, got 0.5"),
    "salt in mol/l": (
        {"Electrolyte/Initial concentration [mol.m-3]": 1.2},
        "expected a number from 10 to 10000, got 1.2",
    ),
    "an energy that is none": (
        {f"{P}/Diffusivity activation energy [J.mol-1]": 2e7},
        "from -300000 to 300000",
    ),
    "a state that is none": (
        {"State/Initial conditions": [1]},
        "State.Initial conditions: expected a section",
    ),
    "an infinite OCP": ({f"{P}/OCP [V]": "4 - x + exp(9**9**9)"}, "expected U from .* got inf"),
    "a later version": (
        {"Header/BPX": "2.0.0"},
        'Header.BPX: expected a version of the standard from 0.1 to 1.x, got "2.0.0"',
    ),
    "no version": ({"Header/BPX": None}, "Header.BPX: expected a version .* got none"),
    "a version in words": ({"Header/BPX": "latest"}, 'got "latest"'),
    "a thickness in um": (
        {"Separator/Thickness [m]": 25},
        r"Separator.Thickness \[m\]: expected a number from 1e-08 to 0.01",
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("changes", "sentence"), INCONSISTENT.values(), ids=INCONSISTENT)
def test_an_inconsistent_file_is_refused(changes, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        check_bpx(parse_bpx(example(**changes)))
    said = str(error.value)
    assert "\n" not in said and "expected" in said and "got" in said


def test_the_example_itself_is_sound():
    cell = parse_bpx(example())
    check_bpx(cell)
    assert cell.ocv() == pytest.approx(
        (4.6 - 0.4 + 0.05 * math.tanh(1.6) - 0.08, 4.6 - 0.9 - 0.05 * math.tanh(2.4) - 0.5)
    )


@pytest.mark.parametrize(("lower", "upper", "said"), [(3.1, 4.0, True), (3.4, 4.2, True), (3.1, 4.2, False)])
def test_windows_beyond_the_cut_offs_are_said(lower, upper, said):
    """As the package bpx does, which warns beyond 1 mV."""
    cell = parse_bpx(
        example(**{f"{C}/Lower voltage cut-off [V]": lower, f"{C}/Upper voltage cut-off [V]": upper})
    )
    check_bpx(cell)
    assert ["passes the cut-offs" in note for note in cell.notes()] == [True] * said


def test_where_the_electrodes_stand_at_a_state_of_charge():
    conditions = {"State/Initial conditions": {"Initial state-of-charge": 0.3}}
    cell = parse_bpx(example(**conditions))
    assert cell.sto("positive") == pytest.approx(0.9 - 0.3 * 0.5)
    assert cell.sto("negative") == pytest.approx(0.05 + 0.3 * 0.75)
    charged = parse_bpx(example())
    assert (charged.sto("positive"), charged.sto("negative")) == (0.4, 0.8)


@pytest.mark.parametrize(("factor", "said"), [(1.0, False), (1.2, False), (0.6, True), (1.9, True)])
def test_a_nominal_capacity_far_from_the_windows_is_said(factor, said):
    """An electrode coated on both sides, of which one is counted, is off by two: 1C was half of it."""
    raw = example()
    raw["Parameterisation"][C]["Nominal cell capacity [A.h]"] = CAPACITY * factor
    told = [note for note in parse_bpx(raw).notes() if "nominal capacity" in note]
    assert len(told) == said and all(f"is {factor:.2g} times" in note for note in told)
