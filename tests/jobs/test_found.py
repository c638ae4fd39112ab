"""What info tells of a volume's file: what was found, what was assumed, how to say otherwise."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.found import GreyResult, grey_figures
from microsim.jobs.info import measure
from microsim.volumes.volume import write_volume

GREY = np.random.default_rng(1).normal(100, 20, (6, 7, 8)).astype("f4")


def told(capsys, *words):
    assert main(["info", *map(str, words), "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def test_labels_size_axes_and_other_data(tmp_path, capsys):
    labels = np.zeros((4, 5, 6), "u1")
    labels[1:, 2:] = 3
    write_volume(tmp_path / "v.h5", labels, voxel_size=(1e-7, 2e-7, 3e-7))
    found = told(capsys, tmp_path / "v.h5")
    assert found["label_voxels"] == {"0": 120 - 54, "3": 54}
    assert found["voxel_size_from"] == "file" and found["other_data"] == []
    assert told(capsys, tmp_path / "v.h5", "--voxel-size-nm", "50")["voxel_size_from"] == "given"
    assert main(["info", str(tmp_path / "v.h5")]) == 0
    shown = capsys.readouterr().out
    for words in (
        "xyz, slowest first",
        "100 x 200 x 300 nm, stated in the file",
        "3: 54 voxels",
        "--file-axes",
    ):
        assert words in shown


def test_an_image_is_told_to_be_one(tmp_path, capsys):
    from PIL import Image

    Image.fromarray(np.eye(5, dtype="u1")[:4]).save(tmp_path / "s.png")
    found = told(capsys, tmp_path / "s.png")
    assert found["shape"] == [4, 5, 1] and found["voxel_size_from"] is None
    assert "one image, taken as a section one voxel thick along z" in found["volume_said"][0]
    assert main(["info", str(tmp_path / "s.png")]) == 0
    shown = capsys.readouterr().out
    assert "note: one image" in shown and "not stated" in shown


def test_grey_values_have_a_range(tmp_path, capsys):
    write_volume(tmp_path / "g.tif", GREY, voxel_size=5e-8)
    found = told(capsys, tmp_path / "g.tif")
    grey = found["grey"]
    assert found["shape"] == [6, 7, 8] and found["voxel_size_m"] == [5e-8] * 3
    assert grey["least"] == GREY.min() and grey["largest"] == GREY.max()
    assert grey["mean"] == pytest.approx(GREY.mean(dtype=float)) and grey["type"] == "float32"
    assert grey["percentiles"]["50"] == pytest.approx(np.median(GREY)) and grey["not_a_number"] == 0
    assert main(["info", str(tmp_path / "g.tif")]) == 0
    assert "microsim segment makes labels of them" in capsys.readouterr().out
    assert isinstance(measure(tmp_path / "g.tif"), GreyResult)
    assert measure(tmp_path / "g.tif").plot() is not None


def test_the_range_is_that_of_the_sample(tmp_path, capsys):
    values = np.where(np.arange(7)[:, None] > 2, GREY, 0).astype("f4")
    write_volume(tmp_path / "g.tif", values)
    assert told(capsys, tmp_path / "g.tif")["grey"]["least"] == 0
    assert told(capsys, tmp_path / "g.tif", "--mask", "y=3:7")["grey"]["least"] == GREY[:, 3:].min()


def test_values_that_are_none_are_counted(tmp_path, capsys):
    holed = GREY.copy()
    holed[0, 0, :3] = np.nan
    write_volume(tmp_path / "g.tif", holed)
    assert told(capsys, tmp_path / "g.tif")["grey"]["not_a_number"] == 3
    found = grey_figures(np.array([[[1.0, np.nan, 3.0]]]))
    assert found["not_a_number"] == 1 and found["mean"] == 2
    with pytest.raises(InputError, match="expected numbers in the volume"):
        grey_figures(np.full((1, 1, 2), np.nan))


def test_many_labels_are_grey_values_unless_they_are_named(tmp_path, capsys):
    values = np.arange(100, dtype="u1").reshape(4, 5, 5)
    write_volume(tmp_path / "g.tif", values)
    assert told(capsys, tmp_path / "g.tif")["grey"]["largest"] == 99
    write_volume(tmp_path / "l.tif", values // 2)
    assert len(told(capsys, tmp_path / "l.tif")["phases"]) == 50


def test_measures_of_grey_values_are_refused(tmp_path, capsys):
    write_volume(tmp_path / "g.tif", GREY, voxel_size=5e-8)
    with pytest.raises(InputError, match="--measures: expected labels, got grey values"):
        measure(tmp_path / "g.tif", "chords")
    assert main(["info", str(tmp_path / "g.tif"), "--phases", "pore=0"]) == 2
    assert "segment the grey image first" in capsys.readouterr().err
