"""The job losses: reaction extent and capacity loss from maps of lithium after successive states."""

from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.hosts import QUANTITIES, remarks_on
from ..base.masked import floats
from ..base.memory import require_memory
from ..base.quantities import LEAST_NOISE
from ..base.schema import number, say
from ..base.words import times
from .arguments import axes_order, comma_list, numbers, voxel_lengths
from .job import job
from .map_source import Map
from .result import Result, SavedFile, Table, beside

VALUE_BYTES = 46  # of memory for each voxel of a map, as measured


@dataclass(frozen=True, repr=False)
class LossesResult(Result):
    """Reaction extents and capacity losses.

    series      maps.reaction_extent.ReactionSeries, of the voxels that all maps share
    shared      which voxels those are [x, y, z]
    hosts       what holds lithium, tuple of base.hosts.Host
    capacity    mAh g-1 of one lithium per formula unit, of the voxels
    states      the maps as given (jobs.map_series.StateMap); read_as: the quantity of each
    classes     of each loss, as `numbers` has them
    passed      charge of each process by the curve (mAh g-1, above zero on discharge), or None
    inactive    times sigma below which a voxel did nothing
    voxel_size  m, or None; remarks: sentences that a reader must know
    """

    series: object
    shared: object
    hosts: tuple
    capacity: object
    states: list
    read_as: list
    classes: list
    passed: object | None
    inactive: float
    voxel_size: tuple | None
    remarks: list

    files: ClassVar = {
        "save": SavedFile("save_maps", "Maps to write: NAME_extent_1.tif, NAME_loss_2.tif, ...", label="map")
    }

    @property
    def title(self):
        maps = f"{len(self.states)} maps, {self.states[0].name} to {self.states[-1].name}"
        return f"{maps}: {self.series.weight.size} voxels of {' and '.join(h.material for h in self.hosts)}"

    def extent(self, process):
        """Return the map of an extent [x, y, z] (mAh g-1), NaN elsewhere; process 1 leads to the second
        map."""
        return self._map(self.series.extent[process - 1])

    def loss(self, process):
        """Return the map of a loss [x, y, z] (mAh g-1): extent of the process before less that of this
        one."""
        return self._map(self.series.loss[process - 2])

    def _map(self, values):
        import numpy as np

        found = np.full(self.shared.shape, np.nan)
        found[self.shared] = values
        return found

    def numbers(self):
        return {
            "extent": self._extents(),
            "loss": self._losses(),
            "inactive_share": self.series.inactive_share(self.inactive),
            "inactive_below_sigma": self.inactive,
            "voxels": int(self.series.weight.size),
            "material": [host.material for host in self.hosts],
            "theoretical_capacity_mAh_g": float(self.series.mean(self.capacity)),
            "maps": [{**s.origin(), "quantity": q} for s, q in zip(self.states, self.read_as)],
            "remarks": self.remarks,
        }

    def _extents(self):
        series = self.series
        sigma, absolute = series.sigma_of_mean(series.extent_sigma), series.mean(abs(series.change))
        curve = [None] * len(sigma) if self.passed is None else abs(self.passed)
        net = series.direction * series.mean(series.change)
        beside = series.elsewhere(self.passed)
        columns = (series.mean(series.extent), sigma, absolute, net, series.direction, curve, beside)
        return [
            {
                "from": k,
                "to": k + 1,
                "mean_mAh_g": float(mean),
                "sigma_mAh_g": _number(noise),
                "mean_absolute_mAh_g": float(size),
                "net_mAh_g": float(passed),
                "lithium": "in" if sign > 0 else "out",
                "curve_mAh_g": _number(charge),
                "elsewhere_mAh_g": _number(other),
            }
            for k, (mean, noise, size, passed, sign, charge, other) in enumerate(zip(*columns))
        ]

    def _losses(self):
        series = self.series
        sigma, means = series.sigma_of_mean(series.loss_sigma), series.mean(series.loss)
        passed = None if self.passed is None else abs(self.passed)
        curve = [None] * len(means) if passed is None else passed[:-1] - passed[1:]
        return [
            {
                "process": k + 2,
                "mean_mAh_g": float(mean),
                "sigma_mAh_g": _number(noise),
                "curve_mAh_g": _number(charge),
                "classes": classes,
            }
            for k, (mean, noise, charge, classes) in enumerate(zip(means, sigma, curve, self.classes))
        ]

    def tables(self):
        from ..maps.reaction_extent import class_names

        found = self.numbers()
        keys = ("from", "to", "lithium", "mean_mAh_g", "sigma_mAh_g", "net_mAh_g", "curve_mAh_g")
        header = ("from map", "to map", "lithium", "extent mAh/g", "sigma", "net mAh/g", "curve mAh/g")
        shown = [Table(header, [tuple(row[key] for key in keys) for row in found["extent"]])]
        rows = [
            (
                loss["process"],
                *(loss[key] for key in ("mean_mAh_g", "sigma_mAh_g", "curve_mAh_g")),
                *_shares(loss["classes"]["volume_share"]),
            )
            for loss in found["loss"]
        ]
        if rows:
            names = class_names(self.classes[0]["edges_mAh_g"])
            header = ("process", "loss mAh/g", "sigma", "curve mAh/g", *names)
            shown.append(Table(header, rows))
        if found["inactive_share"] is not None:
            below = f"below {self.inactive:g} sigma in every process"
            shown.append(f"inactive: {found['inactive_share']:.1%} of the voxels ({below})")
        return [*shown, *self.remarks]

    def plot(self):
        """Draw the mean extents, from the maps and from the curve."""
        from ..report.pages import losses as page

        return page.figure(result=self.numbers())

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import losses as page

        if self.voxel_size is None:
            raise InputError(
                f"--out: expected a known voxel size, {self.states[0].name} gives none; add --voxel-size-nm."
            )
        n = len(self.series.extent)
        maps = {
            "extent": {k: self.extent(k) for k in range(1, n + 1)},
            "loss": {k: self.loss(k) for k in range(2, n + 1)},
        }
        return page.write(folder, result=self.numbers(), maps=maps, voxel_size=self.voxel_size)

    def save_maps(self, path):
        """Write each extent and loss as NAME_extent_1, NAME_loss_2, ...; returns the paths."""
        from ..volumes.volume import write_volume

        n = len(self.series.extent)
        maps = {f"_extent_{k}": self.extent(k) for k in range(1, n + 1)}
        maps |= {f"_loss_{k}": self.loss(k) for k in range(2, n + 1)}
        return [
            write_volume(beside(path, ending), values.astype("float32"), voxel_size=self.voxel_size)
            for ending, values in maps.items()
        ]


