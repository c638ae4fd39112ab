"""Materials of the electrodes as the kinetics see them."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.cell.electrodes import Lithium, Mixed, mixed

from ..cells import ACTIVE, LITHIUM


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


def test_each_entry_is_of_its_own_material():
    other = replace(ACTIVE, U=lambda sto: 5 - sto, c_s_max=1.0, alpha_a=0.6)
    both = mixed((ACTIVE, other), np.array([1, 0, 1]))
    sto = np.array([0.3, 0.5, 0.7])
    assert both.U(sto) == pytest.approx([4.7, float(ACTIVE.U(0.5)), 4.3])
    assert both.c_s_max.tolist() == [1.0, ACTIVE.c_s_max, 1.0] and both.alpha_a.tolist() == [0.6, 0.5, 0.6]
    assert mixed((ACTIVE,), np.zeros(3, int)) is ACTIVE


def test_lithium_metal_is_the_zero_of_potentials():
    metal = Lithium(LITHIUM)
    assert metal.U(0.3) == metal.dU(0.3) == 0 and metal.alpha_a + metal.alpha_c == 1
    assert metal.i0(900.0, 0.3, 298.15) == LITHIUM.i0(900.0, 298.15) > 0
