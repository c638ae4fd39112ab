"""No job writes over a file that it reads, from Python and from the command line."""

import inspect
import json

import h5py
import numpy as np
import pytest

from microsim.base.arguments import declared
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.transport import tortuosity
from microsim.mesh.read import read_volume
from microsim.volumes.volume import write_volume

WORDS = ["--phases", "a=0,b=1", "--voxel-size-nm", "100"]


@pytest.fixture
def layers(tmp_path, monkeypatch):
    """A volume of two layers, as npy and behind a link of an HDF5 file."""
    monkeypatch.chdir(tmp_path)
    values = np.zeros((6, 6, 6), np.uint8)
    values[:, :3] = 1
    write_volume("v.npy", values)
    write_volume("data.h5", values)
    with h5py.File("link.h5", "w") as file:
        file["volume"] = h5py.ExternalLink("data.h5", "/volume")
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ["transport", "v.npy", *WORDS, "--conducting", "b", "--json", "v.npy"],
        ["transport", "link.h5", *WORDS, "--conducting", "b", "--fields", "link.h5"],
        ["transport", "link.h5", *WORDS, "--conducting", "b", "--fields", "data.h5"],
        ["flow", "data.h5", *WORDS, "--through", "b", "--out", "data.h5"],
        ["wetting", "v.npy", *WORDS, "--through", "b", "--out", "sub/../v.npy"],
        ["segment", "v.npy", "--phases", "a,b", "--out", "v.npy"],
        ["generate", "recipe.yaml", "--out", "x.tif", "--json", "recipe.yaml"],
        ["bpx", "case.yaml", "--out", "case.yaml"],
        ["mesh", "v.npy", *WORDS, "--out", "v.npy"],
        ["info", "v.npy", *WORDS, "--measures", "clusters", "--maps", "m", "--json", "v.npy"],
    ],
    ids=lambda words: f"{words[0]} {words[-2]} {words[-1]}",
)
def test_an_output_that_is_an_input_is_refused(layers, capsys, words):
    (layers / "recipe.yaml").write_text("shape: [8, 8, 8]\n")
    (layers / "case.yaml").write_text("title: a\n")
    before = contents(layers)
    assert main(words) == 2
    assert "expected an output that is none of the inputs" in capsys.readouterr().err
    assert contents(layers) == before


