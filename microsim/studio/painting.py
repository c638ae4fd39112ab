"""Labels that a brush paints on a grey volume, for `segment --method classifier --painted`.

They are a label file beside the volume, 0 where nothing is painted and k for the k-th class, written with
every stroke; only the names of the classes and the strokes that may be taken back are kept apart.
"""

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError
from ..base.files import write_json
from ..base.schema import number, say, whole
from ..volumes.formats import split_name
from ..volumes.volume import read_voxels, write_volume

MOST_CLASSES = 8
MOST_STROKES = 50  # that may be taken back
LARGEST = 200  # radius of a brush, voxels
CLASSES = "classes.json"


def painted_name(name):
    """Return the label file of a volume: grey.painted.tif of grey.tif, a.image.painted.tif of a.h5::image."""
    path, part, _ = split_name(name)
    middle = "" if part is None else "." + part.strip("/").replace("/", "_")
    return str(path.with_name(f"{path.name.removesuffix(path.suffix)}{middle}.painted.tif"))


def disc_voxels(shape, points, radius):
    """Return which pixels [a, b] a round brush touches on its way along points.

    shape: of the section; points: [[a, b], ...] in pixels, whole at their centres; radius: 0 is one pixel.
    Returns bool (shape).
    """
    touched, reach = np.zeros(shape, bool), radius + 0.5
    for begin, end in zip(points, [*points[1:], points[-1]], strict=True):
        low = np.clip(np.floor(np.minimum(begin, end) - reach).astype(int), 0, shape)
        high = np.clip(np.ceil(np.maximum(begin, end) + reach).astype(int) + 1, low, shape)
        box = tuple(map(slice, low, high))
        grid = np.moveaxis(np.indices(high - low, dtype=float), 0, -1) + low - begin
        along = np.subtract(end, begin, dtype=float)
        length = along @ along
        share = np.clip(grid @ along / length, 0, 1) if length else np.zeros(high - low)
        touched[box] |= ((grid - share[..., None] * along) ** 2).sum(axis=-1) <= reach**2
    return touched


@dataclass
class Painted:
    """The painted labels of one volume. values: [x, y, z]; path: of the label file, in its file_axes."""

    path: str
    values: np.ndarray
    voxel_size: tuple | None
    file_axes: str
    strokes: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def counts(self):
        """Painted voxels of each class, from the first."""
        return np.bincount(self.values.ravel(), minlength=MOST_CLASSES + 1)[1:].tolist()

    @property
    def stamp(self):
        """What changes with every stroke."""
        return str(os.stat(self.path).st_mtime_ns) if os.path.exists(self.path) else "0"

    def stroke(self, axis, index, points, radius, label):
        """Paint (label 0: erase) along a way on the section across an axis."""
        axis, index, points, radius, label = self._checked(axis, index, points, radius, label)
        with self.lock:
            layer = np.moveaxis(self.values, axis, 0)[index]
            touched = disc_voxels(layer.shape, points, radius)
            self.strokes = [*self.strokes[1 - MOST_STROKES :], (axis, index, touched, layer[touched])]
            layer[touched] = label
            self._save()

    def undo(self):
        """Take the last stroke back, if there is one."""
        with self.lock:
            if self.strokes:
                axis, index, touched, before = self.strokes.pop()
                np.moveaxis(self.values, axis, 0)[index][touched] = before
                self._save()

    def _checked(self, axis, index, points, radius, label):
        if axis not in AXES or not isinstance(points, list) or not 0 < len(points) <= 10000:
            raise InputError(
                f"expected a way of a brush across x, y or z, got {say(points)} across {say(axis)}."
            )
        place = number(-(10**6), 10**6)
        pairs = [pair if isinstance(pair, list) and len(pair) == 2 else [None] * 2 for pair in points]
        points = [[place(part, "points") for part in pair] for pair in pairs]
        axis = AXES.index(axis)
        index = whole(0, self.values.shape[axis] - 1)(index, "index")
        return (
            axis,
            index,
            points,
            whole(0, LARGEST)(radius, "radius"),
            whole(0, MOST_CLASSES)(label, "label"),
        )

    def _save(self):
        write_volume(self.path, self.values, voxel_size=self.voxel_size, file_axes=self.file_axes)


class Easel:
    """The painted labels of a Place's volumes, each open once for all browsers."""

    def __init__(self, place):
        self.place, self.open, self.lock = place, {}, threading.Lock()

    def get(self, name, shown, file_axes=None):
        """Return the Painted of a volume that is shown (sections.VolumeShown)."""
        path = painted_name(name)
        self.place.inside(path)
        with self.lock:
            if path not in self.open or not os.path.exists(path):
                self.open[path] = self._read(path, shown.volume, file_axes or "xyz")
            return self.open[path]

    def stamps(self):
        """Tell {label file: stamp} of all that are open, so that a page sees what another one painted."""
        return {path: painted.stamp for path, painted in list(self.open.items())}

    def _read(self, path, volume, axes):
        shape, size = volume.values.shape, volume.voxel_size
        if not os.path.exists(path):
            return Painted(path, np.zeros(shape, np.uint8), size, axes)
        values = read_voxels(path, file_axes=axes).values
        if values.shape != shape or values.max() > MOST_CLASSES:
            raise InputError(
                f"expected painted labels of the volume's shape {shape} in {path}, got {values.shape}, up to"
                f" {values.max()}; rename that file."
            )
        return Painted(path, values.astype(np.uint8), size, axes)

    def classes(self, name):
        """Return the names of a volume's classes, from dark to bright."""
        return self._kept().get(painted_name(name), ["pore", "am"])

    def name_classes(self, name, names):
        """Keep the names of a volume's classes."""
        good = isinstance(names, list) and all(isinstance(one, str) and one.isidentifier() for one in names)
        if not good or not 1 < len(set(names)) == len(names) <= MOST_CLASSES:
            raise InputError(
                f"classes: expected 2 to {MOST_CLASSES} different names like pore, got {say(names)}; mend it."
            )
        painted = self.open.get(painted_name(name))
        beyond = painted.counts[len(names) :] if painted else []
        if any(beyond):
            raise InputError(
                f"classes: expected no painted voxels of a class that is dropped, got {sum(beyond)}; erase"
                " them first."
            )
        with self.lock:
            write_json(self.place.own / CLASSES, {**self._kept(), painted_name(name): names})

    def _kept(self):
        try:
            return json.loads(Path(self.place.own / CLASSES).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
