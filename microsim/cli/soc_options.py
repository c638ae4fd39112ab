"""Options of the commands on stacks of spectra, and reading what they name."""

from enum import StrEnum
from typing import Annotated

import typer

from ..console import times
from ..errors import InputError
from ..schema import number, whole


class MethodName(StrEnum):
    """How a spectrum becomes one number."""

    EDGE, LCF, THREE = "edge", "lcf", "three-energy"


class EdgeKind(StrEnum):
    """What the edge energy is."""

    HALF, DERIVATIVE, PEAK = "half", "derivative", "peak"


EnergiesOption = Annotated[
    str | None,
    typer.Option("--energies", metavar="FILE", help="Energies in eV, one a line, rising; or file.h5::name."),
]
MethodOption = Annotated[MethodName, typer.Option("--method", help="How a spectrum becomes one number.")]
EdgeOption = Annotated[EdgeKind, typer.Option("--edge", help="Edge energy: half height, steepest rise, white line.")]
LevelOption = Annotated[str, typer.Option("--level", metavar="MU", help="Normalised absorption of --edge half.")]
WidthOption = Annotated[
    str | None, typer.Option("--width-eV", metavar="W", help="Half the range of the local fit of the edge, eV.")
]
E0Option = Annotated[str | None, typer.Option("--e0", metavar="E", help="Nominal edge, eV. Absent: steepest rise of the mean.")]
PreOption = Annotated[str | None, typer.Option("--pre", metavar="E:E", help="Range of the pre-edge line, eV.")]
PostOption = Annotated[str | None, typer.Option("--post", metavar="E:E", help="Range of the post-edge polynomial, eV.")]
PostDegreeOption = Annotated[str | None, typer.Option("--post-degree", metavar="N", help="Degree of the post-edge polynomial.")]
RangeOption = Annotated[str | None, typer.Option("--edge-range", metavar="E:E", help="Where the edge is looked for, eV.")]
ThreeOption = Annotated[
    str | None, typer.Option("--three", metavar="E,E,E", help="Energies before, at, behind the edge, eV (three-energy).")
]
ReferencesOption = Annotated[
    str | None,
    typer.Option("--references", metavar="FILE[::A,B]", help="Reference spectra: .nor, csv or columns; A,B picks some."),
]
NumbersOption = Annotated[
    str | None, typer.Option("--reference-lithiation", metavar="X,X", help="Lithiation of the references, in their order.")
]
ShiftOption = Annotated[str, typer.Option("--shift", metavar="EV|fit", help="Energy shift of the references, eV; fit: to the mean (lcf).")]
BackgroundOption = Annotated[
    str, typer.Option("--background", metavar="N", help="Terms of a polynomial fitted along: 0, 1 constant, 2 line (lcf).")
]
FitRangeOption = Annotated[str | None, typer.Option("--fit-range", metavar="E:E", help="Energies of the fit, eV (lcf).")]
SumOption = Annotated[bool, typer.Option("--sum-to-one", help="Weights add up to 1, of normalised spectra (lcf).")]
NormalisedOption = Annotated[bool, typer.Option("--normalised", help="The spectra are normalised already: jump 1, no baseline.")]
NoiseOption = Annotated[
    str | None,
    typer.Option("--noise", metavar="S", help="Standard deviation of mu. Absent: counting (--flat), else scatter or misfit."),
]


def method_of(method, edge, level, width, three, background, shift, sum_to_one, fit_range, normalised):
    """Put the options of a method together."""
    from ..imaging.soc_maps import Method

    triple = None
    if three is not None:
        triple = tuple(number(0.0)(part, "--three") for part in three.split(","))
        if len(triple) != 3 or not triple[0] < triple[1] < triple[2]:
            raise InputError(f"--three: expected three rising energies (before, at, behind the edge), got {three}; correct it.")
    if shift == "fit" and method is not MethodName.LCF:
        raise InputError(f"--shift: expected a number for the method {method}, got fit; fit it with --method lcf first.")
    return Method(
        method.value, edge.value, number(0.01, 0.99)(level, "--level"),
        None if width is None else number(0.0)(width, "--width-eV"), None, triple,
        whole(0, 3)(background, "--background") or None, sum_to_one,
        shift=None if shift == "fit" else number()(shift, "--shift"), fit_range=pair_of(fit_range, "--fit-range"),
        normalised=normalised,
    )  # fmt: skip


