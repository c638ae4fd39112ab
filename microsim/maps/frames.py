"""Detector frames: from sample, reference and dark images to absorption, with the noise of counting."""

from dataclasses import dataclass
from os import PathLike

import numpy as np

from ..base.errors import InputError
from ..base.words import times
from .spectra import CODE
from .stacks import read_stack

# share of the light (mu of 7): below, what is seen is stray light and the error of the one dark frame
DARKEST = 1e-3
OFFSET = 0.01  # of a camera, share of the light: what one forgotten is measured by


@dataclass(frozen=True)
class OpticalDensity:
    """Absorption from frames: values and sigma [energy, ...], reason [...] (a code into REASONS)."""

    values: np.ndarray
    sigma: np.ndarray
    reason: np.ndarray


def optical_density(sample, reference, dark=None, *, photons_per_unit=1.0, saturation=None):
    """Compute absorption from sample, reference (flat) and dark frames.

        mu = -ln((S - D) / (R - D)),   sigma^2 = 1 / (g (S - D)) + 1 / (g n (R - D)) + read noise

    sample        [energy, ...], detector units
    reference     the same shape, one frame [...] for all energies, or n repeats [n, energy, ...]
    dark          a number, one frame [...], or n repeats [n, ...]; their scatter is the read noise
    photons_per_unit  g: detected photons per detector unit
    saturation    detector value from which a pixel counts as saturated; default: the largest of an integer
                  type

    Returns OpticalDensity; voxels that are saturated, dead (no light in the reference, or behind the sample
    less than three standard deviations of the read noise or, where one dark frame does not show that, a
    thousandth of the reference) or not finite at any energy have NaN and their reason. Raises InputError for
    shapes that do not match, and for a reference without light.
    """
    sample, reference = np.asarray(sample), np.asarray(reference)
    if photons_per_unit <= 0:
        raise InputError(
            f"expected photons per unit above 0, got {photons_per_unit:g}; give the detector's gain."
        )
    full = _saturation(sample, saturation), _saturation(reference, saturation)
    offset, read_variance = _offset(dark, sample.shape)
    repeats = len(reference) if reference.ndim == sample.ndim + 1 else 1
    frames = reference if reference.ndim == sample.ndim + 1 else reference[None]
    if frames.shape[1:] not in (sample.shape, sample.shape[1:]):
        raise InputError(
            f"expected a reference of the shape {sample.shape} or {sample.shape[1:]}, got {reference.shape}; "
            "record it with the same camera region and energies."
        )
    saturated = (sample >= full[0]).any(axis=0) | _over(frames >= full[1], sample.ndim)
    behind = sample.astype(float) - offset
    light = np.broadcast_to(frames.mean(axis=0, dtype=float) - offset, sample.shape)
    if not (light > 0).any():
        raise InputError(
            "expected light in the reference frames, got none above the dark frames; "
            "check that flat and dark are not exchanged."
        )
    finite = np.isfinite(behind).all(axis=0) & np.isfinite(light).all(axis=0)
    least = np.where(read_variance > 0, 3 * np.sqrt(read_variance), DARKEST * light)
    dead = ~((behind > least).all(axis=0) & (light > 0).all(axis=0))
    reason = np.select([~finite, saturated, dead], [CODE["not finite"], CODE["saturated"], CODE["dead"]], 0)
    with np.errstate(all="ignore"):
        values = -np.log(behind / light)
        variance = 1 / (photons_per_unit * behind) + 1 / (photons_per_unit * repeats * light)
        variance += read_variance * (1 / behind**2 + 1 / (repeats * light**2))
    values[:, reason > 0] = np.nan
    variance[:, reason > 0] = np.nan
    return OpticalDensity(values, np.sqrt(variance), reason.astype(np.uint8))


def _saturation(frames, given):
    if given is not None:
        return given
    return np.iinfo(frames.dtype).max if frames.dtype.kind in "iu" else np.inf


def _over(bad, ndim):
    """Collapse repeats, and energies where the reference has them, to one flag for each pixel."""
    return bad.any(axis=(0, 1) if bad.ndim == ndim + 1 else 0)


def _offset(dark, shape):
    if dark is None:
        return 0.0, 0.0
    dark = np.asarray(dark, float)
    if dark.shape in ((), shape[1:], shape):
        return dark, 0.0
    if dark.ndim == len(shape) and dark.shape[1:] == shape[1:]:
        return dark.mean(axis=0), dark.var(axis=0, ddof=1) if len(dark) > 1 else 0.0
    raise InputError(
        f"expected dark frames of the shape {shape[1:]}, got {dark.shape}; use the same camera region."
    )


# ---- of a stack and the files beside it --------------------------------------------------------------------


def absorption(images, flat=None, dark=None, *, photons_per_unit=1.0, saturation=None, noise=None, axes=None):
    """Return the absorption of a stack, its sigma and, where known, why voxels have none.

    images      Stack: sample frames with `flat`, else absorption already
    flat, dark  reference and dark frames as read_stack takes them: like the stack, one frame for all
                energies, or repeats of one frame
    noise       standard deviation of mu; None: that of counting, where there are frames
    axes        of the files, slowest first
    """
    if flat is None:
        alone = {"--dark": dark, "--saturation": saturation}
        alone["--photons-per-unit"] = None if photons_per_unit == 1 else photons_per_unit
        for option, given in alone.items():
            if given is not None:
                raise InputError(f"{option}: expected reference frames beside it, got none; add --flat.")
        return images.values, noise, None
    light, largest = _frames(flat, images.values.shape, axes, repeated=True)
    offset = None if dark is None else _frames(dark, images.values.shape, axes, repeated=False)[0]
    if saturation is None:
        saturation = max((most for most in (images.largest, largest) if most), default=None)
    options = {"photons_per_unit": photons_per_unit, "saturation": saturation}
    found = optical_density(images.values, light, offset, **options)
    return found.values, found.sigma if noise is None else noise, found.reason


def dark_remark(flat, dark, mu):
    """Return sentences on what frames without a dark one leave open: none where one was given, or no frames.

    mu: absorption [energy, ...] as it was taken from them.
    """
    if flat is None or dark is not None:
        return ()
    middle = max(float(np.nanmedian(mu)), 0.0)
    lower = middle + np.log((np.exp(-middle) + OFFSET) / (1 + OFFSET))
    said = (
        "No dark frames were given (--dark): all counts are taken for light. An offset of"
        f" {OFFSET:.0%} of the flat's light in them would make the median absorption of {middle:.3g} too low"
        f" by {lower:.2g}, and high ones by more."
    )
    return (said,)


def _frames(given, shape, axes, *, repeated):
    """Frames of the stack's shape, and Stack.largest; of another length: one frame for all energies, or
    repeats of one frame.

    repeated: repeats come back as [repeat, energy, ...], which a reference needs; else as they are.
    """
    found = read_stack(given, file_axes=axes)
    frames = found.values
    if frames.shape == shape:
        return frames, found.largest
    if frames.shape[1:] != shape[1:]:
        where = given if isinstance(given, (str, PathLike)) else "an array"
        raise InputError(
            f"expected frames of {times(shape[1:])} voxels as in the stack, got {times(frames.shape[1:])} in"
            f" {where}; use the same camera region."
        )
    if len(frames) == 1:
        return frames[0], found.largest
    many = np.broadcast_to(frames[:, None], (len(frames), *shape)) if repeated else frames
    return many, found.largest
