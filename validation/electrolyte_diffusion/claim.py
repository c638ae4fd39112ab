"""Salt between two even fluxes follows the series, depletes at Sand's time, has its limiting current and its
relaxation.

    (c - c0) F D / (i (1 - t_plus) L) = 1/2 - y - sum 4 / m^2 cos(m y) exp(-m^2 T),  m = (2 k + 1) pi,  T = D
                                                                                     t / L^2
    i_lim = 2 F D c0 / ((1 - t_plus) L);  Sand: t = pi D (F c0 / (2 i (1 - t_plus)))^2;  relaxation exp(-pi^2
                                          D t / L^2)
    steady Li | Li: V = i L / kappa + 2 R T (1 - t_plus) tdf / F ln(c_a / c_c)

L = 100 um of electrolyte (one layer of separator without a solid, then pores) between lithium without any
resistance and a plane of active material with U = 0 and none either; D = 3e-10 m2/s, c0 = 1000 mol/m3, t_plus
= 0.38, kappa = 1 S/m. The cell takes lithium from the plane or puts it there; c_e at a face is that of the
cell beside it, plus the flux times half a cell over D.
"""

import numpy as np

from microsim.base.errors import NotConverged
from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import ActiveMaterial, Electrolyte, LithiumMetal
from microsim.mesh.grid import VoxelGrid

L, D, C0, T_PLUS, KAPPA, T = 100e-6, 3e-10, 1000.0, 0.38, 1.0, 298.15
F, GAS = 96485.33212, 8.314462618
LIMIT = 2 * F * D * C0 / ((1 - T_PLUS) * L)  # 933.729 A/m2
UNIT = (1 - T_PLUS) * L / (F * D)  # mol/m3 per A/m2


def checks(data):
    yield from _series()
    yield from _orders()
    yield from _steady()
    yield from _sand()
    yield from _relaxation()


# -- claims --------------------------------------------------------------------------------------------------


def _series():
    i, n = 100.0, 400
    for scaled, exact in {0.001: 0.03568248, 0.01: 0.11283792, 0.05: 0.25204391, 0.2: 0.44370144}.items():
        t = scaled * L**2 / D
        _, c_e, _ = last(n, t, i, Tolerances(step=1e9, first_step=t / 200, max_step=t / 200))
        yield Check(
            f"c_e at the lithium, D t / L2 = {scaled:g}, in i (1 - t_plus) L / (F D)",
            (faces(c_e, i)[0] - C0) / (UNIT * i),
            exact,
            1e-3,
            source="series",
        )
        off = np.abs((c_e - C0) / (UNIT * i) - series(centres(n), scaled)).max()
        yield Check(
            f"c_e, whole profile, D t / L2 = {scaled:g}: largest difference over the rise",
            off / exact,
            1e-3,
            kind="at most",
        )


def _orders():
    i, scaled = 100.0, 0.05
    t, sizes = scaled * L**2 / D, np.array([10, 20, 40, 80])
    off = [error(n, t, i, Tolerances(step=1e9, first_step=t / 2000, max_step=t / 2000)) for n in sizes]
    yield Check("c_e, order in h", -np.polyfit(np.log(sizes), np.log(off), 1)[0], 2.0, 0.15, "absolute")
    counts, n = np.array([20, 40, 80, 160]), 40
    ends = [last(n, t, i, Tolerances(step=1e9, first_step=t / k, max_step=t / k))[1] for k in [*counts, 2000]]
    off = [np.abs(end - ends[-1]).max() for end in ends[:-1]]
    yield Check("c_e, order in dt", -np.polyfit(np.log(counts), np.log(off), 1)[0], 2.0, 0.25, "absolute")


def _steady():
    i = 50.0
    _, c_e, V = steady(50, i)
    voltage = i * L / KAPPA + 2 * GAS * T / F * (1 - T_PLUS) * np.log(1053.549 / 946.451)
    yield Check("steady voltage, Li | Li (V)", -V, voltage, 1e-5, source="Newman")
    yield Check("the same, tabulated (V)", -V, 8.415263e-3, 1e-5)
    for name, face, exact in zip(("anode", "cathode"), faces(c_e, i), (1053.549, 946.451)):
        yield Check(f"steady c_e at the {name} (mol/m3)", face, exact, 1e-6)
    left = [faces(steady(50, i)[1], i)[1] for i in (500.0, 900.0)]
    limit = 500 + 400 * left[0] / (left[0] - left[1])
    yield Check(
        "limiting current, where c_e at the cathode reaches 0 (A/m2)",
        limit,
        933.729,
        1e-5,
        source="closed form",
    )
    yield Check(
        "0.99 of it: c_e at the cathode (mol/m3)",
        faces(steady(50, 0.99 * LIMIT)[1], 0.99 * LIMIT)[1],
        10.0,
        1e-3,
    )
    yield Check("1.02 of it: does not last (1: it ends)", float(ends(50, 1.02 * LIMIT)), 1.0)


