import sys

import numpy as np
import pytest

from microsim.base.errors import InputError, Missing
from microsim.base.launch import MARKS
from microsim.numerics.ranks import ALONE, world


def test_alone_nothing_is_said():
    values = np.arange(3.0)
    assert ALONE.join(values) is values and ALONE.sum(2.5) == 2.5
    ALONE.swap([])
    assert (ALONE.rank, ALONE.size, ALONE.bytes_sent, ALONE.messages) == (0, 1, 0, 0)


def test_a_process_of_its_own_is_told_of_mpiexec(monkeypatch):
    for mark in MARKS:
        monkeypatch.delenv(mark, raising=False)
    with pytest.raises(InputError, match="started by mpiexec"):
        world()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setenv("PMI_RANK", "0")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(Missing, match=r"pip install 'microsim-electrode\[mpi\]'"):
        world()
