"""The page of losses: maps, classes with their shares, average against curve."""

import numpy as np
import pytest

from microsim.report.pages import losses as page

from ..reading import check_page, text_of

NAMES = ["losses_average", "losses_extent", "losses_loss", "losses_classes"]
RNG = np.random.default_rng(0)
MAPS = {
    "extent": {k: 100 + 20 * RNG.random((6, 5, 4)) for k in (1, 2, 3)},
    "loss": {k: 40 * RNG.random((6, 5, 4)) - 10 for k in (2, 3)},
}


def result(noise=True, curve=True):
    extent = [
        {
            "from": k, "to": k + 1, "mean_mAh_g": 110.0 + k, "sigma_mAh_g": 0.5 if noise else None,
            "net_mAh_g": 110.0, "mean_absolute_mAh_g": 111.0, "lithium": "in",
            "curve_mAh_g": 109.5 if curve else None,
        }
        for k in range(3)
    ]  # fmt: skip
    classes = {
        "edges_mAh_g": [0, 35, 70, 105], "volume_share": [0.5, 0.3, 0.2], "loss_share": [0.1, 0.4, 0.5],
        "below_share": 0.1, "beyond_share": 0.0,
    }  # fmt: skip
    keys = ("mean_mAh_g", "sigma_mAh_g", "curve_mAh_g")
    loss = [{"process": k, **{key: extent[0][key] for key in keys}, "classes": classes} for k in (2, 3)]
    maps = [{"file": f"{k}.tif", "sha256": None, "quantity": "sto", "time_s": None} for k in range(4)]
    return {
        "extent": extent, "loss": loss, "inactive_share": 0.07 if noise else None,
        "inactive_below_sigma": 3.0, "voxels": 120, "material": ["NMC"], "maps": maps,
        "remarks": ["A remark."],
        "theoretical_capacity_mAh_g": 275.5,
    }  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_the_page_is_whole(tmp_path, known):
    path = page.write(tmp_path, result=result(known, known), maps=MAPS, voxel_size=(4e-7,) * 3)
    check_page(path, NAMES)
    text = text_of(path)
    assert "A remark." in text and "below 35" in text and "above 70" in text and "0.tif" in text
    assert ("curve 109.5" in text) == known and ("7.0" in text) == known


def test_without_a_loss_there_is_no_section_of_it(tmp_path):
    one = {**result(), "loss": [], "extent": result()["extent"][:1]}
    path = page.write(
        tmp_path, result=one, maps={"extent": {1: MAPS["extent"][1]}, "loss": {}}, voxel_size=(4e-7,) * 3
    )
    assert "Capacity loss (" not in text_of(path)


def test_each_axis_of_the_maps_is_named_beside_its_panel():
    """Also where the last row is not full."""
    axes = page.maps_figure({k: MAPS["extent"][1] for k in range(7)}, (4e-7,) * 3, "extent").axes[:7]
    named = [one.get_xlabel() != "" for one in axes]
    rows = sorted({round(one.get_position().y0, 2) for one in axes})
    assert len(rows) > 1 and named[-1] and not axes[0].get_xlabel()
    assert sum(named) == sum(one.get_ylabel() != "" for one in axes) * 0 + -(-7 // len(rows))
    assert axes[0].get_ylabel() == "y (µm)" and not axes[1].get_ylabel()


def test_the_figure_shows_maps_and_curve():
    axes = page.figure(result=result()).axes[0]
    assert [line.get_text() for line in axes.get_legend().get_texts()] == ["voltage curve", "maps"]


def test_many_maps_are_shown_in_part(tmp_path):
    many = {k: MAPS["extent"][1] for k in range(1, 12)}
    rows = [{**result()["extent"][0], "from": k, "to": k + 1} for k in range(11)]
    maps = {"extent": many, "loss": {}}
    path = page.write(
        tmp_path, result={**result(), "extent": rows, "loss": []}, maps=maps, voxel_size=(4e-7,) * 3
    )
    assert "The first 8 of 11 are shown" in text_of(path)
