"""Is a stack what a method takes it for? Images off their neighbours, windows that it does not cover, spectra
that are normalised or not, and how far an edge energy hangs on the choice of windows."""

import numpy as np
from scipy import ndimage

from ..base.errors import InputError
from .edge import edge_energy
from .filed_stack import AT_ONCE, side_by_side
from .spectra import check_energies, normalisation, slope_of, windows_for

LOST = 0.05  # share of a window of the calibration that a stack may lack
# share of a window, and times the next widest step in it, from which on what lies between two energies is a
# hole: what is left on its sides bends the line by itself (0.02 of lithiation where seven tenths lack, 0.1 to
# 0.4 for more); far points that lie apart are no hole
HOLE, STEPS = 0.4, 5
NEAR = (5.0, 0.1, 5.0)  # eV: how far a stack's three energies may lie from the calibrated ones
FEWEST = 8  # energies by which an image can be told from its neighbours
OFF = 0.1  # of the jump: how far normalised spectra may lie from 0 before and 1 behind the edge
BEFORE, BEHIND = 15.0, 25.0  # eV about the steepest rise where spectra bend
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the energies behind the edge, for what depends on the windows
CHUNK = AT_ONCE
HOT = 10.0  # times the height of the highest tenth: voxels above are left out of the mean


def mean_spectrum(mu):
    """Mean [energy] over the voxels whose spectra are finite and not ten times as high as nine tenths are."""
    flat = side_by_side(mu)
    parts = _parts(flat)
    known = np.concatenate([np.isfinite(flat[:, part]).all(axis=0) for part in parts])
    if not known.any():
        empty = int((~np.any([np.isfinite(flat[:, part]).any(axis=1) for part in parts], axis=0)).sum())
        raise InputError(
            f"expected voxels with finite spectra, got none of {flat.shape[1]}"
            f" ({empty} images hold no finite value at all); check flat and dark frames, or leave such images"
            " out."
        )
    with np.errstate(invalid="ignore"):
        height = np.concatenate([np.ptp(flat[:, part], axis=0) for part in parts])
    known &= ~(height > HOT * np.quantile(height[known], 0.9))
    return sum(flat[:, part][:, known[part]].sum(axis=1, dtype=float) for part in parts) / known.sum()


def _parts(flat):
    """Spectra that are looked at together."""
    return [slice(k, k + CHUNK) for k in range(0, flat.shape[1], CHUNK)]


def check_images(energies, mean):
    """Refuse a stack with an image, or two in a row, whose mean lies off the line through its neighbours.

    Before the edge by a tenth of the range of the spectrum, behind it and at the ends by three tenths; about
    the edge, where spectra bend, by half where the energies lie within 1 eV, and by twice what the slopes on
    the two sides differ by.
    """
    bad = _bad_images(check_energies(energies), np.asarray(mean, float))
    if bad:
        said = ", ".join(f"{e:.6g} eV (by {off:.2g} of the range of the mean)" for e, off in bad[:3])
        more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
        raise InputError(
            f"expected images that go on from their neighbours, got {said}{more} off them; leave those images"
            " out of the stack and of the energies."
        )


def _bad_images(energies, mean):
    """Energies of the images that lie off their neighbours, by what share of the range; the worst first."""
    found = []
    while energies.size >= FEWEST and len(found) < energies.size:
        smooth = ndimage.median_filter(mean, 5, mode="mirror")
        edge, height = energies[np.argmax(slope_of(energies, smooth))], float(np.ptp(smooth))
        if height == 0:
            break
        over = _off_neighbours(energies, mean) - np.maximum(_allowed(energies, edge) * height, 1e-12)
        k = int(np.argmax(over))
        if over[k] <= 0:
            break
        near = np.median(np.delete(mean[max(k - 2, 0) : k + 3], min(k, 2)))
        found.append((float(energies[k]), float(abs(mean[k] - near) / height)))
        energies, mean = np.delete(energies, k), np.delete(mean, k)
    return found


def _off_neighbours(energies, mean):
    """How far each image lies off the line through its neighbours beyond what their slopes explain."""
    n, off = energies.size, np.zeros(energies.size)
    slope = np.diff(mean) / np.diff(energies)
    for length in (2, 1):
        for k in range(2, n - length - 1):
            left, right, run = k - 1, k + length, slice(k, k + length)
            line = np.interp(energies[run], energies[[left, right]], mean[[left, right]])
            found = mean[run] - line
            bend = 2 * abs(slope[right] - slope[left - 1]) * (energies[right] - energies[left])
            least = np.abs(found).min() if abs(np.sign(found).sum()) == length else 0.0
            off[run] = np.maximum(off[run], max(least - bend, 0.0))
    for k, near, far in ((0, 1, 2), (1, 2, 3), (n - 1, n - 2, n - 3), (n - 2, n - 3, n - 4)):
        off[k] = max(off[k], abs(mean[k] - mean[near]) - 3 * abs(mean[near] - mean[far]))
    return off


