"""A recipe from grey values to labels: named steps with settings, read from YAML and written back, repeated at will.

    file_axes: zyx                   # optional, as voxel_size_nm: how the file is read
    phases: [pore, cbd, am]          # from dark to bright; label 0, 1, 2
    crack: crack                     # name of the cracks, where a step looks for them; the last label
    steps:
      - curtains: {axis: z, along: y}
      - nlm: {axis: z}
      - pore_back: {axis: z}
      - watershed: {axis: z}
      - cracks: {}

Each step is a frozen dataclass whose fields are its YAML keys. Steps on grey values come before those on labels.
"""

import time
from dataclasses import dataclass, field, replace
from itertools import pairwise, permutations
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..atomic import replacing, write_text
from ..errors import InputError
from ..schema import (
    any_of,
    choice,
    entry,
    flag,
    join,
    number,
    read_yaml,
    say,
    section,
    shown,
    text,
    triple,
    voxel_ranges,
    whole,
)
from . import classifier, pore_back, preparation, segmentation
from .slabs import MEMORY, layers, take
from .stored import sha256_of
from .volume import Volume, check_voxel_size, read_volume

AXIS = choice("x", "y", "z")
SAMPLED = 2_000_000  # voxels of the histograms of the report


@dataclass(frozen=True)
class State:
    """Hold what steps work on: grey values, voxel size (m or None), phases, labels, levels, probability, notes.

    solid: grey values with voids at the void's level, after a pore-back correction; None before
    found: figures of each step for the record
    """

    grey: np.ndarray
    voxel_size: tuple | None
    phases: tuple[str, ...]
    crack: str | None = None
    levels: segmentation.Levels | None = None
    labels: np.ndarray | None = None
    probability: np.ndarray | None = None
    solid: np.ndarray | None = None
    found: dict = field(default_factory=dict)

    @property
    def names(self):
        """Names of the labels, in order."""
        return (*self.phases, self.crack) if self.crack and "cracks" in self.found else self.phases

    @property
    def matter(self):
        """Grey values that belong to the cut face: with the light in voids taken off, where that was done."""
        return self.grey if self.solid is None else self.solid


@dataclass(frozen=True)
class Picture:
    """Hold what the report shows of a step: a section before and after (2-D arrays), and histograms of grey values."""

    step: str
    axis: str
    before: np.ndarray
    after: np.ndarray
    histogram: tuple = ()


# ---- steps on grey values ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crop:
    """Cut out a box, voxels."""

    name: ClassVar[str] = "crop"
    box: dict = entry(voxel_ranges)

    def apply(self, state, store, progress):
        return replace(state, grey=preparation.crop(state.grey, self.box)), {}


@dataclass(frozen=True)
class Align:
    """Take drift back and cut off what not all slices cover."""

    name: ClassVar[str] = "align"
    axis: str = entry(AXIS, default="z")
    region: dict | None = entry(voxel_ranges, default=None)
    neighbours: int = entry(whole(1, 20), default=3)
    keep: bool = entry(flag, default=False)

    def apply(self, state, store, progress):
        drift = preparation.measure_drift(
            state.grey, self.axis, region=self.region, neighbours=self.neighbours, progress=progress
        )
        grey = preparation.take_back(state.grey, self.axis, drift.shifts, store=store, progress=progress)
        grey = grey if self.keep else preparation.crop(grey, drift.box)
        largest = np.abs(drift.shifts).max(0).tolist()
        return replace(state, grey=grey), {
            "shift_voxels": drift.shifts.tolist(), "largest_shift_voxels": largest, "replaced_slices": list(drift.replaced)
        }  # fmt: skip


@dataclass(frozen=True)
class Curtains:
    """Take curtains off each slice."""

    name: ClassVar[str] = "curtains"
    along: str = entry(AXIS)
    axis: str = entry(AXIS, default="z")
    width: int = entry(whole(3, 1001), default=15)
    window: int = entry(whole(0), default=64)

    def apply(self, state, store, progress):
        options = {"width": self.width, "window": self.window, "store": store, "progress": progress}
        return replace(
            state, grey=preparation.remove_curtains(state.grey, self.axis, self.along, **options)
        ), {}


