"""The face current against bisection of Butler-Volmer as it is written, with half-cell drops and film."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from microsim.cell.kinetics import (
    ConcentrationPotential,
    Drops,
    Sides,
    concentration_potential,
    end_potential,
    face_current,
    overpotential,
)
from microsim.materials import load
from microsim.numerics.backend import MANY

from ..references import F, R, chen_i0, chen_U
from ..references import face_current as bisected

T = 298.15
NMC, NYMAN = load("NMC811_Chen2020"), load("LiPF6_EC_EMC_3_7")
FACTOR = 2 * R * T / F * (1 - 0.2594)
W = ConcentrationPotential(FACTOR, 1000.0)
HALF_VOXEL = 0.2e-6 / (F * 63104.0 * 4e-15)  # m2 A-1: sto across 0.2 um of NMC, per A m-2

alphas = st.sampled_from([(0.5, 0.5), (0.3, 0.7), (0.6, 0.4), (0.8, 0.5)])
states = st.fixed_dictionaries(
    {
        "push": st.floats(-0.4, 0.4),  # phi_s - phi_e - U between the cell centres (V)
        "psi": st.floats(-0.2, 0.1),
        "sto": st.floats(0.25, 0.95),
        "c_e": st.floats(50, 2500),
        "resistance": st.one_of(st.floats(1e-7, 1e-4), st.floats(1e-4, 0.1)),
        "dsto": st.one_of(st.just(0.0), st.floats(1e-6, 2.0).map(lambda k: -k * HALF_VOXEL)),
        "dc_e": st.floats(0.0, 20.0),
    }
)


def solve(state, alpha=(0.5, 0.5), guess=0.0, layer=None, **change):
    """microsim's current of one face; `change` is added to the state."""
    s = {k: np.array([v + change.get(k, 0.0)]) for k, v in state.items()}
    electrode = replace(NMC, alpha_a=alpha[0], alpha_c=alpha[1])
    drops = Drops(s["resistance"], s["dsto"], s["dc_e"])
    # phi_s is fixed by the state as given, not by the changed one
    phi_s = state["push"] + state["psi"] + W(state["c_e"]) + chen_U(state["sto"]) + change.get("phi_s", 0.0)
    sides = Sides(np.array([phi_s]), s["psi"], s["sto"], s["c_e"], drops, electrode, W, T)
    return face_current(sides, np.array([guess]), layer)


def reference(state, alpha=(0.5, 0.5)):
    s = dict(state)
    phi_s = s.pop("push") + s["psi"] + W(s["c_e"]) + chen_U(s["sto"])
    return bisected(
        phi_s,
        s["psi"],
        s["sto"],
        s["c_e"],
        s["resistance"],
        s["dsto"],
        s["dc_e"],
        chen_U,
        chen_i0,
        *alpha,
        FACTOR,
        1000.0,
        T,
    )


def assume_inside(state, j):
    """Where the bounds on sto and c_e do not act."""
    assume(0.01 < state["sto"] + j * state["dsto"] < 0.99)
    assume(state["c_e"] + j * state["dc_e"] > 1)


def test_concentration_potential_is_the_diffusion_potential():
    ours = concentration_potential(NYMAN, T)
    assert ours(1500.0) - ours(500.0) == pytest.approx(FACTOR * np.log(3), rel=1e-12)
    assert ours(1000.0) == 0
    assert ours.slope(700.0) == pytest.approx((ours(700.1) - ours(699.9)) / 0.2, rel=1e-6)


