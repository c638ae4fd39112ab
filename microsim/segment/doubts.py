"""What speaks against a segmentation: uneven brightness, levels that overlap, phases of stray voxels.

The bounds of the fractions move edges by a share of the step between two levels. They hold where the levels
are the same everywhere; brightness that changes across the volume by more is a step that was left out.
"""

from itertools import pairwise

import numpy as np
from scipy import ndimage

from ..base.axes import AXES
from ..volumes.slabs import windows
from .edges import blurred_films
from .segmentation import APART, VALLEY

BLOCKS = 6  # along each axis, in which levels are measured
FEWEST_OF_LINE = 5  # voxels of a phase in a line that show whether it is a curtain
FEWEST = 100  # voxels of a phase in a block that show its level
RARE = 5e-3  # share of a phase below which it may be stray voxels
CLEARLY = 1.5  # times more: one kind of change rather than another
NOISY = 2e-3  # share of voxels without one of their own beside them: noise, not structure
ALONE = 0.5  # share of a phase's voxels without another beside them
PORES = ("pore", "pores", "void", "voids", "porosity", "air", "electrolyte")
SAMPLED = 4_000_000  # voxels


def doubts(state, bounds):
    """List what speaks against the labels, as sentences; bounds: share of the grey step that edges move."""
    said = [*broken_bounds(state, bounds), *_overlapping(state), *_stray(state), *_turned(state.phases)]
    extremes = state.found.get("extremes")
    if extremes:
        count = extremes["voxels_brought_in"]
        said.append(f"{count} voxels far outside the grey values of the others (zingers, dead pixels)")
    return said


def _turned(phases):
    """Say that pores are not the darkest phase, as they are to X-rays and electrons."""
    pores = [name for name in phases if name.lower() in PORES]
    if pores and phases[0] not in pores:
        yield (
            f"{phases[0]} is darker than {pores[0]}, for phases are named from dark to bright: in X-ray and"
            " electron images pores are the darkest"
        )


def broken_bounds(state, bounds):
    """List the steps that were left out without which low and high volumes do not hold the truth."""
    sampled = _sampled(state)
    uneven, curtains = _uneven(state, bounds, sampled), _curtains(state, bounds, sampled)
    told = []
    if curtains[0] > CLEARLY * uneven[0]:  # shading along one axis changes lines along the others, too
        told = [
            _said(*curtains[:2], bounds, "from line to line along {0}", "--curtains-along {0}", curtains[2])
        ]
    elif uneven[0] > bounds:
        told = [_said(*uneven[:2], bounds, "along {0}", "--normalise {0}", uneven[2])]
    return [*told, *_blurred(state)]


def _said(share, name, bounds, how, option, axis):
    """The sentence on a level that changes."""
    where = "across the volume" if axis is None else how.format(AXES[axis])
    remedy = "" if axis is None else f" ({option.format(AXES[axis])})"
    return (
        f"the brightness of {name} changes {where} by {200 * share:.0f} % of the step to the next level, more"
        f" than low and high volumes cover ({200 * bounds:.0f} %): the bounds of the fractions do not hold;"
        f" even it out first{remedy}"
    )


def _sampled(state):
    """Grey values [x, y, z] of some voxels, and for each phase which of them show its level: those whose
    neighbours have the same label; of a shell, which has none, all."""
    step = max(int(np.cbrt(state.labels.size / SAMPLED)), 1)
    cut = (slice(None, None, step),) * 3
    grey, labels = np.asarray(state.matter[cut], np.float32), np.asarray(state.labels[cut])
    flat = _flat(state.labels, step)
    known = [(labels == k) & flat for k in range(len(state.phases))]
    return grey, [one if np.count_nonzero(one) > FEWEST else labels == k for k, one in enumerate(known)]


def _flat(labels, step):
    """Which voxels, every `step`th along each axis, have neighbours of the same label alone."""
    parts = []
    for slab, own, first in windows(labels, reach=1):
        same = ndimage.maximum_filter(slab, 3) == ndimage.minimum_filter(slab, 3)
        parts.append(same[own][-first % step :: step, ::step, ::step].copy())  # a view would keep the slab
    return np.concatenate(parts)


