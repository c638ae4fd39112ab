"""What the structure behind a simulated map says of it: its particles, and how far its surface is."""

from ..base.errors import InputError
from .map_source import read_map

ALIKE, ROUND_OFF = 0.1, 1e-6  # share of a map's spread, and lithiation, that layers may differ by within
SMALLEST = 27  # voxels; what is smaller belongs to the particle that it touches most


def structure_of(source, beam=None, progress=None, particles=None, beside=(None, "")):
    """Return the Structure behind a simulated map; of a projection, where particles lie over each other,
    nothing.

    source: MapSource, whose values are NaN outside the active material. beam: axis of the projection, or
    None. particles: label of each voxel, where they are known; otherwise they are split at their necks.
    beside: a homogenised electrode's values on the same voxels, or None and why there are none.
    """
    import numpy as np

    from ..maps.compare import Structure
    from ..maps.naive import wetted_distance
    from ..shapes.splitting import split_touching

    active = np.isfinite(source.values)
    if beam is not None or active.all() or not active.any():
        return Structure(None, None, *beside)
    if progress:
        progress(0, 2, "particles")
    if particles is None:
        particles = split_touching(active, smallest=SMALLEST)
    return Structure(particles, wetted_distance(active, source.wet, source.voxel_size), *beside)


def homogenised_state(dfn, record, stored):
    """Return the lithiation of the homogenised electrode on the voxels of a compared state, at the same mean
    lithiation in the same step, or None; and why there is none.

    dfn: analysis.twin.DfnRun, or None; record: of the resolved run; stored: the Field that is compared.
    """
    import numpy as np

    if dfn is None:
        return None, "the run made no homogenised electrode (output.homogenised: true)"
    if dfn.missing:
        return None, dfn.missing
    times, steps = (np.asarray(record.columns[name], float) for name in ("time_s", "step"))
    number = int(steps[min(np.searchsorted(times, stored.time * (1 - 1e-9)), len(steps) - 1)])
    values, h = stored.values, stored.grid.voxel_size[0]
    depth = (np.arange(len(values)) + 0.5) * h
    layers = dfn.layers(number, float(np.nanmean(values)), depth)
    if layers is None:
        return None, f"the homogenised electrode ended before {stored.step}"
    return _layered(layers, values), ""


def homogenised_map(given, ours, file_axes, in_quantity):
    """Read a homogenised electrode's values, and bring them onto the voxels of a simulated map; returns them
    and "", or None and why there are none.

    given: as read_map takes it, on the same voxels or one column of layers (as the run of a homogenised case
    stores it); ours: MapSource; in_quantity: turns a MapSource into values of what is compared. Raises
    InputError for another shape.
    """
    import numpy as np

    if given is None:
        return None, "no homogenised electrode was given (--homogenised)"
    size = ours.voxel_size if hasattr(given, "ndim") else None
    found = read_map(given, "homogenised", size, file_axes)
    values = np.asarray(in_quantity(found), float)
    if values.shape == ours.values.shape and np.isfinite(values[np.isfinite(ours.values)]).all():
        return values, ""
    if values.shape[1:] != (1, 1):
        raise InputError(
            f"homogenised: expected a value wherever the simulated map {ours.values.shape} has one, or one"
            f" column of layers, got {values.shape}; give sto of the run of homogenised.yaml."
        )
    thick = [len(one.values) * one.voxel_size[0] for one in (found, ours)]
    if abs(thick[0] - thick[1]) > max(found.voxel_size[0], ours.voxel_size[0]):
        um = [f"{1e6 * one:.4g}" for one in thick]
        raise InputError(
            f"homogenised: expected layers as thick together as the simulated map, {um[1]} um, got {um[0]}"
            " um; give the twin of this volume, or a field of it, which knows its layers."
        )
    at, depth = ((np.arange(len(one.values)) + 0.5) * one.voxel_size[0] for one in (found, ours))
    return _layered(np.interp(depth, at, values[:, 0, 0]), ours.values), ""


def uneven_layers(values):
    """Say where the lithiation that stands for a homogenised electrode [x, y, z] differs within its layers,
    in a list of sentences; none of None."""
    import numpy as np

    if values is None:
        return []
    known = np.isfinite(values)
    n = np.maximum(known.sum(axis=(1, 2)), 1)
    mean = np.where(known, values, 0.0).sum(axis=(1, 2)) / n
    within = float(np.std((values - mean[:, None, None])[known]))
    if within <= ALIKE * max(float(np.std(values[known])), ROUND_OFF):
        return []
    said = f"The map given as the homogenised electrode differs by {within:.2g} within its layers"
    return [f"{said}, which a porous electrode does not: is it that of a resolved run?"]


def _layered(layers, values):
    """The value of each layer where a map [x, y, z] has one."""
    import numpy as np

    return np.where(np.isfinite(values), layers[:, None, None], np.nan)
