"""Masses and thicknesses of a stack against sums by hand."""

import numpy as np
import pytest

from microsim.analysis.stack import phase_density, stack_of
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

SLAB = {
    "volume": {"slab": {"phase": "cathode", "thickness_um": 100, "cells": 4}},
    "cell": {
        "separator": {"thickness_um": 20, "porosity": 0.4},
        "materials": {"cathode": "Xu2019_cathode", "electrolyte": "LiPF6_PC_EC_DMC"},
        "initial_sto": 0.1,
        "shells": 4,
    },
    "protocol": ["Discharge at C/2 until 3.5 V"],
}
# by hand, from porosity 0.331, active fraction 0.518 of 4700 kg m-3, the rest of 1800
ELECTRODE = 100e-6 * (0.518 * 4700 + (1 - 0.331 - 0.518) * 1800 + 0.331 * 1200)
SEPARATOR = 20e-6 * (0.4 * 1200 + 0.6 * 950)
FOILS = 7.5e-6 * 2700 + 4e-6 * 8960
CAPACITY = 96485.33212 * 48230 * (0.978 - 0.096) * 0.518 * 100e-6  # C m-2, over the window


def stack(cell=(), **section):
    case = {**SLAB, "cell": {**SLAB["cell"], **dict(cell)}}
    return stack_of(set_up(load_case({**case, "stack": section} if section else case)))


def test_lithium_of_twice_the_capacity_is_what_a_case_has_that_says_nothing():
    found, lithium = stack(), 2 * CAPACITY / (3861 * 3600)
    assert found.mass == pytest.approx(ELECTRODE + SEPARATOR + FOILS + lithium, rel=1e-4)
    assert found.thickness == pytest.approx(120e-6 + 11.5e-6 + lithium / 534, rel=1e-4)
    told = found.as_dict()
    assert "lithium of 2 times" in told["basis"] and "no casing" in told["basis"]
    assert told["active_share_of_mass"] == pytest.approx(0.518 * 4700 * 100e-6 / found.mass, rel=1e-6)


def test_graphite_takes_its_capacity_and_its_potential():
    found = stack(counter_electrode="graphite", capacity_ratio=1.2, counter_potential_V=0.1)
    host = 1.2 * CAPACITY / (350 * 3600)  # kg m-2 of graphite
    thickness = host / 2260 / (0.7 * 0.95)
    mass = host + thickness * (0.7 * 0.05 * 1800 + 0.3 * 1200)
    assert found.mass == pytest.approx(ELECTRODE + SEPARATOR + FOILS + mass, rel=1e-4)
    assert found.thickness == pytest.approx(120e-6 + 11.5e-6 + thickness, rel=1e-4)
    charge = 36.0 * found.area * 1000  # 1 mAh cm-2
    energy = found.figures(charge, 3.8 * charge)["areal_energy_mWh_cm2"]
    assert energy == pytest.approx(3.7) and "0.1 V" in found.basis


def test_a_porous_counter_electrode_counts_with_its_own_material():
    porous = {"material": "Chen2020_anode", "thickness_um": 85, "initial_sto": 0.9, "layers": 4}
    found, anode = stack({"counter_electrode": porous}), load("Chen2020_anode")
    eps, host = anode.porosity, anode.active_fraction
    mass = 85e-6 * (host * 2260 + (1 - eps - host) * 1800 + eps * 1200)
    assert found.mass == pytest.approx(ELECTRODE + SEPARATOR + FOILS + mass, rel=1e-6)
    assert "Chen2020_anode" in found.basis and found.U_counter == 0


def test_1C_by_another_name_leaves_the_stack_as_it_is():
    assert stack({"nominal_current_density_A_m2": 15}).mass == stack().mass


def test_a_solid_electrolyte_without_a_density_is_one_sentence():
    solid = {"materials": {"cathode": "Xu2019_cathode", "electrolyte": "Li6PS5Cl"}}
    found = stack(solid)
    assert found.as_dict().keys() == {"missing"} and found.missing.count(";") == 1
    assert "stack.electrolyte_density_kg_m3" in found.missing
    figures = found.figures(1.0, 3.8)
    assert figures["energy_Wh_kg"] is None and figures["areal_capacity_mAh_cm2"] > 0
    assert stack(solid, electrolyte_density_kg_m3=1640).mass > stack().mass


def test_a_phase_weighs_what_fills_it():
    active, cbd = load("NMC811_Chen2020"), load("CBD_default")
    assert phase_density(None, 1800, 1200) == 1200
    assert phase_density(load("dry"), 1800, 1200) == 0 and phase_density(load("flooded"), 1800, 1200) == 1200
    assert phase_density(active, 1800, 1200) == active.density
    assert phase_density(cbd, 1800, 1200) == pytest.approx((1 - cbd.porosity) * 1800 + cbd.porosity * 1200)


def test_an_image_is_weighed_phase_by_phase():
    """Half pore, half active material, in layers."""
    labels = np.array([0, 0, 1, 1], np.uint8)[:, None, None]
    grid, h = VoxelGrid(labels, ("pore", "am"), 1e-6), 1e-6
    image = {"am": "NMC811_Chen2020", "electrolyte": "LiPF6_EC_EMC_3_7"}
    case = {
        **SLAB,
        "volume": {"file": "a.tif", "voxel_size_um": 1, "phases": {"pore": 0, "am": 1}},
        "cell": {**SLAB["cell"], "materials": image, "initial_sto": 0.3},
    }
    found = stack_of(set_up(load_case(case), grid))
    (electrode,) = (layer for layer in found.layers if layer.name == "electrode")
    assert electrode.mass == pytest.approx(2 * h * 4800 + 2 * h * 1200)
    assert electrode.thickness == pytest.approx(4 * h)
