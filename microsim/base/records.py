"""Records: dataclasses, named tuples, lists, tuples and dicts of arrays and plain values; copied, sealed, and
turned into JSON and arrays and back. What a record holds is what its classes declare, here and in files.
"""

from dataclasses import fields, is_dataclass
from importlib import import_module

import numpy as np

PACKAGE = __name__.partition(".")[0]


def mapped(record, of_array):
    """Return the same record made anew, with of_array(array) in place of each array."""
    if isinstance(record, np.ndarray):
        return of_array(record)
    if is_dataclass(record):
        return type(record)(**{f.name: mapped(getattr(record, f.name), of_array) for f in fields(record)})
    if isinstance(record, dict):
        return {name: mapped(part, of_array) for name, part in record.items()}
    if isinstance(record, (list, tuple)):
        parts = [mapped(part, of_array) for part in record]
        return record._make(parts) if hasattr(record, "_make") else type(record)(parts)
    return record


def copied(record):
    """Return a record that does not follow the other's changes; the arrays are shared."""
    return mapped(record, lambda array: array)


def sealed(record):
    """Return a record whose arrays refuse to be written to; views of the other's."""

    def seal(array):
        view = array.view()
        view.flags.writeable = False
        return view

    return mapped(record, seal)


def to_plain(record):
    """Turn a record of this package into what JSON holds, and its arrays {key: array}, each once.

    Raises TypeError where a part is neither a record nor an array nor a plain value.
    """
    arrays, keys = {}, {}
    return _plain(record, arrays, keys), arrays


def _plain(part, arrays, keys):
    """Turn a part into what JSON holds and add its arrays. No function within `to_plain`: one that calls
    itself is garbage that waits for the collector, which held the states of several checkpoints, 60 bytes a
    voxel each."""

    def within(value):
        return _plain(value, arrays, keys)

    if isinstance(part, np.ndarray):
        key = keys.setdefault(id(part), f"a{len(keys)}")
        arrays[key] = part
        return {"array": key}
    if is_dataclass(part) or hasattr(part, "_make"):
        names = part._fields if hasattr(part, "_make") else [f.name for f in fields(part)]
        values = {name: within(getattr(part, name)) for name in names}
        return {"class": f"{type(part).__module__}:{type(part).__qualname__}", "fields": values}
    if isinstance(part, dict):
        if not all(isinstance(name, str) for name in part):
            raise TypeError(f"expected names as keys, got {list(part)[:3]}")
        return {"dict": {name: within(value) for name, value in part.items()}}
    if isinstance(part, tuple):
        return {"tuple": [within(value) for value in part]}
    if isinstance(part, list):
        return [within(value) for value in part]
    if isinstance(part, np.generic):
        return part.item()
    if part is None or isinstance(part, (bool, int, float, str)):
        return part
    raise TypeError(f"expected a record, an array or a plain value, got {type(part).__name__}")


def from_plain(plain, arrays):
    """Make the record of what `to_plain` returned; raises ValueError or KeyError where it is none."""
    if isinstance(plain, list):
        return [from_plain(part, arrays) for part in plain]
    if not isinstance(plain, dict):
        return plain
    if "array" in plain:
        return arrays[plain["array"]]
    if "tuple" in plain:
        return tuple(from_plain(part, arrays) for part in plain["tuple"])
    if "dict" in plain:
        return {name: from_plain(part, arrays) for name, part in plain["dict"].items()}
    module, _, name = plain["class"].partition(":")
    if module.partition(".")[0] != PACKAGE:
        raise ValueError(f"expected a record of {PACKAGE}, got {module}")
    made = getattr(import_module(module), name)
    if not is_dataclass(made) and not hasattr(made, "_make"):
        raise ValueError(f"expected a record, got {plain['class']}")
    return made(**{name: from_plain(part, arrays) for name, part in plain["fields"].items()})
