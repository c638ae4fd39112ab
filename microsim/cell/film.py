"""Film (CEI) on the reactive faces: a thickness for each face, and R_film = thickness / conductivity."""

from dataclasses import dataclass, field, fields, replace

import numpy as np
from scipy import ndimage

from ..base.constants import F, R
from ..base.errors import InputError, NotConverged

THICKEST = 1e-4  # m that a film grows to; more fills the pores


@dataclass(frozen=True)
class Film:
    """A film model. Thicknesses and lengths in m, conductivity in S m-1.

    model: "none"; "uniform" (thickness = mean_separator); "gaussian": drawn from a normal distribution whose
    mean runs linearly from mean_separator (x = 0) to mean_collector, clipped to [low, high], correlated over
    `correlation` along the surface, reproducible by its seed (Zhang et al., Joule 7 (2023): 3 to 28 nm, mean
    about 20 nm near the separator and 5 nm near the collector); "map": `thickness` [x, y, z] in the image's
    voxels (m), NaN where it says nothing; a face takes the larger value of the two voxels beside it.
    """

    model: str = "none"
    conductivity: float = 5e-7
    mean_separator: float = 20e-9
    mean_collector: float = 5e-9
    std: float = 2e-9
    low: float = 3e-9
    high: float = 28e-9
    correlation: float = 1e-6
    seed: int = 0
    thickness: np.ndarray | None = field(default=None, repr=False, compare=False)


def film_thickness(film, position, shape, voxel_size):
    """Return the film thickness (m) on faces at `position` (n, 3; m) of an image of `shape` voxels.

    Along the surface, neighbouring faces share a random field smoothed over the correlation length.
    """
    if film.model == "none":
        return np.zeros(len(position))
    if film.model == "uniform":
        return np.full(len(position), film.mean_separator)
    if film.model == "map":
        return _beside(film.thickness, position, shape, voxel_size)
    if film.model != "gaussian":
        raise InputError(
            f"expected a film model none, uniform, gaussian or map, got {film.model!r}; choose one of these"
        )
    depth = position[:, 0] / (shape[0] * voxel_size[0])
    mean = film.mean_separator + (film.mean_collector - film.mean_separator) * depth
    noise = correlated_noise(position, shape, voxel_size, film.correlation, film.seed)
    return np.clip(mean + film.std * noise, film.low, film.high)


@dataclass(frozen=True)
class Growth:
    """Growth of a film: d(thickness^2)/dt = rate^2 exp(alpha F (v - reference) / R T).

    v: voltage between solid and electrolyte (V). alpha = 0 is the parabolic law of a film that its own
    thickness slows down, the same on every face; alpha > 0 lets it grow where and while the potential is
    high. rate: m s^(-1/2); reference: V; conductivity of the film: S m-1; where: faces that it grows on;
    lithium that it takes: C m-3 of film. Each is a number, or one of each face.
    """

    rate: float
    alpha: float
    reference: float
    conductivity: float
    where: np.ndarray = field(repr=False)
    lithium: float = 0.0

    @property
    def takes_lithium(self):
        """Whether lithium goes into the film."""
        return bool(np.any(self.lithium))

    def on(self, left):
        """Return it on a part of the faces (bool)."""
        return replace(self, **{f.name: _part(getattr(self, f.name), left) for f in fields(self)})

    def taken(self, before, after):
        """Return the lithium (C m-2) that the film takes as its resistance grows (ohm m2)."""
        return self.lithium * self.conductivity * (after - before)

    def after(self, R_film, v, dt, T):
        """Return R_film (ohm m2) of the faces a time dt (s) later, exact for a v that stays as it is."""
        drive = np.exp(self.alpha * F * (v[: R_film.size] - self.reference) / (R * T))
        grown = np.sqrt((R_film * self.conductivity) ** 2 + self.rate**2 * drive * dt) / self.conductivity
        found = np.where(self.where, grown, R_film)
        if not (found * self.conductivity).max(initial=0.0) < THICKEST:
            raise NotConverged(f"a film grows beyond {THICKEST * 1e6:g} um; lower its rate, or alpha")
        return found


def _part(value, left):
    return value[left] if np.ndim(value) else value


def _beside(thickness, position, shape, voxel_size):
    """Larger value of the two voxels beside each face; a face centre lies on a voxel's edge along its
    normal."""
    if thickness.shape != tuple(shape):
        raise InputError(
            f"expected a film map in the shape of the image, {tuple(shape)}, got {thickness.shape}; crop it "
            "alike"
        )
    place, last = position / np.array(voxel_size), np.array(shape) - 1
    voxels = [np.clip(np.round(place + shift).astype(int), 0, last) for shift in (-0.5 - 1e-6, -0.5 + 1e-6)]
    found = np.fmax(*(thickness[tuple(v.T)] for v in voxels)).astype(float)
    if np.isnan(found).any() or np.any(found < 0):
        raise InputError(
            "expected a film thickness of 0 or more beside every reactive face, got none or less at "
            f"{np.count_nonzero(~(found >= 0))} of {len(found)} faces; write 0 where there is no film"
        )
    return found


def correlated_noise(position, shape, voxel_size, correlation, seed):
    """Sample a unit-variance Gaussian random field, smoothed over `correlation` (m), at positions (n, 3;
    m)."""
    field = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    width = [correlation / h for h in voxel_size]
    field = ndimage.gaussian_filter(field, width, mode="wrap", truncate=3)
    field /= field.std()
    voxel = np.minimum((position / np.array(voxel_size)).astype(int), np.array(shape) - 1)
    return field[tuple(voxel.T)].astype(float)
