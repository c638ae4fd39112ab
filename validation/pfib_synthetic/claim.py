"""Phases of a PFIB stack come back: a known four-phase electrode is imaged slice by slice (walls seen through
pores, curtains, shading, flicker, drift, blur, noise: microsim/generate/pfib.py, rays and solid angles in the
true volume), and `microsim segment` finds its fractions within 1 percentage point and its cracks within 10 %;
without the pore-back correction it does not. The recipe is the same for all stacks; the truth is the
generator's."""

from dataclasses import replace

import numpy as np

from microsim.base.schema import section
from microsim.generate.pfib import Optics, pfib_stack, with_cracks
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.jobs.validate import Check
from microsim.segment.recipe import Recipe, run_recipe

MARK = 32
PHASES = ("pore", "cbd", "am", "crack")
PREPARE = [
    {"curtains": {"axis": "z", "along": "y"}},
    {"normalise": {"axis": "z"}},
    {"normalise": {"axis": "y", "window": 31}},
    {"align": {"axis": "z", "region": {"y": [0, MARK]}}},
    {"crop": {"y": [MARK + 4, 104]}},
    {"nlm": {"axis": "z"}},
    {"unsharp": {"axis": "z"}},
]
FINISH = [{"watershed": {"axis": "z"}}, "cracks"]
OPTICS = Optics(drift=0.15, mark=MARK)
STACKS = {  # electrode's seed, optics
    "light fades over 0.8 um": (11, replace(OPTICS, seed=21)),
    "another electrode": (12, replace(OPTICS, seed=22)),
    "over 0.3 um": (11, replace(OPTICS, seed=23, reach=3.0)),
    "over 1.5 um": (12, replace(OPTICS, seed=24, reach=15.0)),
    "line of sight at 20 degrees": (11, replace(OPTICS, seed=25, tilt_deg=20.0)),
}


def checks(data):
    grids = {seed: _electrode(seed) for seed in {seed for seed, _ in STACKS.values()}}
    for name, (seed, optics) in STACKS.items():
        stack = pfib_stack(grids[seed], optics)
        state = _segmented(stack, [{"pore_back": {"axis": "z"}}])
        truth = _truth(grids[seed], state)
        yield from _fractions(name, state.labels, truth)
        yield from _dice(name, state.labels, truth)
        if name == "light fades over 0.8 um":
            drift = np.array(state.found["align"]["shift_voxels"]) - stack.shifts
            yield Check(
                "drift by the fiducial mark, error, rms, voxels",
                float(np.sqrt(np.mean(drift**2))),
                0.3,
                kind="at most",
                source="shifts drawn",
            )
            yield from _without(stack, truth, state)


def _electrode(seed):
    """58 % active material, 9 % binder, cracks 6.5 % of the particles; 112^3 voxels of 100 nm."""
    recipe = ElectrodeRecipe(
        shape=(112, 112, 112),
        voxel_size=1e-7,
        active_fraction=0.6,
        cbd_fraction=0.09,
        median_diameter=4.2e-6,
        smallest_diameter=3e-6,
        largest_diameter=5.6e-6,
        deformation=0.04,
        seed=seed,
    )
    return with_cracks(build_electrode(recipe), 0.065, seed=seed)


def _segmented(stack, labelling):
    raw = {"phases": list(PHASES[:3]), "crack": "crack", "steps": [*PREPARE, *labelling, *FINISH]}
    return run_recipe(section(Recipe, raw, ""), stack.grey, (1e-7,) * 3, pictures=False)[0]


def _truth(grid, state):
    """True labels of the voxels that are left after drift was taken back and the mark cut off."""
    shifts = np.array(state.found["align"]["shift_voxels"])
    low = np.ceil(np.maximum(-shifts.min(0), 0)).astype(int)
    start = (low[0], low[1] + MARK + 4, 0)
    labels = np.array([PHASES.index(name) for name in grid.names], np.uint8)[grid.phase]
    return labels[tuple(slice(a, a + n) for a, n in zip(start, state.labels.shape))]


def _fractions(name, labels, truth):
    for k, phase in enumerate(PHASES[:3]):
        yield Check(
            f"{name}: fraction of {phase}",
            float(np.mean(labels == k)),
            float(np.mean(truth == k)),
            0.01,
            "absolute",
            "true volume",
        )
    yield Check(
        f"{name}: cracks / particle volume",
        _crack_share(labels),
        _crack_share(truth),
        0.1,
        source="true volume",
    )


def _crack_share(labels):
    cracks = np.count_nonzero(labels == 3)
    return cracks / (cracks + np.count_nonzero(labels == 2))


def _dice(name, labels, truth, kind="at least", bounds=(0.95, 0.83, 0.97, 0.77)):
    for k, (phase, bound) in enumerate(zip(PHASES, bounds)):
        yield Check(
            f"{name}: Dice of {phase}",
            _overlap(labels == k, truth == k),
            bound,
            kind=kind,
            source="true volume",
        )


def _overlap(a, b):
    return float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))


def _without(stack, truth, corrected):
    """The same recipe without correction, and with the mixture model: both miss what the correction gives."""
    best = {k: _overlap(corrected.labels == k, truth == k) for k in range(4)}
    for name, step in (
        ("no correction", []),
        ("mixture model", [{"pore_back": {"axis": "z", "method": "mixture"}}]),
    ):
        labels = _segmented(stack, step).labels
        off = [float(np.mean(labels == k) - np.mean(truth == k)) for k in range(4)]
        yield Check(
            f"{name}: largest error of a fraction",
            max(map(abs, off)),
            0.01,
            kind="at least",
            source="bound of the correction",
        )
        for k, phase in enumerate(PHASES):
            yield Check(
                f"{name}: Dice of {phase}",
                _overlap(labels == k, truth == k),
                best[k],
                kind="at most",
                source="with the correction",
            )
