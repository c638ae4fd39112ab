"""Bytes that one GMRES iteration of the half cell moves, by pass, and at which share of the copy rate."""

import os
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.half_cell_cost import SIZES, fastest

CASES = Path(__file__).parents[1] / "cases"
DEPTH = 4  # vectors of the basis so far: what a run has on average


def half_cell_bytes(options):
    """Print what each pass of an iteration reads and writes, each array once, and how long it takes."""
    if not os.environ.get("MICROSIM_DATA"):
        print("\nhalf-cell bytes: MICROSIM_DATA names no folder of the public data; skipped")
        return
    from microsim.numerics.kernels.cpu import threads

    name = list(SIZES)[1 if options.full else 0]
    cell, passes = _passes(SIZES[name])
    shortest = partial(fastest, clock=time.process_time)  # other work on the machine does not count
    voxels = cell.mesh.counts["total"]
    source, target = np.ones(20_000_000), np.empty(20_000_000)
    copy = 2 * source.nbytes / shortest(lambda: np.copyto(target, source))
    print(
        f"\none GMRES iteration on one thread, {voxels:,} voxels of the NREL electrode; copied at"
        f" {copy / 1e9:.1f} GB/s"
    )
    _print_row("pass", "bytes / voxel", "ns / voxel", "GB/s", "of a copy")
    total = np.zeros(2)
    for what, moved, work in passes:
        with threads.limited(1):
            seconds = shortest(work)
        total += moved, seconds
        _print_row(what, *_cells(moved, seconds, voxels, copy))
    _print_row("iteration", *_cells(*total, voxels, copy))


def _cells(moved, seconds, voxels, copy):
    rate = moved / seconds
    return (
        f"{moved / voxels:.0f}",
        f"{1e9 * seconds / voxels:.1f}",
        f"{rate / 1e9:.1f}",
        f"{rate / copy:.0%}",
    )


def _passes(crop):
    """Return the cell of a crop, and (what, bytes, a function that does it) of each pass."""
    from microsim.case.build import set_up
    from microsim.case.case import load_case
    from microsim.numerics.krylov import Basis

    case = load_case(
        CASES / "nrel_nmc_c2.yaml", [f"volume.crop={crop}", "protocol=[Discharge at C/2 for 9 s]"]
    )
    setup = set_up(case)
    experiment = setup.experiment()
    moments = experiment.moments(setup.loads())
    for _ in range(4):
        moment = next(moments)
    cell, solved = setup.cell, moment.solved
    about = cell.linearise(cell.solve(solved.x, solved.step, solved.interfaces))
    cell.preconditioner.update(about)
    jacobian, own = cell.jacobian(about).lean(), cell.preconditioner
    n = cell.unknowns.size
    basis, w = Basis(), np.ones(n, np.float32)
    for _ in range(DEPTH + 1):
        basis.keep(w, np.sqrt(n))
    potentials, salt, lithium = own.potential_grid, own.salt_grid, own.lithium
    for grid in (potentials, salt, lithium.grid):
        grid.b[:] = 1
    cells, answer = np.ones((2, cell.mesh.solid.n), np.float32)

    def orthogonalise():
        basis.combine(-1e-9 * basis.project(w), w)

    return cell, (
        ("potentials, two W-cycles", of_answer(potentials), potentials.answer),
        ("salt, two W-cycles", of_answer(salt), salt.answer),
        ("lithium, a V-cycle", of_cycles(lithium.grid, 1), lambda: lithium.cycle(cells, answer)),
        ("J v", of_product(cell), lambda: jacobian(w)),
        (f"GMRES, {DEPTH + 1} vectors", n * (2 * 3 * (DEPTH + 1) + 4 * 3), orthogonalise),
    )


def of_answer(grid):
    """Return the bytes of an answer of a Multigrid: each level is visited twice by the one above it."""
    return of_cycles(grid, grid.visits)


def of_cycles(grid, visits):
    """Return the bytes of `visits` cycles; each level asks the next one as often as the grid says."""
    total, times = 0, visits
    for level, below in zip(grid.levels, grid.levels[1:]):
        total += times * of_visit(level, below.graph.n)
        times *= grid.visits
    return total


def of_visit(level, coarse):
    """Return the bytes of one visit of a level: a sweep down, what is left, gathered, and a sweep up."""
    from microsim.numerics.near import Near

    n, last = level.graph.n, level.spans[-1, 2]
    in_colour = np.bincount(level.spans[:, 2], level.spans[:, 1] - level.spans[:, 0])
    near = level.rows.near.code if isinstance(level.rows.near, Near) else level.rows.near
    links = sum(array.nbytes for array in (near, *level.rows[1:])) / max(n, 1)
    row = links + 16  # diagonal, b, x, and what is written
    swept, left = n - in_colour[0], n - in_colour[last]
    down = 12 * in_colour[0] + row * swept + row * left
    between = (4 + 4) * left + 8 * coarse + (4 + 8) * left + 4 * coarse  # restrict; prolong
    return down + between + row * n


def of_product(cell):
    """Return the bytes of J v: of a link a neighbour of 16 bits, and three weights of ionic cells, one of the
    others, of electronic ones a byte."""
    mesh = cell.mesh
    ionic = mesh.ionic.n * (6 * (2 + 2 + 2 + 4) + 8 + 16)
    single = mesh.electronic.n * (6 * (2 + 1) + 12) + mesh.solid.n * (6 * (2 + 4) + 12)
    faces = mesh.faces.area.size * (3 * 4 + 3 * 4 + 8 + 6 * 4)
    return ionic + single + faces


def _print_row(*cells):
    print("".join(f"{cell!s:<{width}}" for cell, width in zip(cells, (28, *[15] * 4))).rstrip(), flush=True)
