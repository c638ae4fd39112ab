"""What a step ran into, in words."""

import re
from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import NotConverged
from microsim.cell.experiment import initial_state
from microsim.cell.obstacle import obstacle
from microsim.cell.step import Control

from ..cells import half_cell, image

FAILURE = NotConverged("Newton stopped")


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({}, "current", "Newton stopped"),
        (
            {"c_e": 20.0},
            "current",
            r"the electrolyte in the separator is depleted, to 20 mol m-3 .*lower the current",
        ),
        ({"sto": 0.9999}, "current", "active material is full at its surface"),
        ({"sto": 1e-5}, "current", "active material is empty at its surface"),
        ({}, "power", "no current was found that gives"),
    ],
)
def test_the_cell_s_own_limits_come_first(changes, kind, said):
    cell = half_cell(image((8, 4, 4), 3), 0.8e-6)
    solved = initial_state(cell, 0.4)
    x = solved.x.copy()
    for name, value in changes.items():
        x[cell.unknowns.place(name)] = np.float64(value)
    told = obstacle(cell, replace(solved, x=x), Control(kind, 1.0), FAILURE)
    assert re.match(said, told) and told.endswith(
        "Newton stopped)" if said != "Newton stopped" else "stopped"
    )
