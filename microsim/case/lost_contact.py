"""Lost electronic contact as a case gives it: a number, a map, or particle by particle."""

from dataclasses import dataclass

import numpy as np

from ..base.columns import read_two_columns
from ..base.errors import InputError
from ..base.schema import entry, listed, number, say, section, text, whole
from ..base.words import times
from ..cell.contacts import ALL, LostContact
from ..mesh.percolation import connected_to
from .keys import axes_order, share

MOST_OF_A_CONTACT = 0.999999  # that a number or a map may say is lost; what is set off is a particle
KEY = "cell.contact_lost"
LITTLE = 5e-4  # of the active material, which a tenth of a percent does not show


def shares_of_labels(raw, path):
    """Read {label: share} of particles."""
    if not isinstance(raw, dict) or not raw:
        raise InputError(
            f"{path}: expected {{label: share}} of particles, got {say(raw)}; like {{3: 1, 8: 0.5}}."
        )
    return {int(whole(1)(label, path)): share(value, f"{path}.{label}") for label, value in raw.items()}


@dataclass(frozen=True, kw_only=True)
class LostMap:
    """map: file of the share that is lost, on the voxels of the image or of its crop."""

    map: str = entry(text)
    file_axes: str | None = entry(axes_order, default=None)


@dataclass(frozen=True, kw_only=True)
class LostParticles:
    """Particles that have lost contact: {label: share}, or the file of a table of labels and shares, of the
    file `labels`; or a share of the particles, drawn with a seed, which have lost all of it."""

    particles: dict | None = entry(shares_of_labels, default=None)
    table: str | None = entry(text, default=None)
    labels: str | None = entry(text, default=None)
    file_axes: str | None = entry(axes_order, default=None)
    share_of_particles: float | None = entry(number(0.0, 1.0), default=None)
    seed: int = entry(whole(0), default=0)


def read_lost(raw, path):
    """Read what contact is lost: a share, a map of it, or particles."""
    if not isinstance(raw, dict):
        return number(0.0, MOST_OF_A_CONTACT)(raw, path)
    if raw.get("map") is not None:
        return section(LostMap, raw, path)
    found = section(LostParticles, raw, path)
    ways = [key for key in ("particles", "table", "share_of_particles") if getattr(found, key) is not None]
    if len(ways) != 1:
        raise InputError(
            f"{path}: expected one of map, particles, table, share_of_particles, got"
            f" {listed(ways) or 'none'}; give one."
        )
    if ways != ["share_of_particles"] and found.labels is None:
        raise InputError(
            f"{path}.labels: expected the file that the labels are of, got none; add it (microsim particles"
            " --save-maps writes one)."
        )
    return found


def lost_contact(case, grid, active, conducting):
    """Return what the cell takes as contact_lost from the start, and sentences on it.

    grid: VoxelGrid of a case; active: its phases of active material, {name: c_s_max (mol m-3)}; conducting:
    names of all that electrons pass.
    """
    asked = case.cell.contact_lost
    if not isinstance(asked, (float, int, LostMap, LostParticles)):
        return 0.0, ()
    if isinstance(asked, (float, int)):
        return asked or case.cell.cbd.contact_lost, ()
    found = contact_of(case, grid, active, asked)
    said = () if isinstance(asked, LostMap) else (told_of_particles(found, grid, active, conducting),)
    return found, said


def contact_of(case, grid, active, asked):
    """Return the LostContact of a LostMap, voxel by voxel, or of LostParticles, by the particle."""
    inside = grid.mask(*active)
    if isinstance(asked, LostMap):
        return _of_map(_on_grid(case, grid, asked.map, asked.file_axes, "field"), inside)
    label = np.where(inside, _labels(case, grid, asked, active), 0)
    shares = _shares(case, asked, np.unique(label[label > 0]))
    lost = np.zeros(int(label.max(initial=0)) + 1)
    lost[list(shares)] = list(shares.values())
    return LostContact(lost, label, True)


