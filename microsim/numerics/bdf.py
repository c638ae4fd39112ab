"""Second-order backward differentiation with a variable step and its error estimate."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bdf:
    """d u/dt at the new time ~ (alpha u + past) / dt, past = sum of `weights` times earlier states (newest
    first)."""

    dt: float
    alpha: float
    weights: tuple

    def past(self, states):
        return sum(w * u for w, u in zip(self.weights, states))


def bdf(dt, earlier_steps):
    """Return the BDF formula of a step dt: order 2 with one earlier step, else order 1.

    alpha = (1 + 2 w)/(1 + w), past = -(1 + w) u_n + w^2/(1 + w) u_(n-1), w = dt / previous step
    (Hairer & Wanner, Solving ODEs, III.5).
    """
    if not earlier_steps:
        return Bdf(dt, 1.0, (-1.0,))
    w = dt / earlier_steps[0]
    return Bdf(dt, (1 + 2 * w) / (1 + w), (-(1 + w), w * w / (1 + w)))


def extrapolation(dt, earlier_steps):
    """Return the weights (newest state first) that extend the polynomial through the last states by dt."""
    times = [0.0]
    for step in earlier_steps[:2]:
        times.append(times[-1] - step)
    weights = []
    for i, t_i in enumerate(times):
        product = 1.0
        for k, t_k in enumerate(times):
            if k != i:
                product *= (dt - t_k) / (t_i - t_k)
        weights.append(product)
    return tuple(weights)


def error_share(dt, earlier_steps):
    """Return the local error of BDF2 as a share of (solution - extrapolation).

    Both are multiples of u''': the quadratic extrapolation misses h (h+h1)(h+h1+h2)/6, BDF2 misses h^2
    (h+h1)/(6 alpha). After one step the linear one misses h (h+h1)/2 of u'', and BDF2 at most 1/(3 alpha) of
    that where u''' h is no more than u''.
    """
    if len(earlier_steps) == 1:
        return 1 / (3 * bdf(dt, earlier_steps).alpha)
    h1, h2 = earlier_steps[:2]
    c = dt / (bdf(dt, earlier_steps).alpha * (dt + h1 + h2))
    return c / (1 + c)


def next_step(dt, error, tolerance, *, growth=1.8, shrink=0.3, safety=0.85):
    """Return the step that a third-order local error would allow, within bounds for stability (growth <
    2.4)."""
    if error == 0:
        return growth * dt
    return dt * min(growth, max(shrink, safety * (tolerance / error) ** (1 / 3)))
