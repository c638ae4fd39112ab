"""Captions say the numbers that the figures show, in the reader's units."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.report import captions
from microsim.report.field_series import load_series


def plain(text):
    return (
        text.replace("\N{NARROW NO-BREAK SPACE}", " ")
        .replace("\N{NO-BREAK SPACE}", " ")
        .replace("\u2009", " ")
    )


def test_phases_are_told_with_their_layers():
    phase = np.zeros((4, 5, 2), np.uint8)
    phase[:2, 0] = 1  # a fifth of the first two layers
    said = plain(captions.phases_caption(VoxelGrid(phase, ("pore", "am"), (1e-6, 2e-6, 0.5e-6))))
    assert "4.00 × 10.0 × 1.00 µm" in said and "10.0 % (0 % to 20 % in single layers)" in said
    assert "90.0 % (80 % to 100 %" in said and said.endswith(".") and "\n" not in said


def test_a_phase_keeps_its_name_where_a_sentence_begins():
    phase = np.zeros((4, 2, 2), np.uint8)
    phase[2:] = 1
    said = plain(captions.phases_caption(VoxelGrid(phase, ("a", "NMC"), 1e-6)))
    assert "There are a 50.0 % (0 % to 100 % in single layers), NMC 50.0 %" in said


@pytest.mark.parametrize(
    ("counter", "words"),
    [
        ("lithium", "Cell voltage against a lithium-metal counter electrode over"),
        ("ideal", "Cell voltage against lithium, by a counter electrode that takes no voltage, over"),
        ({"material": "Chen2020_anode"}, "Cell voltage against a counter electrode of Chen2020_anode over"),
        (
            {"material": {"base": "Chen2020_anode"}},
            "Cell voltage against a counter electrode of Chen2020_anode over",
        ),
        (None, "Cell voltage over the specific capacity"),
    ],
)
def test_the_voltage_is_against_the_counter_electrode_of_the_case(counter, words):
    result = {"steps": [], "materials": {"counter_electrode": {"name": "Chen2020_anode"}}}
    assert captions.voltage_caption(result, False, counter).startswith(words)


def test_shares_of_layers_are_those_of_the_sample():
    phase = np.zeros((4, 5, 2), np.uint8)
    phase[:2, 0], phase[3] = 1, 2
    phase[:, 4] = 2  # outside, with all of the last layer: 8 of 10 voxels a layer are sample
    said = plain(captions.phases_caption(VoxelGrid(phase, ("pore", "am", "outside"), 1e-6, masked=True)))
    assert "16.7 % (0 % to 25 % in single layers)" in said and "outside" not in said


@pytest.mark.parametrize("several", [False, True])
def test_the_discharge_is_told_by_capacity_and_mean_voltage(several):
    step = {"name": "Discharge at 1C", "capacity_mAh_g": 151.26, "mean_voltage_V": 3.70049}
    steps = [{"name": "Charge"}, step, {"name": "Rest for 1 h"}]
    said = plain(captions.voltage_caption({"steps": steps}, several))
    assert "Discharge at 1C: 151.3 mAh g⁻¹ at a mean voltage of 3.700 V." in said
    assert ("current density" in said) is several
    assert "mAh" not in captions.voltage_caption({"steps": []}, several)
    del step["mean_voltage_V"]
    assert plain(captions.voltage_caption({"steps": steps}, several)).endswith("151.3 mAh g⁻¹.")


def test_a_field_is_told_by_its_last_time(run):
    series = load_series(run["fields_path"], "sto")
    said = plain(captions.profiles_caption(series))
    assert f"mean {series.means[-1]:.4g}"[:9] in said and "Dashed" not in said
    assert f"{series.profiles[-1][0]:.4g}"[:5] in said and "next to the collector" in said
    assert "distribution over the voxels" in captions.profiles_caption(series, distribution=True)
    resting = replace(series, steps=("Rest for 1 h",) * len(series.steps))
    assert "Dashed: at a rest." in captions.profiles_caption(resting)


def test_potentials_are_told_in_millivolts(run):
    series = load_series(run["fields_path"], "phi_e")
    said = plain(captions.sections_caption(series))
    assert f"mean {1e3 * series.means[-1]:.4g} mV".replace("-", "−")[:9] in said
    deviation = plain(captions.sections_caption(series, deviation=True))
    assert deviation.count(" after ") == len(series.sections) and "centred on zero" in deviation


def test_a_field_without_values_has_no_numbers(run):
    series = load_series(run["fields_path"], "sto")
    empty = replace(series, profiles=np.full_like(series.profiles, np.nan))
    assert "nan" not in captions.profiles_caption(
        empty
    ) and "At the last time" not in captions.profiles_caption(empty)


def test_several_fields_are_told_in_one_sentence(run):
    series = [load_series(run["fields_path"], name) for name in ("phi_e", "phi_s")]
    said = captions.potentials_caption(series)
    assert said.startswith("Means of each layer") and "; " in said and said.endswith("light.")
