"""Wholes kept to round-off: charge, lithium and salt of a whole cell, after each time step."""

import numpy as np

from ..base.constants import F

ENOUGH = 1e-14  # V that potentials need not move any further by


def balanced(cell, at):
    """Return the state of a Point of a HalfCell, its psi, V, sto and c_e each shifted by one number so that
    the wholes are kept to round-off, and the Point whose interfaces that state has.

    Newton leaves up to its tolerance in every sum; over many steps, and over long rests, that would add
    up. One Newton step on the sums: face currents of the electrode = -I, those of the counter electrode =
    I, then lithium (of each electrode and of each piece that is apart), then salt.
    """
    step = at.step
    for _ in range(3):  # where material is full one step of Newton leaves 1e-6 of the current
        d_V, d_psi = _charge_shift(cell, at)
        if max(abs(d_V), abs(d_psi)) < ENOUGH:
            break
        x = at.x + cell.vector(psi=d_psi, V=d_V)
        # V and psi change no coefficient
        at = cell.solve(x, step, at.interfaces, like=at, near=at, react=cell.sharing.react)
    R = cell.unknowns.rows(cell.residual(at))
    d_c_e = -R.salt.sum() / (F * step.rate * cell.salt_volume.sum())
    d_sto = _lithium_shift(cell, R.lithium, step.rate)
    return at.x + cell.vector(sto=d_sto, c_e=d_c_e), at


def _lithium_shift(cell, missed, rate):
    """Return how sto of each electrode, and of each piece that is apart, must rise for what it missed (A)."""
    d_sto = np.zeros(missed.size)
    for cells in (cell.positive_cells & ~cell.apart_cells, ~cell.positive_cells):
        if cells.any():
            d_sto[cells] = -missed[cells].sum() / (rate * cell.capacity[cells].sum())
    if cell.pieces_apart.size:
        apart = cell.apart_cells
        of_pieces, held = (np.bincount(cell.pieces_apart, v[apart]) for v in (missed, cell.capacity))
        d_sto[apart] = -(of_pieces / (rate * held))[cell.pieces_apart]
    return d_sto


def _charge_shift(cell, at):
    """Return how V and psi must move so that both electrodes pass the current (V)."""
    V, control = at.u.V[0], at.step.control
    (total, slope), (total_counter, slope_counter) = _electrode_currents(cell, at)
    if control.kind == "voltage":
        return control.value - V, (total + total_counter) / (slope + slope_counter)
    current = control.value / (V if control.kind == "power" else 1.0)
    d_psi = (total_counter - current) / slope_counter
    return d_psi - (total + current) / slope, d_psi


def _electrode_currents(cell, at):
    """Return sum of A j and of A dj/dphi_s over the electrode and over the counter electrode (A, A V-1)."""
    j, dphi, area, ours = at.faces.j, at.faces.slopes.dphi, cell.mesh.faces.area, cell.in_positive
    sums = [((share * area) @ j, (share * area) @ dphi) for share in (ours, 1 - ours)]
    if at.counter:
        sums[1] = (cell.counter_area @ at.counter.j, cell.counter_area @ at.counter.slopes.dphi)
    return sums
