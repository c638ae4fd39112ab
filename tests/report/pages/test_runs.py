"""The page of runs side by side: sections, tables, figures on one scale."""

import numpy as np
import pytest

from microsim.jobs.record import VoltageCurve
from microsim.report.pages import runs as page

TOLD = {
    "runs": [{"label": "slow", "folder": "a"}, {"label": "fast", "folder": "b"}],
    "remarks": ["fast has other voxels.", "1C is not the same."],
    "cases": {"protocol": [["Rest for 1 s", "Rest for 2 s"], None], "volume.crop.x": [[0, 8], [0, 4]]},
    "scores": [
        {"key": "capacity_mAh_g", "label": "Capacity", "change": True, "values": [200.0, 150.0]},
        {"key": "wall_s", "label": "Wall time", "change": False, "values": [61.0, None]},
        {"key": "none", "label": "Nothing", "change": True, "values": [None, None]},
    ],
    "voltage": {"fast": {"rms_mV": 12.3, "largest_mV": 45.6, "at_mAh_g": 100.0}},
    "maps": {"c_e": {"fast": {"mean": 1.0, "rms": 2.0, "largest": 3.0}}},
}


def shown(label, *, comparable=True, shift=0.0, voxels=(8, 6, 6)):
    t = np.linspace(0, 3600, 20)
    curve = VoltageCurve(t, np.ones(20), 4 - t / 7200 - shift, t / 36, np.zeros(20, int))
    plane = np.linspace(900, 1100, voxels[0])[:, None] + shift + np.zeros(voxels[:2])
    depth = {
        "time_s": 3600.0,
        "x_m": [1e-6, 2e-6],
        "sto": [0.5, None],
        "c_e": [1e3, 9e2],
        "phi_e": [0.0, 0.1],
    }
    cut = page.Cut(plane, voxels, (4e-7,) * 3, comparable)
    return page.ShownRun(label, {}, curve, depth, {"c_e": cut})


def test_it_has_scores_changes_cases_and_remarks(tmp_path):
    text = page.write(tmp_path, runs=[shown("slow"), shown("fast", shift=0.1)], told=TOLD).read_text()
    for words in (
        *("2 runs side by side", "fast has other voxels.\n1C is not the same.", "Change from slow"),
        *("−25.00\N{NARROW NO-BREAK SPACE}%", "Rest for 1 s; Rest for 2 s", "0, 8", "12.3"),
        *("Electrolyte concentration", "Difference from slow at equal capacity"),
    ):
        assert words in text, words
    assert "<th></th>" not in text and "<th >" not in text  # nothing to read aloud
    assert "<td>Nothing</td>" not in text and "<td>Wall time</td>" in text
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {
        *("voltage", "profiles", "c_e_maps", "c_e_differences")
    }


def test_maps_share_one_scale_and_differences_stand_about_zero():
    runs = [shown("slow"), shown("fast", shift=50.0)]
    drawn = page.drawings(runs)
    images = [axes.images[0] for axes in drawn["c_e_maps"]().axes if axes.images]
    assert len(images) == 2 and images[0].get_clim() == images[1].get_clim()
    (image,) = [axes.images[0] for axes in drawn["c_e_differences"]().axes if axes.images]
    low, high = image.get_clim()
    assert low == -high and np.allclose(image.get_array(), 50.0)


def test_what_is_on_other_voxels_has_no_difference():
    runs = [shown("slow"), shown("fast", comparable=False, voxels=(4, 3, 3))]
    assert "c_e_differences" not in page.drawings(runs) and page.compared(runs, "c_e") == []
    first, second = (axes for axes in page.drawings(runs)["c_e_maps"]().axes if axes.images)
    assert first.get_xlim() == second.get_xlim() == pytest.approx((0, 3.2))


@pytest.mark.parametrize("width", [85 / 25.4, 174 / 25.4])
def test_a_figure_is_as_wide_as_asked(width):
    for draw in page.drawings([shown("slow"), shown("fast")]).values():
        assert draw(width).get_figwidth() == pytest.approx(width)


def test_the_third_panel_is_the_difference_at_equal_capacity():
    panels = page.figure(runs=[shown("slow"), shown("fast", shift=0.1)]).axes
    lines = [line for line in panels[2].lines if len(line.get_xdata()) > 2]
    assert len(lines) == 1 and np.allclose(lines[0].get_ydata(), -100.0)


def test_rounding_is_told_as_such(tmp_path):
    scores = [
        {"key": "capacity_mAh_g", "label": "Capacity", "change": True, "values": [3.0, 3.0 * (1 + 1e-12)]},
        {"key": "energy_Wh_kg", "label": "Energy", "change": True, "values": [2.0, 2.0]},
        {"key": "e", "label": "Bias", "change": False, "values": [0.1, -4e-8], "rounding": [2e-7, 2e-7]},
    ]
    voltage = {"fast": {"rms_mV": 3e-7, "largest_mV": 0.2, "at_mAh_g": 1.0, "rounding_mV": 4e-6}}
    maps = {"c_e": {"fast": {"mean": 1e-6, "rms": 2e-3, "largest": 3e-3, "rounding": 1e-4}}}
    told = TOLD | {"scores": scores, "voltage": voltage, "maps": maps}
    text = page.write(tmp_path, runs=[shown("slow"), shown("fast")], told=told).read_text()
    text = text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    for words in ("same to 1 × 10⁻⁹", "<td>same</td>", "0 ± 2 × 10⁻⁷", "0 ± 4 × 10⁻⁶", "0 ± 1 × 10⁻⁴"):
        assert words.replace("<td>", "").replace("</td>", "") in text, words
    assert "0.00200" in text and "+0.00" not in text
