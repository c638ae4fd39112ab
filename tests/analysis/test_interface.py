"""Area and film of the reactive interface, in figures."""

from pathlib import Path

import numpy as np
import pytest

from microsim.analysis.interface import area_figures, film_figures
from microsim.case.build import set_up
from microsim.case.case import load_case

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
