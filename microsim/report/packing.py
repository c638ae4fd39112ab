"""Values of voxels packed for a page: rounded to a stated step, and as few characters as that allows.

    values [n] -> codes = round((value - low) / step), 0 ... 2^bits - 2; 2^bits - 1 where there is none
    codes -> differences of neighbours, modulo 2^bits -> low bytes, then high bytes -> zlib -> base64

scripts/volumes.js turns it back, with the browser's own DecompressionStream.
"""

import base64
import zlib
from dataclasses import dataclass

import numpy as np

DEPTHS = (16, 12, 8)  # bits of a code, finest first
LEVEL = 4  # of zlib: half the time of its own choice, 6, for 1 to 3 % more characters


@dataclass(frozen=True)
class Packed:
    """Values as a page embeds them: value = low + step * code, within `error` of what was packed."""

    data: str
    low: float
    step: float
    error: float


def pack_values(values, bits):
    """Pack values [n], NaN where there is none, into codes of so many bits (8 to 16)."""
    values, most = np.asarray(values, float), 2**bits - 2
    known = np.isfinite(values)
    inside = values[known]
    low, high = (float(inside.min()), float(inside.max())) if inside.size else (0.0, 0.0)
    step = (high - low) / most
    codes = np.full(values.size, most + 1, np.uint16)
    codes[known] = np.rint((inside - low) / step) if step > 0 else 0
    back = low + step * codes[known]
    error = float(np.abs(back - inside).max()) if inside.size else 0.0
    return Packed(_text(_planes(codes, bits)), low, step, error)


def pack_labels(labels):
    """Pack labels from 0 to 255 (any shape, the last axis fastest)."""
    return _text(np.ascontiguousarray(labels, np.uint8).tobytes())


def pack_mask(mask):
    """Pack which voxels have values: a bit each, the first in the highest bit of its byte."""
    return _text(np.packbits(np.ravel(mask)).tobytes())


def _planes(codes, bits):
    """Bytes of the differences between neighbours: all low ones, then all high ones where there are any."""
    change = np.diff(codes, prepend=np.uint16(0)) & np.uint16(2**bits - 1)  # uint16 is modulo 2^16 by itself
    low = change.astype(np.uint8).tobytes()
    return low if bits <= 8 else low + (change >> 8).astype(np.uint8).tobytes()


def _text(data):
    return base64.b64encode(zlib.compress(data, LEVEL)).decode()
