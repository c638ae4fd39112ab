"""Which claims of `microsim validate` bear on a run, read off what its case uses, and what came of them.

What came of them is kept in validation/results.json, which ships with each release (`make accuracy`).
"""

import json

from ..base import gallery

RESULTS = "results.json"
CLAIMS = {
    "every run": ("conservation", "overpotential_split", "electrolyte_diffusion", "kill", "fuzz"),
    "a resolved volume": (
        *("body_fitted_sphere", "sphere_area", "sphere_diffusion", "dfn_resolved_spheres"),
        *("fipy_half_cell", "conduction_arrays", "conduction_networks", "laminates", "morphology"),
        *("taufactor_electrode", "homogenised_nrel"),
    ),
    "a volume made coarse": ("coarse_shares",),
    "a generated electrode": ("generators",),
    "a homogenised electrode": ("dfn_half_cells", "newton_tobias"),
    "a porous counter electrode": ("dfn_full_cell",),
    "a film": ("film_shift", "dfn_film"),
    "a film that grows": ("ageing",),
    "contact that is lost": ("ageing",),
    "the homogenised twin": ("homogenised_nrel", "dfn_half_cells"),
    "a load from a file, or many steps": ("drive_cycle",),
    "a measured map": ("comparison",),
    "a measured impedance": ("cell_impedance",),
}
MANY = 10  # steps


def uses_of(case):
    """List what a Case uses of CLAIMS, in their order."""
    volume, cell, steps = case.volume, case.cell, case.protocol
    compared = {type(one).__name__ for one in case.compare}
    used = {
        "every run": True,
        "a resolved volume": volume.slab is None,
        "a volume made coarse": volume.coarsen > 1,
        "a generated electrode": volume.recipe is not None,
        "a homogenised electrode": volume.slab is not None,
        "a porous counter electrode": not isinstance(cell.counter_electrode, str),
        "a film": cell.film.model != "none",
        "a film that grows": getattr(cell.film, "growth", None) is not None,
        "contact that is lost": cell.contact_lost != 0.0,
        "the homogenised twin": case.output.homogenised,
        "a load from a file, or many steps": len(steps) > MANY or any(step.profile for step in steps),
        "a measured map": "Compare" in compared,
        "a measured impedance": "CompareSpectrum" in compared,
    }
    return [what for what in CLAIMS if used[what]]


def claims_of(case):
    """Return the claims that bear on a Case, {claim: what of the case it bears on}."""
    found = {}
    for what in uses_of(case):
        for claim in CLAIMS[what]:
            found.setdefault(claim, []).append(what)
    return {claim: ", ".join(whats) for claim, whats in found.items()}


def kept_results():
    """Return what came of the claims as it ships, {claim: numbers of a Claim}; {} where nothing does."""
    try:
        text = (gallery.folder("validation") / RESULTS).read_text(encoding="utf-8")
    except OSError:
        return {}
    return json.loads(text)["claims"]
