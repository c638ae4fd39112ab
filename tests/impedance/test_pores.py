"""Impedance of pore networks against closed forms, a direct solve of the same equations, and what must hold
of any.

Closed forms: finite-length Warburg, de Levie's pore, the slit with a double layer (series of modes), graded
columns (tau_e = 3 eps / L int (tau / eps) (Q / Q_0)^2 dx, Q the capacitance behind x), the dead-end pore.
"""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError, NotConverged
from microsim.cli import main
from microsim.impedance.circuits import fit_transmission_line, kramers_kronig
from microsim.impedance.pores import PoreElectrolyte, electrode_tortuosity, solve_impedance
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.morphology import surface_area, surface_area_faces
from microsim.numerics import frequency_response
from microsim.transport.tortuosity import solve_tortuosity
from microsim.volumes.volume import write_volume

UM = 1e-6
PLAIN = {"area_correction": False, "half_cells": False}  # TauFactor's walls
quick = settings(max_examples=15, deadline=None)


def grid_of(labels, voxel_size=UM, names=("pore", "solid", "other")):
    return VoxelGrid(np.asarray(labels).astype(np.uint8), names, voxel_size, relative=True)


def pores(n, share=0.45, seed=0):
    """Blurred noise, pores (label 0) where it is low."""
    noise = np.random.default_rng(seed).normal(size=(n, n, n))
    for axis in range(3):
        noise = sum(np.roll(noise, k, axis) for k in (-1, 0, 1))
    return noise >= np.quantile(noise, share)


def run(labels, omega, *, axis=0, voxel_size=UM, conducting=None, **options):
    """Impedance over omega / omega_c."""
    return solve_impedance(
        grid_of(labels, voxel_size), conducting or {"pore": 1.0}, axis, omega, relative=True, **options
    )


# -- closed forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["open", "blocked"])
def test_a_full_block_is_a_finite_length_warburg_element(ends):
    """tanh(s) / s and coth(s) / s, of second order in the voxel."""
    omega = np.geomspace(1e-3, 100, 11)
    s = np.sqrt(1j * omega)
    exact = np.tanh(s) / s if ends == "open" else 1 / np.tanh(s) / s
    errors = [
        np.max(np.abs(run(np.zeros((n, 2, 3)), omega, ends=ends, tolerance=1e-6).Z_normalised / exact - 1))
        for n in (16, 32, 64)
    ]
    assert errors[2] < 4e-3
    assert [a / b for a, b in pairwise(errors)] == pytest.approx([4, 4], abs=0.1)


def test_values_of_the_warburg_elements():
    """tanh(s)/s and coth(s)/s, s = sqrt(i omega / omega_c), at omega / omega_c = 1 and 10."""
    open_end = run(np.zeros((400, 1, 1)), [1.0, 10.0], tolerance=1e-6).Z_normalised
    assert open_end == pytest.approx([0.88545081 - 0.28697787j, 0.21978196 - 0.22975838j], abs=2e-5)
    blocked = run(np.zeros((400, 1, 1)), [1.0, 10.0], ends="blocked", tolerance=1e-6).Z_normalised
    assert blocked == pytest.approx([0.33123809 - 1.02201272j, 0.22727422 - 0.21740567j], abs=2e-5)


def test_the_open_arc_has_its_apex_at_2_54():
    omega = np.linspace(2.4, 2.7, 61)
    Z = run(np.zeros((300, 1, 1)), omega, tolerance=1e-6).Z_normalised
    top = np.argmin(Z.imag)
    assert omega[top] == pytest.approx(2.5406, abs=0.01)
    assert Z[top] == pytest.approx(0.58164 - 0.41723j, abs=1e-3)


def test_a_full_block_at_low_frequency_is_a_resistance():
    assert run(np.zeros((7, 3, 2)), ()).tau == pytest.approx(1, rel=1e-9)
    assert run(np.zeros((7, 3, 2)), (), ends="blocked").R_dc_normalised == pytest.approx(
        1 / 3 + 1 / 6 / 49, rel=1e-9
    )


def pore_along_x(n, depth=1.0):
    """One pore of one voxel, its walls (solid) on both sides, its bottom (other) without."""
    labels = np.ones((n, 3, 1), int)
    labels[: round(depth * n), 1] = 0
    labels[round(depth * n) :, 1] = 2
    return labels


