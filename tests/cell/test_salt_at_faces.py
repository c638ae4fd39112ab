"""No current passes faces where the salt has given out."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.constants import F
from microsim.base.errors import NotConverged
from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.cell.salt_at_faces import check_salt
from microsim.materials import ActiveMaterial, LithiumMetal, load
from microsim.mesh.grid import VoxelGrid

H, N, D, T_PLUS, C0 = 5e-6, 20, 3e-10, 0.38, 1000.0
LIMIT = 2 * F * D * C0 / ((1 - T_PLUS) * N * H)  # current at which c_e at the plane reaches 0 (A m-2)


def plane_of(swift):
    """Electrolyte, 20 cells with one of the separator, before a plane whose kinetics do not feel the salt."""
    flat = ActiveMaterial(
        "flat",
        U=lambda x: 0 * x,
        dU=lambda x: 0 * x,
        D_s=lambda x, T: 1e-12 + 0 * x,
        i0=lambda c, x, T: swift + 0 * c,
        c_s_max=1e6,
        sigma=1e7,
        density=5e3,
        molar_mass=0.1,
        sto_window=(0, 1),
        sto_0=0.9,
        sto_100=0.1,
    )
    salt = replace(
        load("LiPF6_EC_EMC_3_7"),
        kappa=lambda c, T: 1.0 + 0 * c,
        D_e=lambda c, T: D + 0 * c,
        tdf=1.0,
        t_plus=T_PLUS,
        c_e_0=C0,
    )
    labels = np.ones((N + 1, 1, 1), np.uint8)
    labels[: N - 1] = 0
    metal = LithiumMetal("ideal", i0=lambda c, T: swift + 0 * c)
    design = CellDesign(
        {"pore": None, "am": flat},
        salt,
        Separator(H, 1.0, 1.0),
        metal,
        initial_sto=0.5,
        area_correction=False,
    )
    return assemble(VoxelGrid(labels, ("pore", "am"), H), design)


def discharged(share):
    cell = plane_of(1e9)
    experiment = Experiment(cell, 0.5, Tolerances(step=1e-4))
    *_, last = experiment.moments([Load("d", share * LIMIT * cell.mesh.area, duration=4 * (N * H) ** 2 / D)])
    return cell, last


def test_below_the_limiting_current_the_cell_goes_on():
    _, last = discharged(0.95)
    assert last.u.c_e.min() == pytest.approx(
        0.05 * C0 + 0.95 * C0 / N, rel=2e-3
    )  # half a cell from the plane


def test_above_it_the_salt_gives_out():
    with pytest.raises(NotConverged, match="electrolyte in the electrode is depleted"):
        discharged(1.02)


def test_the_share_that_passes_without_salt_is_told():
    cell, last = discharged(0.95)
    x = last.solved.x.copy()
    step = cell.step(last.solved.step.formula, [last.solved.x], cell.current(x))
    check_salt(cell, cell.solve(x, step, last.solved.interfaces))
    drained = x + cell.vector(c_e=-0.06 * C0 - C0 / N)
    at = cell.solve(x, step, last.solved.interfaces)
    with pytest.raises(NotConverged, match="0.5 of the current passes faces without salt"):
        check_salt(cell, replace(at, u=cell.state(drained)))
