"""The section `stack` of a case: what the electrode is built into, for energies per kilogram and per litre.

One electrode, one separator, one counter electrode, and half of each foil, whose other half serves the other
side. No casing, tabs or excess electrolyte. The defaults are customary numbers of pouch cells, an assumption
that every result tells.
"""

from dataclasses import dataclass

from ..base.errors import InputError
from ..base.schema import choice, entry, number
from .keys import MICROMETRES

DENSITY = number(10.0, 3e4)
KG_PER_CUBIC_METRE = {"kg_m3": 1.0}


@dataclass(frozen=True, kw_only=True)
class StackSection:
    """What surrounds the electrode; lengths m, densities kg m-3, capacities C kg-1.

    counter_electrode: lithium or graphite, where the case itself has no porous one. capacity_ratio: of the
    counter electrode over this one (N/P). counter_potential: of the graphite against lithium (V), taken from
    the voltage of a cell that was computed against lithium. graphite_capacity: per kg of graphite;
    graphite_share: of the solids' volume; graphite_porosity. electrolyte_density: None: of a liquid, 1200.
    inactive_density: of binder and carbon.
    """

    counter_electrode: str | None = entry(choice("lithium", "graphite"), default=None)
    capacity_ratio: float | None = entry(number(1.0, 100.0), default=None)
    counter_potential: float = entry(number(0.0, 2.0), units={"V": 1.0}, default=0.13)
    graphite_capacity: float = entry(number(360.0, 3.6e6), units={"mAh_g": 1 / 3600}, default=350 * 3600.0)
    graphite_share: float = entry(number(0.1, 1.0), default=0.95)
    graphite_porosity: float = entry(number(0.0, 0.9), default=0.3)
    graphite_density: float = entry(DENSITY, units=KG_PER_CUBIC_METRE, default=2260.0)
    collector_thickness: float = entry(number(0.0, 1e-3), units=MICROMETRES, default=15e-6)
    collector_density: float = entry(DENSITY, units=KG_PER_CUBIC_METRE, default=2700.0)
    counter_collector_thickness: float = entry(number(0.0, 1e-3), units=MICROMETRES, default=8e-6)
    counter_collector_density: float = entry(DENSITY, units=KG_PER_CUBIC_METRE, default=8960.0)
    separator_density: float = entry(DENSITY, units=KG_PER_CUBIC_METRE, default=950.0)
    electrolyte_density: float | None = entry(DENSITY, units=KG_PER_CUBIC_METRE, default=None)
    inactive_density: float = entry(DENSITY, units=KG_PER_CUBIC_METRE, default=1800.0)


def check_stack(case):
    """Check that a stack names no second counter electrode beside a porous one of the cell."""
    stack = case.stack
    if stack is None or isinstance(case.cell.counter_electrode, str):
        return
    given = [key for key in ("counter_electrode", "capacity_ratio") if getattr(stack, key) is not None]
    if given:
        raise InputError(
            f"stack.{given[0]}: expected none, since cell.counter_electrode is a porous electrode that is"
            " counted as it stands; remove it."
        )
