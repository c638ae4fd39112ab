"""Units as instruments write them, to SI: "Ewe/V", "Capacity (mAh/g)", "time_s", "-Im(Z)/Ohm"."""

import math
import re
from dataclasses import dataclass

BRACKETED = re.compile(r"^(.*\S)\s*[(\[{<]\s*([^()\[\]{}]*?)\s*[)\]}>]$")


@dataclass(frozen=True)
class Unit:
    """A unit: what of, how many SI units it makes, and what it is taken per ("", "mass", "area")."""

    of: str
    factor: float
    per: str = ""


def _family(of, names, per=""):
    return {name: Unit(of, factor, per) for name, factor in names.items()}


def _scaled(base, factor, prefixes):
    return {prefix + base: factor * scale for prefix, scale in prefixes.items()}


SMALL = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
RESISTANCE = {"": 1.0, "m": 1e-3, "u": 1e-6, "k": 1e3, "M": 1e6, "G": 1e9}
CHARGE = _scaled("Ah", 3600.0, SMALL) | _scaled("C", 1.0, SMALL) | {"As": 1.0}
CURRENT = _scaled("A", 1.0, SMALL)
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "d": 86400.0}
WORDS = {"sec": "s", "secs": "s", "second": "s", "seconds": "s", "minute": "min", "minutes": "min"}
WORDS |= {"mins": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d"}
WORDS |= {
    "volt": "V",
    "volts": "V",
    "amp": "A",
    "amps": "A",
    "ampere": "A",
    "amperes": "A",
    "hertz": "Hz",
    "degree": "deg",
    "degrees": "deg",
}
WORDS |= {"\N{DEGREE SIGN}": "deg", "radians": "rad", "rads": "rad", "hh:mm:ss": "s", "h:m:s": "s"}

UNITS = _family("time", SECONDS)
UNITS |= _family("voltage", _scaled("V", 1.0, SMALL))
UNITS |= _family("current", CURRENT)
UNITS |= _family("charge", CHARGE)
UNITS |= _family("frequency", {"Hz": 1.0, "kHz": 1e3, "mHz": 1e-3, "MHz": 1e6, "uHz": 1e-6, "GHz": 1e9})
UNITS |= _family("frequency", {"rad/s": 1 / (2 * math.pi), "rads-1": 1 / (2 * math.pi)})
UNITS |= _family("angle", {"deg": math.pi / 180, "rad": 1.0})
UNITS |= _family("impedance", {prefix + "ohm": scale for prefix, scale in RESISTANCE.items()})
for _of, _units in (("current", CURRENT), ("charge", CHARGE)):
    for _name, _factor in _units.items():
        for _mark in ("/", ""):
            _end = "" if _mark else "-1"
            UNITS[f"{_name}{_mark}g{_end}"] = Unit(_of, 1e3 * _factor, "mass")
            UNITS[f"{_name}{_mark}kg{_end}"] = Unit(_of, _factor, "mass")
            UNITS[f"{_name}{_mark}mg{_end}"] = Unit(_of, 1e6 * _factor, "mass")
            _end = "2" if _mark else "-2"
            UNITS[f"{_name}{_mark}cm{_end}"] = Unit(_of, 1e4 * _factor, "area")
            UNITS[f"{_name}{_mark}m{_end}"] = Unit(_of, _factor, "area")
for _prefix, _scale in RESISTANCE.items():
    UNITS[f"{_prefix}ohmcm2"] = Unit("impedance", 1e-4 * _scale, "area")
    UNITS[f"{_prefix}ohmm2"] = Unit("impedance", _scale, "area")
CASELESS = {}  # units that are known whatever the case of their letters: MAH, but not MHZ or mhz
for _name in UNITS:
    CASELESS.setdefault(_name.lower(), []).append(_name)
CASELESS = {low: names[0] for low, names in CASELESS.items() if len(names) == 1 or low == "mah"}


def unit_of(text, of=None):
    """Return the Unit that a text is, or None; of: the quantity that it must be of."""
    bare = re.sub(r"[\s.*·^×]|\N{DOT OPERATOR}", "", text.strip().strip("()[]"))
    for odd, usual in (("\u00b2", "2"), ("\u207b\u00b9", "-1"), ("\u207b\u00b2", "-2"), ("\u207b", "-")):
        bare = bare.replace(odd, usual)
    for odd, usual in (("\u2212", "-"), ("\N{MICRO SIGN}", "u"), ("\u03bc", "u"), ("\u2126", "ohm")):
        bare = bare.replace(odd, usual)
    bare = re.sub("\N{GREEK CAPITAL LETTER OMEGA}|(?i:ohms?)", "ohm", bare)
    bare = WORDS.get(bare.lower(), bare)
    found = UNITS.get(bare) or UNITS.get(CASELESS.get(bare.lower(), ""))
    return found if found and (of is None or found.of == of) else None


def split_name(text):
    """Return (name, unit or None, what stands where a unit would) of a column: "Ewe/V" -> ("Ewe", V, "V")."""
    name = re.sub(r"^<([^<>]+)/([^<>/]+)>$", r"<\1>/\2", " ".join(text.split()))  # <Ewe/V>
    for stem, unit in _splits(name):
        found = unit_of(unit)
        if found and stem.strip():
            return re.sub(r"(?i)\s+in$", "", stem.strip().rstrip(" _-,")), found, unit
    bracketed = BRACKETED.match(name)
    if bracketed and bracketed[2].strip("'\" ").lower() not in ("z", "omega", ""):
        return bracketed[1], None, bracketed[2]
    return name, None, ""


def _splits(name):
    """Places where a unit may begin, the longest unit first within each way of writing it."""
    bracketed = BRACKETED.match(name)
    if bracketed:
        yield bracketed[1], bracketed[2]
    for mark in ("/", "_", " ", ","):
        at = [k for k, letter in enumerate(name) if letter == mark]
        for k in at:
            tail = name[k + 1 :]
            if mark == "_":
                yield name[:k], _underscored(tail)
            yield name[:k], tail


def _underscored(tail):
    """mAh_g and ohm_m2 as keys write them: the first _ is a slash for what is taken per mass or area."""
    first, _, rest = tail.partition("_")
    return f"{first}{'' if first.endswith('ohm') else '/'}{rest}" if rest else first
