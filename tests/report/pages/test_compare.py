"""The page of a comparison names both maps, every metric with its meaning, and draws three figures."""

from dataclasses import replace

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
    path = page.write(tmp_path / "new", comparison=run["comparison"], meta=META)
    check_page(path, [f"comparison_{name}" for name in ("maps", "agreement", "depth")])
    text = text_of(path)
    assert "fields.h5::sto" in text and "0.4 × 0.4 × 0.4 µm" in text and "virtual" not in text
    assert f"{run['comparison'].metrics['pearson_r']:.3f}" in text and "Mask" not in text


def test_a_virtual_map_is_called_so(run, tmp_path):
    meta = {**META, "measured": {"file": "demo_virtual_sto.tif"}}
    assert "The measured map is virtual" in text_of(
        page.write(tmp_path, comparison=run["comparison"], meta=meta)
    )


def test_metrics_are_explained(run):
    table = page.metrics_table(run["comparison"])
    assert len(table.rows) == len(run["comparison"].metrics)
    shown = {row[0]: plain(row[1]) for row in table.rows}
    assert shown["Compared voxels"] == str(run["comparison"].metrics["n_voxels"])
    assert shown["Least coverage"] == "50.0 %" and shown["Best shift"].count(", ") == 2
    assert {row[2] for row in table.rows} == {
        METRICS[key].quantity.meaning for key in run["comparison"].metrics
    }


def test_a_metric_that_nobody_named_has_the_words_of_its_key(run):
    other = replace(run["comparison"], metrics={"best_shift_voxels": None, "depth_error_um": 0.25})
    assert [row[:2] for row in page.metrics_table(other).rows] == [
        ("Best shift", "–"),
        ("Depth error", "0.2500"),
    ]


def test_maps_are_told_without_what_is_empty():
    assert page.maps_table({"measured": "soc.tif", "metrics": {}, "mask": None}).rows == [
        ("Measured", "soc.tif")
    ]


def test_the_figure_shows_the_quantity_that_was_compared(run):
    labels = [axes.get_xlabel() for axes in page.figure(comparison=run["comparison"], of="soc").axes]
    labels += [axes.get_ylabel() for axes in page.figure(comparison=run["comparison"], of="soc").axes]
    assert "State of charge" in labels and "Simulated − measured" in labels
