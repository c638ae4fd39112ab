"""The job generate: a synthetic electrode."""

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.files import make_folder
from ..base.schema import say, whole
from ..base.words import times
from .job import job
from .result import Result, SavedFile, Table

TOLD = {  # key of what was measured -> how the table calls it
    "connected_active_fraction": "active material joined to both faces",
    "percolating_pore_fraction": "pores that go through",
    "crack_share": "cracks in the particles",
    "lost_contact_share": "contact lost",
    "gap_share": "section that the gap crosses",
    "delaminated_share": "section that `particles` finds split",
}
MOST = 1000  # electrodes to choose from
SLABS = 10  # of the depth, for the fractions
SHEET_EXTENT = 5e-6  # m, as of the command particles


@dataclass(frozen=True, repr=False)
class SyntheticResult(Result):
    """A synthetic electrode.

    grid       VoxelGrid with the phases pore, am and cbd, and crack where the recipe has cracks
    recipe     ElectrodeRecipe that it was made from
    particles  int32 [x, y, z]: number of the particle, from 1; 0 outside active material
    measured   what was measured on it: {particles, volume_fraction, connected_active_fraction,
               percolating_pore_fraction, by_depth, binder, crack_share, delaminated_share ...}
    chosen     None, or what it was chosen from: {seed, seeds, D_eff_over_D0}, one entry for each electrode
    grains     int32 [x, y, z]: number of the grain, from 1, where there are cracks; else None
    """

    grid: object
    recipe: object
    particles: object
    measured: dict
    grains: object = None
    chosen: dict | None = None

    has_page: ClassVar = False
    files: ClassVar = {
        "out": SavedFile(
            "save_volume",
            "File to write; its suffix says the format.",
            "VOLUME",
            "volume",
            required=True,
            key="volume",
        ),
        "maps": SavedFile("save_maps", "Folder for label volumes: particles, and grains if cracked.", "DIR"),
    }

    @property
    def title(self):
        return f"{self.grid.source.name}: {times(self.grid.shape)} voxels"

    def numbers(self):
        return {
            "volume": None,
            "shape": self.grid.shape,
            "phases": dict(zip(self.grid.names, self.grid.labels)),
            "volume_fraction": {name: self.grid.fraction(name) for name in self.grid.names},
            "measured": self.measured,
            "chosen": self.chosen,
        }

    def tables(self):
        rows = [
            (name, label, self.grid.fraction(name)) for name, label in zip(self.grid.names, self.grid.labels)
        ]
        told = [
            (name, self.measured[key]) for key, name in TOLD.items() if self.measured.get(key) is not None
        ]
        if self.measured["binder"]:
            told.append(("largest cluster of the binder", self.measured["binder"]["share_of_largest"]))
            told.append(("the same in sections", self.measured["binder"]["share_of_largest_in_sections"]))
        tables = [Table(("phase", "label", "fraction"), rows), Table(("share", "value"), told)]
        if self.chosen:
            rows = list(zip(self.chosen["seeds"], self.chosen["D_eff_over_D0"]))
            tables.append(Table(("seed", "D_eff / D0 through the pores"), rows))
        return tables

    def plot(self):
        """Draw the phases in sections and over the depth."""
        from ..report.figures import phases_figure

        return phases_figure(self.grid)

    def save_volume(self, path):
        """Write the labels as a volume, in the format of the suffix; returns its path."""
        from ..volumes.volume import write_volume

        return write_volume(path, self.grid.phase, voxel_size=self.grid.voxel_size)

    def save_maps(self, folder):
        """Write label volumes of particles, and of grains where there are cracks; returns {label: path}."""
        from ..volumes.volume import write_volume

        make_folder(folder)
        labels = {"particles": self.particles} | ({} if self.grains is None else {"grains": self.grains})
        return {
            f"map of {name}": write_volume(
                Path(folder) / f"{name}.tif", values, voxel_size=self.grid.voxel_size
            )
            for name, values in labels.items()
        }

    def to_xarray(self):
        """Return phases and particles as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        return dataset(self.grid, {"phase": (self.grid.phase, "1"), "particle": (self.particles, "1")})


def _recipe(given, path):
    """Take a recipe as it is; read a file or a dict with the keys of one."""
    from ..base.schema import own_data, section
    from ..generate.recipe import ElectrodeRecipe, load_electrode_recipe

    if isinstance(given, ElectrodeRecipe):
        return given
    if isinstance(given, dict):
        return section(ElectrodeRecipe, own_data(given), "")
    if isinstance(given, (str, PathLike)):
        return load_electrode_recipe(given)
    raise InputError(f"{path}: expected the path of a recipe, or its keys as a dict, got {say(given)}.")


@job
def generate_electrode(
    recipe: Annotated["str | PathLike | dict", Argument("Recipe of the electrode.", _recipe, "RECIPE.yaml")],
    best_of: Annotated[
        int, Argument("Make N, from the recipe's seed on; keep the best by transport.", whole(1, MOST), "N")
    ] = 1,
    progress=None,
) -> SyntheticResult:
    """Generate a synthetic electrode.

    The same recipe gives the same voxels, bit for bit. Of several the one is kept whose pores let most pass
    through the thickness (largest D_eff / D0 along x).

    Parameters
    ----------
    recipe : str, path or dict
        YAML file of the recipe, or its keys: shape, voxel_size_nm, active_fraction, cracks, seed ...
    best_of : int
        How many to make, with the seeds seed, seed + 1, ...
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    SyntheticResult

    Raises
    ------
    InputError
        An unknown key, a value that does not fit the box, a packing that fails.
    """
    if best_of == 1:
        return _made(recipe, progress)
    chosen, passes, seeds = None, [], range(recipe.seed, recipe.seed + best_of)
    for seed in seeds:
        made = _made(replace(recipe, seed=seed), progress)
        passes.append(_passing(made.grid))
        if passes[-1] >= max(passes):
            chosen = made
    told = {"seed": chosen.recipe.seed, "seeds": list(seeds), "D_eff_over_D0": passes}
    return replace(chosen, chosen=told)


def _made(recipe, progress):
    """One electrode of a recipe."""
    from ..generate.synthetic import build_electrode
    from ..mesh.grid import Source, VoxelGrid

    made = build_electrode(recipe, progress)
    source = Source(f"synthetic electrode, seed {recipe.seed}")
    grid = VoxelGrid(made.phase, tuple(made.phases), recipe.voxel_size, tuple(made.phases.values()), source)
    measured = made.measured | _told(grid, recipe)
    return SyntheticResult(grid, recipe, made.particles, measured, made.grains)


def _passing(grid):
    """D_eff / D0 of the pores along x; 0 where they do not go through."""
    from ..transport.tortuosity import solve_tortuosity

    return solve_tortuosity(grid, {"pore": 1.0}, 0).D_eff_over_D0


def _told(grid, recipe):
    """Measure a generated electrode as a segmented one is (info, particles)."""
    from ..shapes.measures import phase_profiles
    from ..shapes.sheets import void_sheets

    depth, fractions = phase_profiles(grid)
    cracks = grid.fraction("crack") if "crack" in grid.names else 0.0
    found = {
        "by_depth": {
            "depth_m": _slabs(depth),
            "volume_fraction": {name: _slabs(values) for name, values in fractions.items()},
        },
        "binder": _binder(grid) if grid.fraction("cbd") else None,
        "crack_share": cracks / (cracks + grid.fraction("am")) if recipe.cracks else None,
        "delaminated_share": None,
    }
    if recipe.delamination:
        sheets = void_sheets(grid, extent=max(SHEET_EXTENT, 2 * recipe.voxel_size))
        found["delaminated_share"] = sheets.share()
    return found


def _slabs(values):
    """Means over slabs of equal depth."""
    import numpy as np

    return [float(part.mean()) for part in np.array_split(np.asarray(values), min(SLABS, len(values)))]


def _binder(grid):
    """Clusters of the binder in the volume, and the mean share of the largest over its sections across z."""
    import numpy as np

    from ..shapes.measures import clusters
    from ..shapes.particles import binder_clusters

    binder = grid.mask("cbd")
    sections = [clusters(binder[:, :, k : k + 1]) for k in range(grid.shape[2])]
    shares = [section.share_of_largest for section in sections if section.voxels.size]
    return binder_clusters(grid) | {"share_of_largest_in_sections": float(np.mean(shares))}
