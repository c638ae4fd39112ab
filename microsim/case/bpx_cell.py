"""A cell as a BPX file says it, and whether its windows, cut-offs and capacities agree."""

from dataclasses import dataclass, field

from ..base.constants import F
from ..base.errors import InputError
from ..materials import Electrolyte, PorousElectrode, at_temperature
from ..materials.checks import check_material
from .bpx_state import BpxState

VOLTAGE_TOLERANCE = 1e-3  # V by which the OCV at a window's end may pass the cut-off unsaid, as in bpx
CAPACITY_TOLERANCE = 0.05  # by which the capacities of the two electrodes' windows may differ
# by which the nominal capacity may differ from that of the windows: a slip of area or pairs does more
NOMINAL_FACTOR = 2.0
NOMINAL_SAID = 1.25  # a rate of 1C is then a fifth off that of the windows


@dataclass(frozen=True)
class Electrode:
    """A porous electrode: its material set, thickness (m), lithiation between which the cell works."""

    material: PorousElectrode
    thickness: float
    sto_min: float
    sto_max: float

    def capacity(self):
        """Return the charge between its two lithiations per area (C m-2)."""
        material = self.material
        return (
            F
            * material.active.c_s_max
            * material.active_fraction
            * self.thickness
            * (self.sto_max - self.sto_min)
        )


@dataclass(frozen=True)
class BpxCell:
    """What a BPX file says. negative, positive (Electrode), electrolyte, separator (cell.design): None
    where a Partial file leaves it out.

    area (m2) of one of `pairs` electrode pairs; capacity: nominal (C); lower, upper: cut-offs (V);
    state: BpxState, where it begins; c_e_0: salt at rest (mol m-3); validation: {name: {quantity: array}}.
    """

    title: str
    negative: Electrode | None
    positive: Electrode | None
    electrolyte: Electrolyte | None
    separator: object | None
    area: float
    pairs: int
    capacity: float
    lower: float
    upper: float
    state: BpxState = field(default_factory=BpxState)
    c_e_0: float = 1000.0
    sources: str = ""
    validation: dict = field(default_factory=dict, repr=False)

    @property
    def temperature(self):
        """The temperature that it begins with and keeps (K)."""
        return self.state.temperature

    def sto(self, side):
        """Return the lithiation of an electrode at the state of charge that the cell begins with."""
        electrode, soc = getattr(self, side), 1.0 if self.state.soc is None else self.state.soc
        share = soc if side == "negative" else 1 - soc
        return electrode.sto_min + share * (electrode.sto_max - electrode.sto_min)

    def one_C(self):
        """Return the nominal 1C current density (A m-2)."""
        return self.capacity / 3600 / (self.area * self.pairs)

    def ocv(self):
        """Return the open-circuit voltage charged and discharged (V), or None without both electrodes."""
        if self.negative is None or self.positive is None:
            return None
        n, p = self.negative, self.positive
        return (
            float(p.material.active.U(p.sto_min) - n.material.active.U(n.sto_max)),
            float(p.material.active.U(p.sto_max) - n.material.active.U(n.sto_min)),
        )

    def notes(self):
        """Return a sentence on everything that the file says and the cell does not follow."""
        notes, ocv = list(self.state.notes), self.ocv()
        if ocv and (ocv[0] > self.upper + VOLTAGE_TOLERANCE or ocv[1] < self.lower - VOLTAGE_TOLERANCE):
            notes.append(
                f"The OCV of the stoichiometry windows, {ocv[1]:.4g} to {ocv[0]:.4g} V, passes the cut-offs,"
                f" {self.lower:g} to {self.upper:g} V: charged is the end of the window, beyond the cut-off."
            )
        if ocv:
            held = self.positive.capacity() * self.area * self.pairs
            ratio = self.capacity / held
            if not 1 / NOMINAL_SAID <= ratio <= NOMINAL_SAID:
                notes.append(
                    f"The nominal capacity, {self.capacity / 3600:.4g} A h, is {ratio:.2g} times"
                    f" the {held / 3600:.4g} A h of the stoichiometry windows: 1C is the nominal one; check"
                    " electrode area and number of pairs."
                )
        return notes

    def figures(self):
        """Return what the file says of the cell as a whole, as plain numbers."""
        ocv = self.ocv()
        return {
            "capacity_A_h": self.capacity / 3600,
            "electrode_area_m2": self.area,
            "pairs": self.pairs,
            "one_C_A_m2": self.one_C(),
            "cutoffs_V": [self.lower, self.upper],
            "ocv_V": None if ocv is None else ocv[::-1],
            "temperature_K": self.temperature,
            "state_of_charge": self.state.soc,
            "validation": list(self.validation),
        }


def check_bpx(cell):
    """Check a cell's coefficients and whether windows, cut-offs and capacities agree; raise InputError, one
    sentence."""
    for side in ("negative", "positive"):
        electrode = getattr(cell, side)
        if electrode is not None:
            material = at_temperature(electrode.material, cell.temperature)
            check_material(material, cell.temperature, f"{side.capitalize()} electrode")
    if cell.electrolyte is not None:
        check_material(cell.electrolyte, cell.temperature, "Electrolyte")
    if cell.lower >= cell.upper:
        raise InputError(
            f"Cell: expected a lower below the upper cut-off, got {cell.lower:g} and {cell.upper:g} V;"
            " correct them."
        )
    if cell.ocv() is None:
        return
    charged, discharged = cell.ocv()
    if charged <= discharged or charged < cell.lower or discharged > cell.upper:
        raise InputError(
            f"Cell: expected stoichiometry windows whose OCV lies between the cut-offs, {cell.lower:g} to"
            f" {cell.upper:g} V, got {charged:.4g} V charged and {discharged:.4g} V discharged; correct the"
            " cut-offs or the minimum and maximum stoichiometries."
        )
    n, p = cell.negative.capacity(), cell.positive.capacity()
    if abs(n - p) > CAPACITY_TOLERANCE * max(n, p):
        raise InputError(
            "Cell: expected the same capacity in the stoichiometry windows of both electrodes, got"
            f" {n / 3.6e4:.4g} and {p / 3.6e4:.4g} mAh cm-2 (negative, positive); correct the windows,"
            " thicknesses, areas or concentrations."
        )
    hours = p * cell.area * cell.pairs / 3600
    if not 1 / NOMINAL_FACTOR <= cell.capacity / 3600 / hours <= NOMINAL_FACTOR:
        raise InputError(
            f"Cell: expected a Nominal cell capacity near that of the windows, {hours:.4g} A h, got "
            f"{cell.capacity / 3600:.4g}; correct it, the electrode area or the number of pairs."
        )
