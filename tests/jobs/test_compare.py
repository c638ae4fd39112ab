"""Two maps compared from Python: files, arrays and fields of a run."""

import json
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import tifffile
from scipy import ndimage

import microsim as ms
from microsim.base.errors import InputError
from microsim.base.hosts import Host
from microsim.cli import main
from microsim.jobs.compare import read_measured
from microsim.jobs.field import Field
from microsim.jobs.map_result import MapResult
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter

FINE = np.linspace(0.3, 0.9, 8 * 4 * 4).reshape(8, 4, 4)
COARSE = FINE.reshape(4, 2, 2, 2, 2, 2).mean(axis=(1, 3, 5)) + 0.01


@pytest.fixture
def field(tmp_path):
    grid = VoxelGrid(np.zeros(FINE.shape, np.uint8), ("am",), 400e-9)
    with FieldWriter(tmp_path / "fields.h5", grid, {"sto": "1"}) as writer:
        writer.write(0.0, "Rest for 1 s", {"sto": FINE - 0.1})
        writer.write(1.0, "Rest for 1 s", {"sto": FINE})
    return Field(tmp_path / "fields.h5", "sto")


def test_a_field_against_a_file_of_another_voxel_size(field, tmp_path):
    np.save(tmp_path / "soc.npy", COARSE)
    found = ms.compare(field, tmp_path / "soc.npy", voxel_size="800 nm")
    assert found.metrics["n_voxels"] == 16 and found.metrics["bias"] == pytest.approx(-0.01, abs=1e-6)
    assert ms.compare(field.at(0), tmp_path / "soc.npy", voxel_size=8e-7).metrics["bias"] == pytest.approx(
        -0.11
    )
    assert (
        found.maps["simulated"]["file"] == f"{field.path}::sto"
        and len(found.maps["measured"]["sha256"]) == 64
    )
    assert "rmse" in repr(found) and found.title.endswith("soc.npy") and found.plot().axes


def test_the_folder_of_a_run_is_its_end_and_an_earlier_state_nearer_to_the_map_is_named(field, tmp_path):
    np.save(tmp_path / "soc.npy", COARSE - 0.1)
    run, how = str(tmp_path), {"voxel_size": "800 nm"}
    found = ms.compare(run, tmp_path / "soc.npy", **how)
    assert found.metrics["bias"] == pytest.approx(0.09, abs=1e-6)
    (said,) = [line for line in found.verdict if "nearest to the measured one" in line]
    assert f"sto@0 (0 s) has the mean nearest to the measured one: {run}/fields.h5::sto@0" in said
    named = ms.compare(f"{run}/fields.h5::sto@0", tmp_path / "soc.npy", **how)
    assert named.metrics["bias"] == pytest.approx(-0.01, abs=1e-6)
    assert not any("nearest" in line for line in named.verdict)
    np.save(tmp_path / "soc.npy", COARSE)  # the end is the nearest
    assert not any("nearest" in line for line in ms.compare(run, tmp_path / "soc.npy", **how).verdict)
    np.save(tmp_path / "soc.npy", 0.9 - COARSE)  # lithium against charge: no state is nearer
    assert not any("nearest" in line for line in ms.compare(run, tmp_path / "soc.npy", **how).verdict)


def test_arrays_on_one_grid_share_their_voxel_size(tmp_path):
    found = ms.compare(FINE, FINE + 0.02, voxel_size="400 nm", mask=FINE > 0.5)
    assert found.metrics["bias"] == pytest.approx(-0.02)
    assert found.metrics["n_voxels"] == (FINE > 0.5).sum() and found.numbers()["mask"] == "array"
    assert found.write(tmp_path / "page").is_file()


