"""The command materials."""

from microsim import materials as sets
from microsim.cli import main

from ..commands import numbers, refusal


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
