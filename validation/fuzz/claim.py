"""Sixty half cells drawn at random run, or say in one sentence why not; what ran keeps its bounds, balances
and mirrors.

Drawn: structure (blobs, spheres, noise), voxels of 0.1 to 2 um up to 7 : 1, one or two active materials,
conductivities, D_s and i0 over four decades each, films, separators, clogged CBD, lithiation, temperature,
and C/20 to 20C as discharge, charge, rest, hold or power. Reference: conservation, the bounds of the
unknowns, the second law and symmetry; no figure of ours.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from microsim.base.errors import InputError, NotConverged
from microsim.case.build import assemble, nominal
from microsim.case.loads import Scale, loads
from microsim.case.protocol import read_protocol
from microsim.cell.design import CellDesign, Separator
from microsim.cell.experiment import Experiment, Tolerances
from microsim.cell.film import Film
from microsim.jobs.validate import Check
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid

CASES, SEED = 60, 2026
MIRRORED = 4  # every fourth case is run mirrored too
# active materials, each with the one that a second phase is of
PARTNER = {
    "NMC811_Chen2020": "NMC532_Xu2019",
    "NMC532_Xu2019": "NMC811_Chen2020",
    "Graphite_Chen2020": "Graphite_Chen2020",
}
ELECTROLYTES = ("LiPF6_EC_EMC_3_7", "LiPF6_PC_EC_DMC", "LiPF6_EC_EMC_Landesfeind")
CONSERVATION = "the balance holds cell by cell and in time; nothing else is allowed"


@dataclass(frozen=True)
class Drawn:
    """One case: its grid and design, its film, its protocol in words, and what it is in a line."""

    grid: VoxelGrid
    design: CellDesign
    film: Film
    protocol: tuple
    told: str


# -- drawing -------------------------------------------------------------------------------------------------


def draw(number, seed=SEED):
    """Draw a case from its number."""
    rng = np.random.default_rng([seed, number])
    shape = (int(rng.integers(8, 15)), int(rng.integers(6, 10)), int(rng.integers(6, 10)))
    kind, labels = structure(rng, shape)
    voxel = edges(rng)
    names = ("pore", "am", "cbd", "am2")[: labels.max() + 1]
    grid = VoxelGrid(labels, names, voxel)
    first = str(rng.choice(list(PARTNER), p=(0.5, 0.3, 0.2)))
    solids = {
        "pore": None,
        "am": active(rng, first),
        "cbd": conductor(rng),
        "am2": active(rng, PARTNER[first]),
    }
    phases = {name: solids[name] for name in names}
    salt = str(rng.choice(ELECTROLYTES, p=(0.6, 0.2, 0.2)))
    T = float(rng.uniform(253, 333)) if rng.random() < 0.5 else 298.15
    electrolyte = replace(load(salt), c_e_0=1000.0)
    stos = {name: lithiation(rng, phases[name]) for name in names if name in ("am", "am2")}
    separator = Separator(
        log_uniform(rng, 1e-6, 3e-4), float(rng.uniform(0.3, 1.0)), float(rng.choice([1.0, 0.32, 0.05]))
    )
    design = CellDesign(
        phases,
        electrolyte,
        separator,
        load("lithium"),
        temperature=T,
        initial_sto=stos,
        area_correction=bool(rng.random() < 0.7),
        cbd_transport_efficiency=rng.choice([None, 0.0, 0.1]),
        pore_transport_efficiency=float(rng.choice([1.0, 0.5])),
    )
    film = film_of(rng, shape)
    protocol = tuple(
        steps(rng, [material for material in phases.values() if material and material.kind == "active"])
    )
    told = (
        f"{kind} {shape} of {'x'.join(f'{1e6 * h:.2g}' for h in voxel)} um, {', '.join(names)}, {first},"
        f" {salt}, {T:.0f} K, film {film.model}, separator {1e6 * separator.thickness:.0f} um:"
        f" {'; '.join(protocol)}"
    )
    return Drawn(grid, design, film, protocol, told)


def log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def edges(rng):
    """Voxel edges of 0.1 to 2 um, in a third of the cases up to 7 : 1."""
    h = log_uniform(rng, 0.1e-6, 2e-6)
    if rng.random() < 2 / 3:
        return (h, h, h)
    return tuple(np.clip(h * 7 ** rng.uniform(-0.5, 0.5, 3), 0.1e-6, 2e-6))


def structure(rng, shape):
    """Labels 0 pore, 1 active, perhaps 2 CBD and 3 a second active material, from one of three sorts of
    structure."""
    kind = str(rng.choice(["blobs", "spheres", "noise"], p=(0.45, 0.4, 0.15)))
    if kind == "spheres":
        places = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), -1)
        centres, radii = rng.uniform(0, shape, (12, 3)), rng.uniform(1.5, 4, 12)
        height = (np.linalg.norm(places[..., None, :] - centres, axis=-1) - radii).min(-1)
    else:
        height = -ndimage.gaussian_filter(
            rng.standard_normal(shape), 1.2 if kind == "blobs" else 0.0, mode="wrap"
        )
    porosity, binder = rng.uniform(0.25, 0.6), rng.choice([0.0, rng.uniform(0.03, 0.15)])
    low, high = np.quantile(height, [1 - porosity - binder, 1 - porosity])
    labels = np.where(height < low, 1, np.where(height < high, 2, 0)).astype(np.uint8)
    if rng.random() < 0.25:  # a second active material in half of the depth
        labels[(labels == 1) & (np.arange(shape[0])[:, None, None] > shape[0] // 2)] = 3
    return kind, labels


def active(rng, name):
    """A material set with D_s, i0 and sigma scaled over decades."""
    base, D, i, sigma = load(name), *(log_uniform(rng, 1e-2, 1e2) for _ in range(3))
    return replace(
        base,
        D_s=lambda sto, T: D * base.D_s(sto, T),
        i0=lambda c_e, sto, T: i * base.i0(c_e, sto, T),
        sigma=sigma * base.sigma,
    )


def conductor(rng):
    return replace(
        load("CBD_default"),
        sigma=log_uniform(rng, 1.0, 1e4),
        reactive_share=float(rng.choice([0.0, 0.47, 1.0])),
    )


def lithiation(rng, material):
    low, high = sorted((material.sto_0, material.sto_100))
    return float(rng.uniform(low, high))


def film_of(rng, shape):
    model = str(rng.choice(["none", "uniform", "gaussian", "map"]))
    conductivity = log_uniform(rng, 1e-7, 1e-5)
    if model == "uniform":
        return Film(model, conductivity, log_uniform(rng, 1e-9, 1e-7))
    if model == "map":
        return Film(model, conductivity, thickness=rng.uniform(0, 50e-9, shape))
    return Film(model, conductivity, seed=int(rng.integers(1000)))


def steps(rng, materials):
    """One to three steps in words, from C/20 to 20C, with limits in the window of the potentials, as a case
    has to have."""
    ends = [[float(m.U(sto)) for sto in m.sto_window] for m in materials]
    low, high = min(end[1] for end in ends) + 0.01, max(end[0] for end in ends) - 0.01
    low, high = (low, min(high, 4.3)) if low > 1 else (low, 1.0)
    rate = log_uniform(rng, 0.05, 20)
    away, back = (f"{verb} at {rate:.3g}C for {0.4 * 3600 / rate:.0f} s" for verb in ("Discharge", "Charge"))
    down, up = f" until {low:.3f} V", f" until {high:.3f} V"
    sort = rng.choice(
        ["discharge", "charge", "rest", "hold", "power", "to the last"], p=(0.22, 0.2, 0.22, 0.18, 0.12, 0.06)
    )
    held = rng.uniform(low + 0.1 * (high - low), low + 0.9 * (high - low))
    return {
        "discharge": [f"Discharge at {rate:.3g}C{down}"],
        "charge": [f"Charge at {rate:.3g}C{up}"],
        "rest": [f"{away} or{down}", "Rest for 10 minutes", f"{back} or{up}"],
        "hold": [f"Hold at {held:.3f} V for 20 minutes", "Rest for 1 minute"],
        "power": [
            f"Discharge at {log_uniform(rng, 1, 200):.3g} W/m2 for 20 minutes or{down}",
            "Rest for 5 minutes",
        ],
        "to the last": [f"Discharge at {rate:.3g}C for {2 * 3600 / rate:.0f} s"],
    }[str(sort)]


# -- running -------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What came of a case: "ran", "refused" or "not converged", why, and the states seen: (t, x, current)."""

    verdict: str
    why: str = ""
    cell: object = None
    record: object = None
    states: tuple = ()


