"""What a physical number may be: beyond what nature has it is refused, beyond what this trade has it is said.

Both name the unit that the number may have been given in, where it would be usual in that one.
"""

import re
from dataclasses import dataclass, field, fields, is_dataclass

from .errors import InputError
from .schema import NUMBER, any_of, join, say, to_number

LENGTHS = {"nm": 1e-9, "um": 1e-6, "mm": 1e-3}
AREA_A_SECOND = {"cm2/s": 1e-4, "um2/s": 1e-12, "mm2/s": 1e-6}
CONDUCTIVITIES = {"S/cm": 100.0, "mS/cm": 0.1, "mS/m": 1e-3, "uS/cm": 1e-4}
TYPED = str.maketrans({"µ": "u", "μ": "u", "²": "2"})  # in units
OTHER_SET = (
    40.0  # times more or less than the set that a case changes has: S/cm for S/m is 100, and sets differ
)


@dataclass(frozen=True)
class Range:
    """What a quantity may be, SI: least and largest in nature, those of `of`, and units to mistake it for;
    bare: those of a number that is typed without its unit, where that is less."""

    what: str
    unit: str
    low: float
    high: float
    usual: tuple | None = None
    of: str = ""
    others: dict = field(default_factory=dict)
    bare: tuple | None = None

    def holds(self, value):
        """Tell whether nature has such a value."""
        return self.low <= value <= self.high

    def is_usual(self, value):
        """Tell whether this trade has such a value."""
        return self.usual is None or self.usual[0] <= value <= self.usual[1]

    def meant(self, given, per=1.0, unit=""):
        """Ask for the units in which the number that was given would be usual; empty for none."""
        meant = [
            f"{given:g} {other} ({given * size * per:.4g} {unit or self.unit})"
            for other, size in self.others.items()
            if other != unit and self.holds(given * size) and self.is_usual(given * size)
        ]
        return f"did you mean {any_of(meant)}?" if meant else ""


# cold concentrated electrolytes have negative transference numbers (Landesfeind & Gasteiger 2019)
RANGES = {
    "U": Range("potential", "V", -0.1, 5.6, others={"mV": 1e-3}),
    "D_s": Range("diffusivity", "m2 s-1", 1e-21, 1e-8, (1e-20, 1e-11), "solids in batteries", AREA_A_SECOND),
    "i0": Range("exchange current density", "A m-2", 1e-8, 1e5, (1e-5, 1e3), "electrodes", {"A/cm2": 1e4}),
    "c_s_max": Range(
        "concentration", "mol m-3", 1e3, 1.5e5, (5e3, 1e5), "solids", {"mol/l": 1e3, "mol/cm3": 1e6}
    ),
    "sigma": Range("conductivity", "S m-1", 1e-12, 1e8, (1e-9, 1e5), "active materials", CONDUCTIVITIES),
    "sigma_additive": Range(
        "conductivity", "S m-1", 1e-12, 1e8, (1.0, 1e5), "carbon and binder", CONDUCTIVITIES
    ),
    "density": Range("density", "kg m-3", 300.0, 2e4, (500.0, 1.2e4), "solids", {"g/cm3": 1e3}),
    "molar_mass": Range("molar mass", "kg mol-1", 5e-3, 2.0, (0.02, 0.5), "formula units", {"kg/mol": 1.0}),
    "kappa": Range("conductivity", "S m-1", 1e-6, 200.0, (1e-3, 3.0), "electrolytes", CONDUCTIVITIES),
    "D_e": Range("diffusivity", "m2 s-1", 1e-16, 1e-7, (1e-13, 1e-8), "electrolytes", AREA_A_SECOND),
    "diffusivity": Range(
        "diffusivity", "m2 s-1", 1e-22, 1e-3, (1e-20, 1e-8), "solids and electrolytes", AREA_A_SECOND
    ),
    "t_plus": Range("transference number", "", -1.0, 1.0),
    "tdf": Range("thermodynamic factor", "", 1e-3, 100.0),
    "radius": Range("radius", "m", 1e-9, 1e-3, (1e-8, 1e-4), "particles", LENGTHS),
    "porosity": Range("porosity", "", 0.0, 1.0, others={"%": 0.01}),
    "transport_efficiency": Range("transport efficiency", "", 1e-9, 1.0),
    "active_fraction": Range("volume fraction", "", 1e-4, 1.0, others={"%": 0.01}),
    "reactive_share": Range("share", "", 0.0, 1.0, others={"%": 0.01}),
    "bruggeman": Range("exponent", "", 0.0, 10.0),
    "thickness": Range("thickness", "m", 1e-7, 1e-2, (1e-6, 2e-3), "electrodes and separators", LENGTHS),
    "film_thickness": Range("thickness", "m", 0.0, 1e-5, (1e-10, 1e-6), "films", LENGTHS),
    "voxel": Range("voxel size", "m", 1e-9, 1e-2, (1e-9, 1e-4), "images of electrodes", LENGTHS),
    "film_conductivity": Range("conductivity", "S m-1", 1e-20, 1e8, (1e-12, 1.0), "films", CONDUCTIVITIES),
    "c_e": Range("concentration", "mol m-3", 10.0, 1e4, (100.0, 5e3), "electrolytes", {"mol/l": 1e3}),
    "current_density": Range(
        "current density", "A m-2", 1e-6, 1e5, (1e-2, 1e3), "electrodes at 1C", {"mA/m2": 1e-3, "A/cm2": 1e4}
    ),
    "nominal_capacity": Range(
        "capacity", "C kg-1", 36.0, 3.6e7, (3.6e4, 1.5e7), "active materials", {"Ah/g": 3.6e6, "mAh/kg": 3.6}
    ),
    "capacitance": Range("capacitance", "F m-2", 1e-5, 10.0, (1e-3, 2.0), "surfaces", {"uF/cm2": 1e-2}),
    "contact_resistance": Range("resistance", "ohm m2", 0.0, 1e6, (0.0, 1.0), "contacts", {"ohm cm2": 1e-4}),
    "viscosity": Range("viscosity", "Pa s", 1e-5, 1.0, (1e-4, 0.2), "electrolytes", {"mPa s": 1e-3}),
    "surface_tension": Range("surface tension", "N m-1", 1e-3, 1.0, (0.01, 0.1), "liquids", {"mN/m": 1e-3}),
    "permeability": Range(
        *("permeability", "m2", 1e-23, 1e-9, (1e-19, 1e-11), "porous electrodes and separators"),
        {"um2": 1e-12, "mD": 9.869e-16, "D": 9.869e-13, "nm2": 1e-18, "cm2": 1e-4},
    ),
    "mass": Range(
        *("mass", "kg", 1e-16, 10.0, (1e-9, 0.1), "active material in cells", {"g": 1e-3, "mg": 1e-6}),
        bare=(1e-9, 0.1),
    ),
    "area": Range(
        *("area", "m2", 1e-14, 100.0, (1e-8, 0.1), "electrodes", {"cm2": 1e-4, "mm2": 1e-6}), bare=(1e-9, 0.3)
    ),
    "way": Range("length", "m", 1e-10, 0.5, (1e-9, 2e-3), "ways of diffusion", LENGTHS),
}