def test_a_narrow_pore_is_a_transmission_line():
    """coth(s)/s, de Levie's pore with R_ion = C = 1, at omega / omega_c = 2 pi (1e-3, .1, 1, 10)."""
    omega = 2 * np.pi * np.array([1e-3, 0.1, 1, 10])
    exact = np.array(
        [
            0.33333325 - 159.155083j,
            0.33250113 - 1.60545978j,
            0.27349914 - 0.26136776j,
            0.08920908 - 0.08920436j,
        ]
    )
    result = run(pore_along_x(400), omega, ends="blocked", walls="double-layer", tolerance=1e-6, **PLAIN)
    assert result.eps * result.Z_normalised == pytest.approx(exact, rel=1e-3)
    errors = [
        np.abs(
            run(
                pore_along_x(n), omega, ends="blocked", walls="double-layer", tolerance=1e-6, **PLAIN
            ).Z_normalised
            / 3
            - exact
        ).max()
        for n in (25, 50, 100)
    ]
    assert [a / b for a, b in pairwise(errors)] == pytest.approx([4, 4], abs=0.4)


def chain(conductivities, **options):
    """tau_e of a column of phases with given conductivities beside a wall all along."""
    values = np.unique(conductivities)
    labels = np.full((len(conductivities), 2, 1), len(values))
    labels[:, 0, 0] = np.searchsorted(values, conductivities)
    names = [f"p{i}" for i in range(len(values))]
    grid = grid_of(labels, names=(*names, "solid"))
    return electrode_tortuosity(grid, dict(zip(names, values)), 0, **PLAIN, **options)


@pytest.mark.parametrize(
    ("profile", "exact"),
    [("step", 5 / 6), ("step back", 1.5476190), ("linear", 0.8497689), ("linear back", 1.2931864)],
)
def test_graded_columns(profile, exact):
    """Porosity .7 to .3 in a step or linearly, uniform walls.

    tau_e = 3 eps / L int (tau / eps) (Q / Q_0)^2 dx, Q(x) the wall area behind x.
    """
    errors = []
    for n in (40, 80, 160):
        x = (np.arange(n) + 0.5) / n
        eps = np.where(x < 0.5, 0.7, 0.3) if "step" in profile else 0.7 - 0.4 * x
        errors.append(chain(eps[::-1] if "back" in profile else eps, tolerance=1e-6) - exact)
    assert abs(errors[-1]) < 4e-5
    assert [a / b for a, b in pairwise(errors)] == pytest.approx([4, 4], abs=0.1)


@pytest.mark.parametrize("depth", [0.25, 0.5, 0.75])
def test_a_dead_end_pore_has_the_square_of_its_depth(depth):
    """tau_e = p^2, where through-flow has no tau at all."""
    labels = pore_along_x(80, depth)
    tau = run(labels, (), ends="blocked", walls="double-layer", reactive=("solid",), **PLAIN).tau
    assert tau == pytest.approx(depth**2 * (1 + 0.5 / (80 * depth) ** 2), rel=1e-6)
    assert solve_tortuosity(grid_of(labels), {"pore": 1.0}, 0).tau is None


def taufactor_s_ladder(eps, area, omega, n):
    """TauFactor's homogeneous reference: n times a resistance and then a capacitance (not half and half)."""
    Z = np.inf
    for _ in range(n):
        Z = 1 / eps + 1 / (1j * omega * area + 1 / Z)
    return Z


@pytest.mark.parametrize(
    ("depth", "converged", "published"), [(75, 0.5926494, 0.594), (100, 0.9869641, 0.986)]
)
def test_taufactor_s_unit_tests(depth, converged, published):
    """A strip of 10 in 100 x 100 pixels at a quarter of TauFactor's frequency, by its conventions.

    Its ImpedanceSolver run to a criterion of 1e-7 gives `converged`; its tests stop at 1e-3, with
    `published`.
    """
    labels = np.ones((100, 100, 1), int)
    labels[:depth, 45:55] = 0
    result = run(labels, [0.25], ends="blocked", walls="double-layer", tolerance=1e-6, **PLAIN)
    eps, area = result.eps, result.area_per_volume * UM
    reference = taufactor_s_ladder(eps, area, 0.25 * eps / area / 100**2, 100)
    tau = 100 * result.Z_normalised[0].real / reference.real
    assert tau == pytest.approx(converged, abs=2e-5)
    assert tau == pytest.approx(published, abs=2e-3)


