"""Response of a symmetric system at any frequency, from a few real solves: a rational Krylov projection.

    G(s) = b . A(s)^-1 b,   A(s) = K + sum_c d_c(s) B_c,   d_c = s / (1 + lag_c s),   s = i omega

K is a grounded graph Laplacian, B_c >= 0 are diagonals. Solutions at real shifts s, where A is positive
definite, span a space V in which the system is solved for every s (Galerkin). A is symmetric, so the error of
G is e . A e, of second order in the error e of the solution, and

    |e . A e| <= sqrt(2) r* . H^-1 r,   H = K + sum |d_c| B_c,   r = b - A V y

for every s = i omega: the phases of A's parts lie within a quarter turn. That bound, computed where the error
is likely to be largest, says when V is large enough.

Source of the method: Druskin and Simoncini, Syst. Control Lett. 60 (2011) 546 (adaptive shifts from Ritz
values).
"""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from scipy.linalg import eigh

from ..base.errors import NotConverged
from .backend import kernels
from .graph import Graph, contrast_layers
from .krylov import conjugate_gradients
from .multigrid import Multigrid, precision_for

SPACING = 10**0.15  # nearer shifts give nearly the same vector
REACH = 10**0.5  # shifts beyond the highest frequency: the response there is not at rest


@dataclass(frozen=True)
class System:
    """A(s) and b(s) on the cells of a graph.

    graph; weight: link conductances (empty: all 1); low, high: conductances to fixed values on the end faces;
    storage (c, n): the diagonals B_c; lag (c,): their lags, in units of 1/s; source (n,): b, or None where
    b(s) = sum_c B_c 1 / (1 + lag_c s), the answer then being that to a rise of all cells at once;
    conductivity (n,): tells good from poor conductors, None if all are alike.
    """

    graph: Graph
    weight: np.ndarray
    low: np.ndarray
    high: np.ndarray
    storage: np.ndarray
    lag: np.ndarray
    source: np.ndarray | None = None
    conductivity: np.ndarray | None = None

    @cached_property
    def diagonal(self):
        out = np.empty(self.graph.n)
        kernels.laplacian.row_sums(self.graph.indptr, self.weight, self.low + self.high, out)
        return out

    @cached_property
    def dtype(self):
        """The precision of the solves and of the basis."""
        return np.float32 if self.conductivity is None else precision_for(self.conductivity)

    @cached_property
    def light(self):
        return self.weight.astype(self.dtype)

    @cached_property
    def multigrid(self):
        if self.conductivity is None:
            return Multigrid(self.graph)
        layered = replace(self.graph, layer=contrast_layers(self.conductivity))
        return Multigrid(layered, self.light if layered.layer.any() else None, dtype=self.dtype)

    def coefficients(self, s):
        """d_c(s), and d_c(s) / s, which stays finite at s = 0."""
        per_s = 1 / (1 + self.lag * s)
        return s * per_s, per_s

    def right_side(self, per_s):
        return self.source if self.source is not None else _weighted(self.storage, per_s)

    def apply_K(self, x):
        g, out = self.graph, np.empty(x.size)
        if self.dtype is np.float32:
            energy = kernels.laplacian.apply_laplacian(
                g.indptr, g.neighbour, self.weight, self.diagonal, x, out
            )
            return out, energy
        ground = self.low + self.high
        kernels.laplacian.outflow(g.indptr, g.neighbour, self.weight, ground, x, out)
        links = kernels.laplacian.link_energy(g.indptr, g.neighbour, self.weight, x)
        return out, links + float(ground @ x**2)

    def solve(self, d, residuals, enough):
        """Solve (K + sum d_c B_c) x = r for real d >= 0 and each r; return solutions and gains."""
        mass = _weighted(self.storage, d)
        self.multigrid.update(self.light, mass, self.low, self.high)
        apply, cycle = self.multigrid.apply, self.multigrid.cycle
        found = [
            conjugate_gradients(apply, cycle, r.astype(self.dtype), enough=enough)[:2] for r in residuals
        ]
        return [x for x, _ in found], [gains for _, gains in found]


