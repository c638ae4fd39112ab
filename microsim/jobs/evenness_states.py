"""The pieces of a volume on the voxels of a map, and what one map says of them."""

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from ..base.words import times as spelled
from ..maps.by_particle import labels_on
from ..maps.evenness import (
    depth_regions,
    groups_of,
    pieces_of,
    profile,
    relation,
    size_classes,
    spread_with_intervals,
    within_owners,
)
from ..maps.independence import native_voxels
from ..maps.map import SocMap, resample_onto
from ..maps.placing import check_order, lies_on, placed
from ..maps.scale import background, strays
from ..mesh.percolation import connected_to
from ..shapes.particles import find_particles, fragment_labels, grain_labels
from ..shapes.sections import equal_diameter, section_thickness
from ..shapes.splitting import surface_reached
from .map_remarks import interpolated_remark, too_alike, without_noise
from .map_series import usable_noise, voxels_in_native

LAYERS, DISTANCES = 40, 24  # bins, at most
LEFT_OUT = 0.01  # share of the particles' volume that may be without a value unsaid


@dataclass(frozen=True, eq=False)
class PieceVolume:
    """The pieces of a volume.

    grid       VoxelGrid; inside: its voxels of active material
    labels     {particles, fragments, grains: int [x, y, z]}
    about      {kind: {name: column}}: volume_m3, diameter_m, depth_m, crack_share, cut_by_box, particle
    distance   to the surface that electrolyte reaches [x, y, z], m; None where it reaches none
    """

    grid: object
    inside: np.ndarray = field(repr=False)
    labels: dict = field(repr=False)
    about: dict = field(repr=False)
    distance: np.ndarray | None = field(repr=False)

    def columns(self, seen):
        """Return {kind: {name: column}} with what each map says: lists of columns."""
        found = {}
        for kind, about in self.about.items():
            found[kind] = {name: _plain(values) for name, values in about.items()}
            for name in seen[0][kind]:
                found[kind][name] = [_plain(one[kind][name]) for one in seen]
        return found


def pieces_of_volume(grid, active, crack, split_depth, smallest, wet, progress=None):
    """Return the PieceVolume of a VoxelGrid; wet: phases that electrolyte fills."""
    how = {"active": active, "crack": crack, "contact": None, "depth": split_depth, "smallest": smallest}
    found = find_particles(grid, **how, progress=progress)
    solid = grid.mask(active)
    labels = {
        "particles": np.where(solid, found.parts, 0),
        "fragments": fragment_labels(found.parts, solid, smallest)[0],
        "grains": grain_labels(grid, active=active, progress=progress),
    }
    cracks = np.concatenate([[np.nan], found.crack_share])
    about = {kind: _about(values, found.parts, grid, cracks) for kind, values in labels.items()}
    reached = connected_to(grid.mask(*wet), "separator")
    distance = surface_reached(reached, grid.voxel_size) if reached.any() else None
    return PieceVolume(grid, solid, labels, about, distance)


def _about(labels, parts, grid, cracks):
    """Columns of the pieces of a label array; cracks: share of each particle's volume, from number 0 on."""
    count = int(labels.max())
    voxels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    x = np.broadcast_to(((np.arange(grid.shape[0]) + 0.5) * grid.voxel_size[0])[:, None, None], grid.shape)
    depth = np.bincount(labels.ravel(), x.ravel(), count + 1)[1:] / np.maximum(voxels, 1)
    owner = np.zeros(count + 1, np.int64)
    owner[labels.ravel()] = parts.ravel()
    edges = [
        np.take(labels, end, axis).ravel() for axis in range(3) for end in (0, -1) if grid.shape[axis] > 1
    ]
    volume = voxels * grid.voxel_volume
    return {
        "volume_m3": volume,
        "diameter_m": equal_diameter(volume, section_thickness(grid.shape, grid.voxel_size)),
        "depth_m": depth,
        "cut_by_box": np.isin(np.arange(1, count + 1), np.unique(np.concatenate(edges))),
        "particle": owner[1:],
        "crack_share": cracks[owner[1:]],
    }


