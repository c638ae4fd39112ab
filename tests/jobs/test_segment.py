"""The job segment: grey values in, labels that print, draw, save themselves and go on to other jobs."""

import json

import h5py
import numpy as np
import pytest
from scipy import ndimage

import microsim as ms
from microsim.cli import main
from microsim.segment.recipe import load_recipe
from microsim.volumes.filed import FileArray
from microsim.volumes.volume import read_voxels, write_volume

NAMES = ["pore", "cbd", "am"]


def grey_and_labels():
    """A grey volume of three phases with blurred edges and noise, and the labels that it was made of."""
    rough = [
        ndimage.gaussian_filter(np.random.default_rng(k).standard_normal((30, 26, 20)), 4) for k in (0, 1)
    ]
    solid = rough[0] > np.quantile(rough[0], 0.5)
    labels = np.where(solid, 2, np.where(rough[1] > np.quantile(rough[1], 0.6), 1, 0))
    clean = ndimage.gaussian_filter(np.array([20.0, 90.0, 200.0])[labels], 0.6)
    noise = 3 * np.random.default_rng(2).standard_normal(labels.shape)
    return (clean + noise).clip(0, 255).astype(np.uint8), labels


GREY, LABELS = grey_and_labels()


@pytest.fixture(scope="module")
def found():
    return ms.segment_volume(GREY, NAMES, voxel_size="100 nm", steps={"unsharp": 0.3, "watershed": True})


def test_arrays_give_what_the_command_prints(found, tmp_path, capsys):
    path = write_volume(tmp_path / "grey.tif", GREY, voxel_size=1e-7)
    options = ["--phases", "pore,cbd,am", "--unsharp", "0.3", "--watershed"]
    assert main(["segment", str(path), "--out", str(tmp_path / "l.tif"), *options, "--json", "-"]) == 0
    printed, numbers = json.loads(capsys.readouterr().out), found.numbers()
    assert list(printed) == list(numbers) and list(printed["files"]) == ["labels", "recipe"]
    for key in ("shape", "phases", "volume_fraction", "bounds", "levels", "mean_probability", "recipe"):
        assert printed[key] == json.loads(json.dumps(numbers[key])), key
    assert np.array_equal(read_voxels(tmp_path / "l.tif").values, found.labels)


def test_the_labels_are_right_and_go_on(found):
    assert np.mean(found.labels == LABELS) > 0.93 and found.phases == {"pore": 0, "cbd": 1, "am": 2}
    assert found.grid.fraction("am") == pytest.approx(found.fractions["middle"]["am"])
    low, high = (found.fractions[bound]["am"] for bound in ("low", "high"))
    assert high < found.fractions["middle"]["am"] < low and found.probability > 0.9
    assert ms.tortuosity(found.grid, "pore").tau > 1
    assert ms.tortuosity(found, "pore").tau == ms.tortuosity(found.grid, "pore").tau  # its grid is meant


def test_it_prints_and_draws(found, tmp_path):
    assert repr(found).startswith("array: 30 x 26 x 20 voxels of 100 x 100 x 100 nm")
    for words in ("fraction", "grey levels: pore", "--phases pore=0,cbd=1,am=2"):
        assert words in repr(found) and words in found._repr_html_()
    assert "pore-back" in repr(ms.segment_volume(GREY, NAMES, steps={"pore_back": True}))
    assert len(found.plot().axes) == 6 and found.write(tmp_path / "page").is_file()


def test_what_is_saved(tmp_path):
    found = ms.segment_volume(GREY, NAMES, write_bounds=True)
    written = found.save(tmp_path / "a.tif")
    assert list(written) == ["labels", "low", "high", "recipe"]
    low = read_voxels(written["low"]).values
    assert np.mean(low == 2) == pytest.approx(found.fractions["low"]["am"])
    again = ms.segment_volume(GREY, recipe=written["recipe"])
    assert np.array_equal(again.labels, found.labels) and again.recipe == load_recipe(written["recipe"])
    with h5py.File(found.save_probability(tmp_path / "p.h5")["probability"]) as file:
        assert sum(file[name][()] for name in NAMES) == pytest.approx(1, abs=1e-5)


