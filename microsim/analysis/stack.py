"""What a cell weighs and how thick it is, layer by layer, and what its steps give per kilogram and per litre.

    m = sum over layers of sum over parts of share * density * thickness          (kg m-2)
    energy_Wh_kg = integral (V - U_counter) dQ / m,   energy_Wh_L = the same over the sum of the thicknesses

One electrode, one separator, one counter electrode, half of each foil (case.stack): no casing, no tabs, no
electrolyte beyond the pores.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..case.build import nominal
from ..case.stack import StackSection
from ..cell.design import CounterSlab

LIQUID = 1200.0  # kg m-3, of 1 mol/L LiPF6 in carbonates
LITHIUM_DENSITY, LITHIUM_CAPACITY = 534.0, 3861 * 3600.0  # kg m-3; C kg-1, F over the molar mass
RATIOS = {"lithium": 2.0, "graphite": 1.1}


@dataclass(frozen=True)
class Layer:
    """One layer of a stack: thickness (m) and mass (kg m-2)."""

    name: str
    thickness: float
    mass: float


@dataclass(frozen=True)
class CellStack:
    """The layers of a stack; U_counter: of the counter electrode (V), taken from the voltage; area of the
    cell (m2); active_mass (kg m-2); basis: in words; missing: why there is no mass, in a sentence."""

    area: float
    active_mass: float
    layers: tuple = ()
    U_counter: float = 0.0
    basis: str = ""
    missing: str = ""

    @property
    def mass(self):
        """Of all layers (kg m-2)."""
        return sum(layer.mass for layer in self.layers)

    @property
    def thickness(self):
        """Of all layers (m)."""
        return sum(layer.thickness for layer in self.layers)

    def figures(self, charge, energy):
        """Return what a step gives per area, and per mass and volume of the stack; charge (C) discharged,
        energy (J) at the terminals of the cell that was computed."""
        found = {
            "areal_capacity_mAh_cm2": charge / self.area / 36000,
            "areal_energy_mWh_cm2": (energy - charge * self.U_counter) / self.area / 36000,
        }
        per_area = found["areal_energy_mWh_cm2"] * 10  # Wh m-2
        known = not self.missing
        return {
            **found,
            "energy_Wh_kg": per_area / self.mass if known else None,
            "energy_Wh_L": per_area / (1000 * self.thickness) if known else None,
        }

    def as_dict(self):
        """Return the stack as result.json holds it."""
        if self.missing:
            return {"missing": self.missing}
        return {
            "basis": self.basis,
            "mass_kg_m2": self.mass,
            "thickness_m": self.thickness,
            "active_share_of_mass": self.active_mass / self.mass,
            "counter_potential_V": self.U_counter,
            "layers": {
                layer.name: {"thickness_m": layer.thickness, "mass_kg_m2": layer.mass}
                for layer in self.layers
            },
        }


def stack_of(setup):
    """Return the CellStack of a Setup, its own `stack` section or the defaults."""
    section, cell = setup.case.stack or StackSection(), setup.cell
    area = cell.mesh.area
    stack = CellStack(area, setup.mass / area)
    liquid = _electrolyte_density(section, cell.design)
    if liquid is None:
        return replace(
            stack,
            missing=f"No energy per mass: the electrolyte {cell.design.electrolyte.name} conducts by one ion,"
            " as a solid does, and no density of it is known; give stack.electrolyte_density_kg_m3.",
        )
    capacity = nominal(setup.grid, cell.design)[0] * 3600 / area  # C m-2, of the whole window
    counter, words, U_counter = _counter(section, cell.design, liquid, capacity)
    layers = (
        _foil("collector", section.collector_thickness, section.collector_density),
        _electrode(setup.grid, cell.design, section, liquid),
        _separator(cell.design.separator, section, liquid),
        counter,
        _foil("counter collector", section.counter_collector_thickness, section.counter_collector_density),
    )
    return replace(stack, layers=layers, U_counter=U_counter, basis=_basis(words, U_counter))


def _basis(words, U_counter):
    less = f", with {U_counter:g} V of it taken from the voltage" if U_counter else ""
    return (
        f"per mass and volume of the stack: electrode, separator, {words}{less}, electrolyte in their pores,"
        " half of each foil; no casing"
    )


def _electrolyte_density(section, design):
    given, c_e = section.electrolyte_density, np.array(design.c_e_0)
    solid = float(design.electrolyte.value("t_plus", c_e, design.temperature)) == 1
    return given if given is not None else None if solid else LIQUID


def _foil(name, thickness, density):
    return Layer(f"half of the {name}", thickness / 2, thickness / 2 * density)


def _electrode(grid, design, section, liquid):
    """The electrode, phase by phase."""
    thickness = grid.shape[0] * grid.voxel_size[0]
    per_volume = sum(
        grid.fraction(name) * phase_density(design.phases[name], section.inactive_density, liquid)
        for name in grid.phases
    )
    return Layer("electrode", thickness, per_volume * thickness)


def phase_density(material, inactive, liquid):
    """Return the density of a phase with the electrolyte in it (kg m-3).

    inactive: density of binder and carbon; liquid: of the electrolyte. None is a phase full of electrolyte.
    """
    if material is None or material.kind == "flooded":
        return liquid
    if material.kind == "dry":
        return 0.0
    if material.kind == "active":
        return material.density
    solid = 1 - material.porosity
    active = material.active_fraction if material.kind == "porous" else 0.0
    host = active * material.active.density if active else 0.0
    return host + (solid - active) * inactive + material.porosity * liquid


def _separator(separator, section, liquid):
    eps = separator.porosity
    density = eps * liquid + (1 - eps) * section.separator_density
    return Layer("separator", separator.thickness, separator.thickness * density)


def _counter(section, design, liquid, capacity):
    """Return the Layer of the counter electrode, what it is in words, and its potential where the cell was
    computed against lithium instead (V)."""
    found = design.counter_electrode
    if isinstance(found, CounterSlab):
        mass = found.thickness * phase_density(found.material, section.inactive_density, liquid)
        return Layer("counter electrode", found.thickness, mass), f"{found.material.name} as computed", 0.0
    kind = section.counter_electrode or "lithium"
    ratio = section.capacity_ratio or RATIOS[kind]
    words = f"{kind} of {ratio:g} times the electrode's capacity"
    if kind == "lithium":
        mass = ratio * capacity / LITHIUM_CAPACITY
        return Layer("counter electrode", mass / LITHIUM_DENSITY, mass), words, 0.0
    solid = 1 - section.graphite_porosity
    thickness = ratio * capacity / section.graphite_capacity / section.graphite_density
    thickness /= solid * section.graphite_share
    density = solid * section.graphite_share * section.graphite_density
    density += solid * (1 - section.graphite_share) * section.inactive_density
    density += section.graphite_porosity * liquid
    return Layer("counter electrode", thickness, thickness * density), words, section.counter_potential
