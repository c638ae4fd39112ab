"""Particles of homogenised electrodes: diffusion in a sphere, and the cells that are built with them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.ndimage import label

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, CounterSlab, Separator
from microsim.cell.load import Load
from microsim.cell.spheres import LithiumCells, LithiumSolver, Spheres, joined_cells, shell_edges
from microsim.cell.step import StepProblem
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid
from microsim.numerics.bdf import bdf
from microsim.numerics.graph import voxel_graph
from microsim.numerics.links import Links

from ..cells import ACTIVE, ELECTROLYTE, LITHIUM, image, run

CATHODE, ANODE = load("Chen2020_cathode"), load("Chen2020_anode")
NOTHING = voxel_graph(np.zeros((1, 1, 1), bool), [np.ones(1)] * 3)
F = 96485.33212


def spheres(shells, radius=2e-6, volume=3e-18):
    return LithiumCells(
        NOTHING, Spheres(np.zeros((1, 3), int), np.array([volume]), np.array([radius]), shells)
    )


def slab(cells=20, counter=LITHIUM, shells=16, cathode=CATHODE, electrolyte=ELECTROLYTE):
    h = 75.6e-6 / cells
    grid = VoxelGrid(np.zeros((cells, 1, 1), np.uint8), ("cathode",), (h, h, h))
    design = CellDesign(
        {"cathode": cathode},
        electrolyte,
        Separator(12e-6, 0.47, 0.47**1.5),
        counter,
        initial_sto=17038 / 63104,
        shells=shells,
    )
    cell = assemble(grid, design)
    return cell


def test_shells_fill_the_particles():
    cells = spheres(12)
    assert shell_edges(12)[-1] == pytest.approx(1) and np.all(np.diff(shell_edges(12), 2) < 0)
    assert cells.volumes().sum() == pytest.approx(3e-18, rel=1e-12, abs=0)
    assert cells.spheres.surface_area()[0] == pytest.approx(3 / 2e-6 * 3e-18, rel=1e-12, abs=0)
    own, other = cells.half_conductances()
    links = {(i, int(j)): 6 * i + k for i in range(12) for k, j in enumerate(cells.near[i]) if j != i}
    assert set(links) == {(i, j) for i in range(12) for j in (i - 1, i + 1) if 0 <= j < 12}
    for (i, j), slot in links.items():
        assert own[slot] == other[links[j, i]]


@pytest.mark.parametrize(("shells", "tolerance"), [(12, 0.02), (24, 0.006), (48, 0.002)])
def test_constant_flux_into_a_sphere_is_crank_s(shells, tolerance):
    """(c - c0) D / (N R) at the surface, T = D t / R2 (Crank 1975, eq. 6.45): .12364335, .48676169,
    1.09976812."""
    R, D, flux = 2e-6, 1e-14, 1e-6  # m3 of lithiation through a unit of area and time
    cells = spheres(shells, R)
    links, volumes = Links.of(cells).conducting(np.full(cells.n, D)), cells.volumes()
    source = np.zeros(cells.n)
    source[-1] = flux * cells.spheres.surface_area()[0]
    times = np.array([0.01, 0.1, 0.3]) * R**2 / D
    solved = solve_ivp(
        lambda t, u: (source - links.outflow(u)) / volumes,
        (0, times[-1]),
        np.zeros(cells.n),
        "LSODA",
        times,
        rtol=1e-9,
        atol=1e-12,
    )
    surface = solved.y[-1] + flux / D * cells.spheres.surface_half_width()[0]
    exact = np.array([0.12364335, 0.48676169, 1.09976812])
    assert np.abs(surface * D / (flux * R) - exact).max() < tolerance
    assert solved.y.T @ volumes == pytest.approx(source[-1] * times, rel=1e-7, abs=0)


def test_lithium_solver_is_exact_in_particles():
    cells = spheres(9)
    links, rng = Links.of(cells).conducting(np.full(cells.n, 2e-14)), np.random.default_rng(0)
    mass, b = rng.uniform(1, 2, cells.n) * links.weight.sum(axis=1).mean(), rng.normal(size=cells.n)
    solver = LithiumSolver(cells)
    solver.update(links.weight, mass)
    x = b.copy()
    solver.cycle(x, x)
    assert links.outflow(x) + mass * x == pytest.approx(b, rel=1e-9, abs=1e-9)


def two_actives():
    """An image with two active materials that touch, one of them also in a homogenised layer at the
    collector."""
    labels = image((8, 6, 6), 2)
    labels[-2:] = 3
    other = replace(load("NMC532_Xu2019"), alpha_a=0.6, alpha_c=0.4)
    porous = replace(CATHODE, active=other)
    grid = VoxelGrid(labels, ("pore", "am", "lco", "rest"), 0.5e-6)
    phases = {"pore": None, "am": ACTIVE, "lco": other, "rest": porous}
    design = CellDesign(
        phases,
        ELECTROLYTE,
        Separator(5e-6, 0.47, 0.32),
        CounterSlab(ANODE, 20e-6, 0.8, 4),
        initial_sto={"am": 0.4, "lco": 0.45, "rest": 0.45},
        shells=6,
    )
    cell = assemble(grid, design, 1e-3)
    return cell


def test_no_lithium_passes_between_materials():
    mesh = two_actives().mesh
    assert np.all(mesh.material[:, None] == mesh.material[mesh.solid.near])
    assert sorted(np.unique(mesh.material)) == [0, 1, 2] and len(mesh.materials) == 3
    assert mesh.positive.any() and not mesh.positive.all()


def test_jacobian_of_everything_at_once_is_the_slope_of_the_residual():
    cell = two_actives()
    rng, n = np.random.default_rng(1), cell.mesh
    sto = n.initial_sto + 0.05 * rng.random(n.solid.n)
    x = cell.vector(
        psi=-0.1 - 0.02 * rng.random(n.ionic.n),
        phi=1e-3 * rng.random(n.electronic.n),
        V=3.8,
        sto=sto,
        c_e=1000 + 100 * rng.random(n.ionic.n),
    )
    step = cell.step(bdf(5.0, []), [cell.vector(sto=sto, c_e=1000.0)], 20 * n.area)
    problem = StepProblem(cell, step, cell.at_rest(x).interfaces)
    apply, precondition = problem.linearise(x)
    exact = cell.jacobian(cell.linearise(cell.solve(x, step, cell.at_rest(x).interfaces)))
    for k, (place, scale) in enumerate(zip(cell.unknowns.places, (1e-4, 1e-4, 1e-4, 1e-5, 1e-1))):
        v = np.zeros(x.size)
        v[place] = scale * rng.normal(size=v[place].size)
        slope = (problem.residual(x + v) - problem.residual(x - v)) / 2
        # the half cells' own resistances follow c_e and sto in the residual only
        assert np.linalg.norm(slope - exact(v)) < (2e-5 if k < 3 else 2e-2) * np.linalg.norm(slope)
        # Newton's own has the slopes of the ionic current to eight binary digits
        assert np.linalg.norm(exact(v) - apply(v)) < 2e-3 * np.linalg.norm(slope)
    r = rng.normal(size=x.size) * np.abs(apply(np.ones(x.size))).mean()
    assert np.all(np.isfinite(precondition(r)))


def test_a_cell_of_everything_keeps_its_lithium():
    cell = two_actives()
    mixed = run(
        cell, [Load("d", 20 * cell.mesh.area, duration=60.0), Load("rest", 0.0, duration=60.0)], sto=None
    )
    record = mixed.record
    assert max(record.lithium_balance_error, record.salt_balance_error, record.charge_balance_error) < 1e-9
    assert record.failed_steps == 0


def test_a_slab_is_the_DFN():
    """PyBaMM 26.10.1, Chen 2020 half cell, 1C: voltages at 360, 900, 1800, 3240 s, end at 3.5 V."""
    cell = slab(cells=40, shells=40)
    ran = run(cell, [Load("1C", 48.68549 * cell.mesh.area, until_voltage=3.5)], sto=None, step=1e-4)
    t, V = (np.array([getattr(s, name) for s in ran.seen]) for name in "tV")
    from scipy.interpolate import CubicSpline

    assert CubicSpline(t, V)([360, 900, 1800, 3240]) == pytest.approx(
        [4.067414, 3.934232, 3.734395, 3.538491], abs=5e-4
    )
    assert t[-1] == pytest.approx(3515.50, rel=1e-3)


def test_an_electrolyte_whose_every_property_varies():
    """Full cell of Chen 2020 with the electrolyte of Landesfeind 2019 at 1C: PyBaMM 26.10.1 (ORegan2022's
    functions), c_e at the two collectors 1520.5 and 681.3 mol/m3 after 2100 s; salt is kept whatever t_plus
    does."""
    electrolyte = load("LiPF6_EC_EMC_Landesfeind")
    cell = slab(40, CounterSlab(ANODE, 85.2e-6, 29866 / 33133, 40), shells=16, electrolyte=electrolyte)
    ran = run(cell, [Load("1C", 48.68549 * cell.mesh.area, duration=2101.4)], sto=None, step=2e-4)
    x = cell.mesh.ionic.position[:, 0]
    c_e = cell.state(ran.experiment.x).c_e
    assert c_e[[np.argmin(x), np.argmax(x)]] == pytest.approx([1520.53, 681.26], rel=2e-3)
    assert ran.record.salt_balance_error < 1e-9


def test_a_tabulated_potential_is_the_integral():
    from microsim.cell.kinetics import TabulatedPotential

    W, c = TabulatedPotential(lambda c: 0.01 * (1 + c / 500), 800.0), np.array([3.0, 100.0, 800.0, 2500.0])
    assert W(c) == pytest.approx(0.01 * (np.log(c / 800) + (c - 800) / 500), abs=1e-9)
    assert W.slope(c) == pytest.approx(0.01 * (1 + c / 500) / c)


def test_a_single_ion_conductor_keeps_its_concentration():
    solid = replace(ELECTROLYTE, t_plus=1.0, kappa=lambda c, T: 0.05 + 0 * c)
    cell = slab(10, shells=8, electrolyte=solid)
    ran = run(cell, [Load("d", 20 * cell.mesh.area, duration=600.0)], sto=None)
    assert cell.state(ran.experiment.x).c_e == pytest.approx(1000.0, rel=1e-12)


def test_a_counter_slab_gives_what_the_electrode_takes():
    cell = slab(10, CounterSlab(ANODE, 85.2e-6, 0.9, 10), shells=8)
    start = cell.mesh.initial_sto
    ran = run(cell, [Load("1C", 48.68549 * cell.mesh.area, duration=300.0)], sto=None)
    gained = cell.capacity * (cell.state(ran.experiment.x).sto - start)
    passed = 48.68549 * cell.mesh.area * 300
    assert gained[cell.positive_cells].sum() == pytest.approx(passed, rel=1e-9)
    assert gained[~cell.positive_cells].sum() == pytest.approx(-passed, rel=1e-9)
    assert ran.seen[0].V < CATHODE.active.U(0.27) - ANODE.active.U(0.9)


@pytest.mark.parametrize("share", [0.2, 0.35, 0.6])
def test_joined_cells_are_the_connected_parts_of_the_mask(share):
    """Numbered by their first cells; of open links alone where these are given."""
    mask = np.random.default_rng(3).random((14, 12, 9)) < share
    graph = voxel_graph(mask, [np.ones(k) for k in mask.shape]).filled()
    part, (right, count) = joined_cells(graph), label(mask)
    right = right[tuple(graph.position.T)]
    assert part.max() + 1 == count == len(set(zip(part.tolist(), right.tolist())))
    assert np.all(np.diff(np.unique(part, return_index=True)[1]) > 0)
    across_x = np.zeros((graph.n, 6), bool)
    across_x[:, :2] = True
    part, (right, count) = joined_cells(graph, across_x), label(mask, [[[0] * 3, [0, 1, 0], [0] * 3]] * 3)
    assert part.max() + 1 == count == len(set(zip(part.tolist(), right[tuple(graph.position.T)].tolist())))
