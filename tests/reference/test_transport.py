"""Three solvers, one answer: the multigrid, FiPy and TauFactor on the same voxels."""

import subprocess
import sys

import numpy as np
import pytest

from microsim.base.errors import InputError, NotConverged
from microsim.mesh.grid import VoxelGrid
from microsim.reference import transport
from microsim.reference.transport import tortuosity_fipy, tortuosity_taufactor
from microsim.transport.tortuosity import solve_tortuosity

UM = 1e-6
CUBES = (UM, UM, UM)
both = pytest.mark.parametrize("solve", [tortuosity_taufactor, tortuosity_fipy])


def grid_of(labels, voxel_size=CUBES):
    return VoxelGrid(np.asarray(labels).astype(np.uint8), ("a", "b", "c"), voxel_size, relative=True)


def porous(n, share=0.45, seed=0):
    """Blurred noise cut at a share of pores (label 1)."""
    noise = np.random.default_rng(seed).normal(size=(n, n, n))
    for axis in range(3):
        noise = sum(np.roll(noise, k, axis) for k in (-1, 0, 1))
    return noise < np.quantile(noise, share)


def three_phases(n):
    return np.where(porous(n, 0.2, 5), 0, np.where(porous(n), 1, 2))


@pytest.mark.parametrize(
    ("labels", "conducting", "axis", "voxel_size", "sides"),
    [
        (porous(24), {"b": 1.0}, 0, CUBES, "no-flux"),
        (porous(12), {"b": 2.5}, 2, (UM, 2 * UM, 0.7 * UM), "no-flux"),
        (porous(13), {"b": 1.0}, 1, CUBES, "periodic"),
        (three_phases(12), {"b": 1.0, "c": 0.05}, 0, (UM, 0.5 * UM, UM), "periodic"),
        (porous(24)[:, :, :1], {"b": 1.0, "a": 0.2}, 0, CUBES, "periodic"),
    ],
)
def test_fipy_agrees_with_the_multigrid(labels, conducting, axis, voxel_size, sides):
    ours, theirs = (
        solve(grid_of(labels, voxel_size), conducting, axis, tolerance=1e-6, sides=sides)
        for solve in (solve_tortuosity, tortuosity_fipy)
    )
    assert theirs.tau == pytest.approx(ours.tau, rel=1e-6)
    assert theirs.D_eff_over_D0 == pytest.approx(ours.D_eff_over_D0, rel=1e-6)
    assert (theirs.eps, theirs.eps_percolating) == pytest.approx((ours.eps, ours.eps_percolating), abs=1e-12)
    assert theirs.flux_imbalance < 1e-6 and theirs.iterations > 0 and theirs.seconds > 0


@pytest.mark.parametrize(
    ("labels", "conducting", "axis", "voxel_size", "sides"),
    [
        (porous(24), {"b": 1.0}, 0, CUBES, "no-flux"),
        (porous(24), {"b": 3.0}, 1, CUBES, "periodic"),
        (three_phases(16), {"b": 2.0, "c": 2.0}, 2, CUBES, "no-flux"),
        (porous(20), {"b": 1.0}, 0, (UM, 1.5 * UM, 2 * UM), "no-flux"),
    ],
)
def test_taufactor_agrees_to_its_criterion(labels, conducting, axis, voxel_size, sides):
    grid = grid_of(labels, voxel_size)
    ours = solve_tortuosity(grid, conducting, axis, tolerance=1e-6, sides=sides)
    theirs = tortuosity_taufactor(grid, conducting, axis, tolerance=1e-3, sides=sides)
    assert theirs.tau == pytest.approx(ours.tau, rel=1e-3)
    assert theirs.D_eff_over_D0 == pytest.approx(ours.D_eff_over_D0, rel=1e-3)
    assert (theirs.eps, theirs.eps_percolating) == pytest.approx((ours.eps, ours.eps_percolating), abs=1e-12)
    assert theirs.flux_imbalance < 1e-3 and theirs.iterations == 100 * len(theirs.gains)