def outcome(case):
    """Run a case."""
    seen, cell, experiment = [], None, None

    def keep(moment):
        seen.append((moment.t, moment.x, moment.current))

    try:
        cell = assemble(case.grid, case.design, case.film)
        experiment = Experiment(cell, None, Tolerances())
        one_C, _ = nominal(case.grid, case.design)
        steps = read_protocol(list(case.protocol), "protocol")
        experiment.run(loads(steps, Scale(one_C, cell.mesh.area)), keep)
        verdict, why = "ran", ""
    except InputError as error:
        verdict, why = "refused", str(error)
    except NotConverged as error:
        verdict, why = "not converged", str(error)
    return Outcome(verdict, why, cell, experiment and experiment.now.record, tuple(seen))


# what a battery scientist takes for a reason; a residual is none
REASONS = {
    "no way in for the ions or out for the electrons": r"expected (electrolyte|am|.* joined)",
    "beyond its voltage as soon as it starts": r"already at",
    "active material full or empty": r"(full|empty) at its surface",
    "electrolyte depleted": r"electrolyte in the \w+ is depleted",
    "power that no current gives": r"no current was found that gives",
}


def reason(why):
    """Name the reason that a message gives, or None where it gives none."""
    return next((name for name, words in REASONS.items() if re.search(words, why)), None)


