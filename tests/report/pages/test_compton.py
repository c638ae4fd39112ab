"""The page of Compton maps: the S-parameter, or lithium where reference states are given."""

import numpy as np
import pytest

from microsim.maps.compton import Profile, calibrate_stoichiometry
from microsim.report.pages import compton as page

from ..reading import check_page, text_of

S = [1.10, 1.20, 1.30, 1.45]
LITHIUM = [0.19, 0.24, 0.28, 0.35]


def given(line):
    p = np.linspace(-12, 12, 49)
    shape = np.exp(-0.5 * p**2)[:, None, None, None] + np.zeros((6, 4, 1))
    profile = Profile(p, shape, 0.01 * shape, np.eye(49), 0.01 * shape)
    values = np.linspace(0.2, 0.3, 24).reshape(6, 4, 1)
    regions = [
        {"layers": [0, 3], "mean": 0.22, "sigma": 0.01, "std": 0.02, "pixels": 12},
        {"layers": [3, 6], "mean": 0.28, "sigma": 0.01, "std": 0.02, "pixels": 11},
    ]
    fitted = {"slope": 0.4331, "intercept": -0.2815, "r_squared": 0.998, "scatter": 0.004, "states": 4}
    result = {
        "stack": "counts.npy",
        "stack_sha256": "0" * 64,
        "incident_keV": 115.0,
        "angle_deg": 90.0,
        "peak_eV": 93874.0,
        "pixels": {"used": 23, "without a profile": 1},
        "regions": regions,
        "line": fitted if line else None,
        "mean": 0.25,
        "sigma_rms": 0.02,
        "S_mean": 1.23,
    }
    maps = {"values": values, "error": np.full(values.shape, 0.02), "line": line, "voxel_size": (5e-6,) * 3}
    return {"profile": profile, **maps, "states": (S, LITHIUM) if line else None, "result": result}


@pytest.mark.parametrize("calibrated", [True, False])
def test_the_page_is_whole(calibrated, tmp_path):
    line = calibrate_stoichiometry(S, LITHIUM) if calibrated else None
    path = page.write(tmp_path, **given(line))
    check_page(path, [f"compton_{name}" for name in ("profile", "map", "regions", *["line"] * calibrated)])
    text = text_of(path)
    name = "Lithium per formula unit" if calibrated else "S-parameter"
    assert f"{name} by Compton scattering" in text and "93.874 keV" in text and "0 to 3 0.2200" in text
    assert ("0.4331" in text) == calibrated


def test_the_figure_is_the_map_and_its_error():
    shown = given(None)
    figure = page.figure(**{key: shown[key] for key in ("values", "error", "line", "voxel_size")})
    first, second = (axes.images[0] for axes in figure.axes[:2])
    assert np.asarray(first.get_array()) == pytest.approx(shown["values"][..., 0].T)
    assert first.get_extent() == pytest.approx([0, 30, 0, 20])
    assert [axes.get_xlabel() for axes in figure.axes[2:]] == ["S-parameter", "Standard deviation"]
    assert second.get_cmap().name.startswith("magma")
