"""Options of the commands on stacks of spectra, and reading what they name."""

from dataclasses import dataclass, replace
from enum import StrEnum

from ..base.errors import InputError
from ..base.schema import number, whole
from .console import times
from .option_lists import choice_option, flag_option, text_option


class MethodName(StrEnum):
    """How a spectrum becomes one number."""

    EDGE, LCF, THREE = "edge", "lcf", "three-energy"


class EdgeKind(StrEnum):
    """What the edge energy is."""

    HALF, DERIVATIVE, PEAK = "half", "derivative", "peak"


@dataclass(frozen=True)
class SpectraOptions:
    """How a spectrum becomes one number, in the words of the command line."""

    energies: text_option("--energies", "FILE", "Energies in eV, one a line, rising; or file.h5::name.") = (
        None
    )
    method: choice_option(MethodName, "--method", "How a spectrum becomes one number.") = MethodName.EDGE
    edge: choice_option(EdgeKind, "--edge", "Edge energy: half height, steepest rise, white line.") = (
        EdgeKind.HALF
    )
    level: text_option("--level", "MU", "Normalised absorption of --edge half.") = "0.5"
    width_eV: text_option("--width-eV", "W", "Half the range of the local fit of the edge, eV.") = None
    e0: text_option("--e0", "E", "Nominal edge, eV. Absent: steepest rise of the mean.") = None
    pre: text_option("--pre", "E:E", "Range of the pre-edge line, eV.") = None
    post: text_option("--post", "E:E", "Range of the post-edge polynomial, eV.") = None
    post_degree: text_option("--post-degree", "N", "Degree of the post-edge polynomial.") = None
    edge_range: text_option("--edge-range", "E:E", "Where the edge is looked for, eV.") = None
    three: text_option("--three", "E,E,E", "Energies before, at, behind the edge, eV (three-energy).") = None
    references: text_option(
        "--references", "FILE[::A,B]", "Reference spectra: .nor, csv or columns; A,B picks some."
    ) = None
    reference_lithiation: text_option(
        "--reference-lithiation", "X,X", "Lithiation of the references, in their order."
    ) = None
    shift: text_option("--shift", "EV|fit", "Energy shift of the references, eV; fit: to the mean (lcf).") = (
        "0"
    )
    background: text_option(
        "--background", "N", "Terms of a polynomial fitted along: 0, 1 constant, 2 line (lcf)."
    ) = "1"
    fit_range: text_option("--fit-range", "E:E", "Energies of the fit, eV (lcf).") = None
    sum_to_one: flag_option("--sum-to-one", "Weights add up to 1, of normalised spectra (lcf).") = False
    normalised: flag_option("--normalised", "The spectra are normalised already: jump 1, no baseline.") = (
        False
    )
    noise: text_option(
        "--noise", "S", "Standard deviation of mu. Absent: counting (--flat), else scatter or misfit."
    ) = None
    foil: text_option(
        "--foil", "FILE", "Spectra of a foil taken along, one for each of a series; their shifts are undone."
    ) = None
    energy_shift: text_option(
        "--energy-shift", "FILE", "eV by which each spectrum's energies are too high, one a line; undone."
    ) = None

    def settings(self):
        """Put the method together, still without windows."""
        from ..maps.soc_maps import Method

        if self.shift == "fit" and self.method is not MethodName.LCF:
            raise InputError(
                f"--shift: expected a number for the method {self.method}, got fit; fit it with --method lcf"
                " first."
            )
        return Method(
            self.method.value,
            self.edge.value,
            number(0.01, 0.99)(self.level, "--level"),
            _or_none(number(0.0), self.width_eV, "--width-eV"),
            None,
            _three(self.three),
            whole(0, 3)(self.background, "--background") or None,
            self.sum_to_one,
            shift=None if self.shift == "fit" else number()(self.shift, "--shift"),
            fit_range=pair_of(self.fit_range, "--fit-range"),
            normalised=self.normalised,
        )

    def with_windows(self, settings, mu, energies):
        """Choose the energy windows of a method: as given, else from the mean spectrum. Three images need
        none."""
        from ..maps.soc_maps import mean_spectrum
        from ..maps.spectra import windows_for

        if settings.windows is not None or settings.name == "three-energy" and len(energies) == 3:
            return settings
        if len(energies) == 3:
            raise InputError(
                f"--method: expected three-energy for a stack of three images, got {self.method}; choose"
                " that."
            )
        windows = windows_for(
            energies,
            mean_spectrum(mu),
            e0=_or_none(number(0.0), self.e0, "--e0"),
            pre=pair_of(self.pre, "--pre"),
            post=pair_of(self.post, "--post"),
            edge=pair_of(self.edge_range, "--edge-range"),
            post_degree=_or_none(whole(0, 3), self.post_degree, "--post-degree"),
        )
        return replace(settings, windows=windows)

    def on_one_scale(self, mu, energies):
        """Undo what the energies of each spectrum are off, by its foil or as listed."""
        if self.foil is None and self.energy_shift is None:
            return mu
        if self.foil is not None and self.energy_shift is not None:
            raise InputError("--energy-shift: expected either this or --foil, got both; leave one out.")
        from ..maps.foil import energy_shifts, on_one_scale
        from ..maps.stacks import read_numbers, read_series

        if self.foil is None:
            return on_one_scale(mu, energies, read_numbers(self.energy_shift))
        return on_one_scale(
            mu, energies, energy_shifts(read_series(self.foil, energies=energies)[1], energies)
        )

    def read_references(self):
        """Read the references and their lithiation."""
        if self.references is None:
            return None, None
        from ..maps.stacks import read_references

        found = read_references(self.references)
        if self.reference_lithiation is None:
            return found, None
        numbers = [
            number(-10, 10)(part, "--reference-lithiation") for part in self.reference_lithiation.split(",")
        ]
        if len(numbers) != len(found.names):
            raise InputError(
                f"--reference-lithiation: expected one number for each of {', '.join(found.names)}, got "
                f"{len(numbers)}; correct it."
            )
        return found, numbers


