"""Files that the voxels of one volume lie in."""

import pytest

from microsim.base.errors import InputError
from microsim.volumes.pieces import files_beside, numbered_files


def test_numbers_run_from_first_to_last():
    assert numbered_files("s%02d.raw", 8, 12, 2, "v.nhdr") == ["s08.raw", "s10.raw", "s12.raw"]
    assert numbered_files("s%d.raw", 3, 1, -1, "v.nhdr") == ["s3.raw", "s2.raw", "s1.raw"]


@pytest.mark.parametrize("words", [("s.raw", 1, 3, 1), ("s%d.raw", 3, 1, 1), ("s%d.raw", 1, 3, 0)])
def test_other_patterns_are_refused(words):
    with pytest.raises(InputError, match="expected a pattern with its first, last and step"):
        numbered_files(*words, "v.nhdr")


def test_missing_files_are_named(tmp_path):
    (tmp_path / "a").touch()
    assert files_beside(["a"], tmp_path / "v.mhd") == [tmp_path / "a"]
    with pytest.raises(InputError, match=r"b, got no such file \(of 2 files 1 are missing\)"):
        files_beside(["a", "b"], tmp_path / "v.mhd")
    with pytest.raises(InputError, match="behind LIST"):
        files_beside([], tmp_path / "v.mhd")
