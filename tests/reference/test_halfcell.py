"""Two codes, one half cell: FiPy with a sparse factorisation, and the multigrid solver, on the same voxels
and times."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError, NotConverged
from microsim.cell.load import Load
from microsim.materials import load
from microsim.reference.halfcell import Twin, difference_weight, discharge_fipy, equivalent_past

from ..cells import ACTIVE, design, fields, half_cell, image, run, voxel_grid
from ..references import Coefficients, F, SlabCell

THICK = (1.5e-6, 1e-6, 1.2e-6)  # voxels that make a cell of 13 um, so that salt and lithiation vary in it


def graded(position):
    """A film that is thicker in front and on one side (ohm m2)."""
    return 0.02 * np.exp(-position[:, 0] / 5e-6) + 2000.0 * position[:, 1]


def both(labels, rate, loads=None, film=0.0, voxel_size=THICK, **more):
    """Run the solver, then the twin at the solver's own times; return the cell, the solver's states, the
    twin's."""
    in_solver = (lambda faces: film(faces.position)) if callable(film) else film
    cell = half_cell(labels, voxel_size, in_solver, **more)
    one_C = F * 63104.0 * 0.6384 * cell.mesh.solid.volumes().sum() / 3600
    loads = loads or [Load("d", rate * one_C, until_voltage=3.6)]
    loads = [replace(step, current=step.current * (one_C if len(loads) > 1 else 1.0)) for step in loads]
    seen = run(cell, loads, None, step=5e-3, newton=1e-7, first_step=20.0).seen
    seen = [s for k, s in enumerate(seen) if s.t > (seen[k - 1].t if k else 0.0)]
    layers = cell.mesh.ionic.widths[0][: cell.mesh.lines]
    current = [loads[s.number].current for s in seen]
    twin = discharge_fipy(
        voxel_grid(labels, voxel_size), cell.design, layers, [s.t for s in seen], current, film
    )
    return cell, seen, twin


def check(cell, seen, twin):
    """Voltage to 1 uV (asked for: 0.2 mV), lithiation to 1e-6 (1e-3), salt to 0.01 mol/m3, in the same
    cells."""
    np.testing.assert_allclose(twin.voltage, [s.V for s in seen], rtol=0, atol=1e-6)
    for k, state in enumerate(seen):
        sto, c_e = fields(cell, state.x)
        np.testing.assert_allclose(twin.sto[k], sto, rtol=0, atol=1e-6)
        np.testing.assert_allclose(twin.c_e[k], c_e, rtol=0, atol=1e-2)


@pytest.mark.parametrize("rate", [0.5, 2.0])
@pytest.mark.parametrize("film", [0.0, graded])
def test_twin_and_solver_discharge_alike(rate, film):
    cell, seen, twin = both(image((9, 7, 6)), rate, film=film)
    assert len(seen) > 10 and seen[-1].V == pytest.approx(3.6, abs=1e-4)
    check(cell, seen, twin)
    assert np.nanmax(twin.sto[-1]) - np.nanmin(twin.sto[-1]) > 0.03
    assert 0 < twin.factorisations <= twin.iterations and twin.seconds > 0


@pytest.mark.parametrize(
    "more",
    [
        {"area_correction": False},
        {"cbd_transport_efficiency": 0.0},
        {"contact_resistance": 2e-3, "contact_lost": 0.5, "active": replace(ACTIVE, sigma=1e-3)},
        {"pore_transport_efficiency": 0.5, "c_e_0": 800.0},
        {"temperature": 320.0, "initial_sto": {"am": 0.35}},
        {"active": replace(ACTIVE, alpha_a=0.4, alpha_c=0.6, D_s=lambda x, T: 4e-15 * (1 + 2 * x * x))},
        {"electrolyte": replace(load("LiPF6_EC_EMC_3_7"), tdf=2.1, t_plus=0.4)},
    ],
)
def test_variants(more):
    check(*both(image((7, 6, 5), 3), 2.0, **more))


def test_discharge_rest_and_charge():
    steps = [Load("d", 2.0, duration=300.0), Load("r", 0.0, duration=200.0), Load("c", -1.0, duration=200.0)]
    cell, seen, twin = both(image((7, 6, 5), 3), None, steps)
    assert {s.number for s in seen} == {0, 1, 2}
    check(cell, seen, twin)


def test_no_conductor():
    labels = np.ones((8, 4, 3), int)
    labels[:6, :2] = 0
    check(*both(labels, 1.0))


