"""Packed values come back as the page unpacks them, and within the error that they tell."""

import base64
import zlib

import numpy as np
import pytest

from microsim.report.packing import DEPTHS, pack_labels, pack_mask, pack_values


def inflate(text):
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)


def unpacked(packed, bits):
    """Sum the differences up again, as scripts/volumes.js does, voxel by voxel."""
    data, values, code = inflate(packed.data).astype(int), [], 0
    count = data.size // (2 if bits > 8 else 1)
    for k in range(count):
        code = (code + data[k] + (256 * data[count + k] if bits > 8 else 0)) % 2**bits
        values.append(np.nan if code == 2**bits - 1 else packed.low + packed.step * code)
    return np.array(values)


@pytest.mark.parametrize("bits", DEPTHS)
@pytest.mark.parametrize("kind", ["smooth", "rough", "negative", "huge offset"])
def test_values_come_back_within_the_error_told(bits, kind):
    random = np.random.default_rng(3)
    values = {
        "smooth": np.sin(np.linspace(0, 9, 500)),
        "rough": random.standard_normal(500),
        "negative": -1e-9 * random.random(500),
        "huge offset": 1e6 + random.random(500),
    }[kind]
    values[[0, 7, 499]] = np.nan
    packed = pack_values(values, bits)
    back, known = unpacked(packed, bits), np.isfinite(values)
    assert (np.isfinite(back) == known).all()
    assert np.abs(back - values)[known].max() == pytest.approx(packed.error, rel=1e-6)
    assert packed.error <= 0.5001 * np.ptp(values[known]) / (2**bits - 2)


@pytest.mark.parametrize("values", [[2.5, 2.5, np.nan], [np.nan] * 3, []])
def test_nothing_to_tell_apart_is_exact(values):
    packed = pack_values(values, 8)
    assert packed.error == 0 and packed.step == 0
    assert np.array_equal(unpacked(packed, 8), values, equal_nan=True)


def test_labels_and_masks_keep_their_order():
    labels = np.arange(24).reshape(2, 3, 4) % 5
    assert (
        inflate(pack_labels(labels.transpose(2, 1, 0))).tolist() == labels.transpose(2, 1, 0).ravel().tolist()
    )
    mask = labels == 3
    assert np.unpackbits(inflate(pack_mask(mask)))[:24].tolist() == mask.ravel().astype(int).tolist()


def test_smooth_values_take_less_than_their_codes():
    values = np.linspace(0, 1, 20_000) ** 2
    assert len(pack_values(values, 16).data) < 0.5 * 2 * values.size
