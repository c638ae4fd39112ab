"""microsim compton: files in, numbers, maps and a page out; refusals in one sentence."""

from pathlib import Path

import numpy as np
import pytest

from microsim.cli import main

from .. import measured
from ..commands import numbers, refusal


@pytest.fixture
def photons(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    energies, counts, s = measured.photons()
    np.save("counts.npy", counts)
    np.savetxt("E.txt", energies)
    np.savetxt("states.txt", measured.STATES, header="S lithium")
    return s


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


def test_help_has_an_example(capsys):
    assert main(["compton", "--help"]) == 0
    assert "microsim compton " in capsys.readouterr().out.split("Example:")[1]