def test_the_place_of_the_measured_map():
    whole, back = ms.compare(FINE, FINE, voxel_size=4e-7), FINE[4:]
    moved = ms.compare(FINE, back, voxel_size=4e-7, origin=("1.6 um", 0, 0))
    assert moved.metrics["rmse"] == pytest.approx(0, abs=1e-12) and moved.metrics["n_voxels"] == back.size
    assert whole.comparison.difference.shape == FINE.shape and moved.numbers()["origin_m"] == (1.6e-6, 0, 0)


@pytest.mark.parametrize(
    ("simulated", "options", "said"),
    [
        (FINE, {}, "SIMULATED: expected a known voxel size, array gives none"),
        (5, {"voxel_size": 4e-7}, "SIMULATED: expected a path, an array"),
        (FINE, {"voxel_size": "4"}, "voxel_size: expected a length with its unit"),
        (FINE, {"voxel_size": 4e-7, "origin": (1, 2)}, "origin: expected three lengths"),
        (FINE, {"voxel_size": 4e-7, "min_coverage": 2}, "min_coverage: expected a number"),
        (FINE, {"voxel_size": 4e-7, "file_axes": "xyt"}, "file_axes"),
    ],
)
def test_a_mistake_is_one_sentence(simulated, options, said):
    with pytest.raises(InputError, match=said):
        ms.compare(simulated, COARSE, **options)


def test_the_command_writes_its_page_into_a_folder_of_its_own(field, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("soc.npy", COARSE)
    assert main(["compare", "fields.h5", "soc.npy", "--measured-voxel-size-nm", "800"]) == 0
    assert "report: out/compare/report.html" in capsys.readouterr().out
    assert (tmp_path / "out" / "compare" / "report.html").is_file()


# ---- noise, point spread, beam -----------------------------------------------------------------------------

NOISY = COARSE - 0.01 + np.random.default_rng(0).normal(0, 0.02, COARSE.shape)


@pytest.mark.parametrize(
    "noise", [0.02, "0.02", np.full(COARSE.shape, 0.02)], ids=["number", "words", "array"]
)
def test_a_noise_gives_the_floor(field, noise):
    found = ms.compare(field, NOISY, voxel_size=8e-7, sigma=noise)
    assert found.floor["rmse"] == pytest.approx(0.02) and found.metrics["chi2"] == pytest.approx(1, abs=0.7)
    assert found.explained == pytest.approx(1, abs=0.1) and found.numbers()["noise"]["rms"] == pytest.approx(
        0.02
    )
    assert "of what can be explained" in repr(found) and found.verdict == tuple(found.numbers()["verdict"])


def test_a_map_brings_its_noise_beside_it(field, tmp_path):
    np.save(tmp_path / "soc.npy", NOISY)
    bare = ms.compare(field, tmp_path / "soc.npy", voxel_size=8e-7)
    assert bare.floor is None and bare.numbers()["noise"] is None
    np.save(tmp_path / "soc_sigma.npy", np.full(COARSE.shape, 0.03))
    with_noise = ms.compare(field, tmp_path / "soc.npy", voxel_size=8e-7)
    assert with_noise.floor["rmse"] == pytest.approx(0.03)
    assert "soc.npy" in with_noise.numbers()["noise"]["source"]
    assert ms.compare(field, tmp_path / "soc.npy", voxel_size=8e-7, sigma=0.01).floor["rmse"] == 0.01


def test_spread_and_beam(field):
    sharp, blurred = (ms.compare(field, COARSE, voxel_size=8e-7, psf=psf) for psf in (0, "0.8 um"))
    assert blurred.metrics["std_simulated"] < sharp.metrics["std_simulated"]
    assert blurred.numbers()["psf_m"] == pytest.approx((8e-7,) * 3)
    flat = FINE.mean(axis=2, keepdims=True)
    beam = ms.compare(field, flat, voxel_size=4e-7, project="z")
    assert beam.metrics["rmse"] == pytest.approx(0, abs=1e-6) and beam.metrics["n_voxels"] == flat.size


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sigma": 0}, "sigma: expected a number from 1e-08"),
        ({"sigma": float("nan")}, "sigma: expected a number"),
        ({"sigma": 2}, "sigma: expected a number from 1e-08 to 1"),
        ({"sigma": -0.1}, "sigma: expected a number from 1e-08"),
        ({"sigma": np.ones((2, 2, 2))}, "sigma: expected a noise for each"),
        ({"sigma": np.zeros(COARSE.shape)}, "expected a noise above 1e-08"),
        ({"sigma": np.full(COARSE.shape, np.nan)}, "expected a noise above 1e-08"),
        ({"sigma": "absent.tif"}, "absent.tif"),
        ({"psf": -1e-7}, "psf: expected one length from 0"),
        ({"psf": (1e-7, 1e-7)}, "psf: expected one length"),
        ({"project": "z"}, "one layer along z, got 2"),
        ({"project": "w"}, "axis x, y or z"),
    ],
)
def test_a_wrong_instrument_is_one_sentence(field, options, said):
    with pytest.raises(InputError, match=said):
        ms.compare(field, COARSE, voxel_size=8e-7, **options)


