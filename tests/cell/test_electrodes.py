"""Materials of the electrodes as the kinetics see them."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.cell.electrodes import Mixed

from ..cells import ACTIVE


def test_several_materials_of_one_kind_are_that_one():
    mixed = Mixed((ACTIVE, replace(ACTIVE, name="again")), np.array([0, 1, 1, 0]))
    sto, c_e = np.linspace(0.3, 0.9, 4), np.full(4, 900.0)
    for ours, theirs in (
        (mixed.U(sto), ACTIVE.U(sto)),
        (mixed.dU(sto), ACTIVE.dU(sto)),
        (mixed.i0(c_e, sto, 300.0), ACTIVE.i0(c_e, sto, 300.0)),
        (mixed.D_s(sto, 300.0), ACTIVE.D_s(sto, 300.0)),
    ):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=0)
    assert np.all(mixed.c_s_max == ACTIVE.c_s_max)
