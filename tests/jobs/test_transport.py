"""The job transport: one result for the notebook and the command line."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.transport import tortuosity
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.volume import write_volume

from ..commands import refusal


@pytest.fixture
def grid():
    labels = (np.random.default_rng(3).random((10, 9, 8)) < 0.7).astype(np.uint8)
    return VoxelGrid(labels, ("am", "pore"), "400 nm")


def test_one_axis_and_all(grid):
    one, every = tortuosity(grid, axis="y"), tortuosity(grid, {"pore": 1.0}, axis="all")
    assert one.tau == pytest.approx(every.tau["y"], rel=1e-12) and one.tau > 1
    assert tortuosity(grid, "pore", 1).tau == one.tau
    assert every.D_eff_over_D0["y"] == pytest.approx(grid.fraction("pore") / one.tau, rel=1e-9)


@pytest.mark.parametrize("conducting", ["pore", {"pore": 1.0, "am": 0.2}])
def test_the_slow_kernels_give_the_same(grid, conducting, monkeypatch):
    fast = tortuosity(grid, conducting, tensor=True)
    monkeypatch.setitem(sys.modules, "microsim.numerics.kernels.cpu.rows", None)  # no way back to the others
    monkeypatch.setitem(sys.modules, "microsim.numerics.kernels.cpu.laplacian", None)
    slow = tortuosity(grid, conducting, tensor=True, backend="reference")
    assert slow.tau == pytest.approx(fast.tau, rel=1e-6) and slow.tau != fast.tau
    assert slow.tensor.D_eff_over_D0 == pytest.approx(fast.tensor.D_eff_over_D0, rel=1e-5, abs=1e-6)


def test_it_prints_as_the_command_does(grid, tmp_path, capsys):
    path = write_volume(tmp_path / "v.tif", grid.phase, voxel_size=grid.voxel_size)
    assert main(["transport", str(path), "--phases", "am=0,pore=1"]) == 0
    printed = capsys.readouterr().out.splitlines()
    here = repr(tortuosity(grid)).splitlines()
    assert printed[1].split() == here[1].split() and printed[2].split()[:6] == here[2].split()[:6]
    assert "pore" in tortuosity(grid)._repr_html_()


def test_numbers_are_what_json_prints(grid, tmp_path, capsys):
    path = write_volume(tmp_path / "v.tif", grid.phase, voxel_size=grid.voxel_size)
    assert main(["transport", str(path), "--phases", "am=0,pore=1", "--flux", "--json", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    numbers = tortuosity(grid, flux=True).numbers()
    assert list(printed) == list(numbers) and printed["axes"]["x"]["tau"] == numbers["axes"]["x"]["tau"]
    assert printed["volume"] == str(path) and printed["volume_sha256"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"axis": "w"}, "axis: expected the axis x, y or z"),
        ({"conducting": "cbd"}, "am, pore"),
        ({"conducting": {"pore": -1}}, "conducting pore: expected a number from 0"),
        ({"tolerance": 1}, "tolerance: expected a number above 0, at most 0.1"),
        ({"sides": "open"}, "sides: expected no-flux, mirror or periodic"),
        ({"solver": "fipy", "flux": True}, "expected multigrid"),
        ({"backend": "tpu"}, "backend: expected cpu, reference, gpu or mpi, got .tpu"),
        ({"backend": "gpu", "tensor": True}, "--backend: expected cpu with another --solver, --tensor"),
        ({"backend": "gpu", "solver": "fipy"}, "--backend: expected cpu with another --solver"),
        ({"backend": "gpu", "discretisation": True}, "--backend: expected cpu with another --solver"),
    ],
)
def test_wrong_arguments(grid, options, words):
    with pytest.raises(InputError, match=words):
        tortuosity(grid, **options)


def test_a_volume_is_needed():
    with pytest.raises(InputError, match="volume: expected a volume"):
        tortuosity(np.zeros((3, 3, 3)))


def test_it_draws_or_says_why_not(grid):
    assert tortuosity(grid, axis="y").plot()._repr_png_().startswith(b"\x89PNG")
    walls = np.zeros(grid.shape, np.uint8)
    walls[:, :2] = 1
    blocked = tortuosity(VoxelGrid(walls, ("am", "pore"), "400 nm"), "pore", "y")
    assert blocked.tau is None and blocked.D_eff_over_D0 == 0
    with pytest.raises(InputError, match="joins both ends along y, pore does not"):
        blocked.plot()
    with pytest.raises(InputError, match="axis: expected the axis x, y or z"):
        blocked.plot("w")


def test_it_draws_no_flux_of_another_problem_than_it_solved(grid, tmp_path):
    labels = np.where(np.arange(9)[:, None] < 7, grid.phase, np.uint8(2))
    masked = replace(VoxelGrid(labels, (*grid.names, "outside"), grid.voxel_size), masked=True)
    for found, words in (
        (tortuosity(grid, "pore", interface="smooth"), "interface smooth gives none; .*interface='voxel'"),
        (tortuosity(masked, "pore"), "a masked volume gives none; .* without a mask"),
    ):
        for draw in (found.plot, lambda found=found: found.write(tmp_path)):
            with pytest.raises(InputError, match=words) as caught:
                draw()
            assert "--" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_what_is_not_written_is_named_as_it_was_asked_for(grid, tmp_path, capsys):
    walls = np.ones(grid.shape, np.uint8)
    walls[:3] = 0
    write_volume(tmp_path / "walls.npy", walls)
    volume = VoxelGrid(walls, ("pore", "am"), grid.voxel_size)
    with pytest.raises(InputError, match="^save_fields: expected a conductor"):
        tortuosity(volume, "pore", keep_fields=True).save_fields(tmp_path / "fields.h5")
    words = [str(tmp_path / "walls.npy"), "--phases", "pore=0,am=1", "--voxel-size-nm", "400"]
    said = refusal(["transport", *words, "--fields", tmp_path / "fields.h5"], capsys)
    assert "--fields: expected a conductor" in said and "save_fields" not in said


def test_a_page_has_no_lengths_of_voxels_of_unknown_size(grid, tmp_path):
    found = tortuosity(VoxelGrid(grid.phase, grid.names, None), "pore")
    assert found.tau > 1
    with pytest.raises(InputError, match="write: expected a known voxel size, array gives none"):
        found.write(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def cut(tmp_path):
    """A labelled volume and the shares of its pores, as files."""
    share = np.clip(np.random.default_rng(4).normal(0.7, 0.4, (8, 7, 6)), 0, 1)
    volume = write_volume(tmp_path / "labels.npy", (share > 0.5).astype(np.uint8))
    return volume, write_volume(tmp_path / "share.npy", np.rint(share * 255).astype(np.uint8)), share


def test_shares_of_a_file_and_the_interface_are_stated(cut, capsys):
    volume, shares, share = cut
    command = ["transport", str(volume), "--phases", "am=0,pore=1", "--json", "-"]
    found = {}
    for interface in ("voxel", "smooth", "grey"):
        more = ["--shares", f"pore={shares}"] if interface == "grey" else []
        assert main([*command, "--interface", interface, *more]) == 0
        found[interface] = json.loads(capsys.readouterr().out)
        assert found[interface]["interface"] == interface
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["axes"]["x"]["tau"] == found["voxel"]["axes"]["x"]["tau"]
    assert found["grey"]["axes"]["x"]["eps"] == pytest.approx(share.mean(), abs=2e-3)
    assert len({row["axes"]["x"]["tau"] for row in found.values()}) == 3
    assert "whole_voxels" not in found["voxel"]
    for interface in ("smooth", "grey"):
        beside = found[interface]["whole_voxels"]["x"]
        assert beside["D_eff_over_D0"] == found["voxel"]["axes"]["x"]["D_eff_over_D0"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--shares", "pore={}"], "--interface: expected a choice for a volume with shares"),
        (["--shares", "{}", "--interface", "grey"], "--shares: expected each name once, like"),
        (["--interface", "grey"], "expected the shares of pore in each voxel"),
        (["--interface", "smooth", "--flux"], "--interface: expected voxel with --tensor, --flux"),
        (["--interface", "smooth", "--tensor"], "--interface: expected voxel with --tensor, --flux"),
        (["--interface", "smooth", "--solver", "taufactor"], "--interface: expected voxel with --tensor"),
        (["--interface", "smoth"], "--interface: expected"),
    ],
)
def test_what_the_interface_does_not_go_with_is_refused(cut, capsys, options, words):
    volume, shares, _ = cut
    options = [option.format(shares) for option in options]
    assert main(["transport", str(volume), "--phases", "am=0,pore=1", *options]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("conducting", ["pore", "pore,cbd"])
def test_a_volume_made_coarse_keeps_the_shares_of_its_labels(tmp_path, capsys, conducting):
    """A channel of five voxels of eight: by threes of two it is six or four wide, by shares five."""
    labels = np.zeros((8, 8, 4), np.uint8)
    labels[:, :5], labels[:, 6] = 1, 2
    command = ["transport", str(write_volume(tmp_path / "channel.npy", labels)), "--conducting", conducting]
    command += ["--phases", "am=0,pore=1,cbd=2", "--coarsen", "2", "--json", "-"]
    found = {}
    for interface in ("voxel", "smooth", "grey"):
        assert main([*command, "--interface", interface]) == 0
        found[interface] = json.loads(capsys.readouterr().out)
        assert found[interface]["coarsen"] == 2 and found[interface]["voxels"] == 4 * 4 * 2
    wide = 5 if conducting == "pore" else 6
    grey = found["grey"]["axes"]["x"]
    assert grey["eps"] == pytest.approx(wide / 8, abs=2e-3)
    assert grey["D_eff_over_D0"] == pytest.approx(wide / 8, rel=4e-3)
    assert found["grey"]["whole_voxels"]["x"]["eps"] == found["voxel"]["axes"]["x"]["eps"]
    assert found["grey"]["whole_voxels"]["x"]["eps"] in ([0.5, 0.75] if conducting == "pore" else [0.75])


def test_a_volume_that_cannot_be_made_coarse_is_refused(cut, capsys):
    volume, _, _ = cut
    command = ["transport", str(volume), "--phases", "am=0,pore=1", "--coarsen"]
    assert main([*command, "2"]) == 2
    assert "expected a shape that 2 divides, got (8, 7, 6); crop the volume to (8, 6, 6)" in (
        capsys.readouterr().err
    )
    assert main([*command, "0"]) == 2
    assert "--coarsen: expected" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["pore", "am"])
def test_shares_are_not_written_over(cut, tmp_path, capsys, target):
    volume, shares, share = cut
    files = {"pore": shares, "am": write_volume(tmp_path / "am.npy", 1 - share)}
    before = files[target].read_bytes()
    given = ",".join(f"{name}={file}" for name, file in files.items())
    options = [
        "--phases",
        "am=0,pore=1",
        "--shares",
        given,
        "--interface",
        "grey",
        "--json",
        str(files[target]),
    ]
    assert main(["transport", str(volume), *options]) == 2
    assert str(files[target]) in capsys.readouterr().err and files[target].read_bytes() == before


def test_the_discretisation_s_share_of_tau_is_told(tmp_path, capsys):
    noise = np.random.default_rng(3).normal(size=(12, 12, 12))
    labels = (ndimage.gaussian_filter(noise, 2, mode="wrap") > -0.05).astype(np.uint8)
    command = ["transport", str(write_volume(tmp_path / "labels.npy", labels)), "--phases", "am=0,pore=1"]
    found = {}
    for interface in ("voxel", "smooth"):
        assert main([*command, "--interface", interface, "--discretisation", "--json", "-"]) == 0
        found[interface] = json.loads(capsys.readouterr().out)
        left = found[interface]["discretisation"]["x"]
        own = found[interface]["axes"]["x"]["D_eff_over_D0"]
        assert own == left["voxel" if interface == "voxel" else "subvoxel"] and left["half"] > 0
        assert left["error"] >= 0.5 * abs(left["voxel"] - left["subvoxel"]) / own > 0
    assert main(command + ["--json", "-"]) == 0
    assert "discretisation" not in json.loads(capsys.readouterr().out)
    assert main([*command, "--discretisation"]) == 0
    assert "What the voxels leave open" in capsys.readouterr().out


def test_discretisation_of_another_solver_is_refused(cut, capsys):
    volume, _, _ = cut
    command = ["transport", str(volume), "--phases", "am=0,pore=1", "--discretisation"]
    assert main([*command, "--solver", "fipy"]) == 2
    assert "--discretisation: expected solver multigrid beside it" in capsys.readouterr().err
    assert main(command) == 2
    assert "expected an even number of voxels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("conducting", "interface", "said"),
    [({"m": 1, "b": 10}, "smooth", 1), ({"m": 1, "b": 1}, "smooth", 0), ({"m": 1, "b": 10}, "voxel", 0)],
)
def test_gaps_that_labels_close_between_conductors_are_told(conducting, interface, said):
    labels = np.zeros((8, 8, 8), np.uint8)
    labels[2:6, 1:7, 1:7] = 1
    found = tortuosity(VoxelGrid(labels, ("m", "b"), 1e-6), conducting, interface=interface)
    assert len(found.numbers()["remarks"]) == said == str(found).count("labels close the gap")


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (1, 3, 1)])
@pytest.mark.parametrize("options", [{"interface": "smooth"}, {"interface": "voxel"}, {"tensor": True}])
def test_a_box_of_pore_has_a_tau_of_one_however_few_its_voxels(shape, options):
    grid = VoxelGrid(np.zeros(shape), ("pore",), "400 nm")
    assert tortuosity(grid, "pore", "x", **options).tau == pytest.approx(1, rel=1e-9)
