"""The job info: what the phases of a volume look like."""

import os
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, Spread
from ..base.errors import InputError
from ..base.files import make_folder, safe_file_names, write_text
from ..base.schema import say
from ..base.words import titled, voxels_of
from .arguments import MASK_PARTS, as_grid, comma_list, require_size
from .found import GreyResult, GreyVolume, found_numbers, found_table, grey_figures, labels_or_grey
from .job import job
from .result import Result, SavedFile, Table

SIZES_NOTE = (
    "sizes of largest balls that fit: a gap of n voxels between flat walls reads n + 1, a ball of n less"
)
AREAS = tuple(f"surface_area_per_volume{kind}_m-1" for kind in ("", "_closed", "_to_closed", "_faces"))

SHOWN = 8  # labels whose voxels the table counts


@dataclass(frozen=True, repr=False)
class PhasesResult(Result):
    """The phases of a volume.

    grid      VoxelGrid
    phases    {name: label, volume_fraction, percolating_fraction {axis: ...}, closed_fraction
              (in clusters that touch no face of the box), areas per volume (m-1)}
    measures  {measure: its numbers}, those asked for; {}
    """

    grid: object
    phases: dict
    measures: dict = field(default_factory=dict)

    has_page: ClassVar = False
    files: ClassVar = {
        "case": SavedFile(
            "save_case", "Write a case to begin with, which runs these phases.", "CASE.yaml", "case"
        ),
        "maps": SavedFile(
            "save_maps",
            "Folder for maps of the sizes and clusters of each phase.",
            "DIR",
            "map",
            {"measures": ("sizes", "clusters")},
        ),
    }

    @property
    def title(self):
        grid = self.grid
        return f"{grid.source.name}: {voxels_of(grid.shape, grid.voxel_size if grid.sized else None)}"

    def numbers(self):
        source = self.grid.source
        return {
            "volume": source.name,
            "volume_sha256": source.sha256,
            "file_axes": source.file_axes,
            "shape": list(self.grid.shape),
            "voxel_size_m": list(self.grid.voxel_size) if self.grid.sized else None,
            **found_numbers(source),
            "label_voxels": {str(label): n for label, n in self._counts()},
            **({"sample_share": self.grid.sample_share} if self.grid.masked else {}),
            "phases": self.phases,
            **({"measures": self.measures} if self.measures else {}),
        }

    def tables(self):
        header = ("phase", "label", "fraction", "percolating x", "y", "z", "closed")
        header += ("area m-1", "of closed parts", "beside those of others", "as voxel faces m-1")
        rows = [
            (
                name,
                phase["label"],
                phase["volume_fraction"],
                *phase["percolating_fraction"].values(),
                phase["closed_fraction"],
                *(phase[area] for area in AREAS),
            )
            for name, phase in self.phases.items()
        ]
        told = [name for name in MEASURE_TABLES if name in self.measures]
        found = list(self._counts())
        more = f" and {len(found) - SHOWN} more (--json has all)" if len(found) > SHOWN else ""
        counts = ", ".join(f"{label}: {n} voxels" for label, n in found[:SHOWN]) + more
        size = self.grid.voxel_size if self.grid.sized else None
        found = found_table(self.grid.source, size, ("labels", counts, "--phases"))
        return [found, Table(header, rows), *(MEASURE_TABLES[name](self.measures[name]) for name in told)]

    def _counts(self):
        """(label, voxels) of each phase."""
        from numpy import bincount

        names = len(self.grid.names)
        counts = sum(bincount(layer.ravel(), minlength=names) for layer in self.grid.phase)
        return [(label, int(n)) for label, n, _ in zip(self.grid.labels, counts, self.grid.phases)]

    def plot(self):
        """Draw the phases in sections and over the depth."""
        from ..report.figures import phases_figure

        return phases_figure(self.grid)

    def save_case(self, path):
        """Write a case to begin with: half a cell of these phases, with what it assumes; returns its path."""
        from ..case.begin import first_case

        source, path = self.grid.source, Path(path)
        if path.exists():
            raise InputError(f"--case: expected a file that is not there yet, got {path}; name another.")
        file, mark, part = source.name.partition("::")
        if os.path.exists(file):
            file = Path(os.path.relpath(file, path.parent)).as_posix()
        named = {name: phase["label"] for name, phase in self.phases.items()}
        size = self.grid.voxel_size if self.grid.sized else None
        if self.grid.masked and not source.mask:
            raise InputError("--case: expected a mask that a case can name, got an array; save it to a file.")
        mask = source.mask if self.grid.masked else None
        if mask and os.path.exists(mask):
            mask = Path(os.path.relpath(mask, path.parent)).as_posix()
        of = f"{file}{mark}{part}", named, size, self.grid.shape, source.file_axes
        text = first_case(*of, mask, source.box)
        return write_text(path, text)

    def save_maps(self, folder):
        """Write label volumes of the clusters and volumes of the sizes (m), one a phase; returns their
        paths."""
        from ..volumes.volume import write_volume

        make_folder(folder)
        names = safe_file_names(self.grid.names)
        return [
            write_volume(Path(folder) / f"{names[phase]}_{what}.tif", values, voxel_size=self.grid.voxel_size)
            for phase, what, values in self._maps()
        ]

    def _maps(self):
        """Yield (phase, "clusters" or "sizes_m", array [x, y, z]) of what was measured, one at a time: a map
        is as large as the volume."""
        from ..shapes.measures import clusters
        from ..shapes.thickness import local_thickness

        for phase in self.grid.names:
            mask = self.grid.mask(phase)
            if "clusters" in self.measures:
                yield phase, "clusters", clusters(mask).labels
            if self.measures.get("sizes", {}).get(phase):
                yield phase, "sizes_m", local_thickness(mask, self.grid.voxel_size)

    def to_xarray(self):
        """Return phases, and clusters and sizes (m) where they were measured, as an xarray.Dataset on x, y, z
        in m."""
        from .xarray import dataset

        maps = {
            f"{phase}_{what}": (values, "m" if what == "sizes_m" else "1")
            for phase, what, values in self._maps()
        }
        return dataset(self.grid, {"phase": (self.grid.phase, "1"), **maps})


