"""A porous electrode with linear kinetics is Newman and Tobias's (1962): current distribution and resistance,
order 2 in h.

    nu = L sqrt(a (1/kappa + 1/sigma) / (RT/(F i0) + R_film)),  y = x / L
    j / <j> = nu [cosh(nu (1 - y)) / kappa + cosh(nu y) / sigma] / [(1/kappa + 1/sigma) sinh(nu)]
    R = L / (kappa + sigma) [1 + (2 + (sigma/kappa + kappa/sigma) cosh(nu)) / (nu sinh(nu))]

L = 70 um, kappa = 0.2, sigma = 10 S/m, a = 3.5e5 1/m, i0 = 2 A/m2; also sigma = 0.05, where both ends react.
The first moment of a pulse of 0.1 A/m2, whose kinetics are linear to 2e-7; the cell's other resistances are
the separator's and a counter electrode's without any.
"""

import numpy as np
from scipy.interpolate import CubicSpline

from microsim.case.build import assemble
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.load import Load
from microsim.jobs.validate import Check
from microsim.materials import ActiveMaterial, Electrolyte, LithiumMetal, PorousElectrode
from microsim.mesh.grid import VoxelGrid

L, KAPPA, I0, RADIUS, SHARE, T = 70e-6, 0.2, 2.0, 3e-6, 0.35, 298.15
AREA = 3 * SHARE / RADIUS  # 3.5e5 1/m
CURRENT, SEPARATOR = 0.1, 10e-6
THERMAL = 8.314462618 * T / 96485.33212
AT = np.array([0, 0.25, 0.5, 0.75, 1])
TABLE = {  # (sigma, film): j over its mean at AT, where tabulated; resistance (ohm m2)
    (10.0, 0.0): ((1.21095615, 1.0687499, 0.97218434, 0.91713566, 0.90125304), 6.38629391e-4),
    (10.0, 0.02): ((1.0846709, None, None, None, 0.9595143), 1.45775287e-3),
}


def checks(data):
    for (sigma, film), (shape, resistance) in TABLE.items():
        j, R = pulse(200, sigma, film)
        name = f"R_film {film:g} ohm m2"
        yield Check(
            f"{name}: resistance at 200 cells (ohm m2)", R, resistance, 1e-4, source="Newman & Tobias 1962"
        )
        at = CubicSpline(centres(200), j)(AT)
        for y, value, exact in zip(AT, at, shape):
            if exact:
                yield Check(
                    f"{name}: j over its mean at x/L = {y:g}",
                    value,
                    exact,
                    1e-4,
                    source="Newman & Tobias 1962",
                )
    for sigma in (10.0, 0.05):
        for film in (0.0, 0.02):
            yield from orders(sigma, film)


def orders(sigma, film):
    sizes, name = np.array([10, 20, 40, 80]), f"sigma {sigma:g} S/m, R_film {film:g} ohm m2"
    off = []
    for n in sizes:
        j, R = pulse(n, sigma, film)
        shape, resistance = exact(centres(n), sigma, film)
        off.append((np.abs(j - shape).max(), abs(R / resistance - 1)))
    for what, errors in zip(("j", "resistance"), np.transpose(off)):
        order = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
        yield Check(f"{name}: {what}, order in h", order, 2.0, 0.15, "absolute")
        yield Check(f"{name}: {what}, error at 80 cells", errors[-1], 1e-3, kind="at most")


def centres(n):
    return (np.arange(n) + 0.5) / n


def exact(y, sigma, film):
    """Return j over its mean at y = x / L, and the resistance (ohm m2)."""
    nu = L * np.sqrt(AREA * (1 / KAPPA + 1 / sigma) / (THERMAL / I0 + film))
    shape = (
        nu
        * (np.cosh(nu * (1 - y)) / KAPPA + np.cosh(nu * y) / sigma)
        / ((1 / KAPPA + 1 / sigma) * np.sinh(nu))
    )
    mixed = 2 + (sigma / KAPPA + KAPPA / sigma) * np.cosh(nu)
    return shape, L / (KAPPA + sigma) * (1 + mixed / (nu * np.sinh(nu)))


def pulse(n, sigma, film):
    """Return j over its mean in n cells, front first, and the electrode's resistance (ohm m2), when the
    current begins."""
    grid = VoxelGrid(np.zeros((n, 1, 1), np.uint8), ("cathode",), L / n)
    design = CellDesign(
        {"cathode": electrode(sigma)},
        electrolyte(),
        Separator(SEPARATOR, 1.0, 1.0),
        ideal(),
        temperature=T,
        initial_sto=0.5,
    )
    cell = assemble(grid, design, film)

    load = Load("pulse", CURRENT * cell.mesh.area, duration=1e-3)
    first = next(Experiment(cell, None, Tolerances(newton=1e-7)).moments([load]))
    j, V, order = first.j, first.V, np.argsort(cell.mesh.faces.position[:, 0])
    return j[order] / j.mean(), -V / CURRENT - SEPARATOR / KAPPA


def electrode(sigma):
    active = ActiveMaterial(
        "linear",
        U=lambda x: 0 * x,
        dU=lambda x: 0 * x,
        D_s=lambda x, T: 1e-14 + 0 * x,
        i0=lambda c, x, T: I0 + 0 * c,
        c_s_max=5e4,
        sigma=sigma,
        density=5e3,
        molar_mass=0.1,
        sto_window=(0, 1),
        sto_0=0.9,
        sto_100=0.1,
    )
    return PorousElectrode("linear", active, 1 - SHARE, 1.0, SHARE, RADIUS, sigma)


def electrolyte():
    return Electrolyte(
        "plain", lambda c, T: KAPPA + 0 * c, lambda c, T: 1e-9 + 0 * c, 1.0, 1.0, 1000.0, (0, 1e4)
    )


def ideal():
    return LithiumMetal("ideal", i0=lambda c, T: 1e9 + 0 * c)
