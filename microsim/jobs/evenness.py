"""The job evenness: what maps of lithium say of each particle, fragment and grain, over depth and distance to
the surface that electrolyte reaches; measured and simulated maps alike."""

from dataclasses import dataclass, field
from itertools import pairwise
from os import PathLike
from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.schema import number, say, whole
from ..base.words import times as spelled
from ..base.words import titled
from .arguments import Grid, as_list, as_phase_names, axes_order, comma_list, require_size, voxel_lengths
from .compare import Place
from .field import Field
from .job import job
from .losses import sigma_for_each, sigmas
from .map_result import MapResult
from .map_source import Map
from .particle_phases import USUAL, Active, Crack, phase_of
from .particles import Regions, Smallest, SplitDepth
from .result import Result, Table

KINDS = ("particles", "fragments", "grains")


@dataclass(frozen=True, repr=False)
class EvennessResult(Result):
    """How evenly maps of lithium lie.

    states    one dict a map: file, time_s, mean, sigma, spread of particles, fragments and grains, groups,
              relations, by_depth, by_distance_to_surface
    columns   {particles, fragments, grains: {name: column}}: one entry a piece; of what differs from map to
              map a list of such columns
    options   what was asked for
    remarks   sentences
    """

    states: list
    columns: dict
    options: dict
    remarks: list = field(default_factory=list)

    @property
    def title(self):
        return f"{self.options['volume']}: {len(self.states)} maps by particle, fragment and grain"

    def numbers(self):
        per = {f"per_{kind[:-1]}": columns for kind, columns in self.columns.items()}
        return {**self.options, "states": self.states, **per, "remarks": self.remarks}

    def tables(self):
        rows = []
        for state in self.states:
            for kind in KINDS:
                found = state[kind]
                within = found["intervals"] or {"std_between": (None,) * 2, "std_within": (None,) * 2}
                rows.append(
                    (
                        state["file"],
                        state["time_s"],
                        kind,
                        found["count"],
                        found["mean"],
                        *(v for k in ("std_between", "std_within") for v in (found[k], *within[k])),
                    )
                )
        header = ("map", "time s", "of", "count", "mean", "std between", "95 % from", "to", "std within")
        return [Table((*header, "from", "to"), rows), *self._relations(), *self.remarks]

    def _relations(self):
        rows = [
            (state["file"], name, found["spearman"], *(found["interval"] or (None, None)), found["count"])
            for state in self.states
            for name, found in state["relations"].items()
            if found
        ]
        header = ("map", "rank correlation of", "value", "95 % from", "to", "pieces")
        return [Table(header, rows)] if rows else []

    def plot(self):
        """Draw the means of the pieces against their size, and profiles over depth and distance."""
        from ..report.pages import evenness as page

        return page.figure(result=self.numbers())

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import evenness as page

        return page.write(folder, result=self.numbers())


def _maps(given, path):
    one = isinstance(given, (str, PathLike, Field, MapResult)) or getattr(given, "ndim", 0) == 3
    if one or (isinstance(given, (list, tuple)) and given):
        return as_list(given, path)
    raise InputError(f"{path}: expected one map or several, in order of time, got {say(given)}; name them.")


def _times(given, path):
    """Read times: numbers in s."""
    parts = comma_list(given)
    return [number()(part, path) for part in (parts if isinstance(parts, (list, tuple)) else [parts])]


def _hours(given, path):
    return [3600 * t for t in _times(given, path)]


