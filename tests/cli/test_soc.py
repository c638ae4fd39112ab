"""microsim soc and calibrate: from frames on disk to a map, its uncertainty and a page; refusals in one
sentence."""

import re

import numpy as np
import pytest
import tifffile

from microsim.cli import main
from microsim.volumes.volume import read_voxels

from ..commands import numbers, refusal
from ..nickel import ENERGIES, spectrum

SHAPE = (24, 20)
GRID = np.arange(8240.0, 8511.0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Frames of a disc with known lithiation, flat and dark frames, energies, a series and references."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x, y = np.mgrid[: SHAPE[0], : SHAPE[1]]
    disc = (x - 12) ** 2 + (y - 10) ** 2 < 64
    s = 0.2 + 0.6 * x / SHAPE[0]
    mu = np.where(disc, 1.0, 0.0) * (spectrum(ENERGIES, s) + 0.3)
    sample = rng.poisson(30_000 * np.exp(-mu)) + 100
    flat = rng.poisson(30_000, sample.shape) + 100
    sample[3, 12, 10], sample[:, 12, 11] = 65535, 80
    for name, frames in (("frames", sample), ("flat", flat), ("dark", np.full((4, *SHAPE), 100))):
        tifffile.imwrite(f"{name}.tif", frames.transpose(0, 2, 1).astype(np.uint16), photometric="minisblack")
    np.savetxt("E.txt", ENERGIES)
    states = np.linspace(0, 1, 11)
    np.savetxt("x.txt", states)
    np.save("series.npy", (1.2 * spectrum(ENERGIES, states) + 0.3).T)
    np.savetxt(
        "refs.txt", np.c_[GRID, spectrum(GRID, np.array([0.0, 1.0]))], header="energy charged discharged"
    )
    np.save("truth.npy", np.where(disc, s, np.nan))
    return tmp_path


FRAMES = ["soc", "frames.tif", "--energies", "E.txt", "--flat", "flat.tif", "--dark", "dark.tif"]
REFERENCES = ["--references", "refs.txt", "--reference-lithiation", "0,1"]


METHODS = {
    "edge": ["--method", "edge", "--width-eV", "2"],
    "peak": ["--edge", "peak"],
    "lcf": ["--method", "lcf", "--references", "refs.txt", "--reference-lithiation", "0,1"],
    "three-energy": ["--method", "three-energy", "--three", "8325,8348,8456"],
}


@pytest.mark.parametrize("name", METHODS)
def test_frames_become_a_calibrated_map(name, folder, capsys):
    made = numbers(
        [
            "calibrate",
            "series.npy",
            "--energies",
            "E.txt",
            "--lithiation",
            "x.txt",
            "--degree",
            "3",
            "--noise",
            "1e-4",
            *METHODS[name],
            "--out",
            "c.json",
        ],
        capsys,
    )
    assert made["n"] == 11 and made["provenance"]["states"] == [0, 11] and (folder / "c.json").exists()
    options = [part for part in METHODS[name] if name == "lcf"] or METHODS[name][:2] * (
        name == "three-energy"
    )
    found = numbers(
        [
            *FRAMES,
            *options,
            "--calibration",
            "c.json",
            "--least-jump",
            "0.3",
            "--out",
            "soc.tif",
            "--voxel-size-nm",
            "40",
        ],
        capsys,
    )
    truth = np.load("truth.npy")
    soc, sigma = (read_voxels(f"{part}.tif", kind="field") for part in ("soc", "soc_sigma"))
    assert soc.voxel_size == pytest.approx((4e-8,) * 3)
    values, known = soc.values[..., 0], np.isfinite(soc.values[..., 0])
    assert np.array_equal(known, np.isfinite(truth) & ~np.isin(np.arange(480).reshape(SHAPE), (250, 251)))
    z = (values - truth)[known] / sigma.values[..., 0][known]
    assert np.abs(z).max() < 5 and np.std(z) == pytest.approx(1, abs=0.2)
    assert (
        found["mean"] == pytest.approx(np.nanmean(truth[known]), abs=0.02)
        and found["quantity"] == "lithiation"
    )
    counts = found["voxels"]
    assert counts["saturated"] == counts["dead"] == 1 and counts["used"] == known.sum()
    assert sum(counts.values()) == 480 and found["sigma_rms"] == pytest.approx(
        np.sqrt(np.mean(sigma.values[known] ** 2))
    )
    budget = found["budget"]
    assert sum(part**2 for part in budget.values()) == pytest.approx(found["sigma_rms"] ** 2, rel=1e-3)


def test_references_with_lithiation_calibrate_by_themselves(folder, capsys):
    for method in (
        ["--method", "edge"],
        ["--method", "three-energy", "--three", "8325,8348,8456"],
        ["--method", "lcf"],
    ):
        found = numbers([*FRAMES, *method, *REFERENCES], capsys)
        assert found["mean"] == pytest.approx(np.nanmean(np.load("truth.npy")), abs=0.05)
    plain = numbers([*FRAMES, "--method", "edge"], capsys)
    assert (
        plain["quantity"] == "edge_energy_eV"
        and 8346.5 < plain["mean"] < 8348.5
        and set(plain["budget"]) == {"counting", "windows"}
    )


def test_drift_mask_clusters_and_page(folder, capsys):
    arguments = [
        *FRAMES,
        "--align",
        "--least-jump",
        "otsu",
        "--clusters",
        "2",
        *REFERENCES,
        "--report",
        "page",
    ]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "used" in shown and "report: page/report.html" in shown
    page = (folder / "page/report.html").read_text()
    for words in ("Edge energy", "Calibration", "Components", "saturated", "Largest drift undone"):
        assert words in page
    assert len(list((folder / "page/figures").glob("soc_*.png"))) == 6


def test_the_states_of_a_series_are_chosen(folder, capsys):
    made = numbers(
        [
            "calibrate",
            "series.npy",
            "--energies",
            "E.txt",
            "--lithiation",
            "x.txt",
            "--noise",
            "0",
            "--select",
            "2:9",
            "--out",
            "c.json",
        ],
        capsys,
    )
    assert made["n"] == 7 and made["provenance"]["states"] == [2, 9]
    assert (
        main(["calibrate", "series.npy", "--energies", "E.txt", "--lithiation", "x.txt", "--out", "c.json"])
        == 0
    )
    assert re.search(r"calibration: c\.json", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--energies", "short.txt"], "one energy for each of the 60 images, got 59"),
        (["--energies", "unsorted.txt"], "rise from image to image"),
        (["--energies", "none.txt"], "none.txt"),
        (["--flat", "dim.tif"], "light in the reference"),
        (["--flat", "small.tif"], "same camera region"),
        (["--method", "lcf"], "--references"),
        (["--method", "lcf", "--references", "refs.txt::full"], "charged, discharged"),
        (["--method", "lcf", *REFERENCES[:3], "0,1,2"], "--reference-lithiation"),
        (["--method", "edge", "--shift", "fit"], "--shift"),
        (["--three", "8348,8325,8450", "--method", "three-energy"], "rising"),
        (["--pre", "8300"], "--pre"),
        (["--pre", "8100:8200"], "pre-edge"),
        (["--file-axes", "xyz"], "--file-axes"),
        (["--level", "2"], "--level"),
        (["--calibration", "E.txt"], "calibration"),
        (["--noise", "-1"], "--noise"),
        (["--least-jump", "9"], "none of 480"),
        (["--photons-per-unit", "0"], "--photons-per-unit"),
    ],
)
def test_bad_input_is_one_sentence(change, words, folder, capsys):
    np.savetxt("short.txt", ENERGIES[1:])
    np.savetxt("unsorted.txt", ENERGIES[::-1])
    tifffile.imwrite("dim.tif", np.full((60, 20, 24), 90, np.uint16), photometric="minisblack")
    tifffile.imwrite("small.tif", np.full((60, 10, 24), 900, np.uint16), photometric="minisblack")
    assert words in refusal([*FRAMES, *change], capsys)


