"""Spectra of each pixel as HEXITEC's programs write them, .hxt.

Little endian: the word HEXITECH; version (8 bytes); from version 2 on nine places of stages, and a name and a
time whose lengths differ between versions; rows, columns, channels (4 bytes each); the lower edge of each
channel; and for each pixel, row by row, its counts, one a channel (double precision).

Source: the readers of STFC's HexitecGigE (Slice::readHXT) and of libhxt, which agree.
"""

import struct

import numpy as np

from ..base.errors import InputError
from ..base.memory import require_memory

SUFFIX = ".hxt"
BEGINS = b"HEXITECH"
VERSIONS = (1, 2, 3)
STAGES = 36  # bytes: nine whole numbers
NAME = 100  # bytes of the name in version 3, whatever its length
TIME = {2: 13, 3: 16}
HIGHEST = 1000.0  # keV; channels beyond are no energies in keV


def read_hxt(path):
    """Return the edges of the channels as the file has them [channel + 1], the last as wide as the one
    before, and counts [channel, row, column]. Raises InputError."""
    require_memory(2 * path.stat().st_size, str(path), "give part of its pixels as .npy")
    content = path.read_bytes()
    rows, columns, channels, begin = _sizes(content, path)
    numbers = np.frombuffer(content, "<f8", channels * (1 + rows * columns), begin)
    lower, counts = numbers[:channels], numbers[channels:].reshape(rows, columns, channels)
    if channels < 2 or not (np.diff(lower) > 0).all():
        raise InputError(
            f"expected channels whose energies rise in {path}, got others; give the counts as .npy."
        )
    return np.append(lower, 2 * lower[-1] - lower[-2]), np.moveaxis(counts, -1, 0)


def channel_edges(path):
    """Return the edges of the channels in eV. Raises InputError where they are no energies in keV."""
    edges = read_hxt(path)[0]
    if not 0 <= edges[0] < edges[-1] <= HIGHEST:
        raise InputError(
            f"expected channels in keV in {path}, got {edges[0]:g} to {edges[-1]:g}, as uncalibrated ones"
            " are; give the energies of the channels in eV, one a line (--energies)."
        )
    return 1e3 * edges


def _sizes(content, path):
    """Rows, columns, channels, and where the numbers begin."""
    try:
        if content[:8] != BEGINS:
            raise ValueError("it does not begin with HEXITECH")
        version = struct.unpack_from("<Q", content, 8)[0]
        if version not in VERSIONS:
            raise ValueError(f"its version is {version}")
        at = 16
        if version > 1:
            length = struct.unpack_from("<i", content, at + STAGES)[0]
            at += STAGES + 4 + (NAME if version == 3 else max(length, 0)) + TIME[version]
        rows, columns, channels = struct.unpack_from("<3I", content, at)
        begin, end = at + 12, at + 12 + 8 * channels * (1 + rows * columns)
        if len(content) != end or not rows * columns * channels:
            raise ValueError(
                f"{rows} x {columns} pixels of {channels} channels are {end} bytes, not {len(content)}"
            )
    except (struct.error, ValueError) as error:
        raise InputError(
            f"expected a whole .hxt file of version 1 to 3, got {path} ({error}); save it again, or export"
            " the counts as HDF5."
        ) from error
    return rows, columns, channels, begin
