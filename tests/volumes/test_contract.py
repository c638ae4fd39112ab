"""Which files a format reads and writes: by its suffixes, or by what it says itself."""

import pytest

from microsim.volumes.contract import Format


@pytest.fixture
def files(tmp_path):
    (tmp_path / "A.MINE").write_text("voxels")
    (tmp_path / "folder.mine").mkdir()
    return tmp_path


def test_suffixes_of_any_case_name_a_format(files):
    mine = Format("mine", (".mine", ".mine.gz"), read=None, write=print)
    assert mine.reads(files / "A.MINE") and mine.writes(files / "b.mine.gz")
    assert not mine.reads(files / "a.mine.txt") and not mine.writes(files / "mine")
    assert not mine.reads(files / "folder.mine")  # a folder, whatever it is called


def test_a_format_may_look_for_itself_and_need_not_write(files):
    folder = Format("folders", (), read=None, opens=lambda path: path.is_dir())
    assert folder.reads(files / "folder.mine") and not folder.reads(files / "A.MINE")
    assert not folder.writes(files / "A.MINE")
    assert not Format("mine", (".mine",), read=None).writes(files / "A.MINE")
