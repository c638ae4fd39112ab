"""The voxel grid: which phase fills each voxel, under names instead of numbers, and the box's named faces."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import ndimage

from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..base.lengths import check_voxel_size
from ..base.masked import all_known
from ..base.pairs import voxel_box
from ..base.schema import say, to_number
from ..volumes.filed import FileArray
from .labels import marked
from .named import MOST_NAMED, named_volume, phases_of

# name -> (axis, index along it); x runs from the separator to the current collector
FACES = {"separator": (0, 0), "collector": (0, -1), "y0": (1, 0), "y1": (1, -1), "z0": (2, 0), "z1": (2, -1)}

# share of the voxels in which draws may differ from their segmentation, beside ten times that in which they
# differ from one another (all thresholds may have moved the same way)
STRAY = 0.05
LOST = 0.1  # of a phase's fraction: what joining voxels may add or take without a word


def face_position(face):
    """Look up a named face: its axis and its index (0 or -1) along that axis."""
    if face not in FACES:
        raise InputError(f"expected one of the faces {', '.join(FACES)}, got {face!r}; name one of these.")
    return FACES[face]


def both_sides(array, axis):
    """View the voxels below and above each inner face along `axis`: two arrays, one shorter along it."""
    array, before = np.asarray(array), (slice(None),) * axis_number(axis)
    return array[before + (slice(None, -1),)], array[before + (slice(1, None),)]


def voxel_edges(voxel_size):
    """Turn one edge or three (x, y, z), lengths or ratios, into a tuple of three positive floats."""
    try:
        edges = tuple(float(h) for h in np.broadcast_to(voxel_size, 3))
    except (TypeError, ValueError):
        edges = ()
    if len(edges) != 3 or not all(np.isfinite(h) and h > 0 for h in edges):
        raise InputError(
            f"expected one voxel edge or three (x, y, z), in m and above zero, got {say(voxel_size)}; "
            "correct the size."
        )
    return edges


def seen_edges(shape, voxel_size):
    """Return the edges (m) along the axes of more than one voxel: that across a section is none of its
    image's; all of them where there is one voxel alone."""
    edges = voxel_edges(voxel_size)
    return tuple(h for h, n in zip(edges, shape) if n > 1) or edges


@dataclass(frozen=True)
class Source:
    """Where a grid's voxels come from.

    name       path, or name of the data set
    sha256     of the file's bytes; None for an array
    file_axes  the file's axes, slowest first
    doubts     what speaks against the segmentation that draws of the volume are from, sentences
    size_from  who states the voxel edges: "given", "data set" or "file"; None: nobody
    said       what was taken where the file leaves a choice, and what was lost since, sentences
    beside     other data of the file, as they are written behind ::
    mask       which voxels are sample, in words or as a file's name; None: all
    box        (first, end) of the file's voxels along x, y, z that were kept; None: all
    absent     names of phases that were named and that the volume does not hold
    """

    name: str = "array"
    sha256: str | None = None
    file_axes: str = "xyz"
    doubts: tuple = ()
    size_from: str | None = None
    said: tuple = ()
    beside: tuple = ()
    mask: str | None = None
    box: tuple | None = None
    absent: tuple = ()


