"""Calibration: from an edge energy, a share or a three-energy ratio to lithiation x, with its own error, as a
file.

    x(q) = sum_k c_k u^k / (1 + pole u),   u = (q - q0) / scale
    sigma_x^2 = (dx/dq sigma_q)^2 + v^T C v + lack^2,   v_k = u^k / (1 + pole u)

The pole is 0 but for the ratio of three energies between two references: a mixture with the share s of the
second has m = [(1 - s) A_0 + s A_1] / [(1 - s) J_0 + s J_1], A and J being rise and edge jump of each, hence

    s = (m J_0 - A_0) / [A_1 - A_0 - m (J_1 - J_0)]

C is the covariance of the coefficients; lack is the scatter of the reference states about the polynomial
beyond what their own noise explains. Beyond the reference states the polynomial goes on as a straight line.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..base.errors import InputError, why
from ..base.files import write_text
from ..base.schema import choice, entry, number, say, section, text, whole
from .method import METHODS, Method

VERSION = 1
LATER = ("shift_sigma",)  # settings that files of version 1 may lack
OF_REFERENCES = ("references", "references_sha256", "numbers")  # beside the settings of the method
# standard deviations beyond the states, and share of the voxels there, from which on it is no noise
SURE, BEYOND = 3.0, 0.01
LEAST, MOST = -1.0, 10.0  # lithium per formula unit: what lies beyond is another quantity


def _numbers(least, most):
    def read(raw, path):
        if not isinstance(raw, list) or not least <= len(raw) <= most:
            raise InputError(
                f"{path}: expected {least} to {most} numbers in a list, got {say(raw)}; correct it."
            )
        return tuple(number()(part, f"{path}.{k}") for k, part in enumerate(raw))

    return read


def _rows(read_row):
    def read(raw, path):
        if not isinstance(raw, list):
            raise InputError(f"{path}: expected a list of lists of numbers, got {say(raw)}; correct it.")
        return tuple(read_row(row, f"{path}.{k}") for k, row in enumerate(raw))

    return read


def _any_section(raw, path):
    if not isinstance(raw, dict):
        raise InputError(f"{path}: expected a section, got {say(raw)}; correct it.")
    return raw


def _settings(raw, path):
    """Settings of a method, and the references it was calibrated with."""
    names, numbers = (_any_section(raw, path).get(key) for key in ("references", "numbers"))
    unknown = [key for key in raw if key not in (*Method.__dataclass_fields__, *OF_REFERENCES)]
    if unknown:
        raise InputError(f"{path}: expected the settings of a method, got {unknown[0]}; leave it out.")
    missing = [key for key in Method.__dataclass_fields__ if key not in (*raw, *LATER)]
    if missing:
        raise InputError(f"{path}: expected every setting of the method, got no {missing[0]}; add it.")
    Method.of(raw)
    if names is not None and not (isinstance(names, list) and all(isinstance(n, str) for n in names)):
        raise InputError(f"{path}.references: expected a list of names, got {say(names)}; correct it.")
    if numbers is not None:
        count = len(names or ())
        raw = raw | {"numbers": list(_numbers(count, count)(numbers, f"{path}.numbers"))}
    if raw.get("references_sha256") is not None:
        text(raw["references_sha256"], f"{path}.references_sha256")
    return raw


@dataclass(frozen=True)
class Calibration:
    """What turns a quantity into lithiation; its fields are the keys of its file.

    method        edge, lcf or three-energy; settings: how the quantity was measured (windows, level,
                  references ...)
    coefficients  c_k; covariance [k, k]; centre q0, scale; low, high: range of the quantity in the reference
                  series
    lack          standard deviation of the reference states about the curve beyond their own noise
    residual      rms of the reference states about the curve; n: number of states that it was fitted to
    provenance    file, sha256, what the states are
    states        (quantity, lithiation) of each reference state, those that were not fitted to included
    pole          of a mixture's curve, between -1 and 1; 0 for a polynomial
    """

    method: str = entry(choice(*METHODS))
    coefficients: tuple[float, ...] = entry(_numbers(2, 10))
    covariance: tuple[tuple[float, ...], ...] = entry(_rows(_numbers(2, 10)))
    centre: float = entry(number())
    scale: float = entry(number(0.0, above=True))
    low: float = entry(number())
    high: float = entry(number())
    residual: float = entry(number(0.0))
    lack: float = entry(number(0.0))
    n: int = entry(whole(2))
    settings: dict = entry(_settings)
    provenance: dict = entry(_any_section)
    states: tuple[tuple[float, float], ...] = entry(_rows(_numbers(2, 2)), default=())
    pole: float = entry(number(-1.0, 1.0, above=True), default=0.0)

    def about(self):
        """Return how well the curve fits and where its states come from, as plain data."""
        return {
            "rms": self.residual,
            "lack_of_fit": self.lack,
            "states": self.n,
            "provenance": self.provenance,
        }

    def lithiation(self, quantity, sigma=0.0):
        """Turn a quantity into lithiation: (x, standard deviation, whether beyond the reference series)."""
        q = np.asarray(quantity, float)
        inside = np.clip(q, self.low, self.high)
        u = (inside - self.centre) / self.scale
        c = np.asarray(self.coefficients)
        x, slope = _curve(u, c, self.pole)
        slope = slope / self.scale
        x = x + slope * (q - inside)
        powers = u[..., None] ** np.arange(c.size) / (1 + self.pole * u)[..., None]
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
        return write_text(
            path, json.dumps({"microsim_calibration": VERSION, **asdict(self)}, indent=1) + "\n"
        )


def fit_calibration(
    method, quantity, lithiation, sigma=None, *, degree=1, ends=None, settings=None, provenance=None
):
    """Fit lithiation as a polynomial of a measured quantity over a reference series.

    quantity, lithiation [state]; sigma [state]: standard deviation of the quantity. degree: of the
    polynomial. ends: fit to the states within this share of the lithiation's range from either end only.
    Between the ends of a charge the lit spot may lag behind the electrode whose lithium was counted; what the
    states between are off the curve still counts as lack of fit. None: all states.
    Returns Calibration; raises InputError for too few states, or where the curve is not monotonic in their
    range.
    """
    q, x = np.asarray(quantity, float).ravel(), np.asarray(lithiation, float).ravel()
    q, x, noise = _known_states(q, x, sigma, degree)
    fitted = np.ones(q.size, bool) if ends is None else _near_ends(x, ends, degree)
    centre, scale = float((q.max() + q.min()) / 2), float(np.ptp(q) / 2)
    powers = ((q - centre) / scale)[:, None] ** np.arange(degree + 1)
    inverse = np.linalg.pinv(powers[fitted])
    c = inverse @ x[fitted]
    _check_monotonic(c, degree)
    misfit = x - powers @ c
    slope = (
        np.polynomial.polynomial.polyval((q - centre) / scale, np.polynomial.polynomial.polyder(c)) / scale
    )
    own = (slope * noise) ** 2
    # each state's own noise, or what they scatter where that is more
    variance = np.maximum(own, _scatter(misfit[fitted], degree))[fitted]
    covariance = (inverse * variance) @ inverse.T
    lack = float(np.sqrt(max(_scatter(misfit, degree) - own.mean(), 0.0)))
    return Calibration(
        method,
        tuple(c.tolist()),
        tuple(map(tuple, covariance.tolist())),
        centre,
        scale,
        float(q.min()),
        float(q.max()),
        float(np.sqrt(np.mean(misfit**2))),
        lack,
        int(fitted.sum()),
        settings or {},
        provenance or {},
        tuple(zip(q.tolist(), x.tolist())),
    )


def beyond_remarks(curve, quantity, sigma=None):
    """Say how much of a map lies beyond the states of a calibration by more than its noise, in a list of
    sentences.

    curve: Calibration; quantity: measured [...], NaN where there is none; sigma: its noise [...], or None.
    """
    known = np.isfinite(quantity)
    q = np.asarray(quantity)[known]
    noise = np.zeros(q.shape) if sigma is None else np.asarray(sigma)[known]
    far = np.maximum(curve.low - q, q - curve.high) > (SURE * noise if sigma is not None else 0.0)
    share, mean = (float(np.mean(v)) if q.size else 0.0 for v in (far, q))
    outside = q.size and not curve.low <= mean <= curve.high
    if not outside and (sigma is None or share <= BEYOND):
        return []
    (low, high), middle = sorted(curve.lithiation([curve.low, curve.high])[0]), curve.lithiation(mean)[0]
    how = "" if sigma is None else f" {SURE:g} sigma and more"
    said = (
        f"{share:.0%} of the voxels lie{how} beyond the states of the calibration (lithiation {low:.2f} to"
        f" {high:.2f}; the map's mean is {middle:.2f}): they are its curve carried on straight, and sigma"
        " does not say whether it goes on so; are energy scale (--foil, --energy-shift) and material those of"
        " the states?"
    )
    return [said]


def through_mixtures(curve, jumps):
    """Return the Calibration of a ratio of three energies through all mixtures of its two states.

    curve: straight through the two; jumps [state]: their edge jumps, per atom alike.
    """
    order = np.argsort([q for q, _ in curve.states])
    b, (first, last) = np.asarray(jumps, float)[order], np.array(curve.states)[order, 1].tolist()
    pole = float((b[0] - b[1]) / (b[0] + b[1]))
    ends = first * (1 - pole), last * (1 + pole)
    return replace(curve, coefficients=((ends[1] + ends[0]) / 2, (ends[1] - ends[0]) / 2), pole=pole)


def with_mixtures(curve, quantity, lithiation):
    """Return a Calibration that counts what mixtures of its states are off its curve as lack of fit.

    quantity, lithiation [mixture]: measured of them, and their own.
    """
    off = np.asarray(lithiation) - curve.lithiation(quantity)[0]
    rms = float(np.sqrt(np.mean(off[np.isfinite(off)] ** 2))) if np.isfinite(off).any() else 0.0
    return replace(curve, lack=max(curve.lack, rms))


def _curve(u, c, pole=0.0):
    """Value and slope dx/du of sum_k c_k u^k / (1 + pole u)."""
    below = 1 + pole * u
    value = np.polynomial.polynomial.polyval(u, c) / below
    slope = np.polynomial.polynomial.polyval(u, np.polynomial.polynomial.polyder(c))
    return value, (slope - pole * value) / below


def check_lithiation(x, where="the list"):
    """Return lithiation per formula unit [state]; refuses what must be per cent or a capacity."""
    x = np.asarray(x, float)
    off = x[np.isfinite(x) & ((x < LEAST) | (x > MOST))]
    if off.size:
        raise InputError(
            f"expected lithium per formula unit (0 to 1, say), got {off[0]:g} in {where}, which may be per"
            " cent or a capacity; convert it to x."
        )
    return x


def _known_states(q, x, sigma, degree):
    """The states with a quantity and a lithiation, and their noise; refuses too few."""
    if q.size != x.size:
        raise InputError(
            f"expected a lithiation for each of the {q.size} states, got {x.size}; correct the list."
        )
    known = np.isfinite(q) & np.isfinite(x)
    noise = np.zeros_like(q) if sigma is None else np.broadcast_to(np.asarray(sigma, float), q.shape)
    q, x, noise = q[known], x[known], noise[known]
    if q.size < degree + 1 or np.ptp(q) == 0:
        raise InputError(
            f"expected at least {degree + 1} different reference states for degree {degree}, got"
            f" {np.unique(q).size}; add states or lower the degree."
        )
    if np.ptp(x) <= 1e-9 * np.abs(x).max():
        raise InputError(
            f"expected reference states of several lithiations, got {x[0]:g} in all {x.size}, by which every"
            " voxel has it; give that of each state."
        )
    return q, x, noise


def _near_ends(x, share, degree):
    """Mark the states within a share of the range of x from either end."""
    if not 0 < share <= 0.5:
        raise InputError(f"expected a share above 0 and up to 0.5 for the ends, got {share:g}; write 0.1.")
    reach = share * np.ptp(x) * (1 + 1e-9)  # a state on the limit is in
    low, high = x <= x.min() + reach, x >= x.max() - reach
    if min(low.sum(), high.sum()) < 2 or (low | high).sum() < degree + 2:
        raise InputError(
            f"expected at least 2 states at either end and {degree + 2} for degree {degree}, got {low.sum()}"
            f" and {high.sum()} within {share:g} of the range; widen the ends."
        )
    return low | high


def _scatter(misfit, degree):
    """Variance of states about a curve that was fitted to them."""
    freedom = misfit.size - degree - 1
    return float(misfit @ misfit / freedom) if freedom > 0 else 0.0


def _check_monotonic(c, degree, pole=0.0):
    if degree < 1:
        raise InputError(f"expected a degree of at least 1, got {degree}; a constant calibrates nothing.")
    _, slope = _curve(np.linspace(-1, 1, 201), c, pole)
    if slope.min() * slope.max() <= 0:
        raise InputError(
            "expected lithiation to rise or to fall all along the reference series, got a polynomial of"
            f" degree {degree} that turns; lower the degree, or leave out the states where the edge no longer"
            " moves."
        )


def load_calibration(path):
    """Read a calibration file; raises InputError for another file, and for a key of another type, shape or
    range than its own."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"expected a calibration file, got {path} ({why(error)}); make one with microsim calibrate."
        ) from error
    version = found.pop("microsim_calibration", None) if isinstance(found, dict) else None
    if isinstance(version, bool) or version != VERSION:
        raise InputError(
            f"expected a calibration of version {VERSION}, got {path}, which is none; "
            "make one with microsim calibrate."
        )
    try:
        calibration = section(Calibration, found, "")
        _check_consistent(calibration)
    except InputError as error:
        raise InputError(f"calibration {path}: {error}") from error
    return calibration


