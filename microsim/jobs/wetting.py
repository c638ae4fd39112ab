"""The job wetting: how a liquid fills the pores of a volume."""

from dataclasses import dataclass
from math import degrees, pi, radians
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.axes import AXES
from ..base.plausible import physical, remarks_on_options
from ..base.schema import number
from ..base.words import times, titled
from .arguments import Axis, Grid, phase_bytes, require_size, tolerance
from .job import job
from .result import Result, SavedFile, Table

ENDS = {"x": ("separator", "collector"), "y": ("y0", "y1"), "z": ("z0", "z1")}
SHARES = (0.5, 0.9, 0.97, 0.99)
TOLD = (
    *("share_never_wetted", "share_trapped", "share_unreached", "capillary_pressure_Pa"),
    *("permeability_m2", "washburn_time_s", "seconds"),
)


@dataclass(frozen=True, repr=False)
class WettingResult(Result):
    """How a liquid fills a volume.

    grid     VoxelGrid
    wetting  Wetting: the filling over time, capillary pressure (Pa), permeability (m2), washburn_time (s)
    through  name of the phase that the liquid fills
    axis     direction; the liquid comes from its low end
    liquid   Liquid: surface_tension (N m-1), contact_angle (rad), viscosity (Pa s)
    contact_angle_deg  as asked for
    options  {pressure (Pa), change, tolerance, gas}
    vents    names of the faces where gas leaves
    permeability_given  whether the permeability was, and not computed
    """

    grid: object
    wetting: object
    through: str
    axis: str
    liquid: object
    contact_angle_deg: float
    options: dict
    vents: tuple
    permeability_given: bool

    files: ClassVar = {
        "out": SavedFile(
            "save_arrival", "Volume of the arrival times, s.", label="arrival times", key="arrival_map"
        )
    }

    @property
    def arrival(self):
        """When the liquid reaches each voxel (s) [x, y, z]; infinite where it never comes, NaN in solids."""
        return self.wetting.filling.arrival

    def time_to(self, share):
        """Return the time (s) after which `share` of the pore volume is filled; None if it never is."""
        return self.wetting.filling.time_to(share)

    @property
    def never_wetted(self):
        """Share of the pore volume that stays dry."""
        return self.wetting.filling.never_wetted

    @property
    def title(self):
        return (
            f"{self.grid.source.name}: wetting of {self.through} along {self.axis}, "
            f"{times(self.grid.shape)} voxels, gas {self.options['gas']}"
        )

    def numbers(self):
        return {
            **_filling_numbers(self.wetting),
            "permeability_given": self.permeability_given,
            "remarks": self.remarks,
            "through": self.through,
            "axis": self.axis,
            "vents": self.vents,
            **self.options,
            "liquid": {
                "contact_angle_deg": self.contact_angle_deg,
                "surface_tension_N_m": self.liquid.surface_tension,
                "viscosity_Pa_s": self.liquid.viscosity,
            },
            "arrival_map": None,
            "voxels": self.grid.voxels,
            "voxel_size_m": self.grid.voxel_size,
            "volume": self.grid.source.name,
            "volume_sha256": self.grid.source.sha256,
        }

    def tables(self):
        numbers = _filling_numbers(self.wetting)
        reached = numbers["time_to_s"].items()
        rows = [(f"{100 * float(share):g} % of the pores wet, s", time) for share, time in reached]
        return [Table(("", "value"), [*rows, *((name, numbers[name]) for name in TOLD)]), *self.remarks]

    @property
    def remarks(self):
        """Sentences on properties that liquids in batteries have not."""
        permeability = [("--permeability-m2", "permeability", self.wetting.permeability)]
        angle = self.contact_angle_deg
        asked = f"--contact-angle-deg: {angle:g} degrees; in radians it would be {degrees(angle):.3g}"
        doubt = [f"{asked} degrees: is its unit right?"] if 0 < angle <= pi and angle % 1 else []
        return doubt + remarks_on_options(
            [
                ("--viscosity-Pa-s", "viscosity", self.liquid.viscosity),
                ("--surface-tension-N-m", "surface_tension", self.liquid.surface_tension),
                *(permeability if self.permeability_given else []),
            ]
        )

    def plot(self):
        """Draw the filled share of the pores over time, beside a uniform medium after Washburn."""
        from ..report.pages import wetting as page

        return page.figure(result=self.numbers())

    def save_arrival(self, path):
        """Write the arrival times (s) as a volume, in the format of the suffix; returns its path."""
        from ..volumes.volume import write_volume

        return write_volume(path, self.arrival, voxel_size=self.grid.voxel_size)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import wetting as page

        return page.write(folder, grid=self.grid, result=self.numbers(), arrival=self.arrival)

    def to_xarray(self):
        """Return the arrival times as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        return dataset(self.grid, {"arrival": (self.arrival, "s")})


def _filling_numbers(found):
    filling = found.filling
    return {
        "time_s": filling.time,
        "saturation": filling.filled,
        "time_to_s": {str(share): filling.time_to(share) for share in SHARES},
        "share_never_wetted": filling.never_wetted,
        "share_trapped": filling.trapped,
        "share_unreached": filling.unreached,
        "capillary_pressure_Pa": found.capillary_pressure,
        "permeability_m2": found.permeability,
        "suction_factor": found.suction_factor,
        "conductance_factor": found.conductance_factor,
        "washburn_time_s": found.washburn_time,
        "stages": filling.stages,
        "iterations": filling.iterations,
        "seconds": found.seconds,
    }


def _physical(name, help, metavar, option):
    return Argument(help, physical(name), metavar, option)


Phase = Annotated[str, Argument("Phase that the liquid fills.", metavar="NAME")]
ContactAngle = Annotated[float, Argument("Contact angle of the liquid.", number(0.0, 180.0), "A")]
SurfaceTension = Annotated[
    float, _physical("surface_tension", "Surface tension of the liquid.", "G", "--surface-tension-N-m")
]
Viscosity = Annotated[float, _physical("viscosity", "Viscosity of the liquid.", "MU", "--viscosity-Pa-s")]
Permeability = Annotated[
    "float | None",
    _physical(
        *("permeability", "Of the volume along the axis [default: from Stokes flow].", "K"),
        "--permeability-m2",
    ),
]
Pressure = Annotated[
    float, Argument("Of the liquid at its inlet, over that of the gas.", number(), "P", "--pressure-Pa")
]
Vents = Annotated[
    str, one_of("Faces where gas leaves: opposite, beside, both.", "end", "sides", "all", "none")
]
Gas = Annotated[str, one_of("Gas that is cut off stays, or dissolves.", "trapped", "dissolves")]
Change = Annotated[
    float,
    Argument(
        "Solve the pressure when the inflow has changed by this share.", number(0.0, 0.99, above=True), "F"
    ),
]


@job(voxel_bytes=phase_bytes("through", 800))
def wet(
    volume: Grid,
    through: Phase = "pore",
    axis: Axis = "x",
    *,
    contact_angle_deg: ContactAngle = 0.0,
    surface_tension: SurfaceTension = 0.03,
    viscosity: Viscosity = 0.003,
    permeability: Permeability = None,
    pressure: Pressure = 0.0,
    vents: Vents = "all",
    gas: Gas = "trapped",
    change: Change = 0.2,
    tolerance: tolerance("Largest imbalance of the flow.") = 1e-2,
    progress=None,
) -> WettingResult:
    """Compute how an electrolyte fills the pores.

    Capillary suction by pore size against viscous resistance, from one face: saturation over time, the share
    never wetted, and a map of arrival times (infinite where the liquid never comes). Gas that the liquid cuts
    off is trapped, or dissolves. No permeability given: it is computed (Stokes flow, symmetric sides).

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases and a known voxel size (read_volume), or a file or data set with both.
    through : str
        Phase that the liquid fills.
    axis : str or int
        "x", "y" or "z" (0, 1, 2); the liquid comes from the low end.
    contact_angle_deg : float
        Contact angle of the liquid, degrees.
    surface_tension : float
        Surface tension of the liquid, N m-1.
    viscosity : float
        Viscosity of the liquid, Pa s.
    permeability : float, optional
        Of the volume along the axis, m2; default: from Stokes flow.
    pressure : float
        Of the liquid at its inlet, over that of the gas, Pa.
    vents : str
        Faces where gas leaves: "end" (opposite), "sides" (beside), "all" or "none".
    gas : str
        Gas that is cut off is "trapped" or "dissolves".
    change : float
        The pressure is solved anew when the inflow has changed by this share.
    tolerance : float
        Largest imbalance of the flow, over the inflow.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    WettingResult

    Raises
    ------
    InputError
        An argument that means nothing.
    NotConverged
        With the history of the imbalance.
    """
    from ..transport.wetting import Liquid, solve_wetting

    require_size(volume)
    given, liquid = permeability is not None, Liquid(surface_tension, radians(contact_angle_deg), viscosity)
    inlet, openings = inlet_and_vents(axis, vents)
    options = {"pressure": pressure, "change": change, "tolerance": tolerance, "gas": gas}
    found = solve_wetting(
        volume,
        through,
        liquid,
        permeability=permeability if given else _from_stokes(volume, through, axis, progress),
        inlet=inlet,
        vents=openings,
        progress=titled(progress, "wetting"),
        **options,
    )
    return WettingResult(volume, found, through, axis, liquid, contact_angle_deg, options, openings, given)


def inlet_and_vents(axis, vents):
    """Name the face where the liquid comes in, and those where gas leaves."""
    inlet, end = ENDS[axis]
    sides = tuple(face for other in AXES if other != axis for face in ENDS[other])
    return inlet, {"end": (end,), "sides": sides, "all": (end, *sides), "none": ()}[vents]


def _from_stokes(grid, through, axis, progress):
    """Permeability (m2) from Stokes flow, with sides that mirror the flow; None if nothing percolates."""
    from ..transport.flow import solve_permeability

    found = solve_permeability(
        grid,
        through,
        AXES.index(axis),
        sides="symmetry",
        tolerance=1e-2,
        progress=titled(progress, "permeability"),
    )
    return found.permeability or None