def test_calibrate_refuses_what_it_cannot_use(folder, capsys):
    base = ["calibrate", "series.npy", "--energies", "E.txt", "--out", "c.json"]
    assert "--lithiation" in refusal(base, capsys)
    np.savetxt("few.txt", [0, 1])
    assert "11 states, got 2" in refusal([*base, "--lithiation", "few.txt"], capsys)
    assert "--select" in refusal([*base, "--lithiation", "x.txt", "--select", "5"], capsys)
    np.savetxt("turning.txt", np.abs(np.linspace(-1, 1, 11)))
    assert "turns" in refusal([*base, "--lithiation", "turning.txt", "--degree", "2", "--noise", "0"], capsys)
    assert main([*base, "--lithiation", "x.txt", "--noise", "0"]) == 0
    capsys.readouterr()
    assert "--method edge" in refusal(
        [*FRAMES, "--method", "three-energy", "--calibration", "c.json"], capsys
    )
    assert not (folder / ".c.json.part").exists()


def test_a_stack_of_absorption_needs_no_frames(folder, capsys):
    s = np.linspace(0.1, 0.9, 12).reshape(3, 4)
    mu = 0.2 + spectrum(ENERGIES, s) + 0.002 * np.random.default_rng(1).standard_normal((60, 3, 4))
    np.save("mu.npy", mu)
    found = numbers(
        [
            "soc",
            "mu.npy",
            "--energies",
            "E.txt",
            "--file-axes",
            "Exy",
            "--width-eV",
            "2",
            *REFERENCES,
            "--out",
            "soc.npy",
        ],
        capsys,
    )
    assert np.load("soc.npy")[..., 0] == pytest.approx(s, abs=0.02) and found["voxels"]["used"] == 12
    plain = ["soc", "mu.npy", "--energies", "E.txt", "--file-axes", "Exy"]
    for alone in (["--dark", "dark.tif"], ["--saturation", "900"], ["--photons-per-unit", "2"]):
        said = refusal([*plain, *alone], capsys)
        assert alone[0] in said and "--flat" in said
    assert "8 x 8 pixels" in refusal([*plain, "--align"], capsys)
    np.save("even.npy", np.ones((60, 9, 9)) * np.linspace(1, 2, 60)[:, None, None])
    assert "even one" in refusal(["soc", "even.npy", *plain[2:], "--align"], capsys)
    np.save("none.npy", np.ones((60, 9, 9)))
    assert "at every energy" in refusal(["soc", "none.npy", *plain[2:]], capsys)
    for change in (["--shift", "900"], ["--fit-range", "10:20"]):
        assert "references cover" in refusal(
            [*plain, "--method", "lcf", "--references", "refs.txt", *change], capsys
        )
    np.save("few.npy", mu[[0, 20, 59]])
    np.savetxt("few_E.txt", ENERGIES[[0, 20, 59]])
    assert "three-energy" in refusal(["soc", "few.npy", "--energies", "few_E.txt"], capsys)
    assert "--energies" in refusal(["soc", "mu.npy"], capsys)


