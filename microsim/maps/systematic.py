"""Do two maps differ as an instrument's systematic error would have it? A drift along an axis, a wrong gain.

With s simulated, m measured, d = m - s less its mean, sigma the noise and <> the mean over the voxels,

    drift   d = b . (x, y, z)          least squares
    gain    m = g s + a                least squares; s has no noise

either is told where it leaves less than half of <d^2> - <sigma^2>, what the maps differ beyond noise and
bias.
Neither says that the instrument errs: a model may lack a gradient, or have too much contrast.
"""

import numpy as np

from ..base.axes import AXES

HALF = 0.5  # of what the maps differ, which a line must explain
FEWEST = 100  # voxels
OFF = 0.1  # by which a gain differs from 1


def systematic(ours, theirs, sigma=None):
    """Return a list of a sentence on what a drift, or a gain, explains of the difference of two maps; empty
    where neither does.

    ours, theirs, sigma: simulated and measured map, and the noise of this one or None, [x, y, z], NaN where
    not compared.
    """
    known = np.isfinite(ours - theirs)
    s, m = ours[known], theirs[known]
    if m.size < FEWEST:
        return []
    noise = 0.0 if sigma is None else float(np.mean(sigma[known] ** 2))
    whole = float(np.var(m - s)) - noise
    if whole <= 3 * noise * np.sqrt(2 / m.size) or whole <= 1e-12:
        return []
    told = [*_drift(m - s, known, noise, whole), *_gain(s, m, noise, whole)]
    return [said for _, said in sorted(told, reverse=True)[:1]]  # of two that do the better one


def _drift(d, known, noise, whole):
    """What a straight rise along an axis explains, and a sentence on it; nothing where that is little."""
    place = np.stack([np.asarray(at, float) for at in np.nonzero(known)], axis=1)
    place = (place - place.mean(axis=0)) / (np.ptp(place, axis=0) + 1)
    slopes = np.linalg.lstsq(place, d - d.mean(), rcond=None)[0]
    share = 1 - (float(np.var(d - place @ slopes)) - noise) / whole
    axis = int(np.argmax(np.abs(slopes) * place.std(axis=0)))
    if share >= HALF:
        rise = f"a straight rise, of measured less simulated, by {slopes[axis]:+.2g} from end to end"
        why = "a drift of the instrument, or a gradient that the model lacks"
        yield share, f"{_of(share)} {rise} along {AXES[axis]}: {why}."


def _gain(s, m, noise, whole):
    """What a measured map that is the simulated one times a number explains, and a sentence on it; nothing
    where that is little."""
    variance = float(np.var(s))
    if variance <= 1e-18:
        return
    gain = float(np.mean((s - s.mean()) * (m - m.mean()))) / variance
    offset = float(m.mean() - gain * s.mean())
    share = 1 - (float(np.var(m - gain * s)) - noise) / whole
    if share >= HALF and gain >= OFF and abs(gain - 1) >= OFF:
        contrast = "much" if gain < 1 else "little"
        line = f"measured = {gain:.2g} simulated {offset:+.2g}"
        why = f"a calibration whose slope is off, or a model of too {contrast} contrast"
        yield share, f"{_of(share)} a gain, {line}: {why}."


def _of(share):
    return f"{min(share, 1):.0%} of what the maps differ beyond noise and bias is"
