"""Formulae and tables of i0, D_s and potential: values, salt and temperature, and a run with them."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from microsim import materials
from microsim.base.constants import F, R
from microsim.base.errors import InputError
from microsim.case.build import simulate
from microsim.case.case import load_case, parse_case
from microsim.case.overrides import read_material

CASE = "cases/dfn_chen2020.yaml"
BASE = "NMC811_Chen2020"
T = 298.15
STO = np.linspace(0.3, 0.9, 13)


def loaded(tmp_path=None, **changes):
    raw = {"base": BASE} | changes
    return read_material(raw, "cell.materials.am").load(lambda file: str(tmp_path / file))


def test_i0_is_the_formula_at_1000_and_follows_the_salt_as_the_set():
    m, base = loaded(i0_A_m2="2.0 * sqrt(sto*(1-sto))"), materials.load(BASE)
    expected = 2 * np.sqrt(STO * (1 - STO))
    for temperature in (T, 318.0):
        np.testing.assert_allclose(m.i0(1000.0, STO, temperature), expected, rtol=1e-13)
    np.testing.assert_allclose(m.i0(250.0, STO, T), expected / 2, rtol=1e-13)
    np.testing.assert_allclose(base.i0(250.0, STO, T) / base.i0(1000.0, STO, T), 0.5, rtol=1e-13)
    assert "2.0 * sqrt(sto*(1-sto))" in m.sources["i0"] and "salt as in the set" in m.sources["i0"]
    assert "same at every temperature" in m.sources["i0"] and m.D_s is base.D_s


def test_a_formula_with_salt_and_temperature_is_as_written():
    m = loaded(i0_A_m2="3 * (c_e / 1000) * sto * (T / 298.15)", D_s_m2_s="1e-14 * exp(-2 * sto) * T / 300")
    np.testing.assert_allclose(m.i0(400.0, STO, 310.0), 1.2 * STO * 310 / 298.15, rtol=1e-13)
    np.testing.assert_allclose(m.D_s(STO, 330.0), 1.1e-14 * np.exp(-2 * STO), rtol=1e-13)
    assert "salt as" not in m.sources["i0"] and "every temperature" not in m.sources["D_s"]


def test_a_table_of_i0(tmp_path):
    (tmp_path / "i0.csv").write_text("sto,i0 (A/m2)\n" + "".join(f"{x},{10 ** (-3 * x)}\n" for x in STO))
    m = loaded(tmp_path, i0_table="i0.csv")
    np.testing.assert_allclose(m.i0(1000.0, np.array([0.37, 0.61]), T), [10**-1.11, 10**-1.83], rtol=1e-10)
    np.testing.assert_allclose(m.i0(4000.0, np.array(0.95), T), 2 * 10**-2.7, rtol=1e-10)  # held at its end
    assert "table i0.csv" in m.sources["i0"] and "salt as in the set" in m.sources["i0"]


def test_a_homogenised_electrode_says_what_changed_in_its_particles():
    active = {"base": BASE, "i0_A_m2": "2 * sto"}
    raw = {"base": "Chen2020_cathode", "active": active, "density_kg_m3": 4700, "D_s_scale": 3}
    said = read_material(raw, "cathode").load().sources["active"]
    assert said.startswith(f"set to {BASE}* in the case; ") and "i0: formula 2 * sto in the case" in said
    assert "density: set to 4700 in the case" in said and "D_s: " in said and "times 3" in said
    assert "sigma" not in said and "U:" not in said


def test_a_potential_with_its_slope():
    m = loaded(ocp_V="4.4 - 0.9 * sto - 0.02 * log(sto / (1 - sto))")
    np.testing.assert_allclose(m.U(STO), 4.4 - 0.9 * STO - 0.02 * np.log(STO / (1 - STO)), rtol=1e-14)
    np.testing.assert_allclose(m.dU(STO), -0.9 - 0.02 / (STO * (1 - STO)), rtol=1e-12)
    assert np.isfinite(m.U(np.array([-1.0, 0.0, 1.0, 2.0]))).all()


def test_beyond_the_window_a_formula_goes_on_as_far_as_it_is_above_zero():
    m = loaded(i0_A_m2="0.95 - sto", sto_window=[0.27, 0.9])
    np.testing.assert_allclose(m.i0(1000.0, np.array([0.1, 0.94]), T), [0.85, 0.01], rtol=1e-12)
    held = m.i0(1000.0, np.array([0.96, 1.0]), T)
    assert (held > 0).all() and (held < 4e-4).all() and "0.9497" in m.sources["i0"]


REFUSED = {
    "below zero": (
        {"i0_A_m2": "0.5 - sto"},
        r"^cell.materials.cathode.active.i0_A_m2: .*over the window.* at sto 0.5",
    ),
    "not a number": ({"D_s_m2_s": "1e-14 * log(sto - 0.6)"}, r"got nan m2 s-1 at sto 0.2 and 298.15 K"),
    "a dip between the points of a coarse look": (
        {"i0_A_m2": "1 - 1.2 * exp(-((sto - 0.60225) / 0.0003) ** 2)"},
        "at sto 0.6022",
    ),
    "of the salt": ({"i0_A_m2": "sto * (1 - c_e / 3000)"}, "c_e 4000 mol m-3"),
    "zero": ({"i0_A_m2": "0 * sto"}, "got 0 A m-2"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED)
def test_a_formula_that_is_not_above_zero_says_where(changes, words):
    raw = load_case(CASE).as_dict()
    raw["cell"]["materials"]["cathode"] = {"base": "Chen2020_cathode", "active": {"base": BASE} | changes}
    with pytest.raises(InputError, match=words):
        parse_case(raw)


MISTAKEN = {
    "another variable": ({"i0_A_m2": "2 * sqrt(x)"}, r'am.i0_A_m2: expected numbers, sto, T, c_e, .*got "x"'),
    "salt in a diffusivity": ({"D_s_m2_s": "1e-14 * c_e"}, 'got "c_e"'),
    "no formula": ({"i0_A_m2": "two"}, 'got "two"'),
    "a file where a number or formula is": ({"i0_A_m2": "i0.csv"}, "expected numbers, sto"),
    "below zero": ({"i0_A_m2": "-2.0"}, "expected a number above 0 A_m2, got"),
    "both": ({"i0_A_m2": "sto", "i0_table": "a.csv"}, "one of i0 and i0_table"),
    "both potentials": ({"ocp_V": "4 - sto", "ocp": "a.csv"}, "one of ocp and ocp_V"),
    "no unit": ({"i0": "sto"}, "write i0_A_m2"),
    "no unit of a diffusivity": ({"D_s": "1e-14 * sto"}, "write D_s_m2_s"),
    "a list": ({"i0_A_m2": [1, 2]}, "expected a number"),
    "a power as in other languages": ({"i0_A_m2": "sto^2"}, "rewrite the formula"),
}


@pytest.mark.parametrize(("changes", "words"), MISTAKEN.values(), ids=MISTAKEN)
def test_mistakes_are_one_sentence(changes, words):
    with pytest.raises(InputError, match=words) as error:
        loaded(**changes)
    assert str(error.value).startswith("cell.materials.am") and "\n" not in str(error.value)


def test_a_table_in_another_unit_is_refused(tmp_path):
    (tmp_path / "i0.csv").write_text("sto,i0 (mA/cm2)\n0.2,1\n0.5,2\n0.9,1\n")
    with pytest.raises(InputError, match="multiply by 10"):
        loaded(tmp_path, i0_table="i0.csv")


# ---- in a run ----------------------------------------------------------------------------------------------


def one_particle(path=None, **changes):
    """A cell that is one particle: nothing but diffusion and reaction takes a voltage."""
    raw = load_case(CASE).as_dict()
    active = {"base": BASE, "sto_window": [0.2, 0.98]} | changes
    cathode = {"base": "Chen2020_cathode", "active": active, "sigma_S_m": 1e6, "radius_um": 5.0}
    electrolyte = {"base": "LiPF6_EC_EMC_3_7", "t_plus": 1.0, "kappa_S_m": 200.0}
    raw["cell"] |= {"materials": {"cathode": cathode, "electrolyte": electrolyte}, "shells": 150}
    raw["cell"] |= {"counter_electrode": "ideal", "initial_sto": 0.4}
    raw["volume"] = {"slab": {"phase": "cathode", "thickness_um": 5.0, "cells": 2}}
    raw["protocol"] = ["Discharge at 3 A/m2 for 30 minutes"]
    raw["numerics"] = {"time_tolerance": 2e-5}
    return parse_case(raw, path)


def by_scipy(setup, i0, D, U, seconds, shells=400):
    """Voltage of the same particle, on shells of equal thickness by solve_ivp. Source: Fick's law in a
    sphere, Butler-Volmer; surface lithiation by the gradient there."""
    porous = setup.cell.design.phases["cathode"]
    c_max, radius = porous.active.c_s_max, 5e-6
    area = 3 * porous.active_fraction * 5e-6 / radius  # per area of the electrode
    j = -3.0 / area  # A m-2, lithium goes in
    r = np.linspace(0, radius, shells + 1)
    h, volume = r[1], np.diff(r**3) / 3

    def rate(_, x):
        middle = (x[1:] + x[:-1]) / 2
        out = np.concatenate([[0], -D(middle) * np.diff(x) / h * r[1:-1] ** 2, [j / (F * c_max) * radius**2]])
        return -np.diff(out) / volume

    x = solve_ivp(rate, (0, seconds), np.full(shells, 0.4), method="BDF", rtol=1e-8, atol=1e-10).y[:, -1]
    surface = x[-1] - j / (F * c_max) / D(x[-1]) * h / 2
    return U(surface) + 2 * R * T / F * np.arcsinh(j / (2 * i0(surface)))


def test_a_run_with_formulae_is_that_of_another_integrator():
    case = one_particle(
        i0_A_m2="0.02 + 1.5 * (1 - tanh((sto - 0.55) / 0.05)) / 2", D_s_m2_s="3e-14 * exp(-4 * sto)"
    )
    setup, record = simulate(case)
    U = setup.cell.design.phases["cathode"].active.U
    expected = by_scipy(
        setup,
        lambda x: 0.02 + 1.5 * (1 - np.tanh((x - 0.55) / 0.05)) / 2,
        lambda x: 3e-14 * np.exp(-4 * x),
        U,
        1800,
    )
    assert record.columns["voltage_V"][-1] == pytest.approx(float(expected), abs=1e-4)
    assert record.failed_steps == 0 and record.lithium_balance_error < 1e-9
    assert parse_case(case.as_dict()).sha256 == case.sha256


@pytest.mark.parametrize("kind", ["formula", "table"])
def test_the_base_s_own_law_written_out_gives_the_base_s_run(kind, tmp_path):
    active = materials.load(BASE)
    rate = float(active.i0(1000.0, np.array(0.5), T)) * 2
    sto = np.linspace(0.01, 0.99, 400)
    (tmp_path / "i0.csv").write_text("".join(f"{x:.9g},{rate * np.sqrt(x - x * x):.12g}\n" for x in sto))
    given = {"formula": {"i0_A_m2": f"{rate!r} * sqrt(sto * (1 - sto))"}, "table": {"i0_table": "i0.csv"}}
    cases = [one_particle(), one_particle(tmp_path / "case.yaml", **given[kind])]
    ends = [simulate(case)[1] for case in cases]
    assert ends[0].newton_iterations == pytest.approx(ends[1].newton_iterations, abs=2)
    V = [end.columns["voltage_V"][-1] for end in ends]
    assert V[0] == pytest.approx(V[1], abs={"formula": 1e-9, "table": 1e-6}[kind])
