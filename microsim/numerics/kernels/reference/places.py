"""Where the cells of bit rows lie."""

import numpy as np


def places(bits):
    """Return x, y, z of each cell, in the order of their numbers."""
    found = []
    for colour, x, y in np.ndindex(bits.shape[:3]):
        row = int.from_bytes(bits[colour, x, y].astype("<u8").tobytes(), "little")
        odd = (colour + x + y) % 2
        found += [(x, y, 2 * k + odd) for k in range(row.bit_length()) if row >> k & 1]
    return np.array(found, np.int64).reshape(-1, 3)
