"""The job particles: their sizes, cracks and contacts, and what changed between two states."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, Spread
from ..base.errors import InputError
from ..base.files import make_folder
from ..base.schema import number, whole
from ..base.words import lengths_nm, times, titled
from .arguments import VOLUME_PARTS, as_grid, require_size
from .job import job
from .particle_phases import USUAL, Active, Contact, Crack, Pore, contact_remarks, phase_of
from .result import Result, SavedFile, Table

COLUMNS = {  # key of a column -> attribute of Particles
    "volume_m3": "volume",
    "diameter_m": "diameter",
    "surface_m2": "surface",
    "sphericity": "sphericity",
    "sphericity_error": "sphericity_error",
    "closed_volume_m3": "closed_volume",
    "closed_surface_m2": "closed_surface",
    "depth_m": "depth",
    "centre_m": "centre",
    "cut_by_box": "cut",
    "neighbours": "neighbours",
    "crack_share": "crack_share",
    "contact_share": "contact_share",
    "fragments": "fragments",
}


@dataclass(frozen=True)
class ParticleState:
    """One state of an electrode.

    grid       VoxelGrid
    particles  Particles: one entry a particle of volume (m3), diameter (m), sphericity ...
    figures    {particles, fragments, grains, binder, delaminated, delaminated_share}: numbers as plain data
    labels     {particles, fragments, grains: int32 [x, y, z]}
    """

    grid: object
    particles: object
    figures: dict
    labels: dict

    def numbers(self):
        """Return volume, figures and the columns of the particles as plain data."""
        columns = {key: getattr(self.particles, name).tolist() for key, name in COLUMNS.items()}
        return {**self.figures, "per_particle": columns}


@dataclass(frozen=True, repr=False)
class ParticlesResult(Result):
    """The particles of a volume, and what changed since the state before.

    state    ParticleState of the volume
    options  {active, crack, contact, depth, smallest}
    before   ParticleState before, or None
    change   {figure: before, after, relative_change, low, high}, or None
    """

    state: ParticleState
    options: dict
    before: ParticleState | None = None
    change: dict | None = None

    files: ClassVar = {
        "maps": SavedFile("save_maps", "Folder for label volumes: particles, fragments, grains.", "DIR")
    }

    @property
    def grid(self):
        """The VoxelGrid."""
        return self.state.grid

    @property
    def particles(self):
        """Particles: volume (m3), diameter (m), sphericity, depth (m) ..., one entry each."""
        return self.state.particles

    @property
    def title(self):
        return f"{self.grid.source.name}: particles"

    def numbers(self):
        source, found = self.grid.source, {}
        if self.before is not None:
            origin = self.before.grid.source
            about = {"volume": origin.name, "volume_sha256": origin.sha256}
            about["shape"] = list(self.before.grid.shape)
            found = {"against": {**about, **self.before.numbers()}, "change": self.change}
        return {
            "volume": source.name,
            "volume_sha256": source.sha256,
            "voxel_size_m": self.grid.voxel_size,
            "options": self.options,
            **self.state.numbers(),
            **found,
            "remarks": self.remarks,
        }

    @property
    def remarks(self):
        """What was not measured since the volume has no phase of the usual name, and what sizes of a section
        are, in sentences."""
        from ..shapes.sections import section_remarks

        return [*contact_remarks(self.options["contact"], self.grid), *section_remarks(self.grid.shape)]

    def recorded(self, written):
        maps = {name: written[_map_of(name)] for name in self.state.labels if _map_of(name) in written}
        page = {"report": written["report"]} if "report" in written else {}
        return {**self.numbers(), **({"maps": maps} if maps else {}), **page}

    def tables(self):
        figures = self.state.figures
        shown = [
            Table(("figure", "value"), list(figures["particles"].items())),
            _pieces_table(figures["fragments"]["by_depth"]),
        ]
        if figures["binder"]:
            binder = figures["binder"]
            shown.append(
                f"binder: {binder['count']} clusters, the largest has {binder['share_of_largest']:.4g}"
            )
        if figures["delaminated"] or any(row["crack_share"] for row in figures["damage"]):
            keys = ("particles", "crack_share", "delaminated", "sheets")
            rows = [
                (f"{1e6 * r['start_m']:.4g} to {1e6 * r['end_m']:.4g}", *(r[key] for key in keys))
                for r in figures["damage"]
            ]
            header = ("depth um", "particles", "crack share", "delaminated share of section", "sheets")
            shown.append(Table(header, rows))
        if figures["delaminated"]:
            layers = figures["delaminated"]
            rows = [(1e6 * s["depth_m"], 1e6 * s["thickness_m"], s["covered"]) for s in layers]
            shown.append(Table(("void layer at um", "thickness um", "share of the cross-section"), rows))
        if self.change is not None:
            if other := another_box(self.before.grid.shape, self.grid.shape):
                shown.append(other)
            header = ("figure", "before", "after", "relative change", "95 % from", "to")
            shown.append(Table(header, [(name, *row.values()) for name, row in self.change.items()]))
        return [*shown, *self.remarks]

    def plot(self):
        """Draw the particles in a section, each in a colour of its own."""
        from ..report.pages import particles as page

        return page.figure(grid=self.grid, particles=self.particles)

    def save_maps(self, folder):
        """Write label volumes of particles, fragments and grains; returns {"map of particles": path ...}."""
        from ..volumes.volume import write_volume

        make_folder(folder)
        return {
            _map_of(name): write_volume(Path(folder) / f"{name}.tif", values, voxel_size=self.grid.voxel_size)
            for name, values in self.state.labels.items()
        }

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import particles as page

        return page.write(folder, grid=self.grid, particles=self.particles, result=self.numbers())

    def to_xarray(self):
        """Return the labels of particles, fragments and grains as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        return dataset(self.grid, {name: (values, "1") for name, values in self.state.labels.items()})


