"""The margin of graphite to plating lithium."""

import numpy as np
import pytest

from microsim.analysis.plating import Plating, can_plate
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.materials import load

from ..cells import half_cell

SLAB = np.array([0, 0, 1, 1, 1, 1])[:, None, None]
H = 0.4e-6


def ran(active, sto, load_, restored=False):
    cell = half_cell(SLAB, H, active=active)
    kept, moments = Plating(cell), []
    for moment in Experiment(cell, sto, Tolerances()).moments([load_(cell.mesh.area)]):
        if kept.asked:
            kept.note(moment)
        if restored:
            told, kept = kept.snapshot(), Plating(cell)
            kept.restore(told)
        moments.append(moment)
    return kept, moments


def test_only_materials_near_lithium_can_plate():
    assert can_plate(load("Graphite_Chen2020")) and not can_plate(load("NMC811_Chen2020"))
    kept, _ = ran(load("NMC811_Chen2020"), 0.5, lambda A: Load("d", A, duration=10.0))
    assert not kept.asked and kept.figures() is None


@pytest.mark.parametrize("restored", [False, True])
def test_the_margin_is_the_open_circuit_less_what_the_charge_costs(restored):
    """Lithium is put into graphite: the margin lies below its potential, less with a stronger current."""
    graphite = load("Graphite_Chen2020")
    slow, moments = ran(graphite, 0.5, lambda A: Load("d", 0.01 * A, duration=60.0), restored)
    U = float(graphite.U(np.array(moments[-1].u.sto.mean())))
    assert slow.figures()["margin_V"] == pytest.approx(U, abs=2e-3)
    fast = ran(graphite, 0.5, lambda A: Load("d", 20 * A, duration=60.0), restored)[0].figures()
    assert fast["margin_V"] < U - 0.03 and fast["step"] == 0 and 0 <= fast["time_s"] <= 60
    V = min(moment.V for moment in ran(graphite, 0.5, lambda A: Load("d", 20 * A, duration=60.0))[1])
    assert fast["margin_V"] > V  # the cell's voltage has the electrolyte and the lithium electrode in it
