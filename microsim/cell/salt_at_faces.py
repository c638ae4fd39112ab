"""Whether the salt lasts up to the faces that react, half a cell beyond what the cells hold."""

import numpy as np

from ..base.constants import F
from ..base.errors import NotConverged

MOST = 1e-3  # share of the current that may pass faces without salt


class NoSalt(NotConverged):
    """Current passes faces where the salt has given out."""


def check_salt(cell, at):
    """Refuse a Point of a HalfCell whose current passes faces where the salt has given out.

        c_face = c_e + (1 - t_plus) j l / (F D_e) < 0        l: half a cell

    There the kinetics go on with a trace of salt, so that Newton's method may come back from there; as an
    answer it would be a current that no salt carries. Raises NoSalt that tells its share.
    """
    known, mesh = at.coefficients, cell.mesh
    anions = (1 - known.t_plus) / (F * known.D_e)
    half = mesh.faces.share * mesh.faces.half_ionic
    cells, j, area = mesh.faces.ionic, at.faces.reaction, mesh.faces.area
    if at.counter:
        lithium = np.full(mesh.counter.size, mesh.ionic.widths[0][0] / 2)
        half, cells = np.concatenate([half, lithium]), np.concatenate([cells, mesh.counter])
        j = np.concatenate([j, at.counter.reaction])
        area = np.concatenate([area, cell.counter_area])
    passed = np.abs(area * j)
    short = passed[at.u.c_e[cells] + anions[cells] * half * j < 0].sum()
    if short > MOST * passed.sum():
        raise NoSalt(f"{short / passed.sum():.2g} of the current passes faces without salt")