@job(voxel_bytes=110)
def evenness(
    volume: Grid,
    maps: Annotated[
        f"list[{Map}]",
        Argument("Maps in order of time: soc.tif, or fields.h5::sto@step:1.", _maps, "MAP...", many=True),
    ],
    *,
    sigma: Annotated[
        "float | str | list | None",
        Argument("Noise of the maps [default: what they come with].", sigmas, "NUMBER|MAP,MAP,..."),
    ] = None,
    times: Annotated[
        "list[float] | None",
        Argument("When each map is of, h [default: a run's own].", _times, "T,T,...", "--times-h", _hours),
    ] = None,
    map_voxel_size: voxel_lengths(
        "Voxel edge of the maps in nm, or three: x,y,z.", "--map-voxel-size-nm"
    ) = None,
    native_voxel_size: voxel_lengths(
        "Edge of the voxels in which was measured, of maps on finer ones.", "--native-voxel-size-nm"
    ) = None,
    map_file_axes: Annotated[str | None, Argument("Axes of the maps' files.", axes_order, "AXES")] = None,
    origin: Place = None,
    electrolyte: Annotated[
        "tuple[str, ...] | None",
        Argument("Phases with electrolyte [default: pore, cbd; a run's own].", as_phase_names, "NAME,..."),
    ] = None,
    active: Active = "am",
    crack: Crack = None,
    split_depth: SplitDepth = 1.0,
    smallest: Smallest = 27,
    regions: Regions = 3,
    classes: Annotated[int, Argument("Classes of size, of as many pieces each.", whole(1, 20), "N")] = 3,
    progress=None,
) -> EvennessResult:
    """Measure maps of lithium by particle, fragment, grain, depth and distance to the surface.

    Of each piece the mean with its standard error, the spread within without the noise's share, volume and
    depth; between and within all of them, by class of size and by region of depth; rank correlations of means
    with volume, depth and cracks, and of the unevenness within with the mean and with cracks. Measured and
    simulated maps alike, each on its own voxels: the pieces are brought onto them. Surface is what
    electrolyte reaches from the separator.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases and a known voxel size (read_volume), or a file or data set with both.
    maps : list of paths, arrays, fields of a run or results of lithiation_map
        Maps [x, y, z] in order of time, NaN where they say nothing; of a run "fields.h5::sto@step:1".
    sigma : float, or list of float, path or array, optional
        Standard deviation of the maps: a number, or one number or map for each. Default: what they come with.
    times : list of float, optional
        When each map is of, s; default: that of a run.
    map_voxel_size : float, str or three of them, optional
        Edge of a voxel of the maps in m, or with its unit; wins over the files' own.
    native_voxel_size : float, str or three of them, optional
        Edge of the voxels in which was measured, where maps were interpolated onto finer ones: so many
        voxels hold one measured value, of which sigma is the noise.
    map_file_axes : str, optional
        Axes of the maps' files, slowest first.
    origin : tuple of float or str
        Corner of the maps in the volume, m or like "5 um"; default: that of the volume, asked for where a map
        is larger than a crop that begins elsewhere than the file; of a run on another crop where that begins.
    electrolyte : list of str, optional
        Phases that electrolyte fills; default pore and cbd. A run's file says where its own is.
    active : str
        Phase of the particles.
    crack : str, optional
        Phase of the cracks in them. Default: "crack", where there is one.
    split_depth : float
        Split where a neck is narrower by twice as many voxels; less gives more particles.
    smallest : int
        Voxels below which a piece is no particle or fragment.
    regions : int
        Regions of depth.
    classes : int
        Classes of size, of as many pieces each.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    EvennessResult

    Raises
    ------
    InputError
        Maps that cannot be read or that share no voxel with the particles; an unknown phase.
    """
    from ..case.corners import corner_in
    from ..shapes.sections import section_remarks
    from .evenness_states import measure_state, pieces_of_volume

    require_size(volume)
    _check_times(times, len(maps))
    crack, wet = phase_of("crack", crack, volume) or USUAL["crack"], _filled(volume, electrolyte)
    structure = pieces_of_volume(
        volume, active, crack, split_depth, smallest, wet, progress=titled(progress, "particles")
    )
    noise = sigma_for_each(sigma, len(maps), map_file_axes) or [None] * len(maps)
    how = {"regions": regions, "classes": classes, "native": native_voxel_size}
    states, seen = [], []
    for number_, given in enumerate(maps):
        state = _state_of(given, map_file_axes, map_voxel_size, volume)
        box, run = (state.values.shape, state.voxel_size), state.run and state.run.path
        begins = corner_in(volume, box, (f"--origin-um, {state.name}", "--origin-um {}"), origin, run)
        own, said = _own_noise(state, noise[number_], sigma, len(maps))
        told, pieces = measure_state(structure, state, own, origin=begins, **how)
        told["remarks"] += said
        told["origin_m"] = list(begins)
        told["time_s"] = times[number_] if times else told["time_s"]
        states.append(told)
        seen.append(pieces)
    options = {
        "volume": volume.source.name,
        "volume_sha256": volume.source.sha256,
        "voxel_size_m": volume.voxel_size,
        "active": active,
        "electrolyte": list(wet),
        "origin_m": list(origin or states[0]["origin_m"]),
    }
    told = [*_remarks(states, times is not None), *section_remarks(volume.shape)]
    return EvennessResult(states, structure.columns(seen), options, told)


