"""The impedance of a case's cell from Python."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.base.files import plain
from microsim.case.build import read_grid
from microsim.case.case import load_case

SLAB = {"volume.slab.cells": 8, "cell.shells": 8, "cell.initial_sto": 0.6}


@pytest.fixture(scope="module")
def found():
    return ms.cell_impedance("cases/dfn_xu2019.yaml", "1e-2:1e4:13", set=SLAB)


def test_a_spectrum_with_its_state(found):
    assert found.freq == pytest.approx(np.geomspace(1e-2, 1e4, 13)) and found.Z.imag.max() < 0
    assert found.title.endswith(f"impedance at the start, {found.voltage:.4f} V")
    assert "Re Z ohm cm2" in repr(found) and len(repr(found).splitlines()) == 15
    numbers = json.loads(json.dumps(plain(found.numbers())))
    assert numbers["Z_real_ohm_m2"] == found.Z.real.tolist() and numbers["double_layer_F_m2"] == 0.2
    assert numbers["relaxation_peaks"] and numbers["kramers_kronig_residual"] < 0.02


def test_a_figure_and_a_page(found, tmp_path):
    assert found.plot().axes and found.write(tmp_path).is_file()


def test_after_a_step_and_at_frequencies_of_ones_own():
    options = {**SLAB, "protocol": ["Discharge at 1C for 60 s"]}
    found = ms.cell_impedance("cases/dfn_xu2019.yaml", [1.0, 100.0], "end", set=options)
    assert found.state == "after 'Discharge at 1C for 60 s'" and found.freq.tolist() == [1, 100]
    assert found.numbers()["current_density_A_m2"] == pytest.approx(15.584, rel=1e-3)
    assert found.relaxation is None and found.numbers()["relaxation_peaks"] == []
    with pytest.raises(InputError, match="at least 8 frequencies"):
        found.plot()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"after": 2}, "expected 0 to 1"),
        ({"after": -1}, "expected 0 to 1"),
        ({"frequencies": "1:2"}, "frequencies: expected from:to:count"),
        ({"frequencies": [0.0]}, "frequencies: expected a number from 1e-12"),
        ({"tolerance": 1}, "tolerance: expected a number"),
    ],
)
def test_a_mistake_is_one_sentence(options, said):
    with pytest.raises(InputError, match=said):
        ms.cell_impedance("cases/dfn_xu2019.yaml", **options)


def test_gmres_starts_again_after_as_many_iterations_as_a_case_allows(monkeypatch):
    from microsim.impedance import cell

    solve, asked = cell.complex_gmres, []

    def counted(*arguments, restart, **options):
        asked.append(restart)
        return solve(*arguments, restart=restart, **options)

    monkeypatch.setattr(cell, "complex_gmres", counted)
    short = ms.cell_impedance("cases/dfn_xu2019.yaml", [1.0], set={**SLAB, "numerics.restart": 3})
    usual = ms.cell_impedance("cases/dfn_xu2019.yaml", [1.0], set=SLAB)
    assert asked == [3, cell.RESTART] and short.Z == pytest.approx(usual.Z, rel=1e-4)


@pytest.mark.parametrize(
    "tolerance, highest, count", [(1e-2, 1, 9), (1e-3, 1, 9), (3e-4, 1, 13), (1e-4, 1e5, 28)]
)
def test_the_tolerance_bounds_the_error_of_Z_at_every_frequency(tolerance, highest, count):
    """Where diffusion is all, Z is off by 63 times the residual; by 12 times at 20 Hz."""
    options = {"compare": None, "volume.crop": {"x": [0, 64], "y": [0, 24], "z": [0, 24]}}
    case, freq = "cases/demo.yaml", np.geomspace(highest, 1e-4, count)
    exact = ms.cell_impedance(case, freq, set=options, tolerance=1e-7).Z
    found = ms.cell_impedance(case, freq, set=options, tolerance=tolerance).Z
    assert np.abs(found / exact - 1).max() < tolerance


def test_an_impedance_asks_for_more_memory_than_a_run(monkeypatch):
    """956 bytes a voxel, as measured at half a million voxels, where a run takes 762."""
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.33")
    with pytest.raises(InputError, match=r"64 x 48 x 48 voxels: .* about 0\.34 GB, 0\.33 GB free"):
        ms.cell_impedance("cases/demo.yaml", [1.0])
    read_grid(load_case("cases/demo.yaml"))  # 0.31 GB
