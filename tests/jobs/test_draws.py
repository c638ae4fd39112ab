"""Jobs on every draw of a volume: an interval beside each number, also of cases and commands."""

import json

import numpy as np
import pytest
from scipy import ndimage

import microsim as ms
from microsim.cli import main
from microsim.volumes.draws import write_draws
from microsim.volumes.volume import read_voxels, write_volume

from .conftest import DEMO, SMALL
from .volumes import electrode

STEP = "Discharge at 1C for 60 s"


def grown(labels, seed):
    """Labels of which some am voxels turned to pore."""
    turned = (np.random.default_rng(seed).random(labels.shape) < 0.03) & (labels == 1)
    return np.where(turned, 0, labels).astype(np.uint8)


@pytest.fixture
def drawn():
    grid = electrode()
    return grid.with_draws([grown(grid.phase, seed) for seed in range(3)])


def test_a_volume_with_draws_gives_intervals(drawn):
    found = ms.tortuosity(drawn, "pore")
    alone = [ms.tortuosity(draw, "pore").tau for draw in drawn.draws]
    low, high = found.numbers()["intervals"]["axes"]["x"]["tau"]
    from microsim.analysis.intervals import spread_interval

    assert [low, high] == spread_interval(found.tau, alone, (1.0, np.inf)) and found.numbers()["draws"] == 3
    assert set(found.numbers()["intervals"]["axes"]["x"]) == {
        "tau",
        "D_eff_over_D0",
        "eps",
        "eps_percolating",
    }
    assert "axes x tau" in repr(found) and "95 %, from 3 draws" in found._repr_html_()
    plain = ms.tortuosity(electrode(), "pore").numbers()
    assert "intervals" not in plain and "draws" not in plain