def _check_times(times, count):
    """Refuse times that are not one for each map, or do not rise."""
    if times is not None and len(times) != count:
        raise InputError(f"--times-h: expected one time for each of {count} maps, got {len(times)}.")
    if times is not None and any(b <= a for a, b in pairwise(times)):
        given = ", ".join(f"{t / 3600:g}" for t in times)
        raise InputError(
            f"--times-h: expected times that rise, maps in order of time, got {given} h; put maps and times"
            " in order."
        )


def _filled(volume, asked):
    """Names of the phases that electrolyte fills."""
    known = asked or [name for name in ("pore", "cbd") if name in volume.names]
    missing = [name for name in known if name not in volume.names]
    if missing or not known:
        raise InputError(
            f"--electrolyte: expected phases of the volume ({', '.join(volume.names)}), got"
            f" {', '.join(missing) or 'none of pore and cbd'}; name them."
        )
    return tuple(known)


def _state_of(given, file_axes, voxel_size, volume):
    """The StateMap of a map, with its voxel size."""
    from dataclasses import replace

    import numpy as np

    from ..maps.scale import check_decimals, check_no_fill, is_lithiation
    from .map_series import read_state_map

    state = read_state_map(given, file_axes)
    known = state.values[np.isfinite(state.values)]
    if not known.size:
        raise InputError(f"expected voxels with a value, got NaN everywhere in {state.name}; check the map.")
    check_decimals(known, state.name)
    if not is_lithiation(known):
        raise InputError(
            f"expected lithiation from about 0 to 1, got a median of {np.median(known):.4g} in {state.name};"
            " divide per cent by 100, or calibrate the map first."
        )
    check_no_fill(known, state.name)
    size = voxel_size or state.voxel_size
    if size is None and state.values.shape == volume.shape:
        size = volume.voxel_size
    if size is None:
        shapes = f"{spelled(state.values.shape)} voxels on a volume of {spelled(volume.shape)}"
        raise InputError(f"expected a known voxel size of {state.name}, {shapes}; add --map-voxel-size-nm.")
    return replace(state, voxel_size=size)


def _own_noise(state, noise, sigma, count):
    """The noise to take off a StateMap's spreads, and sentences on it: one number for several maps is that of
    the measured ones, for a run has none.

    noise: what sigma, as given, says of this one of `count` maps."""
    if state.run is None or noise is None:
        return noise, []
    if len(sigma) == 1 < count:
        return None, [f"sigma is that of the measured maps: none is taken off {state.name}, a run's field."]
    return noise, [
        f"{state.name} is a run's field, which has no noise: its sigma takes off spreads that are its own."
    ]


def _remarks(states, timed):
    from .map_remarks import names_remarks

    told = [] if timed else list(names_remarks(state["file"] for state in states))
    quiet = [state["file"] for state in states if not state["noisy"]]
    simulated = [state["file"] for state in states if state["simulated"]]
    if measured := [name for name in quiet if name not in simulated]:
        told.append(
            f"No noise is known of {measured[0]}{' and others' if len(measured) > 1 else ''}: what it adds to"
            " the spread is not taken off, and means have no sigma; give --sigma."
        )
    return told + list(dict.fromkeys(said for state in states for said in state["remarks"]))
