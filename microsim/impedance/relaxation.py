"""Distribution of relaxation times: an impedance as a row of RC elements, spread over their time constants.

    Z = R_inf + i omega L + 1 / (i omega C) + integral gamma(ln t) / (1 + i omega t) d ln t,   gamma >= 0

gamma is fitted on a grid of time constants, smooth (a penalty on its second differences) and never negative,
by SciPy's non-negative least squares. Peaks are processes; their areas are their resistances.
Source: Wan, Saccoccio, Chen and Ciucci, Electrochim. Acta 184 (2015) 483 (Tikhonov regularisation).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RelaxationTimes:
    """tau (s), gamma (unit of Z), R_inf, C (F per the area of Z; None if nothing blocks), L; Z: the fit;
    residual: its largest misfit over |Z|."""

    tau: np.ndarray
    gamma: np.ndarray
    R_inf: float
    C: float | None
    L: float
    Z: np.ndarray
    residual: float

    def peaks(self, share=0.01):
        """Return [(time constant, resistance)] of the peaks that hold at least a share of all resistance."""
        step = np.log(self.tau[1] / self.tau[0])
        low = np.flatnonzero((self.gamma[1:-1] <= self.gamma[:-2]) & (self.gamma[1:-1] < self.gamma[2:])) + 1
        total, found = self.gamma.sum(), []
        for part in np.split(np.arange(self.tau.size), low):
            if part.size and self.gamma[part].sum() > share * total:
                top = part[np.argmax(self.gamma[part])]
                found.append((float(self.tau[top]), float(self.gamma[part].sum() * step)))
        return found


def relaxation_times(freq, Z, *, per_decade=10, smoothing=1e-3):
    """Fit a distribution of relaxation times to a spectrum.

    freq: Hz; Z: complex; per_decade: time constants; smoothing: weight of the penalty beside the relative
    misfit.

    Returns RelaxationTimes.
    """
    from scipy.optimize import nnls

    omega, Z = 2 * np.pi * np.asarray(freq, float), np.asarray(Z)
    ends = np.log10([1 / omega.max(), 1 / omega.min()]) + [-0.5, 0.5]
    tau = np.logspace(*ends, 1 + round(per_decade * (ends[1] - ends[0])))
    step = np.log(tau[1] / tau[0])
    kernel = np.concatenate(
        [
            np.ones((omega.size, 1)),
            1j * omega[:, None],
            1 / (1j * omega[:, None]),
            step / (1 + 1j * omega[:, None] * tau),
        ],
        axis=1,
    )
    weighted = kernel / np.abs(Z)[:, None]
    scale = np.abs(weighted).max(axis=0)
    second = np.diff(np.eye(tau.size), 2, axis=0) * smoothing * np.sqrt(omega.size) / np.median(np.abs(Z))
    penalty = np.concatenate([np.zeros((tau.size - 2, 3)), second], axis=1)
    A = np.concatenate([weighted.real, weighted.imag, penalty]) / scale
    b = np.concatenate([(Z / np.abs(Z)).real, (Z / np.abs(Z)).imag, np.zeros(tau.size - 2)])
    x = nnls(A, b, maxiter=100 * A.shape[1])[0] / scale
    fit = kernel @ x
    return RelaxationTimes(
        tau,
        x[3:],
        float(x[0]),
        float(1 / x[2]) if x[2] > 0 else None,
        float(x[1]),
        fit,
        float(np.max(np.abs(fit - Z) / np.abs(Z))),
    )