def another_box(before, after):
    """Say that two states are boxes of different size, and what depends on that; "" for one size."""
    if tuple(before) == tuple(after):
        return ""
    return (
        f"The state before has another box, {times(before)} voxels for {times(after)}: the share of particles"
        " that the box cuts, clusters of the binder and void layers change with it."
    )


def _map_of(name):
    return f"map of {name}"


def _pieces_table(by_depth):
    keys = ("mean_m", "d10_m", "d50_m", "d90_m")
    rows = [
        (
            f"{1e6 * r['start_m']:.4g} to {1e6 * r['end_m']:.4g}",
            r["count"],
            *(r[key] and 1e6 * r[key] for key in keys),
            r["touching_sides"],
            r["touching_ends"],
            r["corrected"]["count"],
            *(r["corrected"][key] and 1e6 * r["corrected"][key] for key in ("mean_m", "d50_m")),
        )
        for r in by_depth
    ]
    header = ("depth um", "fragments", "mean um", "d10", "d50", "d90", "at the sides", "at the ends")
    return Table((*header, "count for the box", "its mean um", "its d50"), rows)


def _state_of(volume, phases=None, voxel_size_nm=None, file_axes=None, crop=None):
    from ..mesh.read import read_volume

    return read_volume(volume, phases, voxel_size_nm, axes=file_axes, crop=crop, missing_ok=True)


def _before_of(against=None, **shared):
    return None if against is None else _state_of(against, **shared)


SHARED = {name: part for name, part in VOLUME_PARTS.items() if name != "volume"}
AGAINST = Argument("The state before, with the same phases and voxels.", metavar="VOLUME")
After = Annotated["VoxelGrid", Spread(as_grid, VOLUME_PARTS, _state_of)]  # noqa: F821 (a heavy import)
Before = Annotated[
    "VoxelGrid | None", Spread(as_grid, {"against": (None, AGAINST), **SHARED}, _before_of)  # noqa: F821
]
SplitDepth = Annotated[
    float, Argument("Split where a neck is narrower by 2 D voxels; less gives more.", number(0.0, 100.0), "D")
]
Smallest = Annotated[int, Argument("Voxels below which a piece is no particle or fragment.", whole(1), "N")]
Regions = Annotated[int, Argument("Regions of depth for the sizes.", whole(1, 1000), "N")]


def _extent(given, path):
    """Read a length: a number in m, or a text with its unit."""
    from ..base.lengths import length

    return number(0.0, 1e-2, above=True)(length(given, path), path)


def _um(given, path):
    return number(0.0, 1e4, above=True)(given, path) * 1e-6


SheetExtent = Annotated[
    "float | str",
    Argument("Least extent of a delaminated layer, um.", _extent, "L", "--sheet-extent-um", _um),
]
Draws = Annotated[int, Argument("Bootstrap samples of the comparison.", whole(10, 100000), "N")]
Seed = Annotated[int, Argument("Of the bootstrap.", whole(0), "N")]


@job(voxel_bytes=110)
def particles(
    volume: After,
    against: Before = None,
    *,
    active: Active = "am",
    crack: Crack = None,
    contact: Contact = None,
    pore: Pore = None,
    split_depth: SplitDepth = 1.0,
    smallest: Smallest = 27,
    regions: Regions = 3,
    sheet_extent: SheetExtent = "5 um",
    draws: Draws = 1000,
    seed: Seed = 0,
    progress=None,
) -> ParticlesResult:
    """Measure particles, their cracks and their contacts; compare two states.

    Touching particles are split. Each has volume, diameter, sphericity, depth, neighbours, share of cracks in
    its volume and of its surface in contact with binder. Also fragments and grains over the depth, clusters
    of the binder, void layers parallel to the collector. With a state before, the relative change of each
    figure since then, with 95 % bootstrap intervals over the particles.

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases and a known voxel size (read_volume), or a file or data set with both.
    against : VoxelGrid, str or path, optional
        The state before, with the same phases and voxels.
    active : str
        Phase of the particles.
    crack : str, optional
        Phase of the cracks in them. Default: "crack", where there is one.
    contact : str, optional
        Phase whose contact is measured. Default: "cbd"; without one contact_share is None.
    pore : str, optional
        Phase looked at for delaminated layers. Default: "pore", where there is one.
    split_depth : float
        Split where a neck is narrower by twice as many voxels; less gives more particles.
    smallest : int
        Voxels below which a piece is no particle or fragment.
    regions : int
        Regions of depth for the sizes.
    sheet_extent : float or str
        Least extent of a delaminated layer, m or like "5 um".
    draws : int
        Bootstrap samples of the comparison.
    seed : int
        Of the bootstrap.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ParticlesResult

    Raises
    ------
    InputError
        An unknown phase, no particle of that size, a volume without a voxel size.
    """
    pore = phase_of("pore", pore, volume, against)
    options = {
        "active": active,
        "crack": phase_of("crack", crack, volume, against) or USUAL["crack"],
        "contact": phase_of("contact", contact, volume, against),
        "depth": split_depth,
        "smallest": smallest,
    }
    measured = {"pore": pore, "regions": regions, "extent": sheet_extent, "progress": progress}
    after = _state(volume, options, **measured)
    if against is None:
        return ParticlesResult(after, options)
    _check_voxels(volume, against)
    before = _state(against, options, **measured)
    return ParticlesResult(after, options, before, _change(before, after, draws, seed))