def _uneven(state, bounds, sampled):
    """The phase whose level changes most across the volume: (share of twice the step, name, axis or None for
    no single one), the share `bounds` and no name where none changes by more."""
    grey, shown = sampled
    worst = (bounds, None, None)
    for k, (name, known) in enumerate(zip(state.phases, shown)):
        where, values = np.nonzero(known), grey[known]
        for axis in range(3):
            apart = _range_of_medians(values, where[axis], grey.shape[axis])
            worst = max(worst, (apart / (2 * _step_to(state.levels, k)), name, axis), key=lambda one: one[0])
        blocks = np.ravel_multi_index([BLOCKS * w // n for w, n in zip(where, grey.shape)], (BLOCKS,) * 3)
        apart = _range_of_medians(values, blocks, BLOCKS**3, groups=BLOCKS**3)
        if apart / (2 * _step_to(state.levels, k)) > CLEARLY * worst[0]:
            worst = (apart / (2 * _step_to(state.levels, k)), name, None)
    return worst


def _curtains(state, bounds, sampled):
    """The phase whose level changes most from one line of voxels to the next, as `_uneven` has it."""
    grey, shown = sampled
    worst = (bounds, None, None)
    for k, (name, known) in enumerate(zip(state.phases, shown)):
        residual = np.where(known, grey - state.levels.means[k], 0.0)
        for axis in range(3):
            apart = 2 * _spread_of_lines(residual, known, axis)  # a standard deviation to each side, twice
            worst = max(worst, (apart / _step_to(state.levels, k), name, axis), key=lambda one: one[0])
    return worst


def _spread_of_lines(residual, known, axis):
    """Standard deviation of the means of lines of voxels along an axis, less what noise makes of it."""
    count = known.sum(axis)
    several = count >= FEWEST_OF_LINE
    if np.count_nonzero(several) < FEWEST:
        return 0.0
    means = residual.sum(axis)[several] / count[several]
    within = (residual**2).sum(axis)[several] / count[several] - means**2
    noise = within / (count[several] - 1)
    return float(np.sqrt(max(np.var(means) - 2 * np.mean(noise), 0.0)))


def _range_of_medians(values, places, count, groups=4 * BLOCKS):
    """Range of the medians of values in groups of neighbouring places, less what chance makes of it."""
    group = places * min(groups, count) // count
    order = np.argsort(group, kind="stable")
    parts = np.split(values[order], np.cumsum(np.bincount(group, minlength=min(groups, count)))[:-1])
    known = [part for part in parts if part.size >= FEWEST]
    if len(known) < 2:
        return 0.0
    medians = [float(np.median(part)) for part in known]
    spread = np.median([np.std(part) / np.sqrt(part.size) for part in known])
    return max(float(np.ptp(medians)) - 6 * float(spread), 0.0)


def _step_to(levels, k):
    """The smaller of the steps from a level to those beside it."""
    return min(abs(levels.means[j] - levels.means[k]) for j in (k - 1, k + 1) if 0 <= j < len(levels.means))


def _overlapping(state):
    """Neighbouring phases whose levels are no two peaks."""
    levels = state.levels
    pairs = zip(pairwise(state.phases), pairwise(levels.means), pairwise(levels.spreads), levels.valleys)
    for (dark, bright), (a, b), (s, t), valley in pairs:
        far = (b - a) / np.sqrt((s**2 + t**2) / 2)
        if far < APART or valley > VALLEY:
            close = (
                f"lie {far:.1f} of their standard deviations apart"
                if far < APART
                else "have no valley between"
            )
            yield (
                f"the levels of {dark} and {bright} {close} and may be one phase, or noise: the bounds of the"
                " fractions do not hold; take off noise (--denoise nlm), name fewer phases or give"
                " --thresholds"
            )


def _blurred(state):
    """Phases of which blurred edges between two others were taken for films."""
    give = "; give such voxels to the two sides (--watershed), or sharpen first (--unsharp)"
    left = ", and the watershed left it; sharpen first (--unsharp)"
    for film in blurred_films(state):
        yield (
            f"{100 * film.share:.0f} % of {state.phases[film.k]} lies as a film between a darker and a"
            " brighter phase, which a blurred edge between those two explains better: the bounds of the"
            f" fractions do not hold{left if 'watershed' in state.found else give}"
        )


def _stray(state):
    """Phases of few voxels, or of voxels that stand alone, which may be none; stray voxels everywhere."""
    everywhere = 0
    for k, name in enumerate(state.phases):
        count, alone = _counted(state.labels, k)
        if count and alone > ALONE * count:
            yield f"most voxels of {name} stand alone: noise, zingers or dead pixels rather than a phase"
        elif count < RARE * state.labels.size:
            share = 100 * count / state.labels.size
            yield f"{name} has {share:.2g} % of the voxels: a phase, or stray voxels?"
        everywhere += alone / state.labels.size
    if everywhere > NOISY:
        yield (
            f"{100 * everywhere:.2g} % of all voxels stand alone in another phase: noise, which makes"
            " surfaces, paths and the shares of thin phases wrong by more than the bounds; take it off"
            " (--denoise nlm)"
        )


def _counted(labels, k):
    """Count the voxels of a label, and those of them without another beside them."""
    count = alone = 0
    for slab, own, _ in windows(labels, reach=1):
        known = slab == k
        beside = ndimage.convolve(
            known.astype(np.uint8), ndimage.generate_binary_structure(3, 1), mode="constant"
        )
        count += int(np.count_nonzero(known[own]))
        alone += int(np.count_nonzero((known & (beside == 1))[own]))
    return count, alone