# -- what must hold ------------------------------------------------------------------------------------------


def ranges(run):
    """Least and largest sto and least c_e (mol m-3) of all states."""
    states = [run.cell.state(x) for _, x, _ in run.states]
    return (
        min(u.sto.min() for u in states),
        max(u.sto.max() for u in states),
        min(u.c_e.min() for u in states),
    )


def gained_voltage(run):
    """By how much a cell gives more voltage on discharge, or takes less on charge, than its potentials hold
    (V).

    Discharge: V <= max U + span of W(c_e); charge: V >= min U - span; at rest both.
    """
    worst = -np.inf
    for _, x, current in run.states:
        u, U = run.cell.state(x), run.cell.in_cells.U(run.cell.state(x).sto)
        W = run.cell.W(u.c_e)
        above, below = u.V[0] - U.max(), U.min() - u.V[0]
        over = {1: above, -1: below, 0: max(above, below)}[
            int(np.sign(current)) * (abs(current) > 1e-12 * run.cell.mesh.area)
        ]
        worst = max(worst, over - (W.max() - W.min()))
    return float(worst)


def mirrored(case):
    """The same case seen in a mirror: y and z reversed and swapped."""

    def turn(values):
        return np.ascontiguousarray(values[:, ::-1, ::-1].transpose(0, 2, 1))

    hx, hy, hz = case.grid.voxel_size
    film = (
        case.film if case.film.thickness is None else replace(case.film, thickness=turn(case.film.thickness))
    )
    return (
        replace(case, grid=VoxelGrid(turn(case.grid.phase), case.grid.names, (hx, hz, hy)), film=film),
        turn,
    )


