"""The job transport: tortuosity factor and effective diffusivity of the phases of a volume."""

from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Annotated, ClassVar

from ..base.arguments import one_of, switch
from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..base.launch import NOT_SHARED
from ..base.provenance import peak_memory_bytes, volume_origin
from ..base.quantities import quantity
from ..base.words import times, titled
from ..numerics.backend import BACKENDS, running
from .arguments import (
    Axes,
    Coarsen,
    Conducting,
    GridWithShares,
    interface_of,
    settled_interface,
    spelled,
    tolerance,
    transport_bytes,
    transport_remarks,
)
from .job import job
from .result import Result, SavedFile, Table, one_or_all
from .transport_ranks import Checkpoint, check_backend, ranks_table, ranks_told, save_shared, shared_result

KEYS = ("tau", "D_eff_over_D0", "eps", "eps_percolating", "flux_imbalance", "iterations", "seconds")
FLUX_KEYS = ("tau_lines", "constrictivity", "dead_end_share", "isolated_share")


@dataclass(frozen=True, repr=False)
class TortuosityResult(Result):
    """Tortuosity factors of a volume.

    axes    {axis: TransportResult}: tau, D_eff_over_D0, eps, eps_percolating, flux_imbalance ...
    flux    {axis: (flux [3, x, y, z] over the mean, FluxFigures)}, (None, None) where nothing percolates; or
            None
    tensor  TensorResult of the image repeated periodically, or None
    whole_voxels  {axis: the same with conductors that end at voxel faces} beside another interface: how far
            the two lie apart is what the voxels leave open; or None
    discretisation  {axis: Discretisation}: whole voxels, surfaces within them, half the resolution, and the
            error that they speak for; or None
    ranks   what each of several ranks did (transport_ranks.EACH): bytes and messages sent to those beside it,
            bytes got from all, processor time, peak memory; or None
    shared  {axis: SharedFlux}: this rank's part of potential and flux, of which all write one file; or None
    """

    grid: object
    conducting: dict
    axes: dict
    solver: str
    sides: str
    interface: str
    tolerance: float
    flux: dict | None = field(default=None)
    show_flux: bool = False
    tensor: object | None = None
    peak_memory_bytes: int = 0
    whole_voxels: dict | None = None
    coarsen: int = 1
    discretisation: dict | None = None
    ranks: dict | None = None
    shared: dict | None = field(default=None)

    files: ClassVar = {
        "fields": SavedFile(
            "save_fields",
            "Store potential and flux of each axis.",
            "FILE.h5",
            "fields",
            {"keep_fields": True},
        )
    }
    page_needs: ClassVar = {"flux": True}

    @property
    def tau(self):
        """Tortuosity factor eps D0 / D_eff (None if nothing percolates); {axis: factor} for several axes."""
        return one_or_all({name: found.tau for name, found in self.axes.items()})

    @property
    def D_eff_over_D0(self):
        """Effective over bulk diffusivity, 0 if nothing percolates; {axis: value} for several axes."""
        return one_or_all({name: found.D_eff_over_D0 for name, found in self.axes.items()})

    @property
    def speaks(self):
        """Whether this is the result of the rank that writes and prints."""
        return not self.ranks or self.ranks["rank"] == 0

    @property
    def title(self):
        through = f"transport through {spelled(self.conducting)}"
        return f"{self.grid.source.name}: {through}, {times(self.grid.shape)} voxels, {self.solver}"

    @property
    def remarks(self):
        return transport_remarks(self.interface, self.conducting, self.solver)

    def numbers(self):
        flux = {name: _flux_numbers(found) for name, (_, found) in (self.flux or {}).items()}
        return {
            "axes": self._numbers(self.axes),
            **({"flux": flux} if self.show_flux else {}),
            **({"tensor": self.tensor.numbers()} if self.tensor else {}),
            "peak_memory_bytes": self.peak_memory_bytes,
            "voxels": self.grid.voxels,
            "conducting": self.conducting,
            "solver": self.solver,
            "sides": self.sides,
            "interface": self.interface,
            "coarsen": self.coarsen,
            **({"sample_share": self.grid.sample_share} if self.grid.masked else {}),
            **({"whole_voxels": self._numbers(self.whole_voxels)} if self.whole_voxels else {}),
            **({"discretisation": self._open()} if self.discretisation else {}),
            "remarks": self.remarks,
            **({"ranks": ranks_told(self.ranks)} if self.ranks else {}),
            "tolerance": self.tolerance,
            **volume_origin(self.grid),
        }

    def _open(self):
        return {name: asdict(found) for name, found in self.discretisation.items()}

    @staticmethod
    def _numbers(axes):
        return {name: {key: getattr(found, key) for key in KEYS} for name, found in axes.items()}

    def tables(self):
        rows = [(name, *(getattr(found, key) for key in KEYS)) for name, found in self.axes.items()]
        shown = [Table(("axis", *KEYS), rows)]
        if self.whole_voxels:
            rows = [(n, *(getattr(found, key) for key in KEYS)) for n, found in self.whole_voxels.items()]
            shown += [f"With conductors that end at voxel faces ({self.interface} is above):"]
            shown += [Table(("axis", *KEYS), rows)]
        if self.discretisation:
            shown += ["What the voxels leave open: D_eff / D0 of three solves, relative error of tau:"]
            rows = [(name, *found.values()) for name, found in self._open().items()]
            shown += [Table(("axis", "voxel", "subvoxel", "half", "error"), rows)]
        if self.ranks:
            shown += ["What each rank did:", ranks_table(self.ranks)]
        if self.show_flux:
            rows = [(n, *(f and getattr(f, key) for key in FLUX_KEYS)) for n, (_, f) in self.flux.items()]
            shown.append(Table(("axis", *FLUX_KEYS), rows))
        if self.tensor:
            rows = [(name, *row) for name, row in zip(AXES, self.tensor.D_eff_over_D0)]
            shown.append(Table(("D_eff / D0", *AXES), rows))
        return [*shown, *self.remarks]

    def plot(self, axis=None):
        """Draw the flux along an axis (default: the first): a section and the distribution over the voxels.

        Where the fluxes were not kept (`flux=True` keeps them) the axis is solved once more.
        """
        from ..report.pages import transport as page

        name = next(iter(self.axes)) if axis is None else AXES[axis_number(axis)]
        flux, figures = self._with_flux(name)[name]
        if flux is None:
            through = spelled(self.conducting)
            raise InputError(f"expected a conductor that joins both ends along {name}, {through} does not.")
        return page.figure(grid=self.grid, conducting=self.conducting, flux=flux, figures=figures, axis=name)

    def _with_flux(self, name):
        """The kept fluxes, or those of the axis solved once more."""
        if self.ranks:
            raise InputError(NOT_SHARED.format("a figure or a page"))
        if self.flux and name in self.flux:
            return self.flux
        self._need_flux()
        options = {"sides": self.sides, "tolerance": self.tolerance, "interface": self.interface}
        return tortuosity(self.grid, self.conducting, name, flux=True, **options).flux

    def _need_flux(self):
        """Refuse figure and page of what was solved in a way that has no flux in each voxel."""
        given = {f"interface {self.interface}": self.interface in ("smooth", "grey")}
        given |= {"a masked volume": self.grid.masked, f"solver {self.solver}": self.solver != "multigrid"}
        for words in (words for words, so in given.items() if so):
            instead = "solve by interface='voxel', solver='multigrid' without a mask, or save(FILE) numbers"
            raise InputError(f"expected a flux in each voxel to draw, {words} gives none; {instead}.")

    @classmethod
    def check(cls, values, asked):
        super().check(values, asked)
        if values.get("backend") == "mpi" and asked.get("page") is not None:
            raise InputError(NOT_SHARED.format("--out (or --report)"))

    def take_part(self, asked):
        if asked.get("fields") is not None:
            self.save_fields(asked["fields"])

    def save_fields(self, path):
        """Store potential and flux of each axis in an HDF5 file; returns its path. Ranks call it together."""
        from ..transport.flux import flux_field_names
        from ..volumes.fields import FieldWriter

        kept = self.shared or {name: one for name, (one, _) in (self.flux or {}).items() if one is not None}
        names = [name for name in self.axes if name in kept]
        if not names:
            raise InputError(
                "--fields: expected a conductor that joins both ends of an axis, and keep_fields=True, got "
                "none; leave it out."
            )
        units = {key: quantity(key).unit for name in names for key in flux_field_names(name)}
        if self.shared:
            save_shared(path, self.grid, self.shared, units)
            return path
        values = {}
        for name in names:
            values |= dict(zip(flux_field_names(name), (self.axes[name].potential, *self.flux[name][0])))
        with FieldWriter(path, self.grid, units) as writer:
            writer.write(0.0, "steady", values)
        return path

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page.

        Where the fluxes were not kept (`flux=True` keeps them) the axes are solved once more.
        """
        from ..report.pages import transport as page

        if not self.flux or self.ranks:
            again = {name: self._with_flux(name)[name] for name in self.axes}
            return replace(self, flux=again, show_flux=True).write(folder)
        flux = {name: array for name, (array, _) in self.flux.items()}
        return page.write(folder, grid=self.grid, result=self.numbers(), flux=flux)

    def to_xarray(self):
        """Return potential and flux of each axis as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        fields = {}
        for name, (flux, _) in (self.flux or {}).items():
            if flux is not None:
                fields[f"potential_{name}"] = self.axes[name].potential, "1"
                fields.update({f"flux_{a}_{name}": (flux[k], "1") for k, a in enumerate(AXES)})
        return dataset(self.grid, fields)