@dataclass(frozen=True)
class Rings:
    """Take rings around the axis of rotation off each slice."""

    name: ClassVar[str] = "rings"
    axis: str = entry(AXIS, default="z")
    width: int = entry(whole(3, 1001), default=9)

    def apply(self, state, store, progress):
        grey = preparation.remove_rings(
            state.grey, self.axis, width=self.width, store=store, progress=progress
        )
        return replace(state, grey=grey), {}


@dataclass(frozen=True)
class Resample:
    """Bring to other voxels."""

    name: ClassVar[str] = "resample"
    voxel_size: tuple = entry(triple(1e-9, 1e-4), units={"nm": 1e9})

    def apply(self, state, store, progress):
        if state.voxel_size is None:
            raise InputError("expected a known voxel size to resample, got none; add --voxel-size-nm.")
        grey, size = preparation.resample(
            state.grey, state.voxel_size, self.voxel_size, store=store, progress=progress
        )
        return replace(state, grey=grey, voxel_size=size), {}


@dataclass(frozen=True)
class Normalise:
    """Give the layers along an axis the same brightness."""

    name: ClassVar[str] = "normalise"
    axis: str = entry(AXIS, default="z")
    window: int = entry(whole(1), default=1)
    anchors: str = entry(choice("bright", "both"), default="bright")

    def apply(self, state, store, progress):
        options = {"window": self.window, "anchors": self.anchors, "store": store, "progress": progress}
        return replace(state, grey=preparation.normalise(state.grey, self.axis, **options)), {}


@dataclass(frozen=True)
class Median:
    """Median filter."""

    name: ClassVar[str] = "median"
    size: int = entry(whole(1, 99), default=3)
    axis: str | None = entry(AXIS, default=None)

    def apply(self, state, store, progress):
        options = {"axis": self.axis, "store": store, "progress": progress}
        return replace(state, grey=preparation.median_denoise(state.grey, self.size, **options)), {}


@dataclass(frozen=True)
class NonLocalMeans:
    """Non-local means."""

    name: ClassVar[str] = "nlm"
    strength: float = entry(number(0, 10, above=True), default=0.8)
    patch: int = entry(whole(1, 15), default=3)
    distance: int = entry(whole(1, 30), default=5)
    axis: str | None = entry(AXIS, default=None)

    def apply(self, state, store, progress):
        options = {
            "patch": self.patch,
            "distance": self.distance,
            "axis": self.axis,
            "store": store,
            "progress": progress,
        }
        grey = preparation.nlm_denoise(state.grey, self.strength, **options)
        return replace(state, grey=grey), {"noise_before": preparation.noise_of(state.grey)}


@dataclass(frozen=True)
class Unsharp:
    """Unsharp mask."""

    name: ClassVar[str] = "unsharp"
    amount: float = entry(number(0, 10), default=0.75)
    radius: float = entry(number(0, 50, above=True), default=1.0)
    axis: str | None = entry(AXIS, default=None)

    def apply(self, state, store, progress):
        options = {"radius": self.radius, "axis": self.axis, "store": store, "progress": progress}
        return replace(state, grey=preparation.unsharp(state.grey, self.amount, **options)), {}


# ---- steps on labels ---------------------------------------------------------------------------------------------


def _thresholds(raw, path):
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: expected a list of grey values, got {say(raw)}; write [48, 130].")
    return tuple(number()(part, f"{path}.{i}") for i, part in enumerate(raw))


@dataclass(frozen=True)
class Threshold:
    """Label by thresholds: found in the flat parts of the image (otsu, li), or given."""

    name: ClassVar[str] = "thresholds"
    method: str = entry(choice("otsu", "li"), default="otsu")
    values: tuple | None = entry(_thresholds, default=None)

    def apply(self, state, store, progress):
        levels = segmentation.phase_levels(
            state.matter, len(state.phases), method=self.method, given=self.values
        )
        labels = segmentation.label_by_thresholds(
            state.matter, levels.thresholds, store=store, progress=progress
        )
        return replace(state, levels=levels, labels=labels, probability=None), {}


