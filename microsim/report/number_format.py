"""Numbers for readers: sensible digits, true minus and multiplication signs, units from a key's ending."""

import math
import re

from ..base.quantities import COEFFICIENTS, ENDINGS, SUPERSCRIPTS, WORDS, ending_of

NONE = "–"
MOST_VALUES = 6  # longer lists are not for a table
MINUS = "\N{MINUS SIGN}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def digits(value, significant=4, *, trim=False):
    """Write a number with so many significant digits: 0.6971, 9 604, 3.2 × 10⁻⁹, or a dash for none.

    trim: leave out zeros at the end, for settings, which are exact.
    """
    if value is None or isinstance(value, float) and math.isnan(value):
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _sign(f"{value:,}".replace(",", THIN) if abs(value) >= 10_000 else str(value))
    if math.isinf(value):
        return _sign("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{significant - 1}e}".split("e")
    power = int(exponent)
    if -3 <= power < 6:
        text = f"{float(f'{mantissa}e{power}'):,.{max(significant - 1 - power, 0)}f}"
        text = text if power > 3 else text.replace(",", "")
        return _sign(_trimmed(text, trim).replace(",", THIN))
    mantissa = _trimmed(mantissa, trim)
    return _sign(f"{mantissa}{THIN}×{THIN}10") + str(power).translate(SUPERSCRIPTS)


def beyond_rounding(value, rounding, significant=4):
    """Write a number, or zero with its rounding where it is not larger than that: 0 ± 2 × 10⁻⁷."""
    within = value and rounding and abs(value) <= rounding
    return f"0{THIN}±{THIN}{digits(float(rounding), 1)}" if within else digits(value, significant)


def fixed(value, decimals, plus=False):
    """Write a number with so many decimals, a dash for none; what rounds to zero has no sign."""
    if value is None or math.isnan(value):
        return NONE
    value = round(value, decimals) + 0.0
    return _sign(f"{value:+.{decimals}f}" if plus and value else f"{value:.{decimals}f}")


def percent(share, decimals=1):
    """Write a share of one in percent."""
    return NONE if share is None else f"{fixed(100 * share, decimals)}{THIN}%"


def typeset(sentence):
    """Write a sentence of a terminal as a page does: 98 % on one line, with a true minus before a number."""
    return re.sub(r"(?<=\d) (?=%)", THIN, re.sub(r"(?<=[ (])-(?=\d)", MINUS, sentence))


def duration(seconds):
    """Write a time for a reader: 0.12 s, 42 s, 3 min 3 s, 1 h 43 min."""
    if seconds is None:
        return NONE
    if 0 < seconds < 0.01:
        return f"<{THIN}0.01{THIN}s"
    if seconds < 10:
        return f"{digits(float(seconds), 2)}{THIN}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{THIN}s"
    if whole < 3600:
        return f"{whole // 60}{THIN}min" + (f" {whole % 60}{THIN}s" if whole % 60 else "")
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}{THIN}h" + (f" {minutes}{THIN}min" if minutes else "")


def time_unit(span_s):
    """Choose the unit in which a time axis reads well: (seconds per unit, name)."""
    return (3600.0, "h") if span_s > 5400 else (60.0, "min") if span_s > 120 else (1.0, "s")


def short_time_unit(span_s):
    """Choose the unit in which a short time reads well: (seconds per unit, name)."""
    for factor, unit in ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
        if span_s >= 2 * factor:
            return factor, unit
    return 1e-6, "µs"


def memory(size):
    """Write a number of bytes in GB or MB (powers of ten)."""
    if size is None:
        return NONE
    return f"{digits(size / 1e9, 3)}{THIN}GB" if size >= 1e9 else f"{digits(size / 1e6, 3)}{THIN}MB"


def length_text(*values):
    """Write one or more lengths (m) in the unit that suits the largest: 12 nm, 0.8 × 0.8 × 0.8 µm."""
    largest = max(abs(v) for v in values)
    factor, unit = (1e9, "nm") if 0 < largest < 1e-7 else (1e6, "µm") if largest < 1e-3 else (1e3, "mm")
    return " × ".join(digits(float(factor * v), trim=True) for v in values) + f"{THIN}{unit}"


def label(key):
    """Turn a key of result.json into words, without its unit: "mean_voltage_V" -> "Mean voltage"."""
    if key in WORDS:
        return WORDS[key]
    words = key.removesuffix(ending_of(key)).replace("_", " ")
    return words[:1].upper() + words[1:]


def value_text(key, value):
    """Write the value of a key with the unit that the key's ending names; short lists too."""
    if isinstance(value, (list, tuple)):
        if len(value) > MOST_VALUES or any(isinstance(v, (dict, list, tuple)) for v in value):
            return f"{len(value)} entries, in the record"
        if ending_of(key) == "_m" and value:
            return length_text(*value)
        joint = " × " if key == "shape" else ", "
        return joint.join(value_text("", _scaled(key, v)) for v in value) + _unit(key)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return digits(value)
    sized = {"_bytes": memory, "_s": duration, "_m": length_text}.get("_s" if key == "s" else ending_of(key))
    if sized:
        return sized(value)
    return digits(_scaled(key, value), trim=True) + _unit(key)


def rows(items, prefix=""):
    """Flatten a (nested) dict of settings into (label, text) rows of a table."""
    found = []
    for key, value in items.items():
        name = label(key)
        if prefix and name[1:2].islower():  # an abbreviation keeps its capitals
            name = name[0].lower() + name[1:]
        if isinstance(value, dict):
            found += rows(value, prefix=f"{prefix}{name}: ")
        else:
            found.append((prefix + name, value_text(key, value)))
    return found


def names_unit(key):
    """Tell whether a key ends on the unit of its value."""
    return bool(ending_of(key))


def _trimmed(text, trim):
    return text.rstrip("0").rstrip(".") if trim and "." in text else text


def _scaled(key, value):
    factor = ENDINGS.get(ending_of(key), (1, ""))[0]
    return value if factor == 1 or isinstance(value, str) or value is None else factor * value


def _unit(key):
    known = COEFFICIENTS.get(key.rpartition(".")[2]) if ".materials." in key else None
    unit = known.shown_unit if known else ENDINGS.get(ending_of(key), (1, ""))[1]
    return f"{THIN}{unit}" if unit else ""


def _sign(text):
    return text.replace("-", MINUS)