def test_flat_electrode_follows_the_series():
    """A dense slab in the twin alone, against Crank's series and quadratures: salt, lithium and voltage."""
    i, times = 5.0, np.linspace(20.0, 800.0, 40)
    h, n = 0.125e-6, 40
    grid = voxel_grid(np.ones((n, 1, 1), int), h)
    grid = replace(grid, phase=np.concatenate([np.zeros((2 * n, 1, 1), np.uint8), grid.phase]))
    layers = np.full(20, 0.5e-6)
    cell = design(grid)
    twin = discharge_fipy(grid, cell, layers, times, i * h * h)
    slab = SlabCell([(10e-6, 0.47, 0.32), (2 * n * h, 1.0, 1.0)], n * h, 0.18, i, times, Coefficients())
    assert np.abs(twin.voltage - slab.voltage)[10:].max() < 5e-4
    depth = (np.arange(n) + 0.5) * h
    np.testing.assert_allclose(twin.sto[-1, 2 * n :, 0, 0], slab.sto(depth, times[-1]), atol=1e-3)


def test_whole_of_lithium_and_salt_are_kept():
    grid = voxel_grid(image((6, 5, 4), 1), THICK)
    cell = half_cell(grid.phase, THICK)
    mesh, I, times = cell.mesh, 30.0 * cell.mesh.area, np.array([50.0, 80.0, 200.0])
    layers = mesh.ionic.widths[0][: mesh.lines]
    twin = Twin(grid, cell.design, layers)
    eps, volume = twin.places.eps * twin.places.c_e, twin.places.volume
    before = [eps * volume @ twin.values("c_e"), twin.places.sto * volume @ twin.values("sto")]
    for t in times:
        twin.advance(t, I)
    after = [eps * volume @ twin.values("c_e"), twin.places.sto * volume @ twin.values("sto")]
    assert after[0] == pytest.approx(before[0], rel=1e-9)
    assert F * 63104.0 * (after[1] - before[1]) * 1e-18 == pytest.approx(I * times[-1], rel=1e-7)


def test_nothing_happens_without_current():
    grid = voxel_grid(image((6, 5, 4), 1))
    cell = design(grid, initial_sto=0.5)
    twin = discharge_fipy(grid, cell, [1e-6] * 5, [100.0, 1000.0], 0.0)
    assert twin.voltage == pytest.approx(float(ACTIVE.U(0.5)), abs=1e-8)
    assert np.nanmax(np.abs(twin.sto - 0.5)) < 1e-9 and np.nanmax(np.abs(twin.c_e - 1000.0)) < 1e-5


@pytest.mark.parametrize("back", [0.4, 1.0, 3.0])
def test_backward_difference_is_exact_for_parabolas(back):
    h, t = 0.7, 5.0
    states = [dict.fromkeys(("sto", "c_e"), np.array([3 * s * s - 2 * s + 1])) for s in (t - h, t - h - back)]
    past = equivalent_past(h, [back], states)["sto"][0]
    now = 3 * t * t - 2 * t + 1
    assert difference_weight(h, [back]) * (now - past) / h == pytest.approx(6 * t - 2, rel=1e-12)
    assert difference_weight(h, []) == 1.0 and equivalent_past(h, [], states) == states[0]


def test_progress_is_told():
    told, grid = [], voxel_grid(image((4, 4, 4), 1))
    discharge_fipy(grid, design(grid), [1e-6] * 3, [10.0, 20.0], 1e-12, progress=lambda *a: told.append(a))
    assert [a[:2] for a in told] == [(1, 2), (2, 2)] and "FiPy" in told[0][2]


def test_no_code_of_the_solver_is_loaded():
    code = "import microsim.reference.halfcell, sys; print(*sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "microsim.reference.halfcell" in out
    assert not [
        m for m in out if m.startswith(("microsim.numerics", "microsim.cell", "microsim.materials", "fipy"))
    ]


PORES = "expected one active material, at most one conductor and pores"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"active": load("CBD_default")}, PORES),
        ({"active": load("Chen2020_cathode")}, PORES),
        ({"double_layer": 0.2}, "expected no double layer"),
        ({"counter": "slab"}, "expected lithium metal"),
        ({"electrolyte": load("LiPF6_EC_EMC_Landesfeind")}, "expected t_plus and tdf that are numbers"),
    ],
)
def test_what_it_lacks_is_said(more, message):
    grid = voxel_grid(image((4, 4, 4), 1))
    with pytest.raises(InputError, match=message):
        discharge_fipy(grid, design(grid, **more), [1e-6] * 3, [1.0], 1e-12)


@pytest.mark.parametrize("times", [[], [0.0, 1.0], [2.0, 1.0]])
def test_times_rise(times):
    grid = voxel_grid(image((4, 4, 4), 1))
    with pytest.raises(InputError, match="expected times that rise from above 0"):
        discharge_fipy(grid, design(grid), [1e-6] * 3, times, 1e-12)


def test_a_current_beyond_the_salt_does_not_converge():
    grid = voxel_grid(image((6, 4, 4), 1), THICK)
    with pytest.raises(NotConverged, match="Newton stopped") as failed:
        discharge_fipy(grid, design(grid), [1e-6] * 3, [1e4], 1e-8)
    assert len(failed.value.history) > 1
