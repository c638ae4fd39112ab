"""What the structure behind a simulated map says of it: its particles, and how far its surface is."""

SMALLEST = 27  # voxels; what is smaller belongs to the particle that it touches most


def structure_of(source, beam=None, progress=None, particles=None):
    """Return the Structure behind a simulated map; of a projection, where particles lie over each other,
    nothing.

    source: MapSource, whose values are NaN outside the active material. beam: axis of the projection, or
    None. particles: label of each voxel, where they are known; otherwise they are split at their necks.
    """
    import numpy as np

    from ..maps.compare import Structure
    from ..maps.naive import wetted_distance
    from ..shapes.splitting import split_touching

    active = np.isfinite(source.values)
    if beam is not None or active.all() or not active.any():
        return Structure()
    if progress:
        progress(0, 2, "particles")
    if particles is None:
        particles = split_touching(active, smallest=SMALLEST)
    return Structure(particles, wetted_distance(active, source.wet, source.voxel_size))
