"""The page of a comparison names both maps, every metric with its meaning, and draws three figures."""

from dataclasses import replace

import pytest

from microsim.maps.metrics import METRICS
from microsim.report.pages import compare as page

from ..reading import check_page, text_of

META = {
    "simulated": {"file": "fields.h5::sto", "voxel_size_m": (4e-7,) * 3},
    "measured": {"file": "soc.tif"},
    "origin_m": (0, 0, 0),
    "mask": None,
}


def plain(text):
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_the_page_is_whole(run, tmp_path):
    path = page.write(tmp_path / "new", comparison=run["comparisons"][0], meta=META)
    check_page(path, [f"comparison_{name}" for name in ("maps", "worth", "agreement", "depth")])
    text = text_of(path)
    assert "fields.h5::sto" in text and "0.4 × 0.4 × 0.4 µm" in text and "virtual" not in text
    assert f"{run['comparisons'][0].metrics['pearson_r']:.3f}" in text and "Mask" not in text


def test_a_virtual_map_is_called_so(run, tmp_path):
    meta = {**META, "measured": {"file": "demo_virtual_sto.tif"}}
    assert "The measured map is virtual" in text_of(
        page.write(tmp_path, comparison=run["comparisons"][0], meta=meta)
    )


def test_metrics_are_explained(run):
    table = page.metrics_table(run["comparisons"][0])
    assert len(table.rows) == len(run["comparisons"][0].metrics)
    shown = {row[0]: plain(row[1]) for row in table.rows}
    assert shown["Compared voxels"] == str(run["comparisons"][0].metrics["n_voxels"])
    assert shown["Least coverage"] == "50.0 %" and shown["Best shift"].count(", ") == 2
    assert {row[4] for row in table.rows} == {
        METRICS[key].quantity.meaning for key in run["comparisons"][0].metrics
    }


def test_scores_stand_beside_those_of_the_true_model(run):
    found = run["comparisons"][0]
    rows = {row[0]: [plain(cell) for cell in row] for row in page.metrics_table(found).rows}
    assert float(rows["RMSE"][2]) == pytest.approx(0.02) and " to " in rows["RMSE"][3]
    cards = {card.name: card for card in page.cards(found)}
    assert "the true model has" in cards["RMSE"].remark and "of at most" in cards["Correlation r"].remark
    assert "to" in cards["Explained"].remark
    skill = page.skill_table(found).rows
    assert [row[0] for row in skill] == ["the best constant", "the best map of the depth alone"]


def test_the_section_begins_with_the_verdict(run, tmp_path):
    text = text_of(page.write(tmp_path, comparison=run["comparisons"][0], meta=META))
    assert "of what can be explained of this map" in text


def test_maps_of_several_states_have_a_section_each(run):
    both = page.comparison_sections([{"measured": "a.tif"}, {"measured": "b.tif"}], run["comparisons"] * 2)
    assert [section.anchor for section in both] == ["comparison_1", "comparison_2"]
    assert both[1].title.endswith("2: b.tif")
    drawn = [drawing.name for section in both for drawing in section.drawings]
    assert len(set(drawn)) == len(drawn)


def test_a_metric_that_nobody_named_has_the_words_of_its_key(run):
    other = replace(run["comparisons"][0], metrics={"best_shift_voxels": None, "depth_error_um": 0.25})
    assert [row[:2] for row in page.metrics_table(other).rows] == [
        ("Best shift", "–"),
        ("Depth error", "0.2500"),
    ]


def test_maps_are_told_without_what_is_empty():
    assert page.maps_table({"measured": "soc.tif", "metrics": {}, "mask": None, "models": []}).rows == [
        ("Measured", "soc.tif")
    ]


def test_the_figure_shows_the_quantity_that_was_compared(run):
    labels = [axes.get_xlabel() for axes in page.figure(comparison=run["comparisons"][0], of="soc").axes]
    labels += [axes.get_ylabel() for axes in page.figure(comparison=run["comparisons"][0], of="soc").axes]
    assert "State of charge" in labels and "(Simulated − measured) / noise" in labels
