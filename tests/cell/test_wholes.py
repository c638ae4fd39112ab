from dataclasses import replace

import numpy as np
import pytest

from microsim.cell.kinetics import DoubleLayer
from microsim.cell.step import Control
from microsim.cell.wholes import _missed, balanced
from microsim.materials import load
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
    u, earlier = cell.state(x), at.step.earlier
    asked = {"current": held, "voltage": counter, "power": held / u.V[0]}[kind]
    round_off = {"abs": 0, "rel": 2e-6 if kind == "power" else 1e-11}  # of the V before
    assert (-ours, counter) == pytest.approx((asked, asked), **round_off)
    gained = cell.capacity @ (u.sto - earlier.sto[0]) / 10.0
    assert gained == pytest.approx(-ours, rel=1e-9, abs=0)
    assert cell.salt_volume @ u.c_e == pytest.approx(cell.salt_volume @ earlier.c_e[0], **round_off)
    if kind == "voltage":
        assert u.V[0] == pytest.approx(held, abs=1e-13)


def test_each_field_moves_by_one_number():
    cell = half_cell(LABELS)
    at = off_balance(cell, Control("current", 1e-9))
    moved = cell.state(balanced(cell, at)[0] - at.x)
    assert all(np.ptp(part) < 1e-12 * max(1, np.abs(part).max()) for part in moved)
    assert np.ptp(moved.phi) == 0 and abs(moved.psi[0]) > 1e-9


class Solves(Exception):
    """A face was solved anew."""


@pytest.mark.parametrize("layered", [False, True])
def test_currents_follow_a_small_shift_by_their_slopes(layered, monkeypatch):
    """Of some 1e-8 V: no face is solved again, all are as if they were, to 1e-11; the sums to round-off."""
    cell = half_cell(LABELS)
    at = off_balance(cell, Control("current", 0.0))
    if layered:
        at = cell.solve(at.x, replace(at.step, layer=_layer(cell, at)), at.interfaces)
    current = -cell.currents(at.interfaces)[0]
    x, at = balanced(cell, replace(at, step=replace(at.step, control=Control("current", current))))
    off = replace(at, step=replace(at.step, control=Control("current", current * (1 + 3e-7))))
    monkeypatch.setattr(type(cell.sharing), "react", _refuse)
    x, point = balanced(cell, off)
    moved = cell.state(x - at.x)
    assert 1e-9 < abs(moved.V[0]) < 1e-7
    again = cell.solve(point.x, off.step, point.interfaces)
    for name in ("j", "reaction"):
        ours, theirs = getattr(point.interfaces, name), getattr(again.interfaces, name)
        assert ours == pytest.approx(theirs, rel=1e-11, abs=1e-11 * np.abs(theirs).max())
        assert np.abs(theirs - getattr(at.interfaces, name)).max() > 1e-8 * np.abs(theirs).max()
    if layered:
        faces, layer = point.interfaces, off.step.layer
        assert faces.v == pytest.approx(again.interfaces.v, rel=1e-12)
        held = faces.reaction + layer.a * faces.v + layer.b
        assert held == pytest.approx(faces.j, rel=1e-9, abs=1e-9 * np.abs(faces.j).max())
    ours, counter = cell.currents(point.interfaces)
    assert (-ours, counter) == pytest.approx((current * (1 + 3e-7),) * 2, rel=1e-12)


def _refuse(*_, **__):
    raise Solves


def _layer(cell, at):
    """A double layer of 0.2 F m-2 in a step of 10 s, charged as the faces are."""
    a = 0.02
    return DoubleLayer(a, -a * at.interfaces.v)


@pytest.mark.parametrize("electrolyte", ["LiPF6_EC_EMC_3_7", "LiPF6_EC_EMC_Landesfeind"])
def test_what_is_missed_is_the_sum_of_the_residual(electrolyte):
    """Also where t_plus depends on the salt: what flows between cells adds up to nothing."""
    cell = half_cell(LABELS, electrolyte=load(electrolyte))
    at = off_balance(cell, Control("current", 0.0))
    salt, lithium = _missed(cell, at)
    R = cell.unknowns.rows(cell.residual(at))
    assert salt == pytest.approx(R.salt.sum(), rel=1e-9, abs=1e-12 * np.abs(R.salt).sum())
    assert lithium.sum() == pytest.approx(R.lithium.sum(), rel=1e-9, abs=1e-12 * np.abs(R.lithium).sum())
    assert abs(salt) > 1e-6 * np.abs(R.salt).sum() and lithium.sum() != 0
