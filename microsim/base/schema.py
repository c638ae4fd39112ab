"""Read sections of YAML into frozen dataclasses; a mistake is one plain sentence that names the dotted key.

A dataclass is the schema of its section: `entry` declares the key of each field, its reader and its units.
A field `voxel_size` with the units nm, um, m is written voxel_size_nm, voxel_size_um or voxel_size_m and
is held in m.
"""

import difflib
import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from reprlib import Repr

from .errors import InputError

NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
FIRST, LONG = 3, 20  # values of an array that a sentence shows, and of a list in full
SHORT = Repr()  # of lists within lists: six each, and not all that they hold
MOST = 10**300  # what a whole number may be
UNITS = "nm|um|m|K|V|mV|s|mg|cm2|S_m|mol_m3|kg_m3|A_m2|m2_s|mAh_g"  # what a key may end on
# where a name stands for {base: name}, a section that changes what is named
NAMED = re.compile(r"cell\.(materials\.[^.]+|counter_electrode\.material)(\.active)?")


def entry(read, *, default=MISSING, units=None, instead=None):
    """Declare a field's key in the YAML file.

    read     reader(raw, path, per=1, unit="") -> value in SI
    default  value when the key is absent (in SI); without it the key is required
    units    {suffix: how many make one SI unit}; the first one is used when the case is shown
    instead  {other key: reader} that may be given in place of this one
    """
    metadata = {"read": read, "units": units or {}, "instead": instead or {}}
    return field(default=default, metadata=metadata)


# ---- readers: raw YAML value, dotted path -> value in SI -----


def number(low=-math.inf, high=math.inf, above=False):
    """Make a reader of a number from `low` to `high` in SI (`above`: low itself is refused)."""

    def read(raw, path, per=1.0, unit=""):
        value = to_number(raw, path) / per
        if not (low < value if above else low <= value) or value > high:
            lower = f"{'above' if above else 'from'} {low * per:g}"
            upper = f"{', at most' if above else ' to'} {high * per:g}" if high < math.inf else ""
            allowed = f"{lower}{upper} {unit}".rstrip()
            raise InputError(f"{path}: expected a number {allowed}, got {say(raw)}; correct the value.")
        return value

    return read


def whole(low, high=2**31):
    """Make a reader of a whole number from `low` to `high`."""

    def read(raw, path):
        value = to_number(raw, path)
        if value != int(value) or not low <= value <= high:
            raise InputError(
                f"{path}: expected a whole number from {low} to {high}, got {say(raw)}; correct the value."
            )
        return int(value)

    return read


def choice(*known):
    """Make a reader of one of the known words."""

    def read(raw, path):
        if raw not in known:
            near = difflib.get_close_matches(str(raw), known, 1, 0.6) or known
            raise InputError(
                f"{path}: expected {any_of(known)}, got {say(raw)}; write for example {near[0]}."
            )
        return raw

    return read


def text(raw, path):
    """Read a text."""
    if not isinstance(raw, str) or not raw.strip():
        raise InputError(f"{path}: expected a text, got {say(raw)}; put a number in quotes.")
    return raw


def flag(raw, path):
    """Read true or false."""
    if not isinstance(raw, bool):
        raise InputError(f"{path}: expected true or false, got {say(raw)}; write one of the two.")
    return raw


def triple(low, high, alone=True):
    """Make a reader of [x, y, z]; alone: one number stands for all three, else 0 alone does, a corner."""
    one = number(low, high)

    def read(raw, path, per=1.0, unit=""):
        parts = raw if isinstance(raw, list) else [raw] * 3
        if len(parts) != 3 or not (alone or parts is raw or to_number(raw, path) == 0):
            expected = "one number or three [x, y, z]" if alone else "three numbers [x, y, z]"
            raise InputError(f"{path}: expected {expected}, got {say(raw)}; give all three.")
        paths = [f"{path}.{i}" for i in range(3)] if parts is raw else [path] * 3
        return tuple(one(part, where, per, unit) for part, where in zip(parts, paths, strict=True))

    return read


def mapping(read_value, what):
    """Make a reader of a section whose keys the user chooses, {name: value}."""

    def read(raw, path):
        if not isinstance(raw, dict) or not raw:
            raise InputError(f"{path}: expected {what}, got {say(raw)}; write it as {{name: value, ...}}.")
        given = {text(key, path): value for key, value in raw.items() if value is not None}
        return {key: read_value(value, f"{path}.{key}") for key, value in given.items()}

    return read


def voxel_ranges(raw, path):
    """Read {x: [first, end], ...} in voxels, the end not included."""
    ranges = mapping(_voxel_range, "a range of voxels for x, y or z")(raw, path)
    for axis in ranges:
        choice("x", "y", "z")(axis, path)
    return ranges


