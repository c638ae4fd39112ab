"""What a cell is made of: phases by the sort of their material."""

from dataclasses import FrozenInstanceError, replace

import pytest

from microsim.cell.design import CellDesign, Separator
from microsim.materials import ActiveMaterial, Conductor, PorousElectrode

from ..cells import ACTIVE, CBD, ELECTROLYTE, LITHIUM


def test_phases_are_sorted_by_their_material():
    phases = {"pore": None, "am": ACTIVE, "cbd": CBD, "other": replace(ACTIVE, name="other")}
    design = CellDesign(phases, ELECTROLYTE, Separator(1e-5, 0.5, 0.3), LITHIUM)
    assert design.sort(ActiveMaterial) == ["am", "other"] and design.sort(Conductor) == ["cbd"]
    assert design.sort(Conductor, ActiveMaterial) == ["am", "cbd", "other"]
    assert design.sort(PorousElectrode) == []


def test_a_design_does_not_change():
    design = CellDesign({"am": ACTIVE}, ELECTROLYTE, Separator(1e-5, 0.5, 0.3), LITHIUM)
    with pytest.raises(FrozenInstanceError):
        design.temperature = 300.0
    assert replace(design, temperature=300.0).temperature == 300.0 and design.temperature == 298.15
