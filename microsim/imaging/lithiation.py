"""Calibration: from an edge energy, a share or a three-energy ratio to lithiation x, with its own error, as a file.

    x(q) = sum_k c_k u^k,   u = (q - q0) / scale
    sigma_x^2 = (dx/dq sigma_q)^2 + v^T C v + lack^2,   v_k = u^k

C is the covariance of the coefficients; lack is the scatter of the reference states about the polynomial beyond what
their own noise explains. Beyond the reference states the polynomial goes on as a straight line.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ..atomic import write_text
from ..errors import InputError

VERSION = 1


@dataclass(frozen=True)
class Calibration:
    """What turns a quantity into lithiation.

    method        edge, lcf or three-energy; settings: how the quantity was measured (windows, level, references ...)
    coefficients  c_k; covariance [k, k]; centre q0, scale; low, high: range of the quantity in the reference series
    lack          standard deviation of the reference states about the curve beyond their own noise
    residual      rms of the reference states about the curve; n: their number
    provenance    file, sha256, what the states are
    """

    method: str
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    centre: float
    scale: float
    low: float
    high: float
    residual: float
    lack: float
    n: int
    settings: dict = field(default_factory=dict)
    provenance: dict = field(default_factory=dict)

    def lithiation(self, quantity, sigma=0.0):
        """Turn a quantity into lithiation: (x, standard deviation, whether beyond the reference series)."""
        q = np.asarray(quantity, float)
        inside = np.clip(q, self.low, self.high)
        u = (inside - self.centre) / self.scale
        c = np.asarray(self.coefficients)
        slope = np.polynomial.polynomial.polyval(u, np.polynomial.polynomial.polyder(c)) / self.scale
        x = np.polynomial.polynomial.polyval(u, c) + slope * (q - inside)
        powers = u[..., None] ** np.arange(c.size)
        own = np.einsum("...j,jk,...k->...", powers, np.asarray(self.covariance), powers)
        error = np.sqrt((slope * sigma) ** 2 + own + self.lack**2)
        with np.errstate(invalid="ignore"):
            return x, np.where(np.isfinite(x), error, np.nan), (q < self.low) | (q > self.high)

    def budget(self, quantity, sigma=0.0):
        """Split the error of the mean voxel: rms of counting, curve and lack of fit (lithiation)."""
        q, known = np.asarray(quantity, float), np.isfinite(quantity)
        _, all_of_it, _ = self.lithiation(q, sigma)
        _, without, _ = self.lithiation(q, 0.0)
        counting = np.sqrt(np.mean((all_of_it**2 - without**2)[known])) if known.any() else np.nan
        curve = np.sqrt(np.mean((without**2)[known] - self.lack**2)) if known.any() else np.nan
        return {"counting": float(counting), "calibration": float(curve), "lack_of_fit": self.lack}

    def save(self, path):
        """Write the calibration as JSON."""
        return write_text(path, json.dumps({"microsim_calibration": VERSION, **asdict(self)}, indent=1) + "\n")


def calibrate(method, quantity, lithiation, sigma=None, *, degree=1, settings=None, provenance=None):
    """Fit lithiation as a polynomial of a measured quantity over a reference series.

    quantity, lithiation [state]; sigma [state]: standard deviation of the quantity. degree: of the polynomial.
    Returns Calibration; raises InputError for too few states, or where the curve is not monotonic in their range.
    """
    q, x = np.asarray(quantity, float).ravel(), np.asarray(lithiation, float).ravel()
    if q.size != x.size:
        raise InputError(f"expected a lithiation for each of the {q.size} states, got {x.size}; correct the list.")
    known = np.isfinite(q) & np.isfinite(x)
    noise = np.zeros_like(q) if sigma is None else np.broadcast_to(np.asarray(sigma, float), q.shape)
    q, x, noise = q[known], x[known], noise[known]
    if q.size < degree + 1 or np.ptp(q) == 0:
        raise InputError(
            f"expected at least {degree + 1} different reference states for degree {degree}, got {np.unique(q).size}; "
            "add states or lower the degree."
        )
    centre, scale = float((q.max() + q.min()) / 2), float(np.ptp(q) / 2)
    powers = ((q - centre) / scale)[:, None] ** np.arange(degree + 1)
    inverse = np.linalg.pinv(powers)
    c = inverse @ x
    _check_monotonic(c, degree)
    misfit = x - powers @ c
    freedom = q.size - degree - 1
    scatter = float(misfit @ misfit / freedom) if freedom else 0.0
    slope = np.polynomial.polynomial.polyval((q - centre) / scale, np.polynomial.polynomial.polyder(c)) / scale
    own = (slope * noise) ** 2
    # each state's own noise, or what they scatter where that is more
    covariance = inverse @ np.diag(np.maximum(own, scatter)) @ inverse.T
    lack = float(np.sqrt(max(scatter - own.mean(), 0.0)))
    return Calibration(method, tuple(c.tolist()), tuple(map(tuple, covariance.tolist())), centre, scale,
                       float(q.min()), float(q.max()), float(np.sqrt(np.mean(misfit**2))), lack, int(q.size),
                       settings or {}, provenance or {})  # fmt: skip


def _check_monotonic(c, degree):
    if degree < 1:
        raise InputError(f"expected a degree of at least 1, got {degree}; a constant calibrates nothing.")
    slope = np.polynomial.polynomial.polyval(np.linspace(-1, 1, 201), np.polynomial.polynomial.polyder(c))
    if slope.min() * slope.max() <= 0:
        raise InputError(
            f"expected lithiation to rise or to fall all along the reference series, got a polynomial of degree {degree} "
            "that turns; lower the degree, or leave out the states where the edge no longer moves."
        )


def load_calibration(path):
    """Read a calibration file; raises InputError for another file or a missing key."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"expected a calibration file, got {path} ({error}); make one with microsim calibrate.") from error
    if not isinstance(found, dict) or found.pop("microsim_calibration", None) != VERSION:
        raise InputError(f"expected a calibration of version {VERSION}, got {path}, which is none; "
                         "make one with microsim calibrate.")  # fmt: skip
    try:
        lists = {"coefficients": tuple(found.pop("coefficients")),
                 "covariance": tuple(tuple(row) for row in found.pop("covariance"))}  # fmt: skip
        return Calibration(**lists, **found)
    except (KeyError, TypeError) as error:
        raise InputError(f"expected the keys of a calibration, got {path} ({error}); make it again.") from error
