"""Material sets against the papers' formulae typed once more, published values, and their own derivatives."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim import materials
from microsim.base.errors import InputError
from microsim.materials.checks import check_material
from microsim.materials.laws import Sites

from ..references import chen_i0, chen_U, nyman_D, nyman_kappa, xu_i0

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
    if isinstance(material.U, Sites):  # a spline: no complex step
        np.testing.assert_allclose(material.dU(sto), 1 / material.U.sto(material.U(sto))[1], rtol=1e-4)
        return
    np.testing.assert_allclose(
        material.dU(sto), material.U(sto + 1e-30j).imag / 1e-30, rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize("kelvin", [T, 288.15, 318.15])
@named(EVERY)
def test_every_set_passes_the_checks_that_users_sets_pass(material, kelvin):
    check_material(material, kelvin)


@named(EVERY)
def test_nothing_is_negative_or_infinite_on_a_fine_grid(material):
    """No coefficient of any set, at any point of its range, at 25 C."""
    if material.kind in ("active", "porous"):
        active = getattr(material, "active", material)
        sto = inside(active.sto_window, 20001)
        values = [active.U(sto), active.D_s(sto, T), active.i0(1000.0, sto, T)]
    elif material.kind == "electrolyte":
        c_e = inside(material.c_e_window, 20001)
        values = [
            material.kappa(c_e, T),
            material.D_e(c_e, T),
            *(material.value(k, c_e, T) for k in ("t_plus", "tdf")),
        ]
    else:
        values = [value for value in vars(material).values() if isinstance(value, float)]
    for value in values:
        assert np.all(np.isfinite(value)) and np.all(np.asarray(value) > 0)


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
    """Derived (dU follows U), chosen (c_e_0), absent (dU_dT), and names aside; alpha belongs to i0."""
    aside = {"name", "kind", "sources", "dU", "c_e_0", "c_e_window", "sto_window", "alpha_a", "alpha_c"}
    aside |= {"temperature", "note", "dU_dT", "U_temperature"}
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
    np.testing.assert_allclose(
        e.kappa(c_e, 298.15), [0.4911, 0.949848, 1.19433, 1.06787, 0.796297], rtol=1e-5
    )
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


def test_nmc811_as_a_crystal_has_one_site_and_the_kinetics_of_chen():
    """3 formula units in the hexagonal cell; everything over lithiation as in the fitted set."""
    crystal, x, T = materials.load("NMC811_crystal"), np.linspace(0.25, 0.95, 9), 310.0
    volume = 2.871e-10**2 * np.sin(np.pi / 3) * 14.20e-10
    assert crystal.c_s_max == pytest.approx(3 / volume / 6.02214076e23, rel=1e-9)
    assert crystal.density == pytest.approx(4781, abs=1) and crystal.host.sites == pytest.approx(1, rel=1e-12)
    assert crystal.host.remark == "" and NMC.host.sites == pytest.approx(1.279, abs=1e-3)
    for law in (lambda m: m.U(x), lambda m: m.D_s(x, T), lambda m: m.i0(800.0, x, T)):
        np.testing.assert_array_equal(law(crystal), law(NMC))


@settings(deadline=None)
@given(st.text(max_size=20).filter(lambda name: name not in [*materials.names(), *materials.FILLINGS]))
def test_unknown_name_is_a_sentence_that_lists_the_known_ones(name):
    with pytest.raises(InputError) as error:
        materials.load(name)
    assert all(known in str(error.value) for known in materials.names())


def test_a_near_miss_is_recognised():
    with pytest.raises(InputError, match="did you mean NMC811_Chen2020"):
        materials.load("NMC811_Chen")


# -- the sets' formulae typed once more ----------------------------------------------------------------------


def test_lfp_is_afshar_s_fit():
    lfp, x = materials.load("LFP_Prada2013"), np.linspace(0.001, 0.999, 60)
    expected = 3.4077 - 0.020269 * x + 0.5 * np.exp(-150 * x) - 0.9 * np.exp(-30 * (1 - x))
    np.testing.assert_allclose(lfp.U(x), expected, rtol=1e-14)
    assert "solid solution" in lfp.note


def test_lco_is_dualfoil_s_fit():
    x = np.linspace(0.36, 0.97, 60)
    y = 1.062 * x
    expected = (
        2.16216
        + 0.07645 * np.tanh(30.834 - 54.4806 * y)
        + 2.1581 * np.tanh(52.294 - 50.294 * y)
        - 0.14169 * np.tanh(11.0923 - 19.8543 * y)
        + 0.2051 * np.tanh(1.4684 - 5.4888 * y)
        + 0.2531 * np.tanh((0.56478 - y) / 0.1316)
        - 0.02167 * np.tanh((y - 0.525) / 0.006)
    )
    np.testing.assert_allclose(materials.load("LCO_Marquis2019").U(x), expected, rtol=1e-13)


def test_ecker_graphite():
    g, x = materials.load("Graphite_Ecker2015"), np.linspace(0.01, 0.99, 60)
    expected = (
        0.716502 * np.exp(-369.028 * x)
        + 0.12193 * np.exp(-35.6478 * (x - 0.0530947))
        - 0.0189193 * np.tanh(21.1967 * (x - 0.196176))
        - 0.0169644 * np.tanh(27.1365 * (x - 0.312832))
        - 0.0199313 * np.tanh(28.5697 * (x - 0.614221))
        - 0.931153 * np.exp(36.328 * (x - 1.10743))
        + 0.140031
    )
    np.testing.assert_allclose(g.U(x), expected, rtol=1e-13)
    np.testing.assert_allclose(g.D_s(x, 296.0), 8.4e-13 * np.exp(-11.3 * x) + 8.2e-15, rtol=1e-13)


def test_mohtat_graphite():
    x = np.linspace(0.01, 0.99, 60)
    expected = (
        0.063
        + 0.8 * np.exp(-75 * (x + 0.001))
        - 0.0120 * np.tanh((x - 0.127) / 0.016)
        - 0.0118 * np.tanh((x - 0.155) / 0.016)
        - 0.0035 * np.tanh((x - 0.220) / 0.020)
        - 0.0095 * np.tanh((x - 0.190) / 0.013)
        - 0.0145 * np.tanh((x - 0.490) / 0.020)
        - 0.0800 * np.tanh((x - 1.030) / 0.055)
    )
    np.testing.assert_allclose(materials.load("Graphite_Mohtat2020").U(x), expected, rtol=1e-13)


def test_nmc622_is_verbrugge_s_sum_of_sites():
    """x(U) at four potentials, summed by hand."""
    nmc = materials.load("NMC622_Verbrugge2017")
    U0, X = (3.62274, 3.72645, 3.90575, 4.22955), (0.13442, 0.32460, 0.21118, 0.32980)
    w, f = (0.96710, 1.39712, 3.50500, 5.52757), 96485.33212 / (8.314462618 * 298.15)
    for U in (3.6, 3.75, 3.95, 4.2):
        x = sum(Xj / (1 + np.exp(f * (U - Uj) / wj)) for Uj, Xj, wj in zip(U0, X, w))
        assert float(nmc.U(x)) == pytest.approx(U, abs=1e-6)
    assert float(nmc.i0(1000.0, np.array(0.5), T)) == pytest.approx(5.0)


def test_lnmo_follows_the_measured_points():
    """Points of Pron et al. (2019) as BattMo tabulates them; the step at 0.93 to 25 mV, the plateaus to 6
    mV."""
    lnmo = materials.load("LNMO_Pron2019")
    plateau = {
        0.0393: 4.8225,
        0.1007: 4.7963,
        0.2028: 4.7854,
        0.3050: 4.7797,
        0.4072: 4.7729,
        0.4992: 4.7504,
        0.6013: 4.7463,
        0.7035: 4.7379,
        0.8057: 4.7201,
        0.8670: 4.6651,
        0.8977: 4.5645,
    }
    for x, U in plateau.items():
        assert float(lnmo.U(x)) == pytest.approx(U, abs=6e-3)
    assert float(lnmo.U(0.928332)) == pytest.approx(4.27123, abs=25e-3)


def test_capiglia_electrolyte_vanishes_without_salt_and_joins_its_fit():
    e = materials.load("LiPF6_EC_DMC_Capiglia1999")
    c = np.array([500.0, 1000.0, 1500.0]) / 1000
    np.testing.assert_allclose(
        e.kappa(c * 1000, T), 0.0911 + 1.9101 * c - 1.052 * c**2 + 0.1554 * c**3, rtol=1e-13
    )
    assert e.kappa(np.array(0.0), T) == 0
    assert e.kappa(np.array(99.9999), T) == pytest.approx(float(e.kappa(np.array(100.0001), T)), rel=1e-5)


def test_valoen_s_own_thermodynamic_factor():
    e = materials.load("LiPF6_PC_EC_DMC_Valoen2005")
    assert float(e.tdf(np.array(1000.0), 294.0)) == pytest.approx((0.601 - 0.24 + 0.982) / 0.62, rel=1e-12)


def test_landesfeind_ec_dmc_at_one_molar():
    """Evaluated by hand from the published coefficients at 298.15 K and 1 mol/l."""
    e, c, heat = materials.load("LiPF6_EC_DMC_Landesfeind"), np.array(1000.0), np.exp(1000 / 298.15)
    kappa = 0.0798 * (1 + (298.15 - 228)) * (1 - 1.22 + 0.509 * (1 - 0.004 * heat)) / (1 + 0.00379 * heat)
    assert float(e.kappa(c, T)) == pytest.approx(kappa, rel=1e-12)
    assert float(e.D_e(c, T)) == pytest.approx(
        1.47e-7 * np.exp(1.33 - 1690 / 298.15 - 563 / 298.15), rel=1e-12
    )
    t = (
        -7.91
        + 0.245
        + 0.0528 * T
        + 0.698
        - 0.0108 * T
        - 8.21e-5 * T**2
        + 7.43e-4
        - 0.00222 * T
        + 3.07e-5 * T**2
    )
    assert float(e.value("t_plus", c, T)) == pytest.approx(t, rel=1e-12) and 0.2 < t < 0.4


def test_a_solid_electrolyte_moves_lithium_only():
    e = materials.load("Li6PS5Cl")
    assert e.t_plus == 1.0 and float(e.kappa(np.array(1000.0), T)) == pytest.approx(0.219)


def test_oregan_diffusivity():
    m = materials.load("NMC811_ORegan2022")
    expected = 2.7 * 10 ** (
        -13.96
        - 0.9231 * np.exp(-((0.4 - 0.3216) ** 2) / 0.002534)
        - 0.4066 * np.exp(-((0.4 - 0.4532) ** 2) / 0.003926)
        - 0.993 * np.exp(-((0.4 - 0.8098) ** 2) / 0.09924)
    )
    assert float(m.D_s(0.4, T)) == pytest.approx(expected, rel=1e-12, abs=0)
    assert float(m.D_s(0.4, 308.15)) == pytest.approx(
        expected * np.exp(1449 * (1 / T - 1 / 308.15)), rel=1e-12, abs=0
    )
    assert float(m.i0(800.0, 0.4, T)) == pytest.approx(5.028 * 0.8**0.57 * 0.4**0.43 * 0.6**0.57, rel=1e-12)
