"""A whole spectrum of a real pore network takes about as many iterations as it has frequencies, at any size.

Pores of TauFactor's electrode (256^3, 45 %) and thin carbon-binder networks: 61 frequencies over six decades
around omega_c, to 1e-4 of Z. Reference at 32^3: SciPy's sparse direct solver on the same equations, assembled
here.
"""

import numpy as np
from scipy import sparse
from scipy.ndimage import label
from scipy.sparse.linalg import splu

from microsim.impedance.pores import electrode_tortuosity, solve_impedance
from microsim.jobs.validate import Check, Skip
from microsim.mesh.grid import grid_from_labels
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.volume import read_voxels

OMEGA = np.geomspace(1e-3, 1e3, 61)
CASES = {
    "diffusion, open end": {"ends": "open"},
    "diffusion, blocked end": {"ends": "blocked"},
    "double layer": {"ends": "blocked", "walls": "double-layer", "area_correction": False},
}


def checks(data):
    if data is None:
        raise Skip("needs the data sets taufactor_electrode and nrel_nmc-1-cal; set MICROSIM_DATA")
    labels = read_voxels("taufactor_electrode_256", file_axes="xyz").values
    grid = grid_from_labels(labels, {"pore": 0, "am": 85, "cbd": 170}, 1e-4 / 256)
    yield from _against_direct_solves(_cube(grid, 32))
    yield from _iterations(grid)
    yield from _limits(grid)


def _cube(grid, n):
    return grid.crop({"x": (0, n), "y": (40, 40 + n), "z": (60, 60 + n)})


def _against_direct_solves(grid):
    mask = grid.mask("pore")
    clusters, _ = label(mask)
    mask = np.isin(clusters, np.setdiff1d(np.unique(clusters[0]), 0))
    for name, options in CASES.items():
        result = solve_impedance(grid, {"pore": 1.0}, 0, OMEGA, relative=True, tolerance=1e-4, **options)
        errors = []
        for i in range(0, 61, 10):
            exact, capacitive = _direct(mask, grid.mask("am", "cbd"), OMEGA[i], result, options)
            errors.append(abs(result.Z_normalised[i] - exact) / abs(exact - capacitive))
        yield Check(
            f"{name}, 32^3: largest error of Z (less its capacitive part)",
            max(errors),
            1e-4,
            kind="at most",
            source="scipy.sparse.linalg.splu",
        )


def _direct(mask, solid, w, result, options):
    """Z kappa / L of the cells of `mask` by a direct solve, in units of a voxel's conductance; its capacitive
    part."""
    number, n = np.cumsum(mask).reshape(mask.shape) - 1, mask.shape[0]
    cells, rows, columns = mask.sum(), [], []
    stored, walls = np.zeros(mask.shape), np.zeros(mask.shape)
    for axis in range(3):
        for a, b in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
            here, there = (tuple(part if k == axis else slice(None) for k in range(3)) for part in (a, b))
            both = mask[here] & mask[there]
            rows.append(number[here][both])
            columns.append(number[there][both])
            walls[here] += mask[here] & solid[there]
    links = sparse.csr_matrix(
        (np.ones(sum(map(len, rows))), (np.concatenate(rows), np.concatenate(columns))), (cells,) * 2
    )
    if "walls" in options:
        unit = result.eps / (result.area_per_volume * 1e-4 / 256 * n**2)  # omega_c C h / kappa
        stored = 1j * w * unit / (1 + 0.5j * w * unit) * walls
    else:
        stored[mask] = 1 / n**2
        stored = 1j * w * stored
    ground = stored[mask]
    if options["ends"] == "open":
        ground = ground + 2 * np.pad(mask[-1:], ((n - 1, 0), (0, 0), (0, 0)))[mask]
    inlet = 2.0 * np.pad(mask[:1], ((0, n - 1), (0, 0), (0, 0)))[mask]
    A = sparse.diags(np.asarray(links.sum(axis=1)).ravel() + ground + inlet) - links
    drop = splu(A.tocsc()).solve(ground.astype(complex))
    capacity = (
        0 if options["ends"] == "open" else 1 / (1j * w * result.capacitance * result.omega_c * result.length)
    )
    return n / (inlet @ drop), capacity


def _iterations(grid):
    for name, options in CASES.items():
        counts = [
            solve_impedance(_cube(grid, n), {"pore": 1.0}, 0, OMEGA, relative=True, **options).iterations
            for n in (32, 48, 64, 96)
        ]
        yield Check(
            f"{name}: iterations of 61 frequencies, 32^3 to 96^3, most", max(counts), 122, kind="at most"
        )
        yield Check(
            f"{name}: iterations at 96^3 over those at 32^3", counts[-1] / counts[0], 1.6, kind="at most"
        )
    for phase in ("am", "cbd"):
        result = solve_impedance(_cube(grid, 64), {phase: 1.0}, 0, OMEGA, relative=True, ends="blocked")
        yield Check(
            f"{phase} network, 64^3: iterations of 61 frequencies", result.iterations, 183, kind="at most"
        )


def _limits(grid):
    cube = _cube(grid, 64)
    for axis in range(3):
        limit = solve_impedance(cube, {"pore": 1.0}, axis, (), tolerance=1e-6).tau
        yield Check(
            f"open end at omega = 0 is tau along {'xyz'[axis]}",
            limit,
            solve_tortuosity(cube, {"pore": 1.0}, axis, tolerance=1e-6).tau,
            2e-6,
        )
    low = solve_impedance(
        cube, {"pore": 1.0}, 0, [1e-3], relative=True, ends="blocked", walls="double-layer", tolerance=1e-6
    )
    yield Check("Re Z at 1e-3 omega_c is the limit of one real solve", low.Z[0].real, low.R_dc, 1e-5)
    tau = electrode_tortuosity(
        grid, {"pore": 1.0}, 0, reactive=("am",), area_correction=False, half_cells=False
    )
    yield Check(
        "tau_e of the whole electrode, pore with NMC walls",
        tau,
        2.07292,
        0.015,
        source="TauFactor's notebook 01: plane averages, stopped at 1e-4; 2.0658 without isolated pores",
    )
