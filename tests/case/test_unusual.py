"""Numbers of a case that batteries have not are said in the run, and impossible ones refused."""

import re

import pytest

from microsim.base.errors import InputError
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.case.unusual import unusual

SALT, CATHODE = "cell.materials.electrolyte", "cell.materials.cathode"


def of_particles(**changes):
    active = {"base": "NMC811_Chen2020", **changes}
    return {CATHODE: {"base": "Chen2020_cathode", "active": active}}


def said(changes):
    case = load_case("cases/dfn_chen2020.yaml", changes)
    return " ".join(unusual(case, case.load_materials()))


SAID = {
    "a slab in nm": ({"volume.slab.thickness_um": 4200}, "thickness_um: 4200 um is beyond .* 4200 nm"),
    "a separator in nm": ({"cell.separator.thickness_um": 9000}, "cell.separator.thickness_um: 9000 um"),
    "a conductivity a thousandth": (
        {SALT: {"base": "LiPF6_EC_EMC_3_7", "kappa_S_m": 1e-3}},
        "electrolyte: kappa is set to 0.001 S m-1, 0.0013 times the .* of LiPF6_EC_EMC_3_7",
    ),
    "a matrix a thousand times": (
        {CATHODE: {"base": "Chen2020_cathode", "sigma_S_m": 180}},
        "cathode: sigma is set to 180 S m-1, 1e\\+03 times the 0.18 of Chen2020_cathode",
    ),
    "a diffusivity in cm2/s": (of_particles(D_s_m2_s=4e-11), "D_s: 4e-11 m2 s-1 is beyond .* 4e-11 cm2/s"),
    "the same, as set": (of_particles(D_s_m2_s=4e-11), "1e\\+04 times the 4e-15 of NMC811_Chen2020"),
    "a formula": (of_particles(D_s_m2_s="4e-11 * (1 + 0 * sto)"), "did you mean 4e-11 cm2/s"),
    "a conductivity in mS/cm": (
        {SALT: {"base": "LiPF6_EC_EMC_3_7", "kappa_S_m": 9.5}},
        "kappa: 9.5 S m-1 is beyond .* did you mean 9.5 mS/cm \\(0.95 S m-1\\)",
    ),
    "a conductivity in S/cm": (
        {SALT: {"base": "LiPF6_EC_EMC_3_7", "kappa_S_m": 0.0095}},
        "electrolyte: kappa is set to 0.0095 S m-1, 0.012 times",
    ),
    "a double layer": ({"cell.double_layer_F_m2": 5}, "double_layer_F_m2: 5 F/m2 .* did you mean 5 uF/cm2"),
    "a film in m": (
        {"cell.film": {"model": "uniform", "thickness_nm": 5000}},
        "cell.film.thickness_nm: 5000 nm is beyond the 0.1 to 1000 of films",
    ),
    "a film of 10e-9 m": (
        {"cell.film": {"model": "uniform", "thickness_nm": 1e-8}},
        "cell.film.thickness_nm: 1e-08 nm is beyond the 0.1 to 1000 of films",
    ),
}
SILENT = {
    "as it is": {},
    "a factor says itself": of_particles(D_s_scale=1000),
    "another diffusivity": of_particles(D_s_m2_s=2e-14),
    "no double layer": {"cell.double_layer_F_m2": 0},
    "another electrolyte": {SALT: {"base": "LiPF6_EC_EMC_3_7", "kappa_S_m": 0.25}},
    "pores without a wall": {
        "cell.separator": {"thickness_um": 12, "porosity": 1, "transport_efficiency": 1}
    },
    "a thick electrode": {"volume.slab.thickness_um": 1500},
}
REFUSED = {
    "a slab of 42 mm": ({"volume.slab.thickness_um": 42000}, "did you mean 42000 nm \\(42 um\\)"),
    "a separator of 25 mm": ({"cell.separator.thickness_um": 25000}, "did you mean 25000 nm \\(25 um\\)"),
    "mol/l": ({"cell.electrolyte_concentration_mol_m3": 1.2}, "did you mean 1.2 mol/l \\(1200 mol/m3\\)"),
    "uF/cm2": ({"cell.double_layer_F_m2": 20}, "did you mean 20 uF/cm2 \\(0.2 F/m2\\)"),
    "kappa": ({SALT: {"base": "LiPF6_EC_EMC_3_7", "kappa_S_m": 950}}, "950 mS/m \\(0.95 S m-1\\)"),
    "D_e": ({SALT: {"base": "LiPF6_EC_EMC_3_7", "D_e_m2_s": 3e-6}}, "3e-06 cm2/s \\(3e-10 m2 s-1\\)"),
    "a molar mass": (of_particles(molar_mass_g_mol=0.0973), "0.0973 kg/mol \\(97.3 g/mol\\)"),
    "a tau below 1": (
        {"cell.separator": {"thickness_um": 12, "porosity": 0.47, "bruggeman": 0.3}},
        "a tau of 0.589",
    ),
    "a tau below 1, too": (
        {"cell.separator": {"thickness_um": 12, "porosity": 0.47, "transport_efficiency": 0.6}},
        "cell.separator: expected a transport efficiency .* of at most the porosity, 0.47, .* of 0.6,",
    ),
    "c_s_max": (of_particles(c_s_max_mol_m3=63.1), "63.1 mol/l \\(6.31e\\+04 mol m-3\\)"),
}


