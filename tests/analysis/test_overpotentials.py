"""The split of the voltage: it sums to the whole at any state, and its parts are what closed forms and powers
say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from microsim.analysis.overpotentials import VoltageSplit, rest_potential
from microsim.base.errors import InputError
from microsim.base.quantities import VOLTAGE_PARTS
from microsim.case.build import assemble
from microsim.cell.design import CellDesign, CounterSlab, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Film
from microsim.cell.load import Load
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

from ..cells import ACTIVE, ELECTROLYTE, LITHIUM, half_cell, image, run
from ..references import F, R, chen_i0, nyman_kappa, xu_i0

THERMAL = R * 298.15 / F
CATHODE, ANODE = load("Chen2020_cathode"), load("Chen2020_anode")
SLAB = CounterSlab(ANODE, 85.2e-6, 0.9, layers=6)


def film(faces):
    return 0.005 + 0.02 * np.random.default_rng(0).random(faces.area.size)


def porous_cell(cells=8, counter=LITHIUM, film=0.0, thickness=75.6e-6, **more):
    grid = VoxelGrid(np.zeros((cells, 1, 1), np.uint8), ("cathode",), thickness / cells)
    design = CellDesign(
        {"cathode": CATHODE}, ELECTROLYTE, Separator(12e-6, 0.47, 0.32), counter, shells=8, **more
    )
    return assemble(grid, design, Film("uniform", 1.0, film))


def blend(labels, **more):
    """A resolved electrode whose phases 1 and 2 are NMC811 and a material of lower potential."""
    grid = VoxelGrid(np.asarray(labels, np.uint8), ("pore", "am", "lco"), 0.4e-6)
    phases = {"pore": None, "am": ACTIVE, "lco": OTHER}
    design = CellDesign(phases, ELECTROLYTE, Separator(10e-6, 0.47, 0.32), LITHIUM, **more)
    return assemble(grid, design, film)


OTHER = replace(ACTIVE, name="other", U=lambda x: ACTIVE.U(x) - 0.05, c_s_max=0.7 * ACTIVE.c_s_max)
CASES = {
    "film, CBD": lambda: half_cell(image((14, 6, 6)), film=film),
    "contact": lambda: half_cell(image((14, 6, 6), 1), film=film, contact_resistance=1e-3, contact_lost=0.3),
    "double layer": lambda: half_cell(image((14, 6, 6), 2), double_layer=0.2),
    "blend": lambda: blend(image((14, 6, 6), 3)),
    "homogenised": lambda: porous_cell(film=0.01),
    "full cell": lambda: porous_cell(counter=SLAB, film=0.01),
    "full cell, double layer": lambda: porous_cell(counter=SLAB, double_layer=0.1),
    "resolved, counter slab": lambda: half_cell(image((14, 6, 6), 4), film=film, counter=SLAB),
}


@pytest.mark.parametrize("name", CASES)
def test_parts_sum_to_the_whole(name):
    cell = CASES[name]()
    found = split_along(cell, loads(20 * cell.mesh.area, rest=not cell.design.double_layer))
    for number, voltage, losses in found:
        assert abs(losses.miss) < 1e-12
        assert set(losses.parts) == set(VOLTAGE_PARTS)
        assert losses.total == pytest.approx(losses.open_circuit - voltage, abs=1e-15)
        assert losses.weights == ("area" if number == 1 else "current")
    assert (found[-1][2].parts["counter_solid_diffusion"] != 0) == (cell.counter is None)


def loads(I, rest):
    discharge, *others = (
        Load("discharge", I, duration=60.0),
        Load("rest", duration=5.0),
        Load("charge", -I, duration=5.0),
    )
    return [discharge, *others] if rest else [discharge]


def split_along(cell, loads):
    """Run the loads; return (number of the load, V, Losses) after each time step."""
    split, experiment = VoltageSplit(cell), Experiment(cell, None, Tolerances())
    return [(moment.number, moment.V, split(moment.solved)) for moment in experiment.moments(loads)]


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_parts_sum_to_the_whole_at_states_that_solve_nothing(seed):
    rng = np.random.default_rng(seed)
    labels = image((8, 5, 4), seed)
    labels[0], labels[-1] = 0, 1
    try:
        cell = half_cell(labels, film=film, contact_resistance=1e-3)
    except InputError:  # a drawn image in which nothing can react
        reject()
    n, ionic = cell.mesh.solid.n, cell.mesh.ionic.n
    x = cell.vector(
        psi=-0.1 * rng.random(ionic),
        phi=0.05 * rng.random(cell.mesh.electronic.n),
        V=3.5 + rng.random(),
        sto=rng.uniform(0.05, 0.95, n),
        c_e=rng.uniform(50, 3000, ionic),
    )
    particle = rng.integers(0, 5, n)
    for split in (VoltageSplit(cell), VoltageSplit(cell, particle)):
        assert abs(split(cell.at_rest(x)).miss) < 1e-11


def arrays_of(thing, seen):
    """Copies of all arrays that are reached from an object, in order."""
    if id(thing) in seen:
        return []
    seen[id(thing)] = thing
    if isinstance(thing, np.ndarray):
        return [thing.copy()]
    if isinstance(thing, dict):
        parts = list(thing.values())
    elif isinstance(thing, (list, tuple)):
        parts = thing
    else:
        parts = list(vars(thing).values()) if type(thing).__module__.startswith("microsim") else []
    return [array for part in parts for array in arrays_of(part, seen)]


@pytest.mark.parametrize("double_layer", [0.0, 0.2])
def test_splitting_the_voltage_changes_nothing_in_the_solver(double_layer):
    cell = half_cell(image((14, 6, 6)), film=film, double_layer=double_layer)
    experiment = run(cell, [Load("discharge", 20 * cell.mesh.area, duration=10.0)]).experiment
    split = VoltageSplit(cell)
    split(experiment.now.solved)  # what is computed once, when it is first asked for, is there now
    before = arrays_of((cell, experiment), {})
    split(experiment.now.solved)
    after = arrays_of((cell, experiment), {})
    assert len(before) > 100 and len(before) == len(after)
    assert all(np.array_equal(one, other) for one, other in zip(before, after))


# -- closed forms --------------------------------------------------------------------------------------------


def test_laminate_in_closed_form():
    """Li | separator | pores | dense slab | collector at t = 0: one current density through all of it."""
    n, h, i, R_film, sigma = 12, 0.25e-6, 5.0, 0.02, 0.18
    labels = np.ones((n, 2, 2), int)
    labels[:4] = 0
    active = replace(ACTIVE, sigma=sigma, D_s=lambda x, T: 1e-8 + 0 * x)
    cell = half_cell(labels, h, R_film, active=active, separator=(10e-6, 0.47, 0.32))
    first = run(cell, [Load("pulse", i * cell.mesh.area, duration=1e-3)]).seen[0]
    parts = VoltageSplit(cell)(first.solved).parts
    kappa = nyman_kappa(1000.0)
    expected = {
        "film": i * R_film,
        "electrolyte_ohmic": i * (10e-6 / (0.32 * kappa) + 4 * h / kappa),
        "electronic": i * 8 * h / sigma,
        "kinetic": 2 * THERMAL * np.arcsinh(i / 2 / chen_i0(1000.0, 0.27)),
        "counter_kinetic": 2 * THERMAL * np.arcsinh(i / 2 / xu_i0(1000.0)),
    }
    for name, value in expected.items():
        assert parts[name] == pytest.approx(value, rel=2e-3), name
    others = [abs(v) for name, v in parts.items() if name not in expected]
    assert max(others) < 2e-4  # the last half cells: salt and lithium beside the faces


def test_one_layer_with_a_counter_slab_in_closed_form():
    """One cell on either side: one face each, the current of which is known."""
    slab = replace(SLAB, layers=1, thickness=1e-6)
    cell, i = porous_cell(1, slab, film=0.03, thickness=1e-6), 0.3
    first = run(cell, [Load("pulse", i * cell.mesh.area, duration=1e-3)], sto=None).seen[0].solved
    found, faces, sto = VoltageSplit(cell)(first), cell.mesh.faces, cell.face_sto(first)
    back, front = (i * cell.mesh.area / faces.area[cell.in_positive == side].sum() for side in (0, 1))
    anode = ANODE.active
    assert found.parts["film"] == pytest.approx(0.03 * front, rel=1e-4)
    for name, j, material, at in (
        ("kinetic", front, CATHODE.active, sto[cell.in_positive == 1]),
        ("counter_kinetic", back, anode, sto[cell.in_positive == 0]),
    ):
        i0 = material.i0(np.array([1000.0]), at, 298.15)
        assert found.parts[name] == pytest.approx(2 * THERMAL * np.arcsinh(j / 2 / i0)[0], rel=1e-4)
    assert found.open_circuit == pytest.approx(
        float(CATHODE.active.U(0.27) - anode.U(np.array(0.9))), abs=1e-12
    )


def test_ohmic_parts_are_the_power_lost():
    """sum i^2 R / I over links and half cells, gathered here link by link."""
    cell = half_cell(image((14, 6, 6), 1), film=film, contact_resistance=1e-3, contact_lost=0.3)
    I = 30 * cell.mesh.area
    state = run(cell, [Load("discharge", I, duration=60.0)], newton=1e-10).seen[-1]
    parts, u, faces = VoltageSplit(cell)(state.solved).parts, state.u, cell.mesh.faces
    known = cell.coefficients(u)

    def lost(links, values):
        return 0.5 * np.sum(links.weight * (values[:, None] - values[links.graph.near]) ** 2)

    j, j_counter = state.j, state.solved.interfaces.j[cell.on_counter]
    beside = faces.area * j**2 * faces.share
    half = cell.mesh.ionic.widths[0][0] / 2
    ionic = (
        lost(cell.flows(known).ionic, u.psi)
        + np.sum(beside * faces.half_ionic / known.kappa[faces.ionic])
        + np.sum(cell.counter_area * j_counter**2 * half / known.kappa[cell.mesh.counter])
    )
    solids = (
        lost(cell.electronic, u.phi)
        + np.sum(beside * faces.half_electronic / cell.mesh.sigma[faces.electronic])
        + np.sum(cell.collector_conductance * u.phi[cell.mesh.collector] ** 2)
    )
    assert parts["electrolyte_ohmic"] == pytest.approx(ionic / I, rel=1e-6)
    assert parts["electronic"] == pytest.approx(solids / I, rel=1e-6)
    assert parts["film"] == pytest.approx(np.sum(faces.area * j**2 * cell.R_film) / I, rel=1e-9)


def test_concentration_part_follows_the_salt():
    """A separator in steady state: W at the lithium less W at the electrode, both parts above zero on
    discharge."""
    labels = np.ones((6, 2, 2), int)
    labels[:2] = 0
    ideal = replace(ELECTROLYTE, D_e=lambda c, T: 3e-10 + 0 * c, kappa=lambda c, T: 1.0 + 0 * c)
    cell = half_cell(labels, 1e-6, electrolyte=ideal, separator=(100e-6, 1.0, 1.0))
    i = 20.0
    state = run(cell, [Load("discharge", i * cell.mesh.area, duration=100.0)], step=1e-4).seen[-1]
    parts = VoltageSplit(cell)(state.solved).parts
    gradient = (1 - ideal.t_plus) * i / (F * 3e-10)
    high, low = 1000 + gradient * 51e-6, 1000 - gradient * 51e-6
    whole = float(cell.W(np.array(high)) - cell.W(np.array(low)))
    assert parts["electrolyte_concentration"] > 0 < parts["counter_concentration"]
    assert parts["electrolyte_concentration"] + parts["counter_concentration"] == pytest.approx(
        whole, rel=5e-3
    )


# -- mean lithiation -----------------------------------------------------------------------------------------


def test_at_rest_nothing_is_lost():
    cell = half_cell(image((14, 6, 6)), film=film)
    found = VoltageSplit(cell)(run(cell, [Load("rest", duration=10.0)]).seen[-1].solved)
    assert found.weights == "area"
    assert max(abs(v) for v in found.parts.values()) < 1e-8


def test_a_blend_rests_where_its_lithium_says():
    cell = blend(image((10, 6, 6), 3))
    sto = np.where(cell.mesh.material == 0, 0.3, 0.6)
    E = rest_potential(cell, sto, cell.capacity)
    held = [brentq(lambda x, m=m: float(m.U(np.array(x))) - E, 0.05, 0.95) for m in cell.mesh.materials]
    assert cell.capacity @ np.array(held)[cell.mesh.material] == pytest.approx(cell.capacity @ sto, rel=1e-5)


@pytest.mark.parametrize("voltage", [3.6, 3.5, 3.8])
def test_a_blend_that_begins_at_rest_is_at_the_potential_of_both(voltage):
    """On LFP's flat and steep parts the tables of the inverse are less exact than the start; they must not
    miss it."""
    lfp, labels = load("LFP_Prada2013"), image((10, 6, 6), 3)
    sto = {
        name: brentq(lambda x, m=m: float(m.U(np.array(x))) - voltage, 1e-3, 0.9999)
        for name, m in (("am", ACTIVE), ("lco", lfp))
    }
    grid = VoxelGrid(labels, ("pore", "am", "lco"), 0.4e-6)
    design = CellDesign(
        {"pore": None, "am": ACTIVE, "lco": lfp},
        ELECTROLYTE,
        Separator(10e-6, 0.47, 0.32),
        LITHIUM,
        initial_sto=sto,
    )
    cell = assemble(grid, design)
    at = np.where(cell.mesh.material == cell.mesh.materials.index(lfp), sto["lco"], sto["am"])
    assert rest_potential(cell, at, cell.capacity) == pytest.approx(voltage, abs=1e-5)


def test_lithium_that_no_path_joins_to_a_face_does_not_count():
    """A voxel of active material that only CBD touches, where the CBD's contact is dry, keeps its lithium."""
    labels = np.ones((8, 5, 5), int)
    labels[:3] = 0
    labels[5:, 1:4, 1:4] = 2
    labels[6, 2, 2] = 1
    cell = half_cell(labels, cbd_transport_efficiency=0.0)
    split = VoltageSplit(cell)
    assert np.count_nonzero(split.capacity == 0) == 1
    sto = np.where(split.capacity == 0, 0.9, 0.4)
    assert rest_potential(cell, sto, split.capacity) == pytest.approx(
        float(ACTIVE.U(np.array(0.4))), abs=1e-9
    )


def test_particles_share_the_solid_part():
    cell = half_cell(image((14, 6, 6)))
    state = run(cell, [Load("discharge", 40 * cell.mesh.area, duration=60.0)]).seen[-1]
    whole, each = (
        VoltageSplit(cell)(state.solved).parts,
        VoltageSplit(cell, np.arange(cell.mesh.solid.n))(state.solved).parts,
    )
    joined = [parts["solid_diffusion"] + parts["particle_spread"] for parts in (whole, each)]
    assert joined[0] == pytest.approx(joined[1], abs=1e-12)
    assert abs(each["solid_diffusion"]) < abs(whole["solid_diffusion"])  # within one voxel: half of it
