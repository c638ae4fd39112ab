"""The command segment: files, numbers, reports, refusals."""

import h5py
import numpy as np
import pytest
from scipy import ndimage

from microsim.cli import main
from microsim.volumes.volume import read_voxels, write_volume

from ..commands import numbers, refusal


@pytest.fixture
def stack(tmp_path):
    rough = [
        ndimage.gaussian_filter(np.random.default_rng(k).standard_normal((36, 34, 30)), 4) for k in (0, 1)
    ]
    labels = np.where(
        rough[0] > np.quantile(rough[0], 0.5), 2, np.where(rough[1] > np.quantile(rough[1], 0.6), 1, 0)
    )
    noise = 3 * np.random.default_rng(2).standard_normal(labels.shape)
    clean = ndimage.gaussian_filter(np.array([20.0, 90.0, 200.0])[labels], 0.6)
    grey = (clean + noise).clip(0, 255).astype(np.uint8)
    path = tmp_path / "stack.tif"
    write_volume(path, grey, voxel_size=1e-7)
    np.save(tmp_path / "labels.npy", labels.astype(np.uint8))
    return path, labels


NAMES = ["--phases", "pore,cbd,am"]


def test_segment_labels_and_says_how_sure_it_is(stack, tmp_path, capsys):
    path, labels = stack
    out = tmp_path / "found" / "phases.tif"
    found = numbers(
        ["segment", path, "--out", out, *NAMES, "--write-bounds", "--probability", tmp_path / "p.h5"], capsys
    )
    assert list(found["files"]) == ["labels", "low", "high", "probability", "recipe"]
    volume = read_voxels(str(out))
    assert np.mean(volume.values == labels) > 0.94 and volume.voxel_size == pytest.approx((1e-7,) * 3)
    assert found["phases"] == {"pore": 0, "cbd": 1, "am": 2}
    for name, label in found["phases"].items():
        assert found["volume_fraction"][name] == pytest.approx(np.mean(volume.values == label))
    low, high = (read_voxels(found["files"][bound]).values for bound in ("low", "high"))
    assert found["bounds"]["low"]["am"] == pytest.approx(np.mean(low == 2)) and np.mean(high == 2) < np.mean(
        low == 2
    )
    assert found["bounds"]["high"]["am"] == pytest.approx(np.mean(high == 2))
    with h5py.File(tmp_path / "p.h5") as file:
        total = sum(file[name][()] for name in found["phases"])
        assert total == pytest.approx(1, abs=1e-5) and file.attrs["voxel_size_m"] == pytest.approx(1e-7)
    assert found["levels"]["means"] == pytest.approx([20, 90, 200], abs=3)


def test_the_recipe_beside_the_labels_gives_the_same_voxels(stack, tmp_path, capsys):
    path, _ = stack
    options = [
        "--denoise",
        "median",
        "--unsharp",
        "0.3",
        "--pore-back",
        "--watershed",
        "--cracks",
        "crack",
        "--normalise",
        "z",
    ]
    first = numbers(["segment", path, "--out", tmp_path / "a.npy", *NAMES, *options], capsys)
    again = [
        "segment",
        path,
        "--out",
        tmp_path / "b.npy",
        "--recipe",
        first["files"]["recipe"],
        "--scratch",
        tmp_path,
    ]
    second = numbers(again, capsys)
    assert np.array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))
    assert first["recipe"] == second["recipe"] and first["phases"]["crack"] == 3
    assert [next(iter(step)) for step in first["recipe"]["steps"]] == [
        "normalise",
        "median",
        "unsharp",
        "pore_back",
        "watershed",
        "cracks",
    ]
    step = next(s for s in first["steps"] if s["step"] == "pore_back")
    assert set(step["before"]) == {"pore", "cbd", "am"} and 0 <= step["returned_to_void"] < 1


def test_a_mark_is_left_out_after_the_drift_is_taken_back(stack, tmp_path, capsys):
    path, _ = stack
    found = numbers(
        [
            "segment",
            path,
            "--out",
            tmp_path / "a.tif",
            *NAMES,
            "--crop",
            "x=0:30",
            "--align",
            "--align-region",
            "y=0:10",
            "--crop-after",
            "y=10:24",
        ],
        capsys,
    )
    assert [next(iter(step)) for step in found["recipe"]["steps"]] == ["crop", "align", "crop", "thresholds"]
    assert found["shape"][1] == 14
    assert "--crop-after" in refusal(
        ["segment", path, "--out", tmp_path / "a.tif", *NAMES, "--crop-after", "y=9"], capsys
    )
    again = numbers(
        ["segment", path, "--out", tmp_path / "b.tif", "--recipe", tmp_path / "a.recipe.yaml"], capsys
    )
    assert again["volume_fraction"] == found["volume_fraction"]


