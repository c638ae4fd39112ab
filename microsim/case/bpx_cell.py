"""A cell as a BPX file says it, and whether its windows, cut-offs and capacities agree."""

from dataclasses import dataclass, field

from ..base.constants import F
from ..base.errors import InputError
from ..materials import Electrolyte, PorousElectrode
from ..materials.checks import check_material
from ..materials.laws import T_REF

VOLTAGE_TOLERANCE = 0.05  # V by which the OCV at a window's end may pass the cut-off
CAPACITY_TOLERANCE = 0.05  # by which the capacities of the two electrodes' windows may differ
# by which the nominal capacity may differ from that of the windows: a slip of area or pairs does more
NOMINAL_FACTOR = 2.0


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
    temperature: reference (K); c_e_0: salt at rest (mol m-3); validation: {name: {quantity: array}}.
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
    temperature: float = T_REF
    c_e_0: float = 1000.0
    sources: str = ""
    validation: dict = field(default_factory=dict, repr=False)

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
            "validation": list(self.validation),
        }


def check_bpx(cell):
    """Check a cell's coefficients and whether windows, cut-offs and capacities agree; raise InputError, one
    sentence."""
    for side in ("negative", "positive"):
        electrode = getattr(cell, side)
        if electrode is not None:
            check_material(electrode.material, cell.temperature, f"{side.capitalize()} electrode")
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
    if (
        charged > cell.upper + VOLTAGE_TOLERANCE
        or discharged < cell.lower - VOLTAGE_TOLERANCE
        or charged <= discharged
    ):
        raise InputError(
            f"Cell: expected the OCV of the stoichiometry windows inside the cut-offs, {cell.lower:g} to"
            f" {cell.upper:g} V, got {discharged:.4g} to {charged:.4g} V; correct the cut-offs or the minimum"
            " and maximum stoichiometries."
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
