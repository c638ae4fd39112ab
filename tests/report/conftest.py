"""A made-up run, small enough to draw in a moment: fields with gradients, a voltage curve, a measured map."""

import numpy as np
import pytest

from microsim.base.quantities import FIELDS
from microsim.maps.compare import Structure, compare_maps
from microsim.maps.map import SocMap, resample_onto
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter, read_field

UNITS = {name: FIELDS[name].unit for name in ("sto", "c_e", "phi_e", "phi_s", "j")}
ONE_STEP = (("Discharge at C/2 until 3.5 V", 6000.0),)
FOUR_STEPS = (
    ("Charge at C/2 until 4.2 V", 3000.0),
    ("Rest for 10 minutes", 600.0),
    ("Discharge at 1C until 3.5 V", 2800.0),
    ("Rest for 30 minutes", 1800.0),
)


def make_grid(shape, seed=0):
    """Blobs of active material with CBD and pore between them."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2.0, mode="wrap")
    phase = np.digitize(smooth, np.quantile(smooth, [0.35, 0.45])).astype(np.uint8)
    return VoxelGrid(np.array([0, 2, 1], np.uint8)[phase], ("pore", "am", "cbd"), (0.4e-6,) * 3)


def fields_at(grid, pull):
    """All five fields while a current of relative strength `pull` flows."""
    am, x = grid.mask("am"), np.linspace(0, 1, grid.shape[0])[:, None, None] + np.zeros(grid.shape)
    electrolyte = ~am
    return {
        "sto": np.where(am, 0.5 + 0.3 * pull * (0.8 - 0.2 * x), np.nan),
        "c_e": np.where(electrolyte, 1000 - 150 * pull * (x - 0.5), np.nan),
        "phi_e": np.where(electrolyte, -0.02 * pull * x, np.nan),
        "phi_s": np.where(grid.mask("am", "cbd"), 3.8 - 0.3 * pull - 0.001 * x * pull, np.nan),
        "j": np.where(am, 2 * pull * (1 - 0.4 * x), np.nan),
    }


def make_run(folder, shape=(16, 12, 10), steps=ONE_STEP, stored=3):
    """Store the fields of a run and give the arguments of its page."""
    grid = make_grid(shape)
    columns = {"time_s": [], "current_A": [], "voltage_V": [], "capacity_mAh_g": [], "step": []}
    done, start = [], 0.0
    with FieldWriter(folder / "fields.h5", grid, UNITS) as fields:
        fields.write(0.0, steps[0][0], fields_at(grid, 0.0))
        for name, lasts in steps:
            pull = {"D": 1.0, "C": -1.0, "R": 0.0}[name[0]]
            for share in np.linspace(0, 1, stored + 1)[1:]:
                fields.write(start + share * lasts, name, fields_at(grid, pull * share))
            time = np.linspace(0, lasts, 20)
            columns["time_s"].append(start + time)
            columns["current_A"].append(np.full(20, 1e-9 * pull))
            columns["voltage_V"].append(3.9 - 0.4 * pull * time / lasts)
            columns["capacity_mAh_g"].append(abs(pull) * 90 * time / 3600)
            columns["step"].append(np.full(20, name))
            capacity, end = pull * 90 * lasts / 3600, "voltage cut-off" if pull else "duration"
            done.append({"name": name, "time_s": lasts, "capacity_mAh_g": capacity, "end_reason": end})
            done[-1]["mean_voltage_V"] = float(columns["voltage_V"][-1].mean())
            start += lasts
    return {
        "case": {
            "title": "Made-up run",
            "volume": {"voxel_size_nm": 400},
            "protocol": [name for name, _ in steps],
        },
        "result": make_result(grid, done),
        "grid": grid,
        "voltage": {name: np.concatenate(parts) for name, parts in columns.items()},
        "fields_path": folder / "fields.h5",
        "comparisons": [make_comparison(folder / "fields.h5")],
    }


def make_result(grid, steps):
    """A result.json with every key that the page uses."""
    axis = {
        "eps": 0.35,
        "eps_percolating": 0.34,
        "flux_imbalance": 2e-5,
        "iterations": 21,
        "seconds": 0.123456,
    }
    return {
        "title": "Made-up run",
        "microsim_version": "0.1.0",
        "case_sha256": "c" * 64,
        "volume_sha256": "d" * 64,
        "voxels": {"total": grid.voxels, "active": grid.voxels // 2, "separator_cells": 64},
        "capacity_mAh_g": 150.123456789,
        "c_rate_current_A": 2.123456789e-9,
        "steps": steps,
        "lithium_balance_error": 3.123456789e-9,
        "salt_balance_error": 2e-8,
        "charge_balance_error": 4e-8,
        "newton_iterations": 321,
        "time_steps": 54,
        "wall_s": 183.2,
        "peak_memory_bytes": 812_345_678,
        "transport": {
            "pore": {"x": {"tau": 3.2123456789, "D_eff_over_D0": 0.108956789, **axis}},
            "electronic": {"x": {"tau": None, "D_eff_over_D0": 0.0, **axis}},
        },
        "phases": {
            "phases": {"pore": {"label": 0, "percolating_fraction": {"x": 0.99, "y": 0.98, "z": 1.0}}}
        },
        "numerics": {"backend": "cpu", "rejected_steps": 2},
        "film": {"model": "none"},
        "area_correction": True,
        "volume": {"file": "made_up.tif", "file_axes": "xyz"},
        "comparison": {"measured": "soc.tif", "virtual": True},
    }


def make_comparison(fields_path):
    """Compare the last lithiation with a noisy average of itself on voxels twice as large."""
    sto, h, _ = read_field(fields_path, "sto")
    coarse = SocMap(np.zeros([max(1, n // 2) for n in sto.shape]), [2 * edge for edge in h])
    mean = resample_onto(SocMap(sto, h), coarse)
    noise = 0.02 * np.random.default_rng(1).standard_normal(mean.shape)
    labels = np.where(np.isfinite(sto), 1 + np.arange(sto.shape[0])[:, None, None] // 4, 0)
    measured = SocMap(mean + noise, coarse.voxel_size, sigma=np.full(mean.shape, 0.02))
    return compare_maps(SocMap(sto, h), measured, structure=Structure(particles=labels))


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run of one discharge, with a comparison."""
    return make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def run_with_rests(tmp_path_factory):
    """A run of a charge, a discharge and two rests."""
    return make_run(tmp_path_factory.mktemp("rests"), shape=(30, 10, 8), steps=FOUR_STEPS)