def windows_of(settings, soc_maps, mu, energies, e0, pre, post, edge_range, post_degree):
    """Choose the energy windows: as given, else from the mean spectrum."""
    from dataclasses import replace

    from ..imaging.spectra import windows_for

    windows = windows_for(
        energies, soc_maps.mean_spectrum(mu), e0=None if e0 is None else number(0.0)(e0, "--e0"),
        pre=pair_of(pre, "--pre"), post=pair_of(post, "--post"), edge=pair_of(edge_range, "--edge-range"),
        post_degree=None if post_degree is None else whole(0, 3)(post_degree, "--post-degree"),
    )  # fmt: skip
    return replace(settings, windows=windows)


def calibrated(path, method, references):
    """Read a calibration: the method as it was calibrated, and the curve."""
    from ..imaging.lithiation import load_calibration
    from ..imaging.soc_maps import Method

    curve = load_calibration(path)
    if curve.method != method.value:
        raise InputError(f"--calibration: expected one of the method {method.value}, got one of {curve.method} in {path}; "
                         f"add --method {curve.method}.")  # fmt: skip
    names = curve.settings.get("references")
    if names and (references is None or list(references.names) != names):
        raise InputError(f"--calibration: expected the references {', '.join(names)} that {path} was made with, got "
                         f"{', '.join(references.names) if references else 'none'}; add --references.")  # fmt: skip
    return Method.of(curve.settings), curve


def references_of(name, lithiation):
    """Read references and their lithiation."""
    if name is None:
        return None, None
    from ..imaging.stacks import read_references

    found = read_references(name)
    if lithiation is None:
        return found, None
    numbers = [number(-10, 10)(part, "--reference-lithiation") for part in lithiation.split(",")]
    if len(numbers) != len(found.names):
        raise InputError(f"--reference-lithiation: expected one number for each of {', '.join(found.names)}, got "
                         f"{len(numbers)}; correct it.")  # fmt: skip
    return found, numbers


def absorption_of(images, flat, dark, photons, saturation, noise, file_axes):
    """Absorption, its sigma and reasons: from frames, or as the stack has it."""
    noise = None if noise is None else number(0.0)(noise, "--noise")
    if flat is None:
        if dark is not None:
            raise InputError("--dark: expected reference frames with dark frames, got none; add --flat.")
        return images.values, noise, None
    from ..imaging.frames import optical_density

    light, offset = (
        None if name is None else frames_of(name, images.values.shape, file_axes, name == flat) for name in (flat, dark)
    )
    found = optical_density(
        images.values, light, offset, photons_per_unit=number(0.0, above=True)(photons, "--photons-per-unit"),
        saturation=None if saturation is None else number(0.0, above=True)(saturation, "--saturation"),
    )  # fmt: skip
    return found.values, found.sigma if noise is None else noise, found.reason


def frames_of(name, shape, file_axes, light):
    """Frames like the stack, or one frame for all energies; a stack of another length is repeats of one frame."""
    import numpy as np

    from ..imaging.stacks import read_stack

    frames = read_stack(name, file_axes=file_axes).values
    if frames.shape == shape:
        return frames
    if frames.shape[1:] == shape[1:]:
        return frames[0] if len(frames) == 1 else np.broadcast_to(frames[:, None], (len(frames), *shape)) if light else frames
    raise InputError(f"expected frames of {times(shape[1:])} voxels as in the stack, got {times(frames.shape[1:])} in {name}; "
                     "use the same camera region.")  # fmt: skip


def pair_of(given, option):
    """Read two rising energies, 8250:8320."""
    if given is None:
        return None
    ends = [number(0.0)(part, option) for part in given.split(":")]
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise InputError(f"{option}: expected two rising energies like 8250:8320, got {given}; correct it.")
    return tuple(ends)


def states_of(given, count):
    """Read which states of a series are used, 0:111."""
    if given is None:
        return 0, count
    ends = [whole(0, count)(part, "--select") for part in given.split(":")]
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise InputError(f"--select: expected two rising numbers like 0:111, got {given}; correct it.")
    return tuple(ends)


def listed_counts(counts):
    """Word counts: 120 used, 3 dead."""
    return ", ".join(f"{n} {name}" for name, n in counts.items())