@pytest.mark.parametrize("place", [".", "..", "sub", "/"])
@pytest.mark.parametrize(
    "words",
    [
        ["transport", "v.npy", *WORDS, "--conducting", "b", "--json"],
        ["transport", "v.npy", *WORDS, "--conducting", "b", "--fields"],
        ["segment", "v.npy", "--phases", "a,b", "--out"],
        ["mesh", "v.npy", *WORDS, "--out"],
        ["bpx", "case.yaml", "--out"],
        ["losses", "v.npy", "v.npy", "v.npy", "--save"],
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_a_folder_is_no_file_to_write(layers, capsys, words, place):
    (layers / "sub").mkdir()
    (layers / "case.yaml").write_text("title: a\n")
    assert main([*words, place]) == 2
    said = capsys.readouterr().err
    assert f"{words[-1]}: expected the name of a file, got the folder {place};" in said


def test_a_folder_that_is_there_takes_files(layers, capsys):
    (layers / "maps").mkdir()
    words = f"info {layers / 'v.npy'} --voxel-size-nm 100 --measures clusters --maps {layers / 'maps'}"
    assert main(words.split()) == 0, capsys.readouterr().err
    assert list((layers / "maps").iterdir())


def test_two_outputs_are_two_files(layers, capsys):
    words = ["transport", "v.npy", *WORDS, "--conducting", "b", "--fields", "a.h5", "--json", "./a.h5"]
    assert main(words) == 2 and not (layers / "a.h5").exists()
    assert "--json: expected a file of its own, got a.h5 as for --fields" in capsys.readouterr().err


def test_a_result_spares_what_it_was_computed_from(layers):
    found = tortuosity(read_volume("v.npy", {"a": 0, "b": 1}, 1e-7), "b")
    before = contents(layers)
    with pytest.raises(InputError, match="none of the inputs"):
        found.save("v.npy")
    assert contents(layers) == before
    assert list(json.loads(found.save("w.json").read_text())["axes"]) == ["x"]


def test_a_recipe_that_is_read_and_written_stays(layers):
    grey = np.random.default_rng(3).integers(0, 90, (8, 8, 8)).astype(np.uint8)
    grey[4:] += 120
    write_volume("grey.tif", grey)
    assert main(["segment", "grey.tif", "--phases", "a,b", "--out", "l.tif"]) == 0
    recipe = (layers / "l.recipe.yaml").read_bytes()
    assert main(["segment", "grey.tif", "--recipe", "l.recipe.yaml", "--out", "l.tif"]) == 0
    assert (layers / "l.recipe.yaml").read_bytes() == recipe


def test_names_of_phases_do_not_leave_the_folder_of_maps(layers, capsys):
    before = {path.name for path in layers.iterdir()}
    words = ["--phases", "../../escaped=0,a/b=1", "--voxel-size-nm", "100", "--measures", "clusters"]
    assert main(["info", "v.npy", *words, "--maps", "deep/maps"]) == 0
    assert {path.name for path in layers.iterdir()} == before | {"deep"}
    names = sorted(path.name for path in (layers / "deep" / "maps").iterdir())
    assert names == ["a_b_clusters.tif", "escaped_clusters.tif"]


@pytest.mark.parametrize(
    "words",
    [
        ["transport", "v.npy", *WORDS, "--conducting", "b"],
        ["flow", "v.npy", *WORDS, "--through", "b"],
        ["wetting", "v.npy", *WORDS, "--through", "b"],
        ["eis", "v.npy", *WORDS, "--conducting", "b", "--frequencies", "1:10:4"],
        ["particles", "v.npy", *WORDS, "--active", "b"],
        ["mesh", "v.npy", *WORDS, "--out", "m.vtu"],
        ["mesh", "v.npy", *WORDS, "--out", "m.vtu", "--kind", "tetrahedra"],
        ["info", "v.npy", *WORDS],
    ],
    ids=lambda words: words[0],
)
def test_work_that_does_not_fit_into_memory_is_refused_before_it(layers, capsys, monkeypatch, words):
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.01")
    assert main(words) == 2
    assert "v.npy: expected enough memory, needs about 0.1 GB, 0.01 GB free; crop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["eis", "v.npy", *WORDS, "--conducting", "b", "--frequencies", "1:10:4"], "0.3"),
        (["wetting", "v.npy", *WORDS, "--through", "b"], "0.49"),
        (["flow", "v.npy", *WORDS, "--through", "b"], "0.49"),
        (["transport", "v.npy", *WORDS, "--conducting", "b"], "0.12"),
        (["transport", "v.npy", *WORDS, "--conducting", "b", "--sides", "periodic"], "0.25"),
        (["transport", "v.npy", *WORDS, "--conducting", "a=1,b=0.1"], "0.39"),
        (["wetting", "v.npy", *WORDS, "--through", "b", "--permeability-m2", "1e-14"], "0.49"),
        (["particles", "v.npy", *WORDS, "--active", "b"], "0.21"),
        (["evenness", "v.npy", "v.npy", *WORDS, "--active", "b"], "0.21"),
        (["mesh", "v.npy", *WORDS, "--out", "m.vtu"], "0.46"),
        (["mesh", "v.npy", *WORDS, "--out", "m.vtu", "--kind", "tetrahedra"], "3.8"),
        (["mesh", "v.npy", *WORDS, "--out", "m.vtu", "--kind", "tetrahedra", "--coarsen", "2"], "0.56"),
        (["register", "v.npy", "v.npy", *WORDS, "--map-voxel-size-nm", "100", "--out", "r.npz"], "0.35"),
        (["segment", "v.npy", "--phases", "a,b", "--out", "s.npy"], "0.045"),
        (["soc", "v.npy", "--energies", "e.txt", "--file-axes", "Exy", "--out", "s.npy"], "0.02"),
        (["soc", "v.npy", "--energies", "e.txt", "--file-axes", "Exy", "--out", "s.npy", "--align"], "0.05"),
    ],
    ids=lambda words: words if isinstance(words, str) else " ".join(words[:1] + words[-2:]),
)
def test_the_memory_of_each_job_is_told_before_it(tmp_path, monkeypatch, capsys, words, needed):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.indices((100, 100, 100), np.uint8).sum(0, dtype=np.uint8) // 50 % 2)
    np.savetxt("e.txt", 8300 + np.arange(100.0))
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.015")
    assert main(words) == 2
    assert (
        f"v.npy: expected enough memory, needs about {needed} GB, 0.015 GB free; crop"
        in capsys.readouterr().err
    )


