"""Slow twins of cpu.fixed."""

import numpy as np

LINKS = 6


def outflow(near, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    out[:] = rest * x + _differences(near, weight, x)


def differences(near, weight, x, out):
    """out_i = sum_j a_ij (x_i - x_j)."""
    out[:] = _differences(near, weight, x)


def two_outflows(near, w, a, k, carried, a_rest, k_rest, u, v, out_u, out_v):
    """Two unknowns a cell: out_u = w (u_i - u_j) + k v_j + k_rest v_i; out_v = a (v_i - v_j) + carried (u_i -
    u_j) + a_rest v_i, summed over the links."""
    out_u[:] = k_rest * v + _differences(near, w, u) + (k * v[near]).sum(axis=1)
    out_v[:] = a_rest * v + _differences(near, a, v)
    if carried.size:
        out_v += _differences(near, carried, u)


def conductances(near, half, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)), 0 of absent ones.

    `half` is face area over half cell length across each face (m), 0 of absent links, that of a neighbour
    across the face opposite (face ^ 1); `conductivity` a cell value.
    """
    with np.errstate(divide="ignore"):
        of_own, of_other = 1 / (half * conductivity[:, None]), 1 / (_across(near, half) * conductivity[near])
        weight[:] = 1 / (of_own + of_other)


def slopes(near, half, conductivity, slope, potential, off, diagonal):
    """Derivative of the flow out of a cell, sum w_ij (u_i - u_j), with respect to the variable behind k.

    `slope` is dk/dv in each cell; off_ij = dw/dk_j slope_j (u_i - u_j), diagonal_i sums dw/dk_i slope_i (u_i
    - u_j).
    1/w = 1/(h_i k_i) + 1/(h_j k_j), so dw/dk_i = w^2 / (h_i k_i^2).
    """
    k, other, there = conductivity[:, None], _across(near, half), half > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / (1 / (half * k) + 1 / (other * k[near, 0]))
        of_other = np.where(there, w**2 / (other * k[near, 0] ** 2), 0)
        of_own = np.where(there, w**2 / (half * k**2), 0)
    drop = potential[:, None] - potential[near]
    off[:] = of_other * slope[near] * drop
    diagonal[:] = (of_own * slope[:, None] * drop).sum(axis=1)


def _across(near, half):
    """`half` of each neighbour across the face that it shares."""
    return half[near, np.arange(LINKS) ^ 1]


def _differences(near, weight, x):
    """sum_j a_ij (x_i - x_j), in the precision of double."""
    return (weight * (x[:, None].astype(float) - x[near])).sum(axis=1)