def test_a_recipe_may_be_plain_data_and_scratch_files_go_with_the_result(tmp_path):
    recipe = {"phases": NAMES, "crack": "gap", "steps": [{"median": {"size": 3}}, "cracks"]}
    found = ms.segment_volume(GREY, recipe=recipe, scratch=tmp_path / "scratch")
    assert found.state.names == (*NAMES, "gap") and list((tmp_path / "scratch").rglob("*.npy"))
    assert isinstance(found.state.grey, FileArray)
    del found
    assert not list((tmp_path / "scratch").rglob("*"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grey": GREY[0]}, "expected three axes"),
        ({"phases": None}, "--phases: expected the names"),
        ({"phases": "pore"}, "two or more different names"),
        ({"steps": {"denoise": "blur"}}, "denoise: expected none, median or nlm"),
        ({"steps": {"smooth": 1}}, "steps: expected the keys slicing_axis"),
        ({"steps": {"crop": {"x": (0, 99)}}}, "within 0 and 30"),
        ({"steps": {"to_voxel": "100"}}, "to_voxel: expected a length with its unit"),
        ({"steps": {"to_voxel": 1e-7}}, "a known voxel size to resample"),
        ({"recipe": "r.yaml"}, "no other steps beside it, got phases"),
        ({"phases": None, "recipe": "r.yaml", "steps": {"method": "li"}}, "got thresholds"),
        ({"phases": None, "recipe": {"phases": NAMES, "steps": ["blur"]}}, "steps.0: expected"),
        ({"bounds": 0.5}, "bounds: expected a number from 0 to 0.45"),
        ({"voxel_size": 400}, "voxel_size: expected voxel edges between 1 nm"),
    ],
)
def test_wrong_arguments(change, words):
    given = {"grey": GREY, "phases": NAMES} | change
    with pytest.raises(ms.InputError, match=words):
        ms.segment_volume(**given)


def two_phases():
    """Grey values and exact shares of a body with blurred edges and noise."""
    rough = ndimage.zoom(np.random.default_rng(6).standard_normal((9, 8, 7)), 12, order=3)
    share = (rough > 0).reshape(27, 4, 24, 4, 21, 4).mean(axis=(1, 3, 5))
    noise = 5 * np.random.default_rng(7).standard_normal(share.shape)
    return 60 + 100 * ndimage.gaussian_filter(share, 0.7) + noise, share


def test_shares_go_on_to_transport(tmp_path, capsys):
    grey, share = two_phases()
    path = write_volume(tmp_path / "grey.npy", grey.astype(np.float32))
    out, shares = str(tmp_path / "labels.npy"), tmp_path / "shares.h5"
    command = [
        "segment",
        str(path),
        "--phases",
        "pore,am",
        "--out",
        out,
        "--shares",
        str(shares),
        "--json",
        "-",
    ]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["files"]["shares"] == str(shares)
    found = {name: read_voxels(f"{shares}::{name}", kind="field").values for name in ("pore", "am")}
    assert found["pore"] + found["am"] == pytest.approx(np.ones(share.shape), abs=1e-6)
    labels = read_voxels(out).values
    assert np.sqrt(np.mean((found["am"] - share) ** 2)) < 0.6 * np.sqrt(np.mean((labels - share) ** 2))
    options = [
        "--phases",
        "pore=0,am=1",
        "--shares",
        f"pore={shares}::pore",
        "--interface",
        "grey",
        "--json",
        "-",
    ]
    assert main(["transport", out, *options]) == 0
    assert json.loads(capsys.readouterr().out)["axes"]["x"]["eps"] == pytest.approx(
        1 - share.mean(), abs=4e-3
    )


def test_shares_of_three_phases_are_refused(tmp_path, capsys):
    path = write_volume(tmp_path / "grey.tif", GREY, voxel_size=1e-7)
    options = [
        "--phases",
        "pore,cbd,am",
        "--out",
        str(tmp_path / "l.tif"),
        "--shares",
        str(tmp_path / "s.h5"),
    ]
    assert main(["segment", str(path), *options]) == 2
    assert "--shares: expected two phases, got pore, cbd, am" in capsys.readouterr().err


# ---- a round field of view ---------------------------------------------------------------------------------


def seen_through_a_tube():
    """Grey values of two phases within a cylinder along x, 0 outside, and the labels."""
    from scipy import ndimage

    from microsim.mesh.mask import cylinder

    rng = np.random.default_rng(5)
    noise = ndimage.gaussian_filter(rng.normal(size=(12, 40, 40)), 2.0)
    labels = (noise > np.quantile(noise, 0.4)).astype("u1")
    inside = cylinder(labels.shape, "x")
    grey = np.where(labels, 160, 90) + rng.normal(0, 6, labels.shape)
    return np.where(inside, grey, 0).astype("f4"), labels, inside


