"""The section stack of a case."""

import pytest

from microsim.case.case import load_case

from .half_cell import BASE, fails

POROUS = {"material": "Chen2020_anode", "thickness_um": 85, "initial_sto": 0.9}


def with_stack(**stack):
    return load_case({**BASE, "stack": stack})


def test_a_case_without_a_stack_reads_as_before():
    case = load_case(BASE)
    assert case.stack is None and "stack" not in case.as_dict()


def test_units_stand_in_the_keys():
    stack = with_stack(collector_thickness_um=12, graphite_capacity_mAh_g=360).stack
    assert stack.collector_thickness == pytest.approx(12e-6)
    assert stack.graphite_capacity == pytest.approx(360 * 3600)
    assert with_stack(electrolyte_density_kg_m3=1300).as_dict()["stack"]["electrolyte_density_kg_m3"] == 1300


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ({"counter_electrode": "silicon"}, "stack.counter_electrode: expected lithium or graphite"),
        ({"capacity_ratio": 0.5}, "stack.capacity_ratio: expected a number from 1"),
        ({"collector_thickness": 12}, "expected the unit in the key"),
        ({"inactive_density": 1800}, "write inactive_density_kg_m3"),
    ],
)
def test_mistakes_name_the_key(stack, words):
    assert words in fails({**BASE, "stack": stack})


def test_a_porous_counter_electrode_is_counted_as_it_stands():
    cell = {**BASE["cell"], "counter_electrode": POROUS}
    told = fails({**BASE, "cell": cell, "stack": {"counter_electrode": "graphite"}})
    assert "stack.counter_electrode: expected none" in told
    assert load_case({**BASE, "cell": cell, "stack": {"collector_thickness_um": 10}}).stack
