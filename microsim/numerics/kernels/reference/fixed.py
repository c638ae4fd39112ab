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


def conductances(near, half_self, half_other, conductivity, weight):
    """Link conductance of two half cells in series: w = 1 / (1/(h_i k_i) + 1/(h_j k_j)), 0 of absent ones.

    `half` is face area over half cell length (m), 0 of absent links; `conductivity` a cell value.
    """
    with np.errstate(divide="ignore"):
        weight[:] = 1 / (1 / (half_self * conductivity[:, None]) + 1 / (half_other * conductivity[near]))


def slopes(near, half_self, half_other, conductivity, slope, potential, off, diagonal):
    """Derivative of the flow out of a cell, sum w_ij (u_i - u_j), with respect to the variable behind k.

    `slope` is dk/dv in each cell; off_ij = dw/dk_j slope_j (u_i - u_j), diagonal_i sums dw/dk_i slope_i (u_i
    - u_j).
    1/w = 1/(h_i k_i) + 1/(h_j k_j), so dw/dk_i = w^2 / (h_i k_i^2).
    """
    k, there = conductivity[:, None], half_self > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / (1 / (half_self * k) + 1 / (half_other * k[near, 0]))
        of_other = np.where(there, w**2 / (half_other * k[near, 0] ** 2), 0)
        of_own = np.where(there, w**2 / (half_self * k**2), 0)
    drop = potential[:, None] - potential[near]
    off[:] = of_other * slope[near] * drop
    diagonal[:] = (of_own * slope[:, None] * drop).sum(axis=1)


def _differences(near, weight, x):
    """sum_j a_ij (x_i - x_j), in the precision of double."""
    return (weight * (x[:, None].astype(float) - x[near])).sum(axis=1)
