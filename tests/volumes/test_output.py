"""HDF5 on a full disk: a sentence, no file, and a process that lives on."""

import errno
import os

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.output import Hdf5Output, writing_hdf5


@pytest.fixture
def full(monkeypatch):
    """A disk that takes 4 kB."""

    class Disk:
        def __init__(self, file):
            self.file, self.room = file, 4096

        def write(self, data):
            self.room -= len(data)
            if self.room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(data)

        def __getattr__(self, name):
            return getattr(self.file, name)

    made = Hdf5Output.__init__

    def on_a_full_disk(self, path):
        made(self, path)
        self.file = Disk(self.file)

    monkeypatch.setattr(Hdf5Output, "__init__", on_a_full_disk)


def test_a_full_disk_is_one_sentence(tmp_path, full):
    with (
        pytest.raises(InputError, match="expected to write .*No space left"),
        writing_hdf5(tmp_path / "a.h5") as file,
    ):
        file["v"] = np.arange(10_000)
    assert os.listdir(tmp_path) == []


def test_a_complete_file_takes_its_name(tmp_path):
    with writing_hdf5(tmp_path / "a.h5") as file:
        file["v"] = np.arange(10_000)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["v"][-1] == 9999
    assert os.listdir(tmp_path) == ["a.h5"]