def test_an_electrode_that_does_not_fit_is_not_begun(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big.yaml").write_text("shape: [2000, 2000, 2000]\n")
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "16")
    assert main(["generate", "big.yaml", "--out", "v.npy"]) == 2
    said = "shape: 2000 x 2000 x 2000 voxels: expected enough memory, needs about 360 GB, 16 GB free; make"
    assert said in capsys.readouterr().err


def test_an_array_that_a_file_only_declares_is_not_made(layers, capsys, monkeypatch):
    with h5py.File("declared.h5", "w") as file:
        file.create_dataset("v", (1000, 1000, 1000), "u1", chunks=(100, 100, 100))
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.9")
    assert main(["info", "declared.h5"]) == 2
    assert "declared.h5::v: expected enough memory, needs about 2 GB, 0.9 GB free" in capsys.readouterr().err


PAIR = ["--references", "r.csv", "--reference-lithiation", "1,0"]
BEAM = ["--incident-keV", "115.56", "--angle-deg", "90"]


@pytest.mark.parametrize(
    ("words", "file", "needed"),
    [
        (["compton", "u.npy", "--energies", "e.txt", *BEAM, "--file-axes", "Exy"], "u.npy", "0.055"),
        (["calibrate", "s.npy", "--energies", "e.txt", "--out", "c.json"], "s.npy", "0.03"),
        (["spectra", "m.npy", *PAIR, "--voxel-size-nm", "9", "--out", "p.h5"], "m.npy", "0.054"),
        (["losses", "m.npy", "m.npy", "m.npy", "--material", "NMC532_Xu2019"], "3 maps", "0.022"),
        (["compare", "m.npy", "m.npy", "--voxel-size-nm", "9", "--measured-voxel-size-nm", "9"], "", "0.072"),
        (["curve", "long.csv"], "long.csv", "0.028"),
        (
            ["soc", "u.npy", "--energies", "long.csv", "--file-axes", "Exy", "--out", "s.tif"],
            "long.csv",
            "0.021",
        ),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else None,
)
def test_files_of_spectra_curves_and_maps_that_do_not_fit_are_refused(
    tmp_path, monkeypatch, capsys, words, file, needed
):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("u.npy", np.ones((100, 100, 100), np.uint8))
    np.save("s.npy", np.ones((10000, 100), np.uint8))
    np.save("m.npy", (0.5 + 0.1 * rng.random((20, 100, 80))).astype("f4"))
    energies = 8300 + np.arange(100.0)
    np.savetxt("e.txt", energies)
    edge = np.c_[energies, np.arctan(energies - 8345), np.arctan(energies - 8347)][:20]
    np.savetxt("r.csv", edge, delimiter=",", header="energy_eV,a,b", comments="")
    (tmp_path / "long.csv").write_text("time/s,voltage/V,current/mA\n" + "1,3.7,1.0\n" * 140_000)
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.02")
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"{file}: expected enough memory, needs about {needed} GB, 0.02 GB free; " in said


def test_a_small_file_that_is_packed_and_cut_short_is_damaged_not_large(tmp_path, monkeypatch, capsys):
    import gzip

    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.5")
    whole = gzip.compress(b"time/s,voltage/V\n" + b"1,3.7\n" * 1000)
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) - 6] + b"\xff\xff\xff\xff")
    assert main(["curve", str(tmp_path / "a.csv.gz")]) == 2
    assert "expected a readable file of a cycler" in capsys.readouterr().err
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"time/s,voltage/V\n" + b"1,3.7\n" * 10_000_000))
    assert main(["curve", str(tmp_path / "b.csv.gz")]) == 2
    assert "b.csv.gz: expected enough memory, needs about 1.2 GB, 0.5 GB free" in capsys.readouterr().err


def test_help_shows_types_and_defaults_and_no_options():
    shown = str(inspect.signature(tortuosity))
    assert (
        "volume: " in shown
        and "Argument(" not in shown
        and "ForwardRef" not in shown
        and "read=" not in shown
    )
    named = dict(inspect.signature(tortuosity).parameters)
    assert [p.name for p, *_ in declared(tortuosity)] == list(named)
    assert any(about is not None for _, _, about in declared(tortuosity))
