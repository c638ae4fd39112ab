"""References on the energy scale of a stack: what a fitted shift's own error does to a map of lithiation, and
whether references fit as they stand, or would fit far better elsewhere on the scale."""

from dataclasses import replace

import numpy as np

from ..base.errors import InputError
from .filed_stack import AT_ONCE, side_by_side
from .soc_maps import measure_spectra

REACH = 4.0  # eV by which references may be off the energy scale of a stack
BETTER = 0.5  # of what references leave, below which those moved elsewhere are worth a sentence
END = 0.05  # of the lithiation between references: closer to one of them it is that one alone
LEAST_SHIFT = 0.1  # eV, within which energy scales agree anyway
POOR = 0.05  # of a mean spectrum that references may leave without a word
VOXELS = 1000  # that say how far lithiation moves with the shift
STEPS = (1e-3, 0.25)  # eV, within which lithiation is taken to be straight in the shift


def shift_error(mu, energies, measured, references, numbers):
    """Return the standard deviation of lithiation, common to all voxels, from that of a fitted shift,

        |d mean / d shift| sd(shift)

    mean: that of the map, of VOXELS of it where it has more; 0 where no shift was fitted.

    mu: [energy, ...]; measured: Measured of them; references, numbers: as of measure_spectra.
    """
    method = measured.method
    used = np.flatnonzero(measured.reason.ravel() == 0)
    if method.name != "lcf" or not method.shift_sigma or not used.size:
        return 0.0
    some = side_by_side(mu)[:, used[:: -(-used.size // VOXELS)]].astype(float)
    step = float(np.clip(method.shift_sigma, *STEPS))
    low, high = (
        measure_spectra(
            some, energies, replace(method, shift=method.shift + off), references=references, numbers=numbers
        ).quantity
        for off in (-step, step)
    )
    change = (high - low)[np.isfinite(high - low)]
    return float(abs(change.mean()) / (2 * step) * method.shift_sigma) if change.size else 0.0


def _mean_used(mu, measured):
    """Mean spectrum [energy, 1] of the voxels that were used, of some where they are many; None without."""
    used = np.flatnonzero(measured.reason.ravel() == 0)
    if not used.size:
        return None
    some = used[:: -(-used.size // AT_ONCE)]
    return side_by_side(mu)[:, some].astype(float).mean(axis=1, keepdims=True)


def fit_remark(mu, energies, measured, references, numbers):
    """Return sentences on references that leave much of the spectra, averaged over the voxels that were used
    so that noise is none of it, or far more than they would elsewhere on the scale; () where they fit.

    mu: [energy, ...]; measured: Measured of them; references, numbers: as of measure_spectra.
    """
    mean = _mean_used(mu, measured) if measured.method.name == "lcf" else None
    if mean is None:
        return ()
    found = measure_spectra(mean, energies, measured.method, references=references, numbers=numbers)
    moved = _moved_remark(mean, energies, measured.method, found, references, numbers)
    left = float(found.residual[0])
    if not left > POOR:
        return moved
    said = f"The references leave {left:.0%} of the mean spectrum: they are of another energy scale"
    return (*moved, f"{said} (--shift fit), another edge or thickness, or a state is missing among them.")


def _moved_remark(mean, energies, method, found, references, numbers):
    """A sentence on references that fit a mean spectrum [energy, 1] far better elsewhere on the energy scale
    than where they stand; found: Measured of it there. () where one of them alone does: that is an edge that
    moves with lithium, no other scale."""
    if numbers is None:
        return ()

    known = {"references": references, "numbers": numbers}
    own, best, reach = method.shift, (found.residual[0], method.shift, found), REACH
    for step in (REACH / 8, REACH / 64):
        for shift in best[1] + np.arange(-reach, reach + step / 2, step):
            try:
                there = measure_spectra(mean, energies, replace(method, shift=float(shift)), **known)
            except InputError:  # no energies that the moved references cover
                continue
            best = min(best, (there.residual[0], float(shift), there), key=lambda one: one[0])
        reach = step
    left, shift, there = best
    off = abs(there.quantity[0] - (max(numbers) + min(numbers)) / 2) / np.ptp(numbers)
    if not left < BETTER * found.residual[0] or abs(shift - own) < LEAST_SHIFT or off > 0.5 - END:
        return ()
    said = f"References moved by {shift - own:+.2g} eV leave {left:.1%} of the mean spectrum in place of"
    said += f" {found.residual[0]:.1%}, and make its lithiation {there.quantity[0]:.3g} in place of"
    said += f" {found.quantity[0]:.3g}: if they were measured on another energy scale, give --shift fit."
    return (said,)