def measure_state(structure, state, sigma, *, origin, regions, classes, native=None):
    """Return what a StateMap says of a PieceVolume, as plain data, and the columns of its pieces.

    native: edges of the voxels in which was measured (m, one or x, y, z), or None where they are the map's.
    """
    grid, sigma = structure.grid, _noise(state, sigma)
    values = state.values if sigma is None else np.where(np.isfinite(sigma), state.values, np.nan)
    here, box = SocMap(values, state.voxel_size, origin), SocMap(structure.inside, grid.voxel_size)
    check_order(here, box)
    labels = {
        kind: labels_on(one, SocMap(one, grid.voxel_size), here) for kind, one in structure.labels.items()
    }
    known = np.isfinite(values) & (labels["particles"] > 0)
    if not known.any():
        raise InputError(
            f"expected values of {state.name} in the particles, got none in {spelled(values.shape)} voxels"
            f" from {', '.join(f'{1e6 * o:g}' for o in origin)} um; check its origin, axes and voxel size."
        )
    repeats = _repeats(values, sigma, known, native, state) if state.run is None else 1.0
    pieces = {
        kind: pieces_of(values, sigma, one, len(structure.about[kind]["volume_m3"]), repeats)
        for kind, one in labels.items()
    }
    columns = _columns(structure, pieces)
    told = {
        **state.origin(),
        "simulated": state.run is not None,
        "noisy": sigma is not None,
        **_whole(values, sigma, known, repeats),
        **{kind: spread_with_intervals(one) for kind, one in pieces.items()},
        "groups": _groups(structure, pieces, regions, classes),
        "relations": _relations(structure, pieces, columns),
        "remarks": [
            *_said(structure, state, pieces, values[known], sigma if native is None else None),
            *without_noise(state.name, state.values, sigma),
            *_alike(state, values, sigma, known, native),
            *_strays(state, values[known], None if sigma is None else sigma[known]),
            *(placed(here, box) or _lies(values, labels["particles"])),
        ],
        **_profiles(structure, state, here, np.where(known, values, np.nan), sigma, repeats),
    }
    return _without_nan(told), columns


def _said(structure, state, pieces, values, sigma):
    """Sentences on what of a measured map would make its spreads those of something else."""
    if state.run is not None:
        return []
    told = [background(values, f"the voxels of {state.name} in particles")]
    volume, seen = structure.about["particles"]["volume_m3"], pieces["particles"].seen
    if volume[~seen].sum() > LEFT_OUT * volume.sum():
        told.append(
            f"{state.name} has no value in {np.count_nonzero(~seen)} of {seen.size} particles,"
            f" {100 * volume[~seen].sum() / volume.sum():.0f} % of their volume: means and spreads are of the"
            " others alone."
        )
    noise = 0.0 if sigma is None else float(np.sqrt(np.nanmean(pieces["particles"].noise)))
    if noise > values.std():
        told.append(
            f"The noise of {state.name}, {noise:.3g}, is more than its values in particles differ at all,"
            f" {values.std():.3g}: it is overstated, and spreads with it taken off say nothing."
        )
    return [one for one in told if one]


def _strays(state, values, sigma):
    """Say where a measured map has hot or dead pixels, of which one moves the mean of its particle."""
    told = "" if state.run is not None else strays(values, sigma, f"voxels of {state.name} in particles")
    return [told] * bool(told)


def _lies(values, particles):
    """Say where a map lies on the particles hardly more often than by chance."""
    return lies_on(values, np.where(particles > 0, 1.0, np.nan), "the volume")


def _alike(state, values, sigma, known, native):
    """Say where a measured map was interpolated, or smoothed, and what that does to its spreads."""
    if state.run is not None or sigma is None:
        return
    ratio = too_alike(*(np.where(known, one, np.nan) for one in (values, sigma)))
    if ratio is not None:
        yield (
            interpolated_remark(state.name, ratio)
            if native is None
            else (
                f"Spreads within pieces of {state.name} are of interpolated values, the noise taken off them"
                " is that of measured ones: they come out small."
            )
        )


def _noise(state, given):
    sigma = state.sigma if given is None else given
    if sigma is None:
        return None
    sigma = np.broadcast_to(np.asarray(sigma, float), np.shape(sigma) or state.values.shape)
    if sigma.shape != state.values.shape:
        raise InputError(
            f"--sigma: expected a map in the shape of {state.name}, {spelled(state.values.shape)}, got"
            f" {spelled(sigma.shape)}; give one for each map."
        )
    return usable_noise(sigma, state.values, state.name)


def _repeats(values, sigma, known, native, state):
    """Voxels that one measured value fills."""
    if native is not None and sigma is None:
        raise InputError(
            f"--native-voxel-size-nm: expected maps with a noise, got none with {state.name}; add --sigma, or"
            " leave it out."
        )
    seen = native_voxels(np.where(known, values, np.nan))[0].max() + 1
    return max(float(np.count_nonzero(known) / seen), voxels_in_native(native, state.voxel_size))


