"""The film of a case."""

import pytest

from microsim.case.case import load_case

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
