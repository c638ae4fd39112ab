"""Arguments of the job compare, as they are declared in its signature."""

from os import PathLike
from typing import Annotated

from ..base.arguments import Argument
from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..base.lengths import LARGEST_VOXEL, length, parts_of
from ..base.quantities import LEAST_NOISE
from ..base.schema import number, say, triple
from .arguments import as_list, axes_order, numbers
from .field import Field
from .map_result import MapResult
from .map_source import Map


def _place(given, path):
    """Read a corner: three lengths; 0 alone is the corner of the simulated map."""
    parts = parts_of(given) if not isinstance(given, (int, float)) or given else (0.0,) * 3
    if len(parts) != 3:
        raise InputError(f"{path}: expected three lengths x, y, z, got {say(given)}; correct it.")
    return tuple(length(part, path) for part in parts)


def _place_um(given, path):
    return triple(-1.0, 1.0, alone=False)(numbers(given), path, 1e6, "um")


def a_map(help, metavar):
    return Annotated[Map, Argument(help, metavar=metavar)]


def some_axes(help):
    return Annotated[str | None, Argument(help, axes_order, "AXES")]


Place = Annotated[
    "tuple | None",
    Argument("Corner of the measured map in the simulated one.", _place, "X,Y,Z", "--origin-um", _place_um),
]


def _spread(given, path):
    """Read a point spread: one length or three, in m or with the unit."""
    parts = parts_of(given)
    lengths = tuple(length(part, path) for part in (parts if len(parts) > 1 else parts * 3))
    if len(lengths) != 3 or not all(0 <= part <= LARGEST_VOXEL for part in lengths):
        raise InputError(
            f"{path}: expected one length from 0 to 10 mm or three, got {say(given)}; correct it."
        )
    return lengths


def _spread_nm(given, path):
    return triple(0.0, LARGEST_VOXEL)(numbers(given), path, 1e9, "nm")


def _noise(given, path):
    """Read a noise: a number above 0, or what holds one for each voxel."""
    if isinstance(given, (PathLike, Field, MapResult)) or getattr(given, "ndim", 0) in (2, 3):
        return given
    try:
        float(given)
    except (TypeError, ValueError):
        if isinstance(given, str):
            return given
    return number(LEAST_NOISE, 1.0)(given, path)  # of a share: more is per cent


Noise = Annotated[
    "float | str | PathLike | numpy.ndarray | None",  # noqa: F821 (a heavy import)
    Argument(
        "Noise (standard deviation) of the measured map: one number or a map; default NAME_sigma beside it.",
        _noise,
        "NUMBER|MAP",
    ),
]
PointSpread = Annotated[
    tuple,
    Argument(
        "Standard deviation of the instrument's Gaussian point spread, one or x,y,z.",
        _spread,
        "S",
        "--psf-nm",
        _spread_nm,
    ),
]
Beam = Annotated[
    "str | int | None",
    Argument(
        "The measured map is a projection along this axis.",
        lambda given, path: AXES[axis_number(given, path)],
        "x|y|z",
    ),
]
Coverage = Annotated[
    float, Argument("Share of a measured voxel that must be covered.", number(0.0, 1.0, above=True), "F")
]
Mask = Annotated[
    "str | PathLike | numpy.ndarray | None",  # noqa: F821 (a heavy import)
    Argument("Volume on the measured grid; 0 leaves voxels out.", metavar="VOLUME"),
]


Homogenised = Annotated[
    "str | PathLike | numpy.ndarray | Field | None",  # noqa: F821 (a heavy import)
    Argument("The same state of a homogenised electrode: what its skill is over.", metavar="MAP"),
]
Against = Annotated[
    "list[str | PathLike | numpy.ndarray | Field]",  # noqa: F821 (a heavy import)
    Argument(
        "A further simulated map: what odds the measured one gives; repeatable.",
        as_list,
        metavar="MAP",
        many=True,
    ),
]
