"""Where numbers come from: the volume that they were computed on, and what the process needed."""

import resource
import sys


def volume_origin(grid):
    """Return the lines that name a VoxelGrid's volume in the numbers of a job: voxel size (m, None where
    unknown), name and hash of its source."""
    return {
        "voxel_size_m": grid.voxel_size if grid.sized else None,
        "volume": grid.source.name,
        "volume_sha256": grid.source.sha256,
    }


def peak_memory_bytes():
    """Return the largest memory this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB
