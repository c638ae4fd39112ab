"""What the page of a run shows in sections that slide: its fields over time, its phases, its maps.

Every volume is packed (packing.py) at the finest depth, with as many of the stored times and voxels, as the
page has room for. The page says which; nothing that it shows is off by more than it says.
"""

import base64
import json
from dataclasses import dataclass

import numpy as np

from ..base.quantities import FIELDS, quantity
from ..volumes.fields import read_field, read_hosts, read_names, read_times
from .field_series import choose_times
from .figures import LONG_NAMES
from .map_figures import shown_difference
from .packing import DEPTHS, pack_labels, pack_mask, pack_values
from .style import UM, limits, phase_colours

ROOM, ROOM_PER_VOXEL, MOST_ROOM = 3e6, 14, 20e6  # characters of the page
LEAST_TIMES = 6  # before voxels are left out
SPARSE, BLOCK = 3, 4096  # one block of so many values in three tells what a field takes
OWN_LEVEL = ("phi_s",)  # its level is the cell voltage: colours of one time at a time
TITLES = {"sto": "Simulated lithiation", "phi_s": "Solid potential"}


@dataclass(frozen=True)
class Viewer:
    """What the scripts of a page read: `about`, plain data, and `blobs`, {name: packed text}."""

    about: dict
    blobs: dict

    @property
    def json(self):
        """`about` as JSON that may stand in a page: no text of the user's ends the script."""
        from markupsafe import Markup

        return Markup(json.dumps(self.about).replace("<", "\\u003c"))

    @property
    def words(self):
        """Say what is shown, and how near it is to what is stored."""
        about = self.about
        kept, stored, stride = len(about["times_s"]), about["stored"], about["stride"]
        times = f"All {stored}" if kept == stored else f"{kept} of {stored}"
        voxels = "every voxel" if stride == 1 else f"one voxel in {stride} along each axis"
        maps = sorted({panel["colours"] for panel in about["panels"] if "colours" in panel})
        return (
            f"{times} stored times, {voxels}, fields in {about['bits']} bits: ± is the most that a value is"
            " off from that of fields.h5 (or of the map) by being rounded for this page, not its physical"
            " error."
            " Move the pointer over a section to read all of them at that place, click to move the sliders"
            " there. Maps are shown at the state that was compared, whatever the time. Colours run from the"
            " smallest to the largest value but for the outermost 0.5 %; grey: no value. Colour maps that"
            f" readers of any colour vision can order: {', '.join(maps)} (matplotlib)."
        )


@dataclass(frozen=True)
class Plan:
    """How a run's fields are packed: bits of a value, which stored times, every how manieth voxel."""

    bits: int
    times: tuple
    stride: int


def one_host(path, names):
    """Tell whether sto shows all that lithium would: one material, so that they differ by a factor."""
    return "sto" in names and len({host.sites for host in read_hosts(path).values()}) == 1


def shown_fields(path):
    """List the fields of a file that a page shows, in the order of FIELDS."""
    names = read_names(path)
    return [name for name in FIELDS if name in names and not (name == "lithium" and one_host(path, names))]


def viewer_of(grid, fields_path, comparisons=(), told=(), voltage=None, room=None):
    """Pack a run for its page; return a Viewer.

    grid: VoxelGrid. fields_path: fields.h5. comparisons: [Comparison, or why there is none]; told: what case
    and result say of each, as dicts. voltage: columns of voltage.csv. room: characters that fields may take.
    """
    blobs = {}
    if room is None:
        room = min(MOST_ROOM, ROOM + ROOM_PER_VOXEL * grid.phase.size)
    plan = plan_for(fields_path, room)
    times, steps = read_times(fields_path)
    panels = [_phases(grid, plan.stride, blobs)]
    panels += [_field(fields_path, name, grid.voxel_size, plan, blobs) for name in shown_fields(fields_path)]
    for number, (meta, found) in enumerate(zip(told, comparisons, strict=False), start=1):
        if hasattr(found, "simulated") and hasattr(found, "difference"):
            mark = f" {number}" if len(comparisons) > 1 else ""
            panels[2:2] = _maps(found, meta, mark, f"map{number}", blobs)
    about = {
        "size_um": [UM * n * h for n, h in zip(grid.shape, grid.voxel_size, strict=True)],
        "shape": list(grid.shape),
        "times_s": [float(times[k]) for k in plan.times],
        "steps": [steps[k] for k in plan.times],
        "stored": len(times),
        "stride": plan.stride,
        "bits": plan.bits,
        "panels": panels,
        "colours": {name: _colours(name) for name in {p["colours"] for p in panels if "colours" in p}},
        "curve": _curve(voltage),
    }
    return Viewer(about, blobs)


