"""Generated electrodes are what their recipes ask for: over 20 seeds each, fractions within 0.5 points, a
gradient as well in every quarter of the depth, cracks, lost contact and gaps by their share; and the
binder's largest cluster and the tau of ice-templated regions are those that two studies publish. References:
the recipes; Zhang et al., Joule 7 (2023) 201, Fig. 1 and 6; Huang et al., Adv. Sci. 9 (2022), Table 1.
"""

import numpy as np

from microsim.base.gallery import located
from microsim.base.schema import read_yaml, section
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.jobs.generate import generate_electrode
from microsim.jobs.validate import Check
from microsim.mesh.grid import VoxelGrid
from microsim.shapes.measures import contact_areas_faces
from microsim.transport.regions import analyse_regions

SEEDS, FEW = range(1, 21), range(1, 7)
BASE = {"shape": [48, 36, 36], "active_fraction": 0.52, "median_diameter_um": 4, "smallest_diameter_um": 2,
        "largest_diameter_um": 6}  # fmt: skip
KINDS = {
    "packing": {},
    "layers": {"shape": [60, 36, 36], "layers": [
        {"active_fraction": 0.45, "cbd_fraction": 0.13, "median_diameter_um": 2.5, "largest_diameter_um": 3},
        {"active_fraction": 0.56, "cbd_fraction": 0.05},
    ]},
    "gradient": {"shape": [80, 36, 36], "gradient": {"porosity_rise": -0.25}},
    "calendering": {"shape": [50, 36, 36], "calendering": {"strain": 0.2}},
    "films": {"binder": {"kind": "films"}},
    "fibres": {"binder": {"kind": "fibres", "filmed": 0.3}},
    "aggregates": {"binder": {"kind": "aggregates", "diameter_um": 2, "migration": 0.5}},
    "channels": {"active_fraction": 0.45, "pores": {"share": [0.2, 0.1], "width_um": 3}},
    "grain cracks": {"cracks": {"share": 0.065}},
    "radial cracks": {"cracks": {"share": 0.065, "kind": "radial"}},
    "gap": {"delamination": {"share": 0.69, "height_um": 1.2, "depth": 0.5}},
}  # fmt: skip
TARGETS = {"layers": (0.505, 0.09), "calendering": (0.65, 0.1125), "channels": (0.45, 0.09)}
REGIONS = {"separator": (0.333, 1.1, 0.1), "middle": (0.232, 2.3, 0.2), "collector": (0.096, 2.8, 0.2)}


def checks(data):
    for kind, more in KINDS.items():
        made = [_made(more, seed) for seed in SEEDS]
        yield from _fractions(kind, made)
        if kind == "gradient":
            yield _gradient(made)
        if "cracks" in more:
            yield _worst(f"{kind}: share of the particles", [_cracked(each) for each in made], 0.065, 0.005)
        if kind == "gap":
            gaps = [each.measured["gap_share"] for each in made]
            yield _worst("gap: share of the section", gaps, 0.69, 0.005)
    yield _contact()
    yield from _binder_networks()
    yield from _ice_templated()
    yield from _pfib()


def _made(more, seed):
    return build_electrode(section(ElectrodeRecipe, {**BASE, **more, "seed": seed}, ""))


def _worst(what, values, target, tolerance, source="recipe"):
    """Check the value that lies farthest from its target."""
    worst = max(values, key=lambda value: abs(value - target))
    return Check(f"{what}, worst of {len(values)} seeds", worst, target, tolerance, "absolute", source)


def _fractions(kind, made):
    targets = TARGETS.get(kind, (KINDS[kind].get("active_fraction", BASE["active_fraction"]), 0.09))
    for name, target in zip(("am", "cbd"), targets):
        found = [each.measured["volume_fraction"][name] for each in made]
        if name == "am":  # the recipe counts cracks as particles
            found = [f + each.measured["volume_fraction"].get("crack", 0) for f, each in zip(found, made)]
        yield _worst(f"{kind}: {name}", found, target, 0.005)


def _cracked(made):
    cracks = np.count_nonzero(made.phase == 3)
    return cracks / np.count_nonzero(made.particles)


def _gradient(made):
    wanted = 0.39 - 0.25 * (np.arange(4) - 1.5) / 4
    off = [max(abs(part.mean() - w) for part, w in zip(np.array_split(each.phase == 0, 4), wanted))
           for each in made]  # fmt: skip
    what = "gradient: porosity of a quarter of the depth, worst of 20 seeds"
    return Check(what, max(off), 0.005, kind="at most", source="recipe")


def _contact():
    lossy = {"contact_loss": {"share": 0.2}}
    left = [_contact_area(_made(lossy, seed)) / _contact_area(_made({}, seed)) for seed in SEEDS]
    return _worst("contact loss: contact that is left", left, 0.8, 0.005)


def _contact_area(made):
    return contact_areas_faces(VoxelGrid(made.phase, ("pore", "am", "cbd"), 4e-7))["am", "cbd"]


def _recipe(path, seed):
    return {**read_yaml(located(path)), "seed": seed}


def _binder_networks():
    for name, share in (("slurry", 0.236), ("dry", 0.57)):
        recipes = [_recipe(f"studies/002_thick_cathode/{name}.yaml", seed) for seed in FEW]
        found = [generate_electrode(recipe).measured["binder"] for recipe in recipes]
        mean = float(np.mean([each["share_of_largest_in_sections"] for each in found]))
        what = f"{name} binder: largest cluster in a section, mean of {len(FEW)} seeds"
        yield Check(what, mean, share, 0.05, "absolute", "Zhang et al., Fig. 6E, F")


def _ice_templated():
    found = []
    for seed in FEW:
        made = generate_electrode(_recipe("studies/003_ice_templated/ice.yaml", seed))
        found.append(analyse_regions(made.grid, {"pore": 1.0}, count=3, tolerance=5e-3))
    for (name, (eps, tau, off)), regions in zip(REGIONS.items(), zip(*found)):
        what = f"ice-templated, {name}"
        yield _worst(
            f"{what}: porosity", [region.eps for region in regions], eps, 0.005, "Huang et al., Table 1"
        )
        mean = float(np.mean([region.tau["x"] for region in regions]))
        yield Check(f"{what}: tau, mean of {len(FEW)} seeds", mean, tau, off, source="Huang et al., Table 1")


def _pfib():
    made = generate_electrode(_recipe("studies/002_thick_cathode/pfib.yaml", 1))
    for name, share in {"pore": 0.29, "cbd": 0.09, "am": 0.58, "crack": 0.04}.items():
        yield Check(f"PFIB-like electrode: {name}", made.grid.fraction(name), share, 0.005, "absolute",
                    "Zhang et al., Fig. 1C")  # fmt: skip