def told_of_particles(found, grid, active, conducting):
    """Say how many particles have lost contact and how many of them no path joined to the collector anyway,
    and how many particles and how much of the material take no part: what only a lost one joined falls away
    too."""
    known = _particles(found, grid.mask(*active))
    lost = known[found.share[known] > 0]
    whole = connected_to(grid.mask(*conducting), "collector") & grid.mask(*active)
    left = connected_to(grid.mask(*conducting) & (found.of_voxels < ALL), "collector") & grid.mask(*active)
    before = np.count_nonzero(~np.isin(lost, _particles(found, whole)))
    partly = np.count_nonzero(found.share[lost] < ALL)
    said = f"{lost.size} of {known.size} particles have lost electronic contact"
    said += f", {partly} of them part of it" if partly else ""
    said += f"; {before} of them no path joined to the collector before" if before else ""
    apart = known.size - _particles(found, left).size
    held, holding = (_held(grid, active, mask) for mask in (True, left))
    share = f"{1 - holding / held:.1%} of the active material"
    if apart:
        return f"{said}; {apart} in all take{'s' * (apart == 1)} no part, {share}."
    return f"{said}; {share} takes no part." if holding < (1 - LITTLE) * held else f"{said}."


def _held(grid, active, mask):
    """Lithium sites of active material in a mask (mol m-3, times voxels)."""
    return sum(c * np.count_nonzero(grid.mask(name) & mask) for name, c in active.items())


def _particles(found, mask):
    """Labels of the particles that have a voxel in a mask."""
    known = np.unique(found.group[mask])
    return known[known > 0]


def _of_map(values, inside):
    found = np.where(inside, np.nan_to_num(values), 0.0)
    if found.min() < 0 or found.max() > 1:
        raise InputError(
            f"{KEY}.map: expected shares from 0 to 1, got {found.min():.4g} to {found.max():.4g}; divide per"
            " cent by 100."
        )
    return LostContact(np.minimum(found, MOST_OF_A_CONTACT), inside.astype(np.int8), False)


def _labels(case, grid, asked, active):
    """The particle of each voxel of active material, 0 elsewhere."""
    if asked.labels is None:
        from ..shapes.splitting import label_particles

        return label_particles(grid, active)
    label = _on_grid(case, grid, asked.labels, asked.file_axes, "labels")
    return np.where(grid.mask(*active), np.asarray(label, np.int64), 0)


def _shares(case, asked, known):
    """{label: share that is lost} of what is asked for; known: labels of particles."""
    if asked.share_of_particles is not None:
        count = round(asked.share_of_particles * known.size)
        drawn = np.random.default_rng(asked.seed).permutation(known)[:count]
        return dict.fromkeys(drawn.tolist(), ALL)
    shares = asked.particles
    if shares is None:
        table = read_two_columns(
            case.locate(asked.table), "the label of a particle and the share that it lost"
        )
        shares = {}
        for row, label, value in zip(table.line, table.x, table.y):
            where = f"{asked.table}, line {row}"
            if whole(1)(float(label), where) in shares:
                raise InputError(
                    f"{where}: expected each label once, got {label:g} again; keep one of the two."
                )
            shares[int(label)] = share(float(value), where)
    missing = [label for label in shares if label not in known]
    if missing:
        raise InputError(
            f"{KEY}: expected labels of particles of the volume, got {listed(missing[:8])}, which"
            f" {asked.labels} does not have there (it has {known.size}, from {known.min()} to"
            f" {known.max()}); correct them."
        )
    return shares


def _on_grid(case, grid, file, file_axes, kind):
    """Read a volume on the voxels of a case's image, or of its crop."""
    from ..volumes.volume import read_voxels
    from .made_volume import read_image

    volume = case.volume
    if file_axes is None and (volume.file_axes or "xyz") != "xyz":
        raise InputError(f"{KEY}.file_axes: expected the order of the axes of {file}, got none; add it.")
    found = read_voxels(case.locate(file), file_axes=file_axes, **({"kind": kind} if kind == "field" else {}))
    whole_image = read_image(case).values.shape
    if found.values.shape not in (grid.shape, whole_image) or volume.coarsen > 1:
        raise InputError(
            f"{KEY}: expected {file} on the voxels of the image, {times(whole_image)}, or of its crop,"
            f" {times(grid.shape)} (not coarsened), got {times(found.values.shape)}; make it on these voxels."
        )
    box = tuple(slice(*(volume.crop or {}).get(axis, (None,))) for axis in "xyz")
    return found.values if found.values.shape == grid.shape else found.values[box]