def slit(half_width, length, wall, modes=80):
    """Z kappa of a slit with k tan(k H) = i omega C / kappa = wall, per area of its opening."""
    H, n = half_width, np.arange(1, modes)
    k = np.concatenate([[np.sqrt(wall / H + 0j)], n * np.pi / H + wall / (n * np.pi)])
    for _ in range(60):
        f = k * np.sin(k * H) - wall * np.cos(k * H)
        k = k - f / (np.sin(k * H) + k * H * np.cos(k * H) + wall * H * np.sin(k * H))
    weight = np.sin(k * H) / k / (H / 2 + np.sin(2 * k * H) / (4 * k))
    return H / np.sum(weight * np.tanh(k * length) * np.sin(k * H))


@pytest.mark.parametrize(("half_cells", "ratio"), [(True, 4), (False, 2)])
def test_walls_are_of_second_order_with_half_cells(half_cells, ratio):
    """A wide slit (L = 4 H) in half of the box at 10 omega_c, where the potential varies across it. Where
    entrance and wall meet the flux has a logarithmic singularity, so that second order is h^2 log(1 / h)."""
    exact, errors = slit(0.25, 1.0, 10j * 0.5 / 2), []
    for n in (16, 32, 64):
        labels = np.ones((n, n, 1), int)
        labels[:, n // 4 : 3 * n // 4] = 0
        Z = run(
            labels,
            [10.0],
            ends="blocked",
            walls="double-layer",
            voxel_size=UM / n,
            tolerance=1e-6,
            area_correction=False,
            half_cells=half_cells,
        ).Z_normalised[0]
        errors.append(abs(Z * 0.5 / exact - 1))
    assert [a / b for a, b in pairwise(errors)] == pytest.approx([ratio] * 2, rel=0.25)


# -- the same equations solved directly ----------------------------------------------------------------------


@st.composite
def images(draw, longest=5):
    shape = draw(st.tuples(*[st.integers(1, longest)] * 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    return rng.choice(3, size=shape, p=draw(st.sampled_from([(0.7, 0.3, 0), (0.5, 0.2, 0.3), (1.0, 0, 0)])))


sizes = st.tuples(*[st.sampled_from([0.4 * UM, UM, 1.7 * UM])] * 3)


def reachable(sigma, periodic):
    """The cells that are joined to the first plane, by growing it."""
    found = np.zeros(sigma.shape, bool)
    found[0] = sigma[0] > 0
    while True:
        more = found.copy()
        for axis in range(3):
            for step in (1, -1):
                moved = np.roll(found, step, axis)
                if axis == 0 or not periodic:
                    edge = [slice(None)] * 3
                    edge[axis] = 0 if step == 1 else -1
                    moved[tuple(edge)] = False
                more |= moved
        more &= sigma > 0
        if (more == found).all():
            return found
        found = more


def direct(
    sigma, h, omega, *, open_end, storage=None, capacitance=None, wall=None, half_cells=True, periodic=False
):
    """Z (potential over flux density) at one omega in SI units, dense: every face, every balance, solved at
    once for the drop from the entrance, which is what stays small at low omega."""
    cells = reachable(sigma, periodic)
    number = np.full(sigma.shape, -1)
    number[cells] = np.arange(cells.sum())
    A, b = np.zeros((cells.sum(),) * 2, complex), np.zeros(cells.sum(), complex)
    area = np.prod(h) / np.asarray(h)
    for p in np.argwhere(cells):
        i = number[tuple(p)]
        half = 2 * area * sigma[tuple(p)] / h
        if storage is not None:
            b[i] += 1j * omega * storage[tuple(p)] * np.prod(h)
        for axis, step in ((a, s) for a in range(3) for s in (-1, 1)):
            q = p.copy()
            q[axis] += step
            if q[axis] in (-1, sigma.shape[axis]):
                if axis == 0 and step == -1:
                    A[i, i] += half[axis]
                elif axis == 0 and open_end:
                    b[i] += half[axis]
                if axis == 0 or not periodic or sigma.shape[axis] == 1:
                    continue
                q[axis] %= sigma.shape[axis]
            other = number[tuple(q)]
            if other >= 0:
                w = 1 / (1 / half[axis] + h[axis] / (2 * area[axis] * sigma[tuple(q)]))
                A[i, i] += w
                A[i, other] -= w
            elif wall is not None and wall[tuple(q)]:
                y = 1j * omega * capacitance * area[axis]
                b[i] += 1 / (1 / y + 1 / half[axis]) if half_cells else y
    drop = np.linalg.solve(A + np.diag(b), b)
    first = cells[0]
    flux = np.sum(2 * area[0] / h[0] * sigma[0][first] * drop[number[0][first]])
    return sigma.shape[1] * sigma.shape[2] * area[0] / flux


@settings(max_examples=60, deadline=None)
@given(
    images(),
    sizes,
    st.sampled_from([1.0, 0.1, 40.0]),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_small_images_against_a_direct_solve(labels, h, contrast, axis, open_end, periodic, charging):
    conducting, D = {"pore": 1.0, "other": contrast}, 2e-10
    sigma = np.moveaxis(np.choose(labels, [1.0, 0.0, contrast]), axis, 0)
    assume((sigma[0] > 0).any() and (not charging or (sigma == 0).any()))
    options = {"walls": "double-layer", "area_correction": False} if charging else {"storage": {"other": 0.4}}
    try:
        result = solve_impedance(
            grid_of(labels, h),
            conducting,
            axis,
            [1e-3, 1, 30],
            relative=True,
            tolerance=1e-6,
            ends="open" if open_end else "blocked",
            sides="periodic" if periodic else "no-flux",
            electrolyte=PoreElectrolyte(D, 0.7, 0.03),
            **options,
        )
    except InputError as reason:
        assert charging and "walls" in str(reason)
        return
    order = [axis, *(a for a in range(3) if a != axis)]
    for f, Z in zip(result.freq, result.Z):
        unit = 0.7 if charging else D
        physics = (
            {"capacitance": 0.03, "wall": sigma == 0}
            if charging
            else {"storage": np.moveaxis(np.choose(labels, [1.0, 0.0, 0.4]), axis, 0)}
        )
        exact = direct(
            sigma * unit, np.array(h)[order], 2 * np.pi * f, open_end=open_end, periodic=periodic, **physics
        )
        capacitive = 0 if result.R_dc and open_end else 1 / (2j * np.pi * f * result.capacitance)
        assert Z == pytest.approx(
            exact * unit / 0.7, abs=3e-6 * abs(exact * unit / 0.7 - capacitive) + 1e-12 * abs(Z)
        )


@pytest.mark.parametrize("open_end", [True, False])
def test_anisotropic_conductors_against_a_direct_solve(open_end):
    """A conductor that is poorer across is a thinner box: h stretched by 1 / sqrt(sigma), storage alike."""
    labels = pores(7, 0.6, 3)
    result = run(
        labels,
        [0.1, 3.0, 50.0],
        conducting={"pore": (1.0, 0.25, 0.25)},
        tolerance=1e-6,
        ends="open" if open_end else "blocked",
    )
    wide = run(
        labels,
        [0.1, 3.0, 50.0],
        voxel_size=(UM, 2 * UM, 2 * UM),
        tolerance=1e-6,
        ends="open" if open_end else "blocked",
    )
    assert result.Z_normalised == pytest.approx(wide.Z_normalised, rel=1e-5)
    turned = run(
        np.transpose(labels, (1, 2, 0)),
        [0.1, 3.0, 50.0],
        axis=2,
        conducting={"pore": (0.25, 0.25, 1.0)},
        tolerance=1e-6,
        ends="open" if open_end else "blocked",
    )
    assert turned.Z_normalised == pytest.approx(result.Z_normalised, rel=1e-5)


# -- low frequencies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"ends": "blocked"}, {"ends": "blocked", "walls": "double-layer"}, {"walls": "double-layer"}],
)
def test_the_low_frequency_limit_is_that_of_low_frequencies(options):
    labels = pores(12, 0.5, 1)
    low = run(labels, [1e-4, 1e-3], tolerance=1e-6, **options)
    assert low.Z_normalised.real == pytest.approx(low.R_dc_normalised, rel=3e-6)
    alone = run(labels, (), tolerance=1e-6, **options)
    assert alone.R_dc == pytest.approx(low.R_dc, rel=1e-6) and alone.error is None and alone.freq.size == 0
    if options.get("ends") == "blocked":
        f = low.freq[0]
        assert low.Z[0].imag == pytest.approx(-1 / (2 * np.pi * f * low.capacitance), rel=1e-6)


def test_an_open_end_at_low_frequency_gives_the_tortuosity_factor():
    labels = pores(16, 0.45, 2)
    for axis in range(3):
        assert run(labels, (), axis=axis, tolerance=1e-6).tau == pytest.approx(
            solve_tortuosity(grid_of(labels), {"pore": 1.0}, axis, tolerance=1e-8).tau, rel=1e-6
        )


def test_an_open_end_out_of_reach_is_a_blocked_one():
    labels = pore_along_x(12, 0.5)
    omega = np.geomspace(0.01, 10, 5)
    asked, blocked = run(labels, omega), run(labels, omega, ends="blocked")
    assert asked.Z == pytest.approx(blocked.Z, rel=1e-9)
    assert (asked.tau, asked.R_dc) == (None, None) and blocked.tau == pytest.approx(0.25, rel=0.02)


# -- area ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corrected", [True, False])
def test_the_walls_store_what_their_area_holds(corrected):
    """A spherical hole with a shaft to the entrance; area and capacitance as morphology measures them."""
    x = np.arange(24) - 11.5
    labels = np.ones((24, 24, 24), int)
    labels[x[:, None, None] ** 2 + x[:, None] ** 2 + x**2 < 81] = 0
    labels[:12, 11:13, 11:13] = 0
    h = (0.5 * UM,) * 3
    result = run(
        labels,
        (),
        ends="blocked",
        walls="double-layer",
        voxel_size=h,
        area_correction=corrected,
        electrolyte=PoreElectrolyte(capacitance=0.2),
    )
    area = (surface_area if corrected else surface_area_faces)(labels == 0, h)
    assert result.area_per_volume == pytest.approx(area / (24 * 0.5 * UM) ** 3, rel=1e-5)
    assert result.capacitance == pytest.approx(0.2 * area / (24 * 0.5 * UM) ** 2, rel=1e-5)
    assert result.omega_c == pytest.approx(
        1.0 * result.eps / (result.area_per_volume * 0.2 * result.length**2)
    )


def test_walls_of_closed_pores_are_told_apart():
    labels = np.ones((12, 9, 9), int)
    labels[:, 2] = 0
    labels[4:6, 6:8, 4:6] = 0  # an inner pore: 24 faces in a slit's 216
    result = run(labels, (), ends="blocked", walls="double-layer", **PLAIN)
    assert result.area_per_volume - result.area_connected == pytest.approx(24 / (12 * 9 * 9 * UM), rel=1e-6)
    assert result.capacitance == pytest.approx(0.1 * result.area_connected * 12 * UM, rel=1e-6)


def test_only_the_walls_of_the_named_phases_charge():
    labels = np.ones((10, 5, 1), int)
    labels[:, 2] = 0
    labels[:, 3:] = 2
    both, one = (
        run(labels, (), ends="blocked", walls="double-layer", reactive=phases, **PLAIN)
        for phases in (None, ("solid",))
    )
    assert both.area_per_volume == pytest.approx(2 * one.area_per_volume)
    with pytest.raises(InputError, match="got none"):
        run(np.zeros((4, 4, 4)), (), ends="blocked", walls="double-layer")


def test_walls_across_periodic_sides():
    """Moved around the ring, a box charges the same walls."""
    labels = pores(8, 0.5, 4)
    options = {"ends": "blocked", "walls": "double-layer", "sides": "periodic", "tolerance": 1e-6}
    one, other = (run(np.roll(labels, shift, (1, 2)), [0.1, 10], **options) for shift in ((0, 0), (3, 5)))
    assert other.area_per_volume == pytest.approx(one.area_per_volume, rel=1e-6)
    assert other.Z == pytest.approx(one.Z, rel=1e-5)
    assert run(labels, (), ends="blocked", walls="double-layer").area_per_volume < one.area_per_volume


# -- the solver ----------------------------------------------------------------------------------------------

CASES = {
    "through": {},
    "blocked": {"ends": "blocked"},
    "double layer": {"ends": "blocked", "walls": "double-layer"},
    "plain double layer": {"ends": "blocked", "walls": "double-layer", **PLAIN},
}


@pytest.mark.parametrize("case", CASES)
def test_the_tolerance_is_kept(case):
    """Also for what is left of Z without its capacitive part; the bound, taken at a few frequencies, says how
    well."""
    labels, omega = pores(24, 0.45, 5), np.geomspace(1e-3, 1e3, 31)
    exact = run(labels, omega, tolerance=1e-6, **CASES[case])
    capacitive = 0 if case == "through" else 1 / (2j * np.pi * exact.freq * exact.capacitance)
    for tolerance in (1e-2, 1e-3, 1e-4):
        result = run(labels, omega, tolerance=tolerance, **CASES[case])
        error = np.max(np.abs(result.Z - exact.Z) / np.abs(exact.Z - capacitive))
        assert error <= tolerance and result.error <= tolerance / 2 and error <= 3 * result.error + 1e-6
        assert result.R_dc == pytest.approx(exact.R_dc, rel=tolerance)


@pytest.mark.parametrize("case", CASES)
def test_a_spectrum_takes_few_iterations(case):
    """61 frequencies over six decades: not much more than one conjugate gradient step for each."""
    counts = [run(pores(n, 0.45, 6), np.geomspace(1e-3, 1e3, 61), **CASES[case]).iterations for n in (16, 32)]
    assert max(counts) < 110
    assert counts[1] < 1.8 * counts[0]


def test_more_frequencies_cost_nothing():
    few, many = (run(pores(16), np.geomspace(1e-2, 1e2, n)) for n in (5, 400))
    assert many.iterations == few.iterations
    assert many.Z[[0, -1]] == pytest.approx(few.Z[[0, -1]], rel=1e-10)


def test_one_frequency_alone():
    labels = pores(16, 0.45, 7)
    band = run(labels, np.geomspace(1e-3, 1e3, 61), tolerance=1e-6)
    alone = run(labels, band.freq[40] * 2 * np.pi / band.omega_c, tolerance=1e-5)
    assert alone.Z[0] == pytest.approx(band.Z[40], rel=2e-5) and alone.iterations < band.iterations


def test_what_is_not_reached_is_said(monkeypatch):
    """A preconditioner of no use, then no rounds left."""
    with pytest.raises(NotConverged) as failure:
        monkeypatch.setattr(
            frequency_response.FrequencyResponse.reach, "__kwdefaults__", {"maximum": 2, "progress": None}
        )
        run(pores(16), np.geomspace(1e-3, 1e3, 7), tolerance=1e-5)
    assert len(failure.value.history) == 2


def test_progress_moves_on():
    seen = []
    run(pores(12), [0.1, 10.0], progress=lambda done, total, message: seen.append((done, total)))
    assert len(seen) > 2 and {total for _, total in seen} == {1.0} and seen[-1][0] == 1.0


# -- what holds of any image ---------------------------------------------------------------------------------


@quick
@given(images(7), st.booleans(), st.booleans())
def test_the_impedance_is_that_of_a_passive_capacitive_system(labels, open_end, charging):
    assume((labels[0] == 0).any() and (not charging or (labels != 0).any()))
    options = {"ends": "open" if open_end else "blocked", "walls": "double-layer" if charging else "inert"}
    try:
        Z = run(labels, np.geomspace(1e-3, 1e3, 25), **options).Z
    except InputError:
        return
    assert np.all(Z.real > 0) and np.all(Z.imag < 0)
    assert np.all(np.diff(np.abs(Z)) < 0) and np.all(np.diff(Z.real) < 1e-4 * np.abs(Z[1:]))


@quick
@given(images(7), st.sampled_from([1e-9, 1e-7, 1e-5]), st.booleans())
def test_the_normalised_impedance_depends_on_the_image_alone(labels, size, charging):
    assume((labels[0] == 0).any() and (not charging or (labels != 0).any()))
    options = {"ends": "blocked", "walls": "double-layer" if charging else "inert", "tolerance": 1e-5}
    try:
        one = run(labels, [0.1, 1, 10], **options)
    except InputError:
        return
    other = run(
        labels, [0.1, 1, 10], voxel_size=size, electrolyte=PoreElectrolyte(7e-11, 0.3, 0.02), **options
    )
    assert other.Z_normalised == pytest.approx(one.Z_normalised, rel=2e-5)
    assert other.Z == pytest.approx(other.Z_normalised * other.length / 0.3)


@quick
@given(images(7), sizes, st.permutations([0, 1, 2]))
def test_axes_may_change_names(labels, h, order):
    assume((labels[0] == 0).any() and (labels != 0).any())
    options = {"ends": "blocked", "walls": "double-layer", "tolerance": 1e-5}
    try:
        one = run(labels, [0.1, 10], voxel_size=h, **options)
    except InputError:
        return
    turned, size = np.transpose(labels, order), tuple(h[a] for a in order)
    other = run(turned, [0.1, 10], voxel_size=size, axis=order.index(0), **options)
    assert other.Z == pytest.approx(one.Z, rel=3e-5)
    assert run(np.flip(labels, 1), [0.1, 10], voxel_size=h, **options).Z == pytest.approx(one.Z, rel=3e-5)


def test_frequencies_in_hertz():
    labels, medium = pores(12), PoreElectrolyte(diffusivity=1e-10, conductivity=2.0)
    relative = run(labels, [0.5, 5.0], electrolyte=medium)
    assert relative.omega_c == pytest.approx(1e-10 / (12 * UM) ** 2)
    hertz = solve_impedance(grid_of(labels), {"pore": 1.0}, 0, relative.freq, electrolyte=medium)
    assert hertz.Z == pytest.approx(relative.Z, rel=1e-12)
    assert hertz.resolved_up_to == pytest.approx(1e-10 / UM**2 / (2 * np.pi))


def test_a_computed_spectrum_obeys_kramers_and_kronig():
    result = run(pores(16), np.geomspace(1e-2, 1e3, 61), tolerance=1e-5)
    assert np.abs(kramers_kronig(result.freq, result.Z).residual).max() < 1e-3


def test_the_transmission_line_of_a_real_looking_electrode():
    """Up to a few omega_c a uniform line follows a computed spectrum; faster it sees the entrance, here
    wider."""
    result = run(pores(24, 0.5, 8), np.geomspace(1e-2, 3, 41), ends="blocked", walls="double-layer")
    line = fit_transmission_line(
        result.freq, result.Z, eps=result.mean, kappa=1.0, length=result.length, series=False, exponent=1.0
    )
    assert line.tau == pytest.approx(result.tau, rel=0.01) and np.abs(line.fit.residual).max() < 0.05


def test_taufactor_s_electrode(data):
    """tau_e of the pore with NMC walls; TauFactor's slice-wise estimate at 1e-4 is 2.0729, all pores, 2.0658
    connected."""
    tifffile = pytest.importorskip("tifffile")
    files = list(data.rglob("taufactor_electrode_256.tiff"))
    if not files:
        pytest.skip("taufactor_electrode_256.tiff is not in the folder of public data")
    labels = np.searchsorted([0, 85, 170], tifffile.imread(files[0])[:64, 40:104, 60:124])
    result = run(labels, np.geomspace(1e-3, 1e3, 61), ends="blocked", walls="double-layer")
    assert result.error < 1e-4 and result.iterations < 110
    assert result.tau == pytest.approx(solve_tortuosity(grid_of(labels), {"pore": 1.0}, 0).tau, rel=0.15)


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"freq": [1.0, 0.0]}, "above 0"),
        ({"freq": [[1.0]]}, "list of frequencies"),
        ({"ends": "closed"}, "open or blocked"),
        ({"walls": "rough"}, "inert or double-layer"),
        ({"tolerance": 1e-9}, "1e-06 to 0.1"),
        ({"sides": "round"}, "sides"),
        ({"conducting": {"pore": 0.0}}, "one above 0"),
        ({"conducting": {"void": 1.0}}, "void"),
        ({"conducting": {"other": 1.0}}, "entrance face of axis x"),
        ({"storage": {"solid": 0.5}}, "conducting phases"),
        ({"storage": {"pore": 1.5}}, "up to 1"),
        ({"storage": {"pore": 0.5}, "walls": "double-layer"}, "inert walls"),
        ({"reactive": ("pore",), "walls": "double-layer"}, "do not conduct"),
        ({"reactive": ("wall",), "walls": "double-layer"}, "wall"),
        ({"electrolyte": PoreElectrolyte(diffusivity=0.0)}, "above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, words):
    labels = pore_along_x(4, 0.5)
    with pytest.raises(InputError, match=words):
        solve_impedance(
            grid_of(labels), **{"conducting": {"pore": 1.0}, "axis": 0, "freq": [1.0], **arguments}
        )


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def volume(tmp_path):
    return str(write_volume(tmp_path / "pores.tif", pores(16).astype(np.uint8), voxel_size=UM))


def test_the_command_writes_a_spectrum(volume, tmp_path, capsys):
    arguments = ["eis", volume, "--phases", "pore=0,solid=1", "--voxel-size-nm", "1000", "--axis", "all"]
    assert main([*arguments, "--frequencies", "1e-2:1e2:21", "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert len(result["freq_Hz"]) == len(result["Z_real_ohm_m2"]) == 21 and set(result["axes"]) == {
        "x",
        "y",
        "z",
    }
    assert all(value < 0 for value in result["Z_imag_ohm_m2"])
    expected = solve_impedance(grid_of(pores(16)), {"pore": 1.0}, 0, np.geomspace(1e-2, 1e2, 21))
    assert result["Z_real_ohm_m2"] == pytest.approx(expected.Z.real, rel=1e-6)
    assert result["axes"]["x"]["tau"] == pytest.approx(expected.tau, rel=1e-6)
    assert "transmission_line" not in result["axes"]["x"]


def test_the_command_fits_a_line_to_a_double_layer(volume, capsys):
    arguments = [
        "eis",
        volume,
        "--phases",
        "pore=0,solid=1",
        "--voxel-size-nm",
        "1000",
        "--walls",
        "double-layer",
    ]
    assert (
        main(
            [*arguments, "--frequencies", "1e-2:1e2:21", "--frequency-unit", "characteristic", "--json", "-"]
        )
        == 0
    )
    result = json.loads(capsys.readouterr().out)
    row = result["axes"]["x"]
    assert result["ends"] == "blocked" and row["omega_over_omega_c"][-1] == pytest.approx(100)
    assert row["transmission_line"]["tau"] == pytest.approx(row["tau"], rel=0.2)
    assert main(arguments) == 0
    assert "tau" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--frequencies", "1:2"], "from:to:count"),
        (["--frequencies", "0:1:3"], "--frequencies"),
        (["--tolerance", "1"], "--tolerance"),
        (["--storage", "pore=2"], "--storage pore"),
    ],
)
def test_the_command_refuses_in_one_sentence(volume, more, words, capsys):
    code = main(["eis", volume, "--phases", "pore=0,solid=1", "--voxel-size-nm", "1000", *more])
    error = capsys.readouterr().err
    assert code == 2 and words in error and error.count("\n") == 1


def test_the_command_needs_a_voxel_size(tmp_path, capsys):
    np.save(tmp_path / "pores.npy", pores(8).astype(np.uint8))
    assert main(["eis", str(tmp_path / "pores.npy"), "--phases", "pore=0,solid=1"]) == 2
    assert "--voxel-size-nm" in capsys.readouterr().err


@pytest.mark.parametrize(
    "walls, ends", [("inert", "open"), ("inert", "blocked"), ("double-layer", "blocked")]
)
def test_the_error_of_wide_voxels_is_that_of_a_straight_pore(walls, ends):
    """Where a diffusing wave does not reach the far end Z of a tube is 1 / s, whatever its end and walls: the
    miss is the estimate to a tenth of itself, from 1 % on."""
    labels = np.ones((60, 3, 3), int)
    labels[:, :1, :1] = 0
    options = {"area_correction": False, "half_cells": False} if walls == "double-layer" else {}
    found = run(labels, np.geomspace(300.0, 1e6, 12), walls=walls, ends=ends, tolerance=1e-6, **options)
    s = np.sqrt(1j * found.freq * 2 * np.pi / found.omega_c)
    miss = np.abs(found.Z_normalised * s / 9 - 1)
    assert found.voxel_error == pytest.approx(miss, rel=0.1, abs=1e-4)
    assert found.voxel_error.min() < 0.012 and found.voxel_error.max() > 5