@job(voxel_bytes=transport_bytes, masked=True)
def tortuosity(
    volume: GridWithShares,
    conducting: Conducting = "pore",
    axis: Axes = "x",
    *,
    interface: interface_of("the conductor") = None,
    coarsen: Coarsen = 1,
    solver: Annotated[str, one_of("Who solves.", "multigrid", "taufactor", "fipy")] = "multigrid",
    sides: Annotated[str, one_of("What holds on the sides.", "no-flux", "mirror", "periodic")] = "no-flux",
    tolerance: tolerance("Bound of the relative error of tau.") = 1e-3,
    backend: Annotated[
        str,
        one_of("What the solver runs on; reference is slow, for checks; mpi: by mpiexec.", *BACKENDS, "mpi"),
    ] = "cpu",
    tensor: Annotated[bool, switch("Also the 3 x 3 tensor of the image repeated periodically.")] = False,
    flux: Annotated[
        bool, switch("Also what the flux map says: flux lines, constrictivity, dead ends.")
    ] = False,
    discretisation: Annotated[
        bool,
        switch("Also what the voxels' size leaves open: by surfaces within voxels and half the resolution."),
    ] = False,
    keep_fields: bool = False,
    checkpoint: Checkpoint = None,
    resume: Annotated[bool, switch("Go on with what was interrupted, from --checkpoint.")] = False,
    progress=None,
) -> TortuosityResult:
    """Compute tortuosity and effective diffusivity.

    tau = eps D0 / D_eff with eps the total fraction of the conducting phases. Phases that do not connect the
    two end faces give D_eff 0 and no tau.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases (read_volume), or a file or data set whose own names do.
    conducting : str or dict
        Phases that conduct: "pore", or conductivities relative to D0, {"pore": 1.0, "cbd": 0.1}; three
        numbers for x, y, z.
    axis : str or int
        "x", "y", "z" (0, 1, 2) or "all".
    interface : str, optional
        Where the conductor ends: "voxel" at the faces of its voxels; "smooth" at the smoothest surface that
        leaves every voxel's centre on its side; "grey" by the shares that the volume holds
        (read_volume(..., shares=...)). For conductors of one conductivity, or of two that fill the volume and
        are at most 30 apart. Default: "voxel"; a volume with shares has no default.
    coarsen : int
        Voxels along each axis that are joined into one beforehand, by majority; with interface "grey" the
        share of each conducting phase in them stays.
    solver : str
        "multigrid"; "taufactor" and "fipy" solve with those packages, for comparison.
    sides : str
        "no-flux" ("mirror" is the same) or "periodic" walls beside the axis.
    tolerance : float
        Bound of the relative error of tau.
    backend : str
        What the solver's loops run on: "cpu" (compiled), or "reference" (their slow twins, for checks).
        "gpu": a CUDA device, by warp; for whole voxels.
        "mpi": the ranks that mpiexec started share one volume; for one conductor of whole voxels.
    tensor : bool
        Also the 3 x 3 tensor of the image repeated periodically.
    flux : bool
        Also the flux map and what it says.
    discretisation : bool
        Also the relative error of tau that whole voxels, surfaces within voxels and half the resolution speak
        for. For conductors of one conductivity and an even number of voxels along each axis.
    keep_fields : bool
        Keep potential and flux, for `save_fields` and `to_xarray`.
    checkpoint : path, optional
        Folder in which the ranks of MPI keep how far they are, every 30 s.
    resume : bool
        Go on from `checkpoint`; by as many ranks as before.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    TortuosityResult

    Raises
    ------
    InputError
        An argument that means nothing.
    NotConverged
        With the history of the solver.
    """
    if (keep_fields or flux or tensor) and solver != "multigrid":
        raise InputError(
            f"--solver: expected multigrid with --tensor, --flux, --fields or --out, got {solver}; "
            "leave one out."
        )
    check_backend(backend, checkpoint, resume, solver, tensor or discretisation)
    interface = _interface(volume, interface, solver, keep_fields or flux or tensor)
    if coarsen > 1:
        volume = _coarsened(volume, coarsen, conducting, interface)
    if discretisation:
        _check_discretisation(volume, conducting, solver)
    _check_mask(volume, solver, keep_fields or flux or tensor)
    if backend == "mpi":
        how = {"checkpoint": checkpoint, "resume": resume, "progress": progress}
        choices = solver, sides, interface, tensor or discretisation
        found = shared_result(volume, conducting, axis, choices, tolerance, flux, keep_fields, **how)
        return TortuosityResult(**found, coarsen=coarsen)
    solve, keep = _solver(solver, interface), flux or keep_fields
    axes, maps, whole, left = {}, {}, {}, {}
    with running(backend):
        for name in axis:
            options = {"potential": True} if keep else {}
            axes[name] = solve(
                volume, conducting, AXES.index(name), tolerance=tolerance, sides=sides,
                progress=titled(progress, f"tau along {name}"), **options,
            )  # fmt: skip
            if keep:
                maps[name] = _flux(volume, conducting, name, sides, axes[name])
            if interface != "voxel":
                whole[name] = _solver(solver, "voxel")(
                    volume, conducting, AXES.index(name), tolerance=tolerance, sides=sides
                )
            if discretisation:
                left[name] = _left_open(volume, conducting, name, axes[name], interface, tolerance, sides)
        found = _tensor(volume, conducting, tolerance, progress) if tensor else None
    return TortuosityResult(
        volume, conducting, axes, solver, sides, interface, tolerance, maps or None, flux, found,
        peak_memory_bytes(), whole or None, coarsen, left or None,
    )  # fmt: skip


