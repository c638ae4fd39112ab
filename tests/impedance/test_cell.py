"""Impedance of a cell: closed forms of one face, what any linear cell obeys, and the step of time it is made
of."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from microsim.cell.experiment import initial_state
from microsim.cell.kinetics import DoubleLayer
from microsim.cell.load import Load
from microsim.cli import main
from microsim.impedance.cell import SmallSignal, _answer, solve_cell_impedance
from microsim.impedance.circuits import kramers_kronig
from microsim.materials import LithiumMetal
from microsim.numerics.bdf import Bdf

from ..cell.test_cut_mesh import SEPARATOR, cut_cell, wall
from ..cells import ACTIVE, ELECTROLYTE, half_cell, image, run
from ..references import F, R

T = 298.15
FREQ = np.geomspace(1e-3, 1e5, 17)


def sheet(film=0.0, n=4, **more):
    """One pore voxel in front of n of active material, no losses but those of the face and the solid."""
    labels = np.array([0] + [1] * n)[:, None, None]
    salt = replace(ELECTROLYTE, kappa=lambda c, T: 1e3 + 0 * c, D_e=lambda c, T: 1e-3 + 0 * c)
    ideal = LithiumMetal("ideal", i0=lambda c, T: 1e9 + 0 * c)
    return half_cell(labels, film=film, electrolyte=salt, counter=ideal, **more)


def spectrum(cell, freq=FREQ, sto=0.5, **options):
    return solve_cell_impedance(cell, initial_state(cell, sto), freq, **options)


@pytest.mark.parametrize("n", [4, 32])
def test_one_face_is_randles_circuit_with_a_closed_end(n):
    """Z = 1 / (i w C + 1 / (R_ct + Z_d)), Z_d = -U' / (F c sqrt(i w D)) coth(L sqrt(i w / D)) of n voxels."""
    active = replace(ACTIVE, sigma=1e4)
    w, L = 2j * np.pi * FREQ, n * 0.4e-6
    i0, D = (
        float(ACTIVE.i0(np.array([1000.0]), np.array([0.5]), T)[0]),
        float(np.max(ACTIVE.D_s(np.array(0.5), T))),
    )
    Z_d = -float(ACTIVE.dU(np.array(0.5))) / (
        F * ACTIVE.c_s_max * np.sqrt(w * D) * np.tanh(L * np.sqrt(w / D))
    )
    exact = 1 / (0.3 * w + 1 / (R * T / (F * i0) + Z_d)) + 10e-6 / (1e3 * 0.32)  # and the separator
    assert spectrum(sheet(n=n, active=active), C_dl=0.3).Z == pytest.approx(exact, rel=0.03)
    fast = FREQ > 30  # where the diffusion layer is thinner than a voxel, or the double layer passes all
    assert spectrum(sheet(n=n, active=active), FREQ[fast], C_dl=0.3).Z == pytest.approx(exact[fast], rel=2e-3)


def test_a_film_with_a_permittivity_is_a_resistance_beside_a_capacitor():
    tau = 2e-4
    with_film, without = (spectrum(sheet(film), C_dl=0.2, film_time=tau).Z for film in (0.02, 0.0))
    assert with_film - without == pytest.approx(0.02 / (1 + 2j * np.pi * FREQ * tau), rel=2e-3)


@pytest.mark.parametrize("place", [3.1, 3.4, 3.5, 3.7, 3.9])
def test_a_wall_within_voxels_answers_as_one_on_ten_times_finer_ones(place):
    """At 0.01 and 0.1 Hz lithium goes 1.6 and 0.5 voxels deep."""
    freq = np.array([1e-3, 1e-2, 1e-1, 1.0, 1e3])
    fine = half_cell(wall(80, round(10 * place)), 0.05e-6, separator=SEPARATOR)
    own, exact = (spectrum(cell, freq, C_dl=0.2).Z for cell in (cut_cell(wall(8, place)), fine))
    assert abs(own / exact - 1).max() < 4e-3  # as of whole voxels


def test_a_resolved_cell_is_linear_causal_and_capacitive():
    found = spectrum(half_cell(image((8, 7, 6), 1), film=0.005), np.geomspace(1e-3, 1e5, 41))
    assert np.all(found.Z.real > 0) and np.all(found.Z.imag < 0)
    assert np.all(np.diff(found.Z.real[np.argsort(found.freq)]) < 0)
    assert np.abs(kramers_kronig(found.freq, found.Z).residual).max() < 5e-3
    assert np.abs(found.reaction.sum(axis=1)[0]) == pytest.approx(
        1, rel=1e-3
    )  # slow: the reaction passes everything


def test_mirrored_images_have_the_same_impedance():
    labels = image((7, 6, 5), 4)
    Z = [
        spectrum(half_cell(np.ascontiguousarray(part)), FREQ[::4]).Z
        for part in (labels, labels[:, ::-1], labels[:, :, ::-1])
    ]
    assert Z[1] == pytest.approx(Z[0], rel=1e-4) and Z[2] == pytest.approx(Z[0], rel=1e-4)


def test_it_is_the_jacobian_of_a_time_step_at_a_complex_rate():
    """For a real rate, and a slow one, both are the same operator; the double layer is that of the step."""
    cell, rng, rate = half_cell(image((6, 5, 5), 2), film=0.01), np.random.default_rng(0), 1e-6
    start = initial_state(cell, 0.5)
    signal = SmallSignal(cell, start, 0.2)
    v = rng.standard_normal(start.x.size)
    ours = signal.jacobian(signal.at(rate))(v)
    known = cell.solve(start.x, start.step, start.interfaces).interfaces
    layer = DoubleLayer(0.2 * rate, -0.2 * rate * known.v)
    step = cell.step(Bdf(1 / rate, 1.0, ()), [], 0.0, layer=layer)
    theirs = cell.jacobian(cell.linearise(cell.solve(start.x, step, known)))(v)
    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-7 * np.abs(theirs).max())