def plan_for(path, room):
    """Choose the Plan whose fields take at most `room` characters: depth first, then times, then voxels."""
    times, steps = read_times(path)
    everything = tuple(range(len(times)))
    for stride in range(1, 64):
        fields = [_some(path, name, stride, len(times)) for name in shown_fields(path)]
        for bits in DEPTHS if stride == 1 else DEPTHS[-1:]:
            size = sum(_size(field, bits) for field in fields)
            if size * len(times) <= room:
                return Plan(bits, everything, stride)
        fit = int(room // max(size, 1))
        if fit >= min(LEAST_TIMES, len(times)):
            return Plan(bits, tuple(choose_times(times, steps, fit, first=True)), stride)
    return Plan(bits, (len(times) - 1,), stride)


def _some(path, name, stride, count):
    """Values of a field at a few of its `count` times, and how many there are for each of them: [(values,
    share), ...]. Of large fields one block in SPARSE: neighbours stay neighbours."""
    found = []
    for index in sorted({count // 3, 2 * count // 3, count - 1}):
        values = _every(read_field(path, name, index)[0], stride)
        inside = values[np.isfinite(values)]
        blocks = inside.size // (SPARSE * BLOCK)
        some = inside[: blocks * SPARSE * BLOCK].reshape(blocks, SPARSE, BLOCK)[:, 0].ravel()
        found.append((some, inside.size / some.size) if blocks else (inside, 1.0))
    return found


def _size(field, bits):
    """Characters that a field takes at the fullest of a few of its times; at rest it takes few."""
    return max(share * len(pack_values(values, bits).data) for values, share in field)


def _every(values, stride):
    """Keep every so manieth voxel, those in the middle of their block."""
    kept = values[tuple(slice(min(stride // 2, n - 1), None, stride) for n in values.shape)]
    return np.ascontiguousarray(kept)  # so that the rest of the volume is let go


def _place(shape, voxel_size, origin=(0.0, 0.0, 0.0), stride=1):
    """Where a volume lies (um): shape, edge of a (coarse) voxel, corner."""
    return {
        "shape": [int(n) for n in shape],
        "edge_um": [UM * stride * h for h in voxel_size],
        "corner_um": [UM * at for at in origin],
    }


def _phases(grid, stride, blobs):
    labels = _every(grid.phase, stride)
    blobs["phases"] = pack_labels(labels)
    colours = phase_colours(grid.names)
    return {
        "id": "phases",
        "title": "Phases",
        "names": [LONG_NAMES.get(name, name) for name in grid.phases],
        "own_colours": [colours[name] for name in grid.phases],
        "unit": "",
        "blob": "phases",
        **_place(labels.shape, grid.voxel_size, stride=stride),
    }


def _field(path, name, voxel_size, plan, blobs):
    """Pack a field at the times of a plan; return what its panel needs."""
    what = quantity(name)
    volumes = [_every(read_field(path, name, index)[0], plan.stride) for index in plan.times]
    mask = np.any([np.isfinite(values) for values in volumes], axis=0)
    frames = [
        _frame(f"{name}-{index}", values, mask, what.factor, plan.bits, blobs)
        for index, values in zip(plan.times, volumes, strict=True)
    ]
    blobs[f"{name}-mask"] = pack_mask(mask)
    return {
        "id": name,
        "title": TITLES.get(name, what.label),
        "unit": what.shown_unit,
        "colours": what.colours,
        "mask": f"{name}-mask",
        "bits": plan.bits,
        "frames": frames,
        "limits": None if name in OWN_LEVEL else _over(frame["limits"] for frame in frames),
        **_place(mask.shape, voxel_size, stride=plan.stride),
    }


def _frame(blob, values, mask, factor, bits, blobs):
    """Pack a volume [x, y, z] where it has values, as shown: times its factor."""
    inside = factor * values[mask].astype(float)
    packed = pack_values(inside, bits)
    blobs[blob] = packed.data
    low, high, _ = limits(inside)
    return {
        "blob": blob,
        "low": packed.low,
        "step": packed.step,
        "error": packed.error,
        "limits": [float(low), float(high)],
    }


def _over(pairs):
    lows, highs = zip(*pairs, strict=True)
    return [min(lows), max(highs)]


def _maps(found, meta, mark, anchor, blobs):
    """Pack the maps of a comparison: as simulated and seen by the instrument, measured, their difference."""
    what = quantity(meta.get("quantity") or "sto")
    difference, of_difference, limit, _ = shown_difference(found)
    low, high, _ = limits(np.stack([found.simulated, found.measured]))
    shown = (
        ("seen", f"Simulated{mark}, as the instrument sees it", found.simulated, what, (low, high)),
        (
            "measured",
            f"Measured{mark}: {what.label[:1].lower()}{what.label[1:]}",
            found.measured,
            what,
            (low, high),
        ),
        ("difference", f"{of_difference.label}{mark}", difference, of_difference, (-limit, limit)),
    )
    return [
        _map(f"{anchor}-{key}", title, values, one, ends, found, blobs)
        for key, title, values, one, ends in shown
    ]


def _small(label):
    return label[:1].lower() + label[1:]


def _map(key, title, values, what, ends, found, blobs):
    mask = np.isfinite(values)
    frame = _frame(key, values, mask, 1.0, DEPTHS[0], blobs)
    blobs[f"{key}-mask"] = pack_mask(mask)
    return {
        "id": key,
        "title": title,
        "unit": what.shown_unit,
        "colours": what.colours,
        "mask": f"{key}-mask",
        "bits": DEPTHS[0],
        "frames": [frame],
        "limits": [float(end) for end in ends],
        "still": True,
        **_place(values.shape, found.voxel_size, found.origin),
    }


def _colours(name):
    """A colour map of matplotlib as base64 of 256 RGB triples."""
    import matplotlib

    rgb = np.rint(255 * matplotlib.colormaps[name](np.linspace(0, 1, 256))[:, :3]).astype(np.uint8)
    return base64.b64encode(rgb.tobytes()).decode()


def _curve(voltage):
    if voltage is None:
        return None
    return {
        name: [float(f"{v:.7g}") for v in voltage[name]] for name in ("time_s", "voltage_V", "capacity_mAh_g")
    }
