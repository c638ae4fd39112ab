"""An ensemble as YAML says it: what it becomes in SI, and mistakes in one sentence."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.ensemble import read_ensemble

from ..ensembles import small


def test_it_becomes_si_and_its_parameters_stand_in_the_formulae():
    found = read_ensemble(small(count=[4, 1, 1], temperature_K=310))
    assert found.radii == pytest.approx((2e-6, 3e-6, 4.5e-6)) and found.temperature == 310.0
    assert found.volumes / found.volumes[1] == pytest.approx([4 * 8 / 27, 1, 4.5**3 / 27])
    i0 = found.active({"low": 1e-3}).i0(1000.0, np.array([0.5, 0.9, 0.97]), 310.0)
    half = (1 - np.tanh((np.array([0.5, 0.9, 0.97]) - 0.9) / 0.03)) / 2
    np.testing.assert_allclose(i0, 1e-3 * 1e3**half, rtol=1e-12)


def test_settings_change_it_and_files_lie_beside_it(tmp_path):
    path = tmp_path / "e.yaml"
    path.write_text(
        "radii_um: [2]\nmaterial: NMC532_Xu2019\ninitial_sto: 0.9\ncurrent: {hours: 1, to_sto: 0.5}\n"
    )
    (tmp_path / "w.csv").write_text("")
    found = read_ensemble(path, ["radii_um.0=5", "title=other"])
    assert found.radii == pytest.approx((5e-6,)) and found.title == "other"
    assert found.locate("w.csv") == str(tmp_path / "w.csv") and found.locate("none.csv") == "none.csv"
    assert read_ensemble(small(), {"initial_sto": 0.8}).initial_sto == 0.8


WRONG = {
    "no radius": ({"radii_um": []}, "radii_um: expected a list of 1 to 200 numbers"),
    "a radius below zero": ({"radii_um": [2, -1]}, r"radii_um.1: expected a number above 0"),
    "counts of others": ({"count": [1, 2]}, "count: expected one for each of 3 radii, got 2"),
    "no current": ({"current": {}}, "current: expected file with positive .* or hours with to_sto, got none"),
    "a file without a sign": ({"current": {"file": "a.csv"}}, "got file; complete one of the two"),
    "both": ({"current": {"file": "a", "positive": "charge", "hours": 1}}, "got file, positive, hours"),
    "a blind field without a sign": (
        {"blind": {"title": "a", "current": {"file": "a.csv"}}},
        "blind.0.current: expected file with positive",
    ),
    "a parameter that is nowhere": (
        {"parameters": {"low": 1, "high": 2, "edge": 0.9, "far": 1}},
        "parameters.far",
    ),
    "a parameter called sto": ({"parameters": {"sto": 1}}, "a name of its own"),
    "a parameter left out": ({"parameters": {"low": 1.0, "high": 2.0}}, 'material.i0_A_m2: .*got "edge"'),
    "a free one that is none": (
        {"fit": {"free": ["far"]}, "measured": {"whiteline": "w"}},
        'fit.free: expected names of parameters .*low, high, edge.*got "far"',
    ),
    "a free one twice": ({"fit": {"free": ["low", "low"]}}, "fit.free: expected each name once"),
    "a fit to nothing": ({"fit": {"free": ["low"]}}, "fit: expected something measured"),
    "an electrolyte": ({"material": "LiPF6_EC_EMC_3_7", "parameters": None}, "of the kind electrolyte"),
    "a formula below zero": ({"material.i0_A_m2": "low + high + edge - 3"}, "material.i0_A_m2: .*above zero"),
    "another key": ({"radius_um": 3}, "radius_um: expected a known key"),
    "anchors that are one": (
        {"measured": {"whiteline": "w", "calibration": {"shift_eV": [1, 1]}}},
        "two different numbers",
    ),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_mistakes_are_one_sentence(changes, words):
    with pytest.raises(InputError, match=words) as error:
        read_ensemble(small(), changes).active()
    assert "\n" not in str(error.value) and "cell." not in str(error.value)
