"""Krylov methods that work on functions: preconditioned conjugate gradients and flexible GMRES."""

import numpy as np

from ..base.errors import NotConverged
from .backend import kernels
from .codes import DIGITS_OF

PIECE = 2**16  # entries of a vector that are worked on at a time
STRETCH = 2**18  # the same of a Basis, where each call is handed to several threads
FAR = 0.1  # of the residual: what a short first cycle that leaves more has found is no better than nothing


def conjugate_gradients(apply, precondition, r, *, enough, maximum=400, x=None, inner=None):
    """Lower the energy x.A x / 2 - b.x from x (zero) with residual r = b - A x; return (x, gains, r).

    apply(p, out) writes A p and returns p.A p; precondition(r) returns an array that may be overwritten.
    gains[k] is twice what step k took off the energy, alpha r.z (Hestenes & Stiefel 1952): the sum of the
    gains still to come is the squared energy norm of the error. Stops when enough(gains, r) says so;
    raises NotConverged with the gains after `maximum` steps. `r` is float32 or float64; x may be more
    precise. Both are overwritten. A step that would not lower the energy (r.z or p.A p not above 0: the
    precision of r has ended) is not taken and ends the iteration. inner(a, b): another inner product, as of
    vectors whose entries several processes hold.
    """
    inner = inner or kernels.vectors.inner
    x = kernels.vectors.zeros(r.size, r.dtype) if x is None else x
    p, gains, rz = kernels.vectors.zeros(r.size, r.dtype), [], 1.0
    while not enough(gains, r):
        if len(gains) == maximum:
            raise NotConverged(
                f"conjugate gradients stopped after {maximum} steps, the last of which changed the "
                f"energy by {gains[-1]:.1e}",
                gains,
            )
        z = precondition(r)
        rz, before = inner(r, z), rz
        if not rz > 0:
            break
        kernels.vectors.search_direction(z, _number(r, rz / before if gains else 0.0), p)
        curvature = apply(p, z)  # z has done its work: A p takes its place
        if not curvature > 0:
            break
        alpha = rz / curvature
        kernels.vectors.add_scaled(_number(x, alpha), p, x)
        kernels.vectors.add_scaled(_number(r, -alpha), z, r)
        gains.append(alpha * rz)
    return x, gains, r


def _number(vector, value):
    """Return a number in the precision of a vector, of NumPy's or of a device's."""
    return getattr(vector.dtype, "type", vector.dtype)(value)


def gmres(apply, precondition, b, *, tolerance, maximum=40, restart=20, first=None, total=None):
    """Solve A x = b from a zero start; return x and the relative residual history.

    Flexible right preconditioning: min |b - A Z y|, x = Z y with the very z_k = P^-1 v_k that A was applied
    to. In single precision P^-1 (V y) is not Z y: good conductors turn the round-off of x into
    large residuals, and half of the solves of coupled balances needed a second cycle.
    `apply` and `precondition` map vectors, of single or double precision, to new ones. Stops at |r| <=
    tolerance |b|; starts again after `restart` iterations, the first time after `first` if that is fewer,
    which bounds the memory at twice as many vectors and, from then on, x. Where a shorter first cycle leaves
    more than a tenth all begins anew, in long ones to the end: contacts that are all but lost ask for them.
    Raises NotConverged after `maximum` iterations (Saad, Iterative Methods, algorithm 9.6). total(sums): adds
    up sums over vectors whose entries several processes hold.
    """
    norm = np.linalg.norm if total is None else lambda v: np.sqrt(total(kernels.vectors.inner(v, v)))
    size = norm(b)
    x, r, history = None, b, [1.0]
    if size == 0:
        return np.zeros_like(b), history
    while len(history) <= maximum and history[-1] > tolerance:
        if x is None or not first:
            cycle = min(restart, first or restart)
        else:
            cycle = _asked(history, tolerance, restart)
        length, most = norm(r), min(cycle, maximum + 1 - len(history))
        basis = Basis()
        r = r / r.dtype.type(length) if x is None else np.divide(r, length, out=r)  # b is the caller's
        basis.keep(r.astype(np.float32, copy=False), 1.0)
        del r  # none of it is needed beside the basis
        # a little below the target: the basis is rounded, and what counts is the residual recomputed after
        # the cycle
        y, answers, inner = _gmres_cycle(
            apply, precondition, basis, most, 0.9 * tolerance * size, length, total or (lambda sums: sums)
        )
        del basis
        x = np.zeros(b.size) if x is None else x
        add_pieces(y, answers, x)
        del answers
        r = apply(x)
        np.subtract(b, r, out=r)
        history += [value * length / size for value in inner[:-1]] + [norm(r) / size]
        if first and first < restart and history[-1] > FAR:  # from the beginning, in long cycles alone
            x, r, first = None, b, None
    if history[-1] > tolerance:
        raise NotConverged(
            f"GMRES stopped after {len(history) - 1} iterations at a relative residual of "
            f"{history[-1]:.1e}, tolerance {tolerance:.1e}",
            history,
        )
    return x, history


