"""Two columns of numbers, as programs write them; what is none is refused with its line."""

import pytest

from microsim.base.columns import read_two_columns
from microsim.base.errors import InputError


@pytest.mark.parametrize(
    "content",
    [
        "0.1,4.25\n0.2,3.9\n0.3,3.5\n",
        "x;U\n0.1;4.25\n0.2;3.9\n0.3;3.5\n",
        "sto\tOCP\n-\tV\n0.1\t4.25\n0.2\t3.9\n0.3\t3.5\n",
        "sto;U\n-;V\n0,1;4,25\n0,2;3,9\n0,3;3,5\n",
        "0,1\t4,25\n0,2\t3,9\n0,3\t3,5\n",
        "0,1 4,25\n0,2 3,9\n0,3  3,5\n",
        "0.1, 4.25\r\n0.2,\t3.9\r\n0.3 , 3.5\r\n",
        '"sto","U"\n"0.1","4.25"\n"0.2","3.9"\n"0.3","3.5"\n',
        "0.1 4.25\n0.2 3.9\n.3 3.5",
        "1e-1;4.25;\n2e-1;3.9;\n3e-1;3.5;\n",
        "\ufeff0,1;4,25\n\n# between\n0,2;3,9\n0,3;3,5\n",
        "0.1" + " " * 200000 + "4.25\n0.2 3.9\n0.3 3.5\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_columns_as_programs_write_them(tmp_path, content, encoding):
    (tmp_path / "t.csv").write_bytes(content.lstrip("\ufeff" * (encoding == "utf-16")).encode(encoding))
    found = read_two_columns(tmp_path / "t.csv", "x and y")
    assert found.x.tolist() == [0.1, 0.2, 0.3] and found.y.tolist() == [4.25, 3.9, 3.5]


def test_the_lines_above_say_what_the_columns_are(tmp_path):
    (tmp_path / "t.csv").write_bytes("# of a cell\nQ;U\nµAh;mV\n1;2\n\n3;4\n".encode("latin-1"))
    found = read_two_columns(tmp_path / "t.csv", "x and y")
    assert found.heads == (("Q", "U"), ("µAh", "mV")) and found.line.tolist() == [4, 6]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b\nc,d\n", "no line of numbers"),
        ("", "no line of numbers"),
        ("0.1,4,1\n0.2,3,1\n0.3,2,1\n", "line 1: .*got 3 columns; keep two"),
        ("0.1,4\n0.2,nan\n0.3,1\n", "line 2: .*0.2,nan"),
        ("0.1,4\n0.2,1e999\n0.3,1\n", "line 2: .*0.2,1e999"),
        ("0.1,4\n0.2\n0.3,1\n", 'line 2: .*"0.2"'),
        ("0.1;4.2 V\n0.2;4\n0.3;3\n", "line 1: .*4.2 V"),
        ("x,y\n0.1,4\nsecond,branch\n0.3,1\n", "line 3: .*second,branch"),
        ("0,30,4,10\n0,35,4,05\n", "line 1: .*4 columns.*part decimal commas by semicolons"),
        ("500;1.1\n1,000;0.9\n", "line 2: expected one decimal mark.*a point in line 1"),
    ],
)
def test_what_is_no_two_columns(tmp_path, content, sentence):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=sentence):
        read_two_columns(tmp_path / "t.csv", "x and y")
    with pytest.raises(InputError, match="check the path"):
        read_two_columns(tmp_path / "absent.csv", "x and y")
