"""microsim register and compton: files in, numbers, maps and pages out; refusals in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import erf

from microsim.cli import main
from microsim.maps.compton import klein_nishina, momentum
from microsim.volumes.volume import read_voxels, write_volume


def numbers(arguments, capsys):
    assert main([*map(str, arguments), "--json", "-"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refusal(arguments, capsys, code=2):
    assert main([str(a) for a in arguments]) == code
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


# ---- registration ------------------------------------------------------------------------------------------

SHIFT, COARSE = (9, 6), 3  # voxels of the structure; a map's voxel is three of them


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A section of a microstructure, and a map of a part of it with voxels three times as large."""
    monkeypatch.chdir(tmp_path)
    noise = ndimage.gaussian_filter(np.random.default_rng(3).standard_normal((120, 96)), 5)
    solid = noise > 0.1 * noise.std()
    part = (
        solid[SHIFT[0] : SHIFT[0] + 60, SHIFT[1] : SHIFT[1] + 78]
        .reshape(20, COARSE, 26, COARSE)
        .mean(axis=(1, 3))
    )
    x = np.linspace(0.2, 0.9, 20)[:, None, None]
    write_volume(
        "map.tif",
        np.where(part[..., None] >= 0.5, x, np.nan).astype(np.float32),
        voxel_size=(3e-7, 3e-7, 1e-7),
    )
    write_volume("structure.tif", solid[..., None].astype(np.uint8), voxel_size=1e-7)
    return solid, part


BOTH = ["register", "map.tif", "structure.tif", "--phases", "pore=0,am=1"]


def test_a_map_is_found_and_brought_onto_the_structure(pair, capsys):
    solid, _ = pair
    found = numbers([*BOTH, "--out", "placed.tif", "--report", "page"], capsys)
    assert found["angles_deg"] == pytest.approx([0, 0, 0], abs=0.5) and found["scale"] == 1
    assert np.array(found["shift"][:2]) * 1e7 == pytest.approx(SHIFT, abs=1.0)
    assert max(found["misfit_m"]) < 1.5e-7 and found["dice"] > 0.9
    placed = read_voxels("placed.tif", kind="field")
    assert placed.values.shape == (*solid.shape, 1) and placed.voxel_size == pytest.approx((1e-7,) * 3)
    known = np.isfinite(placed.values[..., 0])
    assert np.mean(solid[known]) > 0.9
    page = Path("page/report.html").read_text()
    assert 'id="figure-registration_sections"' in page and "Misfit" in page
    assert main(BOTH) == 0 and "misfit along x (um)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--active", "cbd"], "pore, am"),
        (["--largest-angle", "90"], "--largest-angle"),
        (["--least-inside", "0"], "--least-inside"),
        (["--kind", "affine"], "rigid"),
        (["--map-file-axes", "xy"], "x, y and z"),
    ],
)
def test_register_refuses_in_one_sentence(pair, change, words, capsys):
    assert words in refusal([*BOTH, *change], capsys)


def test_register_wants_lengths_and_a_map_with_a_mask(pair, capsys):
    np.save("bare.npy", np.where(np.ones((20, 26, 1)) > 0, 0.5, np.nan))
    assert "--map-voxel-size-nm" in refusal(["register", "bare.npy", *BOTH[2:]], capsys)
    assert "mask of the particles" in refusal(
        ["register", "bare.npy", *BOTH[2:], "--map-voxel-size-nm", "300,300,100"], capsys
    )
    assert "a label in every voxel" in refusal(["register", "map.tif", "map.tif"], capsys)


# ---- Compton -----------------------------------------------------------------------------------------------

STATES = "# S lithium\n0.88 0.10\n0.72 0.03\n0.65 0.00\n2.40 0.76\n2.34 0.73\n2.06 0.61\n"


