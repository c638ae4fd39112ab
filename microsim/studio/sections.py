"""What the studio shows of a volume: what is known of its file, sections, and all of it coarsely for 3D.

Values travel as whole numbers of 16 bits, code = (value - low) / step: exact for labels and grey values of up
to 16 bits, otherwise off by at most `error`. The last code stands for no value.
"""

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError, NotLabels
from ..volumes.formats import files_of, split_name
from ..volumes.volume import read_voxels

NONE = 65535  # code of a voxel without a value
MOST_LABELS = 64  # different whole numbers of a volume that is taken for one of labels
KEPT = 3  # volumes that stay in memory
COARSE = 160  # voxels along the longest edge of the volume in 3D


@dataclass(frozen=True)
class VolumeShown:
    """A volume as it is shown. volume: volumes.volume.Volume; labels: {label: voxels}, {} of other values;
    low, step: of the codes; contrast: ends of the colours."""

    volume: object
    labels: dict
    low: float
    high: float
    step: float
    contrast: tuple

    @property
    def error(self):
        """The most that a value is off by its code."""
        exact = self.volume.values.dtype.kind in "iu" and self.step == 1
        return 0.0 if exact else self.step / 2

    def codes(self, values):
        """Return codes of some values, little-endian 16 bits."""
        found = np.nan_to_num((values.astype(np.float64) - self.low) / self.step, nan=NONE)
        return np.rint(found).astype("<u2")

    def about(self):
        """What a page needs to know, as plain data; lengths in um, those of a volume without a voxel size in
        voxels."""
        volume, size = self.volume, self.volume.voxel_size
        return {
            "shape": list(volume.values.shape),
            "edge_um": [1e6 * edge for edge in size] if size else [1.0, 1.0, 1.0],
            "sized": bool(size),
            "size_from": volume.size_from,
            "file_axes": volume.file_axes,
            "type": volume.values.dtype.name,
            "said": list(volume.said),
            "beside": list(volume.beside),
            "labels": [
                {"label": label, "voxels": n, "fraction": n / volume.values.size}
                for label, n in self.labels.items()
            ],
            "low": self.low,
            "high": self.high,
            "step": self.step,
            "error": self.error,
            "contrast": list(self.contrast),
        }

    def section(self, axis, index):
        """Return the codes of the section across an axis, [a, b] of the other two in order."""
        return self.codes(self.volume.values.take(index, axis=AXES.index(axis)))

    def coarse(self, most=COARSE):
        """Return (codes of every so manieth voxel, that stride): small enough to be turned in a browser."""
        stride = max(1, -(-max(self.volume.values.shape) // most))
        picked = tuple(slice(min(stride // 2, n - 1), None, stride) for n in self.volume.values.shape)
        return self.codes(self.volume.values[picked]), stride


def show(name, voxel_size=None, file_axes=None):
    """Read a volume: labels where it holds few whole numbers, otherwise grey values or a field."""
    given = {"voxel_size": voxel_size, "file_axes": file_axes}
    try:
        volume = read_voxels(name, kind="labels", **given)
        values, counts = np.unique(volume.values, return_counts=True)
        if len(values) <= MOST_LABELS:
            labels = {int(value): int(n) for value, n in zip(values, counts, strict=True)}
            return _ranged(volume, labels)
    except NotLabels:
        pass
    try:
        return _ranged(read_voxels(name, kind="grey", **given), {})
    except InputError:  # NaN in it, or axes of time
        return _ranged(read_voxels(name, kind="field", **given), {})


def _ranged(volume, labels):
    values = volume.values
    numbers = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if not numbers.size:
        raise InputError(f"expected numbers in {volume.source}, got none; export it again.")
    low, high = float(numbers.min()), float(numbers.max())
    whole = values.dtype.kind in "iu" and high - low < NONE
    step = 1.0 if whole else (high - low) / (NONE - 1) or 1.0
    ends = np.percentile(
        numbers[:: max(1, numbers.size // 10**6)] if numbers.ndim == 1 else numbers, (0.5, 99.5)
    )
    return VolumeShown(volume, labels, low, high, step, tuple(float(end) for end in ends))


class Shelf:
    """Volumes that were read, the last few of them; a changed file is read again."""

    def __init__(self, kept=KEPT):
        self.kept, self.shown, self.lock = kept, OrderedDict(), threading.Lock()

    def get(self, name, voxel_size=None, file_axes=None):
        """Return the VolumeShown of a volume."""
        key = (name, voxel_size, file_axes)
        with self.lock:
            stamp = stamp_of(name)
            if key in self.shown and self.shown[key][0] == stamp:
                self.shown.move_to_end(key)
                return self.shown[key][1]
            self.shown.pop(key, None)
            while len(self.shown) >= self.kept:
                self.shown.popitem(last=False)
            found = show(name, voxel_size, file_axes)
            self.shown[key] = (stamp, found)
            return found


def stamp_of(name):
    """What changes when the files of a volume do: names, times, sizes."""
    path, _, _ = split_name(name)
    if not os.path.exists(path):
        return None
    files = [file for one in (path, *files_of(path)) for file in (one.rglob("*") if one.is_dir() else [one])]
    return tuple(
        (str(file), (about := os.stat(file)).st_mtime_ns, about.st_size) for file in sorted(set(files))
    )
