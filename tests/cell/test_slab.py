"""One dimension: a dense slab of active material behind an electrolyte layer, against Crank's series and a
spectral solution of the salt; electrolyte problems with constant coefficients against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from microsim.base.errors import NotConverged
from microsim.cell.load import Load
from microsim.materials import LithiumMetal

from ..cells import ACTIVE, ELECTROLYTE, electrolyte_line, fields, half_cell, run
from ..references import Coefficients, F, R, SlabCell, electrolyte_slab, nyman_D, nyman_kappa

# -- Li | separator | pore layer | slab | collector: C/2 in a slab of 5 um; an electrolyte 20 times worse than
# the real one, so that its gradients (and with them D(c_e), kappa(c_e)) matter at so small a current

CURRENT, SLAB, PORE, SEPARATOR, WORSE = 2.7, 5e-6, 2e-6, (20e-6, 0.5, 0.35), 20
POOR = replace(
    ELECTROLYTE,
    kappa=lambda c, T: ELECTROLYTE.kappa(c, T) / WORSE,
    D_e=lambda c, T: ELECTROLYTE.D_e(c, T) / WORSE,
)
TIMES = np.array([30.0, 100.0, 300.0, 1000.0, 2000.0, 3000.0])


@pytest.fixture(scope="module")
def exact():
    coefficients = Coefficients(kappa=lambda c: nyman_kappa(c) / WORSE, D_e=lambda c: nyman_D(c) / WORSE)
    return SlabCell([SEPARATOR, (PORE, 1.0, 1.0)], SLAB, ACTIVE.sigma, CURRENT, TIMES, coefficients)


def slab_cell(n, **more):
    """n voxels a um, two voxels wide."""
    labels = np.ones((7 * n, 2, 1), int)
    labels[: 2 * n] = 0
    return half_cell(labels, 1e-6 / n, electrolyte=POOR, separator=SEPARATOR, **more)


def discharge(cell, times, **tolerances):
    """States at the given times."""
    durations = np.diff([0.0, *times])
    ran = run(
        cell, [Load("discharge", CURRENT * cell.mesh.area, duration=dt) for dt in durations], **tolerances
    )
    return [s for s in ran.seen if s.last]


def fixed(dt):
    return {"step": 1e9, "first_step": dt, "max_step": dt, "newton": 1e-8}


def sto_of(cell, state, n):
    return fields(cell, state.x)[0][2 * n :, 0, 0]


def test_slab_follows_crank_and_the_salt(exact):
    n = 8
    cell = slab_cell(n)
    states = discharge(cell, TIMES, step=2e-5)
    depth = (np.arange(5 * n) + 0.5) / n * 1e-6
    for k, (t, state) in enumerate(zip(TIMES, states)):
        assert state.t == pytest.approx(t, rel=1e-12)
        if t >= 300:  # sqrt(D t) = 1.1 um; before, the layer of new lithium is only a few voxels deep
            assert state.V == pytest.approx(exact.voltage[k], abs=5e-4)
            sto = exact.sto(depth, t)
            np.testing.assert_allclose(sto_of(cell, state, n), sto, rtol=0, atol=1e-3 * np.ptp(sto))
        x, c_e = electrolyte_line(cell, state.x)
        reference = exact.e.values(exact.c_e[k], x)
        np.testing.assert_allclose(c_e, reference, rtol=0, atol=1e-3 * np.ptp(reference))
    assert np.ptp(exact.c_e[-1]) > 100  # the salt gradient is worth the name


def test_second_order_in_voxel_size(exact):
    errors = []
    for n in (2, 4):
        cell = slab_cell(n)
        state = discharge(cell, [1000.0], **fixed(10.0))[0]
        depth = (np.arange(5 * n) + 0.5) / n * 1e-6
        x, c_e = electrolyte_line(cell, state.x)
        errors.append(
            [
                abs(state.V - exact.voltage[3]),
                np.sqrt(np.mean((sto_of(cell, state, n) - exact.sto(depth, 1000.0)) ** 2)),
                np.abs(c_e - exact.e.values(exact.c_e[3], x)).max(),
            ]
        )
    order = np.log2(np.divide(*errors))
    assert np.all(order > 1.8) and np.all(order < 2.4), order


def test_second_order_in_time_step():
    cell = slab_cell(2)
    V, sto = zip(
        *(
            (s.V, cell.state(s.x).sto.copy())
            for s in (discharge(slab_cell(2), [1000.0], **fixed(dt))[0] for dt in (50.0, 25.0, 12.5))
        )
    )
    order = np.log2(
        [
            abs(V[0] - V[1]) / abs(V[1] - V[2]),
            np.linalg.norm(sto[0] - sto[1]) / np.linalg.norm(sto[1] - sto[2]),
        ]
    )
    assert np.all(order > 1.8) and np.all(order < 2.3), order


def test_tighter_time_tolerance_comes_closer():
    finest = discharge(slab_cell(2), [1000.0], **fixed(5.0))[0].V
    errors = [abs(discharge(slab_cell(2), [1000.0], step=step)[0].V - finest) for step in (1e-3, 1e-4, 1e-5)]
    assert errors[0] < 2e-3 and errors[1] < 3e-4 and errors[2] < 6e-5
    assert errors[0] > errors[1] > errors[2]


def test_film_on_a_flat_slab_shifts_the_voltage_by_j_R():
    R_film = 0.0125
    bare, covered = (
        discharge(slab_cell(2, film=film), [100.0, 1000.0], **fixed(20.0)) for film in (0.0, R_film)
    )
    for a, b in zip(bare, covered):
        assert a.V - b.V == pytest.approx(CURRENT * R_film, rel=1e-6)


# -- electrolyte of constant D_e and kappa between lithium and an electrode that stays as it is ----

L, D, C_0, T_PLUS = 100e-6, 3e-10, 1000.0, 0.38
CONSTANT = replace(
    ELECTROLYTE, kappa=lambda c, T: 1.0 + 0 * c, D_e=lambda c, T: D + 0 * c, t_plus=T_PLUS, tdf=1.0
)
I0 = 1e5  # A m-2, at both ends
INERT = replace(
    ACTIVE,
    U=lambda x: 4.0 + 0 * x,
    dU=lambda x: 0 * x,
    D_s=lambda x, T: 1e-10 + 0 * x,
    c_s_max=1e7,
    i0=lambda c, x, T: I0 + 0 * c,
    sigma=1e4,
)
EASY_LITHIUM = LithiumMetal("easy", lambda c, T: I0 + 0 * c)


def electrolyte_cell(voxels=20, **more):
    """90 um of open separator and 10 um of pore are one slab of electrolyte, L = 100 um."""
    labels = np.ones((voxels + 2, 1, 1), int)
    labels[:voxels] = 0
    return half_cell(
        labels,
        10e-6 / voxels,
        active=INERT,
        electrolyte=CONSTANT,
        counter=EASY_LITHIUM,
        separator=(90e-6, 1.0, 1.0),
        **more,
    )


def test_salt_in_a_slab_follows_the_series():
    cell, i = electrolyte_cell(), 50.0
    T = np.array([0.01, 0.05, 0.2, 1.0])
    times = T * L**2 / D
    durations = np.diff([0.0, *times])
    ran = run(cell, [Load("polarise", i * cell.mesh.area, duration=dt) for dt in durations], step=2e-5)
    unit = i * (1 - T_PLUS) * L / (F * D)
    for state, scaled in zip((s for s in ran.seen if s.last), T):
        x, c_e = electrolyte_line(cell, state.x)
        np.testing.assert_allclose((c_e - C_0) / unit, electrolyte_slab(x / L, scaled), atol=1e-3)


def test_salt_relaxes_at_the_slowest_rate():
    cell = electrolyte_cell()
    tau = L**2 / (np.pi**2 * D)
    ran = run(
        cell,
        [Load("polarise", 50 * cell.mesh.area, duration=300.0)] + [Load("rest", 0.0, duration=tau)] * 3,
        **fixed(tau / 40),
    )
    swings = [np.ptp(electrolyte_line(cell, s.x)[1]) for s in ran.seen if s.last]
    assert swings[3] / swings[2] == pytest.approx(np.exp(-1), rel=2e-3)


@pytest.mark.parametrize("i", [50.0, 880.0])
def test_steady_polarisation(i):
    """V = 4 V - i L / kappa - (2 R T / F)(1 - t_plus) tdf ln(ca / cc), to 94 % of the limiting current."""
    cell = electrolyte_cell()
    state = run(cell, [Load("polarise", i * cell.mesh.area, duration=300.0)], step=2e-4).seen[-1]
    change = i * (1 - T_PLUS) * L / (2 * F * D)
    polarisation = i * L / 1.0 + 2 * R * 298.15 / F * (1 - T_PLUS) * np.log((C_0 + change) / (C_0 - change))
    if i == 50.0:
        assert polarisation == pytest.approx(8.415263e-3, rel=1e-6)
    kinetic = 2 * 2 * R * 298.15 / F * np.arcsinh(i / (2 * I0))
    slab = i * 2e-6 / INERT.sigma
    assert 4.0 - state.V - kinetic - slab == pytest.approx(polarisation, rel=1e-3)
    x, c_e = electrolyte_line(cell, state.x)
    np.testing.assert_allclose(c_e, C_0 + change * (1 - 2 * x / L), rtol=0, atol=1e-3 * change)


def test_beyond_the_limiting_current_is_an_error_in_plain_words():
    """i_lim = 2 F D c_0 / ((1 - t_plus) L) = 934 A m-2; at 1.2 i_lim the salt at the electrode runs out.

    When: from the series: (c_0 - c) F D / (i (1 - t_plus) L) = 1 / 2.4 at y = 1.
    """
    cell, i_lim = electrolyte_cell(5), 2 * F * D * C_0 / ((1 - T_PLUS) * L)
    assert i_lim == pytest.approx(933.729, rel=1e-5)
    with pytest.raises(
        NotConverged, match=r"^the step at [\d.]+ s of 'too much' did not converge"
    ) as failure:
        run(cell, [Load("too much", 1.2 * i_lim * cell.mesh.area, duration=3600.0)])
    assert len(failure.value.history) > 0
    T = brentq(lambda T: -electrolyte_slab(1.0, T) - 1 / 2.4, 1e-3, 1)
    runs_out = T * L**2 / D
    stopped = float(str(failure.value).split(" s of")[0].split()[-1])
    assert stopped == pytest.approx(runs_out, rel=0.1)