@dataclass(frozen=True, repr=False)
class VoxelGrid:
    """A box of voxels with named phases.

        VoxelGrid(labels, {"pore": 0, "am": 255}, "400 nm")

    makes one of a label volume in memory, whatever type its whole numbers (or bool) have; every label must be
    named. What numpy.ma masks is outside the sample. Raises InputError.

    phase       labels [x, y, z] where names have labels; kept as uint8 [x, y, z], index into `names`, in
                memory, or in a file of which parts are read
    names       {name: label}, {name: (label, label)} of labels that are one phase, or without labels the
                names of the phase numbers 0, 1, ... in order; kept as a tuple
    voxel_size  edges (x, y, z) in m, or like "398 nm"; one for cubes; None where unknown
    labels      the number that stood for each name in the volume file (default 0, 1, 2, ...); beside names
                in order, of phase numbers
    source      where the voxels come from
    relative    the edges are ratios and not lengths, as of a volume whose voxel size is unknown
    draws       other VoxelGrids of the same shape that the image allows as well (segment/draws.py): a job on
                this grid is done on each of them too, and gives intervals beside its numbers
    shares      {name: uint8 [x, y, z]}: share of a phase in each voxel, 255 for all of it; None where unknown
    masked      the last name stands for what is outside the sample (mesh/mask.py), and is no phase
    """

    phase: np.ndarray = None
    names: dict[str, int] | tuple[str, ...] = None
    voxel_size: tuple[float, float, float] | None = None
    labels: tuple[int, ...] = None
    source: Source = Source()
    relative: bool = False
    draws: tuple = ()
    shares: dict[str, np.ndarray] | None = None
    masked: bool = False

    def __post_init__(self):
        found = named_volume(self.phase, self.names, self.labels, self.masked)
        for name, value in zip(("phase", "names", "labels", "masked"), found):
            object.__setattr__(self, name, value)
        relative = self.relative or self.voxel_size is None
        edges = 1.0 if self.voxel_size is None else self.voxel_size
        object.__setattr__(self, "relative", relative)
        object.__setattr__(self, "voxel_size", voxel_edges(edges) if relative else check_voxel_size(edges))

    def __repr__(self):
        edges = " x ".join(f"{h * 1e9:g}" for h in dict.fromkeys(self.voxel_size))
        size = f"voxels of {edges} nm" if self.sized else "voxels of unknown size"
        shares = (f"{name} {100 * self.fraction(name):.2f} %" for name in self.phases)
        shape = " x ".join(map(str, self.shape))
        return f"VoxelGrid: {shape} {size}\n  {', '.join(shares)}\n  {self.source.name}"

    def _repr_html_(self):
        from html import escape

        return "<br>".join(escape(line) for line in repr(self).splitlines())

    @property
    def sized(self):
        """Whether the edges are lengths."""
        return not self.relative

    @property
    def shape(self):
        """Number of voxels along x, y, z."""
        return self.phase.shape

    @property
    def voxels(self):
        """Number of voxels."""
        return self.phase.size

    @property
    def phases(self):
        """Names of the phases, without what is outside the sample."""
        return self.names[:-1] if self.masked else self.names

    @property
    def sample(self):
        """Which voxels are sample: bool [x, y, z]."""
        return self.phase < len(self.phases)

    @property
    def sample_share(self):
        """Share of the box that is sample."""
        return float(np.count_nonzero(self.sample) / self.voxels) if self.masked else 1.0

    @property
    def section_area(self):
        """Area of the sample across x, m2; with a mask, of one cross-section all along x."""
        return int(np.count_nonzero(self.sample[0])) * self.face_area("x")

    def layer_shares(self, name):
        """Share of a phase in the sample of each layer along x; NaN in a layer without any."""
        found, whole = (m.sum(axis=(1, 2), dtype=float) for m in (self.mask(name), self.sample))
        return np.divide(found, whole, out=np.full(whole.shape, np.nan), where=whole > 0)

    @property
    def voxel_volume(self):
        """Volume of one voxel, m3."""
        hx, hy, hz = self.voxel_size
        return hx * hy * hz

    def face_area(self, axis):
        """Area of one voxel face whose normal lies along `axis`, m2."""
        return self.voxel_volume / self.voxel_size[axis_number(axis)]

    def code(self, name):
        """Index that stands for the phase `name` in `phase`."""
        if name not in self.names:
            raise InputError(self._unknown(name))
        return self.names.index(name)

    def _unknown(self, name):
        """The sentence on a phase that is not there; where nobody named the labels, how they are named."""
        if len(self.names) > MOST_NAMED:
            return (
                f"expected a phase out of labels, got {name!r} and {len(self.names)} different values in"
                f" {self.source.name}, as grey values are; make labels of them first: microsim segment."
            )
        if self.names == tuple(f"label{label}" for label in self.labels):
            asked = ",".join(f"{name if k == 0 else f'NAME{k + 1}'}={n}" for k, n in enumerate(self.labels))
            return (
                f"expected one of the phases {', '.join(self.names)}, got {name!r}; name the labels, each as"
                f" what it is: --phases {asked}, say."
            )
        return f"expected one of the phases {', '.join(self.names)}, got {name!r}; name one of these."

    def mask(self, *names):
        """Mark the voxels of the named phases: bool [x, y, z]."""
        wanted = np.zeros(256, dtype=bool)
        wanted[[self.code(name) for name in names]] = True
        return marked(self.phase, wanted)

    def fraction(self, name):
        """Volume fraction of a phase, eps[name]; of the sample alone where there is a mask."""
        code = self.code(name)
        found = sum(np.count_nonzero(layer == code) for layer in self.phase)
        return float(found / (np.count_nonzero(self.sample) if self.masked else self.voxels))

    def face(self, name, array):
        """View the layer of `array` [x, y, z] that lies at a named face of the box (see FACES), as 2D."""
        axis, index = face_position(name)
        if np.shape(array) != self.shape:
            raise InputError(
                f"expected an array of the grid's shape {self.shape}, got {np.shape(array)}; give "
                "one value per voxel."
            )
        return array[(slice(None),) * axis + (index,)]

    def crop(self, box, in_file=False):
        """Cut out a box, {"x": (first, end), ...} or "x=0:96,y=4:80" in voxels, end not included; axes left
        out stay whole.

        in_file: voxels that lie in a file stay there.
        """
        keep, box = [slice(None)] * 3, _box(box)
        for axis, bounds in box.items():
            number = axis_number(axis)
            keep[number] = _range(AXES[number], bounds, self.shape[number])
        draws = tuple(draw.crop(box) for draw in self.draws)
        shares = {name: share[tuple(keep)].copy() for name, share in (self.shares or {}).items()}
        corner = [first for first, _ in self.source.box or ((0, 0),) * 3]
        ends = [part.indices(n)[:2] for part, n in zip(keep, self.shape, strict=True)]
        kept = tuple((at + first, at + end) for at, (first, end) in zip(corner, ends, strict=True))
        source = replace(self.source, box=kept) if box else self.source
        stay = in_file and isinstance(self.phase, FileArray)
        voxels = self.phase.part(*keep) if stay else self.phase[tuple(keep)].copy()
        return replace(self, phase=voxels, draws=draws, shares=shares or None, source=source)

    def with_draws(self, draws):
        """Return the grid with label volumes [x, y, z] that its image allows as well."""
        number = np.full(256, 255, np.uint8)
        number[list(self.labels)] = range(len(self.names))
        drawn = tuple(self._draw(number, k, draw) for k, draw in enumerate(draws, 1))
        self._check_drawn(drawn)
        return replace(self, draws=drawn)

    def _check_drawn(self, draws):
        """Refuse draws that are far from the volume beside how far they are from one another."""
        if not draws:
            return
        away = np.mean([np.mean(draw.phase != self.phase) for draw in draws])
        apart = [np.mean(a.phase != b.phase) for a, b in pairwise(draws)]
        by_chance = 1 - sum(self.fraction(name) ** 2 for name in self.names)
        if away > min(by_chance / 2, STRAY + 10 * np.mean(apart) if apart else 1):
            between = f" and {100 * np.mean(apart):.2g} % of them from one another" if apart else ""
            raise InputError(
                f"expected draws of this volume, got some that differ from it in {100 * away:.2g} % of the"
                f" voxels{between}; give those of the segmentation that gave the volume, on its axes."
            )

    def _draw(self, number, k, labels):
        labels = all_known(labels, f"draw {k}")
        phase = number[labels] if labels.size and labels.max() < 256 else np.full(labels.shape, 255, np.uint8)
        if labels.shape != self.shape or phase.max() == 255:
            raise InputError(
                f"expected draws of the volume's shape {self.shape} and labels {self.labels}, got shape "
                f"{labels.shape} and labels up to {labels.max()} in draw {k}; draw from the segmentation that"
                " gave the volume."
            )
        return replace(self, phase=phase, source=replace(self.source, name=f"{self.source.name}, draw {k}"))

    def coarsen(self, factor):
        """Merge factor x factor x factor voxels into one that takes their most frequent phase.

        A tie goes to the phase that is more frequent in the 3 x 3 x 3 coarse voxels around, then to the
        earlier name. Layers thinner than a coarse voxel lose volume. Shares become means.
        """
        factor = _whole_factor(factor)
        if any(n % factor for n in self.shape):
            fitting = tuple(n - n % factor for n in self.shape)
            raise InputError(
                f"expected a shape that {factor} divides, got {self.shape}; crop the volume to "
                f"{fitting} voxels first."
            )
        if factor == 1:
            return self
        best = np.full(tuple(n // factor for n in self.shape), -1.0, dtype=np.float32)
        phase = np.zeros(best.shape, dtype=np.uint8)
        for code in range(len(self.names)):
            share = _block_mean(self.phase == code, factor)
            score = share + np.float32(0.5 / factor**3) * ndimage.uniform_filter(share, 3, mode="nearest")
            phase[score > best + 1e-6] = code
            np.maximum(best, score, out=best)
        draws = tuple(draw.coarsen(factor) for draw in self.draws)
        shares = {
            name: np.rint(_block_mean(share, factor)).astype(np.uint8)
            for name, share in (self.shares or {}).items()
        }
        size = tuple(h * factor for h in self.voxel_size)
        coarse = replace(self, phase=phase, voxel_size=size, draws=draws, shares=shares or None)
        moved = [
            f"{name} {now:.2g} of the volume in place of {then:.2g}"
            for name in self.names
            for then, now in [(self.fraction(name), coarse.fraction(name))]
            if abs(now - then) > LOST * then
        ]
        return coarse.with_note(f"by labels, joining voxels leaves {', '.join(moved)}") if moved else coarse

    def with_note(self, sentence):
        """Return the grid with one more sentence on what was taken or made of its voxels."""
        return replace(self, source=replace(self.source, said=(*self.source.said, sentence)))


def grid_from_labels(labels, phases, voxel_size, source=Source(), relative=False):
    """Make a VoxelGrid from a label volume.

    labels      whole numbers (or bool) [x, y, z]
    phases      {name: label}; every label that occurs must be named, and every named label must occur
    voxel_size  one edge or three (x, y, z), in m or like "398 nm"; None where unknown
    source      where the voxels come from
    relative    the edges are ratios and not lengths
    """
    phase, names, known = phases_of(labels if isinstance(labels, FileArray) else np.asarray(labels), phases)
    return VoxelGrid(phase, names, voxel_size, known, source, relative)


def _box(given):
    """A box to crop to as {axis: (first, end)}; nothing is all of the volume."""
    if given is None or isinstance(given, dict):
        return given or {}
    return voxel_box(given, "crop")


def _whole_factor(given):
    factor = to_number(given, "factor")
    if factor != int(factor) or factor < 1:
        raise InputError(f"expected a whole number from 1 up to coarsen by, got {say(given)}; correct it.")
    return int(factor)


def _range(axis, bounds, size):
    try:
        first, end = (int(b) if b == int(b) else None for b in bounds)
        valid = 0 <= first < end <= size
    except (TypeError, ValueError, OverflowError):
        valid = False
    if not valid:
        raise InputError(
            f"expected a crop along {axis} as (first, end) within 0 and {size}, first below end, got "
            f"{say(bounds)}; correct it."
        )
    return slice(first, end)


def _block_mean(mask, factor):
    nx, ny, nz = (n // factor for n in mask.shape)
    blocks = mask.reshape(nx, factor, ny, factor, nz, factor)
    return blocks.mean(axis=(1, 3, 5), dtype=np.float32)
