"""Compare a run's lithiation with the measured map that its case names."""

import numpy as np

from ..base.errors import InputError
from ..maps.compare import compare_maps
from ..maps.map import SocMap
from ..volumes.fields import read_field, read_times
from ..volumes.volume import read_voxels


def read_measured(case):
    """Read the measured map (and mask) before anything is solved, so that a mistake costs nothing."""
    spec = case.compare
    if spec is None:
        return None
    volume = read_voxels(
        case.locate(spec.measured), file_axes=spec.file_axes, voxel_size=spec.voxel_size, kind="field"
    )
    if volume.voxel_size is None:
        raise InputError(f"compare: expected a voxel size, got none in {spec.measured}; add voxel_size_nm")
    mask = None
    if spec.mask:
        mask = read_voxels(case.locate(spec.mask), file_axes=spec.file_axes).values != 0
    return SocMap(volume.values, volume.voxel_size, spec.origin), mask


def compare_with(measured, setup, fields_path):
    """Compare the stored lithiation nearest to the asked time with the measured map; None where none is
    given.

    setup: case.build.Setup, whose active material says what soc is.
    """
    if measured is None:
        return None
    spec, active, (times, steps) = setup.case.compare, setup.cell.active, read_times(fields_path)
    if spec.time == "end":
        index = len(times) - 1
    elif isinstance(spec.time, str):
        index = max(k for k, step in enumerate(steps) if step == spec.time)
    else:
        index = int(np.argmin(np.abs(np.array(times) - spec.time)))
    sto, voxel_size, _ = read_field(fields_path, "sto", index)
    if spec.quantity == "soc":
        sto = (sto - active.sto_0) / (active.sto_100 - active.sto_0)
    return compare_maps(
        SocMap(sto, voxel_size), measured[0], mask=measured[1], min_coverage=spec.min_coverage
    )