@dataclass(frozen=True)
class PoreBackStep:
    """Return shining voxels of voids to pore; labels all voxels."""

    name: ClassVar[str] = "pore_back"
    axis: str = entry(AXIS, default="z")
    method: str = entry(choice("fading", "mixture"), default="fading")
    reverse: bool = entry(flag, default=False)
    fade: float = entry(number(0, 1), default=0.4)
    change: float = entry(number(0.001, 0.9), default=0.2)
    memory: float = entry(number(0.001, 0.9), default=0.2)
    least: float = entry(number(0, 1), default=0.9)

    def apply(self, state, store, progress):
        levels = state.levels or segmentation.phase_levels(state.grey, len(state.phases))
        options = {"fade": self.fade, "change": self.change, "memory": self.memory, "least": self.least}
        options |= {"method": self.method, "reverse": self.reverse}
        done = pore_back.correct(state.grey, self.axis, levels, **options, store=store, progress=progress)
        shares = {
            "before": dict(zip(state.phases, done.before)),
            "after": dict(zip(state.phases, done.after)),
        }
        changed = replace(
            state, levels=done.levels, labels=done.labels, probability=done.probability, solid=done.grey
        )
        return changed, {**shares, "returned_to_void": done.returned}


@dataclass(frozen=True)
class Classify:
    """Label with a classifier trained on painted labels (a volume, 0 not painted, k the k-th phase)."""

    name: ClassVar[str] = "classifier"
    painted: str = entry(text)
    file_axes: str = entry(choice(*map("".join, permutations("xyz"))), default="xyz")
    smallest_scale: float = entry(number(0.3, 50), default=0.7)
    largest_scale: float = entry(number(0.3, 50), default=3.0)
    trees: int = entry(whole(1, 2000), default=60)
    slicing_axis: str | None = entry(AXIS, default=None)
    seed: int = entry(whole(0), default=0)

    def apply(self, state, store, progress):
        painted = read_volume(self.painted, file_axes=self.file_axes).values
        options = {"smallest": self.smallest_scale, "largest": self.largest_scale, "axis": self.slicing_axis}
        trained = classifier.train(
            state.matter, painted, len(state.phases), trees=self.trees, seed=self.seed, **options
        )
        labels, probability = classifier.classify(state.matter, trained, store=store, progress=progress)
        levels = state.levels or _levels_of(state, labels)
        figures = {"accuracy_on_unseen_painted_voxels": trained.accuracy}
        return replace(state, labels=labels, probability=probability, levels=levels), figures


def _levels_of(state, labels):
    """Levels as medians of the labelled voxels."""
    grey, means, spreads, shares = state.matter, [], [], []
    step = max(int(np.cbrt(grey.size / SAMPLED)), 1)
    for k, name in enumerate(state.phases):
        known = np.asarray(grey[::step, ::step, ::step])[np.asarray(labels[::step, ::step, ::step]) == k]
        if known.size == 0:
            raise InputError(f"expected voxels in every phase, got none labelled {name}; paint more of it.")
        means.append(float(np.median(known)))
        spreads.append(max(float(1.4826 * np.median(np.abs(known - means[-1]))), 1e-6))
        shares.append(known.size * step**3 / labels.size)
    between = tuple((a + b) / 2 for a, b in pairwise(means))
    return segmentation.Levels(tuple(means), tuple(spreads), tuple(shares), between)


@dataclass(frozen=True)
class Watershed:
    """Give voxels on blurred edges to the phases on the two sides."""

    name: ClassVar[str] = "watershed"
    axis: str | None = entry(AXIS, default=None)
    steepest: float = entry(number(0, 1), default=0.1)
    smoothing: float = entry(number(0.1, 20), default=0.7)

    def apply(self, state, store, progress):
        options = {"axis": self.axis, "steepest": self.steepest, "smoothing": self.smoothing}
        labels = segmentation.watershed_labels(
            state.grey, state.labels, **options, store=store, progress=progress
        )
        moved = sum(int(np.count_nonzero(a != b)) for a, b in zip(layers(labels, 0), layers(state.labels, 0)))
        return replace(state, labels=labels), {"share_changed": moved / labels.size}


