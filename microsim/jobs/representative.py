"""The job representative: how large a volume must be to stand for the whole."""

from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.axes import AXES
from ..base.errors import InputError
from ..base.schema import number, say, whole
from ..base.words import times, titled
from .arguments import Axis, Conducting, Grid, comma_list, tolerance
from .job import job
from .regions import Sides
from .result import Result, Table


@dataclass(frozen=True, repr=False)
class RepresentativeResult(Result):
    """Sub-volumes by size, and the size that represents the whole.

    grid        VoxelGrid
    conducting  {phase: conductivity relative to D0}
    found       Representative: sizes (eps, tau, D_eff_over_D0 of each), edge {quantity: m}, exponent
    axis        direction of the transport
    options     {count, positions, seed, sides, tolerance}
    """

    grid: object
    conducting: dict
    found: object
    axis: str
    options: dict

    has_page: ClassVar = False

    @property
    def edge(self):
        """Edge (m) of the representative cube by eps, tau and D_eff_over_D0, None without a spread."""
        return {name: edge and self._metres(edge) for name, edge in self.found.edge.items()}

    @property
    def edge_voxels(self):
        """The same in voxels."""
        cube = self.grid.voxel_volume ** (1 / 3)
        return {name: edge and edge / cube for name, edge in self.found.edge.items()}

    def _metres(self, edge):
        return edge if self.grid.sized else None

    @property
    def title(self):
        return f"{self.grid.source.name}: {times(self.grid.shape)} voxels, along {self.axis}"

    def numbers(self):
        found, options = self.found, self.options
        return {
            "sizes": [self._size(size) for size in found.sizes],
            "representative_edge_m": self.edge,
            "representative_edge_voxels": self.edge_voxels,
            "exponent": found.exponent,
            "count": options["count"],
            "axis": self.axis,
            "positions": options["positions"],
            "seed": options["seed"],
            "confidence": found.confidence,
            "relative_error": found.relative_error,
            "remarks": self.remarks,
            "sides": options["sides"],
            "tolerance": options["tolerance"],
            "conducting": self.conducting,
            "voxel_size_m": self.grid.voxel_size if self.grid.sized else None,
            "voxels": self.grid.voxels,
            "volume": self.grid.source.name,
            "volume_sha256": self.grid.source.sha256,
        }

    def _size(self, size):
        return {
            "voxels": size.voxels,
            "edge_m": self._metres(size.edge),
            "count": size.count,
            "percolating": size.percolating,
            "not_percolating": size.count - size.percolating,
            "eps": asdict(size.eps),
            "tau": asdict(size.tau),
            "D_eff_over_D0": asdict(size.D_eff_over_D0),
            "origins": size.origins,
        }

    def tables(self):
        header = ("voxels", "count", "not percolating", "eps", "std", "tau", "std", "tau from", "to")
        rows = [
            (s.voxels, s.count, s.count - s.percolating, s.eps.mean, s.eps.std)
            + (s.tau.mean, s.tau.std, s.tau.low, s.tau.high)
            for s in self.found.sizes
        ]
        edges = ", ".join(f"{name} {edge:.0f}" for name, edge in self.edge_voxels.items() if edge)
        error = f"{100 * self.found.relative_error:g} %"
        last = f"edge in voxels for {error} in one sub-volume: {edges or 'not known from these'}"
        return [Table(header, rows), last, *self.remarks]

    @property
    def remarks(self):
        """Which sizes have no interval, in a sentence; [] where all have one."""
        from ..transport.regions import FEWEST

        few = [f"{size.voxels}" for size in self.found.sizes if size.tau.n < FEWEST]
        told = f"No interval, and no edge, from fewer than {FEWEST} values of tau (--sizes {','.join(few)})"
        return [f"{told}: take smaller sizes, or more sub-volumes."] if few else []

    def plot(self):
        """Draw mean and spread of porosity and tortuosity factor over the size of the sub-volumes."""
        from ..report.region_figures import sizes_figure

        return sizes_figure(self.found.sizes)


def _sizes(given, path):
    parts = comma_list(given)
    if not isinstance(parts, (list, tuple)) or not parts:
        raise InputError(f"{path}: expected edges in voxels like [32, 48, 64], got {say(given)}; correct it.")
    return tuple(whole(2)(size, path) for size in parts)


Sizes = Annotated["list[int]", Argument("Edges of the sub-volumes in voxels.", _sizes, "N,...")]
Count = Annotated[int, Argument("Sub-volumes of each size.", whole(1), "N")]
Positions = Annotated[str, one_of("Tiles without overlap, or anywhere.", "tiles", "random")]
Seed = Annotated[int, Argument("Seed of the draw.", whole(0), "N")]
RelativeError = Annotated[
    float, Argument("Error asked of one sub-volume.", number(0.0, 1.0, above=True), "E")
]
Confidence = Annotated[float, Argument("How often it must hold.", number(0.0, 0.9999, above=True), "P")]


@job(voxel_bytes=25)
def representative_volume(
    volume: Grid,
    conducting: Conducting = "pore",
    sizes: Sizes = (32, 48, 64),
    axis: Axis = "x",
    *,
    count: Count = 8,
    positions: Positions = "tiles",
    seed: Seed = 0,
    relative_error: RelativeError = 0.05,
    confidence: Confidence = 0.95,
    sides: Sides = "no-flux",
    tolerance: tolerance("Bound of the relative error of tau.") = 1e-3,
    progress=None,
) -> RepresentativeResult:
    """Find the size of a representative volume.

    Porosity and tau of sub-volumes of several sizes: mean, standard deviation, confidence interval, how many
    do not percolate, and the edge of the cube whose single value lies within the relative error of the mean.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases (read_volume), or a file or data set whose own names do.
    conducting : str or dict
        Phases that conduct: "pore", or conductivities relative to D0, {"pore": 1.0, "cbd": 0.1}.
    sizes : list of int
        Edges of the sub-volumes in voxels.
    axis : str or int
        Direction of the transport, "x", "y" or "z" (0, 1, 2).
    count : int
        Sub-volumes of each size; fewer where no more tiles fit.
    positions : str
        "tiles" without overlap, or "random".
    seed : int
        Of the draw.
    relative_error : float
        Asked of one sub-volume: how far it may lie from the mean.
    confidence : float
        How often that must hold.
    sides : str
        "no-flux" ("mirror" is the same) or "periodic" walls beside the axis.
    tolerance : float
        Bound of the relative error of tau.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    RepresentativeResult

    Raises
    ------
    InputError
        An argument that means nothing; sizes that do not fit the volume.
    NotConverged
        With the history of the solver.
    """
    from ..transport.regions import analyse_sizes

    options = {"count": count, "positions": positions, "seed": seed, "sides": sides, "tolerance": tolerance}
    found = analyse_sizes(
        volume, conducting, sizes, axis=AXES.index(axis), confidence=confidence,
        relative_error=relative_error, progress=titled(progress, "sub-volumes"), **options,
    )  # fmt: skip
    return RepresentativeResult(volume, conducting, found, axis, options)
