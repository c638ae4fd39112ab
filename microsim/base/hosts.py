"""What holds lithium: how much of it a formula unit takes, and what a gram of that is.

    sites  = c_s_max M / density            lithium per formula unit at sto 1
    lithium = sites sto                     per formula unit: what a spectrum gives
    capacity = F / (3.6 M)                  mAh per gram and unit of lithium (M in g mol-1)

`sto` is c_s / c_s_max. Where one crystal gives c_s_max, density and molar mass, sites is the 1 of its
formula; in a set that was fitted to the capacity of a cell it may be far from it.
"""

from dataclasses import dataclass

from .constants import F
from .errors import InputError

QUANTITIES = ("lithium", "sto", "soc")  # what maps of it are of; soc is the share of the material's window
NEAR = 0.05  # of 1: sites further off are worth a sentence


@dataclass(frozen=True)
class Host:
    """An insertion material as far as amounts of lithium go.

    material         name of its set
    c_s_max          largest lithium concentration (mol m-3)
    density          kg m-3
    molar_mass       of the formula unit with one lithium (kg mol-1), or None where nobody says it
    sto_0, sto_100   c_s / c_s_max at state of charge 0 and 1
    """

    material: str
    c_s_max: float
    density: float
    molar_mass: float | None
    sto_0: float
    sto_100: float

    @property
    def sites(self):
        """Lithium per formula unit at sto 1, or None without a molar mass."""
        return None if self.molar_mass is None else self.c_s_max * self.molar_mass / self.density

    @property
    def capacity(self):
        """Capacity of one lithium per formula unit (mAh g-1), or None without a molar mass."""
        return None if self.molar_mass is None else F / (3600 * self.molar_mass)

    def line(self, quantity, what="quantity"):
        """Return (factor, offset) of a quantity, lithium, sto or soc: factor * sto + offset.

        what: the key, for errors. Raises InputError for lithium without a molar mass."""
        if quantity == "soc":
            width = self.sto_100 - self.sto_0
            return 1 / width, -self.sto_0 / width
        if quantity == "lithium":
            if self.sites is None:
                raise InputError(
                    f"{what}: expected a molar mass of {self.material} for lithium per formula unit, got"
                    " none; give molar_mass_g_mol, or compare sto."
                )
            return self.sites, 0.0
        return 1.0, 0.0

    @property
    def remark(self):
        """A sentence where mAh/g and lithium are not those of a crystal with one site, else ""."""
        if self.sites is None or abs(self.sites - 1) <= NEAR:
            return ""
        off = f"{abs(self.sites - 1):.0%} {'above' if self.sites > 1 else 'below'}"
        return (
            f"{self.material} has {self.sites:.3g} sites for lithium per formula unit (its c_s_max, density"
            f" and molar mass are not those of one crystal): a gram holds {self.sites * self.capacity:.4g}"
            f" mAh, {off} the {self.capacity:.4g} mAh of one lithium."
        )


def remarks_on(hosts):
    """Return the remarks on hosts, each material once."""
    return [host.remark for host in {host.material: host for host in hosts}.values() if host.remark]
