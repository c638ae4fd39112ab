"""Text tables, whatever parts their columns."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.text import read_mpt, read_text

VALUES = np.array([[0, 3.7, 0.1], [10.5, 3.65, 0.1], [20, 3.625, -0.25]])


def written(mark, point=".", names=("t/s", "V/V", "I/A"), values=VALUES):
    rows = [mark.join(f"{v:g}".replace(".", point) for v in row) for row in values]
    return "\n".join([mark.join(names), *rows]) + "\n"


def numbers(table):
    return np.stack([table.numbers(k) for k in range(table.width)], axis=1)


@pytest.mark.parametrize("mark", [",", ";", "\t", " ", ", ", " ; "])
@pytest.mark.parametrize("point", [".", ","])
def test_every_mark_and_decimal_mark(mark, point):
    if point in mark:
        pytest.skip("a comma for both is refused below")
    table = read_text(written(mark, point), "a.csv")
    assert numbers(table) == pytest.approx(VALUES)
    assert table.names == ("t/s", "V/V", "I/A")


@pytest.mark.parametrize(
    "content",
    [
        "# my cell\n# t/s,V/V,I/A\n0,3.7,0.1\n1,3.6,0.1\n",
        "Cell 7\nmade by me\n\nt,V,I\ns,V,A\n0,3.7,0.1\n1,3.6,0.1\n",
        "t/s,V/V,I/A,\n0,3.7,0.1,\n1,3.6,0.1,\n",
        '"t/s","V/V","I/A"\n"0","3.7","0.1"\n"1","3.6","0.1"\n',
        "t/s\tV/V\tI/A\t\n0,0\t3,7\t0,1\n1,0\t3,6\t0,1\n",
    ],
)
def test_headers(content):
    table = read_text(content, "a.csv")
    assert table.names == ("t/s", "V/V", "I/A")
    assert numbers(table)[:, 1] == pytest.approx([3.7, 3.6])


def test_columns_of_words_are_kept_apart():
    content = "date,t/s,step,V/V\n2022-07-26 22:38:30,0,CC DChg,3.7\n2022-07-26 22:38:40,10,CC DChg,3.6\n"
    table = read_text(content, "a.csv")
    assert [table.numeric(k) for k in range(4)] == [False, True, False, True]


def test_no_names():
    assert read_text("0,3.7\n1,3.6\n2,3.5\n", "a.csv").names is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "got an empty file"),
        ("\n \n,,\n", "got an empty file"),
        ("nothing to see here\nat all\n", "expected a table of two columns of numbers"),
        ("t,V\n0,3.7\n1\n2,3.6\n3,3.5\n", "line 3: expected 2 columns as in the other lines, got 1"),
        ("t,V\n0,3.7\n1,3.65\n2,3.6\n3,3", None),
        ("t;V\n0,5;3.7\n1;3,65\n", "either decimal points or decimal commas"),
        ("t;V\n1.000,5;3,7\n2.000,5;3,6\n", "either decimal points or decimal commas"),
        ("t,V\n0,5,3,7\n1,5,3,6\n", "a comma is the decimal mark and parts the columns"),
    ],
)
def test_what_is_no_table_is_one_sentence(content, says):
    if says is None:
        assert numbers(read_text(content, "a.csv"))[-1] == pytest.approx([3, 3])
        return
    with pytest.raises(InputError, match=says):
        read_text(content, "a.csv")


def mpt(rows, names="time/s\tEwe/V\t<I>/mA\t", lines=4):
    return f"EC-Lab ASCII FILE\nNb header lines : {lines}   \n\n{names}\n" + "\n".join(rows) + "\n"


def test_an_ec_lab_file():
    table = read_mpt(mpt(["0,0E+000\t3,7\t1,0", "1,0\t3,8\t1,0"]), "a.mpt")
    assert table.names == ("time/s", "Ewe/V", "<I>/mA")
    assert numbers(table) == pytest.approx(np.array([[0, 3.7, 1], [1, 3.8, 1]]))
    assert table.positive == "charge"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (mpt([]), "expected measured points below the header"),
        (mpt(["0\t3.7\t1"], lines=99), "'Nb header lines'"),
        (mpt(["0\t3.7\t1", "1\t3.7"]), "line 6: expected 3 columns"),
        (mpt(["0\t3.7\t1", "1\t3,7\t1"]), "either decimal points or decimal commas"),
    ],
)
def test_a_broken_ec_lab_file_is_one_sentence(content, says):
    with pytest.raises(InputError, match=says):
        read_mpt(content, "a.mpt")
