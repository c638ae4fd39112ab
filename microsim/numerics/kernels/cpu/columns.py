"""CPU kernels that tell the state of each place of many columns of grey values."""

import numpy as np

from .compiled import compiled, inlined


@compiled
def chain_of_states(columns, means, spreads, fade, change):
    """Probability of each state at each place of each column (shallow to deep), [column, place, state].

        p(v | solid k) = N(v; m_k, s_k)
        p(v | void)    = mean over r from `fade` to 1 of N(v; m_0 + r (v_behind - m_0), s_0)

    and the state changes with probability `change`, to each of the others alike (Rabiner, Proc. IEEE 77
    (1989) 257).
    """
    count, n = columns.shape
    states = len(means)
    found = np.empty((count, n, states), np.float32)
    forward, likely = np.empty((n, states)), np.empty((n, states))
    back, last = np.empty(states), np.empty(states)
    go, stay = change / (states - 1), 1 - change
    floor = 1e-3 / (means[-1] - means[0])
    root = np.sqrt(2.0)
    for i in range(count):
        for s in range(n):
            v, behind = columns[i, s], means[-1]
            low = means[0]
            if s + 1 < n:
                behind = max(columns[i, s + 1], means[0])
                low = means[0] + fade * (behind - means[0])
            if behind - low < spreads[0]:
                z = (v - (behind + low) / 2) / spreads[0]
                p = np.exp(-0.5 * z * z) / (spreads[0] * np.sqrt(2 * np.pi))
            else:
                width = spreads[0] * root
                p = 0.5 * (_erf((v - low) / width) - _erf((v - behind) / width)) / (behind - low)
            likely[s, 0] = p + floor
            for k in range(1, states):
                z = (v - means[k]) / spreads[k]
                likely[s, k] = np.exp(-0.5 * z * z) / (spreads[k] * np.sqrt(2 * np.pi)) + floor
        for s in range(n):
            total = 0.0
            for k in range(states):
                prior = 1.0 / states
                if s > 0:
                    prior = stay * forward[s - 1, k] + go * (1 - forward[s - 1, k])
                forward[s, k] = prior * likely[s, k]
                total += forward[s, k]
            for k in range(states):
                forward[s, k] /= total
        back[:] = 1.0
        for s in range(n - 1, -1, -1):
            total = 0.0
            for k in range(states):
                total += forward[s, k] * back[k]
            for k in range(states):
                found[i, s, k] = forward[s, k] * back[k] / total
            total = 0.0
            for k in range(states):
                last[k] = likely[s, k] * back[k]
                total += last[k]
            for k in range(states):
                back[k] = (stay * last[k] + go * (total - last[k])) / total
    return found


@inlined
def _erf(x):
    """Error function within 1.5e-7 (Abramowitz & Stegun 7.1.26)."""
    t = 1.0 / (1.0 + 0.3275911 * abs(x))
    y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    y = 1.0 - y * np.exp(-x * x)
    return y if x >= 0 else -y


@compiled
def unchanged(columns, rate, least, noise, parts=3, near=2.5):
    """Mark places whose grey matches a Gaussian of the pixel's mixture that has a weight of at least `least`
    already.

    Match: within `near` standard deviations. A match moves weight, mean and variance by `rate`; no match
    replaces the lightest Gaussian.
    """
    count, n = columns.shape
    found = np.zeros((count, n), np.bool_)
    weight, mean, variance = np.empty(parts), np.empty(parts), np.empty(parts)
    start = (2 * noise) ** 2
    for i in range(count):
        weight[:], mean[:], variance[:] = 0.0, columns[i, 0], start
        weight[0] = rate
        for s in range(1, n):
            v, best = columns[i, s], -1
            for k in range(parts):
                fits = weight[k] > 0 and (v - mean[k]) ** 2 < near * near * variance[k]
                if fits and (best < 0 or weight[k] ** 2 / variance[k] > weight[best] ** 2 / variance[best]):
                    best = k
            found[i, s] = best >= 0 and weight[best] >= least
            if best < 0:
                best = 0
                for k in range(parts):
                    if weight[k] < weight[best]:
                        best = k
                weight[best], mean[best], variance[best] = 0.0, v, start
            for k in range(parts):
                weight[k] *= 1 - rate
            weight[best] += rate
            step = min(rate / weight[best], 1.0)
            off = v - mean[best]
            mean[best] += step * off
            variance[best] = max(variance[best] + step * (off * off - variance[best]), noise * noise)
    return found