def test_the_command_says_what_python_says(tmp_path, capsys):
    grey = ndimage.gaussian_filter(30.0 + 100 * electrode().phase, 0.8).astype(np.float32)
    grey += 8 * np.random.default_rng(0).standard_normal(grey.shape, np.float32)
    source, out = write_volume(tmp_path / "g.tif", grey), tmp_path / "v.tif"
    words = ["--phases", "pore,am,cbd", "--draws", "4", "--voxel-size-nm", "400"]
    assert main(["segment", str(source), "--out", str(out), *words, "--json", "-"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert list(files) == ["labels", "draws", "recipe"]
    asked = ["--phases", "pore=0,am=1,cbd=2", "--draws", files["draws"], "--report", str(tmp_path / "page")]
    assert main(["transport", str(out), *asked, "--json", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    found = ms.segment_volume(grey, ["pore", "am", "cbd"], draws=4, voxel_size="400 nm")
    assert np.array_equal(read_voxels(f"{files['draws']}::2").values, found.grid.draws[1].phase)
    assert printed["intervals"]["axes"] == ms.tortuosity(found.grid).numbers()["intervals"]["axes"]
    assert "Uncertainty of the segmentation" in (tmp_path / "page" / "report.html").read_text()


def test_doubts_of_the_segmentation_go_with_its_draws(tmp_path, capsys):
    rough = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((40, 32, 32)), 4)
    grey = 100 + 100 * (rough > 0) + 8 * np.random.default_rng(1).standard_normal(rough.shape)
    grey *= 1 + 0.3 * np.linspace(-1, 1, 40)[:, None, None]
    shaded = ms.segment_volume(grey.astype(np.float32), ["pore", "am"], draws=2, voxel_size="400 nm")
    (said,) = [one for one in shaded.doubts if "--normalise x" in one]
    found = ms.tortuosity(shaded.grid)
    assert said in found.numbers()["draws_doubts"] and f"the intervals do not cover: {said}" in repr(found)
    files = shaded.save(tmp_path / "v.tif")
    asked = ["--phases", "pore=0,am=1", "--draws", str(files["draws"])]
    assert main(["transport", str(files["labels"]), *asked, "--json", "-"]) == 0
    assert said in json.loads(capsys.readouterr().out)["draws_doubts"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["transport", "--draws", "{v}"], "expected a file of 2 or more draws"),
        (["transport", "--draws", "{other}"], "expected draws of the volume's shape"),
        (["mesh", "--draws", "{d}", "--out", "m.vtu"], "got one that writes a file"),
    ],
)
def test_what_is_refused(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    labels = electrode().phase
    files = {"v": write_volume(tmp_path / "v.h5", labels, voxel_size=4e-7)}
    files["d"] = write_draws(tmp_path / "v.draws.h5", [labels] * 2)
    files["other"] = write_draws(tmp_path / "o.draws.h5", [labels[1:]] * 2)
    words = [word.format(**files) for word in words]
    options = ["--phases", "pore=0,am=1,cbd=2"]
    assert main([words[0], str(files["v"]), *words[1:], *options]) == 2
    assert said in capsys.readouterr().err
    with pytest.raises(ms.InputError, match="expected 0, or 2 to 1000 draws"):
        ms.segment_volume(labels.astype(float), ["a", "b"], draws=1)


@pytest.fixture(scope="module")
def demo_draws(tmp_path_factory):
    """Two draws of the demo electrode."""
    labels = read_voxels(DEMO.parent / "../meshes/demo_electrode.tif").values
    draws = [grown(labels, seed) for seed in range(2)]
    return write_draws(tmp_path_factory.mktemp("demo") / "demo.draws.h5", draws)


def test_a_run_gives_intervals_of_capacity_and_keeps_the_runs_of_its_draws(demo_draws, tmp_path):
    change = {**SMALL, "protocol": [STEP], "volume.draws": str(demo_draws)}
    found = ms.run(DEMO, tmp_path / "out", set=change)
    numbers = json.loads((tmp_path / "out" / "result.json").read_text())
    alone = [ms.open_run(tmp_path / "out" / "draws" / str(k)).numbers() for k in (1, 2)]
    low, high = numbers["intervals"]["steps"][0]["mean_voltage_V"]
    values = [one["steps"][0]["mean_voltage_V"] for one in alone]
    assert (
        numbers["draws"] == 2
        and numbers["draws_failed"] == {}
        and numbers["draws_doubts"] == []
        and len(set(values)) == 2
    )
    assert low < numbers["steps"][0]["mean_voltage_V"] < high and "95 %, from 2 draws" in repr(found)
    assert "tau" in numbers["intervals"]["transport"]["pore"]["x"]
    assert "Uncertainty of the segmentation" in found.report().read_text()
    one = ms.run(DEMO, tmp_path / "one", set={**change, "volume.draw": 2}).numbers()
    assert one["steps"][0]["mean_voltage_V"] == values[1] and "intervals" not in one


def test_a_cell_s_spectrum_and_its_homogenised_electrode_have_intervals(demo_draws, tmp_path):
    change = {**SMALL, "volume.draws": str(demo_draws)}
    found = ms.cell_impedance(DEMO, "1e-1:1e3:5", set=change).numbers()
    (low, high), middle = found["intervals"]["Z_real_ohm_m2"], found["Z_real_ohm_m2"]
    assert found["draws"] == 2 and all(a < z < b for a, z, b in zip(low, middle, high))
    twin = ms.homogenise(DEMO, tmp_path / "twin", set=change).numbers()
    assert twin["intervals"]["parameters"]["porosity"] and (tmp_path / "twin" / "draws" / "2").is_dir()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"volume.draw": 1}, "volume.draws: expected the file that the draw is in"),
        ({"volume.draws": "none.h5"}, "expected a file of 2 or more draws"),
        ({"volume.draws": "{d}", "volume.draw": 3}, "volume.draw: expected 1 to 2"),
    ],
)
def test_cases_that_are_refused(demo_draws, tmp_path, change, words):
    change = {key: demo_draws.as_posix() if value == "{d}" else value for key, value in change.items()}
    with pytest.raises(ms.InputError, match=words):
        ms.run(DEMO, tmp_path, set={**SMALL, **change})
