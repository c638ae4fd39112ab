"""Which reader a file of an instrument gets."""

import gzip

import pytest

from microsim.base.errors import InputError
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
        ("a.mpr", b"BIO-LOGIC MODULAR FILE\x1a\0", r"expected a file of the kind .*, got \.mpr; export it"),
        ("a", b"0,1", "got no suffix"),
        ("a.csv.gz", gzip.compress(TEXT.encode())[:-9], "expected a readable file"),
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
