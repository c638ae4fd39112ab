"""The state that a run starts from."""

import numpy as np
import pytest

from microsim.cell.start import initial_state

from ..cells import half_cell, image


def test_one_lithiation_is_at_rest():
    cell = half_cell(image((6, 4, 4), 1))
    solved = initial_state(cell, 0.5)
    u = cell.state(solved.x)
    assert u.V[0] == pytest.approx(float(cell.mesh.materials[0].U(np.array(0.5))))
    assert u.sto == pytest.approx(0.5)
    assert cell.currents(solved.interfaces) == pytest.approx((0, 0), abs=1e-12)
