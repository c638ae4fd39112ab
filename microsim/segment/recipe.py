"""A recipe from grey values to labels: named steps with settings, read from YAML and written back, repeated
at will.

    file_axes: zyx                   # optional, as voxel_size_nm: how the file is read
    phases: [pore, cbd, am]          # from dark to bright; label 0, 1, 2
    crack: crack                     # name of the cracks, where a step looks for them; the last label
    steps:
      - curtains: {axis: z, along: y}
      - nlm: {axis: z}
      - pore_back: {axis: z}
      - watershed: {axis: z}
      - cracks: {}
    labels: {sha256: ..., doubts: [...]}   # what they made of one image; no setting

The steps are those of steps.py. Steps on grey values come before those on labels.
"""

import time
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.files import safe_file_names, write_text
from ..base.gallery import located
from ..base.lengths import check_voxel_size
from ..base.schema import choice, entry, join, own_data, read_yaml, say, section, shown, text, triple
from ..volumes.filed import FileArray
from ..volumes.formats import bytes_of
from ..volumes.slabs import MEMORY, take
from ..volumes.stored import sha256_of
from ..volumes.volume import Volume, read_voxels
from . import preparation
from .steps import GREY, LABELLING, REFINING, SAMPLED, STEPS, SegmentState, Threshold

MADE = "labels"  # key of what the steps made of one image, by its hash, and what speaks against it


@dataclass(frozen=True)
class Picture:
    """What the report shows of a step: a section before and after (2-D arrays), and histograms of grey
    values."""

    step: str
    axis: str
    before: np.ndarray
    after: np.ndarray
    histogram: tuple = ()


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
    """The phases from dark to bright, the name of the cracks, the steps, and how the file is to be read: its
    axes and its voxel size (m), None for what the file states, and which voxels are sample (mesh/mask.py)."""

    phases: tuple[str, ...] = entry(_names)
    steps: tuple = entry(_steps)
    crack: str | None = entry(text, default=None)
    file_axes: str | None = entry(choice(*map("".join, permutations("xyz"))), default=None)
    voxel_size: tuple | None = entry(triple(1e-9, 1e-4), default=None, units={"nm": 1e9})
    mask: str | None = entry(text, default=None)

    def __post_init__(self):
        order = [0 if s.name in GREY else 1 if s.name in LABELLING else 2 for s in self.steps]
        if order != sorted(order):
            raise InputError(
                f"expected steps on grey values ({', '.join(GREY)}) before those that label"
                f" ({', '.join(LABELLING)}) and those on labels ({', '.join(REFINING)}), got"
                f" {', '.join(s.name for s in self.steps)}; reorder them."
            )
        if self.crack in self.phases:
            raise InputError(f"expected a name of its own for cracks, got {self.crack}, a phase; rename one.")


def load_recipe(path):
    """Read a recipe from a YAML file; a mistake is one sentence that names the key."""
    return read_recipe(read_yaml(located(path)) or {})


def read_recipe(raw):
    """Read a recipe from plain data; what its steps made of another image is no part of it."""
    asked = {key: value for key, value in raw.items() if key != MADE} if isinstance(raw, dict) else raw
    return section(Recipe, own_data(asked), "")


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
    record = {
        "file_axes": recipe.file_axes,
        "voxel_size_nm": size,
        "phases": list(recipe.phases),
        "crack": recipe.crack,
        "mask": recipe.mask,
        "steps": steps,
    }
    return {key: value for key, value in record.items() if value is not None}


def doubts_in(raw, labels):
    """Return the doubts that a written recipe (plain data) has of a label volume, None where it is of others.

    labels: path. Labels that were changed since, and those of another run of the steps, are others.
    """
    made = raw.get(MADE) if isinstance(raw, dict) else None
    known = isinstance(made, dict) and isinstance(made.get("doubts"), list)
    if not known or made.get("sha256") != sha256_of(bytes_of(labels)):
        return None
    return [str(said) for said in made["doubts"]]


def save_recipe(path, recipe, labels=None, doubts=()):
    """Write a recipe as YAML, with the doubts of the labels (path) that its steps made."""
    import io

    from ruamel.yaml import YAML

    yaml, content = YAML(), io.StringIO()
    yaml.default_flow_style = None
    yaml.width = 110
    made = {MADE: {"sha256": sha256_of(bytes_of(labels)), "doubts": list(doubts)}} if labels else {}
    yaml.dump(recipe_record(recipe) | made, content)
    return write_text(path, content.getvalue())


