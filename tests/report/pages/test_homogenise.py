"""What a page says of a homogenised electrode: its parameters, and how it runs beside the resolved one."""

import pytest

from microsim.report.pages import homogenise as page

from ..reading import check_page, text_of

KEYS = ("porosity", "transport_efficiency", "active_fraction", "specific_area", "radius", "surface_factor")
PARAMETERS = {
    "porosity": 0.35,
    "transport_efficiency": 0.1089,
    "active_fraction": 0.55,
    "specific_area_m-1": 6.2e5,
    "radius_m": 2.5e-6,
    "surface_factor": 0.7,
    "sigma_S_m": 1.25,
    "radii_m": {"area": 2.66e-6, "thickness_mean": 2.1e-6},
    "particle_sizes": {"count": 12, "d10_m": 2e-6, "d50_m": 4e-6, "d90_m": 6e-6},
    "contact": {"pore": 0.8, "cbd": 0.2},
    "film_resistance_ohm_m2": 0.004,
}
SOURCES = {key: f"how {key} was found" for key in (*KEYS, "sigma", "particle_sizes", "contact")}
FOUND = {
    "parameters": PARAMETERS,
    "sources": {**SOURCES, "film_resistance": "the mean film"},
    "voltage_rms_V": 0.0031,
    "voltage_max_V": 0.0082,
    "steps": [
        {
            "step": "Discharge at 1C",
            "voltage_rms_V": 0.0031,
            "voltage_max_V": 0.0082,
            "capacity_mAh_g": 120.0,
            "capacity_difference": -0.01,
        }
    ],
    "sto_profiles": [
        {"x_m": [1e-6, 3e-6], "resolved": [0.6, 0.5], "homogenised": [0.61, 0.5], "rms": 0.007, "max": 0.01}
    ],
    "curves": [
        {
            "over": "capacity_mAh_g",
            "x": [0.0, 60.0, 120.0],
            "resolved_V": [4.2, 3.9, 3.5],
            "homogenised_V": [4.2, 3.902, 3.497],
        }
    ],
    "pybamm": {"missing": "expected the package pybamm, got none; install it"},
}


def test_the_page_of_the_parameters_is_whole(tmp_path):
    result = {"parameters": PARAMETERS, "sources": FOUND["sources"], "title": "Demo", "case_sha256": "c" * 64}
    path = page.write(tmp_path, result=result)
    check_page(path, [])
    text = text_of(path)
    for said in ("Demo", "2.5 µm", "Transport efficiency 0.1089", "how sigma was found", "0.004000 Ω m²"):
        assert said in text
    assert "Particle diameters d10, d50, d90 (12 particles)" in text and "pore 80.0 %, cbd 20.0 %" in text


def test_beside_a_run_there_is_a_figure_with_its_numbers():
    (section,) = page.homogenised_sections(FOUND)
    (drawing,) = section.drawings
    assert "3.1\N{NARROW NO-BREAK SPACE}mV rms" in drawing.caption and "pybamm" in drawing.caption
    assert section.tables[0].rows[0][1:3] == ("3.10", "8.20")
    panels = {axes.get_ylabel(): axes for axes in page.figure(found=FOUND).axes}
    assert panels["Difference (mV)"].lines[0].get_ydata() == pytest.approx([0, 2, -3])


def test_a_twin_that_is_missing_leaves_its_reason_and_parameters():
    (section,) = page.homogenised_sections({**FOUND, "missing": "It did not converge."})
    assert section.note == "It did not converge." and not section.drawings and len(section.tables) == 1
    assert page.homogenised_sections(None) == []