@dataclass(frozen=True)
class Cracks:
    """Look for thin dark cracks in particles."""

    name: ClassVar[str] = "cracks"
    inside: str | None = entry(text, default=None)
    width: int = entry(whole(1, 50), default=4)
    contrast: float = entry(number(0, 1, above=True), default=0.75)
    hull: bool = entry(flag, default=True)

    def apply(self, state, store, progress):
        inside = self.inside or state.phases[-1]
        if inside not in state.phases:
            raise InputError(
                f"expected cracks inside {any_of(state.phases)}, got {inside!r}; name one of the phases."
            )
        options = {"width": self.width, "contrast": self.contrast, "hull": self.hull, "progress": progress}
        active = state.phases.index(inside)
        found = segmentation.find_cracks(state.grey, state.labels, state.levels, active=active, **options)
        labels = np.where(found, np.uint8(len(state.phases)), np.asarray(state.labels))
        solid = np.count_nonzero(labels == active) + np.count_nonzero(found)
        share = np.count_nonzero(found) / solid
        changed = replace(state, labels=labels, crack=state.crack or "crack")
        return changed, {"share_of_particles": share}


GREY = {
    step.name: step
    for step in (Crop, Align, Curtains, Rings, Resample, Normalise, Median, NonLocalMeans, Unsharp)
}
LABELLING = {step.name: step for step in (Threshold, PoreBackStep, Classify)}
REFINING = {step.name: step for step in (Watershed, Cracks)}
STEPS = {**GREY, **LABELLING, **REFINING}


# ---- recipe ------------------------------------------------------------------------------------------------------


def _names(raw, path):
    if not isinstance(raw, list) or len(raw) < 2 or len(set(map(str, raw))) < len(raw):
        raise InputError(
            f"{path}: expected two or more different names from dark to bright, got {say(raw)}; "
            "write [pore, cbd, am]."
        )
    return tuple(text(name, f"{path}.{i}") for i, name in enumerate(raw))


def _steps(raw, path):
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: expected a list of steps, got {say(raw)}; write - nlm: {{axis: z}}, say.")
    found = []
    for i, item in enumerate(raw):
        item = {item: {}} if isinstance(item, str) else item
        if not isinstance(item, dict) or len(item) != 1:
            raise InputError(
                f"{path}.{i}: expected one step with its settings, got {say(item)}; write - nlm: {{axis: z}}."
            )
        name, settings = next(iter(item.items()))
        choice(*STEPS)(name, f"{path}.{i}")
        settings = {"box": settings} if name == "crop" else settings or {}
        found.append(section(STEPS[name], settings, join(f"{path}.{i}", name)))
    return tuple(found)


@dataclass(frozen=True)
class Recipe:
    """Hold the phases from dark to bright, the name of the cracks, the steps, and how the file is to be read: its axes
    and its voxel size (m), None for what the file says."""

    phases: tuple[str, ...] = entry(_names)
    steps: tuple = entry(_steps)
    crack: str | None = entry(text, default=None)
    file_axes: str | None = entry(choice(*map("".join, permutations("xyz"))), default=None)
    voxel_size: tuple | None = entry(triple(1e-9, 1e-4), default=None, units={"nm": 1e9})

    def __post_init__(self):
        order = [0 if s.name in GREY else 1 if s.name in LABELLING else 2 for s in self.steps]
        if order != sorted(order):
            raise InputError(
                f"expected steps on grey values ({', '.join(GREY)}) before those that label ({', '.join(LABELLING)}) and "
                f"those on labels ({', '.join(REFINING)}), got {', '.join(s.name for s in self.steps)}; reorder them."
            )
        if self.crack in self.phases:
            raise InputError(f"expected a name of its own for cracks, got {self.crack}, a phase; rename one.")


def load_recipe(path):
    """Read a recipe from a YAML file; a mistake is one sentence that names the key."""
    return section(Recipe, read_yaml(path) or {}, "")


def recipe_record(recipe):
    """Turn a recipe into plain data, every default written out; load_recipe of it gives the same recipe."""
    steps = []
    for step in recipe.steps:
        settings = step.box if step.name == "crop" else shown(step)
        settings = {key: list(v) if isinstance(v, tuple) else v for key, v in settings.items()}
        if step.name == "align" and step.region:
            settings["region"] = {key: list(v) for key, v in step.region.items()}
        steps.append({step.name: settings})
    size = None if recipe.voxel_size is None else [float(f"{1e9 * h:.9g}") for h in recipe.voxel_size]
    record = {"file_axes": recipe.file_axes, "voxel_size_nm": size, "phases": list(recipe.phases), "crack": recipe.crack,
              "steps": steps}  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}


