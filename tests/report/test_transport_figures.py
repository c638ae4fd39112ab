"""The pages of transport, eis, flow and wetting hold everything and need nothing else; their figures are
true."""

import html
import json
import re

import numpy as np
import pytest
from scipy import ndimage

from microsim.cli import main
from microsim.impedance.pores import Electrolyte, impedance
from microsim.mesh.grid import VoxelGrid, grid_from_labels
from microsim.report import transport_figures
from microsim.report.page import write_report
from microsim.transport.flux import flux_figures, flux_map
from microsim.transport.tortuosity import tortuosity

FIGURES = {
    "transport": ["flux_x", "flux_y", "flux_z", "phases"],
    "eis": ["bode", "nyquist", "phases"],
    "flow": ["phases", "velocity_x", "velocity_y", "velocity_z"],
    "wetting": ["arrival", "phases", "saturation"],
}
OPTIONS = {
    "transport": ["--axis", "all", "--tensor", "--out"],
    "eis": ["--axis", "all", "--frequencies", "1e-3:1e2:26", "--out"],
    "flow": ["--axis", "all", "--tolerance", "1e-2", "--report"],
    "wetting": ["--permeability-m2", "2e-14", "--report"],
}
NAMES = ["--phases", "pore=0,am=1,cbd=2"]
SIZE = ["--voxel-size-nm", "500"]


def plain(page):
    """The page's text without images, style and record."""
    content = re.sub(
        r"<style>.*?</style>|<pre>.*?</pre>|base64,[^\"]*", "", page.read_text(), flags=re.DOTALL
    )
    return html.unescape(re.sub(r"<[^>]+>", " ", content)).replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def electrode(tmp_path_factory):
    noise = ndimage.gaussian_filter(np.random.default_rng(4).random((16, 14, 12)), 1.5)
    path = tmp_path_factory.mktemp("volume") / "electrode.npy"
    np.save(path, np.digitize(noise, np.quantile(noise, (0.5, 0.9))).astype(np.uint8))
    return path


@pytest.fixture(scope="module", params=FIGURES)
def written(request, electrode, tmp_path_factory):
    """Command, folder of its report, and the numbers it wrote."""
    command, out = request.param, tmp_path_factory.mktemp("out")
    options = [*OPTIONS[command], str(out), "--json", str(out / "numbers.json")]
    assert main([command, str(electrode), *NAMES, *SIZE, *options]) == 0
    return command, out, json.loads((out / "numbers.json").read_text())


def test_page_is_self_contained(written):
    _, out, _ = written
    content = (out / "report.html").read_text()
    links = re.findall(r"""(?:src|href|srcset|action)\s*=\s*["']([^"']*)""", content)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert "<script" not in content and "@import" not in content and "url(" not in content


def test_every_figure_is_a_file_and_in_the_page(written):
    command, out, _ = written
    assert sorted(path.stem for path in (out / "figures").iterdir()) == FIGURES[command]
    content = (out / "report.html").read_text()
    assert all(f'<figure id="{name}"' in content for name in FIGURES[command])
    assert content.count("data:image/png;base64,iVBOR") == len(FIGURES[command])


def test_page_says_what_was_run_and_the_key_numbers(written, electrode):
    command, out, numbers = written
    text = plain(out / "report.html")
    expected = [
        str(electrode),
        numbers["volume_sha256"],
        "0.5 × 0.5 × 0.5 µm",
        "16 × 14 × 12",
        "active material",
    ]
    axes = numbers.get("axes", {}).values()
    if command == "transport":
        expected += [f"{row[key]:#.4g}" for row in axes for key in ("tau", "D_eff_over_D0")]
        expected += [
            f"{f[key]:#.4g}" for f in numbers["flux"].values() for key in ("tau_lines", "constrictivity")
        ]
        expected += [f"{value:.4f}" for value in numbers["tensor"]["principal_values"]]
    elif command == "eis":
        expected += [f"{row['tau']:#.4g}" for row in axes] + ["3 × 10⁻¹⁰ m² s⁻¹", "inert"]
    elif command == "flow":
        expected += [f"{row['tau_flow']:#.4g}" for row in axes] + ["no-slip"]
    else:
        expected += [f"{100 * numbers['share_never_wetted']:.1f} %", "2 × 10⁻¹⁴ m² (given)", "0.03 N m⁻¹"]
    assert [what for what in expected if what not in text] == []


def test_no_number_has_many_digits(written):
    _, out, numbers = written
    shown = plain(out / "report.html").replace(numbers["volume"], "").replace(numbers["volume_sha256"], "")
    found = re.findall(r"\d+\.\d+", shown)
    assert len(found) > 25
    assert [n for n in found if len(n.replace(".", "").lstrip("0")) > 5] == []
    assert "nan" not in shown.split() and "None" not in shown


