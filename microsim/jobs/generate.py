"""The job generate: a synthetic electrode."""

from dataclasses import dataclass
from os import PathLike
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.words import times
from .job import job
from .result import Result, SavedFile, Table


@dataclass(frozen=True, repr=False)
class SyntheticResult(Result):
    """A synthetic electrode.

    grid       VoxelGrid with the phases pore, am and cbd, and crack where the recipe has cracks
    recipe     ElectrodeRecipe that it was made from
    particles  int32 [x, y, z]: number of the particle, from 1; 0 outside active material
    measured   what was measured on it, {particles, volume_fraction, connected_active_fraction ...}
    """

    grid: object
    recipe: object
    particles: object
    measured: dict

    has_page: ClassVar = False
    files: ClassVar = {
        "out": SavedFile(
            "save_volume",
            "File to write; its suffix says the format.",
            "VOLUME",
            "volume",
            required=True,
            key="volume",
        )
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
        }

    def tables(self):
        rows = [
            (name, label, self.grid.fraction(name)) for name, label in zip(self.grid.names, self.grid.labels)
        ]
        return [Table(("phase", "label", "fraction"), rows)]

    def plot(self):
        """Draw the phases in sections and over the depth."""
        from ..report.figures import phases_figure

        return phases_figure(self.grid)

    def save_volume(self, path):
        """Write the labels as a volume, in the format of the suffix; returns its path."""
        from ..volumes.volume import write_volume

        return write_volume(path, self.grid.phase, voxel_size=self.grid.voxel_size)

    def to_xarray(self):
        """Return phases and particles as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        return dataset(self.grid, {"phase": (self.grid.phase, "1"), "particle": (self.particles, "1")})


def _recipe(given, path):
    """Take a recipe as it is; read a file or a dict with the keys of one."""
    from ..base.schema import section
    from ..generate.recipe import ElectrodeRecipe, load_electrode_recipe

    if isinstance(given, ElectrodeRecipe):
        return given
    if isinstance(given, dict):
        return section(ElectrodeRecipe, given, "")
    if isinstance(given, (str, PathLike)):
        return load_electrode_recipe(given)
    raise InputError(f"{path}: expected the path of a recipe, or its keys as a dict, got {given!r}.")


@job
def generate_electrode(
    recipe: Annotated["str | PathLike | dict", Argument("Recipe of the electrode.", _recipe, "RECIPE.yaml")],
    progress=None,
) -> SyntheticResult:
    """Generate a synthetic electrode.

    The same recipe gives the same voxels, bit for bit.

    Parameters
    ----------
    recipe : str, path or dict
        YAML file of the recipe, or its keys: shape, voxel_size_nm, active_fraction, cracks, seed ...
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
    from ..generate.synthetic import build_electrode
    from ..mesh.grid import Source, VoxelGrid

    made = build_electrode(recipe, progress)
    source = Source(f"synthetic electrode, seed {recipe.seed}")
    grid = VoxelGrid(made.phase, tuple(made.phases), recipe.voxel_size, tuple(made.phases.values()), source)
    return SyntheticResult(grid, recipe, made.particles, made.measured)
