"""The report of a study: groups of cases that differ in one key, their sensitivities, figures and tables."""

from itertools import pairwise

import numpy as np
import pytest

from microsim.report.pages.study import alike, cases_table, figure, sensitivities, write

KEYS = ["c_rate", "volume.slab.thickness_um"]


def case(rate, thickness, capacity, **more):
    return {
        "name": f"r{rate}_t{thickness}",
        "swept": {"c_rate": rate, KEYS[1]: thickness},
        "status": "finished",
        "message": "",
        "c_rate": rate,
        "capacity_mAh_g": capacity,
        "mean_voltage_V": 3.8,
        "lithium_balance_error": 1e-15,
        "wall_s": 1.0,
        **more,
    }


@pytest.fixture
def power_law():
    """capacity = 100 rate^-0.5 thickness^-0.25"""
    return [case(r, t, 100 * r**-0.5 * t**-0.25) for t in (16, 81) for r in (2, 1, 4)]


def test_groups_differ_in_one_key_only_and_are_in_its_order(power_law):
    groups = alike(power_law, KEYS, "c_rate")
    assert [[c["c_rate"] for c in group] for group in groups] == [[1, 2, 4]] * 2
    assert {c["swept"][KEYS[1]] for c in groups[0]} == {16}


def test_sensitivities_are_the_exponents(power_law):
    found = sensitivities(power_law, KEYS)
    assert found["c_rate"]["exponent"] == pytest.approx(-0.5, rel=1e-12)
    assert found[KEYS[1]]["exponent"] == pytest.approx(-0.25, rel=1e-12)
    assert found["c_rate"] | {"exponent": 0} == {
        "groups": 2,
        "exponent": 0,
        "spread_mAh_g": pytest.approx(100 / 2 * 0.5),
    }
    assert found[KEYS[1]]["groups"] == 3


def test_words_and_keys_that_do_not_vary_have_no_exponent(power_law):
    for c in power_law:
        c["swept"] = {"film": {"model": "none"} if c["c_rate"] == 1 else "thick", "seed": 1}
    found = sensitivities(power_law, ["film", "seed"])
    assert set(found) == {"film"} and found["film"]["exponent"] is None


def test_a_page_names_failures_and_draws_what_there_is(power_law, tmp_path):
    failed = case(8, 16, None) | {"status": "failed", "message": "the film is too thick", "c_rate": None}
    result = {"title": "Rates", "keys": KEYS, "cases": [*power_law, failed], "processes": 2, "wall_s": 3.0}
    curves = {
        c["name"]: (np.linspace(0, c["capacity_mAh_g"], 5), np.linspace(4.2, 3.5, 5)) for c in power_law
    }
    page = write(tmp_path, result=result, curves=curves).read_text()
    assert (
        "the film is too thick" in page and "6 of 7" in page and "-0.5" in page.replace("\N{MINUS SIGN}", "-")
    )
    assert {p.name for p in (tmp_path / "figures").glob("*.png")} == {
        "study_rate.png",
        "study_voltage.png",
        "study_keys.png",
    }
    page = write(tmp_path, result={**result, "cases": [failed]}, curves={}).read_text()
    assert "No case finished" in page and not list((tmp_path / "figures").iterdir())


def test_the_figure_holds_every_case_inside_its_panels(power_law):
    drawn = figure(result={"keys": KEYS, "cases": power_law})
    assert [axes.get_xlabel() for axes in drawn.axes] == ["C-rate", "thickness (µm)"]
    for axes in drawn.axes:
        capacities = np.concatenate([line.get_ydata() for line in axes.lines])
        assert sorted(capacities) == pytest.approx(sorted(c["capacity_mAh_g"] for c in power_law))
        assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > 1.04 * capacities.max()


def test_a_logarithmic_axis_is_labelled_at_its_values_that_have_room():
    rates = [0.25, 0.5, 0.51, 1, 2, 2.5]
    (axes,) = figure(result={"keys": ["c_rate"], "cases": [case(rate, 16, 100) for rate in rates]}).axes
    assert axes.get_xscale() == "log"
    axes.figure.draw_without_rendering()
    labels = axes.get_xticklabels(which="both")
    assert [text.get_text() for text in labels] == ["0.25", "0.5", "1", "2"]
    boxes = [text.get_window_extent() for text in labels]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_swept_numbers_are_set_as_numbers_and_words_as_words(power_law):
    worded = [one | {"swept": one["swept"] | {"walls": "inert"}} for one in power_law]
    table = cases_table(worded, [*KEYS, "walls"])
    assert [table.header[k] for k in table.numeric][:2] == ["C-rate", "thickness (µm)"]
    assert not {3, 4} & set(table.numeric)  # walls, status


PROFILE = {"x_m": [1e-6, 2e-6], "sto": [0.5, None], "c_e": [900.0, 800.0], "phi_e": [0.0, -0.01]}


def named(name, capacity, **swept):
    return case(1, 16, capacity, label=name, sweep=[], swept=swept) | {"name": name.replace(" ", "_")}


def test_cases_with_names_are_told_by_them(tmp_path):
    """Eight keys, none of which stands in the legend or as a column."""
    keys = [f"cell.film.key_{k}" for k in range(8)]
    cases = [named("thin film", 150.0, **{keys[0]: 3}), named("thick film", 120.0, **dict.fromkeys(keys, 9))]
    result = {"title": "Films", "keys": keys, "cases": cases, "processes": 1, "wall_s": 3.0}
    curves = {c["name"]: ([0, c["capacity_mAh_g"]], [4.2, 3.5]) for c in cases}
    profiles = {c["name"]: PROFILE for c in cases}
    page = write(tmp_path, result=result, curves=curves, profiles=profiles).read_text()
    assert "What each name sets" in page and "key_0 9; key_1 9" in page and "<th>key_0" not in page
    assert {p.stem for p in (tmp_path / "figures").glob("*.png")} == {
        "study_names",
        "study_voltage",
        "study_profiles",
    }


@pytest.mark.parametrize("several", [False, True])
def test_a_search_shows_what_it_found(tmp_path, several):
    goals = [
        {
            "name": "capacity_mAh_g",
            "label": "Capacity",
            "unit": "mAh g⁻¹",
            "goal": "maximise",
            "basis": "per gram of active material",
        },
        {"name": "std_sto", "label": "Spread", "unit": "", "goal": "minimise", "basis": "spread"},
    ][: 1 + several]
    cases = [
        case(1, 40 + k, 100.0 + k, std_sto=0.1 * k, feasible=k < 3, on_front=k == 2)
        | {"name": f"point-000{k + 1}"}
        for k in range(4)
    ]
    grown = [None, 1.0, 2.0, 2.0]
    search = {"objectives": goals, "levers": {KEYS[1]: {}}, "best_so_far": grown, "hypervolume": grown}
    result = {
        "title": "S",
        "keys": [KEYS[1]],
        "cases": cases,
        "processes": 1,
        "wall_s": 3.0,
        "search": search,
    }
    page = write(tmp_path, result=result, curves={}).read_text()
    assert (tmp_path / "figures" / "study_search.png").is_file()
    assert "point-0003" in page and "maximised: per gram of active material" in page
    for c in cases:
        c["on_front"] = False
    assert "No point keeps every constraint" in write(tmp_path, result=result, curves={}).read_text()