def test_a_recipe_knows_how_its_file_is_read(stack, tmp_path, capsys):
    path, _ = stack
    turned = tmp_path / "turned.npy"
    np.save(turned, read_voxels(str(path), kind="grey").values.transpose(2, 1, 0))
    options = [*NAMES, "--file-axes", "zyx", "--voxel-size-nm", "50,50,100"]
    first = numbers(["segment", turned, "--out", tmp_path / "a.tif", *options], capsys)
    assert first["voxel_size_m"] == pytest.approx([5e-8, 5e-8, 1e-7])
    again = numbers(
        ["segment", turned, "--out", tmp_path / "b.tif", "--recipe", tmp_path / "a.recipe.yaml"], capsys
    )
    assert (
        again["volume_fraction"] == first["volume_fraction"]
        and again["voxel_size_m"] == first["voxel_size_m"]
    )
    assert np.array_equal(
        read_voxels(str(tmp_path / "a.tif")).values, read_voxels(str(tmp_path / "b.tif")).values
    )


def test_segment_shows_its_numbers_and_a_report(stack, tmp_path, capsys):
    path, _ = stack
    arguments = [
        "segment",
        path,
        "--out",
        tmp_path / "a.tif",
        *NAMES,
        "--crop",
        "x=0:30,z=2:28",
        "--pore-back",
    ]
    assert main([str(a) for a in [*arguments, "--to-voxel-nm", "200", "--report", tmp_path / "report"]]) == 0
    shown = capsys.readouterr().out
    for said in (
        "15 x 17 x 13 voxels of 200 x 200 x 200 nm",
        "fraction",
        "before",
        "grey levels",
        "report.html",
    ):
        assert said in shown
    assert (tmp_path / "report" / "report.html").stat().st_size > 50_000


def test_given_thresholds_and_a_painted_classifier(stack, tmp_path, capsys):
    path, labels = stack
    given = ["segment", path, "--out", tmp_path / "a.tif", *NAMES, "--thresholds", "30,150"]
    assert numbers(given, capsys)["levels"]["thresholds"] == [30, 150]
    painted = np.where(np.random.default_rng(0).random(labels.shape) < 0.01, labels + 1, 0).astype(np.uint8)
    np.save(tmp_path / "painted.npy", painted)
    trained = [
        "segment",
        path,
        "--out",
        tmp_path / "b.npy",
        *NAMES,
        "--method",
        "classifier",
        "--painted",
        tmp_path / "painted.npy",
    ]
    found = numbers(trained, capsys)
    assert np.mean(np.load(tmp_path / "b.npy") == labels) > 0.95 and found["mean_probability"] > 0.9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ([], "--phases"),
        (["--phases", "pore"], "two or more"),
        ([*NAMES, "--recipe", "r.yaml"], "no other steps"),
        (["--recipe", "r.yaml", "--method", "li"], "no other steps"),
        (["--recipe", "r.yaml", "--thresholds", "3,4"], "no other steps"),
        (["--recipe", "r.yaml"], "readable YAML"),
        ([*NAMES, "--painted", "p.npy"], "--method classifier"),
        ([*NAMES, "--method", "classifier"], "--painted"),
        ([*NAMES, "--align-region", "x=0:3"], "--align"),
        ([*NAMES, "--thresholds", "9,5"], "rising thresholds"),
        ([*NAMES, "--thresholds", "300,400"], "voxels in every phase"),
        ([*NAMES, "--crop", "x=0:900"], "within 0 and 36"),
        ([*NAMES, "--curtains-along", "z"], "within the slices"),
        ([*NAMES, "--bounds", "0.9"], "--bounds"),
    ],
)
def test_segment_refuses_in_one_sentence(stack, tmp_path, capsys, change, said):
    path, _ = stack
    assert said in refusal(["segment", path, "--out", tmp_path / "o.tif", *change], capsys)
    assert not (tmp_path / "o.tif").exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((9, 9)), "3-D volume"),
        (np.full((9, 9, 9), 4.0), "4 in every voxel"),
        (np.where(np.eye(9)[None] > 0, np.nan, 1.0) * np.ones((9, 1, 1)), "NaN"),
        (np.arange(729).reshape(9, 9, 9) % 2, "at least 3 different grey values"),
    ],
)
def test_segment_refuses_bad_volumes(tmp_path, capsys, values, said):
    np.save(tmp_path / "bad.npy", values)
    assert said in refusal(["segment", tmp_path / "bad.npy", "--out", tmp_path / "o.tif", *NAMES], capsys)
    scratch = ["--scratch", tmp_path / "scratch"]
    assert said in refusal(
        ["segment", tmp_path / "bad.npy", "--out", tmp_path / "o.tif", *NAMES, *scratch], capsys
    )


def test_help_has_an_example(capsys):
    assert main(["segment", "--help"]) == 0
    assert "microsim segment " in capsys.readouterr().out
