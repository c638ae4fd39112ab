"""Arguments of jobs on spectra: energies, their scale, the method, references of known lithiation, noise."""

from os import PathLike
from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.masked import floats
from ..base.schema import number, say
from ..maps.method import method_spread

Given = "str | PathLike | numpy.ndarray | None"


def _lithiation(given, path):
    parts = given.split(",") if isinstance(given, str) else given
    if not hasattr(parts, "__len__"):
        raise InputError(f"{path}: expected a number for each reference, got {say(given)}; write 0,1.")
    return [number(-10, 10)(part, path) for part in parts]


def _noise(given, path):
    if not getattr(given, "ndim", 0):
        return number(0.0, 1e6, above=True)(given, path)
    given = floats(given, path)
    if (given < 0).any() or not (given > 0).any():
        raise InputError(
            f"{path}: expected standard deviations above 0, got none or some below; correct them."
        )
    return given


def _series_noise(given, path):
    """0 as well: a series that was computed has none, and its fits say how far they miss it."""
    return floats(given, path) if getattr(given, "ndim", 0) else number(0.0, 1e6)(given, path)


NOISE_WORDS = "Standard deviation of mu. Absent: counting (--flat), else scatter, misfit, neighbours."
Energies = Annotated[Given, Argument("Energies in eV, one a line, rising; or file.h5::name.", metavar="FILE")]
MethodOf = Annotated["str | dict | Method | None", method_spread()]  # noqa: F821 (maps.method)
ReferenceSpectra = Annotated[
    "str | PathLike | numpy.ndarray | References | None",  # noqa: F821 (maps.mixture)
    Argument(
        "Reference spectra: .prj, .nor, csv, columns; A,B picks some.", None, "FILE[::A,B]", "--references"
    ),
]
ReferenceLithiation = Annotated[
    "list[float] | None", Argument("Lithiation of the references, in their order.", _lithiation, "X,X")
]
Noise = Annotated[
    "float | numpy.ndarray | None",  # noqa: F821 (a heavy import)
    Argument(NOISE_WORDS, _noise, "S"),
]
SeriesNoise = Annotated[
    "float | numpy.ndarray | None",  # noqa: F821 (a heavy import)
    Argument(NOISE_WORDS, _series_noise, "S"),
]
Foil = Annotated[
    Given,
    Argument(
        "Spectra of a foil taken along, one for each of a series; their shifts are undone.", metavar="FILE"
    ),
]
EnergyShift = Annotated[
    Given, Argument("eV by which each spectrum's energies are too high, one a line; undone.", metavar="FILE")
]


def references_of(given, lithiation):
    """Read references, on an edge jump of 1, and check that each has its lithiation; returns (References or
    None, list or None)."""
    if given is None:
        return None, None
    from ..maps.reference_scale import on_unit_jump
    from ..maps.stacks import read_references

    found = on_unit_jump(read_references(given))
    if lithiation is not None and len(lithiation) != len(found.names):
        raise InputError(
            f"--reference-lithiation: expected one number for each of {', '.join(found.names)}, got "
            f"{len(lithiation)}; correct it."
        )
    if lithiation is not None and len(set(lithiation)) < 2:
        raise InputError(
            f"--reference-lithiation: expected two different numbers at least, got {lithiation[0]:g} for"
            f" {', '.join(found.names)}; correct it."
        )
    return found, lithiation


def named(given):
    """How a file is named in a job's numbers: its path, "array", or None."""
    return given if given is None or isinstance(given, (str, PathLike)) else "array"