def physical(name, *, zero=False):
    """Make a reader of a quantity of RANGES, as schema.number; zero: 0 too, for none of it."""
    allowed = RANGES[name]

    def read(raw, path, per=1.0, unit=""):
        given = to_number(raw, path)
        value = given / per
        if allowed.holds(value) or (zero and value == 0):
            return value
        raise InputError(
            f"{path}: expected {_a(allowed.what)} from {_span((allowed.low, allowed.high), per)}"
            f" {_unit(unit) or allowed.unit}{_of_trade(allowed, per)}, got {say(raw)};"
            f" {allowed.meant(given, per, _unit(unit)) or 'correct the value or its unit.'}"
        )

    read.quantity = name
    return read


def stated(name):
    """Make a reader of a quantity of RANGES as Python gives it: a number in SI, or a text with its unit,
    "7.7 mg", which may be whatever nature has."""
    allowed = RANGES[name]
    units = {allowed.unit: 1.0, **allowed.others}
    with_unit = re.compile(rf"\s*({NUMBER})\s*({'|'.join(units)})\s*")

    def read(raw, path):
        found = with_unit.fullmatch(raw.translate(TYPED)) if isinstance(raw, str) else None
        low, high = (allowed.bare if not found else None) or (allowed.low, allowed.high)
        value = float(f"{float(found[1]) * units[found[2]]:.15g}") if found else to_number(raw, path)
        if low <= value <= high:
            return value
        meant, ways = "" if found else allowed.meant(value), (allowed.unit, next(iter(allowed.others)))
        unit = " or ".join(f'"{value:g} {one}"' for one in ways if allowed.holds(value * units[one]))
        written = f"{meant} Write it with its unit: {unit}." if meant else "correct the value."
        raise InputError(
            f"{path}: expected {_a(allowed.what)} from {low:g} to {high:g} {allowed.unit}, got {say(raw)};"
            f" {written}"
        )

    return read


def _a(what):
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def remark(name, value, who, per=1.0, unit=""):
    """Say that nature has a value (SI) and this trade has not; None for a usual one. who: begins it."""
    allowed = RANGES[name]
    if allowed.is_usual(value):
        return None
    shown, unit = value * per, _unit(unit) or allowed.unit
    asked = allowed.meant(shown, per, unit) or "Is its unit right?"
    return (
        f"{who}: {shown:.4g} {unit} is beyond the {_span(allowed.usual, per)} of {allowed.of}:"
        f" {asked[0].lower()}{asked[1:]}"
    )


def remarks_on_options(given):
    """List remarks on numbers that options gave; given: (option, name in RANGES, value in SI) of each."""
    found = (remark(name, value, option) for option, name, value in given)
    return [said for said in found if said]


def remarks_on_section(section, path=""):
    """Yield a remark on each number of a section, and of those in it, that `physical` read."""
    for one in fields(section):
        value, read = getattr(section, one.name), one.metadata.get("read")
        if is_dataclass(value):
            yield from remarks_on_section(value, join(path, one.name))
        elif name := getattr(read, "quantity", None):
            unit, per = next(iter(one.metadata["units"].items()), ("", 1.0))
            key = join(path, f"{one.name}_{unit}" if unit else one.name)
            if isinstance(value, float) and value and (said := remark(name, value, key, per, unit)):
                yield said


def farthest(name, values):
    """Return of values the one that is farthest beyond what is usual, None if none is."""
    usual = RANGES[name].usual
    beyond = [float(value) for value in (values.min(), values.max()) if not RANGES[name].is_usual(value)]
    if not beyond:
        return None
    return max(beyond, key=lambda value: usual[0] / value if value < usual[0] else value / usual[1])


def _span(bounds, per):
    low, high = (bound * per for bound in bounds)
    return f"{low:g} to {high:g}"


def _of_trade(allowed, per):
    return "" if allowed.usual is None else f" ({allowed.of}: {_span(allowed.usual, per)})"


def _unit(key):
    """Word the unit of a key, m2_s as m2/s."""
    return key.replace("_", "/")
