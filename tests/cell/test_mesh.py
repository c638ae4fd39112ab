"""The half cell's mesh against a count by hand: cells, reactive faces, areas, what takes no part."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.cell.design import Separator
from microsim.cell.load import Load
from microsim.cell.mesh import build_mesh, check_reactive, separator_lines
from microsim.materials import load
from microsim.mesh.morphology import face_area_factors

from ..cells import ACTIVE, CBD, design, half_cell, image, run, voxel_grid

PORE, AM, CONDUCTOR = 0, 1, 2
VOXEL = (0.5e-6, 0.4e-6, 0.3e-6)
AREA = (VOXEL[1] * VOXEL[2], VOXEL[0] * VOXEL[2], VOXEL[0] * VOXEL[1])


def flood(open_voxels, starts):
    """Set of voxels reached from `starts` through faces (6 neighbours)."""
    reached, queue = set(), [v for v in starts if v in open_voxels]
    while queue:
        voxel = queue.pop()
        if voxel not in reached:
            reached.add(voxel)
            queue += [n for n in neighbours(voxel) if n in open_voxels]
    return reached


def neighbours(voxel):
    return [
        tuple(c + (step if a == axis else 0) for a, c in enumerate(voxel))
        for axis in range(3)
        for step in (-1, 1)
    ]


def count(labels, clogged=False):
    """By hand: ionic, electronic and solid voxels, reactive faces as (solid voxel, other voxel, axis)."""
    voxels = list(np.ndindex(labels.shape))
    wet = {v for v in voxels if labels[v] == PORE or (labels[v] == CONDUCTOR and not clogged)}
    ionic = flood(wet, [v for v in voxels if v[0] == 0])
    electronic = flood(
        {v for v in voxels if labels[v] != PORE}, [v for v in voxels if v[0] == labels.shape[0] - 1]
    )
    solid = {v for v in electronic if labels[v] == AM}
    faces = [(v, n, k // 2) for v in solid for k, n in enumerate(neighbours(v)) if n in ionic or n[0] < 0]
    return ionic, electronic, solid, faces


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(3, 5), st.integers(2, 4), st.integers(1, 4), st.booleans())
def test_faces_are_those_counted_by_hand(seed, nx, ny, nz, clogged):
    labels = np.random.default_rng(seed).integers(0, 3, (nx, ny, nz))
    labels[0, 0, 0], labels[-1, -1, -1], labels[-1, 0, 0] = PORE, AM, CONDUCTOR
    grid = voxel_grid(labels, VOXEL)
    mesh = build_mesh(
        grid, design(grid, area_correction=False, cbd_transport_efficiency=0.0 if clogged else None)
    )
    ionic, electronic, solid, faces = count(labels, clogged)

    layers = mesh.lines
    cells = [
        {(int(x) - layers, int(y), int(z)) for x, y, z in graph.position}
        for graph in (mesh.ionic, mesh.electronic, mesh.solid)
    ]
    separator = {(x, y, z) for x in range(-layers, 0) for y in range(ny) for z in range(nz)}
    assert cells == [ionic | separator, electronic, solid]
    assert mesh.counts["isolated_active"] == np.sum(labels == AM) - len(solid)
    wet = (labels == PORE) | ((labels == CONDUCTOR) & (not clogged))
    assert mesh.counts["isolated_electrolyte"] == np.sum(wet) - len(ionic)
    assert mesh.counts["active"] == len(solid) and mesh.counts["electronic"] == len(electronic)
    assert mesh.counts["electrolyte"] == len(ionic) and mesh.counts["separator_cells"] == len(separator)

    f = mesh.faces
    ours = sorted(
        (
            tuple(int(c) for c in mesh.solid.position[s] - [layers, 0, 0]),
            tuple(int(c) for c in mesh.ionic.position[e] - [layers, 0, 0]),
        )
        for s, e in zip(f.solid, f.ionic)
    )
    assert ours == sorted((v, n) for v, n, _ in faces)
    np.testing.assert_array_equal(mesh.electronic.position[f.electronic], mesh.solid.position[f.solid])
    np.testing.assert_array_equal(mesh.solid_to_electronic[f.solid], f.electronic)
    by_hand = sum(
        AREA[axis] * (CBD.reactive_share if n in ionic and labels[n] == CONDUCTOR else 1)
        for _, n, axis in faces
    )
    assert f.area.sum() == pytest.approx(by_hand, rel=1e-12)
    middle = {(v, n): (np.array(v) + n + 1) / 2 * VOXEL for v, n, _ in faces}
    for s, e, position, half in zip(f.solid, f.ionic, f.position, f.half_solid):
        v, n = mesh.solid.position[s] - [layers, 0, 0], mesh.ionic.position[e] - [layers, 0, 0]
        np.testing.assert_allclose(
            position, middle[tuple(map(int, v)), tuple(map(int, n))], rtol=1e-12, atol=1e-18
        )
        assert half == VOXEL[int(np.flatnonzero(v - n)[0])] / 2


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_area_with_correction_is_faces_times_factors(seed):
    labels = image((12, 10, 9), seed)
    grid = voxel_grid(labels, VOXEL)
    mesh = build_mesh(grid, design(grid))
    factors = face_area_factors(labels == AM, VOXEL)
    *_, faces = count(labels)
    total = 0.0
    for v, n, axis in faces:
        low = min(v, n)
        share = (
            1.0 if n[0] < 0 else factors[axis][low] * (CBD.reactive_share if labels[n] == CONDUCTOR else 1)
        )
        total += share * AREA[axis]
    assert mesh.faces.area.sum() == pytest.approx(total, rel=1e-6)
    voxel_area = np.array(AREA)[
        [
            int(np.flatnonzero(a != b)[0])
            for a, b in zip(mesh.solid.position[mesh.faces.solid], mesh.ionic.position[mesh.faces.ionic])
        ]
    ]
    np.testing.assert_allclose(mesh.faces.area, mesh.faces.share * voxel_area, rtol=1e-12)


def ball_on_a_wire(radius, n=32):
    """A ball of active material in pores, joined to the collector by a wire one voxel thick."""
    x, y, z = np.indices((n, n, n)) + 0.5 - n / 2
    labels = (x**2 + y**2 + z**2 < radius**2).astype(int)
    wire = (n // 2, n // 2)
    labels[n // 2 :, wire[0], wire[1]] = 1
    return labels


@pytest.mark.parametrize("correction, expected, within", [(True, 1.0, 0.02), (False, 1.5, 0.02)])
def test_area_of_a_ball(correction, expected, within):
    radius, h = 10, 0.4e-6
    labels = ball_on_a_wire(radius)
    grid = voxel_grid(labels, h)
    faces = build_mesh(grid, design(grid, area_correction=correction)).faces
    front = faces.position[:, 0] < 16 * h  # the half without the wire
    assert faces.area[front].sum() / (2 * np.pi * (radius * h) ** 2) == pytest.approx(expected, rel=within)


def test_isolated_parts_take_no_part():
    """A grain that floats in the pores and a bubble inside a grain: counted, and without cells or faces."""
    labels = np.zeros((9, 7, 7), int)
    labels[6:] = AM
    labels[2:5, 2:5, 2:5] = AM  # floats
    labels[7, 3, 3] = PORE  # bubble
    grid = voxel_grid(labels)
    mesh = build_mesh(grid, design(grid))
    assert mesh.counts["isolated_active"] == 27 and mesh.counts["isolated_electrolyte"] == 1
    assert mesh.solid.n == mesh.electronic.n == 3 * 49 - 1
    assert mesh.ionic.n == 6 * 49 - 27 + mesh.counts["separator_cells"]
    assert np.all(mesh.solid.position[:, 0] >= mesh.lines + 6)
    assert mesh.faces.area.size == 49
    on = mesh.on_image(mesh.solid, np.ones(mesh.solid.n))
    assert on.shape == labels.shape and np.isnan(on[3, 3, 3]) and np.isnan(on[7, 3, 3]) and on[8, 0, 0] == 1


def test_active_material_that_only_cbd_joins_takes_part():
    labels = np.zeros((8, 3, 3), int)
    labels[2:4] = AM
    labels[4:, 1, 1] = CONDUCTOR
    grid = voxel_grid(labels)
    mesh = build_mesh(grid, design(grid))
    assert mesh.counts["active"] == 18 and mesh.counts["isolated_active"] == 0
    alone = labels.copy()
    alone[5, 1, 1] = PORE  # a broken bridge
    with pytest.raises(InputError, match="am joined to the collector"):
        build_mesh(voxel_grid(alone), design(voxel_grid(alone)))


def test_cbd_conducts_both_ions_and_electrons():
    labels = np.zeros((6, 3, 3), int)
    labels[3:] = AM
    labels[2:, 0, 0] = CONDUCTOR
    grid = voxel_grid(labels)
    mesh = build_mesh(grid, design(grid))
    at = (mesh.lines + 4, 0, 0)
    e, s = mesh.ionic.index[at], mesh.electronic.index[at]
    assert e >= 0 and s >= 0 and mesh.solid.index[at] == -1
    assert mesh.eps[e] == pytest.approx(CBD.porosity) and mesh.beta[e] == pytest.approx(CBD.porosity**1.5)
    assert mesh.sigma[s] == CBD.sigma
    pore, sep = mesh.ionic.index[mesh.lines, 1, 1], mesh.ionic.index[0, 1, 1]
    assert (mesh.eps[pore], mesh.beta[pore]) == (1, 1)
    assert (mesh.eps[sep], mesh.beta[sep]) == pytest.approx((0.47, 0.32))
    assert mesh.sigma[mesh.electronic.index[mesh.lines + 4, 1, 1]] == 0.18
    assert mesh.collector.size == 9 and mesh.counter.size == 9


def test_clogged_cbd_conducts_electrons_alone():
    labels = np.zeros((6, 3, 3), int)
    labels[3:] = AM
    labels[2:, 0, 0] = CONDUCTOR
    grid = voxel_grid(labels)
    clogged = build_mesh(grid, design(grid, cbd_transport_efficiency=0.0))
    open_ = build_mesh(grid, design(grid))
    at = (slice(clogged.lines + 2, None), 0, 0)
    assert np.all(clogged.ionic.index[at] == -1) and np.all(clogged.electronic.index[at] >= 0)
    assert clogged.faces.area.size == 8 and open_.faces.area.size == 8 + 6
    half = build_mesh(grid, design(grid, cbd_transport_efficiency=0.1, pore_transport_efficiency=0.5))
    assert set(np.round(half.beta.astype(float), 6)) == {0.1, 0.5, 0.32}


def test_reactive_share_of_the_cbd_contact():
    labels = np.zeros((6, 3, 3), int)
    labels[3:] = AM
    labels[2:, 0, 0] = CONDUCTOR
    grid = voxel_grid(labels, 1e-6)
    for share in (0.2, 1.0):
        d = design(grid, cbd=replace(CBD, reactive_share=share), area_correction=False)
        assert build_mesh(grid, d).faces.area.sum() == pytest.approx((8 + 6 * share) * 1e-12, rel=1e-12)


@settings(deadline=None)
@given(st.floats(1e-7, 1e-4), st.floats(1e-7, 1e-5))
def test_separator_is_exactly_as_thick_as_asked(thickness, voxel):
    widths = separator_lines(thickness, voxel)
    assert widths.sum() == pytest.approx(thickness, rel=1e-12)
    assert np.all(widths > 0) and np.all(widths >= widths[-1] * (1 - 1e-12))  # finest at the electrode
    assert widths[0] <= 12 * voxel or len(widths) == 1  # and not much coarser at the counter electrode
    assert widths.max() <= max(12 * voxel, thickness / 20) or len(widths) == 1
    assert len(widths) < 70  # thick separators on small voxels stay cheap
    if thickness > 2 * voxel:
        assert 0.99 * voxel <= widths[-1] <= 2.31 * voxel


def test_separator_lies_in_front():
    labels = np.zeros((5, 2, 2), int)
    labels[2:] = AM
    grid = voxel_grid(labels, VOXEL)
    mesh = build_mesh(grid, replace(design(grid), separator=Separator(7e-6, 0.4, 0.2)))
    assert mesh.ionic.widths[0][: mesh.lines].sum() == pytest.approx(7e-6, rel=1e-12)
    np.testing.assert_allclose(mesh.ionic.widths[0][mesh.lines :], VOXEL[0])
    assert mesh.area == pytest.approx(4 * AREA[0], rel=1e-12, abs=0)
    volume = mesh.ionic.volumes()
    assert volume[mesh.eps == np.float32(0.4)].sum() == pytest.approx(7e-6 * mesh.area, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    "labels, sentence",
    [
        (np.repeat([1, 1, 0, 0, 1], 4).reshape(5, 2, 2), "electrolyte .* to reach in from the separator"),
        (np.repeat([0, 1, 1, 0, 0], 4).reshape(5, 2, 2), "am joined to the collector face"),
    ],
)
def test_no_connection_is_one_plain_sentence(labels, sentence):
    grid = voxel_grid(labels)
    with pytest.raises(InputError, match=f"^expected {sentence}") as error:
        build_mesh(grid, design(grid))
    assert "\n" not in str(error.value) and "; check" in str(error.value)


@pytest.mark.parametrize("between", ["a dry gap", "additive that lets no reaction pass"])
def test_no_reactive_face_is_one_plain_sentence(between):
    """Electrolyte reaches in and active material is joined to the collector, and nowhere do they touch."""
    grid = voxel_grid(np.repeat([0, 0, 2, 1, 1], 4).reshape(5, 2, 2))
    filled = load("dry") if "dry" in between else replace(CBD, reactive_share=0.0)
    made = replace(design(grid), phases={"pore": None, "am": ACTIVE, "cbd": filled})
    with pytest.raises(InputError, match="got no reactive face: a gap between them") as error:
        check_reactive(build_mesh(grid, made))
    assert "\n" not in str(error.value)
    check_reactive(build_mesh(grid, replace(made, phases={"pore": None, "am": ACTIVE, "cbd": CBD})))


def test_no_active_material_is_one_plain_sentence():
    grid = voxel_grid(np.repeat([0, 1], 4).reshape(2, 2, 2))
    with pytest.raises(InputError, match="^expected a phase of active material, got none"):
        build_mesh(grid, replace(design(grid), phases={"pore": None, "am": CBD}))


# -- contact between CBD and active material -----------------------------------------------------------------


def test_a_contact_adds_its_resistance_in_series():
    """A column: pore, active material, CBD, collector. The collector's current crosses one contact of 4 voxel
    faces."""
    labels = np.repeat(np.array([0, 1, 1, 2, 2])[:, None, None], 2, axis=1).repeat(2, axis=2)
    i, R_c = 20.0, 2e-3
    volts = {}
    for name, contact in (
        ("perfect", {}),
        ("resists", {"contact_resistance": R_c}),
        ("half lost", {"contact_resistance": R_c, "contact_lost": 0.5}),
    ):
        cell = half_cell(labels, cbd_transport_efficiency=0.0, **contact)
        volts[name] = run(cell, [Load("d", i * cell.mesh.area, duration=1e-3)]).seen[0].V
    h, sigma_am, sigma_cbd = 0.4e-6, ACTIVE.sigma, CBD.sigma
    halves = h / 2 / sigma_am + h / 2 / sigma_cbd
    assert volts["perfect"] - volts["resists"] == pytest.approx(i * R_c, rel=1e-6)
    assert volts["perfect"] - volts["half lost"] == pytest.approx(i * (2 * (halves + R_c) - halves), rel=1e-6)


def test_contacts_lie_between_cbd_and_active_material_alone():
    cells = [half_cell(image((6, 6, 6), 2), contact_resistance=R_c) for R_c in (0.0, 1e-3)]
    free, held = (cell.electronic.weight for cell in cells)
    g, additive = cells[0].mesh.electronic, cells[0].mesh.additive
    between = additive[:, None] != additive[g.near]
    assert between.any() and not between.all()
    assert np.array_equal(free != held, between)
    assert 1 / held[between] - 1 / free[between] == pytest.approx(1e-3 / (0.4e-6) ** 2, rel=1e-9)
