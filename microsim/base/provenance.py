"""Where numbers come from: the volume that they were computed on, and what the process needed."""

import resource
import sys


def volume_origin(volume, voxel_size):
    """Return the lines that name a volume in a command's numbers.

    volume: what read_volume gave (its `source` and `sha256`); voxel_size: (x, y, z) in m, or None.
    """
    return {"voxel_size_m": voxel_size, "volume": volume.source, "volume_sha256": volume.sha256}


def peak_memory_bytes():
    """Return the largest memory this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB
