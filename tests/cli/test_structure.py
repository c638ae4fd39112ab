"""The commands on the structure of a volume: info --measures, regions, representative, wetting."""

import re

import numpy as np
import pytest
from scipy import ndimage

from microsim.cli import main

from ..commands import numbers, refusal

SIZE = ["--voxel-size-nm", "500"]


@pytest.fixture
def electrode(tmp_path):
    noise = ndimage.gaussian_filter(np.random.default_rng(4).random((24, 20, 18)), 1.5)
    path = tmp_path / "electrode.npy"
    np.save(path, np.digitize(noise, np.quantile(noise, (0.5, 0.9))).astype(np.uint8))
    return str(path)


@pytest.fixture
def slit(tmp_path):
    """A slit of 4 voxels of 500 nm between walls of 1."""
    labels = np.ones((20, 6, 3), np.uint8)
    labels[:, 1:-1] = 0
    path = tmp_path / "slit.npy"
    np.save(path, labels)
    return str(path)


PHASES = ["--phases", "pore=0,am=1,cbd=2"]


def test_info_measures_add_keys_and_rename_none(electrode, capsys):
    plain = numbers(["info", electrode, *PHASES, *SIZE], capsys)
    more = numbers(["info", electrode, *PHASES, *SIZE, "--measures", "all"], capsys)
    measures = more.pop("measures")
    assert more == plain
    assert set(measures) == {"profiles", "chords", "sizes", "contacts", "tpb", "clusters", "correlation"}
    surface = plain["phases"]["am"]["surface_area_per_volume_m-1"]
    assert sum(c["area_per_volume_m-1"] for c in measures["contacts"]["am"].values()) == pytest.approx(
        surface
    )
    assert sum(measures["profiles"]["x"]["fraction"]["cbd"]) / 24 == pytest.approx(0.1, abs=0.01)
    only = numbers(["info", electrode, *PHASES, *SIZE, "--measures", "tpb,chords"], capsys)["measures"]
    assert only == {name: measures[name] for name in ("tpb", "chords")}


def test_info_shows_tables_and_writes_maps(electrode, tmp_path, capsys):
    from microsim.volumes.volume import read_voxels

    maps = tmp_path / "maps"
    assert main(["info", electrode, *PHASES, *SIZE, "--measures", "all", "--maps", str(maps)]) == 0
    shown = capsys.readouterr().out
    for title in (
        "mean size um",
        "mean chord",
        "share of its surface",
        "triple line",
        "share of the largest",
        "map: ",
    ):
        assert title in shown
    clusters = read_voxels(str(maps / "pore_clusters.tif"))
    assert np.array_equal(clusters.values > 0, np.load(electrode) == 0)
    assert clusters.voxel_size == pytest.approx((5e-7,) * 3)
    sizes = read_voxels(str(maps / "am_sizes_m.tif"), kind="field").values
    assert sizes.max() < 20e-6 and np.array_equal(sizes > 0, np.load(electrode) == 1)


def test_info_refuses_unknown_measures_and_unknown_sizes(electrode, capsys):
    assert "out of profiles" in refusal(["info", electrode, *SIZE, "--measures", "colour"], capsys)
    assert "--voxel-size-nm" in refusal(["info", electrode, "--measures", "sizes"], capsys)


def test_regions_by_edges_and_by_count(slit, capsys):
    options = ["--phases", "pore=0,am=1", *SIZE, "--diffusivity-m2-s", "1.39e-11"]
    halves = numbers(["regions", slit, *options, "--edges-um", "0,4,10"], capsys)["regions"]
    assert [r[end] for r in halves for end in ("start_m", "end_m")] == pytest.approx([0, 4e-6, 4e-6, 1e-5])
    first = halves[0]
    assert first["eps"] == pytest.approx(2 / 3) and first["tau_through_plane"] == pytest.approx(1, abs=1e-5)
    assert first["tau_in_plane"] == pytest.approx(2, abs=1e-5)  # the walls block one of the two directions
    assert first["D_directional_m2_s"]["through_plane"] == pytest.approx(1.39e-11 * 2 / 3, rel=1e-5, abs=0)
    assert len(numbers(["regions", slit, *options, "--count", "5"], capsys)["regions"]) == 5
    assert main(["regions", slit, *options]) == 0 and "3 regions" in capsys.readouterr().out
    assert "one of the two" in refusal(
        ["regions", slit, *options, "--count", "2", "--edges-um", "0,4"], capsys
    )
    assert "rising edges" in refusal(["regions", slit, *options, "--edges-um", "4,2"], capsys)
    assert "voxel size" in refusal(["regions", slit, "--phases", "pore=0,am=1", "--edges-um", "0,4"], capsys)