def test_a_foil_and_the_ends_of_a_series(folder, capsys):
    states, energies = np.linspace(0, 1, 41), np.arange(8300.0, 8420.0, 0.5)
    shifts = 0.2 * np.random.default_rng(2).standard_normal(41)
    lag = np.where((states > 0.2) & (states < 0.8), 0.1, 0.0)
    np.savetxt("many.txt", states)
    np.savetxt("E2.txt", energies)
    np.savetxt("shifts.txt", shifts)
    np.save("many.npy", [spectrum(energies - d, s) for d, s in zip(shifts, states + lag)])
    np.save("foil.npy", [0.7 * spectrum(energies - d, 0.0) + 0.2 for d in shifts])
    base = [
        "calibrate",
        "many.npy",
        "--energies",
        "E2.txt",
        "--lithiation",
        "many.txt",
        "--ends",
        "0.15",
        "--out",
        "c.json",
    ]
    rms = {}
    for name, option in (
        ("none", []),
        ("foil", ["--foil", "foil.npy"]),
        ("list", ["--energy-shift", "shifts.txt"]),
    ):
        made = numbers([*base, *option], capsys)
        assert made["n"] == 14 and made["provenance"]["ends"] == 0.15
        found = numbers(
            [
                "soc",
                "many.npy",
                "--energies",
                "E2.txt",
                "--file-axes",
                "xE",
                *option,
                "--calibration",
                "c.json",
                "--out",
                "x.npy",
            ],
            capsys,
        )
        rms[name] = np.std(np.load("x.npy").ravel() - states - lag)
        assert found["voxels"]["used"] == 41
    assert rms["foil"] < 0.02 and rms["list"] < 0.02 and rms["none"] > 0.05
    for option, words in (
        (["--foil", "foil.npy", "--energy-shift", "shifts.txt"], "both"),
        (["--energy-shift", "x.txt"], "41"),
        (["--foil", "series.npy"], "energies"),
        (["--ends", "0.7"], "--ends"),
    ):
        assert words in refusal([*base, *option], capsys)