def _number(value):
    return None if value is None else float(value)


def _shares(shares):
    return [f"{share:.1%}" for share in shares]


# ---- arguments -----------------------------------------------------------------------------------------


def _maps(given, path):
    if isinstance(given, str) or not isinstance(given, (list, tuple)) or len(given) < 2:
        count = len(given) if isinstance(given, (list, tuple)) else 1
        raise InputError(
            f"{path}: expected the maps of at least two successive states (a loss takes three), got {count};"
            " name one for each state, in order."
        )
    return list(given)


def _edges(given, path):
    parts = comma_list(given)
    parts = list(parts) if isinstance(parts, (list, tuple)) else [parts]
    edges = [number()(part, path) for part in parts]
    if len(edges) < 2 or any(high <= low for low, high in pairwise(edges)):
        raise InputError(
            f"{path}: expected at least two rising edges of classes in mAh/g like 0,35,70, got {say(given)};"
            " sort them."
        )
    return tuple(edges)


def sigmas(given, path):
    """A number, or one number or map for each map."""
    parts = numbers(given)
    parts = list(parts) if isinstance(parts, (list, tuple)) else [parts]
    return [_sigma(part, path) for part in parts]


def _sigma(part, path):
    if hasattr(part, "ndim") and part.ndim:
        return floats(part, path)
    try:
        value = float(part)
    except (TypeError, ValueError):
        return part
    return number(LEAST_NOISE)(part if isinstance(part, bool) else value, path)


def _mark(given, path):
    """Read the value of a background, or none for none."""
    return given if given == "none" else number()(given, path)


