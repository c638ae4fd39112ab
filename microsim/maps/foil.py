"""Energy scale of each spectrum, from a reference foil that was measured along with it."""

import numpy as np

from ..base.errors import InputError
from .spectra import as_rows, check_energies, curve_through, slope_of
from .stacks import read_numbers, read_series

BEFORE, BEHIND = 5.0, 150.0  # eV about the foil's edge: edge and near-edge structure
LARGEST, STEPS = 3.0, 4  # eV; Gauss-Newton steps


def energy_shifts(foil, energies, *, window=None):
    """Find by how much the energies of each spectrum are too high (eV, [...]), against the mean of all foils.

        foil_k(E) = a_k mean(E - d_k) + b_k + c_k E,   least squares in a, b, c, d

    foil    [energy, ...], absorption of the foil; energies [energy], eV
    window  eV, rising: what is compared; default from 5 eV before the mean's steepest rise to 150 eV behind
            it

    Raises InputError for foils that are not finite, have no edge there, or are off by more than 3 eV.
    """
    energies = check_energies(energies, len(foil))
    rows, shape = as_rows(foil, energies.size)
    if not np.isfinite(rows).all():
        raise InputError("expected finite spectra of the foil, got NaN or infinity; leave those states out.")
    mean = rows.mean(axis=1)
    e0 = energies[np.argmax(slope_of(energies, mean))]
    low, high = window or (e0 - BEFORE, e0 + BEHIND)
    inside = (energies >= low) & (energies <= high)
    if inside.sum() < 6:
        raise InputError(
            f"expected at least 6 energies about the foil's edge, {low:g} to {high:g} eV, got {inside.sum()};"
            " widen the range."
        )
    curve = curve_through(energies, mean)
    found = np.array([_shift(spectrum, energies, curve, inside) for spectrum in rows.T])
    if not (np.abs(found) <= LARGEST).all():
        bad = int((~(np.abs(found) <= LARGEST)).sum())
        raise InputError(
            f"expected foils whose edges lie within {LARGEST:g} eV of each other, got {bad} of {found.size}"
            " that do not; check that these are the foil's spectra."
        )
    return found.reshape(shape)


def _shift(spectrum, energies, mean, inside):
    """Gauss-Newton in the shift; infinite for a spectrum that does not rise where the mean does."""
    chosen, shift = energies[inside], 0.0
    line = (chosen - chosen[0]) / np.ptp(chosen)
    for _ in range(STEPS):
        at = np.clip(chosen - shift, energies[0], energies[-1])
        design = np.column_stack([mean(at), -mean(at, 1), np.ones(at.size), line])
        scale, moved, *_ = np.linalg.lstsq(design, spectrum[inside], rcond=None)[0]
        if scale <= 0:
            return np.inf
        shift += np.clip(moved / scale, -1.0, 1.0)
    return shift


def own_scale_undone(mu, energies, foil=None, energy_shift=None):
    """Bring spectra to the energies as listed: by a foil's spectra, one for each, or by shifts (eV); neither:
    as they are.

    foil, energy_shift: as read_series and read_numbers take them.
    """
    if foil is None and energy_shift is None:
        return mu
    if foil is not None and energy_shift is not None:
        raise InputError("--energy-shift: expected either this or --foil, got both; leave one out.")
    if foil is None:
        return on_one_scale(mu, energies, read_numbers(energy_shift))
    return on_one_scale(mu, energies, energy_shifts(read_series(foil, energies=energies)[1], energies))


def on_one_scale(mu, energies, shifts):
    """Bring spectra [energy, ...] whose energies are too high by shifts [...] (eV) to the energies as listed.

    Cubic splines through the energies, for straight lines flatten edges; the ends repeat. A spectrum that
    lacks values has none where a spline would need them. Raises InputError for another number of shifts.
    """
    rows, shape = as_rows(mu, len(energies))
    shifts = np.ravel(np.asarray(shifts, float))
    if shifts.size != rows.shape[1] or not np.isfinite(shifts).all():
        raise InputError(
            f"expected a finite energy shift for each of the {rows.shape[1]} spectra, got {shifts.size}; "
            "give one a line, in their order."
        )
    moved = [_moved(spectrum, energies, d) for d, spectrum in zip(shifts, rows.T)]
    return np.stack(moved, axis=1).reshape(len(energies), *shape)


def _moved(spectrum, energies, shift):
    at, known = np.clip(energies + shift, energies[0], energies[-1]), np.isfinite(spectrum)
    if not shift:
        return spectrum
    if known.sum() < 2:
        return np.full(energies.size, np.nan)
    out = curve_through(energies[known], spectrum[known])(at)
    return np.where(np.isfinite(np.interp(at, energies, spectrum)), out, np.nan)
