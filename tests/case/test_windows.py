"""A case against the window of its open-circuit potentials."""

import pytest

from microsim import materials
from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.case.windows import beyond_windows

from .half_cell import fails


def test_initial_state_by_voltage_and_by_soc(case_file):
    nmc = materials.load("NMC811_Chen2020")
    by_voltage = load_case(case_file, ["cell.initial_sto=null", "cell.initial_voltage_V=4.1"])
    assert nmc.U(by_voltage.cell.initial_sto) == pytest.approx(4.1, abs=1e-8)
    by_soc = load_case(case_file, ["cell.initial_sto=null", "cell.initial_soc=1"])
    assert by_soc.cell.initial_sto == pytest.approx(nmc.sto_100)


def test_a_voltage_of_a_full_cell_is_asked_for():
    """4.1 V was the electrode's: the cell began at 4.008 V without a word."""
    counter = {"material": "Chen2020_anode", "thickness_um": 85.2, "initial_sto": 0.9}
    given = {"cell.initial_sto": None, "cell.initial_voltage_V": 4.1, "cell.counter_electrode": counter}
    with pytest.raises(InputError, match="expected initial_sto for a full cell, got 4.1 V") as refused:
        load_case("cases/dfn_chen2020.yaml", given)
    cell, electrode = (
        float(part.split(" for 4.1 V")[0].split()[-1]) for part in str(refused.value).split(";")[1:]
    )
    nmc, graphite = materials.load("Chen2020_cathode").active, materials.load("Chen2020_anode").active
    assert nmc.U(electrode) == pytest.approx(4.1, abs=1e-4)
    assert nmc.U(cell) - graphite.U(0.9) == pytest.approx(4.1, abs=1e-4)
    with pytest.raises(InputError, match="none is in the window"):
        load_case("cases/dfn_chen2020.yaml", {**given, "cell.initial_voltage_V": 1.0})


@pytest.mark.parametrize("soc", [0, 0.3, 1])
def test_a_state_of_charge_of_an_anode_against_lithium_is_asked_for(soc):
    """Charged, graphite is full in its full cell and empty against lithium."""
    given = {"cell.initial_sto": None, "cell.initial_soc": soc, "volume.slab.phase": "anode"}
    given |= {"cell.materials": {"anode": "Chen2020_anode", "electrolyte": "LiPF6_EC_EMC_3_7"}}
    given |= {"protocol": ["Rest for 1 s"]}
    graphite = materials.load("Chen2020_anode").active
    ends = graphite.sto_0, graphite.sto_100
    full, half = (a + soc * (b - a) for a, b in (ends, ends[::-1]))
    with pytest.raises(InputError, match=f"sto {full:.4g} of .* in its full cell and {half:.4g} in this"):
        load_case("cases/dfn_chen2020.yaml", given)
    against = {"material": "Chen2020_anode", "thickness_um": 80, "initial_sto": 0.5}
    load_case("cases/dfn_chen2020.yaml", given | {"cell.counter_electrode": against})


def test_voltages_a_little_beyond_the_ocp_are_taken_and_told(case_file):
    assert beyond_windows(load_case(case_file)) == []
    steps = [
        "Discharge at C/2 until 3 V",
        "Hold at 3 V for 60 s",
        "Charge at 1C until 4.6 V",
        "Rest for 60 s",
        "Discharge at C/2 until 3 V",
    ]
    told = beyond_windows(load_case(case_file, [f"protocol=[{', '.join(steps)}]", "compare=null"]))
    assert len(told) == 2
    assert (
        told[0].startswith("'Discharge at C/2 until 3 V', 'Hold at 3 V for 60 s': ")
        and "3.487 V; below" in told[0]
    )
    assert (
        told[1].startswith("'Charge at 1C until 4.6 V': ")
        and "4.469 V; above" in told[1]
        and "running empty" in told[1]
    )


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (["cell.initial_sto=0.1"], ["cell.initial_sto", "window of NMC811_Chen2020, 0.2 to 0.9999, got 0.1"]),
        (["cell.initial_sto=null", "cell.initial_voltage_V=5"], ["cell.initial_voltage_V", "got 5 V"]),
        (
            ["protocol.0=Discharge at C/2 until 2.2 V"],
            [
                "protocol.0: expected a voltage inside the OCP",
                "3.487 to 4.469 V",
                "from 2.487 to 4.273 V",
                "2.2 V",
            ],
        ),
        (["protocol.0=Hold at 5 V for 1 h"], ["protocol.0: expected a voltage inside the OCP", "5 V"]),
        (["protocol.0=Hold at 2 V for 1 h"], ["protocol.0: expected a voltage inside the OCP", "2 V"]),
        (
            ["protocol=[Discharge at 1C for 60 s, Charge at 1C until 5 V]", "compare=null"],
            ["protocol.1: expected a voltage", "5 V"],
        ),
        (["protocol.0=Discharge at C/2 until 4.29 V"], ["protocol.0", "4.29 V", "initial state"]),
        (["protocol.0=Charge at C/2 until 4.2 V"], ["protocol.0", "got 4.2 V"]),
        (["cell.initial_sto={cbd: 0.3}"], ["expected a lithiation for each of am, got cbd"]),
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(case_file, settings, parts):
    said = fails(case_file, *settings)
    assert "\n" not in said
    for part in parts:
        assert part in said