def _voxel_range(raw, path):
    if not isinstance(raw, list) or len(raw) != 2:
        raise InputError(
            f"{path}: expected [first, end] in voxels, got {say(raw)}; give both, the end not included."
        )
    first, end = (whole(0)(part, f"{path}.{i}") for i, part in enumerate(raw))
    if first >= end:
        raise InputError(
            f"{path}: expected [first, end] with first below end, got {say(raw)}; swap or correct them."
        )
    return first, end


# ---- from YAML to a section, and back ----------------------------------------------------------------------


def read_yaml(path):
    """Read a YAML 1.2 file as plain data; duplicate keys and several documents are refused."""
    try:
        content = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        remedy = "check the path" if isinstance(error, OSError) else "name the YAML file"
        raise InputError(f"{path}: expected a readable YAML file, got: {reason}; {remedy}.") from error
    return parse_yaml(content, str(path))


def parse_yaml(content, where):
    """Read YAML 1.2 text as plain data; `where` names it in errors."""
    from ruamel.yaml import YAML, YAMLError
    from ruamel.yaml.constructor import DuplicateKeyError

    try:
        return YAML(typ="safe", pure=True).load(content)
    except RecursionError:
        raise InputError(
            f"{where}: expected sections within sections a few deep, got hundreds; check its brackets."
        ) from None
    except (YAMLError, ValueError) as error:  # ValueError: a date that is none
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        remedy = "keep one of the two" if isinstance(error, DuplicateKeyError) else "correct that line"
        raise InputError(f"{where}{line}: expected valid YAML, got: {problem}; {remedy}.") from error


def own_data(given):
    """Return a caller's sections and lists as plain data that may be changed: arrays and tuples
    as lists, paths as text. NaN stays, for a reader to refuse; as null it would be the default."""
    if isinstance(given, Mapping):
        return {str(key): own_data(part) for key, part in given.items()}
    if hasattr(given, "tolist"):
        given = given.tolist()
    if isinstance(given, (list, tuple)):
        return [own_data(part) for part in given]
    return str(given) if isinstance(given, PathLike) else given


def apply_settings(raw, settings):
    """Change raw YAML in place by settings, {dotted key: value} or a list of "dotted.key=value"; the caller's
    values stay as they are."""
    if isinstance(settings, Mapping):
        for dotted, value in settings.items():
            set_value(raw, dotted, own_data(value))
        return
    if isinstance(settings, str) or not all(isinstance(one, str) for one in settings):
        raise InputError(
            f"--set: expected {{dotted key: value}} or a list of dotted.key=value, got {say(settings)}; like"
            ' ["cell.film.model=none"].'
        )
    for setting in settings:
        apply_setting(raw, setting)


def apply_setting(raw, setting):
    """Set one value of raw YAML in place: "dotted.key=value", list items by number; null removes a key."""
    dotted, equals, value = setting.partition("=")
    if not equals or not all(dotted.strip().split(".")):
        raise InputError(f"--set: expected dotted.key=value, got {say(setting)}; like cell.film.model=none.")
    set_value(raw, dotted.strip(), parse_yaml(value, f"--set {dotted}"))


def set_value(raw, dotted, value):
    """Set one value of raw YAML in place by its dotted key, list items by number; None removes a key.

    A key of a material that is given by its name makes {base: name} of it.
    """
    node, keys = raw, str(dotted).split(".")
    for depth, key in enumerate(keys):
        node_path, last = ".".join(keys[:depth]), depth == len(keys) - 1
        if isinstance(node, list):
            key = _item_number(node, key, node_path)
        elif not isinstance(node, dict):
            given = f"expected a section at {node_path}, got {say(node)}"
            raise InputError(f"--set {dotted}: {given}; shorten the path.")
        if last:
            node[key] = value
        elif isinstance(node, dict) and node.get(key) is None:
            node[key] = {}  # a key that no section knows is refused when the case is read
        elif isinstance(node[key], str) and NAMED.fullmatch(".".join(keys[: depth + 1])):
            node[key] = {"base": node[key]}
        node = node[key]


def _item_number(items, key, path):
    if not key.isdecimal() or int(key) >= len(items):
        raise InputError(
            f"--set {path}.{key}: expected an item's number, 0 to {len(items) - 1}, got {key}; correct it."
        )
    return int(key)


def section(cls, raw, path):
    """Read the mapping `raw` into the dataclass `cls`; every key, unit, type and range is checked."""
    offered = offered_keys(cls)
    if not isinstance(raw, dict):
        raise InputError(f"{path}: expected a section with the keys {listed(offered)}, got {say(raw)}.")
    values, given = {}, {}
    for key, value in raw.items():
        if key not in offered:
            raise _unknown_key(str(key), path, offered)
        if value is None:
            continue
        name, read = offered[key]
        if name in given:
            raise InputError(
                f"{join(path, key)}: expected one of {given[name]} and {key}, got both; "
                f"remove one (or --set {join(path, given[name])}=null)."
            )
        values[name], given[name] = read(value, join(path, key)), key
    for entry_field in fields(cls):
        if entry_field.metadata and entry_field.default is MISSING and entry_field.name not in values:
            keys = [key for key, (name, _) in offered.items() if name == entry_field.name]
            raise InputError(f"{join(path, keys[0])}: expected {any_of(keys)}, got none of it; add the key.")
    return cls(**values)


