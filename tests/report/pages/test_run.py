"""The page of a run shows what there is: every section, or words in its place."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.hosts import Host
from microsim.base.quantities import FIELDS, VOLTAGE_PARTS
from microsim.mesh.grid import grid_from_labels
from microsim.report.pages import run as page
from microsim.transport.flux import flux_figures, flux_map, speed_of
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.fields import FieldWriter

from ..analysed import cycles, heterogeneity, overpotentials
from ..reading import check_page, long_numbers, text_of

DRAWN = ("phases", "voltage", "sto_sections", "sto_deviation", "sto_profiles", "c_e_sections", "c_e_profiles")
DRAWN += ("potentials_profiles", "comparison_maps", "comparison_worth", "comparison_agreement")
DRAWN += ("comparison_depth",)
ANALYSED = ("overpotentials", "particles", "reaction")


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    """A page of a run with everything, and the progress it told."""
    told = []
    path = page.write(tmp_path_factory.mktemp("report"), **run, progress=lambda *step: told.append(step))
    return path, told


def test_the_page_holds_every_figure(written):
    path, told = written
    check_page(path, DRAWN)
    assert [done for done, *_ in told] == list(range(len(DRAWN) + 1))
    assert {total for _, total, _ in told} == {len(DRAWN)}


def test_the_page_says_how_its_figures_become_svg_and_how_it_is_run_again(written):
    content = written[0].read_text()
    assert "--vector pdf" in content and "microsim reproduce ." in content


def test_the_page_says_the_key_numbers(written, run):
    text, metrics = text_of(written[0]), run["comparisons"][0].metrics
    for expected in ("Made-up run", "150.1", "3.700", "3.212", "3.1 × 10⁻⁹", "d" * 64):
        assert expected in text
    assert f"{metrics['rmse']:.3g}" in text and "The measured map is virtual" in text
    content = written[0].read_text()
    assert "voxel_size_nm: 400" in content and "&#34;newton_iterations&#34;: 321" in content
    assert long_numbers(text) == []


def test_without_comparison_or_fields_words_stand_in_their_place(run, tmp_path):
    bare = {**run, "comparisons": (), "fields_path": None, "result": {**run["result"], "comparison": None}}
    path = page.write(tmp_path, **bare)
    check_page(path, ["phases", "voltage"])
    assert "No measured map was given" in text_of(path) and "No fields were stored" in text_of(path)


def test_a_result_without_any_key_still_gives_a_page(run, tmp_path):
    path = page.write(tmp_path, case={}, result={}, grid=run["grid"], voltage=run["voltage"])
    assert "No transport numbers" in text_of(path)


def test_what_a_run_left_its_windows_by_stands_on_top(run, tmp_path):
    told = {**run, "fields_path": None, "comparisons": ()}
    notes = {**run["result"], "validity": {"notes": ["sto reached 1.", "Coarse."]}}
    text = page.write(tmp_path, **{**told, "result": notes}).read_text()
    assert '<p class="notice">sto reached 1. Coarse.</p>' in text.split("What was run")[1][:300]
    assert "notice" not in page.write(tmp_path, **told).read_text().split("What was run")[1][:300]


def test_several_steps_are_told_apart(run_with_rests, tmp_path):
    text = text_of(page.write(tmp_path, **{**run_with_rests, "comparisons": ()}))
    assert "Rest for 10 minutes" in text and "right: voltage and current density" in text
    assert "Dashed: at a rest" in text


def test_several_discharges_have_a_figure_over_the_cycles(run, tmp_path):
    told = {**run, "fields_path": None, "comparisons": ()}
    two = {**run["result"], "cycles": cycles()}
    check_page(page.write(tmp_path / "two", **{**told, "result": two}), ["phases", "voltage", "cycles"])
    one = {**run["result"], "cycles": cycles()[:1]}
    check_page(page.write(tmp_path / "one", **{**told, "result": one}), ["phases", "voltage"])


def test_quantity_and_file_come_from_the_case(run, tmp_path):
    """The case says what was compared when result.json holds the metrics alone."""
    case = {"compare": {"measured": "meshes/demo_virtual_sto.tif", "quantity": "soc"}}
    result = {**run["result"], "comparison": run["comparisons"][0].as_dict()}
    text = text_of(page.write(tmp_path, **{**run, "case": case, "result": result, "fields_path": None}))
    assert "meshes/demo_virtual_sto.tif" in text and "The measured map is virtual" in text


def test_voltage_parts_and_evenness_have_their_sections(run, tmp_path):
    result = {**run["result"], "overpotentials": overpotentials(), "heterogeneity": heterogeneity()}
    path = page.write(tmp_path, **{**run, "result": result, "comparisons": (), "fields_path": None})
    check_page(path, ["phases", "voltage", *ANALYSED])
    assert "Where the voltage goes" in text_of(path) and "How evenly the electrode is used" in text_of(path)


def test_a_rest_alone_has_a_table_and_no_figure(run, tmp_path):
    found = {k: v[-2:] if isinstance(v, list) else v for k, v in overpotentials().items()}
    found["parts_V"] = {k: v[-2:] for k, v in found["parts_V"].items()}
    more = {"overpotentials": found, "heterogeneity": {**heterogeneity(), "ends": []}}
    bare = {"comparisons": (), "fields_path": None}
    path = page.write(tmp_path, **{**run, **bare, "result": {**run["result"], **more}})
    check_page(path, ["phases", "voltage"])
    assert "Where the voltage goes" in text_of(path)


def test_the_flux_that_is_given_is_drawn(run, tmp_path):
    labels = np.zeros(run["grid"].shape, int)
    labels[:, :4] = 1
    grid = grid_from_labels(labels, {"pore": 0, "am": 1}, 4e-7)
    solved = solve_tortuosity(grid, {"pore": 1.0}, 0, potential=True)
    flux = flux_map(solved.potential, grid, {"pore": 1.0}, 0)
    found = flux_figures(flux, grid, {"pore": 1.0}, 0, solved)
    given = {"speed": speed_of(flux, grid.mask("pore"), found.isolated_share), "figures": found}
    bare = {**run, "grid": grid, "fields_path": None, "comparisons": ()}
    path = page.write(tmp_path, **bare, flux=given)
    check_page(path, ["phases", "voltage", "flux_x"])
    assert "constrictivity 1.00" in text_of(path)
    check_page(page.write(tmp_path, **bare), ["phases", "voltage"])


def test_a_new_field_is_one_entry(run, tmp_path, monkeypatch):
    """A field that a run stores is drawn by its name, unit and colours in quantities, and nothing else."""
    from microsim.base.quantities import Quantity

    stress = Quantity("stress", "Hydrostatic stress", r"$\sigma_h$", "Pa", "MPa", 1e-6, colours="RdBu_r")
    monkeypatch.setitem(FIELDS, "stress", stress)
    grid = run["grid"]
    values = np.where(grid.mask("am"), 5e7, np.nan)
    with FieldWriter(tmp_path / "fields.h5", grid, {"stress": "Pa"}) as fields:
        for time in (0.0, 10.0):
            fields.write(time, "Rest", {"stress": values})
    bare = {**run, "comparisons": (), "fields_path": tmp_path / "fields.h5"}
    path = page.write(tmp_path, **bare)
    drawn = [f"stress_{kind}" for kind in ("sections", "deviation", "profiles")]
    check_page(path, ["phases", "voltage", *drawn])
    assert "Hydrostatic stress in the section" in text_of(path) and "mean 50.00 MPa" in text_of(path)


@pytest.mark.parametrize("several", [False, True])
def test_lithium_is_drawn_where_sto_does_not_show_it(run, tmp_path, several):
    """Of one material lithium is sto times a number; of several its map is another."""
    grid = run["grid"]
    host = Host("NMC", 63104.0, 4800.0, 0.09728, 0.9, 0.3)
    hosts = {"am": host, "cbd": replace(host, c_s_max=4e4)} if several else {"am": host}
    with FieldWriter(tmp_path / "fields.h5", grid, {"sto": "1", "lithium": "1"}, hosts) as fields:
        for time in (0.0, 10.0):
            fields.write(
                time, "Rest", dict.fromkeys(("sto", "lithium"), np.where(grid.mask("am"), 0.5, np.nan))
            )
    path = page.write(tmp_path, **{**run, "comparisons": (), "fields_path": tmp_path / "fields.h5"})
    assert ("Lithium per formula unit" in text_of(path)) == several


def test_the_figure_of_a_run_is_its_voltage(run):
    figure = page.figure(result=run["result"], grid=run["grid"], voltage=run["voltage"])
    assert figure.axes[0].get_ylabel().startswith("Voltage")
    assert figure.axes[0].lines[0].get_ydata() == pytest.approx(run["voltage"]["voltage_V"])


def test_every_part_of_the_voltage_has_a_colour_of_its_own():
    assert len({part.colours for part in VOLTAGE_PARTS.values()}) == len(VOLTAGE_PARTS)
