import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.numerics import ranks
from microsim.numerics.ranks import ALONE


def test_alone_nothing_is_said():
    values = np.arange(3.0)
    assert ALONE.join(values) is values and ALONE.sum(2.5) == 2.5
    ALONE.swap([])
    assert (ALONE.rank, ALONE.size, ALONE.bytes_sent, ALONE.messages) == (0, 1, 0, 0)


def test_a_process_of_its_own_is_told_of_mpiexec(monkeypatch):
    monkeypatch.setattr(ranks, "need", lambda *_: None)
    for mark in ranks.MARKS:
        monkeypatch.delenv(mark, raising=False)
    with pytest.raises(InputError, match="started by mpiexec"):
        ranks.world()
