"""Steps from grey values to labels: each a frozen dataclass whose fields are its YAML keys (recipe.py).

`name` is the step's key in a recipe, `title` its name for people; `apply(state, store, progress)` gives the
state after it and its figures.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise, permutations
from typing import ClassVar

import numpy as np

from ..base.errors import InputError
from ..base.schema import any_of, choice, entry, flag, number, say, text, triple, voxel_ranges, whole
from ..volumes.slabs import layers
from ..volumes.volume import read_voxels
from . import classifier, pore_back, preparation, segmentation
from .drift import measure_drift, undo_drift

AXIS = choice("x", "y", "z")
SAMPLED = 2_000_000  # voxels that levels of labels are measured on


@dataclass(frozen=True)
class SegmentState:
    """What steps work on: grey values, voxel size (m or None), phases, labels, levels, probability,
    notes.

    solid: grey values with voids at the void's level, after a pore-back correction; None before
    sample: which voxels are sample, bool [x, y, z]; None: all
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
    sample: np.ndarray | None = None
    found: dict = field(default_factory=dict)

    @property
    def names(self):
        """Names of the labels, in order."""
        return (*self.phases, self.crack) if self.crack and "cracks" in self.found else self.phases

    @property
    def matter(self):
        """Grey values that belong to the cut face: less the light in voids, where that was found."""
        return self.grey if self.solid is None else self.solid


# ---- steps on grey values ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crop:
    """Cut out a box, voxels."""

    name: ClassVar[str] = "crop"
    title: ClassVar[str] = "Crop"
    box: dict = entry(voxel_ranges)

    def apply(self, state, store, progress):
        return replace(state, grey=preparation.crop(state.grey, self.box)), {}


@dataclass(frozen=True)
class Align:
    """Undo drift and crop to what all slices cover."""

    name: ClassVar[str] = "align"
    title: ClassVar[str] = "Drift taken back"
    axis: str = entry(AXIS, default="z")
    region: dict | None = entry(voxel_ranges, default=None)
    neighbours: int = entry(whole(1, 20), default=3)
    keep: bool = entry(flag, default=False)

    def apply(self, state, store, progress):
        drift = measure_drift(
            state.grey, self.axis, region=self.region, neighbours=self.neighbours, progress=progress
        )
        grey = undo_drift(state.grey, self.axis, drift.shifts, store=store, progress=progress)
        grey = grey if self.keep else preparation.crop(grey, drift.box)
        largest = np.abs(drift.shifts).max(0).tolist()
        return replace(state, grey=grey), {
            "shift_voxels": drift.shifts.tolist(),
            "largest_shift_voxels": largest,
            "replaced_slices": list(drift.replaced),
        }


@dataclass(frozen=True)
class Curtains:
    """Remove curtains from each slice."""

    name: ClassVar[str] = "curtains"
    title: ClassVar[str] = "Curtains taken off"
    along: str = entry(AXIS)
    axis: str = entry(AXIS, default="z")
    width: int = entry(whole(3, 1001), default=15)
    window: int = entry(whole(0), default=64)

    def apply(self, state, store, progress):
        options = {"width": self.width, "window": self.window, "store": store, "progress": progress}
        return (
            replace(state, grey=preparation.remove_curtains(state.grey, self.axis, self.along, **options)),
            {},
        )


@dataclass(frozen=True)
class Rings:
    """Remove rings around the axis of rotation from each slice."""

    name: ClassVar[str] = "rings"
    title: ClassVar[str] = "Rings taken off"
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
    title: ClassVar[str] = "Other voxels"
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
    """Equalise the brightness of the layers along an axis."""

    name: ClassVar[str] = "normalise"
    title: ClassVar[str] = "Brightness evened out"
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
    title: ClassVar[str] = "Median filter"
    size: int = entry(whole(1, 99), default=3)
    axis: str | None = entry(AXIS, default=None)

    def apply(self, state, store, progress):
        options = {"axis": self.axis, "store": store, "progress": progress}
        return replace(state, grey=preparation.median_denoise(state.grey, self.size, **options)), {}


@dataclass(frozen=True)
class NonLocalMeans:
    """Non-local means."""

    name: ClassVar[str] = "nlm"
    title: ClassVar[str] = "Non-local means"
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
    title: ClassVar[str] = "Unsharp mask"
    amount: float = entry(number(0, 10), default=0.75)
    radius: float = entry(number(0, 50, above=True), default=1.0)
    axis: str | None = entry(AXIS, default=None)

    def apply(self, state, store, progress):
        options = {"radius": self.radius, "axis": self.axis, "store": store, "progress": progress}
        return replace(state, grey=preparation.unsharp(state.grey, self.amount, **options)), {}


# ---- steps on labels ---------------------------------------------------------------------------------------


def _thresholds(raw, path):
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: expected a list of grey values, got {say(raw)}; write [48, 130].")
    return tuple(number()(part, f"{path}.{i}") for i, part in enumerate(raw))


@dataclass(frozen=True)
class Threshold:
    """Label by thresholds: found in the flat parts of the image (otsu, li), or given."""

    name: ClassVar[str] = "thresholds"
    title: ClassVar[str] = "Labels by thresholds"
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
    title: ClassVar[str] = "Pore-back correction"
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
    title: ClassVar[str] = "Labels by a trained classifier"
    painted: str = entry(text)
    file_axes: str = entry(choice(*map("".join, permutations("xyz"))), default="xyz")
    smallest_scale: float = entry(number(0.3, 50), default=0.7)
    largest_scale: float = entry(number(0.3, 50), default=3.0)
    trees: int = entry(whole(1, 2000), default=60)
    slicing_axis: str | None = entry(AXIS, default=None)
    seed: int = entry(whole(0), default=0)

    def apply(self, state, store, progress):
        painted = read_voxels(self.painted, file_axes=self.file_axes).values
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
    """Assign voxels on blurred edges to the phases on the two sides."""

    name: ClassVar[str] = "watershed"
    title: ClassVar[str] = "Edges by watershed"
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
    title: ClassVar[str] = "Cracks"
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
