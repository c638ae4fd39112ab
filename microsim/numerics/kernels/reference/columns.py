"""Slow twins of cpu.columns."""

import numpy as np
from scipy.special import logsumexp, ndtr


def chain_of_states(columns, means, spreads, fade, change):
    """Probability of each state at each place of each column: the hidden chain in logarithms, column by
    column."""
    states = len(means)
    move = np.full((states, states), change / (states - 1))
    np.fill_diagonal(move, 1 - change)
    log_move, found = np.log(move), np.empty((*columns.shape, states), np.float32)
    for i, column in enumerate(columns.astype(float)):
        log = np.log(_likelihood(column, means, spreads, fade) + 1e-3 / (means[-1] - means[0]))
        n = len(column)
        forward, back = [np.log(1 / states) + log[0]], [np.zeros(states)]
        for s in range(1, n):
            forward.append(log[s] + logsumexp(forward[-1][:, None] + log_move, axis=0))
            back.insert(0, logsumexp(log_move + log[n - s] + back[0], axis=1))
        both = np.array(forward) + np.array(back)
        found[i] = np.exp(both - logsumexp(both, axis=1, keepdims=True))
    return found


def _likelihood(column, means, spreads, fade):
    """Density of each grey value in each state: a void's is spread evenly up to the level of what lies
    behind."""
    density = np.empty((len(column), len(means)))
    for s, value in enumerate(column):
        behind = max(column[s + 1], means[0]) if s + 1 < len(column) else means[-1]
        low = means[0] + fade * (behind - means[0]) if s + 1 < len(column) else means[0]
        if behind - low < spreads[0]:
            density[s, 0] = _normal(value, (behind + low) / 2, spreads[0])
        else:
            ends = ndtr((value - low) / spreads[0]) - ndtr((value - behind) / spreads[0])
            density[s, 0] = ends / (behind - low)
        density[s, 1:] = _normal(value, means[1:], spreads[1:])
    return density


def _normal(value, mean, spread):
    return np.exp(-0.5 * ((value - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))


def unchanged(columns, rate, least, noise, parts=3, near=2.5):
    """Mark places whose grey matches a Gaussian of the column's mixture that has the weight `least`
    already."""
    return np.array([_unchanged(column, rate, least, noise, parts, near) for column in columns])


def _unchanged(column, rate, least, noise, parts, near):
    start = 4 * noise**2
    mixture = [[rate, column[0], start], *([0.0, column[0], start] for _ in range(parts - 1))]
    found = [False]
    for value in column[1:].astype(float):
        fits = [p for p in mixture if p[0] > 0 and (value - p[1]) ** 2 < near**2 * p[2]]
        best = max(fits, key=lambda p: p[0] ** 2 / p[2]) if fits else None
        found.append(best is not None and best[0] >= least)
        if best is None:
            best = min(mixture, key=lambda p: p[0])
            best[:] = [0.0, value, start]
        for p in mixture:
            p[0] *= 1 - rate
        best[0] += rate
        step, off = min(rate / best[0], 1.0), value - best[1]
        best[1] += step * off
        best[2] = max(best[2] + step * (off * off - best[2]), noise**2)
    return found