class FrequencyResponse:
    """G(s) of a System, as good as the vectors added so far; `response(s)` evaluates it.

    shifts: real s of the solves; iterations: conjugate gradient steps of each, and of the checks.
    """

    def __init__(self, system):
        self.system, self.basis, self.shifts, self.iterations = system, [], [], []
        classes = len(system.lag)
        self.K, self.B = np.zeros((0, 0)), np.zeros((classes, 0, 0))
        self.load = np.zeros((classes if system.source is None else 1, 0))

    def __call__(self, s):
        """Evaluate G at each s."""
        return np.array([self._reduced(value)[1] for value in np.atleast_1d(s)])

    def _reduced(self, s):
        d, per_s = self.system.coefficients(s)
        load = per_s @ self.load if self.system.source is None else self.load[0]
        y = np.linalg.solve(self.K + np.tensordot(d, self.B, 1), load)
        return y, load @ y

    def add(self, s, scale, accuracy):
        """Solve at the real shift s until the error of G there is `accuracy` times scale(s, G); keep the
        answer."""
        system = self.system
        d, per_s = system.coefficients(s)
        for _ in range(5):  # each pass works in its precision on what the last left in float64
            y, known = self._reduced(s) if self.basis else (np.zeros(0), 0.0)
            allowed = partial(_allowed, s, scale, accuracy, known)
            (x,), (gains,) = system.solve(
                d, [self._residual(y, d, per_s)], partial(_enough, allowed, known > 0)
            )
            self.iterations.append(len(gains))
            if not self._extend(x.astype(float)) or _left(gains) <= allowed(sum(gains)):
                break
        self.shifts.append(s)

    def _residual(self, y, d, per_s):
        """b - A V y for real y."""
        x = np.zeros(self.system.graph.n)
        for factor, vector in zip(y, self.basis):
            kernels.vectors.add_scaled(factor, vector, x)
        out, _ = self.system.apply_K(x)
        return self.system.right_side(per_s) - out - _weighted(self.system.storage, d) * x

    def _extend(self, x):
        """Take x, scaled to unit energy, into the basis and the small matrices; False if it adds nothing."""
        energy = self.system.apply_K(x)[1]
        if not energy > 0:
            return False
        x = (x / np.sqrt(energy)).astype(self.system.dtype)
        Kx = self.system.apply_K(x.astype(float))[
            0
        ]  # of the rounded x: the small matrices must match the basis
        row = np.array([kernels.vectors.inner(v, Kx) for v in self.basis])
        own = kernels.vectors.inner(x, Kx)
        if self.basis and own - row @ np.linalg.solve(self.K, row) < 1e-10 * own:
            return False
        self.basis.append(x)
        self.K = _bordered(self.K, [*row, own])
        rows = [
            [kernels.vectors.inner(v, product) for v in self.basis]
            for product in (B * x for B in self.system.storage)
        ]
        self.B = np.stack([_bordered(B, row) for B, row in zip(self.B, rows)])
        sources = self.system.storage if self.system.source is None else [self.system.source]
        self.load = np.column_stack([self.load, [kernels.vectors.inner(x, b) for b in sources]])
        return True

    def check(self, omega, allowed):
        """Bound |G - G exact| at s = i omega (see above); where it is above `allowed`, keep what was computed
        for it."""
        d, per_s = self.system.coefficients(1j * omega)
        y, _ = self._reduced(1j * omega)
        enough = partial(_enough, lambda gained: 0.1 * gained, False)
        corrections, gains = self.system.solve(np.abs(d), self._complex_residual(y, d, per_s), enough)
        self.iterations += [len(part) for part in gains]
        bound = np.sqrt(2) * sum(map(sum, gains))
        if bound > allowed:
            for x in corrections:
                self._extend(x.astype(float))
        return bound

    def _complex_residual(self, y, d, per_s):
        """Real and imaginary part of b - A V y."""
        n = self.system.graph.n
        real, imaginary = np.zeros(n), np.zeros(n)
        for factor, vector in zip(y, self.basis):
            kernels.vectors.add_scaled(factor.real, vector, real)
            kernels.vectors.add_scaled(factor.imag, vector, imaginary)
        b, D = self.system.right_side(per_s), _weighted(self.system.storage, d)
        Dx = D * (real + 1j * imaginary)
        return [
            part(b) - self.system.apply_K(x)[0] - part(Dx)
            for part, x in ((np.real, real), (np.imag, imaginary))
        ]

    def reach(self, lowest, highest, scale, tolerance, *, maximum=40, progress=None):
        """Add vectors until G is good for all omega from `lowest` to `highest`; return the relative error.

        scale(s, G): the error of G that counts as 1. Shifts go where the residual of the projection, known
        from its Ritz values up to a factor, is largest beside that scale. Ends when the last vector changed G
        by less than `tolerance` and the bound of the error is below half of it at the most doubtful
        frequencies. Raises NotConverged after `maximum` rounds, with the changes.
        """
        accuracy, changes = 1e-3 * tolerance, []
        omega = np.geomspace(lowest, highest, 2 + int(10 * np.log10(highest / lowest)))
        ahead = np.concatenate([omega, omega[-1] * np.geomspace(1.25, REACH, 5)])
        if not self.basis:
            self.add(0.0, scale, accuracy)
        before, settled = self(1j * omega), False
        for _ in range(maximum):
            if not settled:
                self.add(self._next_shift(ahead, scale), scale, accuracy)
            now = self(1j * omega)
            changes.append(float(np.max(np.abs(now - before) / scale(1j * omega, now))))
            before, settled = now, changes[-1] <= tolerance
            if progress:
                progress(min(np.log(max(changes[-1], 1e-16)) / np.log(tolerance), 1.0), 1.0, "impedance")
            if settled:
                errors = [self._relative_error(w, scale, tolerance) for w in self._doubtful(omega, scale)]
                if max(errors) <= tolerance / 2:  # they are not all frequencies
                    return max(errors)
        raise NotConverged(
            f"the response still changes by {changes[-1]:.1e} of itself after {maximum} "
            f"rounds, tolerance {tolerance:.1e}",
            changes,
        )

    def _relative_error(self, omega, scale, tolerance):
        unit = float(scale(1j * omega, self(1j * omega)[0]))
        return self.check(omega, tolerance / 2 * unit) / unit

    def _doubt(self, omega, scale):
        """Logarithm of the likely relative error at each omega, up to a constant.

        The residual of a rational Krylov projection is prod_j (s - s_j) / (s + ritz_j) times a fixed vector,
        whose norm in H^-1 falls at most as 1 / omega.
        """
        s = 1j * omega
        times = eigh(self.B.sum(axis=0), self.K, eigvals_only=True)  # 1 / ritz; K is definite, B need not be
        residual = sum(np.log(np.abs(s - shift)) for shift in self.shifts)
        residual = residual - sum(np.log(np.abs(1 + s * time)) for time in times)
        return 2 * residual - np.log(omega) - np.log(scale(s, self(s)))

    def _next_shift(self, omega, scale):
        doubt = self._doubt(omega, scale)
        for shift in self.shifts:
            if shift > 0:
                doubt[np.abs(np.log(omega / shift)) < np.log(SPACING)] = -np.inf
        return float(omega[np.argmax(doubt)])

    def _doubtful(self, omega, scale):
        """The highest frequency, and up to three, each a decade and more from the others, of largest likely
        errors."""
        doubt, found = self._doubt(omega, scale), [omega[-1]]
        while len(found) < 4 and np.isfinite(doubt).any():
            found.append(omega[np.argmax(doubt)])
            doubt[np.abs(np.log10(omega / found[-1])) < 1] = -np.inf
        return list(dict.fromkeys(found))


def _weighted(storage, d):
    return np.tensordot(d, storage, 1)


def _bordered(matrix, row):
    """A symmetric matrix with one more row and column."""
    n = len(row)
    out = np.empty((n, n))
    out[:-1, :-1], out[-1], out[:, -1] = matrix, row, row
    return out


def _left(gains):
    """What conjugate gradients still have to gain, extrapolated from their last gains."""
    if len(gains) < 2:
        return np.inf if len(gains) == 0 or gains[0] > 0 else 0.0
    rate = min(max(gains[-1] / gains[-2], 0.1), 0.95) if gains[-2] > 0 else 0.1
    return gains[-1] * rate / (1 - rate)


def _allowed(s, scale, accuracy, known, gained):
    """The error of G at the real shift s that may stay."""
    return accuracy * scale(s, known + gained)


def _enough(allowed, correcting, gains, r):
    """Stop when what is left to gain is allowed, for a correction also below a thousandth of the gains, or
    when float32 ends."""
    left, gained = _left(gains), sum(gains)
    return left <= 1e-9 * gained or left <= allowed(gained) and (not correcting or left <= 1e-3 * gained)
