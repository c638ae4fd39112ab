"""Which reader a file of an instrument gets."""

import gzip
from types import SimpleNamespace

import pytest

from microsim.base.errors import InputError
from microsim.base.plugins import Plugin
from microsim.curves.formats import read_instrument

TEXT = "t/s,V/V\n0,3.7\n1,3.6\n"
MPT = "EC-Lab ASCII FILE\nNb header lines : 3\ntime/s\tEwe/V\n0\t3.7\n1\t3.6\n"


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.txt", "a.tsv", "a.dat"])
def test_text_tables(tmp_path, name):
    (tmp_path / name).write_text(TEXT)
    assert read_instrument(tmp_path / name).names == ("t/s", "V/V")


@pytest.mark.parametrize("name", ["a.mpt", "a.txt"])
def test_ec_lab_files_are_told_by_their_beginning(tmp_path, name):
    (tmp_path / name).write_text(MPT)
    assert read_instrument(tmp_path / name).positive == "charge"


def test_an_ec_lab_file_without_its_header_is_a_table(tmp_path):
    (tmp_path / "a.mpt").write_text(MPT.split("\n", 2)[2])
    assert read_instrument(tmp_path / "a.mpt").names == ("time/s", "Ewe/V")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_gzip(tmp_path, encoding):
    content = "t/s,V/V,C/\u00b5F\n0,3.7,1\n1,3.6,1\n".encode(encoding)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    assert read_instrument(tmp_path / "a.csv.gz").names == ("t/s", "V/V", "C/\u00b5F")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.res", b"\0\1\0\0Standard Jet DB", r"expected a file of the kind .*, got \.res; .* MITS Pro"),
        ("a.mpr", b"0,1", "expected a file of EC-Lab binary, as .mpr says, which begins with BIO-LOGIC"),
        ("a.nda", b"0,1", "which begins with NEWARE, got other content; name it by what it is"),
        ("a", b"0,1", "got no suffix"),
        ("a.csv.gz", gzip.compress(TEXT.encode(), mtime=0)[:-9], "expected a readable file"),
        ("a.csv", b"\x00\x01\x02\x03", "expected a text file"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_instrument(tmp_path / name)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="expected a readable file"):
        read_instrument(tmp_path / "none.csv")


BDF = "test_time_second,voltage_volt,current_ampere\n"


@pytest.mark.parametrize("names", [BDF, "Test Time / s,Voltage / V,Current / A\n"])
def test_the_battery_data_format_says_its_sign(tmp_path, names):
    (tmp_path / "a.csv").write_text(names + "0,3.5,0.1\n1,3.6,0.1\n")
    assert read_instrument(tmp_path / "a.csv").positive == "charge"
    (tmp_path / "a.csv").write_text(names.replace("c", "k").replace("C", "K") + "0,3.5,0.1\n1,3.6,0.1\n")
    assert read_instrument(tmp_path / "a.csv").positive is None


def test_a_format_of_another_package(tmp_path, monkeypatch):
    from microsim.curves import formats

    mine = formats.FileFormat("mine", (".mine",), (b"",), lambda text, where: formats.read_text(text, where))
    entry = SimpleNamespace(load=lambda: mine)
    plugin = Plugin(formats.GROUP, "mine", "our_package", entry)
    monkeypatch.setattr(formats, "plugins", lambda group: [plugin] if group == formats.GROUP else [])
    (tmp_path / "a.mine").write_text(TEXT)
    assert read_instrument(tmp_path / "a.mine").names == ("t/s", "V/V")