@job
def losses(
    maps: Annotated[
        f"list[{Map}]",
        Argument(
            "Maps of successive states, in order: soc.tif, or fields.h5::lithium@step:1.",
            _maps,
            "MAP...",
            many=True,
        ),
    ],
    *,
    quantity: Annotated[
        str | None, one_of("What maps hold that do not say it [default: lithium].", *QUANTITIES)
    ] = None,
    material: Annotated[
        "str | ActiveMaterial | None",  # noqa: F821 (a heavy import)
        Argument("Material set of the maps; fields of a run name theirs.", metavar="NAME"),
    ] = None,
    sigma: Annotated[
        "float | str | list | None",
        Argument("Noise of the maps [default: what they come with].", sigmas, "NUMBER|MAP,MAP,..."),
    ] = None,
    background: Annotated[
        "float | str | None",
        Argument("Value outside the sample; none: all is material [default: NaN].", _mark, "V|none"),
    ] = None,
    classes: Annotated[
        "tuple[float, ...]", Argument("Edges of the classes of loss, mAh/g.", _edges, "Q,Q,...")
    ] = (0, 35, 70, 105, 140),
    curve: Annotated[
        str | None, Argument("voltage.csv of a run: what the average is held against.", metavar="FILE")
    ] = None,
    inactive: Annotated[
        float, Argument("Times sigma below which a voxel did nothing.", number(0.0, above=True), "N")
    ] = 3.0,
    voxel_size: voxel_lengths() = None,
    native_voxel_size: voxel_lengths(
        "Edge of the voxels in which was measured, of maps on finer ones.", "--native-voxel-size-nm"
    ) = None,
    file_axes: Annotated[
        str | None, Argument("Axes of the files in reading order, for example zyx.", axes_order, "AXES")
    ] = None,
    progress=None,
) -> LossesResult:
    """Reaction extent and capacity loss from maps of successive states.

    Each process leads from one map to the next; its extent is the size of the change of lithium times the
    capacity of one lithium per formula unit, and a loss is the extent of the process before less its own.
    Only voxels count that have a value in every map. Classes of loss come with their shares of volume and
    loss: the first takes in all below its upper edge, negative losses too, the last all above its lower edge.
    With a noise, extents of voxels that cannot be told from none take the sign of the whole process, for the
    mean of the sizes would be too large by the noise.

    Parameters
    ----------
    maps : list of paths, arrays, fields of a run or results of lithiation_map
        Maps [x, y, z] of successive states on the same voxels, NaN where they say nothing; of a run
        "fields.h5::lithium@4", "fields.h5::sto@step:1" or run.lithium.at("Discharge at C/3#2").
    quantity : str, optional
        What maps hold that do not say it themselves: "lithium" (per formula unit), "sto" or "soc".
    material : str or ActiveMaterial, optional
        Material set of the maps, whose molar mass makes mAh/g; fields of a run name theirs.
    sigma : float, or list of float, path or array, optional
        Standard deviation of the maps, in their own quantity: a number, or one number or map for each.
        Default: what the maps come with (NAME_sigma beside a file, sigma in the same npz).
    background : float or "none", optional
        Value of the voxels outside the sample, which are left out; "none": voxels of one value in every map
        are material too. Default: what lies outside is NaN; what else may be a background is refused.
    classes : sequence of float
        Edges of the classes of loss, mAh/g.
    curve : path, optional
        voltage.csv of a run; fields of the run are held against it by their times, other maps by its charges
        and discharges.
    inactive : float
        Times sigma below which a voxel did nothing in a process.
    voxel_size : float, str or three of them, optional
        Edge of a voxel in m, or with its unit, "40 nm"; for the page and written maps.
    native_voxel_size : float, str or three of them, optional
        Edge of the voxels in which was measured, where maps were interpolated onto finer ones: so many
        voxels hold one measured value, of which sigma is the noise.
    file_axes : str, optional
        Axes of the maps' files, slowest first.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    LossesResult

    Raises
    ------
    InputError
        Maps that cannot be read, of several shapes, or that share no voxel; an unknown material.
    """
    import numpy as np

    from ..maps.reaction_extent import loss_classes, reaction_series
    from .map_remarks import shared_remarks
    from .map_series import (
        check_in_time,
        lithium_of,
        read_hosts_of,
        read_state_map,
        voxels_to_a_value,
        without_background,
    )
    from .record import read_curve

    states = without_background([read_state_map(given, file_axes) for given in maps], background)
    check_in_time(states)
    needed = VALUE_BYTES * sum(state.values.size for state in states)
    require_memory(needed, f"{len(states)} maps", "crop the maps or take fewer")
    hosts = read_hosts_of(states, material)
    lithium, noise, read_as = lithium_of(
        states, quantity, hosts, sigma_for_each(sigma, len(states), file_axes)
    )
    shared = _shared(lithium, noise, hosts)
    capacity, density = (np.broadcast_to(v, shared.shape)[shared] for v in (hosts.capacity, hosts.density))
    known = None if noise is None else noise[:, shared]
    size = voxel_size or next((s.voxel_size for s in states if s.voxel_size is not None), None)
    repeats = voxels_to_a_value(states, shared, native_voxel_size, size, noisy=noise is not None)
    series = reaction_series(lithium[:, shared], capacity, sigma=known, weight=density, repeats=repeats)
    found = [loss_classes(loss, series.weight, classes) for loss in series.loss]
    passed = None if curve is None else _passed(read_curve(curve), curve, states)
    remarks = [
        *_remarks(series, found, states, passed, quantity, hosts.hosts),
        *shared_remarks(states, shared, lithium, noise, native_voxel_size is not None),
    ]
    remarks = list(dict.fromkeys(remarks))  # arrays have no names to tell their sentences apart
    return LossesResult(
        series, shared, hosts.hosts, capacity, states, read_as, found, passed, inactive, size, remarks
    )