def test_the_command_takes_noise_spread_and_beam(field, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("soc.npy", NOISY.mean(axis=2, keepdims=True))
    words = (
        "compare fields.h5 soc.npy --measured-voxel-size-nm 800 --sigma 0.02 --psf-nm 100,100,0 --project z"
    )
    assert main([*words.split(), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["floor"]["rmse"] == pytest.approx(0.02) and told["project"] == "z"
    assert told["psf_m"] == pytest.approx([1e-7, 1e-7, 0]) and set(told["skill"]) == {
        "constant",
        "depth",
        "shell",
        "homogenised",
    }


# ---- what the maps hold ------------------------------------------------------------------------------------


def test_an_array_of_two_axes_is_a_projection_along_the_beam(field):
    flat, sigma = FINE.mean(axis=1), np.full((8, 4), 0.01)
    given = {"voxel_size": 4e-7, "project": "y"}
    found = ms.compare(field, flat, sigma=sigma, mask=np.ones((8, 4)), **given)
    assert found.metrics["rmse"] == pytest.approx(0, abs=1e-6) and found.metrics["n_voxels"] == 32
    assert found.floor["rmse"] == pytest.approx(0.01)
    with pytest.raises(InputError, match=r"ndarray of shape \(8, 4\)"):
        ms.compare(field, flat, voxel_size=4e-7)


@pytest.mark.parametrize("name", ["m.npy", "m.tif", "m.npz", "m.h5"])
@pytest.mark.parametrize(("axes", "turned"), [("yxz", False), ("xyz", False), ("yzx", True), ("zyx", True)])
def test_a_file_of_two_axes_is_a_projection_once_its_axes_are_told(field, tmp_path, name, axes, turned):
    flat = FINE.mean(axis=1).astype(np.float32)
    stored, path = flat.T if turned else flat, tmp_path / name
    if name == "m.npy":
        np.save(path, stored)
    elif name == "m.npz":
        np.savez(path, m=stored)
    elif name == "m.tif":
        tifffile.imwrite(path, stored)
    else:
        with h5py.File(path, "w") as file:
            file["sto"] = stored
    given = {"voxel_size": 4e-7, "project": "y", "sigma": 0.01}
    found = ms.compare(field, path, measured_file_axes=axes, **given)
    assert found.metrics["rmse"] == pytest.approx(0, abs=1e-6)
    assert found.comparison.measured.shape == (8, 1, 4)
    with pytest.raises(InputError, match="state its axes with the beam's first: yxz where its rows count x"):
        ms.compare(field, path, **given)
    with pytest.raises(InputError, match="expected a 3-D volume, got 2-D"):
        ms.compare(field, path, voxel_size=4e-7, measured_file_axes=axes)


@pytest.mark.parametrize(
    ("simulated", "measured", "said"),
    [
        (FINE, 100 * FINE, "expected both maps in one quantity, got a median of 0.6 in the .* 60 in"),
        (100 * FINE, FINE, "got a median of 60 in the simulated map and 0.6 in"),
        (FINE, np.where(FINE < 0.31, -9999, FINE), "got -9999 in 3 of 128 voxels of the measured map"),
        (FINE, FINE > 0.5, "got whole numbers in array, as labels are"),
        (np.rint(3 * FINE), FINE, "got whole numbers in array, as labels are"),
    ],
)
def test_another_thing_than_lithiation_is_one_sentence(simulated, measured, said):
    with pytest.raises(InputError, match=said):
        ms.compare(simulated, measured, voxel_size=4e-7)


@pytest.fixture
def two_fields(tmp_path):
    """Two fields of one electrode whose material has 1.28 sites for lithium: sto, and lithium with c_e."""
    grid = VoxelGrid(np.zeros(FINE.shape, np.uint8), ("am",), 400e-9)
    host = Host("NMC", 63104.0, 4780.0, 0.09728, 0.9, 0.3)
    fields = {"sto": FINE, "lithium": host.sites * FINE, "c_e": FINE}
    with FieldWriter(tmp_path / "two.h5", grid, dict.fromkeys(fields, "1"), hosts={"am": host}) as writer:
        writer.write(0.0, "Rest for 1 s", fields)
    return tmp_path / "two.h5"


def test_a_map_that_does_not_say_what_it_holds_is_told_as_what_it_was_read(two_fields):
    """Lithium taken for sto is 28 % too much: the three means beside that of the map show it."""
    sites = Host("NMC", 63104.0, 4780.0, 0.09728, 0.9, 0.3).sites
    lithium = sites * FINE + 1e-6
    found = ms.compare(f"{two_fields}::sto", lithium, voxel_size=400e-9)
    told = " ".join(found.verdict)
    mean, soc = FINE.mean(), (0.9 - FINE.mean()) / 0.6
    assert "array does not say what it holds and is compared as sto" in told
    assert f"its mean is {sites * mean:.3g}, the simulated one {mean:.3g} as sto, " in told
    assert f"as sto, {sites * mean:.3g} as lithium per formula unit and" in told
    assert f"and {soc:.3g} as soc; --quantity says" in told
    for said in ("lithium", "sto", "soc"):
        again = ms.compare(f"{two_fields}::sto", lithium, voxel_size=400e-9, quantity=said)
        assert "does not say" not in repr(again)


def test_a_map_of_spectra_is_of_lithium(two_fields):
    """What a calibration's references are given in; another quantity may be named."""

    class Spectra(MapResult):
        values, sigma, voxel_size = 1.28 * FINE, None, (4e-7,) * 3
        source, sha256, quantity = "soc", None, "lithiation"

    found = ms.compare(f"{two_fields}::sto", Spectra())
    assert found.numbers()["quantity"] == "lithium" and abs(found.metrics["bias"]) < 5e-3
    assert ms.compare(f"{two_fields}::sto", Spectra(), quantity="sto").metrics["bias"] < -0.1


@pytest.mark.parametrize(
    ("psf", "said"),
    [
        ("0.4 nm", "The point spread of 0.4 nm is far below a simulated voxel of 400 nm and changes nothing"),
        ("30 nm", "is far below a simulated voxel"),
        ("40 um", "The point spread of 4e+04 nm is wider than half of the simulated map"),
        (0, None),
        ("200 nm", None),
        ("400 nm", None),
    ],
)
def test_a_point_spread_in_another_unit_is_told(psf, said):
    found = repr(ms.compare(FINE, FINE + 0.02, voxel_size="400 nm", psf=psf))
    assert said in found if said else "point spread" not in found


def test_fields_of_two_quantities_are_brought_to_that_of_the_measured(two_fields):
    found = ms.compare(f"{two_fields}::sto", f"{two_fields}::lithium")
    assert found.metrics["rmse"] == pytest.approx(0, abs=1e-6) and found.numbers()["quantity"] == "lithium"
    assert ms.compare(f"{two_fields}::sto", f"{two_fields}::sto").numbers()["quantity"] is None


@pytest.mark.parametrize(
    ("simulated", "measured", "quantity", "said"),
    [
        ("sto", "lithium", "sto", "quantity: expected lithium, which .* holds, got sto"),
        ("sto", "c_e", None, "quantity: expected c_e, which .* holds, got sto"),
        ("lithium", "sto", None, "quantity: expected the sto of a run, which can be turned into sto, got"),
    ],
)
def test_fields_of_two_quantities_that_do_not_meet_are_one_sentence(
    two_fields, simulated, measured, quantity, said
):
    with pytest.raises(InputError, match=said):
        ms.compare(f"{two_fields}::{simulated}", f"{two_fields}::{measured}", quantity=quantity)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (100 * FINE, "compare.measured: expected lithium from about 0 to 1, got a median of 60 in "),
        ((FINE > 0.5).astype(np.uint8), "got whole numbers in .*as labels are"),
    ],
)
def test_a_case_refuses_another_thing_than_lithiation_before_it_runs(tmp_path, values, said):
    np.save(tmp_path / "soc.npy", values)
    asked = SimpleNamespace(
        measured="soc.npy",
        voxel_size=(4e-7,) * 3,
        file_axes="xyz",
        sigma=None,
        quantity="lithium",
        project=None,
    )
    with pytest.raises(InputError, match=said):
        read_measured(SimpleNamespace(compare=[asked], locate=lambda name: tmp_path / name))


def test_models_beside_each_other_and_which_the_map_speaks_for(field, tmp_path):
    """Seen and converted as the first one; odds need a noise."""
    np.save(tmp_path / "soc.npy", COARSE - 0.01)
    how = {"voxel_size": "800 nm", "sigma": 0.005}
    found = ms.compare(
        f"{tmp_path}/fields.h5::sto@1", tmp_path / "soc.npy", against=[f"{tmp_path}/fields.h5::sto@0"], **how
    )
    right, wrong = found.numbers()["models"]
    assert right["chi2"] == pytest.approx(found.metrics["chi2"]) and right["told_apart"] is None
    assert wrong["simulated"].endswith("sto@0") and wrong["told_apart"] and wrong["log10_odds"] > 100
    assert wrong["noise_limit"] == pytest.approx(0.1 * 4 / 4.585, rel=0.01)  # 16 voxels, 0.1 off
    assert any(line.startswith("Of 2 models") for line in found.verdict)
    assert ms.compare(field, tmp_path / "soc.npy", **how).numbers()["models"] == []
    with pytest.raises(InputError, match="expected the noise of the measured map"):
        ms.compare(field, tmp_path / "soc.npy", voxel_size="800 nm", against=[field.at(0)])


def test_a_map_on_finer_voxels_than_was_measured_is_told():
    """Splines of first order between values of noise 0.02 leave neighbours of twice as fine voxels 0.5 of
    what 0.02 would: another model then passes for the true one at that noise."""
    rng = np.random.default_rng(0)
    coarse = 0.5 + 0.05 * np.cumsum(rng.standard_normal((12, 12, 12)), axis=0) / 3
    seen = coarse + 0.02 * rng.standard_normal(coarse.shape)
    finer = [ndimage.zoom(one, 2, order=1) for one in (coarse, seen)]
    assert "Neighbours in array differ by" in repr(ms.compare(*finer, voxel_size=1e-6, sigma=0.02))
    for maps, sigma in (((coarse, seen), 0.02), (finer, None)):
        assert "Neighbours in array" not in repr(ms.compare(*maps, voxel_size=1e-6, sigma=sigma))
