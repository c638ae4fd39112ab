"""What was found in a volume's file, what was assumed of it, and how to say otherwise."""

from dataclasses import dataclass, replace
from typing import ClassVar

from ..base.errors import InputError, NotLabels
from ..base.words import lengths_nm, voxels_of
from .result import Result, Table

MOST_LABELS = 64  # of a volume of which nobody says that it is one of labels; more are grey values
SOURCES = {"given": "as given", "data set": "of the data set", "file": "stated in the file"}


def found_table(source, voxel_size, values):
    """Tabulate what is known of a volume's file.

    source      mesh.grid.Source, or volumes.volume.Volume
    voxel_size  edges, m, or None
    values      what stands for its values, words
    """
    of = SOURCES.get(source.size_from, "of the array")
    size = f"{lengths_nm(voxel_size)} nm, {of}" if voxel_size else "not stated"
    rows = [
        ("axes of the file", f"{source.file_axes}, slowest first", "--file-axes"),
        ("voxel size", size, "--voxel-size-nm"),
        values,
    ]
    if source.beside:
        rows.append(("other data", ", ".join(source.beside), "FILE::NAME"))
    return Table(("found", "taken as", "otherwise"), rows)


def found_numbers(source):
    """Return what is known of a volume's file as plain data."""
    return {"voxel_size_from": source.size_from, "other_data": list(source.beside)}


@dataclass(frozen=True)
class GreyVolume:
    """A volume that is no labels, and which of its voxels are sample, None for all."""

    volume: object
    inside: object = None


def labels_or_grey(volume, phases=None, voxel_size=None, *, file_axes=None, mask=None, **more):
    """Read a volume with named phases, or one of grey values where nothing was asked of its labels."""
    from ..mesh.mask import sample_mask
    from ..mesh.read import read_volume
    from ..volumes.filed import FileArray
    from ..volumes.slabs import scratch_store
    from ..volumes.volume import read_voxels

    asked = phases or any(part is not None for name, part in more.items() if name != "scratch")
    try:
        grid = read_volume(volume, phases, voxel_size, axes=file_axes, mask=mask, **more)
        if asked or len(grid.phases) <= MOST_LABELS:
            return grid
    except NotLabels:
        if asked:
            raise
    store = scratch_store(more.get("scratch"))
    given = {"file_axes": file_axes, "voxel_size": voxel_size, "store": store}
    try:
        found = read_voxels(volume, kind="grey", **given)
    except InputError:  # NaN in it
        found = read_voxels(volume, kind="field", **given)
    inside = None if mask is None else sample_mask(mask, found.values, found.voxel_size, found.file_axes)
    if isinstance(found.values, FileArray):
        found = replace(found, values=replace(found.values, keeper=store))
    return GreyVolume(found, inside)


@dataclass(frozen=True, repr=False)
class GreyResult(Result):
    """What a volume of grey values holds.

    volume    volumes.volume.Volume
    figures   range of the values: least, largest, mean, percentiles, count of those that are not numbers
    """

    volume: object
    figures: dict

    has_page: ClassVar = False

    @property
    def grid(self):
        """The volume, whose notes are told beside the result."""
        from types import SimpleNamespace

        return SimpleNamespace(source=self.volume)

    @property
    def title(self):
        volume = self.volume
        return f"{volume.source}: {voxels_of(volume.values.shape, volume.voxel_size)}, grey values"

    def numbers(self):
        volume = self.volume
        return {
            "volume": volume.source,
            "volume_sha256": volume.sha256,
            "file_axes": volume.file_axes,
            "shape": list(volume.values.shape),
            "voxel_size_m": list(volume.voxel_size) if volume.voxel_size else None,
            **found_numbers(volume),
            "grey": self.figures,
        }

    def tables(self):
        f = self.figures
        words = f"{f['type']} from {f['least']:g} to {f['largest']:g}, mean {f['mean']:.6g}"
        row = ("grey values", words, "microsim segment makes labels of them")
        ends = (f["least"], *f["percentiles"].values(), f["largest"])
        header = ("least", "1 %", "50 %", "99 %", "largest", "not a number")
        shares = Table(header, [(*ends, f["not_a_number"])])
        return [found_table(self.volume, self.volume.voxel_size, row), shares]

    def save_case(self, path):
        """Refuse: a case needs labels."""
        raise InputError(
            f"--case: expected labels, got grey values in {self.volume.source}; segment it first (microsim"
            " segment)."
        )

    def plot(self):
        """Draw the grey values in sections."""
        from ..report.section import section_figure

        return section_figure(
            self.volume.values, self.volume.voxel_size or (1e-6,) * 3, title="grey values", z="middle"
        )


def grey_figures(values, inside=None):
    """Measure the range of grey values, of the sample alone where it is given."""
    import numpy as np

    from ..volumes.filed import FileArray

    if isinstance(values, FileArray) and inside is None and values.dtype in (np.uint8, np.uint16):
        return _figures_by_counts(values)
    held = np.asarray(values) if inside is None else values[inside]
    numbers = held[np.isfinite(held)] if held.dtype.kind == "f" else held.ravel()
    if not numbers.size:
        raise InputError("expected numbers in the volume, got none; export it again.")
    low, middle, high = np.percentile(numbers, (1, 50, 99))
    return {
        "type": values.dtype.name,
        "least": numbers.min().item(),
        "largest": numbers.max().item(),
        "mean": float(numbers.mean(dtype=float)),
        "percentiles": {"1": float(low), "50": float(middle), "99": float(high)},
        "not_a_number": int(held.size - numbers.size),
    }


def _figures_by_counts(values):
    """The same of whole numbers that stay in their file, which are counted layer by layer."""
    import numpy as np

    counts = np.zeros(np.iinfo(values.dtype).max + 1, np.int64)
    for layer in values:
        counts += np.bincount(layer.ravel(), minlength=counts.size)
    there, below = np.flatnonzero(counts), np.cumsum(counts)
    between = np.array([0.01, 0.5, 0.99]) * (values.size - 1)
    low, high = (np.searchsorted(below, place(between), side="right") for place in (np.floor, np.ceil))
    marks = low + (between - np.floor(between)) * (high - low)
    return {
        "type": values.dtype.name,
        "least": int(there[0]),
        "largest": int(there[-1]),
        "mean": float(counts @ np.arange(counts.size) / values.size),
        "percentiles": dict(zip(("1", "50", "99"), marks.tolist())),
        "not_a_number": 0,
    }
