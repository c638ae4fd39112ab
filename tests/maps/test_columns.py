"""Columns of text tables: energies from eV, keV and degrees, absorption from counts, and what is asked."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.columns import absorption_of, energies_of
from microsim.maps.tables import table_of

from ..nickel import sentence

SILICON_111 = "# Mono.d_spacing: 3.13551\n"


def table(header, *rows):
    return table_of((header + "\n".join(rows) + "\n").encode(), "a.xdi")


@pytest.mark.parametrize(
    ("header", "first", "energy"),
    [
        ("# energy mu\n", "8333.0", 8333.0),
        ("# energy[keV] mu\n", "8.333", 8333.0),
        ("# Column.1: energy keV\n# Column.2: mu\n#---\n", "8.333", 8333.0),
        ("", "8.333", 8333.0),
        (SILICON_111 + "# Column.1: angle degrees\n# Column.2: mu\n#---\n", "13.7249", 8333.0),
        (SILICON_111 + "# bragg_rad mu\n", "0.239545", 8333.0),
        ("Mono : SI(111)  D=  3.13551 A\n Angle(c) mu\n", "13.7249", 8333.0),
    ],
)
def test_energies_come_in_eV(header, first, energy):
    # Si (111), 8333 eV (Ni K): asin(12398.42 / (2 x 3.13551 x 8333)) = 13.725 degrees, by hand
    found = energies_of(table(header, f"{first} 0.5", f"{float(first) * 0.99} 0.6"))
    assert found[0] == pytest.approx(energy, rel=2e-5)


@pytest.mark.parametrize(
    "said",
    [
        "3.13551 Angstroms",
        "3.13551 (angstrom)",
        "3.13551 \u00c5",
        "0.313551 nm",
        "313.551 pm",
        "3.13551e-10 m",
    ],
)
def test_the_spacing_of_planes_comes_in_its_own_unit(said):
    header = f"# Mono.d_spacing: {said}\n# Column.1: angle degrees\n# Column.2: mu\n#---\n"
    assert energies_of(table(header, "13.7249 0.5", "13.6 0.6"))[0] == pytest.approx(8333.0, rel=2e-5)


@pytest.mark.parametrize("said", ["0.313551", "3.13551 inch", "silicon", "400 nm"])
def test_a_spacing_that_cannot_be_one_is_asked_for(said):
    header = f"# Mono.d_spacing: {said}\n# Column.1: angle degrees\n# Column.2: mu\n#---\n"
    with pytest.raises(InputError) as caught:
        energies_of(table(header, "13.7 0.5", "13.6 0.6"))
    assert "without the spacing" in sentence(caught)


def test_the_column_of_energies_is_known_by_its_name():
    found = energies_of(table("# counts time Energy\n", "100 1 8333", "200 1 8334"))
    assert found.tolist() == [8333, 8334]
    both = table(SILICON_111 + "# angle_deg energy_eV mu\n", "13.7 8333 1", "13.6 8400 1")
    assert energies_of(both).tolist() == [8333, 8400] and absorption_of(both)[0] == ("mu",)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("# Column.1: angle degrees\n# Column.2: mu\n#---\n", "the angle column angle (degrees) without the"),
        (SILICON_111 + "# Column.1: angle steps\n# Column.2: mu\n#---\n", "angle (steps)"),
        (SILICON_111.replace("3.1", "-3.1") + "# theta mu\n", "the angle column theta"),
        ("# Column.1: energy steps\n# Column.2: mu\n#---\n", "the column energy in steps"),
        ("# k chi\n", "got the column k"),
    ],
)
def test_what_is_no_energy_is_named(header, words):
    with pytest.raises(InputError) as caught:
        energies_of(table(header, "13.7 0.5", "13.6 0.6"))
    assert words in sentence(caught)


def test_absorption_of_counts():
    of_counts = table("# energy time I0 It Iref\n", "8333 1 200 100 5", "8334 1 300 100 5")
    names, values = absorption_of(of_counts)
    assert names == ("mutrans",) and values == pytest.approx(np.log([[2.0, 3.0]]))
    names, values = absorption_of(table("# energy i0 ifluor\n", "8333 200 100", "8334 400 100"))
    assert names == ("mufluor",) and values.tolist() == [[0.5, 0.25]]
    stated = table("# energy i0 itrans mutrans murefer\n", "8333 200 100 0.7 3", "8334 300 100 1.1 3")
    assert absorption_of(stated)[0] == ("mutrans",) and absorption_of(stated)[1].tolist() == [[0.7, 1.1]]
    assert absorption_of(of_counts, ("It", "mutrans"))[1][0].tolist() == [100, 100]
    free = table("# energy FeO Fe2O3\n", "8333 1 2", "8334 3 4")
    assert absorption_of(free)[0] == ("FeO", "Fe2O3") and absorption_of(free)[1].tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("header", "rows", "words"),
    [
        ("# energy i0 it if\n", ("8333 2 1 1", "8334 2 1 1"), "got mutrans or mufluor"),
        ("# energy mutrans mufluor\n", ("8333 2 1", "8334 2 1"), "got mutrans or mufluor"),
        ("# energy i0\n", ("8333 2", "8334 2"), "the counts i0 alone"),
        ("# energy i0 it\n", ("8333 2 0", "8334 2 1"), "others in 1 lines"),
    ],
)
def test_what_is_not_plain_is_asked(header, rows, words):
    with pytest.raises(InputError) as caught:
        absorption_of(table(header, *rows))
    assert words in sentence(caught)
    with pytest.raises(InputError) as caught:
        absorption_of(table("# energy a b\n", "8333 2 1", "8334 2 1"), ("c",))
    assert "expected spectra out of a, b, got c" in sentence(caught)
