"""The film of a case."""

import numpy as np
import pytest

from microsim.analysis.interface import film_figures
from microsim.base.errors import InputError
from microsim.case.build import set_up, simulate
from microsim.case.case import load_case
from microsim.jobs.cycles import cycle_results

from .half_cell import fails


def test_each_model_has_its_numbers_in_si(case_file):
    drawn = load_case(case_file).cell.film
    assert (drawn.mean_separator, drawn.mean_collector) == (20e-9, 5e-9)
    assert (drawn.correlation, drawn.seed) == (1e-6, 3)
    film = "{model: uniform, thickness_nm: 12, growth: {rate_nm_per_sqrt_h: 6}}"
    uniform = load_case(case_file, [f"cell.film={film}"]).cell.film
    assert uniform.thickness == 12e-9 and uniform.growth.rate == pytest.approx(1e-10)
    read = load_case(case_file, ["cell.film={model: map, file: film.tif, file_axes: zyx}"]).cell.film
    assert (read.file, read.file_axes) == ("film.tif", "zyx")


def test_a_film_is_switched_off_by_its_model_alone(case_file):
    case = load_case(case_file, ["cell.film.model=none"])
    assert case.as_dict()["cell"]["film"] == {"model": "none"}
    assert "unknown" in fails(case_file, "cell.film.model=none", "cell.film.unknown=3")


def full_cell(**film):
    return {
        "volume.slab.cells": 10,
        "cell.shells": 10,
        "cell.initial_sto": 0.9,
        "cell.counter_electrode": {
            "material": "Chen2020_anode",
            "thickness_um": 85.2,
            "initial_sto": 0.03,
            "layers": 6,
            "film": film,
        },
        "protocol": [{"repeat": 2, "steps": ["Charge at C/2 until 4.2 V", "Discharge at C/2 until 2.7 V"]}],
    }


def test_a_film_on_graphite_costs_what_it_takes_of_a_full_cell():
    """Coulombic efficiency below 1 by the lithium that went into the film; the sum of all lithium stays."""
    grows = {"rate_nm_per_sqrt_h": 6, "lithium_mol_m3": 6e4}
    film = {"model": "uniform", "thickness_nm": 5, "conductivity_S_m": 1e-6, "growth": grows}
    setup, record = simulate(load_case("cases/dfn_chen2020.yaml", full_cell(**film)))
    assert record.lithium_balance_error < 1e-12
    taken = [step["counter_film_lithium_C"] for step in record.steps]
    assert all(step["film_lithium_C"] == 0 for step in record.steps)
    _, second = cycle_results(record, setup.mass)
    missing = (second["charge_mAh_g"] - second["discharge_mAh_g"]) * 3600 * setup.mass
    assert missing == pytest.approx(taken[3] - taken[1], rel=0.1)
    assert second["coulombic_efficiency"] < 0.998 and second["retention"] < 0.998
    bare = {**film, "growth": {"rate_nm_per_sqrt_h": 6}}
    setup, record = simulate(load_case("cases/dfn_chen2020.yaml", full_cell(**bare)))
    assert cycle_results(record, setup.mass)[1]["coulombic_efficiency"] == pytest.approx(1, abs=1e-3)


def test_films_on_both_electrodes_grow_by_their_own_laws():
    own = {"model": "uniform", "thickness_nm": 3, "growth": {"rate_nm_per_sqrt_h": 2, "lithium_mol_m3": 1e4}}
    slab = {
        "model": "uniform",
        "thickness_nm": 8,
        "conductivity_S_m": 1e-6,
        "growth": {"rate_nm_per_sqrt_h": 5},
    }
    settings = {**full_cell(**slab), "cell.film": own, "protocol": ["Rest for 2 hours"]}
    case = load_case("cases/dfn_chen2020.yaml", settings)
    assert load_case(case.as_dict()).cell == case.cell
    setup = set_up(case)
    experiment = setup.experiment()
    experiment.run(setup.loads())
    inside = setup.cell.in_positive > 0
    assert experiment.R_film[inside] * 5e-7 == pytest.approx(np.sqrt(3**2 + 2 * 2**2) * 1e-9, rel=1e-6)
    assert experiment.R_film[~inside] * 1e-6 == pytest.approx(np.sqrt(8**2 + 2 * 5**2) * 1e-9, rel=1e-6)
    assert experiment.film_lithium[0] > 0 and experiment.film_lithium[1] == 0
    told = film_figures(setup, experiment.R_film)
    assert told["counter"]["end"]["mean_m"] == pytest.approx(np.sqrt(114) * 1e-9)


def test_what_knows_no_lithium_in_films_refuses_it(case_file):
    grows = "{rate_nm_per_sqrt_h: 3, lithium_mol_m3: 6.0e+4}"
    film = f"cell.film={{model: uniform, thickness_nm: 5, growth: {grows}}}"
    said = fails(case_file, film, "output.homogenised=true")
    assert "output.homogenised: expected films that take no lithium" in said
    drawn = full_cell(model="gaussian")
    with pytest.raises(InputError, match="expected none or uniform on a slab, got gaussian"):
        load_case("cases/dfn_chen2020.yaml", drawn)


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (["cell.film.conductivity_S_m=.inf"], ["cell.film.conductivity_S_m: expected a number"]),
        (["cell.film.min_nm=30"], ["cell.film: expected min_nm up to max_nm"]),
        (["cell.film.mean_nm=3"], ["cell.film.mean_nm", "mean_separator_nm"]),
        (["cell.film=none"], ["cell.film: expected {model: none, uniform, gaussian or map}, got"]),
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(case_file, settings, parts):
    said = fails(case_file, *settings)
    assert "\n" not in said
    for part in parts:
        assert part in said
