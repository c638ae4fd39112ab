"""Material sets against the papers' formulae typed once more, published values, and their own derivatives."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microsim.electrochemistry import materials
from microsim.errors import InputError

from .references import chen_i0, chen_U, nyman_D, nyman_kappa, xu_i0

T = 298.15
EVERY = [materials.load(name) for name in materials.names()]
ACTIVE = [m for m in EVERY if m.kind == "active"]
ELECTROLYTES = [m for m in EVERY if m.kind == "electrolyte"]
NMC, NYMAN = materials.load("NMC811_Chen2020"), materials.load("LiPF6_EC_EMC_3_7")
LITHIUM = materials.load("lithium")


def named(sets):
    return pytest.mark.parametrize("material", sets, ids=lambda m: m.name)


def inside(window, n=2001):
    low, high = window
    return np.linspace(low, high, n)[1:-1]


@named(ACTIVE)
def test_slope_is_the_derivative_of_U(material):
    sto = inside(material.sto_window)
    np.testing.assert_allclose(
        material.dU(sto), material.U(sto + 1e-30j).imag / 1e-30, rtol=1e-10, atol=1e-10
    )


@named(ACTIVE)
def test_active_material_is_stable_over_its_window(material):
    sto = inside(material.sto_window)
    assert np.all(material.dU(sto) < 0)
    for value in (material.D_s(sto, T), material.i0(1000.0, sto, T)):
        assert value.shape == sto.shape and np.all(value > 0)
    low, high = material.sto_window
    ends = (material.sto_100, material.sto_0)
    # an anode is full of lithium in the charged cell
    assert low <= min(ends) < max(ends) <= high and (ends[0] < ends[1]) == (material.U(0.5) > 2)
    assert min(material.sigma, material.density, material.molar_mass, material.c_s_max) > 0


@named(ELECTROLYTES)
def test_electrolyte_is_stable_over_its_window(material):
    c_e = inside(material.c_e_window)
    for value in (material.kappa(c_e, T), material.D_e(c_e, T)):
        assert value.shape == c_e.shape and np.all(value > 0)
    assert material.c_e_window[0] < material.c_e_0 < material.c_e_window[1]
    t_plus, tdf = (material.value(name, c_e, T) for name in ("t_plus", "tdf"))
    assert t_plus.shape == tdf.shape == c_e.shape
    assert np.all((t_plus >= 0) & (t_plus <= 1) & (tdf > 0))


@named(EVERY)
def test_every_coefficient_has_a_source(material):
    """Derived (dU follows U), chosen (c_e_0), and names aside; alpha belongs to i0."""
    aside = {"name", "kind", "sources", "dU", "c_e_0", "c_e_window", "sto_window", "alpha_a", "alpha_c"}
    coefficients = {f.name for f in dataclasses.fields(material)} - aside
    assert coefficients <= set(material.sources)
    assert all(len(text) > 10 for text in material.sources.values())
    cites = r"\(?\b(19|20)\d\d\b\)?|customary|the porosity|atomic masses|set to"
    assert all(re.search(cites, text) or "recalled" in text for text in material.sources.values())


def test_nyman_conductivity_and_diffusivity():
    c_e = np.array([200.0, 500.0, 1000.0, 1500.0, 2000.0])
    kappa = [0.44234, 0.79329, 0.9487, 0.82007, 0.59625]
    D_e = [4.1028e-10, 3.0959e-10, 1.7694e-10, 0.88265e-10, 0.4356e-10]
    np.testing.assert_allclose(NYMAN.kappa(c_e, T), kappa, rtol=1e-5, atol=5.1e-6)  # five digits are printed
    np.testing.assert_allclose(NYMAN.D_e(c_e, T), D_e, rtol=1e-5, atol=5.1e-15)
    np.testing.assert_allclose(NYMAN.kappa(c_e, T), nyman_kappa(c_e), rtol=1e-13)
    np.testing.assert_allclose(NYMAN.D_e(c_e, T), nyman_D(c_e), rtol=1e-12)
    assert (NYMAN.t_plus, NYMAN.tdf) == (0.2594, 1.0)


def test_landesfeind_electrolyte():
    """Values of the published functions at 298.15 K, five digits."""
    e, c_e = materials.load("LiPF6_EC_EMC_Landesfeind"), np.array([200.0, 500.0, 1000.0, 1500.0, 2000.0])
    expected = {
        "kappa": [0.436868, 0.755755, 0.913021, 0.80983, 0.59394],
        "D_e": [4.76243e-10, 3.95008e-10, 2.89225e-10, 2.1177e-10, 1.55058e-10],
        "t_plus": [0.355939, 0.304776, 0.220913, 0.150186, 0.105719],
        "tdf": [0.772803, 1.36719, 2.18176, 2.94458, 3.8499],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(e, name)(c_e, 298.15), values, rtol=1e-5)


def test_valoen_electrolyte():
    e, c_e = materials.load("LiPF6_PC_EC_DMC"), np.array([200.0, 500.0, 1000.0, 1500.0, 2000.0])
    np.testing.assert_allclose(e.kappa(c_e, 298.15), [0.4911, 0.949848, 1.19433, 1.06787, 0.796297], rtol=1e-5)
    np.testing.assert_allclose(
        e.D_e(c_e, 298.15), [5.4154e-10, 4.46475e-10, 3.22272e-10, 2.31253e-10, 1.64842e-10], rtol=1e-5
    )


def test_chen_open_circuit_potential():
    assert NMC.U(np.array(0.27)) == pytest.approx(4.27296, abs=5e-6)
    sto = np.linspace(0.2, 0.99, 80)
    np.testing.assert_allclose(NMC.U(sto), chen_U(sto), rtol=1e-14)


def test_exchange_currents():
    sto, c_e = np.meshgrid(np.linspace(0.2, 0.99, 9), np.linspace(50, 2200, 7))
    np.testing.assert_allclose(NMC.i0(c_e, sto, T), chen_i0(c_e, sto), rtol=1e-12)
    np.testing.assert_allclose(LITHIUM.i0(c_e, T), xu_i0(c_e), rtol=1e-12)
    assert LITHIUM.i0(1000.0, T) == pytest.approx(70.594, abs=5e-4)
    warm = NMC.i0(1000.0, 0.5, 320.0) / NMC.i0(1000.0, 0.5, T)
    assert warm == pytest.approx(np.exp(17800 / 8.314462618 * (1 / 298.15 - 1 / 320.0)), rel=1e-12)


def test_nmc811_is_ni_mn_co_of_eight_one_one():
    """Molar mass from atomic masses; 275.5 mAh per g and unit of lithiation; sto_100 as its source says."""
    grams = 6.94 + 0.8 * 58.693 + 0.1 * 54.938 + 0.1 * 58.933 + 2 * 15.999
    assert NMC.molar_mass == pytest.approx(grams / 1000, rel=2e-4)
    assert NMC.density == pytest.approx(4800.0)
    assert 96485.33212 / 3.6 / NMC.molar_mass / 1000 == pytest.approx(275.51, abs=0.01)
    assert NMC.sto_100 == pytest.approx(17038 / 63104, abs=5e-5)


@given(st.text(max_size=20).filter(lambda name: name not in materials.names()))
def test_unknown_name_is_a_sentence_that_lists_the_known_ones(name):
    with pytest.raises(InputError) as error:
        materials.load(name)
    assert all(known in str(error.value) for known in materials.names())


def test_a_near_miss_is_recognised():
    with pytest.raises(InputError, match="did you mean NMC811_Chen2020"):
        materials.load("NMC811_Chen")
