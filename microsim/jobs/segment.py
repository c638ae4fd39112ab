"""The job segment: from grey values to labelled phases, with how sure they are."""

from dataclasses import asdict, dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, spread_of, switch
from ..base.errors import InputError
from ..base.memory import require_memory
from ..base.schema import number, whole
from ..base.words import rounded, voxels_of
from .arguments import FILE_AXES, MASK, as_phase_names, axes_order, voxel_lengths
from .job import job
from .result import Result, SavedFile, Table
from .segment_route import Route

FILES = ("labels", "low", "high", "draws", "probability", "shares", "recipe", "report")
SEED = 0  # of the draws: the same grey values give the same ones


@dataclass(frozen=True, repr=False)
class SegmentResult(Result):
    """Labels of a grey-scale volume and how sure they are.

    state        segment.steps.SegmentState: grey values, labels, levels, probability, figures of each step
    pictures     what the report shows of each step
    recipe       segment.recipe.Recipe that gives the same voxels again
    bounds       share of the grey step by which low and high volumes move edges
    with_bounds  save() writes those volumes too
    count        draws of the labels that the grey values allow as well
    given_blur   point spread of the image, voxels; None: fitted
    source, sha256   of the grey volume
    store        keeps the files of a scratch folder as long as the result is there
    """

    state: object
    pictures: list
    recipe: object
    bounds: float
    with_bounds: bool
    count: int
    given_blur: float | None
    source: str
    sha256: str | None
    store: object

    page_in_voxels: ClassVar = True
    files: ClassVar = {
        "out": SavedFile(
            "save",
            "Label volume to write; its suffix says the format.",
            "VOLUME",
            required=True,
            beside=("{stem}.low{suffix}", "{stem}.high{suffix}", "{stem}.draws.h5"),
        ),
        "probability": SavedFile("save_probability", "Write the probability of each phase.", "FILE.h5"),
        "shares": SavedFile(
            "save_shares", "Write the share of each of two phases, for --shares of transport.", "FILE.h5"
        ),
    }

    @property
    def labels(self):
        """The labels [x, y, z]: 0, 1, ... from dark to bright, cracks last; then what is outside a mask."""
        if self.state.sample is None:
            return self.state.labels
        from numpy import uint8, where

        return where(self.state.sample, self.state.labels, uint8(len(self.state.names)))

    @property
    def phases(self):
        """Label of each phase, {"pore": 0, "am": 1}."""
        return {name: label for label, name in enumerate(self.state.names)}

    @property
    def voxel_size(self):
        """Voxel edges (m), or None."""
        return self.state.voxel_size

    @cached_property
    def grid(self):
        """The labels, and their draws, as a volume with named phases, for the other jobs."""
        from ..mesh.grid import Source, grid_from_labels

        source = Source(self.source, self.sha256, doubts=tuple(self.doubts) if self.count else ())
        if self.state.sample is None:
            return grid_from_labels(self.labels, self.phases, self.voxel_size, source).with_draws(
                self.draws()
            )
        from dataclasses import replace

        from ..mesh.mask import OUTSIDE

        names = {**self.phases, OUTSIDE: len(self.phases)}
        return replace(grid_from_labels(self.labels, names, self.voxel_size, source), masked=True)

    def draws(self):
        """Yield label volumes that the grey values allow as well (segment/draws.py)."""
        from ..segment.draws import drawn_labels

        return drawn_labels(self.state, self.bounds, self.count, SEED) if self.count else iter(())

    @cached_property
    def fractions(self):
        """Share of each phase as labelled and with moved edges, {"middle", "low", "high": {name: share}}."""
        from ..segment.certainty import fractions_with_bounds

        found = fractions_with_bounds(self.state, self.bounds)
        return {bound: dict(zip(self.state.names, shares)) for bound, shares in found.items()}

    @cached_property
    def probability(self):
        """Mean probability of the label that a voxel was given by its grey value."""
        from ..segment.certainty import mean_probability

        return mean_probability(self.state)

    @cached_property
    def blur(self):
        """Point spread of an image of two phases, standard deviation in voxels: as given, or fitted."""
        return self._sight.blur

    @cached_property
    def _sight(self):
        from ..segment.shares import sight_of, two_levels

        return sight_of(*two_levels(self.state), self.given_blur)

    @cached_property
    def shares(self):
        """Share of each of two phases in each voxel, {name: float32 [x, y, z]}, less blur and noise."""
        from ..segment.shares import bright_share, two_levels

        grey, noise = self._sight.scaled(two_levels(self.state)[0])
        bright = bright_share(grey, self.blur, noise)
        return dict(zip(self.state.names, (1 - bright, bright)))

    @cached_property
    def doubts(self):
        """What speaks against the labels: uneven brightness, levels that overlap, stray voxels."""
        from ..segment.doubts import doubts

        return doubts(self.state, self.bounds)

    @cached_property
    def bounds_hold(self):
        """Whether nothing was found without which low and high fractions cannot hold the truth."""
        from ..segment.doubts import broken_bounds

        return not broken_bounds(self.state, self.bounds)

    @property
    def title(self):
        return f"{self.source}: {voxels_of(self.labels.shape, self.voxel_size)}"

    def numbers(self):
        from ..segment.recipe import recipe_record

        bounds = {bound: self.fractions[bound] for bound in ("low", "high")}
        return {
            "volume": self.source,
            "shape": list(self.labels.shape),
            "voxel_size_m": self.voxel_size,
            "phases": self.phases,
            "volume_fraction": self.fractions["middle"],
            **self._outside(),
            "bounds": {"moved_by": self.bounds, **bounds, "hold": self.bounds_hold},
            "levels": asdict(self.state.levels),
            "mean_probability": self.probability,
            "doubts": self.doubts,
            "steps": [{"step": name, **figures} for name, figures in self.state.found.items()],
            "recipe": recipe_record(self.recipe),
            "files": {},
            "volume_sha256": self.sha256,
        }

    def _outside(self):
        if self.state.sample is None:
            return {}
        return {"outside_label": len(self.phases), "sample_share": float(self.state.sample.mean())}

    def _refuse_mask(self, option):
        if self.state.sample is not None:
            raise InputError(
                f"{option}: expected a volume without --mask, got one; leave one of the two out."
            )

    def recorded(self, written):
        return {**self.numbers(), "files": {name: written[name] for name in FILES if name in written}}

    def tables(self):
        rows = []
        for name, label in self.phases.items():
            three = [self.fractions[bound][name] for bound in ("middle", "low", "high")]
            rows.append((name, label, three[0], min(three), max(three)))  # the first need not lie in between
        shown = [Table(("phase", "label", "fraction", "least", "most"), rows)]
        for name, figures in self.state.found.items():
            if name.startswith("pore_back"):
                rows = [(when, *figures[when].values()) for when in ("before", "after")]
                shown.append(Table(("pore-back", *figures["before"]), rows))
        levels = self.state.levels
        grey = [f"{rounded(m, 4)} +- {rounded(s, 2)}" for m, s in zip(levels.means, levels.spreads)]
        shown += [f"doubt: {said}" for said in self.doubts]
        if self.state.sample is not None:
            shown.append(f"outside the mask: label {len(self.phases)}, for --mask label={len(self.phases)}")
        shown.append("grey levels: " + ", ".join(f"{n} {g}" for n, g in zip(self.phases, grey)))
        named = ",".join(f"{name}={label}" for name, label in self.phases.items())
        size = "" if self.voxel_size else " --voxel-size-nm H (the image states none)"
        return [*shown, f"for what follows: --phases {named}{size}"]

    def plot(self):
        """Draw grey values and labels in three sections."""
        from ..report.pages import segment as page

        return page.figure(state=self.state)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import segment as page

        self._refuse_mask("--report")
        numbers = self.numbers()
        del numbers["files"]  # the page does not know what is written beside it
        return page.write(folder, state=self.state, pictures=self.pictures, result=numbers)

    def save(self, path):
        """Write the labels, with `with_bounds` the low and high volumes, draws, and the recipe beside them.

        Returns {"labels", "low", "high", "draws", "recipe": path}.
        """
        from ..segment.certainty import bound_volume
        from ..volumes.draws import write_draws
        from ..volumes.volume import write_volume

        path, size = Path(path), {"voxel_size": self.voxel_size}
        stem = path.name.removesuffix(path.suffix)
        written = {"labels": write_volume(path, self.labels, **size)}
        for bound in ("low", "high") if self.with_bounds else ():
            moved = bound_volume(self.state, self.bounds, bound)
            written[bound] = write_volume(path.with_name(f"{stem}.{bound}{path.suffix}"), moved, **size)
        if self.count:
            written["draws"] = write_draws(
                path.with_name(f"{stem}.draws.h5"), self.draws(), **size, doubts=self.doubts
            )
        return written | {"recipe": self._save_recipe(path.with_name(f"{stem}.recipe.yaml"), path)}

    def _save_recipe(self, path, labels):
        """Write the recipe and what speaks against the labels, unless it was read from there and is the
        same."""
        from ..segment.recipe import load_recipe, save_recipe

        same = path in map(Path, self.inputs) and load_recipe(path) == self.recipe
        return path if same else save_recipe(path, self.recipe, labels, self.doubts)

    def save_probability(self, path):
        """Write the probability of each phase as HDF5; returns {"probability": path}."""
        from ..segment.certainty import phase_probabilities
        from ..segment.recipe import write_probability

        self._refuse_mask("--probability")
        likely = phase_probabilities(self.state)
        return {"probability": write_probability(path, likely, self.state.phases, self.voxel_size)}

    def save_shares(self, path):
        """Write the share of each of two phases as HDF5; returns {"shares": path}."""
        from ..segment.recipe import write_probability

        self._refuse_mask("--shares")
        return {"shares": write_probability(path, self.shares.values(), self.shares, self.voxel_size)}

    def to_xarray(self):
        """Return grey values and labels as an xarray.Dataset on x, y, z in m."""
        from .xarray import dataset

        return dataset(self.grid, {"grey": (self.state.grey, "1"), "label": (self.labels, "1")})


