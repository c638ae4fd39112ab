"""What an HDF5 data set says of its axes and of its voxel size, in the words of the programs that write it.

ours               attributes axes and voxel_size_m
ilastik, Fiji      attributes axistags (JSON) and element_size_um
NeXus              attributes signal and axes of the group, and the data sets of coordinates they name
HDF5, netCDF       labels and scales of dimensions
DREAM.3D           attributes TupleDimensions (x, y, z) and ComponentDimensions, SPACING of the geometry
VTKHDF             attributes Type, Spacing and Direction of the group above
"""

import json
import re

import h5py
import numpy as np

from ..base.errors import InputError
from ..base.schema import say
from .axes import axis_word
from .stored import metres, spacing

SIZES = re.compile(r"(?:voxel|element|pixel)_?(?:size|spacing)_([a-z]+)|(?:spacing|resolution)_([a-z]+)")


def stated_names(dataset):
    """Return what the file calls the axes of a data set, one word for each; () where it says nothing."""
    for read in (_axistags, _axes_attribute, _labels, _nexus, _dream3d):
        words = tuple(axis_word(name) for name in read(dataset))
        if len(words) == dataset.ndim and any(words):
            return words
    return ()


def stated_size(dataset, names, name):
    """Return the voxel edges (m) that the file states, slowest axis first; None where it states none."""
    for attributes in (dataset.attrs, dataset.parent.attrs, dataset.file.attrs):
        if "voxel_size_m" in attributes:
            return _edges(attributes["voxel_size_m"], f"voxel_size_m of {name}")
        for key in attributes:
            found = SIZES.fullmatch(key.lower())
            unit = found and metres(found[1] or found[2])
            if unit:
                edges = _edges(attributes[key], f"{key} of {name}")
                return edges and spacing(edges, unit)
    return _of_coordinates(dataset, names)


def vtk_image(dataset):
    """Tell whether a data set is an array of an image of VTK, whose last axis is x."""
    image = dataset.parent.parent
    if _text(image.attrs.get("Type", "")) != "ImageData":
        return False
    turned = np.abs(np.reshape(image.attrs.get("Direction", np.eye(3)), (3, 3)))
    if np.allclose(turned, np.eye(3)):
        return True
    if np.allclose(turned, np.eye(3)[::-1]):  # the last axis is z, as in the fields of a run
        return False
    raise InputError(f"expected an image along x, y, z in {dataset.name}, got one turned; resample it.")


def unitless_size(dataset):
    """Return the edges, slowest axis first, that a file states without a unit; None where it states none."""
    above = dataset.parent.parent
    if _text(above.attrs.get("Type", "")) == "ImageData" and "Spacing" in above.attrs:
        return np.ravel(above.attrs["Spacing"])[::-1]
    if "_SPACING" in above.attrs:  # DREAM3D-NX
        return np.ravel(above.attrs["_SPACING"])[::-1]
    spaced = above.get("_SIMPL_GEOMETRY/SPACING")
    return np.ravel(spaced[()])[::-1] if isinstance(spaced, h5py.Dataset) else None


def _edges(given, what):
    numbers = np.asarray(given)
    if numbers.dtype.kind not in "iuf" or numbers.size not in (1, 3):
        raise InputError(f"expected one or three numbers as {what}, got {say(given)}; correct them.")
    return spacing(np.broadcast_to(numbers.ravel(), 3), 1.0)


# ---- names -------------------------------------------------------------------------------------------------


def _axistags(dataset):
    try:
        return [axis["key"] for axis in json.loads(_text(dataset.attrs.get("axistags", "")))["axes"]]
    except (ValueError, KeyError, TypeError):
        return []


def _axes_attribute(dataset):
    return _words(dataset.attrs.get("axes"), dataset.ndim)


def _labels(dataset):
    scales = [list(dimension.values()) for dimension in dataset.dims]
    return [
        dimension.label or (held[0].name if held and held[0].name else "")
        for dimension, held in zip(dataset.dims, scales, strict=True)
    ]


def _nexus(dataset):
    """Axes of the group, where the data set is its signal or has the signal's shape."""
    return _words(dataset.parent.attrs.get("axes"), dataset.ndim)


def _dream3d(dataset):
    tuples = np.ravel(dataset.attrs.get("TupleDimensions", ())).tolist()
    if list(dataset.shape[: len(tuples)]) != tuples[::-1] or len(tuples) != 3:
        return []
    return ["z", "y", "x", *["components"] * (dataset.ndim - 3)]


def _words(given, count):
    """Names out of a list, out of "t,x,y,z", "z:y:x" or "zyx"."""
    if given is None:
        return []
    if not isinstance(given, (str, bytes)):
        return [_text(name) for name in np.ravel(given)]
    words = [word for word in re.split(r"[\s,:;\[\]]+", _text(given)) if word]
    return list(words[0]) if len(words) == 1 and len(words[0]) == count > 1 else words


def _text(given):
    """Text of an attribute; a micro sign in Latin-1, as older programs write it, counts as well."""
    content = given if isinstance(given, bytes) else str(given).encode("utf-8", "surrogateescape")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


# ---- coordinates -------------------------------------------------------------------------------------------


def _of_coordinates(dataset, names):
    """Edges from the coordinates of the three axes in space, where they are even and in a unit of length."""
    space = [i for i, word in enumerate(names) if word in ("x", "y", "z")]
    steps = [_step(dataset, i) for i in space]
    return spacing(steps, 1.0) if len(steps) == 3 and None not in steps else None


def _step(dataset, axis):
    scale = _coordinate(dataset, axis)
    unit = None if scale is None else metres(_text(scale.attrs.get("units", scale.attrs.get("unit", ""))))
    if unit is None or scale.shape != dataset.shape[axis : axis + 1] or scale.size < 2:
        return None
    steps = np.diff(scale[()].astype(float))
    return float(abs(steps.mean()) * unit) if np.allclose(steps, steps.mean(), rtol=1e-3, atol=0) else None


def _coordinate(dataset, axis):
    if len(dataset.dims[axis]):
        return dataset.dims[axis][0]
    named = _words(dataset.attrs.get("axes", dataset.parent.attrs.get("axes")), dataset.ndim)
    found = dataset.parent.get(named[axis]) if len(named) == dataset.ndim and named[axis] != "." else None
    return found if isinstance(found, h5py.Dataset) and found.dtype.kind in "iuf" else None