def mirror_misses(case, run):
    """Differences to the mirrored run: end time (share), voltage (V, at equal times), sto at the end."""
    other, turn = mirrored(case)
    twin = outcome(other)
    (t, V), (t_twin, V_twin) = (
        np.array([(when, r.cell.state(x).V[0]) for when, x, _ in r.states]).T for r in (run, twin)
    )
    times = np.linspace(0, min(t[-1], t_twin[-1]), 400)
    last = [r.cell.mesh.on_image(r.cell.mesh.solid, r.cell.state(r.states[-1][1]).sto) for r in (run, twin)]
    return (
        abs(t[-1] / t_twin[-1] - 1),
        np.abs(np.interp(times, t, V) - np.interp(times, t_twin, V_twin)).max(),
        np.nanmax(np.abs(turn(last[0]) - last[1])),
    )


# -- the claim -----------------------------------------------------------------------------------------------


def checks(data):
    cases = [draw(number) for number in range(CASES)]
    runs = [outcome(case) for case in cases]
    verdicts = Counter(run.verdict for run in runs)
    why = Counter(f"{run.verdict}: {reason(run.why)}" for run in runs if run.verdict != "ran")
    dumb = [number for number, run in enumerate(runs) if run.verdict != "ran" and not reason(run.why)]
    told = "; ".join(f"{count} {name}" for name, count in sorted(why.items()))
    yield Check(
        f"of {CASES} cases these ran to their end ({told})",
        verdicts["ran"],
        0.6 * CASES,
        kind="at least",
        source="the rest meets a limit of the cell",
    )
    yield Check(
        f"neither ran nor said why {dumb or ''}",
        len(dumb),
        0,
        kind="at most",
        source="a residual is no reason",
    )
    yield from _balances(runs)
    yield from _bounds(runs)
    yield from _mirrors(cases, runs)


def _balances(runs):
    for name in ("lithium", "charge", "salt"):
        values = {
            number: getattr(run.record, f"{name}_balance_error")
            for number, run in enumerate(runs)
            if run.verdict == "ran"
        }
        worst = max(values, key=values.get)
        yield Check(
            f"{name}: largest balance error of those that ran (case {worst})",
            values[worst],
            1e-8,
            kind="at most",
            source=CONSERVATION,
        )


def _bounds(runs):
    seen = {number: ranges(run) for number, run in enumerate(runs) if run.states}
    states = sum(len(run.states) for run in runs)
    yield Check(
        f"least sto in {states} states, c_s > 0",
        min(low for low, _, _ in seen.values()),
        1e-15,
        kind="at least",
    )
    yield Check(
        "1 - largest sto, c_s < c_s_max",
        1 - max(high for _, high, _ in seen.values()),
        1e-15,
        kind="at least",
    )
    yield Check("least c_e (mol m-3)", min(c_e for _, _, c_e in seen.values()), 1e-12, kind="at least")
    gained = {number: gained_voltage(run) for number, run in enumerate(runs) if run.states}
    worst = max(gained, key=gained.get)
    yield Check(
        f"voltage beyond what potentials and concentrations hold (V, case {worst})",
        gained[worst],
        1e-6,
        kind="at most",
        source="second law: V <= max U + span of W(c_e) on discharge, V >= min U - span on charge",
    )


def _mirrors(cases, runs):
    misses = {
        number: mirror_misses(cases[number], runs[number])
        for number in range(0, CASES, MIRRORED)
        if runs[number].verdict == "ran" and cases[number].film.model != "gaussian"
    }
    for part, (what, limit) in enumerate(
        (("end time (share)", 1e-5), ("voltage (V)", 2e-5), ("sto at the end", 1e-5))
    ):
        worst = max(misses, key=lambda number: misses[number][part])
        yield Check(
            f"{len(misses)} mirrored cases: {what}, largest difference (case {worst})",
            misses[worst][part],
            limit,
            kind="at most",
            source="symmetry; the cut-off is located to 1e-5 V",
        )
