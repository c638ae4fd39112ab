"""Compare a simulated map with a measured one: of two files, of arrays, or of a run and its case."""

from dataclasses import dataclass
from os import PathLike
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.lengths import length
from ..base.schema import number, triple
from .arguments import FILE_AXES, axes_order, numbers, voxel_lengths
from .field import Field
from .job import job
from .map_source import Map, read_map, read_mask
from .result import Result, Table

# what to add where a voxel size is not known
OURS = "--voxel-size-nm (simulated_voxel_size in Python)"
THEIRS = "--measured-voxel-size-nm (voxel_size in Python)"


@dataclass(frozen=True, repr=False)
class ComparisonResult(Result):
    """Two maps on the measured grid, and how well they agree.

    comparison  maps.compare.Comparison: metrics, profile, histogram; simulated, measured and difference
                [x, y, z] on the measured grid
    maps        what was compared: files, hashes, voxel sizes, origin, mask
    """

    comparison: object
    maps: dict

    page_folder: ClassVar = "out/compare"

    @property
    def metrics(self):
        """Bias, RMSE, Pearson r and more, {name: number}."""
        return self.comparison.metrics

    @property
    def title(self):
        return f"{self.maps['simulated']['file']} against {self.maps['measured']['file']}"

    def numbers(self):
        return {**self.comparison.as_dict(), **self.maps}

    def tables(self):
        return [Table(("metric", "value"), list(self.metrics.items()))]

    def plot(self):
        """Draw both maps and their difference in the two sections that hold most voxels."""
        from ..report.pages import compare as page

        return page.figure(comparison=self.comparison)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import compare as page

        return page.write(folder, comparison=self.comparison, meta=self.maps)


def _place(given, path):
    parts = tuple(given) if isinstance(given, (tuple, list)) else (given,) * 3
    if len(parts) != 3:
        raise InputError(f"{path}: expected three lengths x, y, z, got {given!r}; correct it.")
    return tuple(length(part, path) for part in parts)


def _place_um(given, path):
    return triple(-1.0, 1.0)(numbers(given), path, 1e6, "um")


def _map(help, metavar):
    return Annotated[Map, Argument(help, metavar=metavar)]


def _axes(help):
    return Annotated[str | None, Argument(help, axes_order, "AXES")]


Place = Annotated[
    tuple,
    Argument("Corner of the measured map in the simulated one.", _place, "X,Y,Z", "--origin-um", _place_um),
]
Coverage = Annotated[
    float, Argument("Share of a measured voxel that must be covered.", number(0.0, 1.0, above=True), "F")
]
Mask = Annotated[
    "str | PathLike | numpy.ndarray | None",  # noqa: F821 (a heavy import)
    Argument("Volume on the measured grid; 0 leaves voxels out.", metavar="VOLUME"),
]


@job
def compare(
    simulated: _map("Simulated map: fields.h5::sto, or a volume.", "SIMULATED"),
    measured: _map("Measured map: a volume of floats.", "MEASURED"),
    *,
    simulated_voxel_size: voxel_lengths() = None,
    voxel_size: voxel_lengths("The same for the measured map.", "--measured-voxel-size-nm") = None,
    file_axes: _axes(FILE_AXES) = None,
    measured_file_axes: _axes("The same for the measured map.") = None,
    origin: Place = (0, 0, 0),
    min_coverage: Coverage = 0.5,
    mask: Mask = None,
    progress=None,
) -> ComparisonResult:
    """Compare a simulated with a measured map.

    The simulated map is averaged onto the measured voxels; bias, RMSE, MAE, Pearson r and the distance of
    the histograms are printed, and a report is written.

    Parameters
    ----------
    simulated : path, array or Field
        A file (fields.h5::sto, or a volume of floats), an array [x, y, z], or a field of a run.
    measured : path, array or Field
        The map to compare with; NaN where it says nothing.
    simulated_voxel_size : float, str or three of them, optional
        Edge of the simulated voxels in m, or with its unit, "398 nm". Wins over the file's; an array without
        one has that of the measured map.
    voxel_size : float, str or three of them, optional
        The same for the measured map.
    file_axes : str
        Axes of the simulated map's file, slowest first.
    measured_file_axes : str
        The same for the measured map.
    origin : three lengths
        Corner of the measured map in the simulated one (m, or with the unit).
    min_coverage : float
        Share of a measured voxel that simulated voxels with a value must cover.
    mask : path or array, optional
        On the measured grid; 0 leaves voxels out.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ComparisonResult

    Raises
    ------
    InputError
        Maps that cannot be read, or that do not overlap.
    """
    from ..maps.compare import compare_maps
    from ..maps.map import SocMap

    if hasattr(simulated, "ndim") and simulated_voxel_size is None:
        simulated_voxel_size = voxel_size
    ours = read_map(simulated, "SIMULATED", simulated_voxel_size, file_axes, OURS)
    theirs = read_map(measured, "MEASURED", voxel_size, measured_file_axes, THEIRS)
    comparison = compare_maps(
        SocMap(ours.values, ours.voxel_size),
        SocMap(theirs.values, theirs.voxel_size, origin),
        mask=read_mask(mask, measured_file_axes),
        min_coverage=min_coverage,
    )
    named = mask if isinstance(mask, (str, PathLike)) or mask is None else "array"
    maps = {"simulated": ours.origin(), "measured": theirs.origin(), "origin_m": origin, "mask": named}
    return ComparisonResult(comparison, maps)


# ---- of a run and its case -----------------------------------------------------------------------------


def read_measured(case):
    """Read the measured map (and mask) before anything is solved, so that a mistake costs nothing."""
    from ..maps.map import SocMap
    from ..volumes.volume import read_voxels

    spec = case.compare
    if spec is None:
        return None
    volume = read_voxels(
        case.locate(spec.measured), file_axes=spec.file_axes, voxel_size=spec.voxel_size, kind="field"
    )
    if volume.voxel_size is None:
        raise InputError(f"compare: expected a voxel size, got none in {spec.measured}; add voxel_size_nm")
    mask = read_mask(case.locate(spec.mask), spec.file_axes)
    return SocMap(volume.values, volume.voxel_size, spec.origin), mask


def compare_with(measured, setup, fields_path):
    """Compare the stored lithiation nearest to the asked time with the measured map; None where none is
    given.

    setup: case.build.Setup, whose active material says what soc is.
    """
    if measured is None:
        return None
    from ..maps.compare import compare_maps
    from ..maps.map import SocMap

    spec, active = setup.case.compare, setup.cell.active
    stored = Field(fields_path, "sto").at(spec.time)
    sto = stored.values
    if spec.quantity == "soc":
        sto = (sto - active.sto_0) / (active.sto_100 - active.sto_0)
    return compare_maps(
        SocMap(sto, stored.grid.voxel_size), measured[0], mask=measured[1], min_coverage=spec.min_coverage
    )