def cells_that_lag():
    """Whole voxels before a metal, cut voxels, a film and none."""
    return [half_cell(image((6, 5, 4), 1), film=0.01), cut_cell(wall(8, 3.4)), sheet()]


@pytest.mark.parametrize("number", range(3))
def test_what_lags_is_the_imaginary_part_and_both_parts_precondition(number, monkeypatch):
    """J = A + i B: lagging is B, and what the preconditioner is set to is A + B, layers and films too."""
    cell, omega = cells_that_lag()[number], 3000.0
    signal, given = SmallSignal(cell, initial_state(cell, 0.4), 0.3, film_time=0.02), []
    about = signal.at(1j * omega)
    J = signal.jacobian(about)
    update = cell.preconditioner.update
    monkeypatch.setattr(cell.preconditioner, "update", lambda about: (given.append(about), update(about)))
    signal.precondition(about, J.lagging)
    v = np.random.default_rng(0).standard_normal(cell.unknowns.size)
    whole, lag = J(v.astype(complex)), J.lagging(v)
    assert all(part.any() for part in cell.unknowns.rows(lag)[3:])  # what is stored
    assert lag == pytest.approx(whole.imag, rel=1e-5, abs=1e-6 * np.abs(lag).max())
    H = signal.jacobian(given[0])
    for own, both in zip(cell.unknowns.rows(H(v)), cell.unknowns.rows(whole.real + whole.imag)):
        assert own == pytest.approx(both, rel=1e-5, abs=1e-6 * np.abs(both).max())


def test_two_answers_solve_the_system_with_a_corner_changed():
    """[[A, -B], [B, A + 2 B]] (x, y) = (f, g), whatever A and B are."""
    rng = np.random.default_rng(3)
    A, B = (rng.standard_normal((5, 5)) + 4 * np.eye(5) for _ in range(2))
    r = rng.standard_normal(5) + 1j * rng.standard_normal(5)
    z = _answer(partial(np.linalg.solve, A + B), partial(np.matmul, B), r)
    assert A @ z.real - B @ z.imag == pytest.approx(r.real)
    assert B @ z.real + (A + 2 * B) @ z.imag == pytest.approx(r.imag)


def test_under_current_it_is_the_slope_of_the_voltage():
    """At a low frequency, between two steady currents of a cell whose potential is flat."""
    labels = image((8, 6, 6), 3)
    large = replace(
        ACTIVE, c_s_max=1e7, D_s=lambda x, T: 1e-9 + 0 * x, U=lambda x: 4.0 + 0 * x, dU=lambda x: 0 * x
    )
    cells = [half_cell(labels, active=large) for _ in range(3)]
    i = 40.0
    ends = [
        run(cell, [Load("d", i * share * cell.mesh.area, duration=60.0)])
        for cell, share in zip(cells, (1, 1.01, 0.99))
    ]
    V = [end.seen[-1].V for end in ends]
    slope = -(V[1] - V[2]) / (0.02 * i)
    Z = solve_cell_impedance(cells[0], ends[0].experiment.now.solved, np.array([1e-3]), C_dl=0.2).Z[0]
    assert Z.real == pytest.approx(slope, rel=0.01)


# -- the command ---------------------------------------------------------------------------------------------


def test_the_command(capsys, tmp_path):
    out = tmp_path / "spectrum.json"
    code = main(
        [
            "eis",
            "cases/dfn_xu2019.yaml",
            "--set",
            "cell.initial_sto=0.6",
            "--set",
            "volume.slab.cells=10",
            "--frequencies",
            "1e-2:1e4:13",
            "--json",
            str(out),
            "--out",
            str(tmp_path / "report"),
        ]
    )
    result = json.loads(out.read_text())
    assert code == 0 and len(result["Z_real_ohm_m2"]) == 13 and result["double_layer_F_m2"] == 0.2
    assert max(result["Z_imag_ohm_m2"]) < 0 and result["voltage_V"] == pytest.approx(3.7711, abs=1e-3)
    assert (tmp_path / "report" / "report.html").stat().st_size > 50_000
    assert result["relaxation_peaks"]
    assert all(
        1e-2 <= 1 / (2 * np.pi * peak["tau_s"]) <= 1e4 for peak in result["relaxation_peaks"]
    )  # nothing beyond what was asked


def test_the_command_after_a_step(capsys, tmp_path):
    case = [
        "eis",
        "cases/dfn_xu2019.yaml",
        "--set",
        "volume.slab.cells=10",
        "--set",
        "protocol=[Discharge at 1C for 60 s]",
        "--frequencies",
        "1:100:3",
    ]
    out = tmp_path / "spectrum.json"
    assert main([*case, "--after", "end", "--json", str(out)]) == 0
    assert json.loads(out.read_text())["current_density_A_m2"] == pytest.approx(15.584, rel=1e-3)
    assert main([*case, "--after", "2"]) == 2 and "0 to 1" in capsys.readouterr().err
    assert main(["eis", "volume.tif", "--after", "1"]) == 2 and "got --after" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--axis", "y", "--phases", "pore=0"], "got --phases, --axis"),
        (["--walls", "double-layer"], "--walls"),
        (["--frequencies", "1:10:3", "--out", "x"], "at least 8 frequencies"),
        (["--after", "-1"], "0 to 1"),
    ],
)
def test_options_that_a_case_would_drop_are_refused(options, said, capsys, tmp_path):
    assert main(["eis", "cases/dfn_xu2019.yaml", *options]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