def draw_count(given, path):
    """Read how many draws: none, or so many that they say how far apart they lie."""
    count = whole(0, 1000)(given, path)
    if count == 1:
        raise InputError(f"{path}: expected 0, or 2 to 1000 draws, got 1; take 8.")
    return count


Grey = Annotated[
    "str | PathLike | numpy.ndarray",  # noqa: F821 (a heavy import)
    Argument("Grey-scale volume, or a data set's name.", metavar="GREY"),
]
Phases = Annotated[
    "list[str] | str | None", Argument("Phases from dark to bright: pore,cbd,am.", as_phase_names, "NAME,...")
]
RecipeOf = Annotated[
    "str | PathLike | dict | Recipe | None",  # noqa: F821 (segment.recipe)
    Argument("Run these steps instead of those of the options.", None, "FILE.yaml", "--recipe"),
]
Bounds = Annotated[
    float,
    Argument("How far low and high volumes move edges; share of the grey step.", number(0.0, 0.45), "B"),
]
FileAxes = Annotated[str | None, Argument(FILE_AXES, axes_order, "AXES")]
Draws = Annotated[
    int,
    Argument(
        "Volumes to draw that the image allows as well: VOLUME.draws.h5, for --draws of others.",
        draw_count,
        "N",
    ),
]
Blur = Annotated[
    float | None,
    Argument(
        "Point spread of the image for --shares, standard deviation in voxels; default: fitted.",
        number(0.0, 10.0, above=True),
        "S",
    ),
]
Scratch = Annotated[
    "str | PathLike | None",
    Argument("Work in files of this folder, not in memory.", metavar="DIR", writes=()),
]