def sigma_for_each(sigma, n, file_axes):
    """One sigma for each map: numbers as they are, maps read."""
    from ..volumes.volume import read_voxels

    if sigma is None:
        return None
    if len(sigma) not in (1, n):
        raise InputError(f"--sigma: expected one number, or one for each of {n} maps, got {len(sigma)}.")
    read = [
        read_voxels(one, file_axes=file_axes, kind="field").values
        if isinstance(one, (str, PathLike))
        else one
        for one in sigma
    ]
    return read * n if len(read) == 1 else read


def _shared(lithium, noise, hosts):
    """Which voxels have a value in every map, a noise where maps have one, and a material."""
    import numpy as np

    shared = np.isfinite(lithium).all(axis=0) & np.isfinite(
        np.broadcast_to(hosts.capacity, lithium.shape[1:])
    )
    if noise is not None:
        shared &= np.isfinite(noise).all(axis=0)
    if not shared.any():
        shape = times(shared.shape)
        raise InputError(
            f"expected voxels that have a value in every map, got none of {shape}; check what the maps leave"
            " out and that they are registered."
        )
    return shared


def _passed(curve, name, states):
    """Charge of each process by a voltage curve, mAh g-1, above zero on discharge."""
    if all(state.run for state in states):
        if len({state.run.path for state in states}) > 1:
            raise InputError(
                f"--curve: expected states of one run, whose curve {name} is, got states of several; leave it"
                " out, or give fields of that run."
            )
        return curve.between([state.run.time for state in states])
    found, n = curve.half_cycles(), len(states) - 1
    if len(found) != n:
        raise InputError(
            f"--curve: expected a charge or discharge for each of the {n} processes between {n + 1} maps, got"
            f" {len(found)} in {name}; give a curve that begins at the first map and ends at the last."
        )
    return found


# ---- what a reader must know ---------------------------------------------------------------------------


def _remarks(series, classes, states, passed, quantity, hosts):
    from .map_remarks import order_remarks

    unsaid = [state.name for state in states if state.quantity is None]
    told = []
    if unsaid and quantity is None:
        told.append(f"{unsaid[0]} is read as lithium per formula unit; --quantity says otherwise.")
    told += [*order_remarks(states, series.direction), *remarks_on(hosts)]
    if not series.noisy and not all(state.run for state in states):
        told.append(
            "No noise of the maps is known: extents are too large by it where little reacted, and there is no"
            " uncertainty; give --sigma."
        )
    # a positive electrode fills on discharge; a negative one does so in a half cell and empties in a full one
    positive = all(host.sto_0 > host.sto_100 for host in hosts)
    return [*told, *series.remarks(classes, passed, True if positive else None)]
