"""Ranges that a run reaches against the windows of its materials, and the drop across half a voxel."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from microsim.analysis.validity import Validity, taking_no_part
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load

from ..cells import ACTIVE, ELECTROLYTE, half_cell
from ..references import F

SLAB = np.array([0, 0, 1, 1, 1, 1])[:, None, None]  # one column: the current density is that of the cell
H = 0.4e-6


def ran(loads, sto=0.5, restored=False, **more):
    """Validity of a run of a column of voxels, and what the run went through."""
    cell = half_cell(SLAB, H, **more)
    kept, seen = Validity(cell), []
    for moment in Experiment(cell, sto, Tolerances()).moments(loads(cell.mesh.area)):
        kept.note(moment)
        if restored:
            told, kept = kept.snapshot(), Validity(cell)
            kept.restore(told)
        u = moment.u
        seen.append(SimpleNamespace(t=moment.t, sto=u.sto, face=cell.face_sto(moment.solved), c_e=u.c_e))
    return kept, seen


@pytest.mark.parametrize("restored", [False, True])
def test_ranges_are_those_of_cells_and_faces(restored):
    kept, seen = ran(
        lambda A: [Load("d", 8 * A, duration=60.0), Load("c", -8 * A, duration=200.0)], restored=restored
    )
    found = kept.figures()
    assert found["c_e"]["reached"] == pytest.approx(
        [min(s.c_e.min() for s in seen), max(s.c_e.max() for s in seen)]
    )
    low, high = (f([f([f(s.sto), f(s.face)]) for s in seen]) for f in (np.min, np.max))
    assert found["sto"]["NMC811_Chen2020"]["reached"] == pytest.approx([low, high])
    assert low < 0.45 and high > 0.5  # charged beyond the start, discharged first
    assert found["c_e"]["window"] == [10.0, 2200.0] and found["sto"]["NMC811_Chen2020"]["window"] == [
        0.2,
        0.9999,
    ]
    assert found["c_e"]["left_after_s"] is None and not [n for n in found["notes"] if "extrapolated" in n]


def test_leaving_a_window_is_one_sentence_with_its_time():
    narrow = replace(ACTIVE, sto_window=(0.4, 0.55)), replace(ELECTROLYTE, c_e_window=(999.5, 3000.0))
    kept, seen = ran(lambda A: [Load("d", 2 * A, duration=600.0)], active=narrow[0], electrolyte=narrow[1])
    found = kept.figures(["first"])
    first = next(s.t for s in seen if max(s.sto.max(), s.face.max()) > 0.55)
    assert found["sto"]["NMC811_Chen2020"]["left_after_s"] == first > 0
    assert found["c_e"]["left_after_s"] == next(s.t for s in seen if s.c_e.min() < 999.5)
    assert found["notes"][0] == "first" and len([n for n in found["notes"] if "extrapolated" in n]) == 2
    assert any(
        n.startswith("sto reached 0.5 to ") and "0.4 to 0.55 for which NMC811_Chen2020" in n
        for n in found["notes"]
    )


def test_the_drop_across_half_a_voxel():
    """i h / (2 F D_s c_s_max) in a slab of full voxels, largest when the larger current sets in."""
    kept, _ = ran(
        lambda A: [
            Load("slow", 2 * A, duration=20.0),
            Load("rest", duration=60.0),
            Load("fast", 20 * A, duration=5.0),
        ]
    )
    drop = 20 * H / 2 / (F * 63104.0 * 4e-15)
    found = kept.figures()
    assert found["half_voxel_drop"]["largest_sto"] == pytest.approx(drop, rel=1e-3)
    assert found["half_voxel_drop"]["mean_sto"] == pytest.approx(drop, rel=1e-3)
    assert found["half_voxel_drop"]["step"] == "fast" and found["half_voxel_drop"]["time_s"] >= 80.0
    assert found["half_voxel_drop"]["mean_V"] == pytest.approx(
        float(ACTIVE.U(0.5) - ACTIVE.U(0.5 + drop)), rel=0.3
    )
    assert found["half_voxel_drop"]["resolved_after_s"] == pytest.approx(H**2 / 4 / 4e-15, rel=1e-9)
    assert [n for n in found["notes"] if n.startswith("Voxels are coarse")]
    slow = ran(lambda A: [Load("slow", 1 * A, duration=20.0)])[0].figures()
    assert (
        slow["half_voxel_drop"]["largest_sto"] == pytest.approx(drop / 20, rel=1e-3) and slow["notes"] == []
    )


def test_the_double_layer_is_no_flux_of_lithium():
    """As a current sets in the double layer takes all of it: no drop yet."""
    kept, _ = ran(lambda A: [Load("d", 20 * A, duration=1e-5)], double_layer=0.2)
    assert kept.figures()["half_voxel_drop"]["largest_sto"] < 0.01 * 20 * H / 2 / (F * 63104.0 * 4e-15)


def test_active_material_that_takes_no_part_is_told():
    (told,) = taking_no_part({"active": 61, "isolated_active": 145})
    assert told.startswith("70 % of the active material takes no part") and "at 3.4 times the rate" in told
    (little,) = taking_no_part({"active": 97, "isolated_active": 3})
    assert little.endswith("means and deviations are of all of it.")
    assert taking_no_part({"active": 2999, "isolated_active": 1}) == taking_no_part({}) == []