def save_recipe(path, recipe):
    """Write a recipe as YAML."""
    import io

    from ruamel.yaml import YAML

    yaml, content = YAML(), io.StringIO()
    yaml.default_flow_style = None
    yaml.width = 110
    yaml.dump(recipe_record(recipe), content)
    return write_text(path, content.getvalue())


def run_recipe(recipe, grey, voxel_size=None, *, pictures=True, store=MEMORY, progress=None):
    """Run the steps of a recipe on grey values [x, y, z]: (State, [Picture]).

    Without a step that labels, voxels are labelled by Otsu's thresholds after the steps on grey values.
    voxel_size: edges x, y, z in m, or None; store: where results between steps go; progress: callable or None.
    Raises InputError for input that no step can work on.
    """
    preparation.check_grey(grey)
    steps = list(recipe.steps)
    if not any(step.name in LABELLING for step in steps):
        steps.insert(sum(step.name in GREY for step in steps), Threshold())
    state, shown_ = State(grey, voxel_size, recipe.phases, recipe.crack), []
    for step in steps:
        begun, before = time.perf_counter(), state
        state, figures = step.apply(state, store, progress)
        figures["seconds"] = time.perf_counter() - begun
        key = step.name if step.name not in state.found else f"{step.name} {len(state.found) + 1}"
        state = replace(state, found={**state.found, key: figures})
        if pictures:
            shown_.append(_picture(step, before, state))
    return state, shown_


def _picture(step, before, after):
    axis = getattr(step, "axis", None) or getattr(step, "slicing_axis", None) or "z"
    number_ = "xyz".index(axis)
    label_step = step.name not in GREY
    old = before.labels if label_step and before.labels is not None else before.grey
    new = after.labels if label_step else after.grey
    histograms = () if label_step else (_histogram(old), _histogram(new))
    return Picture(step.name, axis, _middle(old, number_), _middle(new, number_), histograms)


def _middle(values, axis):
    n = values.shape[axis]
    return np.array(take(values, axis, n // 2, n // 2 + 1)).squeeze(axis)


def _histogram(values):
    step = max(int(np.cbrt(values.size / SAMPLED)), 1)
    some = np.asarray(values[::step, ::step, ::step])
    edges = np.linspace(float(some.min()), float(some.max()), 201)
    if some.dtype.kind in "ui":  # whole grey values fall unevenly into bins of another width
        low, high = int(some.min()), int(some.max())
        edges = np.arange(low, high + max((high - low) // 200, 1) + 1, max((high - low) // 200, 1)) - 0.5
    counts, edges = np.histogram(some, edges)
    return counts / counts.sum(), edges


# ---- files -------------------------------------------------------------------------------------------------------


def open_grey(name, *, file_axes="xyz", voxel_size=None, store=MEMORY):
    """Open a grey volume: (values [x, y, z], Volume that says where they are from).

    With a Store that has a folder an npy file is mapped into memory and read piece by piece; everything else is read whole.
    """
    path = Path(str(name))
    if store.folder is not None and path.suffix.lower() == ".npy" and path.is_file():
        mapped = _mapped(path, file_axes, voxel_size)
        if mapped is not None:
            return mapped
    source = read_volume(name, file_axes=file_axes, voxel_size=voxel_size, kind="grey")
    return source.values, source


def _mapped(path, file_axes, voxel_size):
    """The npy file mapped into memory; None for one that is to be refused for a reason that read_volume knows."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError):
        return None
    if values.ndim != 3 or values.dtype.kind not in "uif" or values.dtype.byteorder == ">":
        return None
    values = values.transpose([file_axes.index(axis) for axis in "xyz"])
    size = None if voxel_size is None else check_voxel_size(voxel_size)
    return values, Volume(values, size, str(path), sha256_of([path]), file_axes)


def write_probability(path, probability, names, voxel_size):
    """Write the probability of each phase as a data set of an HDF5 file, with the voxel size (m) as attribute."""
    import h5py

    with replacing(path) as part, h5py.File(part, "w") as file:
        for name, values in zip(names, probability, strict=True):
            data = file.create_dataset(
                name, shape=values.shape, dtype=np.float32, chunks=True, compression="gzip"
            )
            for first in range(0, values.shape[0], 16):
                data[first : first + 16] = values[first : first + 16]
        if voxel_size is not None:
            file.attrs["voxel_size_m"] = voxel_size
    return Path(path)