def run_recipe(recipe, grey, voxel_size=None, *, sample=None, pictures=True, store=MEMORY, progress=None):
    """Run the steps of a recipe on grey values [x, y, z]: (SegmentState, [Picture]).

    Without a step that labels, voxels are labelled by Otsu's thresholds after the steps on grey values.
    voxel_size: edges x, y, z in m, or None; sample: bool [x, y, z], None for all of it; store: where results
    between steps go; progress: callable or None. Raises InputError for input that no step can work on.
    """
    steps = list(recipe.steps)
    if sample is not None:
        _require_shape_kept(steps)
        grey = preparation.beyond_edges(grey, sample)
    grey, extremes = preparation.without_extremes(grey, store=store)
    if not any(step.name in LABELLING for step in steps):
        steps.insert(sum(step.name in GREY for step in steps), Threshold())
    found = {"extremes": {"voxels_brought_in": extremes}} if extremes else {}
    state = SegmentState(grey, voxel_size, recipe.phases, recipe.crack, sample=sample, found=found)
    shown_ = []
    for step in steps:
        begun, before = time.perf_counter(), state
        state, figures = step.apply(state, store, progress)
        figures["seconds"] = time.perf_counter() - begun
        key = step.name if step.name not in state.found else f"{step.name} {len(state.found) + 1}"
        state = replace(state, found={**state.found, key: figures})
        if pictures:
            shown_.append(_picture(step, before, state))
    return state, shown_


def _require_shape_kept(steps):
    moved = [step.name for step in steps if step.name in ("crop", "align", "resample")]
    if moved:
        raise InputError(
            f"--mask: expected steps that keep the voxels in place, got {moved[0]}; do it beforehand."
        )


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


# ---- files -------------------------------------------------------------------------------------------------


def open_grey(name, *, file_axes=None, voxel_size=None, store=MEMORY):
    """Open a grey volume, a file or an array: (values [x, y, z], Volume with their provenance).

    With a Store that has a folder an npy file is read piece by piece, and HDF5 and
    Zarr are laid out there slab by slab; everything else is read whole.
    """
    if getattr(name, "ndim", 0):
        preparation.check_grey(name)
        return _turned(np.asarray(name), file_axes, voxel_size, "array", None)
    path = Path(str(name))
    if store.folder is not None and path.suffix.lower() == ".npy" and path.is_file():
        mapped = _mapped(path, file_axes, voxel_size)
        if mapped is not None:
            return mapped
    source = read_voxels(name, file_axes=file_axes, voxel_size=voxel_size, kind="grey", store=store)
    return source.values, source


def _mapped(path, file_axes, voxel_size):
    """The npy file as it lies; None for one that is to be refused for a reason that read_voxels
    knows."""
    try:
        values = FileArray.of_npy(path)
    except (ValueError, OSError):
        return None
    if values.ndim != 3 or values.dtype.kind not in "uif" or values.dtype.byteorder == ">":
        return None
    return _turned(values, file_axes, voxel_size, str(path), sha256_of([path]))


def _turned(values, file_axes, voxel_size, source, sha256):
    """Values [x, y, z] as they lie in memory or in a file, and their Volume."""
    file_axes = file_axes or "xyz"
    values = values.transpose([file_axes.index(axis) for axis in "xyz"])
    size = None if voxel_size is None else check_voxel_size(voxel_size)
    return values, Volume(values, size, source, sha256, file_axes)


def write_probability(path, probability, names, voxel_size):
    """Write the probability of each phase as a data set of an HDF5 file, with the voxel size (m) as
    attribute."""
    from ..volumes.output import writing_hdf5

    with writing_hdf5(path) as file:
        for name, values in zip(safe_file_names(names).values(), probability, strict=True):
            data = file.create_dataset(
                name, shape=values.shape, dtype=np.float32, chunks=True, compression="gzip"
            )
            data.attrs["axes"] = "xyz"
            for first in range(0, values.shape[0], 16):
                data[first : first + 16] = values[first : first + 16]
        if voxel_size is not None:
            file.attrs["voxel_size_m"] = voxel_size
    return Path(path)
