"""What a reader of maps of successive states must know of them: sentences on order, place and noise."""

from itertools import combinations, pairwise

import numpy as np

from ..base.quantities import LEAST_NOISE, MOST_NOISE
from ..maps.independence import neighbours_over_noise
from ..maps.scale import strays
from ..volumes.formats.slices import natural

SHARED = 0.8  # of a map's voxels that all maps of a series have, below which it is worth a sentence
SMOOTH = 0.8  # of the square differences that noise alone makes, below which it is no independent noise
COMPARED = (
    "Scores take it as each voxel's own, by which wrong models look better than they are: compare on the"
    " voxels in which was measured."
)
OVERSTATED = 1.2  # times the spread of a map, which holds its noise


def names_remarks(names):
    """Say where files stand in the order of a listing, map_10 before map_2, and not in that of their
    numbers."""
    names = list(names)
    counted = sorted(names, key=natural)
    if names == sorted(names) != counted:
        yield (
            f"Maps stand in the order {', '.join(names)}, as a listing has them; by their numbers it is"
            f" {', '.join(counted)}: give them in the order of time."
        )


def shared_remarks(states, shared, lithium, noise, native=True):
    """Say where maps have few voxels in common, hold values that are no lithiation, or a noise that is larger
    than all that a map varies, or than what neighbours differ.

    shared: the voxels that count [x, y, z]; lithium, noise: of the states [state, x, y, z], noise or None;
    native: whether it is known in which voxels was measured.
    """
    measured = [k for k, state in enumerate(states) if not state.run]
    yield from _runs_apart([state for state in states if state.run])
    for k in measured:
        share = np.count_nonzero(shared) / np.count_nonzero(np.isfinite(states[k].values))
        if share < SHARED:
            yield (
                f"{share:.0%} of the voxels of {states[k].name} have a value in every map and count: are all"
                " maps of one place, not shifted, turned or mirrored against one another?"
            )
            break
    for k in measured:
        known = None if noise is None else noise[k][shared]
        told = strays(lithium[k][shared], known, f"voxels of {states[k].name}")
        yield from [told] * bool(told)
        yield from () if noise is None else without_noise(states[k].name, lithium[k], noise[k])
    for k in () if noise is None else range(len(states)):
        yield from _noise_remarks(
            states[k], *(np.where(shared, one[k], np.nan) for one in (lithium, noise)), native
        )


def _runs_apart(runs):
    """Say where runs hold lithium in other voxels, as those of two crops of one image do.

    runs: StateMaps of runs."""
    known = [np.isfinite(run.values) for run in runs]
    share = np.mean(np.all(known, axis=0)[known[0]]) if known else 1.0
    if share < SHARED:
        yield (
            f"{share:.0%} of the voxels of {runs[0].name} have a value in every run and count: states of"
            " other crops, or of other volumes, are laid on each other voxel by voxel."
        )


def without_noise(name, values, sigma):
    """Say how many voxels of a map have a value and do not count, for they have no noise that says anything.

    name: of the map; values: [x, y, z]; sigma: of map_series.usable_noise, or None."""
    known = np.isfinite(values)
    lost = 0 if sigma is None else np.count_nonzero(known & ~np.isfinite(sigma))
    if lost:
        yield (
            f"{lost} of {np.count_nonzero(known)} voxels of {name} are left out: they have no noise above"
            f" {LEAST_NOISE:g} and up to {MOST_NOISE:g}."
        )


def overstated(name, values, sigma, of=""):
    """Say where a noise is larger than all that a map varies.

    name: of the map; values, sigma: of the voxels that count, NaN where there is none; None for no noise; of:
    what both are of, in words."""
    rms = 0.0 if sigma is None else float(np.sqrt(np.nanmean(sigma**2)))
    spread = float(np.nanstd(values))
    if rms > OVERSTATED * spread > 0:
        yield (
            f"The noise of {name}, {rms:.3g}{of}, is larger than all that the map varies,"
            f" {spread:.3g}: it is overstated, or in another unit."
        )


def _noise_remarks(state, values, sigma, native):
    told = list(overstated(state.name, values, sigma, " of lithium"))
    if told:
        yield from told
        return
    ratio = None if native else too_alike(values, sigma)
    if ratio is not None:
        yield interpolated_remark(state.name, ratio)


def too_alike(values, sigma):
    """Return what neighbours of a map differ over what its noise says (rms), None where that is no less.

    values, sigma: [x, y, z], NaN where there is none.
    """
    ratio = neighbours_over_noise(values, sigma) if np.nanstd(values) else None
    return float(np.sqrt(ratio)) if ratio is not None and ratio < SMOOTH else None


def interpolated_remark(name, ratio):
    """Say of a map that its neighbours are too alike for its noise; ratio: of too_alike."""
    return (
        f"{_alike(name, ratio)} Sigmas of means are those of independent voxels: give --native-voxel-size-nm"
        " where these are finer than was measured."
    )


def lenient_remarks(name, values, sigma, so=COMPARED):
    """Say of a map where its neighbours are too alike for its noise, and what that does.

    name: of the map; values, sigma: of the voxels that count [x, y, z], NaN elsewhere; sigma None for none;
    so: what it does, a sentence."""
    ratio = None if sigma is None else too_alike(values, sigma)
    if ratio is not None:
        yield f"{_alike(name, ratio)} {so}"


def _alike(name, ratio):
    return (
        f"Neighbours in {name} differ by {ratio:.2g} of what its noise says: it was interpolated or smoothed,"
        " or the noise is overstated, or common to many voxels as that of a calibration is."
    )


def order_remarks(states, direction):
    """Say what speaks against the order in which maps of successive states were given.

    direction: of each process between them, above zero where lithium came in.
    """
    yield from names_remarks(state.name for state in states if not state.run)
    runs = {str(state.run.path) for state in states if state.run}
    if len(runs) > 1:
        yield f"States are of {len(runs)} runs: what differs between runs counts as reaction, too."
    for (k, one), (other_k, other) in combinations(enumerate(states, 1), 2):
        if other_k > k + 1 and np.nanmin(one.values) == np.nanmax(one.values):
            continue  # constants return
        if np.array_equal(one.values, other.values, equal_nan=True):
            yield f"Maps {k} and {other_k} are the same, value by value: is one named twice?"
    for k, (first, second) in enumerate(pairwise(direction), 1):
        if first == second:
            way = "into" if first > 0 else "out of"
            yield (
                f"Processes {k} and {k + 1} both bring lithium {way} the material, as the maps stand: if they"
                " are in order these are two parts of one charge or discharge, and their difference is no"
                " loss of capacity."
            )