def _whole(values, sigma, known, repeats):
    v, n = values[known], np.count_nonzero(known) / repeats
    noise = 0.0 if sigma is None else float(np.mean(sigma[known] ** 2))
    clean = float(np.sqrt(max(v.var() - noise, 0.0)))
    error = None if sigma is None else float(np.sqrt(noise / n))
    return {"voxels": int(v.size), "mean": float(v.mean()), "sigma": error, "std": clean}


def _columns(structure, pieces):
    """What a map says of each piece: {kind: {name: column}}."""
    found = {
        kind: {"mean": one.mean, "sigma": one.sigma, "std_within": one.std_within, "voxels": one.voxels}
        for kind, one in pieces.items()
    }
    count = len(structure.about["particles"]["volume_m3"])
    for kind in ("fragments", "grains"):
        owner = structure.about[kind]["particle"] - 1
        names = f"std_between_{kind}", f"std_within_{kind}"
        found["particles"] |= dict(zip(names, within_owners(pieces[kind], owner, count)))
    return found


def _groups(structure, pieces, regions, classes):
    length = structure.grid.shape[0] * structure.grid.voxel_size[0]
    found = {}
    for kind, one in pieces.items():
        about = structure.about[kind]
        more = {"crack_share": about["crack_share"], "diameter_m": about["diameter_m"]}
        of_size, sizes = size_classes(about["diameter_m"], classes)
        of_depth, depths = depth_regions(about["depth_m"], length, regions)
        found[kind] = {
            "by_size": groups_of(one, of_size, sizes, **more),
            "by_depth": groups_of(one, of_depth, depths, **more),
        }
    return found


def _relations(structure, pieces, columns):
    """Rank correlations of what the pieces hold with what they are."""
    found = {}
    for kind, one in pieces.items():
        about = structure.about[kind]
        for name, key in (("volume", "volume_m3"), ("depth", "depth_m"), ("crack share", "crack_share")):
            found[f"mean of {kind} with {name}"] = relation(about[key], one.mean)
    of, about = columns["particles"], structure.about["particles"]
    for name, key in (
        ("unevenness between grains", "std_between_grains"),
        ("unevenness within grains", "std_within_grains"),
        ("unevenness within particles", "std_within"),
    ):
        found[f"{name} with mean"] = relation(of["mean"], of[key])
        found[f"{name} with crack share"] = relation(about["crack_share"], of[key])
    return found


def _profiles(structure, state, here, values, sigma, repeats):
    """By depth, and by distance to the surface that electrolyte reaches."""
    n = values.shape[0]
    layers = min(n, LAYERS)
    length = n * here.voxel_size[0]
    x = np.broadcast_to(((np.arange(n) + 0.5) * here.voxel_size[0])[:, None, None], values.shape)
    by_depth = profile(values, sigma, x, length / layers, layers, repeats)
    by_depth["place_m"] = [place + here.origin[0] for place in by_depth["place_m"]]
    distance = _distances(structure, state, here)
    by_distance = None
    if distance is not None and np.isfinite(distance[np.isfinite(values)]).any():
        known = np.where(np.isfinite(values), distance, np.nan)
        edge = max(min(structure.grid.voxel_size), min(here.voxel_size))
        count = int(np.clip(np.ceil(np.nanmax(known) / edge), 1, DISTANCES))
        width = max(float(np.nanmax(known)) / count, 1e-12)
        by_distance = profile(values, sigma, known, width, count, repeats)
    return {"by_depth": by_depth, "by_distance_to_surface": by_distance}


def _distances(structure, state, here):
    """Distance to the surface on the map's voxels (m); None where electrolyte reaches none."""
    from ..volumes.fields import read_field, read_names

    grid, distance = structure.grid, structure.distance
    own = state.run is not None and state.run.grid.shape == grid.shape and not any(here.origin)
    if own and "c_e" in read_names(state.run.path):
        wet = np.isfinite(read_field(state.run.path, "c_e", state.run.index)[0])
        distance = surface_reached(wet, grid.voxel_size)
    if distance is None:
        return None
    return resample_onto(
        SocMap(np.where(structure.inside, distance, np.nan), grid.voxel_size), here, min_coverage=0.0
    )


def _plain(values):
    values = np.asarray(values)
    if values.dtype.kind in "biu":
        return values.tolist()
    return [None if not np.isfinite(v) else float(f"{v:.7g}") for v in values]


def _without_nan(found):
    if isinstance(found, dict):
        return {key: _without_nan(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_without_nan(value) for value in found]
    return None if isinstance(found, float) and not np.isfinite(found) else found