def offered_keys(cls) -> dict[str, tuple[str, Callable]]:
    """List the YAML keys of a section: {key: (field name, reader)}."""
    offered = {}
    for entry_field in fields(cls):
        if not entry_field.metadata:
            continue
        read, units = entry_field.metadata["read"], entry_field.metadata["units"]
        for unit, per in units.items():
            offered[f"{entry_field.name}_{unit}"] = entry_field.name, partial(read, per=per, unit=unit)
        if not units:
            offered[entry_field.name] = entry_field.name, read
        for key, other in entry_field.metadata["instead"].items():
            offered[key] = entry_field.name, other
    return offered


def _unknown_key(key, path, offered):
    with_unit = [known for known in offered if re.fullmatch(rf"{re.escape(key)}_({UNITS})", known)]
    if with_unit:
        remedy = f"write {any_of(with_unit)}"
        return InputError(f"{join(path, key)}: expected the unit in the key, got none; {remedy}.")
    near = difflib.get_close_matches(key, offered, 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    known = f"{hint}known here: {listed(offered)}"
    return InputError(f"{join(path, key)}: expected a known key, got {key}; {known}.")


# ---- small print -------------------------------------------------------------------------------------------


def to_number(raw, path):
    """Read a finite number; text that is plainly one is converted, anything else is refused."""
    raw = raw.item() if getattr(raw, "ndim", None) == 0 else raw  # NumPy's own numbers
    if isinstance(raw, str) and re.fullmatch(rf"[-+]?{NUMBER}", raw.strip()):
        raw = float(raw)  # a number in quotes, or 1e-6 from a YAML 1.1 writer, arrives as text
    if isinstance(raw, int) and abs(raw) > sys.float_info.max:
        raw = math.inf  # a whole number of more than 308 digits
    if isinstance(raw, int) and abs(raw) > MOST:
        raw = math.inf  # a float has no room for its digits
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        raise InputError(f"{path}: expected a number, got {say(raw)}; write it like 0.47 or 1e-6.")
    return float(raw)


def shown(value):
    """Turn a section back into plain data in the units of its keys, every default written out."""
    if hasattr(value, "as_yaml"):
        return value.as_yaml()
    if is_dataclass(value):
        plain = {}
        for entry_field in fields(value):
            content = getattr(value, entry_field.name)
            if not entry_field.metadata or content is None:
                continue
            unit, per = next(iter(entry_field.metadata["units"].items()), ("", 1.0))
            key = f"{entry_field.name}_{unit}" if unit else entry_field.name
            plain[key] = _scaled(content, per) if unit else shown(content)
        return plain
    if isinstance(value, dict):
        return {key: shown(part) for key, part in value.items()}
    return [shown(part) for part in value] if isinstance(value, tuple) else value


def _scaled(value, per):
    """Go back to the key's unit without the noise of the last digits: 398, not 398.00000000000006."""
    if not isinstance(value, (int, float, tuple)):  # a formula, in the unit itself
        return shown(value)
    if isinstance(value, tuple):
        parts = [_scaled(part, per) for part in value]
        return parts[0] if len(set(parts)) == 1 else parts
    return float(f"{value * per:.12g}")


def join(path, key):
    """Append a key to a dotted path."""
    return f"{path}.{key}" if path else str(key)


def say(raw):
    """Word what was given, cut to a readable length: of an array its shape, type and first values."""
    if getattr(raw, "ndim", 0) and hasattr(raw, "dtype"):
        shape = " x ".join(str(n) for n in raw.shape)
        first = f" ({_first(raw)})" if 0 not in raw.shape else ""
        return f"an array of {shape}, {raw.dtype}{first}"
    if isinstance(raw, (list, tuple)) and len(raw) > LONG:
        return f"a list of {len(raw)} ({_cut(SHORT.repr(raw[:LONG])[1:-1])})"
    short = SHORT.repr if isinstance(raw, (list, tuple, dict, set)) and len(str(raw)) > 80 else str
    return _cut(f'"{raw}"' if isinstance(raw, str) else "nothing" if raw is None else short(raw))


def _first(array):
    """The first values of an array, which may lie in a file."""
    while array.ndim > 1:
        array = array[0]
    values = getattr(array, "values", array)[:FIRST].tolist()  # xarray and pandas hold their numbers there
    shown = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in values]
    return ", ".join(shown + ["..."] * (array.size > FIRST))


def _cut(said):
    return said if len(said) <= 80 else said[:77] + "..."


def listed(words):
    """Word a list: a, b, c."""
    return ", ".join(str(word) for word in words)


def any_of(words):
    """Word a choice: a, b or c."""
    words = [str(word) for word in words]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
