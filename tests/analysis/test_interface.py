"""Area and film of the reactive interface, in figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microsim.analysis.interface import area_figures, film_figures
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.cell.film import Film
from microsim.materials import load

GROWS = {"rate_nm_per_sqrt_h": 3, "lithium_mol_m3": 5.7e4}
UNIFORM = {"model": "uniform", "thickness_nm": 10, "growth": GROWS}
FULL = {
    "volume": {"slab": {"phase": "cathode", "thickness_um": 60, "cells": 10}},
    "cell": {
        "separator": {"thickness_um": 12, "porosity": 0.47},
        "counter_electrode": {
            "material": "Chen2020_anode",
            "thickness_um": 70,
            "initial_sto": 0.9,
            "film": {**UNIFORM, "growth": {**GROWS, "alpha": 0.2, "reference_V": 0.1}},
        },
        "materials": {"cathode": "Chen2020_cathode", "electrolyte": "LiPF6_EC_EMC_3_7"},
        "film": UNIFORM,
        "initial_sto": 0.28,
    },
    "protocol": ["Discharge at C/2 for 60 s"],
}
DEMO = Path(__file__).parents[2] / "cases" / "demo.yaml"
SMALL = ["volume.crop={x: [0, 12], y: [0, 8], z: [0, 8]}", "compare=null"]


def setup(film, *settings):
    return set_up(load_case(DEMO, [*SMALL, f"cell.film={film}", *settings]))


def test_the_correction_shows_in_the_mean_share():
    corrected, faces = (
        area_figures(setup("{model: none}", f"cell.area_correction={flag}").cell)
        for flag in ("true", "false")
    )
    assert (corrected["applied"], faces["applied"]) == (True, False)
    assert corrected["faces"] == faces["faces"] > 0
    ratio = corrected["reactive_area_m2"] / faces["reactive_area_m2"]
    assert ratio == pytest.approx(corrected["mean_share_of_voxel_face"] / faces["mean_share_of_voxel_face"])
    assert 0.5 < ratio < 0.95


def test_the_area_is_that_of_the_electrode_at_the_collector():
    """3 / R of the volume of a homogenised electrode's particles: of voxel faces there are none."""
    cell = set_up(load_case(FULL)).cell
    found, active = area_figures(cell), load("Chen2020_cathode")
    volume = 60e-6 * cell.mesh.area * active.active_fraction
    assert found["reactive_area_m2"] == pytest.approx(3 / active.radius * volume, rel=1e-9)
    assert found["faces"] == 10 and not found["applied"] and found["mean_share_of_voxel_face"] is None


def test_no_film_is_said_in_a_word():
    bare = setup("{model: none}")
    assert film_figures(bare, bare.cell.R_film) == {"model": "none"}


def test_a_drawn_film_and_what_became_of_it():
    drawn = setup("{model: gaussian, seed: 3}")
    found = film_figures(drawn, drawn.cell.R_film)
    thickness = drawn.cell.R_film * drawn.film.conductivity
    assert found["seed"] == 3 and "end" not in found and "thickness" not in found
    assert found["drawn"]["mean_m"] == pytest.approx(thickness.mean())
    assert found["drawn"]["max_m"] == pytest.approx(thickness.max())
    grown = setup("{model: uniform, thickness_nm: 10, growth: {rate_nm_per_sqrt_h: 3}}")
    found = film_figures(grown, np.full_like(grown.cell.R_film, 0.06))
    assert found["drawn"]["mean_m"] == pytest.approx(10e-9)
    assert found["end"]["mean_m"] == pytest.approx(0.06 * grown.film.conductivity)
    assert found["end"]["mean_resistance_ohm_m2"] == pytest.approx(0.06)
    assert found["growth"]["rate_m_s-1/2"] == pytest.approx(3e-9 / 60)


def test_a_film_has_the_settings_of_its_model_alone():
    """No share of the gaussian defaults, and no potential that a growth without alpha does not see."""
    made = set_up(load_case(FULL))
    found = film_figures(made, made.cell.R_film)
    assert set(found) == {"model", "conductivity", "thickness_m", "drawn", "growth", "end", "counter"}
    assert found["thickness_m"] == pytest.approx(10e-9)
    assert set(found["growth"]) == {"rate_m_s-1/2", "alpha", "lithium_mol_m3"}
    slab = found["counter"]
    assert set(slab) == {"model", "thickness_nm", "conductivity_S_m", "growth", "end"}
    assert slab["growth"]["reference_V"] == 0.1 and slab["growth"]["alpha"] == 0.2
    bare = setup("{model: none}")
    mapped = replace(bare, film=Film("map", 1e-6, thickness=np.full(bare.grid.shape, 1e-8)))
    assert set(film_figures(mapped, mapped.cell.R_film)) == {"model", "conductivity", "drawn"}


def test_the_counter_electrode_is_among_the_materials():
    assert load_case(FULL).material_sources()["counter_electrode"]["name"] == "Chen2020_anode"
    assert "counter_electrode" not in load_case(DEMO).material_sources()