def test_representative_counts_what_does_not_percolate(electrode, capsys):
    arguments = ["representative", electrode, *PHASES, *SIZE, "--sizes", "6,9", "--count", "6", "--seed", "2"]
    found = numbers(arguments, capsys)
    assert [s["voxels"] for s in found["sizes"]] == [6, 9] and found["seed"] == 2
    for size in found["sizes"]:
        assert size["percolating"] + size["not_percolating"] == size["count"] == size["eps"]["n"]
        assert size["tau"]["n"] == size["percolating"]
    assert found["representative_edge_m"]["eps"] == pytest.approx(
        5e-7 * found["representative_edge_voxels"]["eps"]
    )
    assert main(arguments) == 0 and "not percolating" in capsys.readouterr().out
    assert "fit the volume" in refusal(["representative", electrode, *PHASES, "--sizes", "40"], capsys)


def test_wetting_of_a_slit_is_washburn_s(slit, tmp_path, capsys):
    from microsim.volumes.volume import read_voxels

    gap, porosity = 2e-6, 2 / 3
    arguments = [
        "wetting",
        slit,
        "--phases",
        "pore=0,am=1",
        *SIZE,
        "--through",
        "pore",
        "--axis",
        "x",
        "--contact-angle-deg",
        "60",
        "--surface-tension-N-m",
        "0.03",
        "--viscosity-Pa-s",
        "0.003",
    ]
    given = ["--permeability-m2", str(porosity * gap**2 / 12), "--out", str(tmp_path / "times.tif")]
    found = numbers([*arguments, *given, "--tolerance", "1e-6"], capsys)
    exact = 3 * 0.003 * 1e-5**2 / (0.03 * gap * 0.5)
    assert (
        found["time_s"][-1]
        == pytest.approx(exact, rel=1e-3)
        == pytest.approx(found["washburn_time_s"], rel=1e-3)
    )
    assert found["share_never_wetted"] == pytest.approx(0, abs=1e-9) and found["time_to_s"]["0.97"] < exact
    times = read_voxels(str(tmp_path / "times.tif"), kind="field").values
    assert times[:, 2, 1] == pytest.approx(exact * (np.arange(1, 21) / 20) ** 2, rel=1e-3)
    assert np.isnan(times[:, 0]).all()
    assert main([*arguments, "--contact-angle-deg", "100"]) == 0
    assert re.search(r"share_never_wetted +1\n", capsys.readouterr().out)


def test_wetting_computes_the_permeability_itself(slit, capsys):
    found = numbers(["wetting", slit, "--phases", "pore=0,am=1", *SIZE], capsys)
    # a slit of 4 voxels on the staggered grid: h^2 / 12 (1 + 2 / 16)
    assert found["permeability_m2"] == pytest.approx(2 / 3 * 4e-12 / 12 * 1.125, rel=0.02, abs=0)
    assert found["permeability_given"] is False


@pytest.mark.parametrize(
    ("vents", "faces"), [("end", ["z1"]), ("sides", ["separator", "collector", "y0", "y1"]), ("none", [])]
)
def test_wetting_names_its_vents(electrode, vents, faces, capsys):
    found = numbers(
        ["wetting", electrode, *PHASES, *SIZE, "--axis", "z", "--vents", vents, "--permeability-m2", "1e-15"],
        capsys,
    )
    assert found["vents"] == faces
    if not faces:
        assert found["share_never_wetted"] == 1


def test_wetting_refuses_what_it_cannot_use(slit, electrode, capsys):
    base = ["wetting", slit, "--phases", "pore=0,am=1"]
    assert "--voxel-size-nm" in refusal(base, capsys)
    for option, value in (
        ("--contact-angle-deg", "200"),
        ("--viscosity-Pa-s", "0"),
        ("--permeability-m2", "-1"),
        ("--change", "1"),
        ("--gas", "flies"),
        ("--through", "void"),
    ):
        refusal([*base, *SIZE, option, value], capsys)
