"""What the sections of a case say of each other."""

from dataclasses import replace

import pytest

from microsim.base.errors import InputError
from microsim.base.quantities import FIELDS
from microsim.case.case import load_case
from microsim.case.checks import phase_names, stored_fields
from microsim.materials import load

from .half_cell import fails


def test_the_phases_of_a_volume_and_of_a_slab(case_file):
    assert phase_names(load_case(case_file)) == ("pore", "am", "cbd")
    assert phase_names(load_case("cases/dfn_chen2020.yaml")) == ("cathode",)


def test_a_compared_state_is_named_by_text_by_which_of_it_or_by_number(case_file):
    rests = "protocol=[Rest for 1 s, Rest for 1 s]"
    for time in ("Rest for 1 s#2", "step:1", "end", "1"):
        assert load_case(case_file, [rests, f"compare.time={time}"]).compare


def test_lithium_is_stored_where_its_molar_mass_is_known(case_file):
    assert load_case(case_file).output.fields == tuple(FIELDS)
    known, unknown = load("NMC811_Chen2020"), replace(load("NMC811_Chen2020"), molar_mass=None)
    assert stored_fields(None, {"am": known}) == tuple(FIELDS)
    assert stored_fields(None, {"am": known, "more": unknown}) == ("sto", "c_e", "phi_e", "phi_s", "j")
    assert stored_fields(("sto",), {"am": unknown}) == ("sto",)
    with pytest.raises(
        InputError, match="output.fields: expected the molar mass.*none of NMC811_Chen2020; give"
    ):
        stored_fields(("sto", "lithium"), {"am": known, "more": unknown})


def test_a_molar_mass_is_given_in_a_case(case_file):
    changed = load_case(case_file, ["cell.materials.am={base: NMC811_Chen2020, molar_mass_g_mol: 48.64}"])
    assert changed.hosts()["am"].sites == pytest.approx(63104 * 0.04864 / 4800)


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (["cell.materials.am=NMC"], ["cell.materials.am", "NMC811_Chen2020"]),
        (["cell.materials.cbd=null"], ["expected a material for cbd, got none"]),
        (["cell.materials.electrolyte=null"], ["expected a material for electrolyte"]),
        (["cell.materials.crack=CBD_default"], ["expected the solid phases am, cbd, got crack"]),
        (["cell.materials.pore=CBD_default"], ["expected the solid phases am, cbd, got pore"]),
        (["cell.materials.am=CBD_default"], ["expected one active material, got none"]),
        (
            ["cell.materials.am=LiPF6_EC_EMC_3_7"],
            ["cell.materials.am", "active, conductor, porous, flooded or dry", "electrolyte"],
        ),
        (["volume.phases.x=0"], ["volume.phases: expected a label of its own"]),
        (["cell.film={model: map, file: a.tif}", "volume.coarsen=2"], ["cell.film.model", "got map with 2"]),
        (
            ["volume.file=null", "volume.slab={phase: am, thickness_um: 75.6, cells: 80}"],
            ["volume.slab: expected nothing else beside it"],
        ),
        (
            ["cell.counter_electrode={material: NMC811_Chen2020, thickness_um: 85, initial_sto: 0.9}"],
            ["cell.counter_electrode.material: expected a homogenised porous electrode", "kind active"],
        ),
        (["output.fields=[c_e]"], ["output.fields: expected sto for the comparison"]),
        (
            ["compare=[{measured: map.npy, sigma: 0.02}, {measured: map.npy, sigma: 0.02}]"],
            ["compare.1: expected each comparison once, got that of compare.0 again"],
        ),
        (["compare.time=start"], ["compare.time", "Rest for 30 minutes"]),
        (
            ["protocol=[Rest for 1 s, Rest for 1 s]", "compare.time=Rest for 1 s"],
            ["compare.time: expected one step, got Rest for 1 s, the text of 2; write Rest for 1 s#1 to"],
        ),
        (["compare.time=step:9"], ["compare.time", "step:N with N from 0 to 1"]),
        (["volume.file=null"], ["volume: expected one of file, slab and recipe, got none of them"]),
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(case_file, settings, parts):
    said = fails(case_file, *settings)
    assert "\n" not in said
    for part in parts:
        assert part in said


@pytest.mark.parametrize(
    ("max_step", "protocol", "said"),
    [
        (1e-300, ["Rest for 1 s"], "expected a number from 1e-06"),
        (1e-3, ["Rest for 10 days"], "at most 1e[+]06 time steps, got some 9e[+]08"),
        (1e-3, ["Discharge at C/10 until 3.5 V"], "got some 7e[+]07"),
        (1e-3, ["Discharge at C/10 for 100 s"], None),
        (1e-3, ["Discharge at 1 A/m2 until 3.5 V"], "got some 4e[+]06"),
    ],
)
def test_a_longest_step_with_which_no_protocol_ends(max_step, protocol, said):
    settings = {"numerics.max_step_s": max_step, "protocol": protocol}
    if said is None:
        load_case("cases/dfn_chen2020.yaml", settings)
    else:
        with pytest.raises(InputError, match=f"numerics.max_step_s: .*{said}"):
            load_case("cases/dfn_chen2020.yaml", settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cell.film": {"model": "uniform", "thickness_nm": 5, "conductivity_S_m": 1e-300}}, "from 1e-20 to"),
        ({"cell.separator": {"thickness_um": 25, "porosity": 1e-300}}, "from 0.001 to 1"),
        ({"cell.separator": {"thickness_um": 25, "porosity": 1e-3, "bruggeman": 10}}, "from 1e-09 to 1"),
        ({"cell.pore_transport_efficiency": 1e-300}, "from 1e-09 to 1"),
        ({"numerics.time_tolerance": 1e-300}, "from 1e-12 to 0.1"),
        ({"cell.nominal_current_density_A_m2": 1e-300}, "from 1e-06 to 100000"),
    ],
)
def test_numbers_that_no_cell_has(settings, said):
    with pytest.raises(InputError, match=said):
        load_case("cases/dfn_chen2020.yaml", settings)


@pytest.mark.parametrize("sto", [0, 1])
def test_a_counter_slab_begins_in_its_window(sto):
    counter = {"material": "Chen2020_anode", "thickness_um": 80, "initial_sto": sto}
    with pytest.raises(
        InputError, match="cell.counter_electrode.initial_sto: expected .* window of Graphite"
    ):
        load_case("cases/dfn_chen2020.yaml", {"cell.counter_electrode": counter})


def test_a_slab_has_no_pores_of_its_own():
    with pytest.raises(InputError, match="cell.pore_transport_efficiency: expected an image, .*got a slab"):
        load_case("cases/dfn_chen2020.yaml", {"cell.pore_transport_efficiency": 0.5})
