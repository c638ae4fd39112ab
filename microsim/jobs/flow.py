"""The job flow: permeability and flow tortuosity of the pores of a volume."""

from dataclasses import dataclass
from math import inf, isfinite
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.axes import AXES
from ..base.errors import InputError
from ..base.provenance import peak_memory_bytes
from ..base.quantities import quantity
from ..base.schema import say, to_number
from ..base.words import times, titled
from .arguments import (
    Axes,
    Coarsen,
    GridWithShares,
    Through,
    interface_of,
    phase_bytes,
    require_size,
    settled_interface,
    tolerance,
)
from .job import job
from .result import Result, SavedFile, Table, one_or_all

KEYS = ("tau_flow", "porosity_percolating", "mass_imbalance", "error_bound", "iterations", "seconds")
VELOCITY = ("v_x", "v_y", "v_z")


@dataclass(frozen=True, repr=False)
class PermeabilityResult(Result):
    """Permeability of a volume.

    grid     VoxelGrid
    through  names of the phases that the fluid fills
    axes     {axis: FlowResult}: permeability (m2), tau_flow, porosity, mean_velocity (m2), velocity ...
    kozeny   {axis: c of eps^3 / (k s^2)}, None where nothing flows
    sides, ends, tolerance, throat, interface, coarsen  as asked for
    whole_voxels  {axis: the same with walls that run along voxel faces} beside another interface: how far the
            two lie apart is what the voxels leave open; or None
    width   mean chord of the pores, in voxels
    """

    grid: object
    through: tuple
    axes: dict
    kozeny: dict
    sides: str
    ends: str
    tolerance: float
    throat: float
    peak_memory_bytes: int = 0
    interface: str = "voxel"
    coarsen: int = 1
    whole_voxels: dict | None = None
    width: float = inf

    files: ClassVar = {
        "out": SavedFile(
            "save_velocities",
            "Store the velocities, one entry for each axis.",
            "FILE.h5",
            "velocities",
            {"keep_fields": True},
        )
    }
    page_needs: ClassVar = {"keep_fields": True}

    @property
    def permeability(self):
        """Permeability k (m2), 0 if nothing percolates; {axis: k} for several axes."""
        return one_or_all({name: found.permeability for name, found in self.axes.items()})

    @property
    def tau_flow(self):
        """Flow tortuosity, None if nothing percolates; {axis: factor} for several axes."""
        return one_or_all({name: found.tau_flow for name, found in self.axes.items()})

    @property
    def tensor(self):
        """Permeability tensor (m2), column j for a drop along axis j; None unless all three were computed."""
        if tuple(self.axes) != AXES:
            return None
        return list(zip(*(found.mean_velocity for found in self.axes.values())))

    @property
    def doubt(self):
        """What pores of a few voxels leave open of the permeability, a sentence; None where they are wide or
        nothing flows."""
        from ..transport.flow import doubt_of

        flows = any(found.permeability for found in self.axes.values())
        return doubt_of(self.width, self.interface) if flows else None

    @property
    def remarks(self):
        """What holds the flow of a section on its two sides, a sentence."""
        thin = [name for name, n in zip(AXES, self.grid.shape) if n == 1 and set(self.axes) - {name}]
        if self.sides != "no-slip" or not thin:
            return []
        said = (
            f"The volume is one voxel thick along {' and '.join(thin)}, and the flow sticks to its sides"
            " there (no-slip): the permeability is that of a gap one voxel wide; of an image give --sides"
            " symmetry."
        )
        return [said]

    @property
    def title(self):
        return (
            f"{self.grid.source.name}: Stokes flow through {','.join(self.through)}, "
            f"{times(self.grid.shape)} voxels, sides {self.sides}"
        )

    def numbers(self):
        tensor = self.tensor
        whole = {name: self._row(name, self.whole_voxels) for name in self.whole_voxels or ()}
        return {
            "axes": {name: self._row(name) for name in self.axes},
            **({"whole_voxels": whole} if whole else {}),
            **({"tensor_m2": tensor} if tensor else {}),
            "porosity": next(iter(self.axes.values())).porosity,
            "pore_width_voxels": self.width if isfinite(self.width) else None,
            **({"doubt": self.doubt} if self.doubt else {}),
            "remarks": self.remarks,
            "peak_memory_bytes": self.peak_memory_bytes,
            "voxels": self.grid.voxels,
            "through": self.through,
            "sides": self.sides,
            "ends": self.ends,
            "tolerance": self.tolerance,
            "throat_voxels": self.throat,
            "interface": self.interface,
            "coarsen": self.coarsen,
            "voxel_size_m": self.grid.voxel_size,
            "volume": self.grid.source.name,
            "volume_sha256": self.grid.source.sha256,
        }

    def _row(self, name, axes=None):
        found = (axes or self.axes)[name]
        kozeny = {} if axes else {"kozeny_constant": self.kozeny[name]}
        return {"permeability_m2": found.permeability, **{key: getattr(found, key) for key in KEYS}, **kozeny}

    def tables(self):
        shown = [self._table(self.axes)]
        if self.whole_voxels:
            shown += [f"With walls along voxel faces ({self.interface} is above):"]
            shown += [self._table(self.whole_voxels)]
        return [*shown, *([self.doubt] if self.doubt else []), *self.remarks]

    def _table(self, axes):
        rows = {name: self._row(name, None if axes is self.axes else axes) for name in axes}
        return Table(
            ("axis", *next(iter(rows.values()))), [(name, *row.values()) for name, row in rows.items()]
        )

    def plot(self, axis=None):
        """Draw the speed along an axis (default: the first): a section and the distribution over the voxels.

        Where the velocities were not kept (`keep_fields=True` keeps them) the axis is solved once more.
        """
        from ..report.pages import flow as page

        name = next(iter(self.axes)) if axis is None else axis
        velocity = self._kept(name).axes[name].velocity
        return page.figure(grid=self.grid, result=self.numbers(), velocity=velocity, axis=name)

    def _kept(self, name):
        if self.axes[name].velocity is not None:
            return self
        return permeability(
            self.grid, self.through, name, sides=self.sides, ends=self.ends, tolerance=self.tolerance,
            throat=self.throat, interface=self.interface, keep_fields=True,
        )  # fmt: skip

    def save_velocities(self, path):
        """Store the velocities times viscosity over the gradient of pressure (m2) in an HDF5 file; returns
        its path."""
        from ..volumes.fields import FieldWriter

        self._need_velocities()
        units = {name: quantity(name).unit for name in VELOCITY}
        with FieldWriter(path, self.grid, units) as writer:
            for entry, (axis, found) in enumerate(self.axes.items()):
                step = f"velocity times viscosity over the gradient of pressure, drop along {axis}"
                writer.write(float(entry), step, dict(zip(VELOCITY, found.velocity)))
        return path

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page.

        Where the velocities were not kept (`keep_fields=True` keeps them) the axes are solved once more.
        """
        from ..report.pages import flow as page

        velocity = {name: self._kept(name).axes[name].velocity for name in self.axes}
        return page.write(folder, grid=self.grid, result=self.numbers(), velocity=velocity)

    def _need_velocities(self):
        if any(found.velocity is None for found in self.axes.values()):
            raise InputError("expected velocities, got none; compute them with keep_fields=True.")

    def to_xarray(self):
        """Return the velocities of each axis as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        self._need_velocities()
        fields = {
            f"{part}_{axis}": (values, quantity(part).unit)
            for axis, found in self.axes.items()
            for part, values in zip(VELOCITY, found.velocity)
        }
        return dataset(self.grid, fields)


