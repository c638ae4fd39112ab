"""A half cell whose linear solves a device does: steps, iterations and curve of the processor alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.cell.device import bytes_needed, sharing_of
from microsim.cell.load import Load
from microsim.cell.sharing import OneProcess
from microsim.numerics.backend import device_kernels as kernels
from microsim.numerics.backend import running

from ..cells import half_cell, image, run
from ..numerics.twins import gpu_on_processor  # noqa: F401
from .rough import VARYING, random_state, rough_step

CASES = Path(__file__).parents[2] / "cases"
SHAPE = (14, 6, 7)
KINDS = {
    "film": {"film": 1e-3},
    "poor contacts": {"contact_resistance": 1e-3},
    "a double layer": {"double_layer": 0.2},
    "lithium whose D_s varies": {"active": VARYING},
    "no binder": {},
}
LOADS = ((40, 1.0), (-20, 0.3))  # A m-2, s


@pytest.fixture
def on_processor(gpu_on_processor):  # noqa: F811
    """The device that warp makes of the processor; the kernels of the process stay the processor's."""
    with running("cpu"):
        yield


def made(kind="film", **more):
    labels = image(SHAPE)
    labels = np.where(labels == 2, 1, labels) if kind == "no binder" else labels
    return replace(half_cell(labels, **KINDS[kind]), **more)


def record_of(cell):
    loads = [Load("step", j * cell.mesh.area, duration=duration) for j, duration in LOADS]
    return run(cell, loads, newton=2e-5).record


@pytest.mark.usefixtures("on_processor")
@pytest.mark.parametrize("kind", list(KINDS))
def test_steps_iterations_and_curve_are_those_of_the_processor(kind):
    theirs, mine = record_of(made(kind)), record_of(made(kind, on_device=True))
    counts = "time_steps", "rejected_steps", "failed_steps"
    assert [getattr(mine, k) for k in counts] == [getattr(theirs, k) for k in counts]
    assert abs(mine.newton_iterations - theirs.newton_iterations) <= 0.01 * theirs.newton_iterations
    assert abs(mine.linear_iterations - theirs.linear_iterations) <= 0.02 * theirs.linear_iterations
    curve, whole = (np.array(one.columns["voltage_V"]) for one in (mine, theirs))
    assert np.abs(curve - whole).max() < 1e-6
    assert mine.lithium_balance_error < 1e-11 and mine.salt_balance_error < 1e-11


@pytest.mark.usefixtures("on_processor")
def test_two_runs_agree_to_the_digit():
    one, other = (record_of(made(on_device=True)).columns["voltage_V"] for _ in range(2))
    assert one == other


@pytest.mark.usefixtures("on_processor")
@pytest.mark.parametrize("kind", list(KINDS))
def test_J_and_P_are_those_of_the_processor(kind):
    """Of two linearisations in turn, in the first and in the second of which other numbers are new."""
    cell, rng = made(kind), np.random.default_rng(0)
    there = replace(cell, on_device=True)
    for seed in (1, 2):
        x = random_state(cell, seed)
        step = rough_step(cell, 10.0, seed, KINDS[kind].get("double_layer", 0.0))
        about = cell.linearise(cell.solve(x, step, cell.at_rest(x).interfaces))
        for one in (cell, there):
            one.preconditioner.update(about)
        product, answer = there.sharing.linear(about)
        J, P = cell.sharing.linear(about)
        v = rng.standard_normal(x.size)
        own = v.astype(np.float32)
        there_v, out, double = (kernels.device.upload(one) for one in (own, 0 * own, 0 * v))
        product(there_v, out)
        r = J(own)
        agree(cell, out.numpy(), r, 2e-5)
        product(kernels.device.upload(v), double)
        agree(cell, double.numpy(), J(v), 1e-6)
        answer(kernels.device.upload(r), out)
        answer(kernels.device.upload(r), out)
        # as the balances see it: single precision holds a potential that all cells share to a percent
        agree(cell, J(out.numpy().astype(float)), J(P(r).astype(float)), 5e-3)


def agree(cell, mine, theirs, rtol):
    """Block by block."""
    for one, other in zip(cell.state(mine), cell.state(theirs)):
        assert np.abs(one - other).max() <= rtol * np.abs(other).max()


def test_what_a_device_does_not_take_is_refused():
    slab = load_case(CASES / "dfn_chen2020.yaml")
    cell = replace(set_up(slab).cell, on_device=True)
    with pytest.raises(InputError, match="expected cpu with porous electrodes of particles, which no GPU"):
        sharing_of(cell)
    assert type(sharing_of(made())) is OneProcess


@pytest.mark.usefixtures("on_processor")
def test_no_more_memory_than_told(monkeypatch):
    taken, places = [], ((kernels.device, "upload"), (kernels.cycle, "upload"), (kernels.faces, "upload"))
    places += ((kernels.fixed, "uploaded"), (kernels.vectors, "zeros"), (kernels.vectors, "room"))

    def counted(make):
        return lambda *of: taken.append(make(*of)) or taken[-1]

    for module, name in places:
        monkeypatch.setattr(module, name, counted(getattr(module, name)))
    cell = replace(half_cell(image((40, 30, 30))), on_device=True)
    x = random_state(cell, 1)
    at = cell.solve(x, rough_step(cell, 10.0, 1), cell.at_rest(x).interfaces)
    about = cell.linearise(at)
    cell.preconditioner.update(about)
    cell.sharing.gmres(*cell.sharing.linear(about), cell.residual(at), tolerance=0.3, restart=4)
    told = bytes_needed(cell, 4)
    assert 0.6 * told < sum(one.capacity for one in taken) < told
