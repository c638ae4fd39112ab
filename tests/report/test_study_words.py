"""How keys, values and cases of a study are worded."""

import pytest

from microsim.report.study_words import case_label, short, value_words

KEYS = ["c_rate", "volume.slab.thickness_um"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("c_rate", "C-rate"),
        ("protocol.0", "protocol.0"),
        (KEYS[1], "thickness (µm)"),
        ("cell.materials.am.D_s_m2_s", "D_s (m² s⁻¹)"),
        ("cell.film.seed", "seed"),
    ],
)
def test_keys_are_worded_with_their_units(key, words):
    assert short(key) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (2e-15, "2e-15"),
        ("Discharge at 1C", "Discharge at 1C"),
        (True, "true"),
        ({"model": "none"}, "none"),
        ([1, 2], "[1, 2]"),
        ({"model": "uniform", "thickness_nm": 12.0}, "uniform, thickness_nm 12"),
        (
            {"base": "NMC811_Chen2020", "active": {"base": "LFP", "sto_0": 0.9}},
            "NMC811_Chen2020, active LFP, sto_0 0.9",
        ),
    ],
)
def test_swept_values_are_worded_without_brackets(value, words):
    assert value_words(value) == words


def test_a_case_is_told_by_its_name_or_by_what_differs():
    swept = {"c_rate": 2, KEYS[1]: 42, "cell.film": None}
    assert case_label({"swept": swept}, [*KEYS, "cell.film"]) == "C-rate 2, thickness (µm) 42"
    assert case_label({"swept": swept}, KEYS, without="c_rate") == "thickness (µm) 42"
    named = {"swept": swept, "label": "less salt", "sweep": ["c_rate"]}
    assert case_label(named, KEYS) == "less salt, C-rate 2"
    assert case_label({**named, "sweep": []}, KEYS) == "less salt"