def _asked(history, tolerance, most):
    """Return how many iterations, of `most`, another cycle will need at half the pace of those before: memory
    of vectors is asked for at once, and what is asked for beyond need others fill."""
    pace = -np.log(min(history[-1], 1.0)) / (len(history) - 1) / 2
    return int(min(most, 2 + max(np.log(history[-1] / tolerance), 0.0) / max(pace, 1e-3)))


def _gmres_cycle(apply, precondition, basis, most, target, norm, total):
    """One Arnoldi cycle; return y and the answers of P^-1, with which Z y corrects x, and the residuals
    relative to the first, whose size is `norm`.

    basis: a Basis, its first vector there; most: iterations. Answers are float32, with the basis the largest
    arrays of a run; fewer digits of them, with a scale for stretches of unknowns, do not solve cells whose
    conductors are far apart. The residual is recomputed outside in float64.
    """
    answers, least, history = [], LeastSquares(most, norm), []
    for k in range(most):
        answers.append(precondition(basis.last()))
        w = apply(answers[k]).astype(np.float32, copy=False)
        inner = total(basis.project(w))
        length = np.sqrt(total(basis.combine(-inner, w)))
        history.append(least.add(inner, length) / norm)
        if history[-1] * norm <= target or k + 1 == most or not 0 < length < np.inf:
            break
        basis.keep(w, length)
        del w  # which the next answer need not lie beside
    return least.answer(), answers, history


