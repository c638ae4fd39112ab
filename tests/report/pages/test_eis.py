"""The page of the impedance of pores; its dashed line is that of a uniform block."""

import numpy as np
import pytest

from microsim.impedance.pores import PoreElectrolyte, solve_impedance
from microsim.mesh.grid import VoxelGrid
from microsim.report.pages import eis as page

from ..reading import check_volume_page, text_of


@pytest.fixture(scope="module")
def written(page_of, electrode):
    return page_of("eis", electrode, "--axis", "all", "--frequencies", "1e-3:1e2:26")


def test_the_page_is_whole(written, electrode):
    check_volume_page(*written, electrode, ["bode", "nyquist", "phases"])


def test_the_page_says_the_numbers_of_every_axis(written):
    path, numbers = written
    text = text_of(path)
    assert [f"{row['tau']:#.4g}" in text for row in numbers["axes"].values()] == [True] * 3
    assert "3 × 10⁻¹⁰ m² s⁻¹" in text and "inert" in text and "Capacitance" not in text


def test_no_path_is_said(page_of, walled):
    assert "no path" in text_of(page_of("eis", walled)[0])


def test_the_figure_holds_the_spectra(written):
    numbers = written[1]
    grid = VoxelGrid(np.zeros((16, 14, 12), np.uint8), ("pore",), (5e-7,) * 3)
    (axes,) = page.figure(grid=grid, result=numbers).axes
    line = next(line for line in axes.lines if line.get_label() == "along x")
    Z = numbers["axes"]["x"]["Z_real_normalised"]
    assert sorted((line.get_xdata()[0], line.get_xdata()[-1])) == pytest.approx(sorted((Z[0], Z[-1])))


@pytest.mark.parametrize("ends", ["open", "blocked"])
@pytest.mark.parametrize("wall", [0, 1])
def test_uniform_block_is_that_of_straight_pores(ends, wall):
    """The dashed line of straight pores of a share eps is tanh(s) / (eps s) or coth(s) / (eps s): 1 and
    1/2."""
    phase = np.zeros((40, 2, 2), np.uint8)
    phase[:, 1] = wall
    grid = VoxelGrid(phase, ("pore", "am")[: 1 + wall], (1e-6,) * 3)
    s = np.sqrt(1j * np.geomspace(0.01, 30, 9))
    found = solve_impedance(
        grid,
        {"pore": 1.0},
        0,
        np.geomspace(0.01, 30, 9),
        relative=True,
        ends=ends,
        electrolyte=PoreElectrolyte(3e-10, 2.0, 0.1),
    )
    numbers = {
        "freq_Hz": found.freq,
        "Z_real_normalised": found.Z_normalised.real,
        "Z_imag_normalised": found.Z_normalised.imag,
        "characteristic_Hz": found.omega_c / (2 * np.pi),
        "R_dc_normalised": found.R_dc_normalised,
        "capacitance_F_m2": found.capacitance,
        "resolved_up_to_Hz": found.resolved_up_to,
    }
    spectrum = page.PoreSpectrum.of(numbers, 40e-6 / 2.0, ends == "blocked")
    exact = (1 + wall) * (np.tanh(s) / s if ends == "open" else 1 / (s * np.tanh(s)))
    assert spectrum.uniform(found.freq) == pytest.approx(exact, rel=1e-3)
    assert spectrum.Z == pytest.approx(exact, rel=2e-2)


def test_smooth_spectrum_goes_through_the_points_and_along_the_arc():
    freq = np.geomspace(1e-2, 1e3, 51)
    s = np.sqrt(1j * freq)
    spectrum = page.PoreSpectrum(freq, np.tanh(s) / s, 1.0, 1.0, 1.0, 1.0, False, 1e9)
    fine, Z = spectrum.smooth()
    assert fine.size == 510 and Z == pytest.approx(np.tanh(np.sqrt(1j * fine)) / np.sqrt(1j * fine), rel=1e-3)
    few = page.PoreSpectrum(freq[::10], spectrum.Z[::10], 1.0, 1.0, 1.0, 1.0, False, 1e9)
    assert few.smooth()[0].size == 6  # too far apart: nothing is made up between them
