"""The job bpx: a BPX file's cell as a case that runs, a case as a BPX file."""

import json
from pathlib import Path

import pytest

from microsim.base.errors import InputError
from microsim.case.bpx import read_bpx
from microsim.case.case import load_case
from microsim.cli import main
from microsim.jobs.bpx import bpx

from ..bpx_example import example

CASE = "cases/dfn_chen2020.yaml"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cell.json"
    path.write_text(json.dumps(example()))
    return path


def test_a_file_becomes_a_case(file, tmp_path):
    found = bpx(file, counter="electrode", cells=12, density=4600)
    assert found.case.volume.slab.cells == 12
    assert found.case.load_materials()["cathode"].active.density == 4600.0
    written = load_case(found.save_case(tmp_path / "made" / "full.yaml"))
    assert written.cell.counter_electrode.thickness == found.cell.negative.thickness


def test_numbers_are_what_json_prints(file, tmp_path, capsys):
    for source in (file, CASE):
        out = ["--out", str(tmp_path / "out.json")] if source == CASE else []
        assert main(["bpx", str(source), *out, "--json", "-"]) == 0
        printed, found = json.loads(capsys.readouterr().out), bpx(source).numbers()
        assert list(printed) == list(found) and list(printed["cell"]) == list(found["cell"])
        assert printed["cell"]["one_C_A_m2"] == found["cell"]["one_C_A_m2"]


def test_a_case_becomes_a_file(tmp_path):
    found = bpx(CASE)
    assert found.written["Parameterisation"]["Cell"]["Nominal cell capacity [A.h]"] == found.cell.one_C()
    again = read_bpx(found.save(tmp_path / "chen.json"))
    assert again.positive.thickness == found.cell.positive.thickness


def test_a_film_that_bpx_has_not_is_said(tmp_path, capsys):
    """34 mV at 1C fell away without a word."""
    text = Path(CASE).read_text()
    film = "cell:\n  film: {model: uniform, thickness_nm: 20, conductivity_S_m: 1.0e-6}\n"
    (tmp_path / "film.yaml").write_text(text.replace("cell:\n", film, 1))
    assert main(["bpx", str(tmp_path / "film.yaml"), "--out", str(tmp_path / "film.json")]) == 0
    assert "BPX has no films: that on the electrode (20 nm, 0.02 ohm m2)" in capsys.readouterr().out
    assert bpx(CASE).numbers()["notes"] == []


def test_it_prints_and_draws(file):
    found = bpx(file)
    assert repr(found).splitlines()[0].endswith(", 298.15 K") and "a R / 3" in repr(found)
    assert "capacity_A_h" in found._repr_html_()
    assert "half cell" in repr(bpx(CASE)) and len(found.plot(found.sets[-1].name).axes) == 4


def test_what_a_case_does_not_follow_is_said(tmp_path):
    path = tmp_path / "cell.json"
    state = {"State": {"Initial conditions": {"Initial state-of-charge": 0.4}, "Degradation": {"LLI": 0.1}}}
    path.write_text(json.dumps(example() | state))
    for electrode, word in (("positive", "LLI 0.1"), ("negative", "begins delithiated, sto 0.05")):
        found = bpx(path, electrode=electrode)
        assert word in " ".join(found.numbers()["notes"]) and word in repr(found)
        written = found.save_case(tmp_path / f"{electrode}.yaml")
        assert f"{word}" in written.read_text().split("title:")[0] and load_case(written)
    assert found._case("cell.json")["cell"]["initial_sto"] == 0.05
    assert bpx(path)._case("cell.json")["cell"]["initial_sto"] == pytest.approx(0.9 - 0.4 * 0.5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda file: bpx(3), "file: expected the path of a BPX file or of a case, got int"),
        (lambda file: bpx(file, electrode="left"), "electrode: expected positive or negative"),
        (lambda file: bpx(file, cells=1), "cells: expected a whole number from 2"),
        (lambda file: bpx(file).save("x.json"), "expected a case"),
        (lambda file: bpx(CASE).case, "expected a BPX file to make a case of"),
        (lambda file: bpx(file, electrode="negative", counter="electrode").case, "full cell"),
    ],
)
def test_wrong_arguments(file, call, words):
    with pytest.raises(InputError, match=words):
        call(file)


def test_nothing_is_written_of_options_that_do_not_go_together(file, tmp_path, capsys):
    case, out = tmp_path / "c.yaml", tmp_path / "x.json"
    assert main(["bpx", str(file), "--case", str(case), "--out", str(out)]) == 2
    assert main(["bpx", CASE, "--case", str(case), "--out", str(out)]) == 2
    assert not case.exists() and not out.exists() and "bpx: expected --out" in capsys.readouterr().err


def test_coefficients_that_batteries_have_not_are_said(tmp_path):
    """A diffusivity of 4e-11 cm2/s, in a file whose unit is m2/s."""
    raw = example()
    raw["Parameterisation"]["Positive electrode"]["Diffusivity [m2.s-1]"] = 4e-11
    (tmp_path / "cell.json").write_text(json.dumps(raw))
    assert "active material: D_s: 3.806e-11 m2 s-1 is beyond the 1e-20 to 1e-11 of solids" in " ".join(
        bpx(tmp_path / "cell.json").notes()
    )