def _sizes_table(found):
    keys = ("mean_m", "d10_m", "d50_m", "d90_m")
    rows = [
        (
            name,
            *(
                1e6 * value
                for value in (sizes["mean_m"], *sizes["mean_between_m"], *map(sizes.get, keys[1:]))
            ),
        )
        for name, sizes in found.items()
        if sizes
    ]
    return Table(("phase", "mean size um", "true from", "to", "d10", "d50", "d90"), rows, SIZES_NOTE)


def _chords_table(found):
    rows = [
        (name, *(c["mean_m"] and c["mean_m"] * 1e6 for c in along.values())) for name, along in found.items()
    ]
    return Table(("phase", "mean chord x um", "y", "z"), rows)


def _contacts_table(found):
    rows = [(name, other, *c.values()) for name, row in found.items() for other, c in row.items()]
    return Table(("phase", "touches", "area m-1", "share of its surface", "as voxel faces m-1"), rows)


def _lines_table(found):
    rows = [(name, *row.values()) for name, row in found.items()]
    return Table(("triple line", "length m-2", "as voxel edges m-2", "share of edges"), rows)


def _clusters_table(found):
    rows = [(name, c["count"], c["share_of_largest"], c["euler_number"]) for name, c in found.items()]
    return Table(("phase", "clusters", "share of the largest", "Euler number"), rows)


MEASURE_TABLES = {  # of the measures that fit one, in the order shown
    "sizes": _sizes_table,
    "chords": _chords_table,
    "contacts": _contacts_table,
    "tpb": _lines_table,
    "clusters": _clusters_table,
}