class Basis:
    """The vectors of an Arnoldi process, in three bytes an entry (see kernels.basis). Each is asked for when
    it is kept, for itself: it finds room where another phase of a time step has left some."""

    def __init__(self):
        self.kept = []

    def keep(self, w, length):
        """Take w (float32) over its length as the next vector."""
        v = (
            np.empty(w.size, np.int16),
            np.empty(w.size, np.uint8),
            np.empty(-(-w.size // DIGITS_OF), np.float32),
        )
        kernels.basis.keep(w, length, *v)
        self.kept.append(v)

    def last(self):
        """Return the last vector."""
        out = np.empty(self.kept[-1][0].size, np.float32)
        kernels.basis.read(*self.kept[-1], out)
        return out

    def project(self, w):
        """Return the inner products of w with the vectors."""
        sums = np.zeros(len(self.kept))
        for piece, parts in self._pieces(w.size):
            sums += [kernels.basis.project(*v, w[piece]) for v in parts]
        return sums

    def combine(self, coefficients, w):
        """Add coefficients times the vectors to w; return w . w."""
        squared = 0.0
        for piece, parts in self._pieces(w.size):
            for factor, v in zip(coefficients, parts):
                kernels.basis.add(*v, factor, w[piece])
            squared += kernels.vectors.inner(w[piece], w[piece])
        return squared

    def _pieces(self, n):
        """Go through pieces that stay in the cache: (slice, what is kept of each vector there)."""
        for begin in range(0, n, STRETCH):
            piece, scales = (
                slice(begin, begin + STRETCH),
                slice(begin // DIGITS_OF, (begin + STRETCH) // DIGITS_OF),
            )
            yield piece, [(high[piece], low[piece], scale[scales]) for high, low, scale in self.kept]


class LeastSquares:
    """min |norm e_1 - H y| of GMRES by Givens rotations, H a column at a time."""

    def __init__(self, size, norm):
        """size: most columns; norm: of the residual that the basis begins with."""
        self.H, self.rhs, self.rotations = np.zeros((size + 1, size)), np.zeros(size + 1), []
        self.rhs[0] = norm

    def add(self, inner, length):
        """Take the inner products of A z_k with the basis, and the length of what is left of it; return the
        residual."""
        H, rhs, k = self.H, self.rhs, len(self.rotations)
        H[: k + 1, k], H[k + 1, k] = inner, length
        for i, (c, s) in enumerate(self.rotations):
            H[i, k], H[i + 1, k] = c * H[i, k] + s * H[i + 1, k], c * H[i + 1, k] - s * H[i, k]
        new = np.hypot(H[k, k], H[k + 1, k])
        c, s = H[k, k] / new, H[k + 1, k] / new
        self.rotations.append((c, s))
        H[k, k], H[k + 1, k] = new, 0.0
        rhs[k], rhs[k + 1] = c * rhs[k], -s * rhs[k]
        return abs(rhs[k + 1])

    def answer(self):
        """Return y."""
        k = len(self.rotations)
        return np.linalg.solve(np.triu(self.H[:k, :k]), self.rhs[:k])


def complex_gmres(apply, precondition, b, x, *, tolerance, maximum=200, restart=60):
    """Solve A x = b for complex A from a start x; return x and the relative residual history.

    As `gmres`, with a basis of complex64 whose residual is recomputed in complex128 after each cycle of at
    most `restart` iterations, each of which keeps two vectors; of twice as many after a cycle that left more
    than a tenth. x is overwritten; b may be of any precision that holds it.
    """
    size, r = _length(b), b - apply(x)
    history = [_length(r) / size]
    while len(history) <= maximum and history[-1] > tolerance:
        norm, most = _length(r), min(restart, maximum + 1 - len(history))
        r /= norm
        basis, answers, H = [r.astype(np.complex64)], [], np.zeros((most + 1, most), complex)
        del r  # none of it is needed beside the basis
        for k in range(most):
            answers.append(precondition(basis[k]))
            w = apply(answers[k]).astype(np.complex64, copy=False)
            for i, v in enumerate(basis):
                H[i, k] = np.vdot(v, w)
                add_pieces([np.complex64(-H[i, k])], [v], w)
            H[k + 1, k] = _length(w)
            first = np.zeros(k + 2, complex)
            first[0] = norm
            y = np.linalg.lstsq(H[: k + 2, : k + 1], first, rcond=None)[0]
            history.append(np.linalg.norm(first - H[: k + 2, : k + 1] @ y) / size)
            if history[-1] <= 0.9 * tolerance or len(history) > maximum or H[k + 1, k] == 0:
                break
            if k + 1 < most:
                w /= np.complex64(H[k + 1, k])
                basis.append(w)
        del basis, w
        add_pieces(y, answers, x)
        del answers
        r = apply(x)
        np.subtract(b, r, out=r)
        history[-1] = _length(r) / size
        restart *= 2 if history[-1] > 0.1 * norm / size else 1
    if history[-1] > tolerance:
        raise NotConverged(
            f"GMRES stopped after {len(history) - 1} iterations at a relative residual of "
            f"{history[-1]:.1e}, tolerance {tolerance:.1e}",
            history,
        )
    return x, history


def _length(v):
    """Return |v|, of complex vectors in a quarter of the time that NumPy's norm takes."""
    return np.sqrt(np.vdot(v, v).real)


def add_pieces(factors, vectors, x):
    """Add factor times vector of each pair to x, in its precision, piece by piece."""
    for begin in range(0, x.size, PIECE):
        piece = slice(begin, begin + PIECE)
        for factor, z in zip(factors, vectors):
            x[piece] += np.multiply(z[piece], factor, dtype=x.dtype)
