"""The lithiation at the start of a run from a measured map, on the voxels of the case's image.

A measured voxel is large and holds several of ours: each of them has its value (the mean over the overlap,
where it has parts of several). Active material without a value has the mean of its particle. What noise takes
beyond the material's window is brought to its end, and the rest shifted by one number so that the mean stays:

    mean(clip(sto + shift, low, high)) = mean(sto)
"""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.hosts import QUANTITIES
from ..base.schema import choice, entry, text, triple
from .corners import ask_corner, crop_corner
from .keys import MICROMETRES, NANOMETRES, axes_order, voxel_edges

HALVINGS = 60  # of the interval that the shift lies in


@dataclass(frozen=True, kw_only=True)
class InitialMap:
    """A measured map to start from. voxel_size, origin of its corner in the volume (x, y, z), m; mask: file
    of the voxels to use."""

    map: str = entry(text)
    voxel_size: tuple[float, float, float] | None = entry(voxel_edges, units=NANOMETRES, default=None)
    file_axes: str | None = entry(axes_order, default=None)
    quantity: str = entry(choice(*QUANTITIES), default="sto")
    origin: tuple[float, float, float] | None = entry(triple(-1.0, 1.0), units=MICROMETRES, default=None)
    mask: str | None = entry(text, default=None)


def start_from(case, grid, active):
    """Return the lithiation at the start [x, y, z], NaN outside the active material, and a sentence on it.

    case: whose cell.initial_sto is an InitialMap; grid: VoxelGrid; active: {phase: its active material}.
    Raises InputError where the map cannot be that of this electrode.
    """
    from ..maps.map import SocMap, resample_onto
    from ..maps.placing import check_order, placed

    asked, where = case.cell.initial_sto, "cell.initial_sto"
    measured = _read(case, asked, where)
    here = SocMap(np.zeros(grid.shape), grid.voxel_size)
    if asked.origin is None:
        sizes = ((one.values.shape, one.voxel_size) for one in (here, measured))
        ask_corner(crop_corner(case, grid), *sizes, (f"{where}.origin_um, {asked.map}", "[{}]"))
    try:
        check_order(measured, here)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    on_grid = resample_onto(measured, here)
    sto, told = np.full(grid.shape, np.nan), []
    for phase, material in active.items():
        inside = grid.mask(phase)
        found, filled = _filled(_sto_of(on_grid, asked.quantity, material.host), inside, where, phase)
        clipped, share, shift = _in_window(found[inside], material.sto_window, where, material.name)
        sto[inside] = clipped
        told.append((phase, filled, share, shift, float(clipped.mean())))
    return sto, " ".join([_said(asked.map, told), *placed(measured, here)])


def _read(case, asked, where):
    """The measured map as a SocMap, masked, and refused where it is none of lithiation."""
    from ..maps.map import SocMap
    from ..maps.scale import background, check_decimals, check_no_fill, is_lithiation
    from ..volumes.volume import read_voxels

    file = case.locate(asked.map)
    file = f"{file}::sto" if file.endswith(".h5") else file
    found = read_voxels(file, file_axes=asked.file_axes, voxel_size=asked.voxel_size, kind="field")
    if found.voxel_size is None:
        raise InputError(f"{where}: expected a voxel size, {asked.map} gives none; add voxel_size_nm.")
    values = np.array(found.values, float)
    if asked.mask is not None:
        mask = read_voxels(case.locate(asked.mask), file_axes=asked.file_axes).values
        if mask.shape != values.shape:
            raise InputError(
                f"{where}.mask: expected the shape of the map, {values.shape}, got {mask.shape}; give one"
                " on it."
            )
        values[mask == 0] = np.nan
    known = values[np.isfinite(values)]
    if not known.size or not is_lithiation(known):
        middle = f"a median of {np.median(known):.4g}" if known.size else "no value"
        raise InputError(
            f"{where}: expected {asked.quantity} from about 0 to 1, got {middle} in {asked.map}; divide per"
            " cent by 100, or calibrate the map."
        )
    check_decimals(values, asked.map)
    check_no_fill(known, asked.map)
    if said := background(known):
        raise InputError(f"{where}: expected NaN where {asked.map} says nothing; {said.rstrip('.')}.")
    return SocMap(values, found.voxel_size, asked.origin or (0.0, 0.0, 0.0))


def _sto_of(values, quantity, host):
    """Return the lithiation of a quantity (sto, soc, lithium) of a Host."""
    factor, offset = host.line(quantity, "cell.initial_sto.quantity")
    return (values - offset) / factor


def _filled(values, inside, where, phase):
    """Values on a phase, where it has none the mean of its particle, or of all; and the shares of both."""
    from ..shapes.splitting import SMALLEST, split_touching

    known, size = inside & np.isfinite(values), np.count_nonzero(inside)
    if not known.any():
        raise InputError(
            f"{where}: expected a map that lies over the {phase} of the volume, got no measured voxel on it;"
            " correct origin_um, voxel_size_nm or file_axes."
        )
    if known.sum() == size:
        return values, (0.0, 0.0)
    label = split_touching(inside, smallest=SMALLEST)
    count = np.bincount(label[known], minlength=label.max() + 1)
    total = np.bincount(label[known], values[known], minlength=label.max() + 1)
    mean = np.divide(total, count, out=np.full(count.size, values[known].mean()), where=count > 0)
    holes = inside & ~known
    alone = count[label[holes]] == 0
    filled = np.where(holes, mean[label], values)
    return filled, ((~alone).sum() / size, alone.sum() / size)


def _in_window(sto, window, where, name):
    """Return the lithiation within a window with its mean kept, the share that was beyond it, and by how much
    the rest was shifted."""
    (low, high), mean = window, float(sto.mean())
    share = float(np.mean((sto < low) | (sto > high)))
    if not low <= mean <= high:
        raise InputError(
            f"{where}: expected a mean lithiation in the window of {name}, {low:g} to {high:g}, got"
            f" {mean:.4g}; say its quantity (sto, soc or lithium), or calibrate the map."
        )
    if share == 0:
        return sto, 0.0, 0.0
    least, most = low - high, high - low
    for _ in range(HALVINGS):
        shift = (least + most) / 2
        below = np.clip(sto + shift, low, high).mean() < mean
        least, most = (shift, most) if below else (least, shift)
    return np.clip(sto + shift, low, high), share, shift


def _said(file, told):
    """Say in a sentence how much of the start was measured, filled and brought into the window."""
    parts = []
    for phase, (own, alone), share, shift, mean in told:
        said = f"{phase} has a mean sto of {mean:.4f}"
        if own + alone > 0:
            said += f", {1 - own - alone:.1%} of it measured, {own:.1%} filled by the mean of its particle"
            said += f", {alone:.1%} of particles without a value by that of all" if alone else ""
        if share > 0:
            said += f"; {share:.1%} lay beyond the window and was brought to its end, the rest shifted by"
            said += f" {shift:+.2g} so that the mean stays"
        parts.append(said)
    return f"The run starts from {file}: {'; '.join(parts)}."
