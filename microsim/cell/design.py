"""What a cell is made of: separator, counter electrode, and the material of each phase."""

from dataclasses import dataclass

import numpy as np

from ..materials import Electrolyte, LithiumMetal, PorousElectrode
from .contacts import LostContact


@dataclass(frozen=True)
class Separator:
    """Homogenised separator: thickness (m), porosity, transport efficiency beta."""

    thickness: float
    porosity: float
    transport_efficiency: float


@dataclass(frozen=True)
class CounterSlab:
    """A homogenised porous electrode as counter electrode: its material set, thickness (m), lithiation at the
    start, number of layers; film_resistance: on its particles (ohm m2)."""

    material: PorousElectrode
    thickness: float
    initial_sto: float
    layers: int = 20
    film_resistance: float = 0.0


@dataclass(frozen=True)
class CellDesign:
    """What the cell is made of. `phases` maps the grid's phase names to their material set; pores to None.

    initial_sto: one number, one for each phase name, or that of each voxel of the image [x, y, z]. shells: in
    each particle of a porous electrode.
    double_layer: capacitance of every interface with the electrolyte (F m-2), 0 for none. contact_resistance
    (ohm m2) between active material and CBD, and the share of that contact that is lost to electrons, or a
    LostContact; lost_later: contact that is lost on the way, ((number of protocol steps before it, as
    contact_lost and all that is lost by then), ...).
    within_voxels: whether the surface of the active material runs through voxels, as the shares of the grid
    say; remarks: sentences on how it was made.
    """

    phases: dict
    electrolyte: Electrolyte
    separator: Separator
    counter_electrode: LithiumMetal | CounterSlab
    temperature: float = 298.15
    c_e_0: float = 1000.0
    initial_sto: float | dict | np.ndarray = 0.27
    area_correction: bool = True
    cbd_transport_efficiency: float | None = None
    pore_transport_efficiency: float = 1.0
    shells: int = 24
    double_layer: float = 0.0
    contact_resistance: float = 0.0
    contact_lost: float | LostContact = 0.0
    lost_later: tuple = ()
    within_voxels: bool = False
    remarks: tuple = ()

    def sto_at_start(self, name, mask):
        """Return the lithiation at the start of a phase: a number, or that of each voxel of its mask."""
        given = self.initial_sto
        if isinstance(given, np.ndarray):
            return given[mask]
        return given[name] if isinstance(given, dict) else given

    def sort(self, *sorts):
        """Names of the phases whose material is of one of the given sorts."""
        return [name for name, material in self.phases.items() if isinstance(material, sorts)]

    def cbd_efficiency(self, name):
        """Return the transport efficiency of the carbon-binder's pores, of the phase of that name; 0 for
        none."""
        if name is None:
            return 0.0
        if self.cbd_transport_efficiency is not None:
            return self.cbd_transport_efficiency
        return self.phases[name].porosity ** self.phases[name].bruggeman