def _or_none(read, given, option):
    return None if given is None else read(given, option)


def _three(given):
    if given is None:
        return None
    found = tuple(number(0.0)(part, "--three") for part in given.split(","))
    if len(found) != 3 or not found[0] < found[1] < found[2]:
        raise InputError(
            f"--three: expected three rising energies (before, at, behind the edge), got {given}; correct it."
        )
    return found


def calibrated(path, method, references):
    """Read a calibration: the method as it was calibrated, and the curve."""
    from ..maps.lithiation import load_calibration
    from ..maps.soc_maps import Method

    curve = load_calibration(path)
    if curve.method != method.value:
        raise InputError(
            f"--calibration: expected one of the method {method.value}, got one of {curve.method} in {path}; "
            f"add --method {curve.method}."
        )
    names = curve.settings.get("references")
    if names and (references is None or list(references.names) != names):
        raise InputError(
            f"--calibration: expected the references {', '.join(names)} that {path} was made with, got "
            f"{', '.join(references.names) if references else 'none'}; add --references."
        )
    return Method.of(curve.settings), curve


def absorption_of(images, flat, dark, photons, saturation, noise, file_axes):
    """Absorption, its sigma and reasons: from frames, or as the stack has it."""
    noise = None if noise is None else number(0.0)(noise, "--noise")
    if flat is None:
        alone = {
            "--dark": dark,
            "--saturation": saturation,
            "--photons-per-unit": None if photons == "1" else photons,
        }
        for option, given in alone.items():
            if given is not None:
                raise InputError(f"{option}: expected reference frames beside it, got none; add --flat.")
        return images.values, noise, None
    from ..maps.frames import optical_density

    light, offset = (
        None if name is None else frames_of(name, images.values.shape, file_axes, name == flat)
        for name in (flat, dark)
    )
    found = optical_density(
        images.values,
        light,
        offset,
        photons_per_unit=number(0.0, above=True)(photons, "--photons-per-unit"),
        saturation=None if saturation is None else number(0.0, above=True)(saturation, "--saturation"),
    )
    return found.values, found.sigma if noise is None else noise, found.reason


def frames_of(name, shape, file_axes, light):
    """Frames like the stack, or one frame for all energies; a stack of another length is repeats of one
    frame."""
    import numpy as np

    from ..maps.stacks import read_stack

    frames = read_stack(name, file_axes=file_axes).values
    if frames.shape == shape:
        return frames
    if frames.shape[1:] == shape[1:]:
        return (
            frames[0]
            if len(frames) == 1
            else np.broadcast_to(frames[:, None], (len(frames), *shape))
            if light
            else frames
        )
    raise InputError(
        f"expected frames of {times(shape[1:])} voxels as in the stack, got {times(frames.shape[1:])} in"
        f" {name}; use the same camera region."
    )


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