@pytest.fixture
def photons(tmp_path, monkeypatch):
    """Gaussian profiles whose width falls along x, on a constant background; the S-parameter of each."""
    monkeypatch.chdir(tmp_path)
    energies = np.arange(85e3, 104e3, 25.0)
    p, width = momentum(energies, 115e3, 90.0), np.linspace(1.4, 1.1, 12)[:, None] + np.zeros(8)
    shape = np.exp(-0.5 * (p[:, None, None] / width) ** 2) / width
    counts = shape * (klein_nishina(energies, 115e3, 90.0) * np.gradient(p))[:, None, None]
    counts = np.random.default_rng(0).poisson(4000 * counts / counts.max() + 15)
    counts[:, 2, 3] = 0
    np.save("counts.npy", counts.astype(np.uint16))
    np.savetxt("E.txt", energies)
    Path("states.txt").write_text(STATES)
    low = erf(1 / width / 2**0.5)
    return low / (erf(5 / width / 2**0.5) - low)


COMPTON = [
    "compton",
    "counts.npy",
    "--energies",
    "E.txt",
    "--incident-keV",
    "115",
    "--angle-deg",
    "90",
    "--file-axes",
    "Exy",
    "--background=-10:-7,7:10",
]


def test_photons_become_a_map_of_lithium(photons, capsys):
    plain = numbers([*COMPTON, "--out", "s.npy"], capsys)
    s, sigma, known = np.load("s.npy")[..., 0], np.load("s_sigma.npy")[..., 0], np.ones((12, 8), bool)
    known[2, 3] = False
    assert np.array_equal(np.isfinite(s), known) and plain["pixels"] == {"used": 95, "without a profile": 1}
    z = (s - photons)[known] / sigma[known]
    assert np.abs(z).max() < 4.5 and z.std() == pytest.approx(1, abs=0.25) and abs(z.mean()) < 0.4
    assert (
        plain["quantity"] == "S" and plain["line"] is None and plain["peak_eV"] == pytest.approx(93874, abs=1)
    )
    found = numbers(
        [*COMPTON, "--states", "states.txt", "--regions", "2", "--out", "x.npy", "--report", "page"], capsys
    )
    assert found["line"]["slope"] == pytest.approx(0.4331, abs=1e-4) and found["line"]["states"] == 6
    assert np.load("x.npy")[..., 0][known] == pytest.approx(0.43306 * s[known] - 0.28154, abs=1e-4)
    halves = [0.4331 * np.mean(photons[part][known[part]]) - 0.2815 for part in (slice(0, 6), slice(6, 12))]
    for region, true in zip(found["regions"], halves, strict=True):
        assert region["mean"] == pytest.approx(true, abs=4 * region["sigma"] + 5e-4)
    page = Path("page/report.html").read_text()
    assert all(f'id="figure-compton_{name}"' in page for name in ("profile", "map", "regions", "line"))
    assert main(COMPTON) == 0 and "layers along x" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--background", "1:2"], "--background"),
        (["--background=-40:-30,30:40"], "move the ranges"),
        (["--states", "E.txt"], "--states"),
        (["--regions", "99"], "--regions"),
        (["--transmission", "states.txt"], "--transmission"),
        (["--incident-keV", "30"], "p_z"),
        (["--angle-deg", "200"], "--angle-deg"),
        (["--energies", "few.txt"], "760 images, got 200"),
        (["--incident-keV", "x"], "--incident-keV"),
    ],
)
def test_compton_refuses_in_one_sentence(photons, change, words, capsys):
    np.savetxt("few.txt", np.arange(85e3, 90e3, 25.0))
    assert words in refusal([*COMPTON, *change], capsys)


def test_a_detector_without_light_is_refused(photons, capsys):
    np.save("counts.npy", np.zeros((760, 3, 3), np.uint16))
    assert "photons" in refusal(COMPTON, capsys)


@pytest.mark.parametrize("command", ["register", "compton"])
def test_help_has_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"microsim {command} " in capsys.readouterr().out.split("Example:")[1]