@settings(deadline=None, max_examples=150)
@given(states, alphas)
@example(
    {"push": 0.4, "psi": 0.0, "sto": 0.5, "c_e": 1000.0, "resistance": 1e-6, "dsto": 0.0, "dc_e": 0.0},
    (0.3, 0.7),
)
def test_current_is_butler_volmers(state, alpha):
    try:
        j = reference(state, alpha)
    except ValueError:  # no root with 0 < sto < 1 at the face
        assume(False)
    assume_inside(state, j)
    assert solve(state, alpha).j[0] == pytest.approx(j, rel=1e-8, abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(states, alphas, st.floats(-3, 3).map(lambda p: np.sign(p) * 10 ** abs(p)))
@example(
    {"push": 0.0, "psi": 0.0, "sto": 0.9, "c_e": 1000.0, "resistance": 1e-6, "dsto": 0.0, "dc_e": 0.0},
    (0.5, 0.5),
    60.0,
)  # a cell that comes to rest
def test_current_does_not_depend_on_where_the_search_starts(state, alpha, guess):
    try:
        j = reference(state, alpha)
    except ValueError:
        assume(False)
    assume_inside(state, j)
    assert solve(state, alpha, guess).j[0] == pytest.approx(j, rel=1e-8, abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(states, alphas)
def test_derivatives_are_those_of_the_current(state, alpha):
    try:
        j = reference(state, alpha)
    except ValueError:
        assume(False)
    assume_inside(state, j)
    found = solve(state, alpha, j)
    for name, slope, step in (
        ("phi_s", found.slopes.dphi, 1e-6),
        ("psi", -found.slopes.dphi, 1e-6),
        ("sto", found.slopes.dsto, 1e-6),
        ("c_e", found.slopes.dc_e, 1e-4 * state["c_e"]),
    ):
        up, down = (solve(state, alpha, j, **{name: sign * step}).j[0] for sign in (1, -1))
        assert slope[0] == pytest.approx(
            (up - down) / (2 * step), rel=2e-5, abs=1e-6 * abs(found.slopes.dphi[0])
        )


layers = st.tuples(st.floats(-1, 6).map(lambda p: 10.0**p), st.floats(3.6, 4.2)).map(
    lambda t: (t[0], -t[0] * t[1])
)


@settings(deadline=None, max_examples=100)
@given(states, alphas, layers)
def test_the_double_layer_takes_its_share(state, alpha, layer):
    """What flows beside the reaction moves v, and v is all that film and half cells leave; slopes as
    differences."""
    found = solve(state, alpha, 0.0, layer)
    reaction, v = found.reaction[0], found.v[0]
    x, c = (state[k] + reaction * state[d] for k, d in (("sto", "dsto"), ("c_e", "dc_e")))
    assume(0.01 < x < 0.99 and c > 5)
    phi_s = state["push"] + state["psi"] + W(state["c_e"]) + chen_U(state["sto"])
    assert found.j[0] == pytest.approx(reaction + layer[0] * v + layer[1], rel=1e-6, abs=1e-6 * layer[0])
    assert phi_s - state["psi"] - W(c) - found.j[0] * state["resistance"] == pytest.approx(v, abs=1e-8)
    eta = v - chen_U(x)
    i0 = float(NMC.i0(np.array([c]), np.array([x]), T)[0])
    assert reaction == pytest.approx(
        i0 * (np.exp(alpha[0] * F * eta / (R * T)) - np.exp(-alpha[1] * F * eta / (R * T))),
        rel=1e-5,
        abs=1e-6 * i0,
    )
    for name, step in (("phi_s", 1e-6), ("sto", 1e-6), ("c_e", 1e-4 * state["c_e"])):
        up, down = (solve(state, alpha, reaction, layer, **{name: sign * step}) for sign in (1, -1))
        for mine, change in (
            (found.slopes, up.j[0] - down.j[0]),
            (found.reaction_slopes, up.reaction[0] - down.reaction[0]),
        ):
            slope = {"phi_s": mine.dphi, "sto": mine.dsto, "c_e": mine.dc_e}[name][0]
            lost = 4 * np.finfo(float).eps * layer[0] / step  # last digits of a v + b, v about 4 V
            assert slope == pytest.approx(
                change / (2 * step), rel=1e-4, abs=1e-5 * abs(found.slopes.dphi[0]) + lost
            )


def test_many_faces_are_solved_as_one_by_one():
    rng = np.random.default_rng(1)
    state = {
        "push": rng.uniform(-0.3, 0.3, 50),
        "psi": rng.uniform(-0.1, 0.1, 50),
        "sto": rng.uniform(0.3, 0.9, 50),
        "c_e": rng.uniform(300, 1800, 50),
    }
    phi_s = state["push"] + state["psi"] + W(state["c_e"]) + chen_U(state["sto"])
    drops = Drops(np.full(50, 1e-3), np.full(50, -1e-4), np.full(50, 0.01))
    sides = Sides(phi_s, state["psi"], state["sto"], state["c_e"], drops, NMC, W, T)
    solved = face_current(sides, np.zeros(50))
    together = solved.j
    alone = [
        solve({**{k: v[n] for k, v in state.items()}, "resistance": 1e-3, "dsto": -1e-4, "dc_e": 0.01}).j[0]
        for n in range(50)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-10)
    np.testing.assert_allclose(sides.voltage(solved.reaction), solved.v, rtol=1e-13)


@pytest.mark.parametrize("alpha", [(0.5, 0.5), (0.2, 0.8), (0.7, 0.3)])
@pytest.mark.parametrize("push", [-2.0, 2.0])
def test_extreme_push_is_taken_by_the_resistance(alpha, push):
    """2 V over a film of 1e-3 ohm m2: some 1700 A m-2, and the overpotential a few hundred mV."""
    state = {
        "push": push,
        "psi": 0.0,
        "sto": 0.5,
        "c_e": 1000.0,
        "resistance": 1e-3,
        "dsto": 0.0,
        "dc_e": 0.0,
    }
    j = solve(state, alpha).j[0]
    assert j == pytest.approx(reference(state, alpha), rel=1e-8)
    assert 1000 < j * np.sign(push) < 2000


@given(
    st.floats(-12, 12).map(lambda p: np.sign(p) * (10 ** abs(p) - 1)),
    st.floats(0.05, 0.95),
    st.floats(0.05, 0.95),
)
def test_overpotential_inverts_butler_volmer(ratio, alpha_a, alpha_c):
    u, slope = overpotential(np.array([ratio]), alpha_a, alpha_c)
    up, down = np.exp(alpha_a * u), np.exp(-alpha_c * u)
    assert up - down == pytest.approx(ratio, rel=1e-9, abs=1e-12)
    assert slope == pytest.approx(1 / (alpha_a * up + alpha_c * down), rel=1e-7)


def test_overpotentials_of_many_faces_are_those_of_their_parts():
    """Many faces are worked out by a compiled loop."""
    ratio = np.random.default_rng(0).normal(size=2 * MANY) ** 5
    parts = zip(*(overpotential(part, 0.4, 0.4) for part in np.split(ratio, 8)))
    (u, slope), (few, slopes) = overpotential(ratio, 0.4, 0.4), map(np.concatenate, parts)
    assert not np.array_equal(u, few)  # the loop has a logarithm of its own
    np.testing.assert_allclose(u, few, rtol=1e-14)
    np.testing.assert_allclose(slope, slopes, rtol=1e-14)


def test_equal_and_nearly_equal_alphas_agree():
    ratio = np.concatenate([-np.logspace(8, -8, 40), [0.0], np.logspace(-8, 8, 40)])
    a, b = overpotential(ratio, 0.5, 0.5), overpotential(ratio, 0.5, 0.5 + 1e-12)
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-14)


def test_the_potential_has_ends():
    """Nothing is added but within 0.1 % of full or empty; there it falls, or rises, beyond all bounds."""
    x = np.linspace(0.001, 0.999, 999)
    value, slope = end_potential(x)
    assert np.all(value == 0) and np.allclose(slope, 0)
    x = np.array([1e-5, 1e-4, 5e-4])
    low, high = end_potential(x), end_potential(1 - x)
    assert low[0] == pytest.approx(-high[0]) and np.all(np.diff(low[0]) < 0) and low[0][0] > 0.09
    step = 1e-9
    assert low[1] == pytest.approx(
        (end_potential(x + step)[0] - end_potential(x - step)[0]) / (2 * step), rel=1e-4
    )


def _many(sto, c_e, push=0.05):
    """Sides of faces at rest but for a push (V), with drops of 0.1 % of the lithium at 10 A m-2, and i0-like
    guesses 1 % off the answer."""
    sto, c_e = np.asarray(sto, float), np.asarray(c_e, float)
    U = NMC.U(sto)
    drops = Drops(np.full(sto.size, 1e-4), np.full(sto.size, -1e-4), np.full(sto.size, 0.1))
    return Sides(push + U + W(c_e), np.zeros(sto.size), sto, c_e, drops, NMC, W, T)


def test_gentle_faces_end_sooner_and_as_near(monkeypatch):
    """A change of 2e-5 is the last one; where one face is near an end the tight bound holds."""
    asked, response = [], Sides.response
    monkeypatch.setattr(Sides, "response", lambda self, j: asked.append(0) or response(self, j))
    for sto, c_e, sooner in (([0.4, 0.6], [900, 1100], True), ([0.4, 0.9995], [900, 1100], False),
                             ([0.4, 0.6], [5, 1100], False)):  # fmt: skip
        sides = _many(sto, c_e)
        exact = face_current(sides, np.zeros(2), tolerance=1e-13).j
        counts = []
        for gentle in (1, 100):
            asked.clear()
            found = face_current(sides, exact * (1 + 2e-5), gentle=gentle)
            counts.append(len(asked))
            assert found.j == pytest.approx(exact, rel=1e-8)
        assert counts == ([2, 1] if sooner else [2, 2])