def test_report_computes_the_same_numbers(written, electrode, capsys):
    """A report changes nothing but what it needs: transport with --out gives the keys of --flux."""
    command, _, numbers = written
    options = OPTIONS[command][:-1] + (["--flux"] if command == "transport" else [])
    capsys.readouterr()
    assert main([command, str(electrode), *NAMES, *SIZE, *options, "--json", "-"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(numbers)


def test_report_where_nothing_percolates(electrode, tmp_path):
    out = tmp_path / "out"
    labels = np.load(electrode)
    labels[8] = 1
    np.save(tmp_path / "wall.npy", labels)
    for command, say in (("transport", "no path"), ("flow", "no path"), ("eis", "no path")):
        option = [OPTIONS[command][-1], str(out / command)]
        assert main([command, str(tmp_path / "wall.npy"), *NAMES, *SIZE, *option]) == 0
        assert say in plain(out / command / "report.html")
    assert not (out / "transport" / "figures" / "flux_x.png").exists()


def test_report_needs_a_voxel_size(electrode, tmp_path, capsys):
    assert main(["transport", str(electrode), *NAMES, "--out", str(tmp_path / "out")]) == 2
    assert "--voxel-size-nm" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_run_report_draws_the_flux_it_is_given(run, tmp_path):
    labels = np.zeros(run["grid"].shape, int)
    labels[:, :4] = 1
    grid = grid_from_labels(labels, {"pore": 0, "am": 1}, 4e-7)
    solved = tortuosity(grid, {"pore": 1.0}, 0, potential=True)
    flux = flux_map(solved.potential, grid, {"pore": 1.0}, 0)
    given = {"flux": flux, "figures": flux_figures(flux, grid, {"pore": 1.0}, 0, solved)}
    bare = {**run, "grid": grid, "fields_path": None, "comparison": None}
    page = write_report(tmp_path, **bare, flux=given)
    assert 'id="flux_x"' in page.read_text() and "constrictivity 1.00" in plain(page)
    assert (tmp_path / "figures" / "flux_x.png").exists()
    write_report(tmp_path, **bare)  # the next report into the folder has no such figure
    assert not (tmp_path / "figures" / "flux_x.png").exists()


def test_speed_is_relative_to_the_mean_of_what_moves():
    present = np.array([True, True, True, True, False]).reshape(5, 1, 1)
    vector = np.zeros((3, 5, 1, 1))
    vector[0, :, 0, 0], vector[1, :, 0, 0] = (
        [3, 6, 9, 0, 7],
        [4, 8, 12, 0, 7],
    )  # lengths 5, 10, 15; one at rest
    speed = transport_figures.speed_of(vector, present, still_share=0.25)[:, 0, 0]
    assert speed == pytest.approx([0.5, 1.0, 1.5, 0.0, np.nan], nan_ok=True)
    edges, share = transport_figures.distribution(speed)
    assert share.sum() == pytest.approx(1) and share[np.searchsorted(edges, 0.5) - 1] == pytest.approx(1 / 3)


@pytest.mark.parametrize("ends", ["open", "blocked"])
@pytest.mark.parametrize("wall", [0, 1])
def test_uniform_block_is_that_of_straight_pores(ends, wall):
    """The dashed line of straight pores of a share eps is tanh(s) / (eps s) or coth(s) / (eps s): 1 and
    1/2."""
    phase = np.zeros((40, 2, 2), np.uint8)
    phase[:, 1] = wall
    grid = VoxelGrid(phase, ("pore", "am")[: 1 + wall], (1e-6,) * 3)
    s = np.sqrt(1j * np.geomspace(0.01, 30, 9))
    found = impedance(
        grid,
        {"pore": 1.0},
        0,
        np.geomspace(0.01, 30, 9),
        relative=True,
        ends=ends,
        electrolyte=Electrolyte(3e-10, 2.0, 0.1),
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
    spectrum = transport_figures.Spectrum.of(numbers, 40e-6 / 2.0, ends == "blocked")
    exact = (1 + wall) * (np.tanh(s) / s if ends == "open" else 1 / (s * np.tanh(s)))
    assert spectrum.uniform(found.freq) == pytest.approx(exact, rel=1e-3)
    assert spectrum.Z == pytest.approx(exact, rel=2e-2)


def test_smooth_spectrum_goes_through_the_points_and_along_the_arc():
    freq = np.geomspace(1e-2, 1e3, 51)
    s = np.sqrt(1j * freq)
    spectrum = transport_figures.Spectrum(freq, np.tanh(s) / s, 1.0, 1.0, 1.0, 1.0, False, 1e9)
    fine, Z = spectrum.smooth()
    assert fine.size == 510 and Z == pytest.approx(np.tanh(np.sqrt(1j * fine)) / np.sqrt(1j * fine), rel=1e-3)
    few = transport_figures.Spectrum(freq[::10], spectrum.Z[::10], 1.0, 1.0, 1.0, 1.0, False, 1e9)
    assert few.smooth()[0].size == 6  # too far apart: nothing is made up between them


def test_arrival_shows_what_is_never_wetted():
    grid = VoxelGrid(np.zeros((6, 5, 3), np.uint8), ("pore",), (1e-6,) * 3)
    arrival = np.broadcast_to(np.linspace(1e-3, 6e-3, 6)[:, None, None], grid.shape).copy()
    arrival[3, 2, 1], arrival[4, 2, 1] = np.inf, np.nan
    figure = transport_figures.arrival_figure(arrival, grid, 0)
    image = figure.axes[0].images[0]
    shown = image.get_array()
    assert not np.ma.getmaskarray(shown)[2, 3] and np.ma.getmaskarray(shown)[2, 4]
    assert shown[2, 3] > image.norm.vmax and figure.axes[0].get_legend() is not None
    assert "ms" in figure.axes[1].get_ylabel()


def test_times_have_their_unit():
    assert [transport_figures.short_unit(t)[1] for t in (3e-6, 5e-3, 3.0, 200.0, 9000.0)] == [
        "µs",
        "ms",
        "s",
        "min",
        "h",
    ]