def test_taufactor_s_box_of_several_conductors_is_half_a_voxel_longer_at_both_ends():
    off = []
    for n in (12, 24, 48):
        labels = np.tile(three_phases(12), (n // 12, 1, 1))
        ours, theirs = (
            solve(grid_of(labels), {"b": 1.0, "c": 0.1}, 0, tolerance=1e-4)
            for solve in (solve_tortuosity, tortuosity_taufactor)
        )
        off.append(abs(theirs.tau / ours.tau - 1))
    assert off[0] < 0.06
    assert off[0] / off[1] == pytest.approx(2, abs=0.4) and off[1] / off[2] == pytest.approx(2, abs=0.4)


@both
def test_laminates_and_a_full_block(solve):
    """All three are exact here; equal ends cancel what MultiPhaseSolver adds to them."""
    labels = np.ones((8, 6, 6), int)
    assert solve(grid_of(labels), {"b": 1.0}, 0).tau == pytest.approx(1, abs=1e-5)
    labels[:4] = 2
    assert solve(grid_of(labels), {"b": 1.0, "c": 10.0}, 0, tolerance=1e-5).D_eff_over_D0 == pytest.approx(
        20 / 11, rel=1e-4
    )
    assert solve(grid_of(labels), {"b": 1.0, "c": 10.0}, 1).D_eff_over_D0 == pytest.approx(5.5, rel=1e-4)


@pytest.mark.parametrize("shape", [(1, 4, 4), (6, 1, 1), (5, 1, 3)])
@pytest.mark.parametrize("sides", ["no-flux", "periodic"])
def test_needles_and_sheets(shape, sides):
    grid = grid_of(np.ones(shape))
    assert tortuosity_fipy(grid, {"b": 1.0}, 0, sides=sides).tau == pytest.approx(1, abs=1e-6)
    if shape[0] > 1:
        assert tortuosity_taufactor(grid, {"b": 1.0}, 0, sides=sides).tau == pytest.approx(1, abs=1e-5)


@both
@pytest.mark.parametrize(
    "labels", [np.zeros((5, 4, 4)), np.repeat([1, 0, 1], 2)[:, None, None] * np.ones((6, 4, 4))]
)
def test_what_does_not_percolate_has_no_tau(solve, labels):
    ours = solve_tortuosity(grid_of(labels), {"b": 1.0}, 0)
    theirs = solve(grid_of(labels), {"b": 1.0}, 0)
    assert (theirs.tau, theirs.D_eff_over_D0, theirs.eps) == (None, 0.0, pytest.approx(ours.eps))


@both
def test_islands_and_dead_ends_carry_nothing(solve):
    labels = np.zeros((10, 8, 8), int)
    labels[:, :2, :2] = 1
    labels[:4, 4:, :] = 1
    labels[6:8, 6:, 6:] = 1
    result = solve(grid_of(labels), {"b": 1.0}, 0, tolerance=1e-4)
    assert result.D_eff_over_D0 == pytest.approx(1 / 16, rel=1e-4)
    assert result.eps == pytest.approx(labels.mean()) and result.eps_percolating == pytest.approx(1 / 16)


def test_taufactor_that_cannot_get_there_raises_and_prints_nothing(capsys):
    """Its float32 stalls long before 1e-12."""
    with pytest.raises(NotConverged, match="TauFactor stopped after") as failure:
        tortuosity_taufactor(grid_of(porous(12)), {"b": 1.0}, 0, tolerance=1e-12)
    assert len(failure.value.history) > 30 and min(failure.value.history) < 1e-3
    assert capsys.readouterr().out == ""


def test_fipy_that_does_not_get_there_raises(monkeypatch):
    fluxes = np.array([1.0, 1.1, 1.0])
    monkeypatch.setattr(transport, "_fipy_fluxes", lambda *arguments: (fluxes, 7))
    with pytest.raises(NotConverged, match="after 7 iterations") as failure:
        tortuosity_fipy(grid_of(porous(8, 0.8)), {"b": 1.0}, 0)
    assert failure.value.history == pytest.approx((0.1 / fluxes.mean(),))


@pytest.mark.parametrize(
    ("solve", "shape", "arguments", "words"),
    [
        (tortuosity_fipy, (101, 100, 100), {}, "at most 1000000 voxels for FiPy, got 1010000"),
        (tortuosity_taufactor, (4, 4, 4), {"voxel_size": (2 * UM, UM, UM)}, "not longer along the axis"),
        (
            tortuosity_taufactor,
            (4, 4, 4),
            {"voxel_size": (UM, 2 * UM, UM), "sides": "periodic"},
            "no-flux sides",
        ),
        (
            tortuosity_taufactor,
            (4, 4, 4),
            {"sides": "periodic", "conducting": {"a": 1.0, "b": 2.0}},
            "no-flux sides",
        ),
        (tortuosity_taufactor, (1, 4, 4), {}, "at least two voxels"),
        (tortuosity_fipy, (4, 4, 4), {"sides": "open"}, "no-flux or mirror or periodic"),
        (tortuosity_taufactor, (4, 4, 4), {"tolerance": 0.0}, "between 0 and 1"),
        (tortuosity_fipy, (4, 4, 4), {"conducting": {"pore": 1.0}}, "pore"),
    ],
)
def test_what_they_cannot_do_is_refused_in_a_sentence(solve, shape, arguments, words):
    labels = np.ones(shape, np.uint8)
    labels[:, :1] = 0
    grid = grid_of(labels, arguments.pop("voxel_size", CUBES))
    with pytest.raises(InputError, match=words):
        solve(grid, **{"conducting": {"b": 1.0}, "axis": 0, **arguments})


def test_progress_moves():
    seen = []
    for solve in (tortuosity_taufactor, tortuosity_fipy):
        solve(grid_of(porous(10, 0.7)), {"b": 1.0}, 0, progress=lambda *step: seen.append(step))
    assert {name for _, _, name in seen} == {"TauFactor", "FiPy"}
    assert all(0 <= done <= total for done, total, _ in seen)


def test_the_packages_are_imported_only_when_used():
    code = (
        "import sys, microsim.reference.transport; print([m for m in ('torch', 'taufactor', 'fipy') if m in"
        " sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