def _throat(given, path):
    """Read a number from 0; inf is one."""
    value = inf if given in ("inf", inf) else to_number(given, path)
    if value < 0:
        raise InputError(f"{path}: expected a number from 0, or inf, got {say(given)}; correct the value.")
    return value


Sides = Annotated[str, one_of("What bounds the box beside the flow.", "no-slip", "symmetry", "periodic")]
Ends = Annotated[
    str,
    one_of("A pressure drop between the end faces, or (with periodic sides) a ring.", "pressure", "periodic"),
]
Throat = Annotated[
    float,
    Argument(
        "Width, in voxels, up to which a step of a wall holds like a flat one; 0 takes all walls for smooth, "
        "inf none.",
        _throat,
        "N",
    ),
]


@job(voxel_bytes=phase_bytes("through", 800, within=1000))
def permeability(
    volume: GridWithShares,
    through: Through = "pore",
    axis: Axes = "x",
    *,
    interface: interface_of("the fluid") = None,
    coarsen: Coarsen = 1,
    sides: Sides = "no-slip",
    ends: Ends = "pressure",
    tolerance: tolerance("Bound of the relative error of the permeability.") = 1e-3,
    throat: Throat = 3.0,
    keep_fields: bool = False,
    progress=None,
) -> PermeabilityResult:
    """Compute permeability and flow tortuosity.

    Stokes flow in the voxels of the named phases, on a staggered grid. With all axes also the permeability
    tensor, column j for a drop along axis j. Pores that do not connect the two end faces give permeability 0
    and no tau_flow.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases and a known voxel size (read_volume), or a file or data set with both.
    through : str or list of str
        Phases that the fluid fills.
    axis : str or int
        "x", "y", "z" (0, 1, 2) or "all".
    interface : str, optional
        Where the fluid ends: "voxel" at the faces of its voxels; "smooth" at the smoothest surface that
        leaves every voxel's centre on its side; "grey" by the shares that the volume holds
        (read_volume(..., shares=...)). Default: "voxel"; a volume with shares has no default.
    coarsen : int
        Voxels along each axis that are joined into one beforehand, by majority; with interface "grey" the
        share of the fluid's phases in them stays.
    sides : str
        What bounds the box beside the flow: "no-slip" walls, "symmetry" planes, or "periodic".
    ends : str
        "pressure" drops between the end faces; "periodic" (with periodic sides) drives a ring.
    tolerance : float
        Bound of the relative error of the permeability.
    throat : float
        Width, in voxels, up to which a step of a wall holds like a flat one; 0 takes all walls for smooth,
        inf none. For interface "voxel": the others have no steps.
    keep_fields : bool
        Keep the velocities, for `save_velocities` and `to_xarray`.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    PermeabilityResult

    Raises
    ------
    InputError
        An argument that means nothing; walls that do not hold the flow back.
    NotConverged
        With the history of the gap between the bounds.
    """
    from ..mesh.shares import coarsened
    from ..transport.flow import kozeny_constant, pore_width, solve_permeability

    require_size(volume)
    interface = settled_interface(volume, interface)
    if coarsen > 1:
        volume = coarsened(volume, coarsen, tuple(through) if interface == "grey" else None)
    options = {"sides": sides, "ends": ends, "tolerance": tolerance, "throat": throat}

    def solved(interface, **more):
        return {
            name: solve_permeability(
                volume, through, AXES.index(name), interface=interface, **options, **more,
                progress=titled(progress, f"flow along {name}"),
            )
            for name in axis
        }  # fmt: skip

    axes = solved(interface, velocity=keep_fields)
    kozeny = {name: kozeny_constant(volume, through, found.permeability) for name, found in axes.items()}
    return PermeabilityResult(
        volume, through, axes, kozeny, sides, ends, tolerance, throat, peak_memory_bytes(), interface,
        coarsen, solved("voxel") if interface != "voxel" else None, pore_width(volume, through),
    )  # fmt: skip