def _check_consistent(found):
    """Refuse a calibration whose entries contradict each other."""
    c = np.array(found.coefficients)
    shapes = {len(row) for row in found.covariance} | {len(found.covariance)}
    covariance = np.array(found.covariance) if shapes == {c.size} else np.full((c.size, c.size), np.nan)
    top = max(np.abs(covariance).max(), 1e-300)
    states = np.array(found.states).reshape(-1, 2)
    with np.errstate(all="ignore"):
        u = (states[:, 0] - found.centre) / found.scale
        rms = np.sqrt(np.mean((states[:, 1] - _curve(u, c, found.pole)[0]) ** 2)) if u.size else 0.0
    wrong = {
        "settings": found.settings.get("name", found.method) != found.method,
        "covariance": not (
            np.abs(covariance - covariance.T).max() <= 1e-6 * top
            and np.linalg.eigvalsh(np.nan_to_num(covariance)).min() >= -1e-6 * top
        ),
        "low, high, centre and scale": not np.allclose(
            [found.low, found.high],
            [found.centre - found.scale, found.centre + found.scale],
            rtol=0,
            atol=1e-6 * found.scale,
        ),
        "pole": abs(found.pole) >= 1,
        "residual": u.size and not np.isclose(found.residual, rms, atol=1e-9),
        "n": found.n < c.size or 0 < u.size < found.n,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise InputError(
                f"{name}: expected what fits the other entries, got another value; make it with microsim"
                " calibrate."
            )
    _check_monotonic(c, c.size - 1, found.pole)
