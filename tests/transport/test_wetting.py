"""Wetting against Lucas, Washburn and Darcy, against a slow twin, and what must hold of any filling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.integrate import solve_ivp

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.transport.wetting import Liquid, fill, solve_wetting, through_permeability

UM = 1e-6
GAMMA, MU = 0.03, 3e-3
OIL = Liquid(GAMMA, 0.0, MU)
TIGHT = {"change": 0.01, "tolerance": 1e-8}
quick = settings(max_examples=15, deadline=None)


def box(*shape, **more):
    """Pores everywhere, permeability 1e-13 m2, suction 30 kPa, 0.5 um voxels."""
    pores = np.ones(shape, bool)
    options = {
        "permeability": np.full(shape, 1e-13),
        "suction": np.full(shape, 3e4),
        "viscosity": MU,
        **TIGHT,
        **more,
    }
    return fill(pores, 0.5 * UM, **options)


# -- closed forms --------------------------------------------------------------------------------------------


def test_lucas_and_washburn_in_a_tube():
    """r = 1 um, 0.03 N/m, 3 mPa s: 2.236e-3 m after 1 s, l^2 = gamma r t / 2 mu all the way."""
    n, r = 50, 1e-6
    h = 2.2360679775e-3 / n
    shape = (n, 3, 2)
    filling = fill(
        np.ones(shape, bool),
        (h, UM, UM),
        np.full(shape, r**2 / 8),
        np.full(shape, 2 * GAMMA / r),
        MU,
        **TIGHT,
    )
    depth = h * np.arange(1, n + 1)
    assert filling.arrival[-1] == pytest.approx(1.0, rel=1e-6)
    assert filling.arrival[:, 1, 1] == pytest.approx(2 * MU * depth**2 / (GAMMA * r), rel=1e-6)
    assert filling.time_to(0.5) == pytest.approx(0.25, rel=2e-2) and filling.never_wetted == pytest.approx(
        0, abs=1e-12
    )


@pytest.mark.parametrize("inlet", ["separator", "collector", "y0", "y1", "z0", "z1"])
def test_a_uniform_medium_obeys_darcy(inlet):
    """l^2 = 2 k s t / mu, from every face, with voxels of unequal edges."""
    shape, edges = (12, 10, 8), (0.5 * UM, 0.7 * UM, 0.3 * UM)
    axis = "syz".index(inlet[0].replace("c", "s"))
    filling = fill(
        np.ones(shape, bool),
        edges,
        np.full(shape, 1e-13),
        np.full(shape, 3e4),
        MU,
        inlet=inlet,
        vents=None,
        **TIGHT,
    )
    depth = edges[axis] * np.arange(1, shape[axis] + 1)
    times = np.moveaxis(filling.arrival, axis, -1)
    exact = depth**2 * MU / (2 * 1e-13 * 3e4)
    assert np.allclose(times, exact if inlet in ("separator", "y0", "z0") else exact[::-1], rtol=1e-6)


def test_tubes_side_by_side_keep_their_own_time():
    radius = np.repeat([1.0, 1.0, 0.0, 2.5, 2.5, 2.5], [1] * 6)[None, :, None] * np.ones((40, 6, 2)) * UM
    pores = radius > 0
    r = np.where(pores, radius, UM)
    filling = fill(pores, 0.2 * UM, r**2 / 8, 2 * GAMMA / r, MU, **TIGHT)
    depth = 0.2 * UM * np.arange(1, 41)
    for y, size in ((0, UM), (1, UM), (4, 2.5 * UM)):
        assert filling.arrival[:, y, 0] == pytest.approx(2 * MU * depth**2 / (GAMMA * size), rel=1e-6)
    assert np.isnan(filling.arrival[:, 2]).all()


@pytest.mark.parametrize(("first", "then"), [((1e-13, 2e4), (4e-13, 1e4)), ((4e-13, 1e4), (1e-13, 2e4))])
def test_tubes_in_series(first, then):
    """t = mu int R(l) dl / s(l), R the resistance of the wet length: past the step that of both parts."""
    n, h = 20, 0.5 * UM
    k, s = (np.repeat([first[i], then[i]], n)[:, None, None] * np.ones((2 * n, 2, 2)) for i in (0, 1))
    filling = fill(np.ones(k.shape, bool), h, k, s, MU, **TIGHT)
    a = n * h
    into = h * np.arange(1, n + 1)
    step = MU * a**2 / (2 * first[0] * first[1])
    exact = np.concatenate(
        [
            MU * into**2 / (2 * first[0] * first[1]),
            step + MU / then[1] * (a / first[0] * into + into**2 / (2 * then[0])),
        ]
    )
    assert filling.arrival[:, 0, 1] == pytest.approx(exact, rel=1e-6)


def test_a_narrow_branch_fills_first_and_a_wide_one_waits():
    """A feed that forks. Alone in the narrow branch: mu (R l + l^2 / 2 k) / s, until the pressure at the fork
    has risen to that of the wide meniscus, R_n = R (s_n / s_w - 1); from there two lengths, as ordinary
    differential equations.
    """
    n, m, h = 30, 60, 0.2 * UM
    feed, narrow, wide = (1e-13, 2e4), (0.5e-13, 4e4), (4e-13, 1e4)
    k, s, pores = np.ones((n + m, 3, 1)), np.ones((n + m, 3, 1)), np.zeros((n + m, 3, 1), bool)
    # the fork itself hardly resists
    for place, (local, pull) in (
        ((slice(n), 1), feed),
        ((n, slice(None)), (1e-9, 2e4)),
        ((slice(n + 1, None), 0), narrow),
        ((slice(n + 1, None), 2), wide),
    ):
        pores[place], k[place], s[place] = True, local, pull
    filling = fill(pores, h, k, s, MU, change=1e-3, tolerance=1e-8)
    first, second = (filling.arrival[n + 1 :, y, 0] - filling.arrival[n].max() for y in (0, 2))
    lengths, R = h * np.arange(1, m), n * h / feed[0]
    alone = int(R * (narrow[1] / wide[1] - 1) * narrow[0] / h)
    exact = MU / narrow[1] * (R * lengths + lengths**2 / (2 * narrow[0]))
    assert alone == 45 and first[:alone] == pytest.approx(exact[:alone], rel=1e-4)

    def rates(t, state):
        g = [k / max(length, 1e-12) for (k, _), length in zip((narrow, wide), state)]
        p = -(narrow[1] * g[0] + wide[1] * g[1]) / (1 / R + sum(g))
        return [(p + narrow[1]) * g[0] / MU, (p + wide[1]) * g[1] / MU]

    solved = solve_ivp(
        rates, (exact[alone - 1], first[-1]), [alone * h, 1e-12], method="LSODA", rtol=1e-8, atol=1e-15
    )
    assert solved.success and second[0] > exact[alone - 1]
    assert np.interp(first[alone:], solved.t, solved.y[0]) == pytest.approx(lengths[alone:], rel=0.01)
    assert np.interp(first[-1], solved.t, solved.y[1]) == pytest.approx(
        np.interp(first[-1], second, lengths), abs=h
    )
    assert np.all(np.diff(second[5:]) > 0)


@pytest.mark.parametrize(("n", "edges"), [(3, (UM, UM, UM)), (4, (UM, UM, UM)), (6, (2 * UM, 0.5 * UM, UM))])
@pytest.mark.parametrize("angle", [0.0, 60.0])
def test_a_slit_from_its_image(n, edges, angle):
    """Walls, sizes and permeability from the voxels: l^2 = gamma h cos(theta) t / 3 mu, the factors find
    h."""
    labels = np.ones((30, n + 2, 5), np.uint8)
    labels[:, 1:-1] = 0
    grid, width = VoxelGrid(labels, ("pore", "am"), edges, relative=True), n * edges[1]
    porosity = n / (n + 2)
    result = solve_wetting(
        grid, "pore", Liquid(GAMMA, np.radians(angle), MU), permeability=porosity * width**2 / 12, **TIGHT
    )
    depth = edges[0] * np.arange(1, 31)
    exact = 3 * MU * depth**2 / (GAMMA * width * np.cos(np.radians(angle)))
    assert result.filling.arrival[:, 2, 2] == pytest.approx(exact, rel=1e-5)
    assert result.capillary_pressure == pytest.approx(2 * GAMMA * np.cos(np.radians(angle)) / width)
    assert result.washburn_time == pytest.approx(exact[-1])


def test_a_round_tube_from_its_image():
    x = np.arange(21) - 10.2
    disc = x[:, None] ** 2 + x**2 <= 8**2
    grid = VoxelGrid(np.where(disc, 0, 1).astype(np.uint8)[None].repeat(20, 0), ("pore", "am"), UM)
    r = 8 * UM
    result = solve_wetting(grid, "pore", OIL, permeability=grid.fraction("pore") * r**2 / 8, tolerance=1e-5)
    assert result.filling.time_to(1.0) == pytest.approx(2 * MU * (20 * UM) ** 2 / (GAMMA * r), rel=0.02)
    assert result.suction_factor == pytest.approx(1, abs=0.06)


def test_permeability_of_layers_and_lanes():
    k = np.full((8, 4, 3), 1e-13)
    k[4:] = 4e-13
    pores, edges = np.ones(k.shape, bool), (UM, 2 * UM, 0.7 * UM)
    # 1e-4 is what it solves to
    assert through_permeability(pores, edges, k) == pytest.approx(
        2 / (1 / 1e-13 + 1 / 4e-13), rel=1e-4, abs=0
    )
    assert through_permeability(pores, edges, k, "z1") == pytest.approx(2.5e-13, rel=1e-4, abs=0)


# -- gas -----------------------------------------------------------------------------------------------------


def dead_end():
    pores = np.zeros((12, 3, 3), bool)
    pores[:, 0], pores[:6, 2] = True, True
    return pores


def filled_dead_end(**more):
    pores = dead_end()
    return fill(pores, UM, np.full(pores.shape, 1e-13), np.full(pores.shape, 3e4), MU, **(TIGHT | more))


def test_gas_in_a_dead_end_stays_or_dissolves():
    kept = filled_dead_end()
    assert np.isinf(kept.arrival[:6, 2]).all() and np.isfinite(kept.arrival[:, 0]).all()
    assert kept.trapped == pytest.approx(1 / 3) == kept.never_wetted and kept.unreached == 0
    assert kept.time_to(0.7) is None
    gone = filled_dead_end(vents=None)
    assert np.isfinite(gone.arrival[dead_end()]).all() and gone.trapped == 0
    assert gone.arrival[:6, 2] == pytest.approx(kept.arrival[:6, 0], rel=1e-6)


def test_gas_leaves_through_the_vents_that_there_are():
    assert filled_dead_end(vents=("y1",)).trapped == pytest.approx(2 / 3)
    assert filled_dead_end(vents=("y1", "collector")).trapped == 0
    assert filled_dead_end(vents=()).never_wetted == pytest.approx(1)


def test_a_bubble_is_cut_off_on_the_way():
    """A wide body between narrow ways round it: the liquid goes round and closes it in."""
    pores = np.ones((20, 9, 1), bool)
    k, s = np.full(pores.shape, 1e-13), np.full(pores.shape, 6e4)
    k[5:12, 3:6], s[5:12, 3:6] = 1e-15, 1e3
    filling = fill(pores, UM, k, s, MU, **TIGHT)
    assert np.isinf(filling.arrival[6:11, 4]).all() and np.isfinite(filling.arrival[-1]).all()
    assert 0.5 * 21 / 180 < filling.trapped < 21.1 / 180
    assert fill(pores, UM, k, s, MU, vents=None, **TIGHT).never_wetted == pytest.approx(0, abs=1e-9)


def test_what_the_inlet_does_not_reach():
    pores = np.zeros((10, 3, 3), bool)
    pores[:, 0, 0], pores[4:, 2, 2] = True, True
    filling = fill(pores, UM, np.full(pores.shape, 1e-13), np.full(pores.shape, 3e4), MU, vents=None)
    assert filling.unreached == pytest.approx(6 / 16) == pytest.approx(filling.never_wetted)
    assert filling.trapped == 0
    nothing = fill(pores[::-1] & (np.arange(10) > 6)[:, None, None], UM, pores * 1.0, pores * 1.0, MU)
    assert nothing.never_wetted == 1 and nothing.unreached == 1 and nothing.stages == 0


# -- contact angle and pressure ------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [90.0, 120.0, 180.0])
def test_a_liquid_that_does_not_wet_stays_out(angle):
    labels = np.ones((8, 5, 5), np.uint8)
    labels[:, 1:4, 1:4] = 0
    result = solve_wetting(
        VoxelGrid(labels, ("pore", "am"), UM), "pore", Liquid(GAMMA, np.radians(angle), MU)
    )
    assert result.filling.never_wetted == 1 and np.isinf(result.filling.arrival[:, 2, 2]).all()
    assert result.capillary_pressure <= 0 and result.washburn_time is None


def test_pressure_drives_a_liquid_that_does_not_wet_into_wide_pores_only():
    pores = np.ones((10, 3, 1), bool)
    pores[:, 1] = False
    s = np.broadcast_to(np.array([-1e4, 0.0, -4e4])[None, :, None], pores.shape)
    filling = fill(pores, UM, np.full(pores.shape, 1e-13), s, MU, pressure=2e4, **TIGHT)
    depth = UM * np.arange(1, 11)
    assert filling.arrival[:, 0, 0] == pytest.approx(MU * depth**2 / (2 * 1e-13 * 1e4), rel=1e-6)
    assert np.isinf(filling.arrival[:, 2]).all()


def test_pressure_adds_to_suction():
    assert box(10, 2, 2, pressure=3e4).time[-1] == pytest.approx(box(10, 2, 2).time[-1] / 2, rel=1e-6)


# -- a slow twin ---------------------------------------------------------------------------------------------


def twin(pores, k, s, mu, h, vents):
    """Fill voxel by voxel: dense pressures with menisci dropped until none flows back, then the next voxel to
    be full."""
    cells = [tuple(c) for c in np.argwhere(pores)]
    number = {c: i for i, c in enumerate(cells)}
    links = [
        (number[c], number[d])
        for c in cells
        for a in range(3)
        for d in [tuple(np.add(c, np.eye(3, dtype=int)[a]))]
        if d in number
    ]
    K, S = (np.array([f[c] for c in cells]) for f in (k, s))
    G = np.zeros((len(cells),) * 2)
    for i, j in links:
        G[i, j] = G[j, i] = h * 2 * K[i] * K[j] / (K[i] + K[j])
    ground = np.array([2 * h * K[i] if c[0] == 0 else 0.0 for i, c in enumerate(cells)])
    wet_cells, level, arrival, now = (
        np.zeros(len(cells), bool),
        np.zeros(len(cells)),
        np.full(len(cells), np.inf),
        0.0,
    )
    closed = np.zeros(len(cells), bool)
    while True:
        if vents is not None:
            dry = np.zeros(pores.shape, bool)
            dry[tuple(np.array(cells)[~wet_cells & ~closed].T)] = True
            clusters = ndimage.label(dry)[0]
            good = set(np.unique(clusters[vents])) - {0}
            closed |= ~wet_cells & np.array([clusters[c] not in good for c in cells])
        dry = ~wet_cells & ~closed
        active = (G > 0) & wet_cells[:, None] & dry[None]
        while True:
            A = np.diag(ground + (G * wet_cells).sum(1) + (G * active).sum(1)) - G * wet_cells
            p = np.zeros(len(cells))
            at = np.flatnonzero(wet_cells)
            p[at] = np.linalg.lstsq(A[np.ix_(at, at)], -(G * active * S).sum(1)[at], rcond=None)[0]
            forward = active & (p[:, None] + S[None] > 0)
            if (forward == active).all():
                break
            active = forward
        flow = (G * active * (p[:, None] + S[None])).sum(0) + ground * dry * np.maximum(S, 0)
        flow /= mu * h**3
        if not (flow > 1e-12 * flow.max(initial=0)).any() or flow.max() == 0:
            return arrival, level, cells
        left = np.where(flow > 0, (1 - level) / np.where(flow > 0, flow, 1), np.inf)
        step = left.min()
        now += step
        level = np.minimum(level + flow * step, 1)
        full = left <= step * (1 + 1e-9)
        level[full], wet_cells[full], arrival[full] = 1, True, now


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["dissolves", "collector"]), st.sampled_from([0.0, 0.3]))
def test_small_networks_against_the_twin(seed, gas, solid):
    """Random permeability and suction; the pressure is solved after every voxel, as the twin does."""
    rng = np.random.default_rng(seed)
    shape, h = (5, 3, 3), 0.5 * UM
    pores = rng.random(shape) > solid
    pores[:, 0, 0] = True
    pores = np.isin(clusters := ndimage.label(pores)[0], clusters[0, 0, 0])
    radius = UM * rng.uniform(0.5, 2.0, shape)
    k, s = radius**2 / 8, 2 * GAMMA / radius
    vents = None
    if gas == "collector":
        vents = np.zeros(shape, bool)
        vents[-1] = True
    arrival, level, cells = twin(pores, k, s, MU, h, vents)
    filling = fill(
        pores, h, k, s, MU, vents=None if vents is None else ("collector",), change=1e-9, tolerance=1e-7
    )
    computed = np.array([filling.arrival[c] for c in cells])
    assert np.array_equal(np.isfinite(computed), np.isfinite(arrival))
    there = np.isfinite(arrival)
    assert computed[there] == pytest.approx(arrival[there], rel=5e-3)
    assert filling.filled[-1] == pytest.approx(level.mean(), abs=5e-3)


# -- what holds of any filling -------------------------------------------------------------------------------


def sponge(seed, shape=(14, 11, 12)):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.3)
    return VoxelGrid(
        (noise > np.quantile(noise, 0.55)).astype(np.uint8),
        ("pore", "am"),
        (UM, 1.2 * UM, 0.9 * UM),
        relative=True,
    )


seeds = st.integers(0, 2**31)


@quick
@given(seeds, st.sampled_from(["trapped", "dissolves"]))
def test_saturation_counts_the_voxels_and_the_front_grows_from_the_inlet(seed, gas):
    grid = sponge(seed)
    filling = solve_wetting(grid, "pore", OIL, gas=gas).filling
    pores = grid.mask("pore")
    finite = np.isfinite(filling.arrival)
    assert np.isnan(filling.arrival[~pores]).all() and np.all(np.diff(filling.filled) >= 0)
    assert np.all(np.diff(filling.time) > 0)
    full = finite.sum() / pores.sum()
    assert full - 1e-12 <= filling.filled[-1] <= 1 + 1e-12
    assert filling.filled[-1] + filling.trapped + filling.unreached == pytest.approx(1)
    if gas == "dissolves":
        assert full == pytest.approx(filling.filled[-1]) and filling.trapped == 0
    times = np.where(finite, filling.arrival, np.inf)
    behind = ndimage.generic_filter(
        times, np.min, footprint=ndimage.generate_binary_structure(3, 1), mode="constant", cval=np.inf
    )
    later = finite.copy()
    later[0] = False
    assert np.all(behind[later] <= times[later])


@quick
@given(seeds, st.sampled_from([0.2, 7.0]))
def test_times_scale_as_the_law_says(seed, factor):
    grid = sponge(seed)
    base = (
        solve_wetting(grid, "pore", OIL, permeability=1e-14)
        if _percolates(grid)
        else solve_wetting(grid, "pore", OIL)
    )
    options = {"permeability": base.permeability}
    thick = solve_wetting(grid, "pore", Liquid(GAMMA, 0.0, factor * MU), **options).filling
    strong = solve_wetting(grid, "pore", Liquid(factor * GAMMA, 0.0, MU), **options).filling
    large = VoxelGrid(grid.phase, grid.names, tuple(factor * h for h in grid.voxel_size), relative=True)
    if base.permeability:
        options["permeability"] = factor**2 * base.permeability
    wide = solve_wetting(large, "pore", OIL, **options).filling
    for other, ratio in ((thick, factor), (strong, 1 / factor), (wide, factor)):
        assert other.filled[-1] == pytest.approx(base.filling.filled[-1], abs=1e-4)
        assert other.time[-1] == pytest.approx(ratio * base.filling.time[-1], rel=1e-3)


def _percolates(grid):
    clusters = ndimage.label(grid.mask("pore"))[0]
    return bool(set(np.unique(clusters[0])) & set(np.unique(clusters[-1])) - {0})


@settings(max_examples=4, deadline=None)
@given(seeds, st.sampled_from([1, 2]))
def test_a_mirrored_volume_fills_alike(seed, axis):
    grid = sponge(seed)
    flipped = VoxelGrid(np.flip(grid.phase, axis), grid.names, grid.voxel_size, relative=True)
    one, other = (
        solve_wetting(g, "pore", OIL, gas="dissolves", change=0.03, tolerance=1e-5).filling
        for g in (grid, flipped)
    )
    mirrored = np.flip(other.arrival, axis)
    finite = np.isfinite(one.arrival)
    assert np.array_equal(finite, np.isfinite(mirrored))
    assert np.corrcoef(one.arrival[finite], mirrored[finite])[0, 1] > 0.999


@pytest.mark.parametrize("inlet", ["collector", "y0", "y1", "z0", "z1"])
def test_an_inlet_elsewhere_is_the_volume_turned(inlet):
    """Turned so that the inlet becomes the separator, the volume fills alike, vents and all."""
    grid, axis = sponge(5), {"c": 0, "y": 1, "z": 2}[inlet[0]]
    far = {"collector": "separator", "y0": "y1", "y1": "y0", "z0": "z1", "z1": "z0"}[inlet]

    def turn(array):
        turned = np.moveaxis(array, axis, 0)
        return turned[::-1] if inlet in ("collector", "y1", "z1") else turned

    size = [grid.voxel_size[axis], *(h for a, h in enumerate(grid.voxel_size) if a != axis)]
    turned = VoxelGrid(np.ascontiguousarray(turn(grid.phase)), grid.names, size, relative=True)
    for gas in ("trapped", "dissolves"):
        one = solve_wetting(grid, "pore", OIL, inlet=inlet, vents=(far,), gas=gas).filling
        other = solve_wetting(turned, "pore", OIL, vents=("collector",), gas=gas).filling
        assert np.allclose(turn(one.arrival), other.arrival, rtol=1e-4, equal_nan=True)
        assert 0.1 < other.filled[-1] == pytest.approx(one.filled[-1])


def test_permeability_sets_the_pace_and_nothing_else():
    grid = next(g for g in map(sponge, range(20)) if _percolates(g))
    slow, fast = (solve_wetting(grid, "pore", OIL, permeability=k) for k in (1e-15, 1e-13))
    assert slow.filling.time == pytest.approx(100 * fast.filling.time, rel=1e-6)
    assert slow.filling.filled == pytest.approx(fast.filling.filled)
    assert fast.conductance_factor == pytest.approx(100 * slow.conductance_factor)


def test_progress_is_told():
    seen = []
    box(6, 2, 2, progress=lambda *step: seen.append(step))
    assert seen[-1][0] == pytest.approx(seen[-1][1]) and seen[-1][2] == "wetting"


def test_bad_input_is_one_sentence():
    grid = sponge(1)
    for options, said in (
        ({"inlet": "top"}, "named|faces"),
        ({"vents": ("separator",)}, "other faces than the inlet"),
        ({"gas": "flies"}, "trapped or dissolves"),
        ({"change": 2}, "between 0 and 1"),
        ({"tolerance": 0}, "between 0 and 1"),
    ):
        with pytest.raises(InputError, match=said):
            solve_wetting(grid, "pore", OIL, **options)
    with pytest.raises(InputError, match="one of the phases"):
        solve_wetting(grid, "void", OIL)
    for bad in ((-1, 0, 1), (0.03, 4, 1), (0.03, 0, 0), (float("nan"), 0, 1)):
        with pytest.raises(InputError):
            Liquid(*bad)
    blocked = np.ones((6, 4, 4), np.uint8)
    blocked[:3, 1:3, 1:3] = 0
    with pytest.raises(InputError, match="join the inlet"):
        solve_wetting(VoxelGrid(blocked, ("pore", "am"), UM), "pore", OIL, permeability=1e-14)
