"""The error that three solves speak for, against arrays whose conductivity is known."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.transport.discretisation import discretisation
from microsim.transport.tortuosity import solve_tortuosity

from .test_interface import CYLINDERS, SPHERES, array

OPTIONS = {"tolerance": 1e-4, "sides": "no-flux"}
FAMILY = [(n, f, 3, SPHERES[f]) for n in (12, 16, 20, 24) for f in SPHERES]
FAMILY += [(n, f, 2, CYLINDERS[f]) for n in (12, 16, 20, 24, 32) for f in CYLINDERS if f < 0.7]


def left_open(grid, interface):
    found = solve_tortuosity(grid, {"matrix": 1.0}, 0, interface=interface, **OPTIONS)
    return found, discretisation(grid, {"matrix": 1.0}, 0, found, interface, **OPTIONS)


def one(n, f, dimensions, interface):
    grid = array(n, f, dimensions)
    if dimensions == 2:  # two layers of it, so that it has a half resolution
        shares = {"matrix": np.repeat(grid.shares["matrix"], 2, axis=2)}
        grid = replace(grid, phase=np.repeat(grid.phase, 2, axis=2), shares=shares)
    return left_open(grid if interface == "grey" else replace(grid, shares=None), interface)


@pytest.mark.parametrize("interface", ["voxel", "smooth", "grey"])
def test_nine_of_ten_known_answers_lie_within_the_error(interface):
    within, wide = [], []
    for n, f, dimensions, exact in FAMILY:
        found, left = one(n, f, dimensions, interface)
        off = abs(found.D_eff_over_D0 / exact - 1)  # of tau
        within.append(off <= left.error + OPTIONS["tolerance"])
        wide.append(left.error / max(off, 1e-3))
    assert np.mean(within) >= 0.9
    assert np.median(wide) < {"voxel": 2.5, "smooth": 5, "grey": 5}[interface]


def test_what_it_is_made_of():
    found, left = one(16, 0.3, 3, "voxel")
    grid = replace(array(16, 0.3), shares=None)
    smooth = solve_tortuosity(grid, {"matrix": 1.0}, 0, interface="smooth", **OPTIONS).D_eff_over_D0
    half = solve_tortuosity(grid.coarsen(2), {"matrix": 1.0}, 0, **OPTIONS).D_eff_over_D0
    assert (left.voxel, left.subvoxel, left.half) == (found.D_eff_over_D0, smooth, half)
    turned = one(16, 0.3, 3, "smooth")[1]
    assert (turned.voxel, turned.subvoxel) == (left.voxel, left.subvoxel)


def test_a_full_block_and_a_wall_leave_nothing_open():
    full = VoxelGrid(np.zeros((4, 4, 4), np.uint8), ("matrix",), 1e-6)
    assert left_open(full, "voxel")[1].error == pytest.approx(0, abs=1e-6)
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[2:] = 1
    wall = VoxelGrid(labels, ("matrix", "ball"), 1e-6)
    assert left_open(wall, "voxel")[1].error is None


@pytest.mark.parametrize(
    ("shape", "conducting", "words"),
    [
        (
            (4, 5, 6),
            {"matrix": 1.0},
            r"even number of voxels .* got \(4, 5, 6\); crop the volume to \(4, 4, 6\)",
        ),
        ((4, 6, 1), {"matrix": 1.0}, r"even number of voxels .* got \(4, 6, 1\); leave it out"),
        ((4, 4, 4), {"matrix": 1.0, "ball": 2.0}, "expected conductors of one conductivity"),
    ],
)
def test_what_has_no_half_resolution_is_refused(shape, conducting, words):
    grid = VoxelGrid(np.arange(np.prod(shape)).reshape(shape).astype(np.uint8) % 2, ("matrix", "ball"), 1e-6)
    found = solve_tortuosity(grid, conducting, 0)
    with pytest.raises(InputError, match=words):
        discretisation(grid, conducting, 0, found, "voxel")
