"""Shares of two phases in each voxel, from grey values that are blurred and noisy.

    min over 0 <= s <= 1 of  |G s - g|^2 / 2 + lambda TV(s),   lambda = 0.3 of the noise

g: grey values, 0 at the dark and 1 at the bright level; G: Gaussian blur of the image; TV: total variation
(Rudin, Osher and Fatemi 1992), by the primal-dual iteration of Condat (2013). Blur and total variation keep
the mean, so that volume is kept but for what the bounds take: noise in the middle of a phase can only lessen
a share of 1, by 0.003 where it is 5 % of the contrast (0.4 % of what pores around a few spheres conduct), so
that there shares are all or nothing again.

Where phases are a few voxels wide the medians of flat parts are no levels, for edges are as flat: a sphere of
3 voxels read 0.6 of its contrast. Levels, noise and blur are those that the voxels in the middle of phases
have once the light of edges, which the shares say, is taken off. Three phases have no such shares: a voxel
between the outer two looks like the middle one.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..base.errors import InputError

WEIGHT = 0.3  # lambda over the noise: more rounds edges off, less leaves noise in the shares
PASSES, FIT_PASSES, SAMPLE = 150, 60, 64
LEAST_BLUR, MOST_BLUR = 0.3, 3.0  # voxels
MIDDLE, FEWEST = 0.4, 8  # share of all 27 voxels around below which one is amid the other phase; of these
ROUNDS, SETTLED = 3, 0.1  # of levels, and the move over the noise that ends them
SURE, SUREST = 1.5, 0.25  # times the noise, and at most: what voxels amid a phase lack of all of it
STEP, DUAL_STEP = 0.5, 0.125  # 1 / STEP - 12 DUAL_STEP >= 1 / 2, as the iteration asks


@dataclass(frozen=True)
class Sight:
    """How an image shows two phases: dark and bright level, noise of a grey value (standard deviation), all
    in the image's grey values, and the standard deviation of its point spread in voxels."""

    dark: float
    bright: float
    noise: float
    blur: float

    def scaled(self, grey):
        """Return grey values with 0 at the dark and 1 at the bright level, and their noise."""
        step = self.bright - self.dark
        return (grey - np.float32(self.dark)) / np.float32(step), self.noise / step


def sight_of(grey, noise, blur=None):
    """Find how an image shows two phases, in the middle of a large one.

    grey    [x, y, z], about 0 at the dark and 1 at the bright level
    noise   about the standard deviation of a grey value
    blur    standard deviation of the point spread, voxels; None: fitted

    Returns a Sight.
    """
    sample = _sample(grey)
    sight = Sight(0.0, 1.0, noise, blur or LEAST_BLUR)
    for _ in range(ROUNDS):
        seen, rough = sight.scaled(sample)
        spread = blur or fitted_blur(seen, rough)
        dark, bright, rough = _levels_in_the_middle(seen, spread, rough)
        step, before = sight.bright - sight.dark, sight
        sight = Sight(sight.dark + dark * step, sight.dark + bright * step, rough * step, spread)
        if max(abs(sight.dark - before.dark), abs(sight.bright - before.bright)) < SETTLED * sight.noise:
            break
    return sight


def _levels_in_the_middle(grey, blur, noise):
    """Levels and noise of the voxels amid each phase, less the light of what is beside it; what was before
    where there are too few."""
    share = bright_share(grey, blur, noise, FIT_PASSES)
    amid = ndimage.maximum_filter(share, 3) < MIDDLE, ndimage.minimum_filter(share, 3) > 1 - MIDDLE
    left = (grey - _blurred(np.where(amid[0], 0, np.where(amid[1], 1, share)), blur)).astype(float)
    found = [left[part] for part in amid]
    moves = [part.mean() if part.size >= FEWEST else 0.0 for part in found]
    rough = [part - part.mean() for part in found if part.size >= FEWEST]
    return moves[0], 1 + moves[1], float(np.concatenate(rough).std()) if rough else noise


def two_levels(state):
    """Return grey values with 0 at the dark and 1 at the bright level, and their noise on that scale.

    state: SegmentState of two phases. Raises InputError for more.
    """
    if len(state.names) != 2:
        raise InputError(
            f"--shares: expected two phases, got {', '.join(state.names)}; between the outer of three "
            "a voxel looks like the third: leave --shares out."
        )
    dark, bright = state.levels.means
    squares = np.square(state.levels.spreads)
    noise = float(np.sqrt(np.average(squares, weights=state.levels.shares))) / (bright - dark)
    return (np.asarray(state.grey, np.float32) - np.float32(dark)) / np.float32(bright - dark), noise


def bright_share(grey, blur, noise, passes=PASSES):
    """Find the share of the bright phase in each voxel.

    grey    [x, y, z], 0 at the dark and 1 at the bright level
    blur    standard deviation of the image's point spread, voxels
    noise   standard deviation of a grey value
    passes  iterations

    Returns float32 [x, y, z], 0 to 1.
    """
    share, weight = np.clip(grey, 0, 1).astype(np.float32), np.float32(WEIGHT * noise)
    flux = np.zeros((3, *grey.shape), np.float32)
    for _ in range(passes):
        off = _blurred(_blurred(share, blur) - grey, blur)
        new = np.clip(share - STEP * (off - _divergence(flux)), 0, 1)
        flux += DUAL_STEP * _gradient(2 * new - share)
        flux /= np.maximum(1, np.sqrt((flux**2).sum(axis=0)) / max(weight, np.float32(1e-9)))
        share = new
    sure = min(SURE * noise, SUREST)
    share[ndimage.minimum_filter(share, 3) > 1 - sure] = 1
    return np.where(ndimage.maximum_filter(share, 3) < sure, np.float32(0), share)


def fitted_blur(grey, noise):
    """Fit the point spread of an image, standard deviation in voxels: the largest with which shares of 0 to 1
    leave no more than the noise. Fitted in the middle of a large image."""
    sample, low, high = _sample(grey), LEAST_BLUR, MOST_BLUR
    for _ in range(6):
        blur = (low * high) ** 0.5
        left = _blurred(bright_share(sample, blur, noise, FIT_PASSES), blur) - sample
        low, high = (blur, high) if np.sqrt(np.mean(left**2, dtype=float)) < noise else (low, blur)
    return float((low * high) ** 0.5)


def _sample(grey):
    """The middle of an image."""
    begins = [max(0, (n - SAMPLE) // 2) for n in grey.shape]
    return grey[tuple(slice(begin, begin + SAMPLE) for begin in begins)]


def _blurred(values, blur):
    return ndimage.gaussian_filter(values, blur, mode="reflect")


def _gradient(values):
    """Differences to the next voxel along each axis, 0 at the end."""
    return np.stack([np.diff(values, axis=axis, append=np.take(values, [-1], axis)) for axis in range(3)])


def _divergence(flux):
    """Minus the adjoint of the gradient."""
    total = np.zeros(flux.shape[1:], np.float32)
    for axis, part in enumerate(flux):
        inner = np.take(part, range(part.shape[axis] - 1), axis)
        ends = (
            [(0, 1) if a == axis else (0, 0) for a in range(3)],
            [(1, 0) if a == axis else (0, 0) for a in range(3)],
        )
        total += np.pad(inner, ends[0]) - np.pad(inner, ends[1])
    return total
