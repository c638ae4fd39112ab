"""What a caller's volume and names mean: phase numbers, and under which name and label each stands."""

from collections.abc import Mapping

import numpy as np

from ..base.errors import InputError
from ..base.masked import known_values
from ..base.schema import say
from ..volumes.filed import CodedArray, FileArray
from .labels import label_counts, phase_codes, whole_label
from .mask import OUTSIDE, outside_labelled

MOST_CODED = 2**16  # largest label that stays in its file
MOST_NAMED = 64  # phases that labels have; more different values are grey ones
MOST = 255  # phases; a phase number is a byte
SAY = 'VoxelGrid(labels, {"pore": 0, "am": 255}, voxel_size), say'


def named_volume(values, names, labels=None, masked=False):
    """Return phase numbers uint8 [x, y, z], names, labels, and whether the last name is what is outside.

    values  labels, where names are {name: label}; else phase numbers. What is masked is outside the sample
    names   {name: label, or several labels of one phase}, or the names of the phase numbers 0, 1, ...
    labels  of names in order, the number that stood for each in the volume's file; None: 0, 1, ...
    masked  whether the last of names is what is outside already
    """
    if isinstance(values, FileArray):
        inside = None
    else:
        values, inside = known_values(values, "labels")
    if values.ndim != 3 or values.size == 0:
        raise InputError(
            "expected a volume with three axes and at least one voxel, got shape "
            f"{values.shape}; give a 3D array."
        )
    if inside is not None and not inside.any():
        raise InputError("expected voxels of the sample, got a volume masked all over; correct the mask.")
    own = tuple(names) if isinstance(names, Mapping) else _names(names)
    if inside is not None and not masked and OUTSIDE in own:
        raise InputError(
            f"names: expected no phase called {OUTSIDE} beside a masked array, whose word it is, got"
            f" {say(own)}; call it something else."
        )
    if not isinstance(names, Mapping):
        return _numbered(values, inside, own, labels, masked)
    if labels is not None:
        raise InputError("labels: expected names with labels, or names and labels, got both; leave one out.")
    if inside is not None:
        known = [label for of_one in _several(names).values() for label in of_one]
        most = max([0, *known, *label_counts(values[inside][None, None])])
        values, more = outside_labelled(values, inside, most)
        names, masked = {**names, **more}, True
    return *phases_of(values, names), masked


def phases_of(labels, phases):
    """Return phase numbers uint8 [x, y, z], names, and a label of each, of a label volume.

    labels  whole numbers (or bool) [x, y, z]
    phases  {name: label, or several}; every label that occurs must be named, every named label must occur
    """
    several = _several(phases)
    counts = label_counts(labels)
    _check_labels(several, counts)
    if len(several) > MOST:
        raise InputError(f"expected at most {MOST} phases, got {len(several)}; merge labels.")
    known = [label for of_one in several.values() for label in of_one]
    numbers = np.repeat(np.arange(len(several), dtype=np.uint8), [len(of_one) for of_one in several.values()])
    if isinstance(labels, FileArray) and max(known) <= MOST_CODED:
        table = np.zeros(max(known) + 1, np.uint8)
        table[known] = numbers
        phase = CodedArray.of(labels, table)
    elif len(known) == len(several):
        phase = phase_codes(labels, known)
    else:
        phase = numbers[phase_codes(labels, known)]
    return phase, tuple(several), tuple(of_one[0] for of_one in several.values())


def those_there(phases, labels):
    """Return the phases of {name: label, or several} that occur among labels, with those that do."""
    found = {name: tuple(k for k in of_one if k in labels) for name, of_one in _several(phases).items()}
    return {name: of_one for name, of_one in found.items() if of_one}


def _several(phases):
    """{name: labels} of {name: label, or several of them}."""
    found = {}
    for name, given in dict(phases).items():
        labels = given if isinstance(given, (list, tuple, set, range)) else [given]
        found[str(name)] = tuple(whole_label(label, f"phase {name!r}") for label in labels)
        if not labels:
            raise InputError(f"expected a label for phase {name!r}, got none; give it one or leave it out.")
    return found