def _interface(grid, interface, solver, more):
    """Settle where the conductor ends; refuse what is not to be had there."""
    interface = settled_interface(grid, interface)
    if interface in ("smooth", "grey") and (solver != "multigrid" or more):
        raise InputError(
            f"--interface: expected voxel with --tensor, --flux, --fields, --out or another --solver, got "
            f"{interface}; leave one out."
        )
    return interface


def _check_mask(grid, solver, more):
    if grid.masked and (solver != "multigrid" or more):
        raise InputError(
            "--mask: expected no --tensor, --flux, --fields, --out and no other --solver beside it, got one;"
            " leave it out."
        )


def _coarsened(grid, factor, conducting, interface):
    from ..mesh.shares import coarsened

    return coarsened(grid, factor, tuple(conducting) if interface == "grey" else None)


def _check_discretisation(grid, conducting, solver):
    from ..transport.discretisation import check_discretisation

    if solver != "multigrid":
        raise InputError(
            f"--discretisation: expected solver multigrid beside it, got {solver}; leave one out."
        )
    check_discretisation(grid, conducting)


def _left_open(grid, conducting, name, found, interface, tolerance, sides):
    from ..transport.discretisation import discretisation

    options = {"tolerance": tolerance, "sides": sides}
    return discretisation(grid, conducting, AXES.index(name), found, interface, **options)


def _tensor(grid, conducting, tolerance, progress):
    from ..transport.tensor import conductivity_tensor

    return conductivity_tensor(grid, conducting, tolerance=tolerance, progress=titled(progress, "tensor"))


def _solver(name, interface):
    if name == "multigrid":
        from ..transport.tortuosity import solve_tortuosity

        return partial(solve_tortuosity, interface=interface)
    from ..reference import transport as reference

    return reference.tortuosity_taufactor if name == "taufactor" else reference.tortuosity_fipy


def _flux(grid, conducting, name, sides, result):
    """Flux map of a solved axis and its figures; (None, None) where nothing percolates."""
    from ..transport.flux import flux_figures, flux_map

    if result.tau is None:
        return None, None
    flux = flux_map(result.potential, grid, conducting, AXES.index(name), sides=sides)
    return flux, flux_figures(flux, grid, conducting, AXES.index(name), result)


def _flux_numbers(figures):
    if figures is None:
        return None
    histogram = {"flux_over_mean": figures.edges, "share": figures.share}
    return {**{key: getattr(figures, key) for key in FLUX_KEYS}, "histogram": histogram}
