"""Slow twins of cpu.fixed."""

import numpy as np

LINKS = 6


def outflow(near, weight, rest, x, out):
    """out_i = rest_i x_i + sum_j a_ij (x_i - x_j); a need not be symmetric."""
    out[:] = rest * x + _differences(near, weight, x)


def listed_outflow(near, values, places, rest, x, out):
    """`outflow` with a_ij = values[places_ij]."""
    outflow(near, values[places], rest, x, out)


def differences(near, weight, x, out):
    """out_i = sum_j a_ij (x_i - x_j)."""
    out[:] = _differences(near, weight, x)


def two_outflows(near, w, a, k, carried, a_rest, k_rest, u, v, out_u, out_v):
    """Two unknowns a cell: out_u = w (u_i - u_j) + k v_j + k_rest v_i; out_v = a (v_i - v_j) + carried (u_i -
    u_j) + a_rest v_i, summed over the links."""
    w, k = ((x.astype(np.uint32) << 16).view(np.float32) if x.dtype == np.uint16 else x for x in (w, k))
    out_u[:] = k_rest * v + _differences(near, w, u) + (k * v[np.asarray(near)]).sum(axis=1)
    out_v[:] = a_rest * v + _differences(near, a, v)
    if carried.size:
        out_v += _differences(near, carried, u)


def conductances(near, half, line, conductivity, scale, weight):
    """Link conductance of two half cells in series: w = scale_i / (1/(h_i k_i) + 1/(h_j k_j)), 0 of absent
    ones.

    `half` is face area over half cell length across each face (m), of each `line` of cells that are alike;
    that of a neighbour is the one across the face opposite (face ^ 1).
    """
    near, (own, other) = np.asarray(near), _halves(near, half, line)
    with np.errstate(divide="ignore"):
        weight[:] = scale[:, None] / (1 / (own * conductivity[:, None]) + 1 / (other * conductivity[near]))


def flows_in_series(near, half, line, conductivity, x, out):
    """out_i = sum_j w_ij (x_i - x_j) with the w of `conductances`."""
    weight = np.empty((x.size, LINKS))
    conductances(near, half, line, conductivity, np.ones(x.size), weight)
    differences(near, weight, x, out)


def slopes(near, half, line, conductivity, slope, scale, potential, off, diagonal):
    """Derivative of the flow out of a cell, scale_i sum w_ij (u_i - u_j), with respect to the variable behind
    k.

    `slope` is dk/dv in each cell; off_ij = dw/dk_j slope_j (u_i - u_j), diagonal_i sums dw/dk_i slope_i (u_i
    - u_j), both times scale_i.
    1/w = 1/(h_i k_i) + 1/(h_j k_j), so dw/dk_i = w^2 / (h_i k_i^2).
    """
    near, (own, other) = np.asarray(near), _halves(near, half, line)
    k, there = conductivity[:, None], own > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        w = 1 / (1 / (own * k) + 1 / (other * k[near, 0]))
        of_other = np.where(there, w**2 / (other * k[near, 0] ** 2), 0)
        of_own = np.where(there, w**2 / (own * k**2), 0)
    drop = potential[:, None] - potential[near]
    off[:] = scale[:, None] * of_other * slope[near] * drop
    diagonal[:] = scale * (of_own * slope[:, None] * drop).sum(axis=1)


def with_slopes(near, half, line, conductivity, slope, scale, u, a_of, rest):
    """Linear flow of the variable v behind k itself, u: sum_j w_ij (v_i - v_j) + off_ij v_j + diagonal_i v_i
    of `conductances` and `slopes` as sum_j a_ij (v_i - v_j) + rest_i v_i, a = w - off."""
    weight, off, diagonal = np.empty((u.size, LINKS)), np.empty((u.size, LINKS)), np.empty(u.size)
    conductances(near, half, line, conductivity, scale, weight)
    slopes(near, half, line, conductivity, slope, scale, u, off, diagonal)
    a_of[:], rest[:] = weight - off, diagonal + off.sum(axis=1)


def _halves(near, half, line):
    """`half` of each link on its own side, and of the neighbour across the face that it shares; 0 of absent
    ones."""
    near = np.asarray(near)
    there = near != np.arange(len(near))[:, None]
    other = half[line[near], np.arange(LINKS) ^ 1]
    return np.where(there, half[line], 0.0), np.where(there, other, 0.0)


def _differences(near, weight, x):
    """sum_j a_ij (x_i - x_j), in the precision of double."""
    return (weight * (x[:, None].astype(float) - x[np.asarray(near)])).sum(axis=1)
