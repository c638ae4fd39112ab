"""Figures of material sets: a panel for each coefficient, curves over the whole range."""

import numpy as np
import pytest

from microsim import materials
from microsim.base.quantities import COEFFICIENTS
from microsim.report.pages.materials import figure, write

CURVES = [m for m in map(materials.load, materials.names()) if m.kind != "conductor"]


@pytest.mark.parametrize("material", CURVES, ids=lambda m: m.name)
def test_every_set_is_drawn(material):
    panels = {axes.get_ylabel(): axes for axes in figure(material=material).axes}
    names = {"electrolyte": ("kappa", "D_e", "t_plus", "tdf"), "metal": ("i0",)}.get(
        material.kind, ("U", "slope", "D_s", "i0")
    )
    assert set(panels) == {COEFFICIENTS[name].axis for name in names}
    for axes in panels.values():
        x, y = axes.lines[0].get_data()
        assert np.all(np.isfinite(y)) and len(x) > 1000
    if material.kind == "electrolyte":
        assert tuple(panels[COEFFICIENTS["kappa"].axis].lines[0].get_xdata()[[0, -1]]) == material.c_e_window


def test_temperatures_are_drawn_where_a_coefficient_follows_them():
    curves = {
        name: figure(material=materials.load(name)).axes[2].lines
        for name in ("NMC532_Xu2019", "NMC532_Mohtat2020")
    }
    assert [len(lines) for lines in curves.values()] == [1, 3]


def test_files_carry_the_set_s_name(tmp_path):
    sets = [materials.load("lithium"), materials.load("CBD_default")]
    paths = write(tmp_path / "new", materials=sets)
    assert [path.name for path in paths] == ["lithium.png"] and paths[0].read_bytes()[:4] == b"\x89PNG"