def _sand():
    """c_e at the cathode is c0 (1 - sqrt(t / Sand's time)); where it would turn negative the solver says
    so."""
    for share in (3.0, 6.0):
        i = share * LIMIT
        sand = np.pi * D * (F * C0 / (2 * i * (1 - T_PLUS))) ** 2
        end, seen = until_empty(i, sand)
        name = f"{share:g} times the limiting current"
        yield Check(f"{name}: when the salt gives out (s)", end, sand, 2e-3, source="Sand 1901")
        t, c = np.array([pair for pair in seen if pair[0] > 0.05 * sand]).T
        yield Check(
            f"{name}: c_e at the cathode, largest difference over c0",
            np.abs(c / C0 - 1 + np.sqrt(t / sand)).max(),
            2e-3,
            kind="at most",
            source="Sand 1901",
        )


def until_empty(i, sand):
    """Return when the solver finds no further step (s), and pairs of time and c_e at the cathode until
    then."""
    cell, seen = cell_of(400), []
    order = np.argsort(cell.mesh.ionic.position[:, 0])

    experiment = Experiment(cell, 0.5, Tolerances(step=2e-5, first_step=sand / 1e4))
    try:
        for moment in experiment.moments([Load("d", i * cell.mesh.area, duration=2 * sand)]):
            seen.append((moment.t, faces(moment.u.c_e[order], i)[1]))
    except NotConverged:
        pass
    return experiment.now.t, seen


def _relaxation():
    i, n = 100.0, 80
    cell, decay = cell_of(n), L**2 / (np.pi**2 * D)
    rest = Load("r", 0.0, duration=decay)
    loads = [Load("d", i * cell.mesh.area, duration=3 * decay), rest, rest, rest]
    states = run(cell, loads, Tolerances(step=1e9, first_step=decay / 100, max_step=decay / 100))
    amplitudes = [np.cos(np.pi * centres(n)) @ (c_e - C0) for _, c_e, _ in states[1:]]
    rate = np.log(amplitudes[0] / amplitudes[2]) / 2
    yield Check("relaxation of the first mode, rate over pi2 D / L2", rate, 1.0, 5e-4, source="closed form")


# -- the cell ------------------------------------------------------------------------------------------------


def cell_of(n):
    """n cells of electrolyte of L / n, and two of active material."""
    h = L / n
    labels = np.ones((n + 1, 1, 1), np.uint8)
    labels[: n - 1] = 0
    design = CellDesign(
        {"pore": None, "plane": plane()},
        electrolyte(),
        Separator(h, 1.0, 1.0),
        LithiumMetal("ideal", i0=lambda c, T: 1e9 + 0 * c),
        T,
        C0,
        0.5,
        False,
    )
    return assemble(VoxelGrid(labels, ("pore", "plane"), h), design)


def plane():
    return ActiveMaterial(
        "plane",
        U=lambda x: 0 * x,
        dU=lambda x: 0 * x,
        D_s=lambda x, T: 1e-12 + 0 * x,
        i0=lambda c, x, T: 1e9 + 0 * c,
        c_s_max=1e6,
        sigma=1e7,
        density=5e3,
        molar_mass=0.1,
        sto_window=(0, 1),
        sto_0=0.9,
        sto_100=0.1,
    )


def electrolyte():
    return Electrolyte("plain", lambda c, T: KAPPA + 0 * c, lambda c, T: D + 0 * c, 1.0, T_PLUS, C0, (0, 1e4))


def run(cell, loads, tolerances):
    """Run the loads; return time, c_e from the lithium on, and V at the end of each."""
    found, order = [], np.argsort(cell.mesh.ionic.position[:, 0])
    for moment in Experiment(cell, 0.5, tolerances).moments(loads):
        if moment.last:
            found.append((moment.t, moment.u.c_e[order], moment.V))
    return found


def last(n, t, i, tolerances):
    cell = cell_of(n)
    return run(cell, [Load("d", i * cell.mesh.area, duration=t)], tolerances)[-1]


def error(n, t, i, tolerances):
    """Largest difference from the series."""
    return np.abs((last(n, t, i, tolerances)[1] - C0) / (UNIT * i) - series(centres(n), D * t / L**2)).max()


def steady(n, i, newton=1e-6):
    """After four times L2 / D, when exp(-4 pi2) = 1e-17 of the transient is left."""
    return last(n, 4 * L**2 / D, i, Tolerances(step=1e-4, newton=newton))


def ends(n, i):
    """Whether the salt gives out."""
    try:
        steady(n, i, Tolerances().newton)
    except NotConverged:
        return True
    return False


def faces(c_e, i):
    """c_e at the lithium and at the plane."""
    half = UNIT * i / len(c_e) / 2
    return c_e[0] + half, c_e[-1] - half


def centres(n):
    return (np.arange(n) + 0.5) / n


def series(y, scaled):
    m = (2 * np.arange(300) + 1)[:, None] * np.pi
    return 0.5 - y - (4 / m**2 * np.cos(m * y) * np.exp(-(m**2) * scaled)).sum(axis=0)
