"""Runs side by side: figures in a journal's width, a PDF, and what is refused."""

import re
import shutil

import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.report import printing

from ..report.browser import CHROMIUM


@pytest.fixture(scope="module")
def other_run(small_run, tmp_path_factory):
    """The same run with a film, and no crate."""
    from .conftest import DEMO, SMALL

    film = {"model": "uniform", "thickness_nm": 20, "conductivity_S_m": 1e-7}
    return ms.run(DEMO, tmp_path_factory.mktemp("film"), set={**SMALL, "cell.film": film})


def test_two_runs_make_a_page(small_run, other_run, tmp_path, capsys):
    folders = [str(small_run.folder), str(other_run.folder)]
    assert main(["report", *folders, "--out", str(tmp_path / "page")]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"cell\.film\.model +none +uniform", printed) and "Capacity" in printed
    assert re.search(r"Wall time \(s\) +\d", printed) and re.search(r"Peak memory \(bytes\) +\d{8}", printed)
    text = (tmp_path / "page" / "report.html").read_text()
    assert "2 runs side by side" in text and "cell.film.thickness_nm" in text
    names = {path.stem for path in (tmp_path / "page" / "figures").iterdir()}
    assert {"voltage", "profiles", "sto_maps", "sto_differences", "c_e_differences"} <= names


@pytest.mark.parametrize(
    ("width", "kind", "points"), [("single", "svg", 240.94), ("174", "svg", 493.23), ("100", "pdf", 283.46)]
)
def test_figures_have_the_width_of_a_journal(small_run, tmp_path, capsys, width, kind, points):
    asked = ["--figures", str(tmp_path / "out"), "--width", width, "--figure-format", kind]
    assert main(["report", str(small_run.folder), *asked]) == 0
    files = sorted((tmp_path / "out").iterdir())
    assert {"voltage", "profiles", "sto_maps"} <= {path.stem for path in files}
    assert {path.suffix for path in files} == {f".{kind}"}
    for path in files:
        pattern = rb'width="([\d.]+)pt"' if kind == "svg" else rb"/MediaBox \[ ?0 0 ([\d.]+) "
        assert float(re.search(pattern, path.read_bytes())[1]) == pytest.approx(points, abs=0.02)
    again = ms.compare_runs([small_run.folder], width=float(files and points) / 72 * 0.0254, kind=kind)
    before = files[0].read_bytes()
    again.save_figures(tmp_path / "again")
    assert len(before) == pytest.approx((tmp_path / "again" / files[0].name).stat().st_size, rel=0.05)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_a_page_is_printed(small_run, tmp_path, capsys):
    assert main(["report", str(small_run.folder), "--pdf", str(tmp_path / "run.pdf")]) == 0
    content = (tmp_path / "run.pdf").read_bytes()
    assert content.startswith(b"%PDF") and len(content) > 50_000
    assert len(re.findall(rb"/Type ?/Page\b", content)) > 2


def test_without_chromium_it_is_one_sentence(small_run, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "NAMES", ("no-such-browser",))
    assert main(["report", str(small_run.folder), "--pdf", str(tmp_path / "run.pdf")]) == 2
    with pytest.raises(InputError, match="--pdf: expected Chromium or Chrome on the PATH"):
        printing.print_page(small_run.report(), tmp_path / "run.pdf")
    assert not (tmp_path / "run.pdf").exists()


def test_what_makes_no_sense_is_refused(small_run, other_run, tmp_path, capsys):
    one, two = str(small_run.folder), str(other_run.folder)
    page = small_run.report().read_bytes()
    for arguments, said in (
        ([one, two, "--out", two], "--out: expected a folder of its own, got that of the run"),
        ([one, "--out", str(tmp_path)], "--out: expected two to 6 runs for a page, got one"),
        ([one, one], "expected runs that differ"),
        ([one, one + "/"], "expected runs that differ"),
        ([str(tmp_path)], "expected the folder of a finished run"),
        ([one, "--figures", str(tmp_path), "--width", "5"], "--width: expected a number from 30 to 500 mm"),
        ([one, "--figures", str(tmp_path), "--width", "wide"], "--width: expected"),
        ([f"{one}/{k}" for k in range(7)], "expected one to 6 runs, got 7"),
    ):
        assert main(["report", *arguments]) == 2
        assert said in capsys.readouterr().err
    assert small_run.report().read_bytes() == page
    with pytest.raises(InputError, match="expected a number from 0.03 to 0.5 m"):
        ms.compare_runs([one], width=85)


def test_a_run_without_parts_is_shown_as_far_as_it_goes(small_run, tmp_path):
    for name in ("result.json", "voltage.csv"):
        shutil.copy(small_run.folder / name, tmp_path / name)
    found = ms.compare_runs([small_run, tmp_path])
    (label,) = [run["label"] for run in found.numbers()["runs"] if run["folder"] == str(tmp_path)]
    assert [line for line in found.numbers()["remarks"] if line.startswith(label)] == [
        f"{label} has no ro-crate-metadata.json: its case is not known; run it again.",
        f"{label} has no fields.h5: its maps are missing.",
    ]
    assert found.numbers()["cases"] == {} and found.numbers()["maps"] == {}
    assert found.numbers()["voltage"][label]["largest_mV"] == 0
    assert "No map of" in found.write(tmp_path / "page").read_text()
