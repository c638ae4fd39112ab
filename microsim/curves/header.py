"""What a cycler's file says of its cell beside the measured rows: masses, area, capacity.

Programs write numbers there that nobody has set (7 g and 1 cm2 are EC-Lab's examples): nothing here is used
before it is held against the charge that was measured.
"""

import re
from dataclasses import dataclass, fields, replace

MASSES = {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "ug": 1e-9}
AREAS = {"m2": 1.0, "cm2": 1e-4, "mm2": 1e-6}
CHARGES = {"Ah": 3600.0, "mAh": 3.6, "uAh": 3.6e-3, "C": 1.0}
EC_LAB = {
    "mass": ("Mass of active material", MASSES),
    "characteristic_mass": ("Characteristic mass", MASSES),
    "area": ("Electrode surface area", AREAS),
    "capacity": ("Battery capacity", CHARGES),
}
PLAUSIBLE = (5.0, 5000.0)  # mAh per gram that any active material holds
SHOWN = {
    "mass": ("mass of active material", 1e6, "mg"),
    "characteristic_mass": ("characteristic mass", 1e6, "mg"),
    "area": ("electrode surface area", 1e4, "cm2"),
    "capacity": ("battery capacity", 1 / 3.6, "mAh"),
}


@dataclass(frozen=True)
class Header:
    """mass of active material, characteristic mass (kg), area of the electrode (m2), capacity (C); each None
    where the file says nothing of it."""

    mass: float | None = None
    characteristic_mass: float | None = None
    area: float | None = None
    capacity: float | None = None

    @property
    def told(self):
        """Say what there is, "mass of active material 5.2 mg" and so on."""
        given = [(name, getattr(self, name)) for name in SHOWN if getattr(self, name) is not None]
        return [f"{SHOWN[name][0]} {SHOWN[name][1] * value:.5g} {SHOWN[name][2]}" for name, value in given]

    def masses_for(self, charge):
        """Return {name: mass (kg)} of the masses of which the charge (C) of a half cycle is that of an active
        material."""
        given = {name: getattr(self, name) for name in ("mass", "characteristic_mass")}
        low, high = (3.6e3 * end for end in PLAUSIBLE)
        return {name: m for name, m in given.items() if m and low <= charge / m <= high}


def made_header(**given):
    """Return a Header of values in SI; what is not above zero is not given."""
    known = {name: float(value) for name, value in given.items() if value is not None and 0 < value < 1e9}
    return replace(Header(), **{field.name: known.get(field.name) for field in fields(Header)})


def ec_lab_header(text):
    """Return the Header of the lines that EC-Lab writes above its columns."""
    return made_header(**{name: _value(text, *line) for name, line in EC_LAB.items()})


def _value(text, name, units):
    found = re.search(rf"^{name} *: *([\d.,]+) *(\S+)", text, re.MULTILINE)
    if found is None:
        return None
    unit = found[2].replace("\N{MICRO SIGN}", "u").replace(".", "")
    unit = re.sub("\N{SUPERSCRIPT TWO}$|\ufffd$", "2", unit)
    number = found[1].replace(",", ".")
    return float(number) * units[unit] if unit in units and number.count(".") < 2 else None