def _check_voxels(after, before):
    """Refuse a state before with other voxels: surfaces, necks and cracks depend on them."""
    sizes = [lengths_nm(grid.voxel_size) for grid in (after, before)]
    if before.sized and sizes[0] != sizes[1]:
        raise InputError(
            f"against: expected a state before with voxels of {sizes[0]} nm, as the volume's, got"
            f" {sizes[1]} nm; resample one of the two."
        )


def _state(grid, options, *, pore, regions, extent, progress):
    from ..shapes.particles import (
        find_particles,
        fragment_labels,
        grain_labels,
        sizes_by_depth,
        state_figures,
    )

    require_size(grid)
    active = options["active"]
    found = find_particles(grid, **options, progress=titled(progress, "particles"))
    grains = grain_labels(grid, active=active, progress=titled(progress, "grains"))
    whole = found.sphericity_error[~found.cut]
    fragments, count = fragment_labels(found.parts, grid.mask(active), options["smallest"])
    figures = {
        "particles": {
            "count": len(found),
            "cut_by_box": int(found.cut.sum()),
            **state_figures(found),
            "mean_sphericity_error": None if found.cut.all() else float(whole.mean()),
        },
        "fragments": {"count": count, "by_depth": sizes_by_depth(fragments, grid, regions=regions)},
        "grains": {"count": int(grains.max()), "by_depth": sizes_by_depth(grains, grid, regions=regions)},
    }
    sheets = _sheets(grid, pore, extent)
    figures |= {
        "binder": _binder(grid, options["contact"]),
        "delaminated": sheets and sheets.rows(),
        "delaminated_share": sheets and sheets.share(),
        "damage": _damage(found, sheets, grid, regions),
    }
    return ParticleState(
        grid, found, figures, {"particles": found.parts, "fragments": fragments, "grains": grains}
    )


def _damage(found, sheets, grid, regions):
    """Cracks beside delamination, by region of depth: [{start_m, end_m, particles, crack_share, delaminated,
    sheets}]; crack_share None without particles."""
    import numpy as np

    edges = np.linspace(0, grid.shape[0] * grid.voxel_size[0], regions + 1)
    depths = np.array([row["depth_m"] for row in sheets.rows()] if sheets else [])
    rows = []
    for start, end in pairwise(edges):
        stop = np.inf if end == edges[-1] else end
        here = (found.depth >= start) & (found.depth < stop)
        volume = float(found.volume[here].sum())
        share = float(found.crack_volume[here].sum()) / volume if volume else None
        place = {"start_m": float(start), "end_m": float(end), "particles": int(here.sum())}
        covered = sheets.share(start, stop) if sheets else 0.0
        count = int(np.count_nonzero((depths >= start) & (depths < stop)))
        rows.append({**place, "crack_share": share, "delaminated": covered, "sheets": count})
    return rows


def _binder(grid, contact):
    """Clusters of the binder, None where the phase is not there."""
    from ..shapes.particles import binder_clusters

    return binder_clusters(grid, contact) if contact in grid.names else None


def _sheets(grid, pore, extent):
    """Void layers, None where the phase is not there."""
    from ..shapes.sheets import void_sheets

    return void_sheets(grid, voids=(pore,), extent=extent) if pore in grid.names else None


def _change(before, after, draws, seed):
    """Relative changes of all figures; those without particles to draw from have no interval."""
    from ..shapes.particles import compare_states

    found = compare_states(before.particles, after.particles, draws=draws, seed=seed)
    for name, pick in (
        ("binder_share_of_largest", lambda f: (f["binder"] or {}).get("share_of_largest")),
        ("delaminated_cross_section", lambda f: f["delaminated_share"] or 0.0),
    ):
        a, b = pick(before.figures), pick(after.figures)
        change = b / a - 1 if a and b is not None else None
        found[name] = {"before": a, "after": b, "relative_change": change, "low": None, "high": None}
    return found
