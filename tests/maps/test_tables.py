"""Text tables: decimal commas, broken lines, encodings, names and units of headers that instruments write."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.tables import read_number_table, table_of

from ..nickel import sentence

ROWS = [[8330.5, 0.25], [8331.5, 0.5], [8332.5, 1.75]]


@pytest.mark.parametrize(
    "text",
    [
        "8330.5 0.25\n8331.5 0.5\n8332.5 1.75\n",
        "8330.5,0.25\n8331.5,0.5\n8332.5,1.75\n",
        "8330.5, 0.25\n8331.5, 0.5\n8332.5, 1.75\n",
        "8330,5 0,25\n8331,5 0,5\n8332,5 1,75\n",
        "8330,5;0,25\n8331,5;0,5\n8332,5;1,75\n",
        "8330,5\t0,25\n8331,5\t0,5\n8332,5\t1,75\n",
        '"8330,5","0,25"\n"8331,5","0,5"\n"8332,5","1,75"\n',
        "8330.5;0.25;\n8331.5;0.5;\n8332.5;1.75;\n",
        "8.3305D+03 2.5d-1\n8.3315E+03 .5\n8.3325e3 1.75\n",
        "# head\r\n8330.5 0.25 # first\r\n\r\n8331.5 0.5\r\n# between\r\n8332.5 1.75\r\n\x1a",
        "points 3\nWeights:\n1.0 1.0\nData:\nenergy mu\n8330.5 0.25\n8331.5 0.5\n8332.5 1.75\n",
    ],
)
def test_the_same_numbers_in_many_hands(text):
    assert table_of(text.encode()).values.tolist() == ROWS
    for codec in ("utf-16", "utf-8-sig"):
        assert table_of(text.encode(codec)).values.tolist() == ROWS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8330,5\n8331,5\n", "decimal comma or separates columns, got '8330,5'"),
        ("8330,5,0,25\n8331,5,0,5\n", "decimal comma or separates"),
        ("8330,5, 0,25\n8331,5, 0,5\n", "decimal comma or separates"),
        ("8330.5;0,25\n8331.5;0,5\n", "either decimal points or decimal commas"),
        ("8.330,5\n8.331,5\n8.332,5\n", "'8.330,5' in a.txt, which may be 8330.5 or two columns"),
        ("998,5\n1.001,5\n1.001.002,5\n", "'1.001,5' in a.txt, which may be 1001.5"),
        ("8,330.5\n8,331.5\n8,332.25\n", "'8,330.5' in a.txt, which may be 8330.5"),
        ("Ni K edge, foil\n8.330,5\n8.331,5\n", "'8.330,5' in a.txt, which may be 8330.5"),
        ("8330.5 0.25\n8331.5 0.5O\n8332.5 1.75\n", "'8331.5 0.5O' in line 2"),
        ("# E mu\n83x0.5 0.25\n8331.5 0.5\n8332.5 1.75\n", "'83x0.5 0.25' in line 2"),
        ("8330.5 0.25\nO331.5 0.5\n8332.5 1.75\n8333.5 2\n", "'O331.5 0.5' in line 2"),
        ("0.0\n0.1\nO.2\n0.3\n0.4\n0.5\n", "'O.2' in line 3"),
        ("8330.5 0.25\n8331.5\n8332.5 1.75\n", "'8331.5' in line 2"),
        ("8330.5,0.25\n8331.5,\n8332.5,1.75\n", "in line 2"),
        ("8330.5,,0.25\n8331.5,,0.5\n", "as many in every line"),
        ("8330.5 --\n8331.5 0.5\n8332.5 1.75\n", "'8330.5 --' in line 1"),
        ("0\n25%\n50\n75\n", "'25%' in line 2"),
        ("1_000\n2_000\n", "another text"),
        ("no numbers at all\n", "another text"),
        ("", "another text"),
        ("\x00\x01", "other data"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text, words):
    with pytest.raises(InputError) as caught:
        table_of(text.encode(), "a.txt")
    assert words in sentence(caught) and "a.txt" in sentence(caught)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("keV,counts\n8.330,25\n8.331,25\n", 8.33),
        ("# energy_keV,counts\n8.330,25\n8.331,25\n", 8.33),
        ("energy counts\n8.330,25\n8.331,25\n", 8.33),
        ("# Column.1: energy keV\n# Column.2: counts\n#---\n8.330,25\n8.331,25\n", 8.33),
        ("8.330,2500\n8.331,2600\n", 8.33),
        ("8.3305,25\n8.3315,50\n", 8.3305),
        ("850,120.5\n851,121.5\n", 850),
        ("1,165.2\n2,164.9\n", 1),
    ],
)
def test_columns_that_cannot_be_marks_between_thousands_are_columns(text, first):
    found = table_of(text.encode(), "a.txt").values
    assert found.shape == (2, 2) and found[0, 0] == pytest.approx(first)


def test_commas_between_whole_numbers_are_known_by_their_count():
    assert table_of(b"1,20,300\n2,30,400\n").values.tolist() == [[1, 20, 300], [2, 30, 400]]


@pytest.mark.parametrize(
    ("header", "names", "units"),
    [
        (
            "# Column.1: energy eV\n# Column.2: mutrans\n# Mono.name: Si\n#---\n# e m\n",
            ("energy", "mutrans"),
            "eV",
        ),
        ("#C 1_Energy (keV) 2_mu01\n", ("Energy(keV)", "mu01"), "keV"),
        ("energy_keV;mu\n", ("energy_keV", "mu"), "keV"),
        ("Photon energy [eV]\tI0/It\n", ("Photon energy[eV]", "I0/It"), "eV"),
        ("#Mono Energy *        ln(I0/It)\n", ("Mono Energy *", "ln(I0/It)"), None),
        ("#Mono Energy counts * mu transmission\n", ("Mono Energy counts *", "mu transmission"), None),
        ("; P1 = {E}\n; D1 = {I0}\n;  P1 D1\n", ("E", "I0"), None),
        ('"eV","folder/FeO.avg"\n', ("eV", "FeO.avg"), "eV"),
        ("# energy  mu  more\n", None, None),
    ],
)
def test_names_and_units_of_headers(header, names, units):
    table = table_of((header + "8330.5 0.25\n8331.5 0.5\n").encode())
    assert table.names == names and table.units[0] == units


def test_lines_of_settings_above_the_numbers_are_no_names():
    text = "Mono : SI(111)  D=  3.13551 A\nAngle(c) Angle(o) 2\nOffset 0 0\n1.5 2.5 3.5\n2.5 3.5 4.5\n"
    table = table_of(text.encode())
    assert table.names == ("Angle(c)", "Angle(o)", "2") and table.units[0] == "c"
    assert table.header["mono.d_spacing"] == "3.13551"


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(InputError) as caught:
        read_number_table(tmp_path / "absent.txt")
    assert "readable text file" in sentence(caught)
    np.savetxt(tmp_path / "a.txt", ROWS)
    assert read_number_table(tmp_path / "a.txt").values == pytest.approx(np.array(ROWS))
