import numpy as np
import pytest

from microsim.cell.step import Control
from microsim.cell.wholes import balanced
from microsim.numerics.bdf import bdf

from ..cells import half_cell, image

LABELS = image((12, 6, 6), 3)


def off_balance(cell, control):
    """A Point of a step of 10 s that misses every balance by a little."""
    rng, n = np.random.default_rng(0), cell.unknowns.n
    rest = cell.vector(psi=-0.02, V=3.9, sto=0.4, c_e=cell.design.c_e_0)
    psi, phi, _, sto, c_e = (rng.standard_normal(m) for m in n)
    x = rest + cell.vector(psi=1e-4 * psi, phi=1e-4 * phi, sto=1e-5 * sto, c_e=1e-2 * c_e)
    return cell.solve(x, cell.step(bdf(10.0, []), [rest], control), cell.at_rest(x).interfaces)


@pytest.mark.parametrize("kind", ["current", "voltage", "power"])
def test_currents_lithium_and_salt_agree_to_round_off(kind):
    cell = half_cell(LABELS)
    at = off_balance(cell, Control("current", 0.0))
    current = -1.001 * cell.currents(at.interfaces)[0]
    held = {"current": current, "voltage": at.u.V[0] + 1e-4, "power": current * at.u.V[0]}[kind]
    at = off_balance(cell, Control(kind, held))
    x, point = balanced(cell, at)
    ours, counter = cell.currents(point.interfaces)
    u, past = cell.state(x), at.step.past
    asked = {"current": held, "voltage": counter, "power": held / u.V[0]}[kind]
    round_off = {"abs": 0, "rel": 2e-6 if kind == "power" else 1e-11}  # of the V before
    assert (-ours, counter) == pytest.approx((asked, asked), **round_off)
    gained = cell.capacity @ (u.sto + past.sto) / 10.0  # past of backward Euler is minus the earlier state
    assert gained == pytest.approx(-ours, rel=1e-9, abs=0)
    assert cell.salt_volume @ u.c_e == pytest.approx(-cell.salt_volume @ past.c_e, **round_off)
    if kind == "voltage":
        assert u.V[0] == pytest.approx(held, abs=1e-13)


def test_each_field_moves_by_one_number():
    cell = half_cell(LABELS)
    at = off_balance(cell, Control("current", 1e-9))
    moved = cell.state(balanced(cell, at)[0] - at.x)
    assert all(np.ptp(part) < 1e-12 * max(1, np.abs(part).max()) for part in moved)
    assert np.ptp(moved.phi) == 0 and abs(moved.psi[0]) > 1e-9
