"""Registration: where a map of lithiation lies in the volume of the microstructure.

A point r of the map's frame lies at R s (r - c) + c + t of the microstructure's frame; c is the middle of the
map's box. Voxel sizes and fields of view may differ. Rotations on a grid, each with every shift at once
(normalised cross-correlation over what both boxes share, by FFT), give the starts; gradient descent on the
correlation of the masks or on mutual information (SimpleITK) refines the best of them.

Sources: Padfield, IEEE Trans. Image Process. 21 (2012) 2706 (masked correlation); Mattes et al., IEEE Trans.
Med. Imaging
22 (2003) 120 (mutual information).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from ..base.errors import InputError, NotConverged
from ..base.packages import need
from .misfit import misfit_of_parts, sampler, voxel_middles
from .overlap import middle, rotation, search

WHAT = "the registration of maps"
UM = 1e6  # SimpleITK works in micrometres: steps of order 1
METRICS = ("mask", "mutual-information")
BEYOND = 2.5  # standard deviations of what chance gives, above the best of it
ALIKE = 0.05  # of correlation: a mirror image that is as good says that the structure has that symmetry
SLACK = 0.5  # degrees by which the descent may leave the range of angles
LARGEST_SCALE = 1.3
KINDS = ("rigid", "similarity")


@dataclass(frozen=True)
class Registration:
    """Where a map lies in a microstructure.

    matrix       [3, 3]: scale times rotation; shift [3], m; centre [3], m: see the module
    angles_deg   rotation about x, y, z, applied in that order; scale
    misfit_m     [3]: rms shift along x, y, z that parts of the map would still like to make (None: too few
                 parts)
    dice         overlap of the two masks where the map has a field of view: 2 |A and B| / (|A| + |B|)
    correlation  of the map's mask with the microstructure's share in the same voxels
    inside       share of the map's box within the microstructure's box
    metric, value    what was optimised, and its value (lower is better)
    chance       best correlations of the search: {"map": of the map, "shuffled": of its blocks at other
                 places, "mirrored": of its best mirror image, "mirrored_along": its axes}
    """

    matrix: np.ndarray
    shift: np.ndarray
    centre: np.ndarray
    angles_deg: tuple[float, float, float]
    scale: float
    misfit_m: tuple[float, float, float] | None
    dice: float
    correlation: float
    inside: float
    metric: str
    value: float
    chance: dict = field(default_factory=dict)

    def place(self, points):
        """Transform points [..., 3] (m) of the map's frame into the microstructure's frame."""
        return (np.asarray(points) - self.centre) @ self.matrix.T + self.centre + self.shift

    def as_dict(self):
        """Return the numbers for JSON."""
        plain = {key: np.asarray(getattr(self, key)).tolist() for key in ("matrix", "shift", "centre")}
        keys = ("angles_deg", "scale", "misfit_m", "dice", "correlation", "inside", "metric", "value")
        keys += ("chance",)
        return plain | {key: getattr(self, key) for key in keys}


def find_registration(
    image,
    structure,
    active=None,
    *,
    kind="rigid",
    metric="mask",
    largest_angle_deg=12.0,
    least_inside=0.5,
    seed=0,
    progress=None,
):
    """Find where a map lies in a microstructure.

    image       SocMap, NaN outside its particles
    structure   SocMap of the microstructure on its own grid: the active material (True or a share), or, for
                mutual information, grey values
    active      bool like structure.values: the active material, where values are grey (default: values > 0)
    kind        "rigid" or "similarity" (also one scale)
    metric      "mask" (correlation of where the map has values with the active material) or
                "mutual-information" (of the map's values with the structure's)
    largest_angle_deg    rotations searched about each axis; least_inside: share of the map's box that must be
                         inside

    Returns Registration. Raises InputError for maps without contrast, NotConverged where no start improves.
    """
    need("SimpleITK", WHAT)
    _check(image, structure, kind, metric)
    mask = np.isfinite(image.values)
    solid = (structure.values > 0) if active is None else np.asarray(active, bool)
    if mask.all() or not mask.any() or solid.all() or not solid.any():
        raise InputError(
            "expected a map with values in some voxels and a structure with active material in some, got "
            "one that is full or empty; give the mask of the particles."
        )
    found = search(mask, image, solid, structure, largest_angle_deg, least_inside, progress)
    chance = _beyond_chance(found)
    best = None
    for count, (angles, shift) in enumerate(found.starts):
        if progress is not None:
            progress(count, len(found.starts), "registration")
        end = _refine(image, mask, structure, solid, angles, shift, kind, metric, seed)
        if best is None or end[0] < best[0]:
            best = end
    placed = _described(best, image, structure, mask, solid, metric)
    _check_options(placed, largest_angle_deg, least_inside)
    return replace(placed, chance=chance)


def _beyond_chance(found):
    """The correlations of a search as plain data; refuses a map that does no better than chance or than its
    mirror image.

    Chance is what the map reaches with its blocks shuffled and, unless the structure has that symmetry, as
    its own mirror images; standard deviations are those of artanh r, which alone is normal up to r = 1
    (Fisher, Metron 1 (1921) 3).
    """
    own, axes = found.correlation, max(found.mirrored, key=found.mirrored.get)
    most, mirrored = max(found.shuffled), found.mirrored[axes]
    if own < -1:  # no place at which enough of the two lie on one another
        raise NotConverged(
            "expected a map and a structure that lie on one another to a good part at some place, got none;"
            " check the two voxel sizes",
            [],
        )
    alike = [value > own - ALIKE and own > most + 4 * ALIKE for value in found.mirrored.values()]
    others = [value for value, same in zip(found.mirrored.values(), alike) if not same]
    best = max(most, *others, 0.0)
    spread = float(np.std(_normal([*found.shuffled, *others])))
    clear = _normal(own) >= _normal(best) + BEYOND * spread and own >= best + min(2 * ALIKE, (1 - best) / 2)
    if mirrored > max(own, most) + 2 * ALIKE:
        raise NotConverged(
            "expected a map that lies in the structure as it is, got a correlation of"
            f" {own:.2f} at best and {mirrored:.2f} mirrored along {' and '.join(axes)}; check"
            " --map-file-axes and the direction of each axis",
            [own],
        )
    if not clear:
        raise NotConverged(
            "expected a map that fits the structure better than chance, got a correlation of"
            f" {own:.2f} at best, {most:.2f} with its blocks shuffled and {mirrored:.2f} mirrored; check that"
            " both show the same sample, the voxel sizes, and the range of angles (--largest-angle)",
            [own],
        )
    return {"map": own, "shuffled": most, "mirrored": mirrored, "mirrored_along": axes}


def _normal(correlations):
    return np.arctanh(np.clip(correlations, -0.999, 0.999))


def _check_options(placed, largest_angle_deg, least_inside):
    """Refuse a placement beyond what was asked for."""
    angle, axis = max((abs(angle), axis) for angle, axis in zip(placed.angles_deg, "xyz"))
    wrong = None
    if angle > largest_angle_deg + SLACK:
        wrong = f"a turn by {angle:.1f} degrees about {axis}, give a larger --largest-angle"
    elif placed.inside < least_inside - 0.02:
        wrong = f"{placed.inside:.2f} of the map inside, give a smaller --least-inside or a larger structure"
    elif not 1 / LARGEST_SCALE < placed.scale < LARGEST_SCALE:
        wrong = f"a scale of {placed.scale:.2f}, check the voxel sizes"
    if wrong:
        raise NotConverged(
            f"expected a placement within {largest_angle_deg:g} degrees with {least_inside:g} of the map"
            f" inside, got (correlation {placed.correlation:.2f}, Dice {placed.dice:.2f}) {wrong}",
            [placed.value],
        )


def _described(best, image, structure, mask, solid, metric):
    """The Registration of the best end: overlap, correlation and misfit where the map lies in the
    structure."""
    value, matrix, angles, scale, shift = best
    centre = middle(image)
    share_at = sampler(solid, structure, image, lambda points: (points - centre) @ matrix.T + centre + shift)
    share = share_at(voxel_middles(image))
    known = np.isfinite(share)
    if known.sum() < 8:
        raise NotConverged(
            "expected the map to come to lie in the microstructure, it left it; give a larger "
            "microstructure or a smaller range of angles",
            [value],
        )
    here, there = mask[known], share[known]
    both = np.sum(here & (there >= 0.5))
    return Registration(
        matrix,
        shift,
        centre,
        tuple(np.degrees(angles).tolist()),
        float(scale),
        misfit_of_parts(mask, image, share_at),
        float(2 * both / max(here.sum() + np.sum(there >= 0.5), 1)),
        float(np.corrcoef(here, there)[0, 1]) if here.std() and there.std() else 0.0,
        float(known.mean()),
        metric,
        float(value),
    )


def resample_map(image, registration, shape, voxel_size, origin=(0.0, 0.0, 0.0)):
    """Bring a map onto a grid of the microstructure's frame: nearest voxel of the map, NaN outside it.

    shape, voxel_size (m), origin (m) of the grid. Returns an array [x, y, z].
    """
    inverse = np.linalg.inv(registration.matrix)
    values = np.asarray(image.values, float)
    out = np.full(shape, np.nan)
    y, z = (origin[a] + (np.arange(shape[a]) + 0.5) * voxel_size[a] for a in (1, 2))
    for i in range(shape[0]):  # layer by layer: the coordinates need three times the memory of the layer
        points = np.stack(np.broadcast_arrays(origin[0] + (i + 0.5) * voxel_size[0], y[:, None], z), axis=-1)
        own = (points - registration.centre - registration.shift) @ inverse.T + registration.centre
        index = np.floor((own - np.asarray(image.origin)) / np.asarray(image.voxel_size)).astype(int)
        ok = ((index >= 0) & (index < values.shape)).all(axis=-1)
        out[i][ok] = values[tuple(index[ok].T)]
    return out


# ---- refinement --------------------------------------------------------------------------------------------


def _refine(image, mask, structure, solid, angles, shift, kind, metric, seed):
    """Gradient descent from one start: (value, matrix, angles, scale, shift)."""
    sitk = need("SimpleITK", WHAT)

    flat = [n == 1 for n in mask.shape]
    axes = [a for a in range(3) if not flat[a]]
    blur = [
        0.0 if flat[a] else max(0.5 * image.voxel_size[a] / structure.voxel_size[a] - 0.5, 0.0)
        for a in range(3)
    ]
    fixed, moving = _compared(image, mask, structure, solid, metric, blur)
    fixed_image = _itk(sitk, fixed, image, axes)
    transform = _transform(sitk, kind, angles, shift, middle(image), axes)
    step = UM * max(image.voxel_size[a] for a in axes)
    method = _method(sitk, metric, fixed.size, step, seed)
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(fixed_image, _itk(sitk, moving, structure, axes))
    except RuntimeError as error:  # all of the map left the microstructure
        raise NotConverged(
            f"expected the map to stay in the microstructure, it left it ({str(error).strip()[-80:]})", []
        ) from error
    matrix, shift = np.eye(3), np.zeros(3)
    matrix[np.ix_(axes, axes)] = np.reshape(transform.GetMatrix(), (len(axes), len(axes)))
    shift[axes] = np.array(transform.GetTranslation()) / UM
    scale = float(np.linalg.det(matrix) ** (1 / len(axes)))
    pure = np.eye(3)
    pure[np.ix_(axes, axes)] = matrix[np.ix_(axes, axes)] / scale
    return method.GetMetricValue(), matrix, angles_of(pure), scale, shift


def _compared(image, mask, structure, solid, metric, blur):
    """The two images that are compared: masks, or values; the structure's is blurred to the map's voxels."""
    if metric == "mask":
        fixed, moving = mask.astype(np.float32), ndimage.gaussian_filter(solid.astype(np.float32), blur)
    else:
        fixed = np.where(mask, image.values, np.nanmin(image.values) - np.nanstd(image.values)).astype(
            np.float32
        )
        moving = ndimage.gaussian_filter(np.asarray(structure.values, np.float32), blur)
    return fixed, moving


def _method(sitk, metric, size, step, seed):
    """SimpleITK's registration method; step: first step of the descent (um), size: voxels of the map."""
    method = sitk.ImageRegistrationMethod()
    if metric == "mask":
        method.SetMetricAsCorrelation()
    else:
        method.SetMetricAsMattesMutualInformation(32)
    if size > 200_000:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(200_000 / size, seed + 1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        step, step * 1e-4, 200, relaxationFactor=0.6, gradientMagnitudeTolerance=1e-9
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([1, 1])
    method.SetSmoothingSigmasPerLevel([1.5 * step, 0.0])
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(True)
    return method


def _itk(sitk, values, grid, axes):
    """Make an image of SimpleITK, whose index runs x, y, z, in micrometres."""
    plane = np.squeeze(values, tuple(a for a in range(3) if a not in axes))
    made = sitk.GetImageFromArray(np.ascontiguousarray(plane.T))
    made.SetSpacing([UM * grid.voxel_size[a] for a in axes])
    made.SetOrigin([UM * (grid.origin[a] + grid.voxel_size[a] / 2) for a in axes])
    return made


def _transform(sitk, kind, angles, shift, centre, axes):
    dims = len(axes)
    made = {
        ("rigid", 2): sitk.Euler2DTransform,
        ("rigid", 3): sitk.VersorRigid3DTransform,
        ("similarity", 2): sitk.Similarity2DTransform,
        ("similarity", 3): sitk.Similarity3DTransform,
    }[kind, dims]()
    made.SetCenter([UM * centre[a] for a in axes])
    matrix = rotation(angles)[np.ix_(axes, axes)]
    made.SetMatrix(matrix.ravel().tolist())
    made.SetTranslation([UM * float(shift[a]) for a in axes])
    return made


def angles_of(matrix):
    """Angles (rad) about x, y, z of a rotation matrix: the inverse of `rotation` for angles below 90
    degrees."""
    return np.array(
        [
            np.arctan2(matrix[2, 1], matrix[2, 2]),
            -np.arcsin(np.clip(matrix[2, 0], -1, 1)),
            np.arctan2(matrix[1, 0], matrix[0, 0]),
        ]
    )


def _check(image, structure, kind, metric):
    if kind not in KINDS or metric not in METRICS:
        raise InputError(
            f"expected {' or '.join(KINDS)} by {' or '.join(METRICS)}, got {kind} by {metric}; choose these."
        )
    if np.ndim(image.values) != 3 or np.ndim(structure.values) != 3:
        raise InputError("expected two maps with three axes, got others; add axes of one voxel.")
    thin = sum(n == 1 for n in image.values.shape)
    if thin > 1 or [n == 1 for n in image.values.shape] != [n == 1 for n in structure.values.shape]:
        raise InputError(
            f"expected two volumes, or two sections thin along the same axis, got {image.values.shape} and "
            f"{structure.values.shape}; cut the section out of the volume first."
        )