@pytest.mark.parametrize(("changes", "sentence"), SAID.values(), ids=SAID)
def test_what_batteries_have_not_is_said(changes, sentence):
    assert re.search(sentence, said(changes))


@pytest.mark.parametrize("changes", SILENT.values(), ids=SILENT)
def test_what_they_have_is_not(changes):
    assert said(changes) == ""


@pytest.mark.parametrize(("changes", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_nature_has_not_is_refused(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        said(changes)


def test_a_run_says_it():
    case = load_case("cases/dfn_chen2020.yaml", {"volume.slab.thickness_um": 4200, "volume.slab.cells": 10})
    assert any("4200 um is beyond" in note for note in set_up(case).cell.design.remarks)


def test_voxels_of_a_tenth_of_a_millimetre_are_told():
    case = load_case("cases/demo.yaml", {"compare": None})
    assert unusual(case, {}, 400e-9) == () == unusual(case, {}, 99e-6)
    (said,) = unusual(case, {}, 400e-6)
    assert said.startswith("volume.voxel_size_nm: 4e+05 nm is beyond the 1 to 100000 of images of electrodes")


@pytest.mark.parametrize(
    ("case", "temperature", "words"),
    [
        (
            "cases/dfn_xu2019.yaml",
            263.15,
            ["NMC532_Xu2019: D_s and i0 do not follow temperature: at 263.15 K"],
        ),
        ("cases/dfn_xu2019.yaml", 300.0, []),
        ("cases/dfn_chen2020.yaml", 263.15, []),
    ],
)
def test_coefficients_that_a_temperature_leaves_as_they_are_are_said(case, temperature, words):
    """At -10 C the NMC had the kinetics of 25 C, and its cell 16 mV less for the electrolyte alone."""
    case = load_case(case, {"cell.temperature_K": temperature})
    told = [one for one in unusual(case, case.load_materials()) if "temperature" in one]
    assert len(told) == len(words) and all(word in one for word, one in zip(words, told))


def test_a_formula_without_temperature_is_said():
    own = {"cell.temperature_K": 273.15, "cell.materials.cathode": {"base": "Chen2020_cathode"}}
    own["cell.materials.cathode"]["active"] = {"base": "NMC811_Chen2020", "i0_A_m2": "2.0 * sto"}
    case = load_case("cases/dfn_chen2020.yaml", own)
    (said,) = (one for one in unusual(case, case.load_materials()) if "temperature" in one)
    assert "i0 does not follow temperature: at 273.15 K as at 298.15 K" in said