VOXEL_BYTES = 45  # of memory for each voxel beside the image, as measured


@job
def segment_volume(
    grey: Grey,
    phases: Phases = None,
    *,
    recipe: RecipeOf = None,
    steps: Annotated["dict | Route | None", spread_of(Route)] = None,
    bounds: Bounds = 0.1,
    write_bounds: Annotated[bool, switch("Write the low and high volumes beside VOLUME too.")] = False,
    draws: Draws = 0,
    blur: Blur = None,
    voxel_size: voxel_lengths() = None,
    file_axes: FileAxes = None,
    scratch: Scratch = None,
    mask: Annotated["str | PathLike | dict | numpy.ndarray | None", MASK] = None,  # noqa: F821
    progress=None,
) -> SegmentResult:
    """Turn a grey-scale volume into labelled phases.

    The steps that options name run in the order of the list below, or those of a recipe in its order; either
    way the recipe is written beside VOLUME as NAME.recipe.yaml, and running it again gives the same voxels.
    Labels are 0, 1, ... from dark to bright, cracks last. Low and high volumes, with edges moved to other
    grey values, give each fraction (and all that is computed from them) an error bar.

    Parameters
    ----------
    grey : path or array
        Grey-scale volume [x, y, z], or the name of a data set. What numpy.ma masks is outside the sample.
    phases : list of str
        Phases from dark to bright, ["pore", "cbd", "am"].
    recipe : path, dict or segment.recipe.Recipe, optional
        Phases and steps, in place of `phases` and `steps`.
    steps : dict, optional
        What is done, {"denoise": "nlm", "pore_back": True, "watershed": True}: slicing_axis, crop,
        curtains_along, rings, normalise, align, align_region, crop_after, to_voxel, denoise, unsharp, method,
        thresholds, painted, pore_back, pore_back_method, watershed, cracks, crack_width.
    bounds : float
        Share of the grey step by which low and high volumes move edges.
    write_bounds : bool
        `save` writes the low and high volumes too.
    draws : int
        Volumes to draw that the grey values allow as well, at least 2 (8 give intervals that hold): `grid`
        bears them and jobs on it give intervals; `save` writes them as NAME.draws.h5.
    blur : float, optional
        Point spread of the image that `shares` take back, standard deviation in voxels. Default: fitted.
    voxel_size : float, str or three of them, optional
        Edge of a voxel in m, or with its unit, "50 nm". Wins over the file's.
    file_axes : str
        Axes of the file, slowest first.
    scratch : path, optional
        Folder for files to work in, where memory does not suffice.
    mask : str, path, dict or array, optional
        Which voxels are sample: "cylinder" (along x; "cylinder=z"), "y=4:80,z=4:80", "label=0" (that grey
        value is outside), or a volume, 0 outside. Others, and what numpy.ma masks of an array, are no phase
        and get the label after the last.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    SegmentResult
        `grid` is the volume with named phases for the other jobs.

    Raises
    ------
    InputError
        A volume that cannot be read, steps that mean nothing.
    """
    from ..segment.recipe import run_recipe
    from ..volumes.slabs import scratch_store
    from .segment_input import open_input, recipe_of

    chosen, store = recipe_of(recipe, phases, steps, file_axes), scratch_store(scratch)
    more = bool(draws or write_bounds)
    values, sample, chosen, origin = open_input(grey, chosen, mask, more, store, voxel_size, file_axes)
    if scratch is None:
        remedy = "crop the file, work in files of a folder (--scratch)"
        require_memory(VOXEL_BYTES * values.size, origin.source, remedy)
    options = {"sample": sample, "store": store, "progress": progress}
    state, pictures = run_recipe(chosen, values, origin.voxel_size, **options)
    where = origin.source, origin.sha256
    return SegmentResult(state, pictures, chosen, bounds, write_bounds, draws, blur, *where, store)