def _names(given):
    """Names in order, of any list of them."""
    names = () if given is None or isinstance(given, str) or not np.iterable(given) else tuple(given)
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise InputError(
            f'names: expected {{"pore": 0, "am": 1}}, each name with its label, or a list of names, got'
            f" {say(given)}; name each phase."
        )
    return tuple(map(str, names))


def _numbered(values, inside, names, labels, masked):
    """The same for phase numbers, 0, 1, ... in the order of names."""
    labels = tuple(range(len(names))) if labels is None else _labels(labels)
    if len(set(names)) != len(names) or len(labels) != len(names) or len(names) > MOST:
        raise InputError(
            f"expected 1 to {MOST} different phase names with one label each, got names {say(list(names))}"
            f" and labels {say(list(labels))}; name each phase once."
        )
    if len(set(labels)) < len(labels):
        raise InputError(f"labels: expected a different one for each name, got {say(labels)}; correct them.")
    _check_numbers(values, inside, names)
    if isinstance(values, FileArray):
        return values, names, labels, masked
    phase = np.ascontiguousarray(values if inside is None else np.where(inside, values, 0), np.uint8)
    if inside is None:
        return phase, names, labels, masked
    if not masked:
        names, labels = (*names, OUTSIDE), (*labels, max(labels) + 1)
    return np.where(inside, phase, np.uint8(len(names) - 1)), names, labels, True


def _labels(given):
    if isinstance(given, (str, bytes)) or not np.iterable(given):
        raise InputError(f"labels: expected one whole number for each name, got {say(given)}; write [0, 1].")
    return tuple(whole_label(label, "a name") for label in given)


def _check_numbers(values, inside, names):
    """Refuse phase numbers that are none of 0 to the number of names, and say how labels are named."""
    if values.dtype.kind == "f":
        for k, layer in enumerate(values):
            for value in layer[(layer != np.rint(layer)) & (True if inside is None else inside[k])][:1]:
                whole_label(value, "a voxel")
    within = (None,) * len(values) if inside is None else inside
    ends = [_ends(layer, here) for layer, here in zip(values, within)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if low < 0 or high >= len(names):
        raise InputError(
            f"expected phase numbers 0 to {len(names) - 1} for {say(', '.join(names))}, got values from"
            f" {low:g} up to {high:g}; say which label is which: {SAY}."
        )


def _ends(layer, inside):
    """Least and largest value of a layer, 0 where all of it is outside."""
    layer = np.asarray(layer)
    if inside is None and layer.dtype == np.uint8:
        return 0, int(layer.max())
    known = layer if inside is None else layer[inside]
    return (known.min(), known.max()) if known.size else (0, 0)


def _check_labels(phases, counts):
    names = ", ".join(f"{name}={':'.join(map(str, of_one))}" for name, of_one in phases.items())
    found = ", ".join(f"{label} ({count} voxels)" for label, count in list(counts.items())[:12])
    found += f" and {len(counts) - 12} more" if len(counts) > 12 else ""
    known = [label for of_one in phases.values() for label in of_one]
    if len(set(known)) < len(known):
        raise InputError(f"expected a different label for each phase, got {names}; give each label one name.")
    unnamed = [label for label in counts if label not in known]
    if len(unnamed) > MOST_NAMED:
        raise InputError(
            f"expected labels, got {len(counts)} different values in the volume, as grey values are, for"
            f" {names or 'no phases'}; make labels of them first: microsim segment."
        )
    if unnamed:
        raise InputError(
            f"expected a phase name for each label of the volume, which has {found}, got {names or 'none'}; "
            f"name label {', '.join(map(str, unnamed[:12]))} too."
        )
    absent = [f"{name}={k}" for name, of_one in phases.items() for k in of_one if k not in counts]
    if absent:
        raise InputError(
            f"expected every named label to occur in the volume, which has {found}, got {', '.join(absent)}; "
            "correct the number or leave the phase out."
        )
