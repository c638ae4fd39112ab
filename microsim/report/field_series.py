"""What the figures need of a stored field: its profiles and sections at a few well-chosen times."""

from dataclasses import dataclass, field

import numpy as np

from ..volumes.fields import profile_x, read_field, read_names, read_times

PROFILE_TIMES, SECTION_TIMES = 5, 4  # the sections are the profiles' times without the first
MOST_SAMPLES = 200_000  # enough for a smooth distribution


@dataclass(frozen=True)
class Series:
    """Hold one field at several times.

    times_s [t], steps (name of the protocol's step) [t]; profiles [t, x]: mean of each layer
    means [t], stds [t]: over all voxels with a value
    samples: values of the voxels at each time, thinned; for distributions
    sections: time index -> plane z = middle, [x, y]
    shape, voxel_size (m): of the field's grid
    """

    name: str
    times_s: np.ndarray
    steps: tuple[str, ...]
    profiles: np.ndarray
    means: np.ndarray
    stds: np.ndarray
    samples: list = field(repr=False)
    sections: dict = field(repr=False)
    shape: tuple[int, int, int]
    voxel_size: tuple[float, float, float]

    @property
    def x_m(self):
        """Depth of the layers' middles, m."""
        return (np.arange(self.shape[0]) + 0.5) * self.voxel_size[0]

    @property
    def section_z_m(self):
        """Where the sections lie, m."""
        return (self.shape[2] // 2 + 0.5) * self.voxel_size[2]


def choose_times(times_s, steps, count, *, first):
    """Choose up to `count` stored times, evenly spread, and the ends of the steps: with or without the first.

    Returns sorted indices; the last one is always among them.
    """
    n = len(times_s)
    wanted = np.linspace(times_s[0], times_s[-1], count if first else count + 1)[0 if first else 1 :]
    chosen = {int(n - 1 - np.argmin(np.abs(times_s[::-1] - t))) for t in wanted}
    ends = [k for k in range(n) if k == n - 1 or steps[k] != steps[k + 1]]
    for end in ends[-count:]:
        movable = [k for k in chosen if k not in ends and not (first and k == 0)]
        if end not in chosen and len(chosen) >= count and movable:
            chosen.remove(min(movable, key=lambda k: abs(times_s[k] - times_s[end])))
        if len(chosen) < count or end == n - 1:
            chosen.add(end)
    return sorted(chosen)


def load_series(path, name):
    """Read a field at the times that the figures show; None where the file does not hold it."""
    if name not in read_names(path):
        return None
    times, steps = read_times(path)
    indices = choose_times(times, steps, PROFILE_TIMES, first=True)
    shown_steps = tuple(steps[k] for k in indices)
    in_section = choose_times(times[indices], shown_steps, SECTION_TIMES, first=False)
    profiles, means, stds, samples, sections = [], [], [], [], {}
    for row, index in enumerate(indices):
        values, voxel_size, _ = read_field(path, name, index)
        profiles.append(profile_x(values))
        inside = values[np.isfinite(values)].astype(float)
        means.append(inside.mean() if inside.size else np.nan)
        stds.append(inside.std() if inside.size else np.nan)
        samples.append(inside[:: max(1, inside.size // MOST_SAMPLES)].copy())  # a view would hold all of them
        if row in in_section:
            sections[row] = values[:, :, values.shape[2] // 2].astype(float)
    return Series(
        name=name,
        times_s=times[indices],
        steps=shown_steps,
        profiles=np.array(profiles),
        means=np.array(means),
        stds=np.array(stds),
        samples=samples,
        sections=sections,
        shape=values.shape,
        voxel_size=voxel_size,
    )
