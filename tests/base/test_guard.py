"""A file that is being read is never written over, whatever name it goes by."""

import os

import pytest

from microsim.base.errors import InputError
from microsim.base.files import remove, write_text
from microsim.base.guard import ONLY_INTO, guarding
from microsim.volumes.slabs import scratch_store


@pytest.fixture
def measured(tmp_path):
    path = tmp_path / "measured.csv"
    path.write_text("1,2\n")
    return path


def names_of(path):
    """The same file by its other names."""
    (path.parent / "soft.csv").symlink_to(path.name)
    os.link(path, path.parent / "hard.csv")
    return [path, path.parent / "soft.csv", path.parent / "hard.csv", path.parent / "new" / ".." / path.name]


def test_no_spelling_of_a_guarded_file_is_written_or_removed(measured):
    for name in names_of(measured):
        for lose in (lambda path: write_text(path, "lost"), remove):
            with guarding([measured]), pytest.raises(InputError, match="none of the inputs.*would be lost"):
                lose(name)
    assert measured.read_text() == "1,2\n" and not (measured.parent / "new").exists()


def test_the_sentence_names_the_file_that_another_name_stands_for(measured):
    with guarding([measured]), pytest.raises(InputError, match="soft.csv, the same file as .*measured.csv"):
        write_text(names_of(measured)[1], "lost")


def test_a_guarded_folder_takes_no_further_file_of_its_kind(tmp_path):
    (tmp_path / "slices").mkdir()
    (tmp_path / "slices" / "s_1.tif").write_text("one")
    with guarding([tmp_path / "slices"]):
        for name in ("s_1.tif", "s_2.tif"):
            with pytest.raises(InputError, match="slices"):
                write_text(tmp_path / "slices" / name, "two")
        assert write_text(tmp_path / "slices" / "numbers.json", "{}").is_file()
    assert sorted(os.listdir(tmp_path / "slices")) == ["numbers.json", "s_1.tif"]


def test_afterwards_the_file_may_be_replaced(measured):
    with guarding([measured]):
        pass
    assert write_text(measured, "new").read_text() == "new"


@pytest.mark.parametrize("place", ["../a.txt", "x/../../a.txt", "out/a.txt", "pipe"])
def test_one_folder_is_written_into_where_one_is_named(tmp_path, monkeypatch, place):
    home = tmp_path / "home"
    home.mkdir()
    (home / "out").symlink_to(tmp_path)  # which leads out
    os.mkfifo(tmp_path / "fifo")
    (home / "pipe").symlink_to(tmp_path / "fifo")
    (tmp_path / "a.txt").write_text("kept")
    monkeypatch.setenv(ONLY_INTO, str(home))
    for lose in (lambda path: write_text(path, "lost"), remove, scratch_store):
        with pytest.raises(InputError, match=r"expected to write into .*home alone"):
            lose(home / place)
    assert (tmp_path / "a.txt").read_text() == "kept"
    assert write_text(home / "b" / ".." / "b.txt", "kept").read_text() == "kept"
