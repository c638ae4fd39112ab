"""The command bpx."""

import json

import pytest

from microsim.case.bpx import read_bpx
from microsim.case.case import load_case
from microsim.cli import main

from ..bpx_example import example
from ..commands import numbers, refusal


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cell.json"
    path.write_text(json.dumps(example()))
    return path


def test_a_bpx_file_is_shown(file, capsys):
    found = numbers(["bpx", file], capsys)
    assert found["cell"]["pairs"] == 2 and found["cell"]["cutoffs_V"] == [3.1, 4.2]
    assert [told["kind"] for told in found["materials"].values()] == ["porous", "porous", "electrolyte"]
    assert found["temperature_K"] == 298.15  # the ambient one; coefficients are those at 300 K
    assert main(["bpx", str(file)]) == 0 and "a R / 3" in capsys.readouterr().out


@pytest.mark.parametrize(("options", "counter"), [([], "lithium"), (["--counter", "electrode"], None)])
def test_a_case_is_written_and_reads_in(file, tmp_path, options, counter, capsys):
    path = tmp_path / "cases" / "half.yaml"
    assert (
        main(["bpx", str(file), "--case", str(path), "--density-kg-m3", "4600", "--cells", "12", *options])
        == 0
    )
    assert f"case: {path}" in capsys.readouterr().out
    case = load_case(path)
    assert case.volume.slab.cells == 12 and case.load_materials()["cathode"].active.density == 4600.0
    assert (case.cell.counter_electrode == "lithium") == (counter == "lithium")


def test_a_case_is_written_as_bpx(tmp_path, capsys):
    out = tmp_path / "out.json"
    found = numbers(["bpx", "cases/dfn_chen2020.yaml", "--out", out], capsys)
    assert found["cell"]["one_C_A_m2"] == pytest.approx(48.6854917)
    assert read_bpx(out).positive.thickness == pytest.approx(75.6e-6)


def test_windows_beyond_the_cut_offs_are_said(file, capsys):
    file.write_text(json.dumps(example(**{"Cell/Upper voltage cut-off [V]": 4.0})))
    assert main(["bpx", str(file)]) == 0
    assert "passes the cut-offs, 3.1 to 4 V" in capsys.readouterr().out


def test_what_bpx_refuses(file, tmp_path, capsys):
    assert "--case" in refusal(["bpx", file, "--out", tmp_path / "x.json"], capsys)
    assert "--out" in refusal(["bpx", "cases/dfn_chen2020.yaml"], capsys)
    assert "positive or negative" in refusal(["bpx", file, "--electrode", "left"], capsys)
    assert "full cell" in refusal(
        ["bpx", file, "--case", tmp_path / "a.yaml", "--electrode", "negative", "--counter", "electrode"],
        capsys,
    )
    assert "readable" in refusal(["bpx", tmp_path / "none.json"], capsys)
