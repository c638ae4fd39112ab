"""Kernels of the gpu, which warp compiles for the processor here, against their slow twins."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.numerics.fixed_rows import Rows, spans_of
from microsim.numerics.rows import BitRows, first_aggregates

from .test_rows import random_mask
from .twins import FOLDER, gpu_on_processor, public, trade  # noqa: F401

warp = pytest.importorskip("warp", reason="warp, which compiles the kernels of the gpu, is not installed")
pytestmark = pytest.mark.usefixtures("gpu_on_processor")

SHAPES = [(1, 1, 1), (5, 4, 3), (4, 7, 130), (9, 3, 257)]
TRADES = ("cycle", "faces", "fixed", "rows", "vectors")
# the way to the device, the coarsest level, and what numpy does in a word on the processor
DEVICE_ONLY = {"uploaded", "lay", "inverse", "parts", "solve", "room", "divided", "less", "add_product"}
DEVICE_ONLY |= {"border_room", "bordered", "add_grounded", "descend", "project", "combine"}
HOST = {
    "pack",
    "plane_links",
    "set_planes",
    "unpack",
    "pack_neighbours",
    "pack_weights",
    "pack_more",
    "halve",
}


def twins(name, *arguments, outputs=(), rtol=2e-5):
    """Run a kernel on the device and its slow twin; compare what they return and the arguments they write."""
    module, kernel = name.split(".")
    device = trade("gpu", "device")
    theirs = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    mine = [device.upload(a) if isinstance(a, np.ndarray) else a for a in arguments]
    own = returned(getattr(trade("gpu", module), kernel)(*mine)) + [mine[k].numpy() for k in outputs]
    other = returned(getattr(trade("reference", module), kernel)(*theirs)) + [theirs[k] for k in outputs]
    close(own, other, rtol)
    return own


def returned(values):
    values = values if isinstance(values, tuple) else (values,)
    return [v.numpy() if isinstance(v, warp.array) else v for v in values if v is not None]


def close(own, other, rtol):
    assert len(own) == len(other) > 0
    for one, two in zip(own, other):
        assert np.shape(one) == np.shape(two)
        assert np.allclose(one, two, rtol=rtol, atol=rtol * np.abs(two).max(initial=0))


def rows_case(shape, seed):
    """Bit rows of a random mask all of whose cells have a link, and random vectors on them."""
    mask = random_mask(shape, seed, 0.7)
    mask[:, 0] = True
    rows, rng = BitRows.of(mask), np.random.default_rng(seed)
    return rows, [rng.standard_normal(rows.n).astype(np.float32) for _ in range(2)]


@pytest.mark.parametrize("shape", SHAPES)
def test_rows(shape):
    rows, (b, u) = rows_case(shape, 1)
    weights, bits = tuple(np.float32([1, 0.7, 1.3])), (rows.bits, rows.start)
    alone = degenerate(rows)
    for backward in () if alone else (False, True):
        twins("rows.sweep", *bits, *weights, b, u, backward, outputs=[6])
    if not alone:
        twins("rows.first_sweep", *bits, *weights, b, np.full_like(u, np.nan), outputs=[6])
    twins("rows.apply", *bits, *weights, u, np.full_like(u, np.nan), outputs=[6])
    twins(
        "rows.residual",
        *bits,
        1.0,
        0.7,
        1.3,
        u.astype(float),
        np.full_like(u, np.nan),
        outputs=[6],
        rtol=2e-7,
    )
    twins("rows.plane_sums", *bits, u)
    graph, _, parent, *_ = first_aggregates(rows, weights)
    out = np.full(graph.n, np.nan, np.float32)
    twins("rows.restrict_residual", *bits, *weights, b, u, parent, out, outputs=[8])
    dense, other = (np.full(shape, -1.0, np.float32) for _ in range(2))
    trade("reference", "rows").unpack(*bits, u, other)
    trade("gpu", "rows").unpack(*map(trade("gpu", "device").upload, (*bits, u)), dense)
    assert np.array_equal(dense, other)


def degenerate(rows):
    """Whether a cell has no link at all, so that its equation has no answer."""
    diagonal, ones = np.empty(rows.n), np.ones(rows.n)
    trade("reference", "rows").apply(rows.bits, rows.start, 1.0, 1.0, 1.0, ones, diagonal)
    _, neighbour = trade("reference", "rows")._neighbours(rows.bits)
    return bool(np.any((neighbour < 0).all(axis=1) & (diagonal == 0)))


def many_links(rng, colours):
    """A graph of cells with some twelve links each, none within one of the colours."""
    bounds = 20 * np.arange(colours + 1)
    colour = np.arange(bounds[-1]) // 20
    linked = np.triu(rng.random((bounds[-1], bounds[-1])) < 0.5 / (colours - 1))
    linked = (linked | linked.T) & (colour[:, None] != colour)
    indptr = np.concatenate([[0], np.cumsum(linked.sum(axis=1))])
    neighbour, n = np.nonzero(linked)[1].astype(np.int32), int(bounds[-1])
    return SimpleNamespace(n=n, indptr=indptr, neighbour=neighbour, bounds=bounds, is_filled=False)


@pytest.mark.parametrize("colours", [2, 3, 5])
def test_cycle(colours):
    rng, device, mine = np.random.default_rng(colours), trade("gpu", "device"), trade("gpu", "cycle")
    g = many_links(rng, colours)
    rows, spans, slow = Rows.of(g, np.float32), spans_of(g), trade("reference", "cycle")
    assert rows.far.size > g.n and spans[-1, 2] == colours - 1
    rows.set(g, rng.random(g.neighbour.size).astype(np.float32))
    diagonal = 7 + rng.random(g.n).astype(np.float32)
    b, x, coarse = (rng.standard_normal(g.n).astype(np.float32) for _ in range(3))
    parent, r = rng.integers(0, g.n, g.n).astype(np.int32), np.zeros(g.n, np.float32)
    for again in (False, True):
        if again:  # as an up leaves it
            slow.up(spans, parent, coarse, *rows, diagonal, b, x)
        theirs, mine_x, mine_r = (x.copy(), r.copy()), device.upload(x), device.upload(r)
        slow.down(spans, again, *rows, diagonal, b, *theirs)
        numbers = *mine.uploaded(*rows), device.upload(diagonal), device.upload(b)
        mine.down(spans, again, *numbers, mine_x, mine_r)
        close([mine_x.numpy(), mine_r.numpy()], theirs, 2e-5)
    theirs, mine_x = x.copy(), device.upload(x)
    slow.up(spans, parent, coarse, *rows, diagonal, b, theirs)
    mine.up(spans, device.upload(parent), device.upload(coarse), *numbers, mine_x)
    close([mine_x.numpy()], [theirs], 2e-5)
    theirs, mine_out = np.full_like(x, np.nan), device.upload(np.full_like(x, np.nan))
    told = slow.product(*rows, diagonal, x, theirs)
    assert mine.product(*numbers[:-1], device.upload(x), mine_out) == pytest.approx(told, rel=1e-5)
    close([mine_out.numpy()], [theirs], 2e-5)
    twins("cycle.prolong", parent, coarse, x, outputs=[2])
    child_ptr, child = np.array([0, g.n // 2, g.n // 2, g.n]), rng.permutation(g.n).astype(np.int32)
    twins("cycle.gather", x, child_ptr, child, np.full(3, np.nan, np.float32), outputs=[3])


def test_the_coarsest_level():
    rng, cycle, upload = np.random.default_rng(4), trade("gpu", "cycle"), trade("gpu", "device").upload
    a = rng.standard_normal((57, 57))
    a, b = a @ a.T + 10 * np.eye(57), rng.standard_normal(57).astype(np.float32)
    x = upload(np.full(57, np.nan, np.float32))
    cycle.solve(cycle.inverse(np.linalg.cholesky(a)), upload(b), cycle.parts(57), x)
    close([x.numpy()], [np.linalg.solve(a, b)], 2e-5)


@pytest.mark.parametrize("n", [1, 1000, 100_003])
def test_vectors(n):
    rng = np.random.default_rng(n)
    a, b = (rng.standard_normal(n).astype(np.float32) for _ in range(2))
    twins("vectors.inner", a, b, rtol=1e-6 if n > 1 else 1e-12)
    twins("vectors.inner", a.astype(float), b.astype(float), rtol=1e-6 if n > 1 else 1e-12)
    twins("vectors.magnitudes", a, rtol=0)
    twins("vectors.add_scaled", np.float32(0.3), a, b, outputs=[2])
    twins("vectors.add_scaled", np.float64(0.3), a, b.astype(float), outputs=[2], rtol=1e-14)
    twins("vectors.search_direction", a, np.float32(0.3), b, outputs=[2])
    twins("vectors.zeros", n, np.float64)


PRECISIONS = [(np.float32, 2e-5), (np.float64, 2e-12)]


def vectors_of(rng, dtype, *sizes):
    return [rng.standard_normal(n).astype(dtype) for n in sizes]


@pytest.mark.parametrize("dtype, rtol", PRECISIONS)
@pytest.mark.parametrize("carries", [False, True])
def test_fixed(dtype, rtol, carries):
    n, rng, mine, slow = 211, np.random.default_rng(3), trade("gpu", "fixed"), trade("reference", "fixed")
    device, near = trade("gpu", "device"), rng.integers(0, 211, (211, 6)).astype(np.uint32)
    rows = [rng.standard_normal((n, 6)).astype(np.float32) for _ in range(4 if carries else 3)]
    rows += [] if carries else [np.empty((0, 0), np.float32)]
    u, v, out_u, out_v = vectors_of(rng, dtype, *(4 * [n]))
    rests = vectors_of(rng, np.float32, n, n)
    laid = [trade("gpu", "vectors").room(*one.shape[::-1]) for one in rows]
    for one, there in zip(rows, laid):
        mine.lay(one, there)
    there = [device.upload(one) for one in (*rests, u, v, out_u, out_v)]
    mine.outflow(mine.uploaded(near), laid[0], there[0], there[2], there[4])
    slow.outflow(near, rows[0], rests[0], u, out_u)
    close([there[4].numpy()], [out_u], rtol)
    mine.two_outflows(mine.uploaded(near), *laid, *there)
    slow.two_outflows(near, *rows, *rests, u, v, out_u, out_v)
    close([one.numpy() for one in there[4:]], [out_u, out_v], rtol)


@pytest.mark.parametrize("dtype, rtol", PRECISIONS)
def test_faces(dtype, rtol):
    rng, mine, slow = np.random.default_rng(2), trade("gpu", "faces"), trade("reference", "faces")
    upload, n, cells = trade("gpu", "device").upload, 300, 90
    a, b, c = (rng.integers(0, cells, n).astype(np.int32) for _ in range(3))
    lift, *slopes = vectors_of(rng, np.float32, *(4 * [n]))
    level, u, v, s, t, out = vectors_of(rng, dtype, 1, *(4 * [cells]), n)
    for left_out in ((), (0,), (1, 2)):
        given = [np.empty(0, np.float32) if k in left_out else slope for k, slope in enumerate(slopes)]
        there = [upload(one) for one in (level, u, v, s, t, np.full_like(out, np.nan))]
        mine.face_flow(*map(upload, (a, b, c, lift)), list(map(upload, given)), *there)
        zeros = [0 * slope if k in left_out else slope for k, slope in enumerate(slopes)]
        slow.face_flow(a, b, c, lift, zeros, level, u, v, s, t, out)
        close([there[-1].numpy()], [out], rtol)
    for sign in (1, -1):
        there, beside = upload(u), mine.uploaded(a)
        mine.add_to_cells(beside, upload(out), sign, there)
        slow.add_to_cells(a, out, sign, u)
        close([there.numpy()], [u], rtol)
    some, there = np.flatnonzero(rng.random(cells) < 0.5), upload(s)
    g, q = vectors_of(rng, np.float32, some.size, some.size)
    mine.add_grounded(*map(upload, (some, g, q, u, t)), there)
    s[some] += q * t[some] - g * u[some]
    close([there.numpy()], [s], rtol)
    mine.add_grounded(*map(upload, (some, g, q[:0], u, t)), there)
    s[some] -= g * u[some]
    close([there.numpy()], [s], rtol)


def test_an_empty_list_of_faces_adds_nothing():
    mine, upload = trade("gpu", "faces"), trade("gpu", "device").upload
    out = upload(np.ones(3, np.float32))
    mine.add_to_cells(mine.uploaded(np.empty(0, np.int32)), upload(np.empty(0, np.float32)), 1, out)
    assert np.array_equal(out.numpy(), np.ones(3))


@pytest.mark.parametrize("n", [1, 1000, 100_003])
def test_vectors_of_gmres(n):
    rng, mine = np.random.default_rng(n), trade("gpu", "vectors")
    upload, basis = trade("gpu", "device").upload, rng.standard_normal((4, n)).astype(np.float32)
    w, coefficients = vectors_of(rng, np.float32, n)[0], rng.standard_normal(3)
    for count in (1, 3):
        there, own = upload(basis), upload(w)
        close([mine.project(there, count, own)], [basis[:count].astype(float) @ w], 1e-5)
        moved = w + coefficients[:count] @ basis[:count].astype(float)
        squared = mine.combine(there, coefficients[:count], own)
        close([own.numpy(), np.array(squared)], [moved, np.array(moved @ moved)], 2e-5)
    one, two, factor = (vectors_of(rng, t, n)[0] for t in (np.float32, np.float64, np.float32))
    out = mine.room(n)
    for a in (one, two):
        mine.divided(upload(a), 0.7, out)
        close([out.numpy()], [a / 0.7], 2e-7)
        given, there = (factor, factor[:1]), upload(np.full_like(a, np.nan))
        for values in given:
            mine.add_product(upload(a), upload(values), upload(3 * a), -1, there)
            close([there.numpy()], [a - values.astype(float) * (3 * a)], 2e-6 if a is one else 1e-12)
    double = mine.zeros(n, np.float64)
    mine.less(upload(two), upload(2 * two), double)
    assert np.array_equal(double.numpy(), -two)


@pytest.mark.parametrize("dtype, rtol", PRECISIONS)
@pytest.mark.parametrize("n", [1, 5000])
def test_an_unknown_that_borders_a_system(n, dtype, rtol):
    rng, mine, upload = np.random.default_rng(n), trade("gpu", "vectors"), trade("gpu", "device").upload
    cells, x = rng.permutation(2 * n)[:n].astype(np.int32), vectors_of(rng, dtype, 2 * n)[0]
    weight, factors, level = rng.random(n), np.array([1.5, -0.3]), vectors_of(rng, dtype, 1)[0]
    out = upload(np.full(1, np.nan, dtype))
    mine.bordered(*map(upload, (cells, weight, x, factors, level)), mine.border_room(), out)
    close([out.numpy()], [1.5 * (weight @ x[cells].astype(float)) - 0.3 * level], rtol)


def test_an_array_of_the_device_is_written_over_where_it_lies():
    device = trade("gpu", "device")
    there = device.upload(np.zeros(3, np.float32))
    where = there.ptr
    device.fill(there, np.arange(3.0))
    assert there.ptr == where and there.numpy().tolist() == [0, 1, 2]
    device.fill(device.upload(np.empty((0, 3), np.float32)), np.empty((0, 3)))


def test_every_kernel_of_the_gpu_has_a_twin_of_the_same_arguments_and_is_compared():
    called = {
        node.value
        for node in ast.walk(ast.parse(Path(__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } | {"cycle.down", "cycle.up", "cycle.product", "fixed.outflow", "fixed.two_outflows"}
    called |= {"faces.face_flow", "faces.add_to_cells"}
    for name in TRADES:
        mine, slow = public(trade("gpu", name)), public(trade("reference", name))
        kernels = {kernel for kernel in mine if not hasattr(getattr(trade("gpu", name), kernel), "adj")}
        assert {k: mine[k] for k in kernels - DEVICE_ONLY} == {k: slow[k] for k in kernels - DEVICE_ONLY}
        assert {f"{name}.{kernel}" for kernel in kernels - DEVICE_ONLY - HOST} <= called


def test_the_kernels_compile_for_a_gpu_without_spills_or_atomics(tmp_path):
    for name in (*TRADES, "sums"):
        warp.compile_aot_module(trade("gpu", name), arch=90, use_ptx=True, module_dir=tmp_path)
    found = list(tmp_path.glob("*.ptx"))
    assert len(found) == len(TRADES) + 1
    for path in found:
        code = path.read_text(encoding="latin-1")
        if (
            path.stem.split("_")[-1] == "cycle" or "cycle" in path.name
        ):  # threads of a block wait for each other
            assert re.search(r"^\s*(@%p\d+ )?bar(rier)?\.", code, re.MULTILINE)
        assert ".entry" in code and not re.search(r"^\s*(@%p\d+ )?(atom|red)\.|\.local", code, re.MULTILINE)


def test_what_does_not_fit_into_the_device_is_told(monkeypatch):
    device = trade("gpu", "device")

    class Small:
        is_cuda, free_memory = True, 2e9

    monkeypatch.setattr(device, "device", Small)
    device.require(1.9e9, "a")
    with pytest.raises(
        InputError, match="a: expected enough memory of the device, needs about 2.1 GB, 2 GB free"
    ):
        device.require(2.1e9, "a")


def test_the_folder_is_that_of_the_kernels():
    assert {path.stem for path in (FOLDER / "gpu").glob("[a-z]*.py")} == {*TRADES, "device", "sums"}