def _allowed(energies, edge):
    """Shares of the range by which images may lie off their neighbours, by where they are."""
    steps = np.minimum(np.diff(energies, prepend=energies[0] - 1), np.diff(energies, append=energies[-1] + 1))
    about = np.where(steps <= 1.0 + 1e-6, 0.5, np.inf)
    allowed = np.select([energies < edge - BEFORE, energies <= edge + BEHIND], [0.1, about], 0.3)
    allowed[[0, 1, -2, -1]] = np.maximum(allowed[[0, 1, -2, -1]], 0.3)
    return allowed


def check_covered(energies, windows):
    """Refuse a stack that lacks a part of the windows that a calibration was made with."""
    for low, high in (windows.pre, windows.post):
        lost = max(energies[0] - low, 0.0) + max(high - energies[-1], 0.0)
        if lost > LOST * (high - low):
            (a, b), (c, d) = windows.pre, windows.post
            raise InputError(
                f"expected energies that cover the windows of the calibration (pre-edge {a:g} to {b:g} eV,"
                f" post-edge {c:g} to {d:g} eV), got {energies[0]:g} to {energies[-1]:g} eV; calibrate with"
                " --pre and --post within what both have."
            )
        if hole := _hole(energies, low, high):
            raise InputError(
                f"expected energies throughout the windows of the calibration, here {low:g} to {high:g} eV,"
                f" got none from {hole[0]:g} to {hole[1]:g} eV; calibrate with --pre and --post within what"
                " both have."
            )


def _hole(energies, low, high):
    """The ends of the widest gap between energies in a window, and between these and those beside it, if it
    is one that they leave out, else None."""
    first, stop = np.searchsorted(energies, [low, high], side="left")
    stop += int(stop < energies.size and energies[stop] == high)
    ends = energies[max(first - 1, 0) : stop + 1]
    steps = np.diff(np.clip(ends, low, high))
    if steps.size < 3 or steps.max() <= max(HOLE * (high - low), STEPS * np.sort(steps)[-2]):
        return None
    k = int(np.argmax(steps))
    return float(ends[k]), float(ends[k + 1])


def check_three(energies, three):
    """Refuse a stack whose nearest energies are not those that a calibration was made at."""
    nearest = [float(energies[np.argmin(np.abs(energies - wanted))]) for wanted in three]
    if any(abs(got - wanted) > near for got, wanted, near in zip(nearest, three, NEAR)):
        raise InputError(
            f"expected images at the energies of the calibration, {_listed(three)} eV, got"
            f" {_listed(nearest)}; calibrate with --three at energies that both have."
        )


def _listed(energies):
    return ", ".join(f"{e:g}" for e in energies)


def check_normalised(mu, energies, windows):
    """Refuse spectra that are said to be normalised and are not: 0 before, 1 behind the edge in most."""
    norm = normalisation(energies, windows)
    flat, before, jump = side_by_side(mu), [], []
    at = int(np.argmin(np.abs(norm.energies - windows.e0)))
    for part in _parts(flat):
        rows = flat[:, part]
        rows = rows[:, np.isfinite(rows).all(axis=0)].astype(float)
        rows = rows[:, np.ptp(rows, axis=0) > 0]
        before.append(norm.background[at] @ rows)
        jump.append(norm.jump @ rows)
    before, jump = np.concatenate(before), np.concatenate(jump)
    edges = (jump > 0.5) & (jump < 2)
    fitting = edges & (np.abs(before) < OFF) & (np.abs(jump - 1) < OFF)
    if fitting.sum() < 0.2 * jump.size or fitting.sum() < 0.6 * edges.sum():
        raise InputError(
            "expected normalised spectra (0 before the edge, 1 behind it) as --normalised or the calibration"
            f" says, got {np.median(before):.3g} and a jump of {np.median(jump):.3g} in the middle of the"
            " voxels; leave --normalised out, of the calibration too, which then fits both kinds."
        )


def window_spread(mean, energies, method):
    """How far (eV) the edge energy of a mean spectrum moves with the end of the scan: half the range.

    The spectrum is cut at 1/4, 1/2, 3/4 and all of the energies behind the edge, and the windows are chosen
    anew each time. 0 for spectra that are normalised already.
    """
    if method.normalised:
        return 0.0
    found, e0 = [], method.windows.e0
    for share in SHARES:
        kept = energies <= e0 + share * (energies[-1] - e0)
        try:
            norm = normalisation(energies[kept], windows_for(energies[kept], mean[kept], e0=e0))
            edge = edge_energy(mean[kept], norm, kind=method.kind, level=method.level, width=method.width)
        except InputError:  # too few energies for windows behind the edge
            continue
        found.append(float(edge.values))
    found = np.array(found)[np.isfinite(found)]
    return float(np.ptp(found) / 2) if found.size > 1 else 0.0
