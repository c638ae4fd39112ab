"""The sections of a case: units, types, ranges, one way of saying a thing."""

import pytest

from microsim.case.case import load_case

from .half_cell import BASE, fails


def test_units_become_si(case_file):
    case = load_case(case_file)
    assert case.name == "half_cell"
    assert case.volume.voxel_size == (398e-9, 398e-9, 398e-9)
    assert case.volume.crop == {"x": (0, 8), "y": (2, 6)}
    assert case.cell.separator.thickness == 25e-6
    assert case.cell.separator.transport_efficiency == pytest.approx(0.47**1.5, rel=1e-15)
    assert case.cell.temperature == 298.15
    assert case.cell.electrolyte_concentration == 1000.0
    assert (case.cell.film.mean_separator, case.cell.film.mean_collector) == (20e-9, 5e-9)
    assert (case.cell.film.correlation, case.cell.film.seed) == (1e-6, 3)
    assert case.compare[0].voxel_size == (5e-7, 5e-7, 1e-6)


@pytest.mark.parametrize("written", ["3.98e2", "'398'", '"3.98e2"', "398.0", "398"])
def test_numbers_written_as_text_are_converted(case_file, written):
    assert load_case(case_file, [f"volume.voxel_size_nm={written}"]).volume.voxel_size[0] == 398e-9


def test_exponent_without_a_dot_is_a_number(case_file):
    assert load_case(case_file, ["numerics.time_tolerance=1e-4"]).numerics.time_tolerance == 1e-4


@pytest.mark.parametrize(
    "written", ["about 398", ".nan", ".inf", "true", "1e-4x", "[1, 2]", "0.5", "1e8", "-3"]
)
def test_voxel_size_that_is_none_is_refused(case_file, written):
    assert fails(case_file, f"volume.voxel_size_nm={written}").startswith("volume.voxel_size_nm: expected")


def test_cbd_exponent_uses_the_porosity_given_or_the_material_s(case_file):
    own = load_case(case_file, ["cell.cbd.bruggeman=2"]).cell.cbd
    assert (own.porosity, own.transport_efficiency) == (None, pytest.approx(0.47**2))
    given = load_case(case_file, ["cell.cbd.bruggeman=2", "cell.cbd.porosity=0.3"]).cell.cbd
    assert given.transport_efficiency == pytest.approx(0.09)
    assert load_case(case_file, ["cell.cbd.transport_efficiency=0"]).cell.cbd.transport_efficiency == 0.0


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (["volume.voxel_size=398"], ["volume.voxel_size:", "voxel_size_nm, voxel_size_um or voxel_size_m"]),
        (["cell.separator.thickness=25"], ["thickness_um, thickness_nm or thickness_m"]),
        (["cell.temperature=300"], ["temperature_K"]),
        (["cell.initial_voltage=4.2"], ["initial_voltage_V"]),
        (["numerics.max_step=10"], ["max_step_s"]),
        (["volume=3"], ["volume: expected a section with the keys file"]),
        (["volume.phases=[0, 1]"], ["volume.phases: expected the label of each phase"]),
        (["volume.phases.am=1.5"], ["volume.phases.am: expected a whole number"]),
        (["volume.crop.x=[5, 3]"], ["volume.crop.x", "first below end"]),
        (["volume.crop.w=[0, 3]"], ["volume.crop: expected x, y or z"]),
        (
            ["cell.separator.porosity=1.2"],
            ["cell.separator.porosity: expected a number from 0.001 to 1, got 1.2"],
        ),
        (["cell.temperature_K=25"], ["cell.temperature_K: expected a number from 200 to 400 K, got 25"]),
        (["cell.area_correction=1"], ["cell.area_correction: expected true or false"]),
        (["title=3"], ["title: expected a text, got 3"]),
        (["output.fields=[sto, ce]"], ["output.fields.1: expected sto, lithium, c_e, phi_e", "c_e"]),
        (["volume.file_axes=xyt"], ["volume.file_axes"]),
        (["volume.voxel_size_um=0.4"], ["expected one of voxel_size_nm and voxel_size_um, got both"]),
        (["cell.initial_soc=1"], ["initial_sto and initial_soc, got both", "--set cell.initial_sto=null"]),
        (
            ["cell.initial_sto=null"],
            ["cell.initial_sto: expected initial_sto, initial_soc or initial_voltage_V"],
        ),
        (["cell.separator.transport_efficiency=0.3"], ["bruggeman and transport_efficiency, got both"]),
        (["cell.counter_electrode=graphite"], ["cell.counter_electrode: expected lithium or ideal"]),
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(case_file, settings, parts):
    said = fails(case_file, *settings)
    assert "\n" not in said
    for part in parts:
        assert part in said


def test_a_slab_is_pressed_to_its_porosity_with_the_solids_it_has():
    """Xu2019: porosity 0.331, active fraction 0.518, Bruggeman exponent 1.5."""
    cell = {**BASE["cell"], "materials": {"c": "Xu2019_cathode", "electrolyte": "LiPF6_EC_EMC_3_7"}}
    slab = {"phase": "c", "thickness_um": 50, "cells": 4}

    def loaded(**more):
        return load_case({**BASE, "volume": {"slab": {**slab, **more}}, "cell": cell}).load_materials()["c"]

    found, own = loaded(porosity=0.2), loaded()
    assert own.porosity == 0.331 and found.porosity == 0.2
    assert found.active_fraction == pytest.approx(0.518 * 0.8 / 0.669)
    assert found.transport_efficiency == pytest.approx(0.2**1.5)
    assert found.sigma == pytest.approx(100 * 0.8**1.5)
    solid = {**cell, "materials": {**cell["materials"], "c": "NMC811_Chen2020"}}
    told = fails({**BASE, "volume": {"slab": {**slab, "porosity": 0.2}}, "cell": solid})
    assert "volume.slab.porosity: expected a porous electrode" in told
