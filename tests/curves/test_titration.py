"""dQ/dV of known curves, and the diffusivity of a titration with a known one."""

import numpy as np
import pytest
from scipy.optimize import brentq

from microsim.base.errors import InputError
from microsim.curves.curve import read_measured_curve
from microsim.curves.titration import dq_dv, titration
from microsim.curves.titration import surface as titration_surface


@pytest.mark.parametrize("falls", [True, False])
def test_dq_dv_of_a_straight_line_is_its_slope(falls):
    q = np.linspace(0, 360, 1001)
    V, slope = dq_dv(q if falls else -q, 4.0 - q / 360 if falls else 3.0 + q / 360, 0.01)
    assert slope == pytest.approx(360, rel=1e-9)
    assert V.min() > 3.0 and V.max() < 4.0


def test_the_area_below_dq_dv_is_the_charge_and_a_plateau_is_a_peak():
    q = np.linspace(0, 100, 2001)
    V, slope = dq_dv(q, 3.9 - 0.3 * np.clip((q - 40) / 20, 0, 1) - q / 1000, 0.01)
    assert slope.sum() * 0.01 == pytest.approx(100)
    assert V[np.argmax(slope)] > 3.85 or V[np.argmax(slope)] < 3.6


def test_noise_does_not_count_twice():
    rng, q = np.random.default_rng(0), np.linspace(0, 360, 5001)
    _, slope = dq_dv(q, 4.0 - q / 360 + 1e-4 * rng.normal(size=q.size), 0.02)
    assert slope == pytest.approx(360, rel=0.05)


def test_a_curve_without_a_span_is_refused():
    with pytest.raises(InputError, match="expected a half cycle over more than 20 mV"):
        dq_dv(np.arange(3.0), np.array([4.0, 3.999, 3.998]), 0.01)


ROOTS = np.array(
    [brentq(lambda x: np.sin(x) - x * np.cos(x), k * np.pi + 1e-6, (k + 0.5) * np.pi) for k in range(1, 400)]
)
RADIUS, TAU, REST = 5e-6, 60.0, 20000.0


def surface(T):
    """Concentration at a sphere's surface under a constant flux, in flux * radius / D (Crank 6.45)."""
    T = np.asarray(T, float)[:, None]
    return (3 * T[:, 0] + 0.2 - 2 * (np.exp(-(ROOTS**2) * T) / ROOTS**2).sum(axis=1)) * (T[:, 0] > 0)


def sheet(T):
    """The same of a sheet with a closed far end, over flux * length / D (Crank 4.55)."""
    n, T = np.pi * np.arange(1, 400), np.asarray(T, float)[:, None]
    return (T[:, 0] + 1 / 3 - 2 * (np.exp(-(n**2) * T) / n**2).sum(axis=1)) * (T[:, 0] > 0)


def gitt(path, D, pulses=2, rest=REST, points=60, of=surface):
    """A titration of spheres whose potential falls by 1 V per flux * radius / D of surface, with a jump."""
    rows, t0 = ["0,4.0,0,0"], 0.0
    for k in range(pulses):
        t = np.linspace(TAU / points, TAU, points)
        past = (3 if of is surface else 1) * D * TAU / RADIUS**2 * k
        V = 4.0 - 1e-2 * (past + of(D * t / RADIUS**2)) * 1e2 * 1e-2 - 0.01
        rows += [f"{t0 + s:.3f},{v:.9f},1,{2 * k + 1}" for s, v in zip(t, V)]
        t = np.linspace(1, rest, 60)
        late = of(D * (TAU + t) / RADIUS**2) - of(D * t / RADIUS**2)
        rows += [f"{t0 + TAU + s:.3f},{4.0 - 1e-2 * (past + x):.9f},0,{2 * k + 2}" for s, x in zip(t, late)]
        t0 += TAU + rest
    first = "\n".join(["t/s,V/V,I/mA,Ns", *[f"{s},4.0,0,0" for s in range(-50, 0)], *rows])
    path.write_text(first)
    return read_measured_curve(path, half_cycle="all", positive_current="discharge")


@pytest.mark.parametrize("of", [surface, sheet])
@pytest.mark.parametrize("D", [1e-15, 4.6e-15, 2e-14, 4e-14])  # 60 s are 0.0024, 0.011, 0.05 and 0.1 r^2 / D
def test_a_known_diffusivity(tmp_path, of, D):
    found = titration(gitt(tmp_path / "a.csv", D, rest=1e6, points=600, of=of), RADIUS, of is surface)
    assert [pulse.D for pulse in found] == pytest.approx([D] * 2, rel=0.02)
    assert found[0].current == pytest.approx(1e-3, rel=0.02) and found[0].duration == pytest.approx(
        TAU, abs=0.2
    )
    low = {1e-15: 0.89, 4.6e-15: 0.77, 2e-14: 0.57, 4e-14: 0.44}[D] if of is surface else 1.0
    assert [p.weppner_huggins / D for p in found] == pytest.approx([low] * 2, rel=0.03)


def test_the_surface_of_sheet_and_sphere():
    T = np.geomspace(1e-3, 2, 30)
    assert titration_surface(T, True) == pytest.approx(surface(T), rel=2e-4)
    assert titration_surface(T, False) == pytest.approx(sheet(T), rel=2e-2)
    assert titration_surface(np.array([0.0]), True) == 0 == titration_surface(np.array([0.0]), False)


def test_a_pulse_of_few_rows_without_their_numbers_is_found(tmp_path):
    gitt(tmp_path / "a.csv", 1e-15, rest=1e6)  # every other row, and no column that counts the steps
    rows = (tmp_path / "a.csv").read_text().splitlines()
    few = [row.rsplit(",", 1)[0] for row in rows[1::3]]
    (tmp_path / "b.csv").write_text("\n".join(["t/s,V/V,I/mA", *few]))
    curve = read_measured_curve(tmp_path / "b.csv", half_cycle="all", positive_current="discharge")
    found = titration(curve, RADIUS, sphere=True)
    assert [pulse.D for pulse in found] == pytest.approx([1e-15] * 2, rel=0.2)


def test_pulses_that_are_too_long_are_marked(tmp_path):
    long = titration(gitt(tmp_path / "a.csv", 5e-14, rest=1e4), RADIUS, sphere=True)  # 0.12 r^2 / D
    assert not any(p.short for p in long) and long[0].D == pytest.approx(5e-14, rel=0.1)
    endless = titration(gitt(tmp_path / "a.csv", 1e-12, rest=1e4), RADIUS, sphere=True)
    assert [(p.D, p.short) for p in endless] == [(None, False)] * 2


def test_a_rest_that_is_not_over_is_marked(tmp_path):
    pulses = titration(gitt(tmp_path / "a.csv", 1e-15, rest=200.0), RADIUS, sphere=True)
    assert not all(p.relaxed for p in pulses)


def test_a_file_without_pulses_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("t/s,V/V,I/mA\n" + "\n".join(f"{t},{4 - t / 100},1" for t in range(20)))
    with pytest.raises(InputError, match="expected pulses between rests"):
        titration(read_measured_curve(tmp_path / "a.csv", half_cycle="all"), 1e-6)
