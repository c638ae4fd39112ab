"""The job regions: porosity and tortuosity by depth, through the thickness and in the plane."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.lengths import length
from ..base.plausible import physical, remarks_on_options
from ..base.quantities import LEAST_NOISE, MOST_NOISE
from ..base.schema import number, say, whole
from ..base.words import titled
from .arguments import (
    Conducting,
    Grid,
    axes_order,
    comma_list,
    require_size,
    spelled,
    tolerance,
    voxel_lengths,
)
from .compare import Noise, Place
from .job import job
from .map_source import Map, read_map, read_noise
from .result import Result, Table


@dataclass(frozen=True, repr=False)
class DepthResult(Result):
    """Transport by depth.

    grid         VoxelGrid
    conducting   {phase: conductivity relative to D0}
    regions      Regions from the separator on: start, end (m along x), eps, tau, D_eff_over_D0 {axis: ...},
                 tau_in_plane, D_in_plane
    diffusivity  D0 (m2 s-1), or None
    sides, tolerance  as asked for
    against      what a measured map says of each region, and of all of them at the end; () without one
    measured     lines that name the map
    said         sentences on how it lies in the volume
    """

    grid: object
    conducting: dict
    regions: tuple
    diffusivity: float | None
    sides: str
    tolerance: float
    against: tuple = ()
    measured: dict | None = None
    said: tuple = ()

    has_page: ClassVar = False

    @property
    def title(self):
        through = spelled(self.conducting)
        return f"{self.grid.source.name}: {len(self.regions)} regions along x through {through}"

    def numbers(self):
        return {
            "regions": [self._region(region) for region in self.regions],
            "diffusivity_m2_s": self.diffusivity,
            "remarks": self.remarks,
            "conducting": self.conducting,
            "sides": self.sides,
            "tolerance": self.tolerance,
            "voxels": self.grid.voxels,
            "voxel_size_m": self.grid.voxel_size if self.grid.sized else None,
            "volume": self.grid.source.name,
            "volume_sha256": self.grid.source.sha256,
            **({"map": {**self.measured, "regions": list(self.against)}} if self.measured else {}),
        }

    def _region(self, region):
        D0, through, in_plane = self.diffusivity, region.D_eff_over_D0["x"], region.D_in_plane
        directional = None if D0 is None else {"through_plane": D0 * through, "in_plane": D0 * in_plane}
        return {
            "start_m": region.start if self.grid.sized else None,
            "end_m": region.end if self.grid.sized else None,
            "eps": region.eps,
            "tau": region.tau,
            "D_eff_over_D0": region.D_eff_over_D0,
            "tau_through_plane": region.tau["x"],
            "tau_in_plane": region.tau_in_plane,
            "D_in_plane_over_D0": in_plane,
            "D_directional_m2_s": directional,
        }

    def tables(self):
        unit, factor = ("um", 1e6) if self.grid.sized else ("voxels", 1.0)
        header = (f"from {unit}", f"to {unit}", "eps", "tau x", "tau y", "tau z", "tau in plane")
        rows = [
            (
                region.start * factor,
                region.end * factor,
                region.eps,
                *region.tau.values(),
                region.tau_in_plane,
                region.D_eff_over_D0["x"],
                region.D_in_plane,
            )
            for region in self.regions
        ]
        shown = [Table((*header, "D/D0 x", "D/D0 in plane"), rows), *self.remarks]
        return [*shown, self._against()] if self.measured else shown

    @property
    def remarks(self):
        """Sentences on a D0 that nothing in a battery has, and on the map."""
        given = [] if self.diffusivity is None else [self.diffusivity]
        return [*remarks_on_options(("--diffusivity-m2-s", "diffusivity", D0) for D0 in given), *self.said]

    def _against(self):
        names = [f"{1e6 * r.start:.4g} to {1e6 * r.end:.4g} um" for r in self.regions]
        rows = []
        for name, found in zip([*names, "all"], self.against):
            r, slope = ((found["intervals"] or {}).get(key, (None, None)) for key in ("pearson_r", "slope"))
            means = (found["pixels"], found["mean"], found["porosity"])
            rows.append((name, *means, found["pearson_r"], *r, found["slope"], *slope))
        header = ("region", "pixels", "mean of the map", "local porosity", "r of both", "95 % from", "to")
        return Table((*header, "slope", "from", "to"), rows)

    def plot(self):
        """Draw porosity and tortuosity factors over the depth."""
        from ..report.region_figures import depth_figure

        return depth_figure(self.regions, sized=self.grid.sized)


def _edges(given, path):
    """Read the ends of the regions: numbers in m, or texts with their unit."""
    if not isinstance(given, (list, tuple)) and not getattr(given, "ndim", 0):
        raise InputError(
            f'{path}: expected a list of depths like [0, "300 um", "600 um"], got {say(given)}; correct it.'
        )
    return [length(edge, path) for edge in given]


def _edges_um(given, path):
    return [number(0.0)(edge, path, 1e6, "um") for edge in comma_list(given)]


Edges = Annotated[
    "list[float | str] | None",
    Argument("Ends of the regions along x.", _edges, "A,B,...", "--edges-um", _edges_um),
]
Count = Annotated["int | None", Argument("Equal regions, in place of edges [default: 3].", whole(1), "N")]
Diffusivity = Annotated[
    "float | None",
    Argument("D0, for D_directional = D0 eps / tau.", physical("diffusivity"), "D", "--diffusivity-m2-s"),
]
Sides = Annotated[str, one_of("What holds on the sides.", "no-flux", "mirror", "periodic")]


@job(voxel_bytes=25)
def tortuosity_by_depth(
    volume: Grid,
    conducting: Conducting = "pore",
    edges: Edges = None,
    count: Count = None,
    *,
    diffusivity: Diffusivity = None,
    sides: Sides = "no-flux",
    tolerance: tolerance("Bound of the relative error of tau.") = 1e-3,
    map: Annotated[
        f"{Map} | None", Argument("Measured map, against the local porosity on its pixels.", metavar="MAP")
    ] = None,
    sigma: Noise = None,
    map_voxel_size: voxel_lengths("Voxel edge of the map, or three: x,y,z.", "--map-voxel-size-nm") = None,
    map_file_axes: Annotated[str | None, Argument("Axes of the map's file.", axes_order, "AXES")] = None,
    origin: Place = None,
    progress=None,
) -> DepthResult:
    """Compute porosity and tau by depth, through and in the plane.

    Slabs along x, from the separator on. D_directional = D0 eps / tau, where D0 is given.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases (read_volume), or a file or data set whose own names do.
    conducting : str or dict
        Phases that conduct: "pore", or conductivities relative to D0, {"pore": 1.0, "cbd": 0.1}; three
        numbers for x, y, z.
    edges : list of float or str, optional
        Ends of the regions along x, m or like "300 um"; they need a known voxel size.
    count : int, optional
        Equal regions, in place of edges; default: 3.
    diffusivity : float, optional
        D0, m2 s-1.
    sides : str
        "no-flux" ("mirror" is the same) or "periodic" walls beside the axis.
    tolerance : float
        Bound of the relative error of tau.
    map : path, array, field of a run or result, optional
        Measured map [x, y, z], of pixels of any size: of each region its correlation with the share of the
        conducting phases on its pixels, with intervals of a bootstrap over blocks.
    sigma : float, path or array, optional
        Noise of the map; default: what it comes with.
    map_voxel_size : float, str or three of them, optional
        Edges of the map's pixels in m, or with their unit; wins over the file's.
    map_file_axes : str, optional
        Axes of the map's file, slowest first.
    origin : tuple of float or str
        Corner of the map in the volume, m or like "5 um"; default: that of the volume, asked for where the
        map is larger than a crop that begins elsewhere than the file.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    DepthResult

    Raises
    ------
    InputError
        An argument that means nothing; edges outside the volume.
    NotConverged
        With the history of the solver.
    """
    from ..case.corners import corner_in
    from ..transport.regions import analyse_regions

    if edges is not None:
        require_size(volume)
    slabs = 3 if edges is None and count is None else count
    found = analyse_regions(
        volume, conducting, edges=edges, count=slabs, sides=sides, tolerance=tolerance,
        progress=titled(progress, "regions"),
    )  # fmt: skip
    against, measured, said = (), None, ()
    if map is not None:
        require_size(volume)
        given = read_map(map, "map", map_voxel_size, map_file_axes, "--map-voxel-size-nm")
        box = given.values.shape, given.voxel_size
        origin = corner_in(
            volume, box, (f"--origin-um, {given.name}", "--origin-um {}"), origin, given.fields
        )
        noise, about = read_noise(sigma, given, map_file_axes)
        against, said = _with_porosity(volume, conducting, given, noise, origin, found)
        measured = {**given.origin(), "origin_m": list(origin), "noise": about}
    return DepthResult(volume, conducting, found, diffusivity, sides, tolerance, against, measured, said)


def _with_porosity(volume, conducting, given, noise, origin, regions):
    """What a MapSource says of each region, against the share of the conducting phases on its pixels, and
    sentences on where it lies."""
    import numpy as np

    from ..maps.by_region import against_porosity
    from ..maps.map import SocMap, resample_onto
    from ..maps.placing import check_order, placed

    names = [conducting] if isinstance(conducting, str) else list(conducting)
    values, told = _usable(given, noise)
    here = SocMap(values, given.voxel_size, origin)
    share = SocMap(volume.mask(*names).astype(float), volume.voxel_size)
    check_order(here, share)
    local = resample_onto(share, here)
    x = here.origin[0] + (np.arange(here.values.shape[0]) + 0.5) * here.voxel_size[0]
    of = np.full(x.size, -1)
    for number_, region in enumerate(regions):
        of[(x >= region.start) & (x < region.end)] = number_
    found = against_porosity(here.values, local, noise, np.broadcast_to(of[:, None, None], here.values.shape))
    if not found:
        raise InputError(
            f"expected pixels of {given.name} in the regions, got none; check its origin, axes and voxel"
            " size."
        )
    missing = len(regions) + 1 - len(found)
    nothing = {**dict.fromkeys(found[0]), "pixels": 0, "blocks": 0}
    return (*found[:-1], *[nothing] * missing, found[-1]), [*told, *placed(here, share)]


def _usable(given, noise):
    """The values of a MapSource that count [x, y, z], NaN where they or their noise say nothing, and
    sentences on what they are. Raises InputError for labels, and for fill values among lithiations."""
    import numpy as np

    from ..maps.metrics import Pair
    from ..maps.scale import background, check_decimals, check_no_fill, is_lithiation, strays
    from .map_remarks import lenient_remarks, overstated, without_noise

    values = np.asarray(given.values, float)
    known = np.isfinite(values)
    check_decimals(values, given.name)
    if not known.any():
        raise InputError(f"expected pixels with a value, got NaN everywhere in {given.name}; check the map.")
    check_no_fill(values[known], given.name)
    used = Pair(values, values, 0.0, noise).shared
    sigma = None if noise is None else np.where(used, noise, np.nan)
    if not used.any():
        raise InputError(
            f"--sigma: expected standard deviations above {LEAST_NOISE:g} and up to {MOST_NOISE:g}, got none"
            f" in {given.name}; correct them (per cent divided by 100)."
        )
    told = [background(values[used], f"the pixels of {given.name}")]
    told.append(strays(values[used], sigma if sigma is None else sigma[used], f"pixels of {given.name}"))
    if not is_lithiation(values[used]):
        told.append(
            f"{given.name} is about {np.median(values[used]):.4g}, which is no lithiation: means and slopes"
            " are in its own unit, and values that stand for none are not told from others."
        )
    told += without_noise(given.name, values, sigma) if sigma is not None else []
    over = list(overstated(given.name, values[used], sigma if sigma is None else sigma[used]))
    so = "r without noise takes all of it off, and is too large."
    told += over or lenient_remarks(given.name, np.where(used, values, np.nan), sigma, so)
    return np.where(used, values, np.nan), [one for one in told if one]
