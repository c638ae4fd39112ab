"""The state that a run starts from: at rest, as far as one lithiation is."""

import numpy as np


def initial_state(cell, sto=None):
    """Return the cell at rest, as Solved: uniform lithiation (or that of its design) and salt, no current."""
    mesh = cell.mesh
    sto = np.array(mesh.initial_sto) if sto is None else np.full(mesh.solid.n, float(sto))
    positive = cell.positive_cells
    U = [
        np.average(cell.in_cells.U(sto)[cells], weights=cell.capacity[cells]) if cells.any() else 0.0
        for cells in (positive, ~positive)
    ]
    c_e = cell.design.c_e_0
    return cell.at_rest(cell.vector(psi=-U[1] - cell.W(c_e), V=U[0] - U[1], sto=sto, c_e=c_e))
