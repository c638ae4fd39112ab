"""Slow twins of cpu.front."""

import numpy as np
from scipy.optimize import brentq

from ...codes import DRY, TIE, WET
from .rows_of import rows_of


def wet_links(indptr, neighbour, weight, state, out):
    """Copy the weights of links between wet cells; all other links get 0."""
    out[:] = weight * ((state[rows_of(indptr)] == WET) & (state[neighbour] == WET))


def front_residual(indptr, neighbour, weight, ground, entry, suction, state, p, residual, menisci):
    """Balance every wet cell; menisci[i] becomes the sum of w_ij over the menisci that move."""
    rows, n = rows_of(indptr), indptr.size - 1
    between = (state[rows] == WET) & (state[neighbour] == WET)
    pull = _pulls(indptr, neighbour, suction, state, p)
    residual[:] = np.where(state == WET, ground * (entry - p), 0.0)
    residual += np.bincount(rows, weight * (between * (p[neighbour] - p[rows]) - pull), n)
    menisci[:] = np.bincount(rows, weight * (pull > 0), n)


def inflows(indptr, neighbour, weight, ground, entry, suction, state, p, flow):
    """Sum the flow into each dry cell through its menisci and from the inlet; return the total."""
    flow[:] = np.where(state == DRY, ground * np.maximum(entry + suction, 0), 0.0)
    flow += np.bincount(neighbour, weight * _pulls(indptr, neighbour, suction, state, p), flow.size)
    return float(flow.sum())


def _pulls(indptr, neighbour, suction, state, p):
    """Pressure that draws liquid along each link from a wet cell to a dry one, 0 elsewhere."""
    rows = rows_of(indptr)
    meniscus = (state[rows] == WET) & (state[neighbour] == DRY)
    return meniscus * np.maximum(p[rows] + suction[neighbour], 0)


def advance(indptr, neighbour, weight, suction, entry, state, flow, level, arrival, p, now, change):
    """Fill dry cells until a stage is over, without a heap: look through all cells for the next one to be
    full."""
    begun, total, ended, clock, end = now, flow.sum(), 0.0, now, np.inf
    while True:
        filling = (state == DRY) & (flow > 0)
        left = np.where(filling, (1 - level) / np.where(flow > 0, flow, 1), np.inf)
        if not filling.any() or now + left.min() > end + TIE * (end - begun):
            return clock
        step = left.min()
        batch = np.flatnonzero(now + left <= now + step + TIE * (now + step - begun))
        last, inflow = left[batch].max(), flow[state == DRY].sum()
        arrival[batch] = clock + inflow / (inflow + ended) * left[batch]
        clock += inflow / (inflow + ended) * last
        now += last
        level[:] = np.where(state == DRY, np.minimum(level + flow * last, 1), level)
        state[batch], level[batch] = WET, 1.0
        for j in batch:
            links = slice(indptr[j], indptr[j + 1])
            p[j] = _pressure_behind(indptr, neighbour, weight, suction, entry, state, j, flow[j])
            onward = (
                weight[links]
                * np.maximum(p[j] + suction[neighbour[links]], 0)
                * (state[neighbour[links]] == DRY)
            )
            flow[neighbour[links]] += onward
            ended += flow[j] * (not onward.any())
        if end == np.inf and abs(flow[state == DRY].sum() - total) >= change * total:
            end = now


def _pressure_behind(indptr, neighbour, weight, suction, entry, state, j, flow):
    """Pressure in a cell just filled, by bisection; that of the inlet where it has no dry neighbour."""
    links = np.arange(indptr[j], indptr[j + 1])
    links = links[state[neighbour[links]] == DRY]

    def balance(p):
        supply = (entry - p) * flow / (entry + suction[j])
        return supply - (weight[links] * np.maximum(p + suction[neighbour[links]], 0)).sum()

    return brentq(balance, -10 * (entry + suction.max()), entry, xtol=1e-14) if links.size else entry
