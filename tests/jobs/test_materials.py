"""The job materials: sets with their coefficients, in a notebook as on the command line."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.materials import material_sets
from microsim.materials import names


def test_all_sets_a_line_each_and_one_in_full():
    every, one = material_sets(), material_sets("LFP_Prada2013")
    assert [material.name for material in every.sets] == names()
    assert len(str(every.tables()[0]).splitlines()) == len(names()) + 1
    assert "a solid solution" in repr(one) and "D_s" in repr(one) and "D_s" not in repr(every)
    assert "<table>" in one._repr_html_()
    assert material_sets(["LFP_Prada2013", "lithium"]).described.keys() == {"LFP_Prada2013", "lithium"}


def test_a_set_in_full_says_what_a_formula_unit_holds():
    found = repr(material_sets("NMC811_Chen2020"))
    assert "1.279 sites per formula unit; 275.5 mAh/g of one lithium" in found
    assert found.count("NMC811_Chen2020 has 1.28 sites") == 1
    assert "has 0.991 sites" not in repr(material_sets("NMC532_Xu2019"))


def test_numbers_are_what_json_prints(capsys):
    assert main(["materials", "NMC811_Chen2020", "--temperature-K", "308.15", "--json", "-"]) == 0
    printed = json.loads(capsys.readouterr().out)
    found = material_sets("NMC811_Chen2020", temperature=308.15).numbers()
    assert list(printed) == list(found)
    warm = printed["materials"]["NMC811_Chen2020"]["coefficients"]["D_s"]["value"]
    assert warm == found["materials"]["NMC811_Chen2020"]["coefficients"]["D_s"]["value"]


def test_the_figure_is_that_of_the_named_set():
    both = material_sets(["CBD_default", "lithium", "NMC811_Chen2020"])
    assert len(both.plot().axes) == 1 and len(both.plot("NMC811_Chen2020").axes) == 4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: material_sets("NMC811_Chen"), "did you mean NMC811_Chen2020"),
        (lambda: material_sets(3), "names: expected names of material sets, got 3"),
        (lambda: material_sets(temperature=25), "temperature: expected a number from 200 to 400"),
        (lambda: material_sets("CBD_default").plot(), "expected a set with curves"),
        (lambda: material_sets("lithium").plot("Li6PS5Cl"), "lithium.*got Li6PS5Cl"),
    ],
)
def test_wrong_arguments(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_a_set_of_another_package_that_cannot_be_used_is_told(monkeypatch):
    monkeypatch.setattr("microsim.materials.load_every", lambda: ([], ["the package x: worse is none"]))
    found = material_sets()
    assert found.numbers()["left_out"] == ("the package x: worse is none",) and "worse" in repr(found)
