"""Fields of a run over time, read from fields.h5 when they are asked for."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..base.errors import InputError
from ..base.schema import number
from ..base.words import times as spelled_shape


@dataclass(frozen=True, repr=False)
class Field:
    """A field of a run on its voxels, at one of the stored times.

        run.sto.values                                  [x, y, z], NaN outside the active material
        run.sto.at(0).section(z="middle").plot()
        run.sto.at("Discharge at C/2 until 3.5 V").profile().plot()

    path   the file fields.h5
    name   of the field in it: sto, lithium, c_e, phi_e, phi_s, j
    index  of the stored time; -1 is the last
    """

    path: Path
    name: str
    index: int = -1

    @cached_property
    def times(self):
        """When the field was stored (s), [t]."""
        return self._stored[0]

    @cached_property
    def steps(self):
        """The step of the protocol that each stored time belongs to."""
        return self._stored[1]

    @cached_property
    def _stored(self):
        from ..volumes.fields import read_times

        return read_times(self.path)

    @property
    def time(self):
        """The time of these values (s)."""
        return float(self.times[self.index])

    @property
    def step(self):
        """The step of the protocol that these values belong to."""
        return str(self.steps[self.index])

    @cached_property
    def unit(self):
        """SI unit, "1" for none."""
        from ..volumes.fields import read_names

        return read_names(self.path)[self.name]

    @cached_property
    def values(self):
        """The values [x, y, z] (float32), NaN outside the field's phase."""
        from ..volumes.fields import read_field

        return read_field(self.path, self.name, self.index)[0]

    @cached_property
    def grid(self):
        """The VoxelGrid that the field lies on."""
        from ..mesh.grid import Source, VoxelGrid
        from ..volumes.fields import read_phase

        phase, names, voxel_size = read_phase(self.path)
        return VoxelGrid(phase, names, voxel_size, source=Source(str(self.path)))

    def at(self, time="end"):
        """Return the field at another stored time.

        Parameters
        ----------
        time : float or str
            Seconds of a stored time, "end", the text of a protocol step (its end), "text#2" for the
            second step of that text, or "step:4" for the step of that number, from 0.
        """
        import numpy as np

        from ..volumes.fields import stored_index

        if isinstance(time, str):
            return replace(self, index=stored_index(self.path, time))
        time, times = number()(time, "time"), np.array(self.times)
        nearest = int(np.argmin(np.abs(times - time)))
        if abs(times[nearest] - time) > 1e-5 * max(float(np.ptp(times)), 1e-6):
            raise InputError(
                f"time: expected a stored time, got {time:g} s {_around(times, time)} s; take one of "
                "these, or run the case with output.times: [seconds, ...], which it lands on."
            )
        return replace(self, index=nearest)

    def section(self, *, x=None, y=None, z=None):
        """Return the section across one axis: "middle", the number of a layer, or a place in m."""
        across = {axis: where for axis, where in zip("xyz", (x, y, z)) if where is not None}
        return FieldSection(self, across or {"z": "middle"})

    def profile(self):
        """Return the mean of each layer over the depth x."""
        return FieldProfile(self)

    def plot(self, **across):
        """Draw a section, through the middle across z if none is named."""
        return self.section(**across).plot()

    def animate(self, path, *, axis="z", layer=None, fps=8, deviation=False, progress=None):
        """Write the section at all stored times as a film, .gif or .mp4; return its path."""
        from .animate import animate

        options = {"axis": axis, "layer": layer, "fps": fps, "deviation": deviation}
        return animate(self.path, self.name, path, **options, progress=progress).path

    def to_xarray(self):
        """Return the field at all stored times as an xarray.DataArray on time (s), x, y, z (m)."""
        import numpy as np

        from .xarray import dataset

        values = np.stack([replace(self, index=k).values for k in range(len(self.times))])
        return dataset(self.grid, {self.name: (values, self.unit)}, self.times)[self.name]

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)

    def __repr__(self):
        return _told(self, f"one of {len(self.times)} times", self.values, "voxels")


@dataclass(frozen=True, repr=False)
class FieldSection:
    """A section of a field: `across` names the axis across it and where it lies, {"z": "middle"}."""

    field: Field
    across: dict

    @property
    def values(self):
        """The values of the section, [horizontal, vertical]."""
        return self._plane.of(self.field.values)

    @property
    def _plane(self):
        from ..report.section import Plane

        grid = self.field.grid
        return Plane.across(grid.shape, grid.voxel_size, **self.across)

    def plot(self, *, deviation=False):
        """Draw the section; deviation: the difference from the mean over the volume."""
        from ..report.section import section_figure

        field = self.field
        look = {"name": field.name, "title": f"{field.step}, {field.time:.6g} s", "deviation": deviation}
        return section_figure(field.values, field.grid.voxel_size, **look, **self.across)

    def __repr__(self):
        place = self._plane.place(self.field.grid.voxel_size)
        return _told(self.field, f"section {place}", self.values, "pixels")


@dataclass(frozen=True, repr=False)
class FieldProfile:
    """The mean of a field in each layer across the depth x."""

    field: Field

    @cached_property
    def x_m(self):
        """Depth of the layers' middles (m), from the separator, [x]."""
        import numpy as np

        grid = self.field.grid
        return (np.arange(grid.shape[0]) + 0.5) * grid.voxel_size[0]

    @cached_property
    def values(self):
        """Mean of each layer, NaN where it has no value, [x]."""
        from ..volumes.fields import profile_x

        return profile_x(self.field.values)

    def plot(self):
        """Draw the profile."""
        import numpy as np

        from ..report.field_series import Series
        from ..report.figures import profiles_figure

        field, none = self.field, np.array([np.nan])
        series = Series(
            name=field.name,
            times_s=np.array([field.time]),
            steps=(field.step,),
            profiles=self.values[None],
            means=none,
            stds=none,
            samples=[],
            sections={},
            shape=field.grid.shape,
            voxel_size=field.grid.voxel_size,
        )
        return profiles_figure(series)

    def __repr__(self):
        return _told(self.field, "mean of each layer over the depth", self.values, "layers")


def _told(field, what, values, points):
    """Say what part of a field values are, and how far they go."""
    unit = "" if field.unit == "1" else f" {field.unit}"
    low, mean, high = _spread(values)
    return (
        f"{field.name} at {field.time:.6g} s ({field.step}), {what}: {low:.4g} to {high:.4g}{unit}, mean"
        f" {mean:.4g}, {spelled_shape(values.shape)} {points}"
    )


def _around(times, time):
    """Where a time lies among the stored ones."""
    below, above = times[times <= time], times[times >= time]
    if not (below.size and above.size):
        return f"after the last, {below[-1]:g}" if below.size else f"before the first, {above[0]:g}"
    return f"between {below[-1]:g} and {above[0]:g}"


def _spread(values):
    import numpy as np

    inside = values[np.isfinite(values)].astype(float)
    return (inside.min(), inside.mean(), inside.max()) if inside.size else (np.nan,) * 3
