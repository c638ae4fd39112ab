"""Which of several models a measured map speaks for, with what odds, and up to which noise it would.

With a and b two simulated maps on the measured grid, m the measured one, sigma its noise, n its independent
voxels, <> the mean over the voxels that all maps have, and a the model of the smallest chi2,

    chi2_a = <(a - m)^2 / sigma^2>
    odds of a over b = exp(n (chi2_b - chi2_a) / (2 c)),   c = max(1, chi2_a)

the likelihoods under Gaussian noise of c times the stated variance: what even the best model misses, as by
voxels of its own, is no word for it against another. Told apart are two of odds of 20 to 1 at least.

From a map of a itself 2 ln(odds) is normal about D^2 with deviation 2 D, D^2 = n <(a - b)^2 / sigma^2> / c;
in 95 of 100 such maps the odds are above 20 where D^2 - 1.645 (2 D) = 2 ln 20, D = 4.59. At f times the
noise c sigma^2 is (f^2 + c - 1) sigma^2, so that two models are told apart up to

    f^2 = n <(a - b)^2 / sigma^2> / 4.59^2 - (c - 1)

times it; where that is below 0 at no noise: they differ by less than what a misses anyway.

Source: Jeffreys, Theory of Probability (1961), app. B (odds of 20); Wedderburn, Biometrika 61 (1974) 439
(likelihoods of a dispersion taken from the data).
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from .independence import independence

ODDS = 20.0  # from which two models are told apart
NORMAL = 1.645  # 95 of 100 lie above the mean less so many deviations
REACH = NORMAL + np.sqrt(NORMAL**2 + 2 * np.log(ODDS))  # D from which the odds are as high in 95 of 100 maps
MOST = 300.0  # powers of ten of odds that are told


@dataclass(frozen=True)
class Standing:
    """A model beside the best one: chi2; log_odds: natural logarithm of the odds of the best one over it, 0
    of the best; apart: whether the map tells the two apart; noise: up to which it would, 0 for at none, None
    of the best one; distance: rms difference of the two, 0 of the best and of one that is the same."""

    chi2: float
    log_odds: float
    apart: bool
    noise: float | None
    distance: float = 0.0


def standings(simulated, measured, sigma):
    """Return the Standing of each model.

    simulated: [maps [x, y, z]] on the measured grid; measured, sigma: the measured map and its noise. NaN
    where there is no value. Raises InputError for maps without a voxel in common.
    """
    known = np.isfinite(measured) & np.isfinite(sigma) & np.isfinite(simulated).all(axis=0)
    if not known.any():
        raise InputError(
            "expected voxels in which all of the maps have a value, got none; check their places."
        )
    chi2 = [float(np.mean(((one - measured)[known] / sigma[known]) ** 2)) for one in simulated]
    best = int(np.argmin(chi2))
    n = independence(np.where(known, simulated[best] - measured, np.nan), measured).count
    c, noise = max(1.0, chi2[best]), float(np.sqrt(np.mean(sigma[known] ** 2)))
    found = []
    for k, one in enumerate(simulated):
        log_odds = n * (chi2[k] - chi2[best]) / (2 * c)
        differ = n * float(np.mean(((one - simulated[best])[known] / sigma[known]) ** 2))
        limit = noise * np.sqrt(max(differ / REACH**2 - (c - 1), 0.0))
        distance = float(np.sqrt(np.mean((one - simulated[best])[known] ** 2)))
        upto = None if k == best else float(limit)
        found.append(Standing(chi2[k], log_odds, log_odds >= np.log(ODDS), upto, distance))
    return found


def plain_standings(names, found):
    """Return them as plain data, a dict a model."""
    return [
        {
            "simulated": name,
            "chi2": one.chi2,
            "log10_odds": float(one.log_odds / np.log(10)),
            "told_apart": None if one.noise is None else bool(one.apart),
            "noise_limit": one.noise,
        }
        for name, one in zip(names, found)
    ]


def told(names, found):
    """Return sentences: which model agrees best, and from which others the map tells it."""
    best = min(range(len(found)), key=lambda k: found[k].chi2)
    said = [f"Of {len(found)} models {names[best]} agrees best (chi2 {found[best].chi2:.3g})."]
    for name, one in zip(names, found):
        if one.noise is None:
            continue
        if one.distance == 0:
            said.append(
                f"{name} is the same map as {names[best]} in every voxel that counts: no map tells them"
                " apart."
            )
        elif one.apart:
            upto = f"; 95 of 100 maps would up to a noise of {one.noise:.2g}" if one.noise > 0 else ""
            said.append(f"The map tells it from {name}, odds {_odds(one)} to 1{upto}.")
        elif one.noise > 0:
            said.append(
                f"The map does not tell it from {name} (odds {_odds(one)} to 1): at a noise of"
                f" {one.noise:.2g} 95 of 100 maps would."
            )
        else:
            said.append(
                f"The map does not tell it from {name} (odds {_odds(one)} to 1), and would not without any"
                f" noise either: the two differ by {one.distance:.2g}, too little beside what both miss of"
                " the map."
            )
    return said


def _odds(one):
    power = one.log_odds / np.log(10)
    if power < 4:
        return f"{np.exp(one.log_odds):.3g}"
    return f"10^{power:.0f}" if power < MOST else f"above 10^{MOST:.0f}"
