"""Numbers are written for readers: few digits, true signs, the unit that the key's ending names."""

import math
from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import iter_modules

import pytest

from microsim import case
from microsim.report.number_format import (
    beyond_rounding,
    digits,
    duration,
    fixed,
    label,
    length_text,
    memory,
    percent,
    rows,
    short_time_unit,
    time_unit,
    typeset,
    value_text,
)


def plain(text):
    """Replace the typographic spaces and signs, to keep the expectations below readable."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


@pytest.mark.parametrize(
    ("value", "significant", "text"),
    [
        (0.697012345, 4, "0.6970"),
        (155.04999, 4, "155.0"),
        (3.2123456e-9, 2, "3.2 × 10⁻⁹"),
        (-1.5e7, 2, "-1.5 × 10⁷"),
        (-0.0102345, 3, "-0.0102"),
        (0.0009999, 2, "0.0010"),
        (0.00042, 2, "4.2 × 10⁻⁴"),
        (9.9996, 4, "10.00"),
        (123456.0, 3, "123 000"),
        (9604, 4, "9604"),
        (1234567, 4, "1 234 567"),
        (0.0, 4, "0"),
        (True, 4, "yes"),
        (None, 4, "–"),
        (math.nan, 4, "–"),
        (-math.inf, 4, "-∞"),
    ],
)
def test_digits(value, significant, text):
    assert plain(digits(value, significant)) == text


def test_settings_lose_zeros_at_the_end():
    assert plain(digits(0.5, trim=True)) == "0.5"
    assert plain(digits(1e-6, trim=True)) == "1 × 10⁻⁶"
    assert plain(digits(20000.0, trim=True)) == "20 000"


def test_fixed_and_percent():
    assert plain(fixed(3.88849, 3)) == "3.888" and plain(fixed(0.01, 4, plus=True)) == "+0.0100"
    assert fixed(-6e-8, 4, plus=True) == fixed(-6e-8, 4) == fixed(6e-8, 4, plus=True) == "0.0000"
    assert plain(fixed(-0.01, 2, plus=True)) == "-0.01" and fixed(None, 3) == "–" == fixed(math.nan, 3)
    assert plain(percent(0.30543)) == "30.5 %" and percent(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (3e-4, "< 0.01 s"),
        (0.1234, "0.12 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (183.2, "3 min 3 s"),
        (1800, "30 min"),
        (3599.8, "1 h"),
        (6200, "1 h 43 min"),
        (None, "–"),
    ],
)
def test_duration(seconds, text):
    assert plain(duration(seconds)) == text


def test_time_unit_suits_the_span():
    assert [time_unit(span)[1] for span in (60, 1800, 7200)] == ["s", "min", "h"]


def test_memory_and_length():
    assert plain(memory(812_345_678)) == "812 MB" and plain(memory(7.7e9)) == "7.70 GB"
    assert plain(length_text(1.2e-8)) == "12 nm" and plain(length_text(398e-9)) == "0.398 µm"
    assert (
        plain(length_text(398e-9, 398e-9, 1e-6)) == "0.398 × 0.398 × 1 µm"
        and plain(length_text(2e-3)) == "2 mm"
    )
    assert plain(length_text(0.0, 0.0)) == "0 × 0 µm"


@pytest.mark.parametrize(
    ("key", "value", "words", "text"),
    [
        ("mean_voltage_V", 3.888123456, "Mean voltage", "3.888 V"),
        ("thickness_m", 2e-8, "Thickness", "20 nm"),
        ("voxel_size_m", [398e-9] * 3, "Voxel size", "0.398 × 0.398 × 0.398 µm"),
        ("shape", (64, 48, 48), "Shape", "64 × 48 × 48"),
        ("conductivity_S_m", 1e-6, "Conductivity", "1 × 10⁻⁶ S m⁻¹"),
        ("area_m2", 2.1e-8, "Area", "21 000 µm²"),
        ("capacity_mAh_g", 155.1234, "Capacity", "155.1 mAh g⁻¹"),
        ("wall_s", 183.2, "Wall time", "3 min 3 s"),
        ("setup_s", 0.5, "Setup", "0.50 s"),
        ("peak_memory_bytes", 812e6, "Peak memory", "812 MB"),
        ("newton_iterations", 412, "Newton iterations", "412"),
        ("steps", 3, "Steps", "3"),
        ("used", True, "Used", "yes"),
        ("model", "gaussian", "Model", "gaussian"),
        ("axes", ["x", "y"], "Axes", "x, y"),
        ("history", list(range(100)), "History", "100 entries, in the record"),
    ],
)
def test_keys_and_values(key, value, words, text):
    assert label(key) == words
    assert plain(value_text(key, value)) == text


# every unit that a key of a case or of a result ends on: 2 of it for a reader
UNITS = {
    "nm": "2 nm",
    "um": "2 µm",
    "mm": "2 mm",
    "m": "2000 mm",
    "m2": "2 × 10¹² µm²",
    "cm2": "2 cm²",
    "mm2": "2 mm²",
    "m3": "2 × 10¹⁸ µm³",
    "m-1": "2 × 10⁻⁶ µm⁻¹",
    "s": "2.0 s",
    "h": "2 h",
    "K": "2 K",
    "V": "2 V",
    "mV": "2 mV",
    "eV": "2 eV",
    "keV": "2 keV",
    "A": "2 A",
    "C": "2 C",
    "J": "2 J",
    "W": "2 W",
    "Hz": "2 Hz",
    "Pa": "2 Pa",
    "deg": "2 °",
    "GB": "2 GB",
    "mg": "2 mg",
    "g": "2 g",
    "kg": "2 × 10¹² ng",
    "percent": "2 %",
    "ohm": "2 Ω",
    "mAh": "2 mAh",
    "Ah": "2 Ah",
    "A_h": "2 A h",
    "A_m2": "2 A m⁻²",
    "A_m-2": "2 A m⁻²",
    "A_kg": "2 A kg⁻¹",
    "C_kg": "2 C kg⁻¹",
    "C_m2": "2 C m⁻²",
    "F_m2": "2 F m⁻²",
    "W_m2": "2 W m⁻²",
    "W_m_K": "2 W m⁻¹ K⁻¹",
    "J_kg_K": "2 J kg⁻¹ K⁻¹",
    "S_m": "2 S m⁻¹",
    "S_m-1": "2 S m⁻¹",
    "N_m": "2 N m⁻¹",
    "Pa_s": "2 Pa s",
    "ohm_m2": "2 Ω m²",
    "ohm_cm2": "2 Ω cm²",
    "m2_s": "2 m² s⁻¹",
    "m2_s-1": "2 m² s⁻¹",
    "mol_m3": "2 mol m⁻³",
    "mol_m-3": "2 mol m⁻³",
    "kg_m3": "2 kg m⁻³",
    "kg_m2": "2 kg m⁻²",
    "kg_mol": "2 kg mol⁻¹",
    "g_mol": "2 g mol⁻¹",
    "mA_g": "2 mA g⁻¹",
    "mAh_g": "2 mAh g⁻¹",
    "mAh_cm2": "2 mAh cm⁻²",
    "mWh_cm2": "2 mWh cm⁻²",
    "Wh_kg": "2 Wh kg⁻¹",
    "Wh_L": "2 Wh L⁻¹",
    "nm_per_sqrt_h": "2 nm h⁻½",
    "m_s-1/2": "1.2 × 10¹¹ nm h⁻½",
}


@pytest.mark.parametrize(("unit", "text"), UNITS.items())
def test_every_unit_of_a_key(unit, text):
    assert label(f"some_thing_{unit}") == "Some thing"
    assert plain(value_text(f"some_thing_{unit}", 2.0)) == text
    assert plain(value_text(f"cell.counter.some_thing_{unit}", 2.0)) == text


def test_every_unit_of_a_case_is_among_them():
    modules = [import_module(f"microsim.case.{one.name}") for one in iter_modules(case.__path__)]
    sections = [one for module in modules for one in vars(module).values() if is_dataclass(one)]
    found = {unit for one in sections for entry in fields(one) for unit in entry.metadata.get("units", ())}
    assert {"mol_m3", "nm_per_sqrt_h", "F_m2", "ohm_m2"} <= found <= set(UNITS)


@pytest.mark.parametrize("key", ["force_N_m3", "flow_kg_m", "share_mol_m2"])
def test_a_unit_that_is_not_known_is_not_half_of_another(key):
    assert label(key)[1:] == key[1:].replace("_", " ") and plain(value_text(key, 2.0)) == "2"


@pytest.mark.parametrize(
    ("key", "text"), [("cell.materials.am.D_s", "2 × 10⁻¹⁴ m² s⁻¹"), ("sigma", "2 × 10⁻¹⁴")]
)
def test_a_symbol_is_no_unit(key, text):
    """D_s is no time in seconds, and the sigma of a map no conductivity."""
    assert plain(value_text(key, 2e-14)) == text


def test_nested_settings_become_rows():
    settings = {"film": {"model": "none", "wall_s": 1.0, "sha256": "ab"}, "seed": 7}
    assert [(name, plain(text)) for name, text in rows(settings)] == [
        ("Film: model", "none"),
        ("Film: wall time", "1.0 s"),
        ("Film: SHA-256", "ab"),
        ("Seed", "7"),
    ]


def test_short_times_have_their_unit():
    assert [short_time_unit(t)[1] for t in (3e-6, 5e-3, 3.0, 200.0, 9000.0)] == ["µs", "ms", "s", "min", "h"]


@pytest.mark.parametrize(
    ("value", "rounding", "text"),
    [
        (-6.8e-8, 2.2e-7, "0 ± 2 × 10⁻⁷"),
        (6.8e-7, 2.2e-7, "6.800 × 10⁻⁷"),
        (6.8e-8, 0, "6.800 × 10⁻⁸"),
        (0.0, 2.2e-7, "0"),
        (None, 2.2e-7, "–"),
    ],
)
def test_what_is_rounding_is_zero_with_its_size(value, rounding, text):
    assert plain(beyond_rounding(value, rounding)) == text


@pytest.mark.parametrize(
    ("said", "set_"),
    [
        ("it would explain 98 % (skill -3 %)", "it would explain 98\u202f% (skill −3\u202f%)"),
        ("differ by -0.01 of a-1, --axis x", "differ by −0.01 of a-1, --axis x"),
    ],
)
def test_a_sentence_of_a_terminal_is_set_as_pages_are(said, set_):
    assert typeset(said) == set_
