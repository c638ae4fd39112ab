"""The figures that docs/how_wrong.md takes from claims are those that ship with them."""

from pathlib import Path

import pytest

from microsim.jobs.bearing import kept_results
from microsim.jobs.validate import claim_names

PAGE = (Path(__file__).parents[1] / "docs" / "how_wrong.md").read_text(encoding="utf-8")
FIGURES = [  # claim, what it checks, how the page tells it from value and deviation
    ("sphere_area", "radius 3: corrected over true area", lambda v, d: f"{100 * d:.1f} % at a radius of 3"),
    (
        "stokes_arrays",
        "spheres, fraction 0.125, 32 voxels a diameter, k / a^2",
        lambda v, d: f"{100 * d:.1f} (-",
    ),
    (
        "stokes_arrays",
        "spheres, fraction 0.524, 64 voxels a diameter, k / a^2",
        lambda v, d: f"({100 * d:.1f}) %",
    ),
    (
        "homogenised_nrel",
        "C/2: rms voltage difference, homogenised - resolved (V)",
        lambda v, d: f"{1e3 * v:.1f}",
    ),
    ("dfn_resolved_spheres", "0.5C: rms voltage difference (V)", lambda v, d: f"{1e3 * v:.1f} and"),
    (
        "pfib_synthetic",
        "no correction: largest error of a fraction",
        lambda v, d: f"{100 * v:.1f} percentage",
    ),
    ("pfib_synthetic", "light fades over 0.8 um: fraction of cbd", lambda v, d: f"{-100 * d:.1f} percentage"),
    ("pfib_synthetic", "light fades over 0.8 um: Dice of crack", lambda v, d: f"| {v:.2f} |"),
    ("xanes_perex", "rms deviation from the coulometric x, first discharge", lambda v, d: f"{v:.3f} rms"),
    ("xanes_synthetic", "edge: coverage of the 95 % interval", lambda v, d: f"{100 * v:.1f} %"),
    ("sphere_diffusion", "areas corrected: uptake", lambda v, d: f"{100 * d:.1f}, "),
    ("cell_impedance", "chen2020: modulus, largest relative difference", lambda v, d: f"{100 * v:.1f} % of"),
    (
        "capacity_loss_causes",
        "sigma of the mean loss 2 over",
        lambda v, d: f"stated sigma is {v:.2f} to 1.03",
    ),
    ("comparison", "noise 0.02: of 100 intervals of rmse", lambda v, d: f"{v:.0f} of 100 intervals of rmse"),
]


@pytest.mark.parametrize(("claim", "what", "word"), FIGURES)
def test_a_figure_is_that_of_its_claim(claim, what, word):
    checks = [c for c in kept_results()[claim]["checks"] if what in c["claim"]]
    assert checks and word(checks[0]["value"], checks[0]["deviation"]) in PAGE
    assert f"microsim validate {claim}`" in PAGE


def test_every_claim_that_it_names_ships():
    import re

    named = set(re.findall(r"microsim validate (\w+)", PAGE))
    assert len(named) > 12 and named <= set(claim_names())