def test_what_is_outside_the_field_of_view_is_no_phase(tmp_path):
    grey, labels, inside = seen_through_a_tube()
    found = ms.segment_volume(grey, ["pore", "am"], mask="cylinder", voxel_size=1e-7)
    right = (found.labels == labels)[inside].mean()
    assert right > 0.98 and set(np.unique(found.labels[~inside])) == {2}
    assert found.numbers()["volume_fraction"]["am"] == pytest.approx(labels[inside].mean(), abs=0.01)
    assert found.numbers()["outside_label"] == 2
    assert found.numbers()["sample_share"] == pytest.approx(inside.mean())
    grid = found.grid
    assert grid.phases == ("pore", "am") and grid.masked
    assert grid.fraction("am") == pytest.approx(found.numbers()["volume_fraction"]["am"])
    found.save(tmp_path / "l.tif")
    again = ms.read_volume(tmp_path / "l.tif", {"pore": 0, "am": 1}, mask="label=2")
    assert again.fraction("am") == pytest.approx(grid.fraction("am"))
    same = ms.segment_volume(grey, recipe=tmp_path / "l.recipe.yaml")
    np.testing.assert_array_equal(same.labels, found.labels)
    plain = ms.segment_volume(grey, ["pore", "am"]).numbers()["volume_fraction"]["am"]
    assert abs(plain - labels[inside].mean()) > 0.1  # two phases alone take what is outside for pore


def test_what_a_mask_does_not_go_with_is_refused(tmp_path):
    grey, _, _ = seen_through_a_tube()
    options = {"mask": "cylinder"}
    with pytest.raises(ms.InputError, match="expected steps that keep the voxels in place, got crop"):
        ms.segment_volume(grey, ["pore", "am"], steps={"crop": {"y": (4, 36)}}, **options)
    with pytest.raises(ms.InputError, match="--mask: expected no --draws"):
        ms.segment_volume(grey, ["pore", "am"], draws=2, **options)
    found = ms.segment_volume(grey, ["pore", "am"], **options)
    for write in (found.write, found.save_probability, found.save_shares):
        with pytest.raises(ms.InputError, match="expected a volume without mask, got one"):
            write(tmp_path / "x.h5")


def test_a_grey_volume_without_a_voxel_size_has_its_page(tmp_path):
    grey, _, _ = seen_through_a_tube()
    np.save(tmp_path / "grey.npy", grey)
    found = ms.segment_volume(tmp_path / "grey.npy", ["pore", "am"])
    assert found.voxel_size is None
    assert found.tables()[-1].endswith("pore=0,am=1 --voxel-size-nm H (the image states none)")
    sized = ms.segment_volume(tmp_path / "grey.npy", ["pore", "am"], voxel_size=4e-7)
    assert sized.tables()[-1].endswith("pore=0,am=1")
    found.write(tmp_path / "page")
    assert (tmp_path / "page" / "report.html").is_file()


@pytest.mark.parametrize("name", ["grey.zarr", "grey.h5", "grey.npy", "grey.tif"])
@pytest.mark.parametrize("options", [{}, {"mask": "cylinder=z"}, {"steps": {"denoise": "median"}}])
def test_in_files_of_a_folder_every_number_is_the_same(tmp_path, monkeypatch, name, options):
    """Slabs of two layers and a file whose axes are turned, against the whole volume in memory."""
    from microsim.segment import segmentation
    from microsim.volumes import slabs

    if name.endswith(".zarr"):
        pytest.importorskip("zarr", reason="needs the extra formats")
    noisy = GREY.astype(np.uint16) + np.random.default_rng(3).integers(0, 60, GREY.shape, np.uint16)
    path = write_volume(tmp_path / name, noisy, file_axes="zyx", voxel_size=None if "npy" in name else 1e-7)
    given = {"phases": NAMES, "file_axes": "zyx", "voxel_size": "100 nm", **options}
    whole = ms.segment_volume(path, **given)
    numbers = whole.numbers()
    for module in (slabs, segmentation):
        monkeypatch.setattr(module, "SLAB_BYTES", 4 * 2 * 26 * 20)
    found = ms.segment_volume(path, **given, scratch=tmp_path / "scratch")
    again = found.numbers()
    for one in (numbers, again):
        one["steps"] = [{k: v for k, v in step.items() if k != "seconds"} for step in one["steps"]]
    assert again == numbers and numbers["doubts"]
    assert np.array_equal(found.labels, whole.labels)
    written = read_voxels(found.save(tmp_path / f"labels.{name.partition('.')[2]}")["labels"])
    assert np.array_equal(written.values, whole.labels)
