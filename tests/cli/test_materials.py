"""The commands materials and bpx."""

import json

import pytest

from microsim import materials as sets
from microsim.case.bpx import read_bpx
from microsim.case.case import load_case
from microsim.cli import main

from ..bpx_example import example


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cell.json"
    path.write_text(json.dumps(example()))
    return path


def numbers(arguments, capsys):
    assert main([*map(str, arguments), "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def refusal(arguments, capsys):
    assert main([*map(str, arguments)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_every_set_is_listed_with_range_and_sources(capsys):
    found = numbers(["materials"], capsys)["materials"]
    assert sorted(found) == sorted(sets.names())
    for name, told in found.items():
        assert told["kind"] == sets.load(name).kind
        assert all(c["source"] for c in told["coefficients"].values())
        assert told["range"] or told["kind"] in ("conductor", "metal")
    assert found["LFP_Prada2013"]["note"].startswith("a solid solution")
    assert main(["materials"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in sets.names())


def test_one_set_in_full_at_a_temperature(capsys):
    cold, warm = (
        numbers(["materials", "NMC811_Chen2020", "--temperature-K", T], capsys)["materials"][
            "NMC811_Chen2020"
        ]
        for T in ("288.15", "308.15")
    )
    assert cold["coefficients"]["D_s"]["value"] < warm["coefficients"]["D_s"]["value"]
    assert (
        cold["coefficients"]["U"] == warm["coefficients"]["U"]
        and cold["coefficients"]["c_s_max"]["value"] == 63104.0
    )
    assert main(["materials", "Li6PS5Cl"]) == 0
    assert "single-ion conductor" in capsys.readouterr().out


def test_an_unknown_set_and_a_silly_temperature(capsys):
    assert "did you mean NMC811_Chen2020" in refusal(["materials", "NMC811_Chen"], capsys)
    assert "--temperature-K" in refusal(["materials", "--temperature-K", "25"], capsys)


def test_plots(tmp_path, capsys):
    assert (
        main(
            [
                "materials",
                "NMC811_ORegan2022",
                "LiPF6_EC_DMC_Landesfeind",
                "lithium",
                "CBD_default",
                "--plot",
                str(tmp_path),
            ]
        )
        == 0
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "LiPF6_EC_DMC_Landesfeind.png",
        "NMC811_ORegan2022.png",
        "lithium.png",
    ]
    assert "figure: " in capsys.readouterr().out


def test_a_bpx_file_is_shown(file, capsys):
    found = numbers(["bpx", file], capsys)
    assert found["cell"]["pairs"] == 2 and found["cell"]["cutoffs_V"] == [3.1, 4.2]
    assert [told["kind"] for told in found["materials"].values()] == ["porous", "porous", "electrolyte"]
    assert found["temperature_K"] == 300.0
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


def test_what_bpx_refuses(file, tmp_path, capsys):
    assert "--case" in refusal(["bpx", file, "--out", tmp_path / "x.json"], capsys)
    assert "--out" in refusal(["bpx", "cases/dfn_chen2020.yaml"], capsys)
    assert "positive or negative" in refusal(["bpx", file, "--electrode", "left"], capsys)
    assert "full cell" in refusal(
        ["bpx", file, "--case", tmp_path / "a.yaml", "--electrode", "negative", "--counter", "electrode"],
        capsys,
    )
    file.write_text(json.dumps(example(**{"Cell/Upper voltage cut-off [V]": 4.0})))
    assert "inside the cut-offs" in refusal(["bpx", file], capsys)
    assert "readable" in refusal(["bpx", tmp_path / "none.json"], capsys)
