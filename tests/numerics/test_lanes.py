"""Eight bits at a time against numbers picked one by one, with instructions of AVX2 and without."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from microsim.numerics.kernels.cpu import lanes


@pytest.fixture(params=[True, False], ids=["fast", "anywhere"])
def fast(request, monkeypatch):
    if request.param and not lanes.has_avx2():
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(lanes, "has_avx2", lambda: request.param)


BYTES = [0, 1, 0b10000000, 0b10110, 0b1111111, 0b11111110, 255]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("like", [np.float32, np.float64])
def test_cells_go_to_the_bits_that_are_set_and_back(fast, dtype, like):
    if like is np.float32 and dtype is np.float64:
        pytest.skip("nothing is rounded")

    @njit
    def there_and_back(values, first, byte, one, spread, back):
        found = lanes.spread_out(values, first, byte, one)
        lanes.put(spread, np.uint64(0), found, np.uint64(8))
        lanes.put(back, np.uint64(0), lanes.packed(found, byte), lanes_of(byte))

    @njit
    def lanes_of(byte):
        count = np.uint64(0)
        for k in range(8):
            count += (byte >> np.uint64(k)) & np.uint64(1)
        return count

    for byte in BYTES:
        count = byte.bit_count()
        values = np.append(np.full(3, np.nan), np.arange(1, 1 + count)).astype(dtype)  # up to the array's end
        spread, back = np.full(8, np.nan, like), np.full(9, np.nan, like)
        there_and_back(values, np.uint64(3), np.uint64(byte), like(1), spread, back)
        lit = [k for k in range(8) if byte >> k & 1]
        expected = np.zeros(8)
        expected[lit] = 1 + np.arange(count)
        np.testing.assert_array_equal(spread, expected)
        np.testing.assert_array_equal(back, [*range(1, 1 + count), *[np.nan] * (9 - count)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lanes_are_reckoned_with_one_by_one(fast, dtype):
    @njit
    def reckoned(a, b, count, out):
        zero, one = np.uint64(0), a.dtype.type(1)
        x, y = lanes.in_a_row(a, zero, count, one), lanes.in_a_row(b, zero, np.uint64(8), one)
        lanes.put(out[0], zero, one + x * y - x / y, np.uint64(8))
        lanes.put(out[1], zero, lanes.first_of(lanes.alike(one) / x, count), np.uint64(8))
        lanes.put(out[2], zero, lanes.set_among(np.uint64(0b101), np.uint64(0b1111), one), np.uint64(8))
        return lanes.summed(y), lanes.lane(y, np.uint64(5)), lanes.summed(lanes.in_precision(y, 1.0))

    rng, out = np.random.default_rng(0), np.empty((3, 8), dtype)
    a, b = rng.uniform(1, 2, (2, 8)).astype(dtype)
    for count in range(9):
        total, sixth, wide = reckoned(a, b, np.uint64(count), out)
        x = np.where(np.arange(8) < count, a, 0).astype(dtype)
        np.testing.assert_array_equal(out[0], dtype(1) + x * b - x / b)
        np.testing.assert_array_equal(out[1, :count], 1 / a[:count])
        assert not out[1, count:].any() and sixth == b[5]
        np.testing.assert_array_equal(out[2], [2, 1, 2, 1, 0, 0, 0, 0])
        assert total == pytest.approx(b.sum(), rel=1e-6)
        assert wide == pytest.approx(b.sum(dtype=float), rel=1e-15)


def test_numba_may_be_asked_for_code_that_runs_anywhere():
    """Instructions of AVX2 in it would end the process."""
    code = "from microsim.numerics.kernels.cpu.lanes import has_avx2; print(has_avx2())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_CPU_NAME": "generic"},
    )
    assert found.stdout == "False\n"