def _labels_or_grey(given, path):
    if isinstance(given, GreyVolume):
        return given
    return labels_or_grey(given) if isinstance(given, (str, PathLike)) else as_grid(given, path)


def _typed(volume, phases=None, voxel_size_nm=None, **more):
    return labels_or_grey(volume, phases, voxel_size_nm, **more)


SCRATCH = Argument("Leave the voxels in their file, and work in files of this folder.", metavar="DIR")
LABELS_OR_GREY = Spread(_labels_or_grey, {**MASK_PARTS, "scratch": (None, SCRATCH)}, _typed)


def _voxel_bytes(arguments):
    return 0 if in_file(arguments["volume"]) else 45


def in_file(grid):
    """Whether the voxels of a grid stay in a file."""
    from ..volumes.filed import FileArray

    return isinstance(getattr(grid, "phase", None), FileArray)


def _measure_names(given, path):
    from ..shapes.measures import MEASURES

    names = comma_list(given)
    if not isinstance(names, (list, tuple)) or not names or set(names) - {*MEASURES, "all"}:
        raise InputError(
            f"{path}: expected measures out of {', '.join(MEASURES)} or all, got {say(given)}; correct them."
        )
    return tuple(MEASURES) if "all" in names else tuple(dict.fromkeys(names))


def _summary(grid, measures, progress):
    """Measure the phases, in memory or slab by slab."""
    from ..mesh.by_slabs import summary_by_slabs
    from ..mesh.morphology import phase_summary

    if not in_file(grid):
        return phase_summary(grid, progress=progress)
    if measures:
        raise InputError(
            "--measures: expected a volume in memory, for they look at all of it at once, got --scratch;"
            " leave one of the two out, or crop the volume."
        )
    return summary_by_slabs(grid, grid.phase.keeper, progress)


def _grey(grey, measures):
    if measures:
        raise InputError(
            f"--measures: expected labels, got grey values in {grey.volume.source}; segment it first"
            " (microsim segment)."
        )
    return GreyResult(grey.volume, grey_figures(grey.volume.values, grey.inside))


def _refuse_mask(grid):
    if grid.masked:
        raise InputError("--measures: expected a volume without --mask, got one; leave one of the two out.")


@job(voxel_bytes=_voxel_bytes, masked=True)
def measure(
    volume: Annotated["VoxelGrid", LABELS_OR_GREY],  # noqa: F821 (a heavy import)
    measures: Annotated[
        "str | list[str] | None",
        Argument(
            "Also profiles, chords, sizes, contacts, tpb, clusters, correlation, or all.",
            _measure_names,
            "NAME,...",
        ),
    ] = None,
    progress=None,
) -> PhasesResult:
    """Show the phases of a volume.

    What was found in the file, what was assumed, and how to say otherwise; of grey values their range.
    Volume fraction, percolating fraction along each axis, and interface area per volume, corrected for the
    steps of the voxels and as plain voxel faces. With measures also profiles of the fractions along each
    axis, chord lengths, pore and particle sizes (local thickness), contact areas phase by phase, the length
    of the triple lines, clusters and two-point correlations.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases (read_volume), or a file or data set whose own names do.
    measures : str or list of str, optional
        Further measures: "sizes", ["chords", "tpb"], "all"; they need a known voxel size.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    PhasesResult

    Raises
    ------
    InputError
        An unknown measure; measures of a volume without a voxel size.
    """
    from ..shapes.measures import measure_shapes

    if isinstance(volume, GreyVolume):
        return _grey(volume, measures)
    if measures:
        require_size(volume)
        _refuse_mask(volume)
    phases = _summary(volume, measures, titled(progress, "measuring the phases"))["phases"]
    if not volume.sized:
        for phase in phases.values():
            phase.update(dict.fromkeys(AREAS))
    found = measure_shapes(volume, measures, titled(progress, "measuring shapes")) if measures else {}
    return PhasesResult(volume, phases, found)
