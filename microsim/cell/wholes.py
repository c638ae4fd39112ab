"""Wholes kept to round-off: charge, lithium and salt of a whole cell, after each time step."""

from dataclasses import replace

import numpy as np

from ..base.constants import F

ENOUGH = 1e-14  # V that potentials need not move any further by
SMALL = 1e-7  # V; the currents of a shift by less follow their slopes to (V F / R T)^2, 2e-11 of themselves


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
        largest = max(abs(d_V), abs(d_psi))
        if largest < ENOUGH:
            break
        if largest < SMALL:
            at = _followed(cell, at, d_V, d_psi)
            break
        x = _shifted(cell, at.x, psi=d_psi, V=d_V)
        # V and psi change no coefficient
        at = cell.solve(x, step, at.interfaces, like=at, near=at, react=cell.sharing.react)
    salt, lithium = _missed(cell, at)
    d_c_e = -salt / (F * step.rate * np.sum(cell.salt_volume))
    d_sto = _lithium_shift(cell, lithium, step.rate)
    return _shifted(cell, at.x, sto=d_sto, c_e=d_c_e), at


def _shifted(cell, x, **shifts):
    """Return a flat vector with some of its fields shifted."""
    x = x.copy()
    for name, shift in shifts.items():
        getattr(cell.state(x), name)[:] += shift
    return x


def _followed(cell, at, d_V, d_psi):
    """Return the Point whose currents follow a small shift by their slopes, as the sums ask them to."""
    layer = at.step.layer

    def moved(faces, push):
        dj, reacting = faces.slopes.dphi * push, faces.reaction_slopes.dphi * push
        # j = reaction + a v + b; without a double layer no balance holds v
        v = faces.v + (dj - reacting) / layer.a if layer is not None and layer.a else faces.v
        return replace(faces, j=faces.j + dj, reaction=faces.reaction + reacting, v=v)

    faces = moved(at.faces, d_V * cell.in_positive - d_psi)
    counter = at.counter and moved(at.counter, -d_psi)
    both = [part for part in (faces, counter) if part]
    fields = {k: np.concatenate([getattr(part, k) for part in both]) for k in ("j", "reaction", "v")}
    flows = replace(at.interfaces, **fields)
    x = _shifted(cell, at.x, psi=d_psi, V=d_V)
    return replace(at, x=x, interfaces=flows, u=cell.state(x), faces=faces, counter=counter)


def _missed(cell, at):
    """Return the salt that the whole cell misses, and the lithium that each cell does but for what flows
    between cells, of which nothing is left in a sum (A)."""
    changes, faces = at.step.changes(at.u), cell.mesh.faces
    into_electrolyte = faces.area @ at.faces.j + (cell.counter_area @ at.counter.j if at.counter else 0.0)
    # with a t_plus that changes from place to place, what flows between cells holds the rest
    anions = 1.0 if at.flows.migration else 1 - np.ravel(at.coefficients.t_plus)[0]
    salt = F * (cell.salt_volume @ changes.c_e) - anions * into_electrolyte
    reacted = faces.summed("solid", faces.area * at.faces.reaction, cell.mesh.solid.n)
    return salt, cell.capacity * changes.sto + reacted


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
