"""The page of a fit: its table, figures and sentences."""

import numpy as np
import pytest

from microsim.report.pages import fit as page

from ..reading import room_behind_bars

ONE = {
    "value": 3e-7,
    "interval": [2e-7, 4.5e-7],
    "identifiable": True,
    "start": 1e-7,
    "low": 1e-10,
    "high": 1e-4,
}
SCORE = {"file": "a.tif", "unit": "1", "rmse": 0.021, "noise": 0.02, "chi2": 1.1}


def result():
    other = {
        **ONE,
        "value": 0.4,
        "interval": [0.0, 1.0],
        "identifiable": False,
        "start": 0.2,
        "scale": "linear",
    }
    return {
        "title": "Demo: fit",
        "parameters": {"cell.film.conductivity_S_m": {**ONE, "scale": "log"}, "cell.cbd.contact_lost": other},
        "correlation": [[1.0, -0.4], [-0.4, 1.0]],
        "chi2": 1.1,
        "targets": [{**SCORE, "kind": kind} for kind in ("map", "voltage")],
        "held_out": [{**SCORE, "kind": "spectrum"}],
        "said": ["The data do not hold cell.cbd.contact_lost."],
        "rule": "95 % intervals are of the linearised fit.",
        "runs": 5,
    }


def drawn():
    rng = np.random.default_rng(0)
    field = rng.uniform(0.3, 0.6, (5, 4, 3))
    field[0] = np.nan
    maps = {
        "measured": field,
        "before": field + 0.05,
        "after": field + 0.01,
        "sigma": np.full(field.shape, 0.02),
    }
    x, V = np.linspace(0, 100, 9), np.linspace(4.2, 3.5, 9)
    Z = 1e-3 * (1 + np.exp(-1j * np.linspace(0, 3, 7)))
    return [
        {**maps, "kind": "map", "name": "a.tif", "voxel_size": (8e-7,) * 3, "quantity": "sto"},
        {"kind": "voltage", "name": "b.csv", "by": "time", "x": x, "measured": V, "before": V, "after": V},
        {"kind": "spectrum", "name": "c.csv", "measured": Z, "before": Z, "after": Z},
    ]


def test_the_page_tells_what_was_found(tmp_path):
    html = page.write(tmp_path, result=result(), drawn=drawn()).read_text()
    assert "The data do not hold cell.cbd.contact_lost." in html and "linearised fit" in html
    assert "cell.film.conductivity_S_m" in html and "held out" in html and "1 of 2" in html
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {f"{n}.png" for n in ("parameters", "correlation", "target_0", "target_1", "target_2")}


def test_one_free_number_alone_has_no_picture_of_correlation(tmp_path):
    one = result()
    key = next(iter(one["parameters"]))
    alone = one | {"parameters": {key: one["parameters"][key]}, "correlation": [[1.0]]}
    alone["targets"] = [{**score, "chi2": 9.12e-5} for score in alone["targets"]]
    html = page.write(tmp_path, result=alone, drawn=drawn()).read_text()
    assert not (tmp_path / "figures" / "correlation.png").exists() and "Correlation of" not in html
    assert "reduced χ² 9.12\u202f×\u202f10⁻⁵." in html


def test_the_figure_shows_values_and_starts():
    axes = page.figure(result=result()).axes
    assert [a.get_xscale() for a in axes] == ["log", "linear"]
    assert axes[0].lines[0].get_xdata() == pytest.approx([3e-7])


def test_a_correlation_has_a_true_minus():
    found = result() | {"correlation": [[1.0, -0.25], [-0.25, 1.0]]}
    assert [text.get_text() for text in page.correlation_figure(found).axes[0].texts] == [
        "1.00",
        "−0.25",
        "−0.25",
        "1.00",
    ]


def test_the_map_shows_what_is_left_in_units_of_the_noise():
    figure = page.fitted_map_figure(drawn()[0])
    assert room_behind_bars(figure) > 0.12
    panels = figure.axes
    left = np.ma.filled(
        panels[3].collections[0].get_array() if panels[3].collections else panels[3].images[0].get_array(),
        np.nan,
    )
    assert np.nanmax(np.abs(left)) == pytest.approx(0.5, abs=1e-6)
