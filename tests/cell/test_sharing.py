"""A half cell whose time steps ranks share: steps, iterations and curve of one process."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError, MicrosimError, NotConverged
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.cell import sharing
from microsim.cell.kinetics import face_current
from microsim.cell.load import Load
from microsim.cell.sharing import ByRanks
from microsim.numerics.ranks import Alone

from ..cells import half_cell, image, run
from ..ranks_on_threads import on_ranks
from .rough import VARYING, random_state, rough_step

SLAB = Path(__file__).parents[2] / "cases" / "dfn_chen2020.yaml"
SHAPE = (14, 6, 7)


KINDS = {
    "plain": {},
    "poor contacts": {"contact_resistance": 1e-3},
    "a double layer": {"double_layer": 0.2},
    "lithium whose D_s varies": {"active": VARYING},
    "no binder": {},
}
LOADS = ((40, 20.0), (0, 5.0), (-20, 10.0))  # A m-2, s


def made(kind="plain", **more):
    labels = image(SHAPE)
    labels = np.where(labels == 2, 1, labels) if kind == "no binder" else labels
    return replace(half_cell(labels, **KINDS[kind]), **more)


def record_of(cell):
    loads = [Load("step", j * cell.mesh.area, duration=duration) for j, duration in LOADS]
    return run(cell, loads).record


@pytest.mark.parametrize("kind", list(KINDS))
def test_steps_iterations_and_curve_are_those_of_one_process(kind):
    alone = record_of(made(kind))
    for found in on_ranks(3 if kind == "plain" else 2, lambda ranks: record_of(made(kind, ranks=ranks))):
        counts = "time_steps", "rejected_steps", "failed_steps"
        assert [getattr(found, k) for k in counts] == [getattr(alone, k) for k in counts]
        # preconditioners differ by rounding, and a residual may fall on either side of its tolerance
        assert abs(found.newton_iterations - alone.newton_iterations) <= 0.01 * alone.newton_iterations
        assert abs(found.linear_iterations - alone.linear_iterations) <= 0.02 * alone.linear_iterations
        curve, whole = (np.array(one.columns["voltage_V"]) for one in (found, alone))
        assert np.abs(curve - whole).max() < 1e-6
        assert found.lithium_balance_error < 1e-11 and found.salt_balance_error < 1e-11


def test_the_product_with_the_jacobian_is_that_of_one_process():
    alone, x = made(), random_state(made(), 3)
    v = np.random.default_rng(0).standard_normal(x.size)

    def product(cell):
        about = cell.linearise(cell.solve(x, rough_step(cell, 1.0), cell.at_rest(x).interfaces))
        shared = cell.sharing
        return shared, cell.jacobian(about)(shared.taken(v))

    _, whole = product(alone)
    for shared, found in on_ranks(3, lambda ranks: product(made(ranks=ranks))):
        assert np.allclose(found, shared.taken(whole), rtol=1e-12, atol=1e-12 * np.abs(whole).max())
        assert found.size < 0.5 * x.size


def test_ranks_that_hold_other_states_end():
    def of_rank(ranks):
        cell = made(ranks=ranks)
        b = np.zeros(cell.unknowns.size)
        b[3] = 1e-16 * ranks.rank
        cell.sharing.gmres(None, None, b, tolerance=0.1)

    with pytest.raises(MicrosimError, match="the same state on all ranks"):
        on_ranks(2, of_rank)


def test_faces_that_one_rank_cannot_solve_end_the_step_on_all(monkeypatch):
    def of_rank(ranks):
        shared = made(ranks=ranks).sharing
        with pytest.raises(NotConverged):
            shared.react(*given)
        return True

    def fails(sides, guess, layer=None, gentle=1):
        if guess[0] < 0:
            raise NotConverged("one face")
        return face_current(sides, guess, layer, gentle=gentle)

    cell = made()
    x = random_state(cell, 3)
    sides = cell.sides(cell.state(x), cell.coefficients(cell.state(x)), rough_step(cell, 1.0))
    guess = np.where(np.arange(cell.mesh.faces.area.size) < cell.mesh.faces.area.size / 2, 1e-3, -1e-3)
    given = sides, guess
    monkeypatch.setattr(sharing, "face_current", fails)
    assert on_ranks(2, of_rank) == [True, True]


def test_what_is_not_shared_yet_is_refused():
    cell, alone = made(), Alone(0, 2)
    with pytest.raises(InputError, match="expected cpu with surfaces within voxels"):
        ByRanks(replace(cell, mesh=replace(cell.mesh, shown=())), alone)
    with pytest.raises(InputError, match="expected cpu with porous electrodes of particles"):
        ByRanks(set_up(load_case(SLAB)).cell, alone)
    with pytest.raises(InputError, match="at most a rank for each of [0-9]+ planes"):
        ByRanks(cell, Alone(0, 99))
