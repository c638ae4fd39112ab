"""Flexible GMRES on a device: the vectors stay there, and a few sums an iteration come back."""

import numpy as np

from ..base.errors import NotConverged
from .backend import device_kernels as kernels
from .krylov import LeastSquares

SINGLES = 3  # vectors of single precision beside the basis: what goes in, P^-1 of it, A P^-1 of it
DOUBLES = 3  # of double precision: b, x and the residual


class DeviceGmres:
    """Solve A x = b as krylov.gmres does, for n unknowns.

    product(x, out): writes A x, of arrays of single precision and of double; precondition(r, out): writes
    P^-1 r in single precision. Both launch kernels that depend on nothing that is not on the device: they are
    recorded once and go on with the numbers that stand in their arrays. restart: the most vectors of a cycle.
    """

    def __init__(self, product, precondition, n, restart):
        self.product, self.precondition, self.n = product, precondition, n
        room, zeros = kernels.vectors.room, kernels.vectors.zeros
        self.basis, self.answers = room(restart + 1, n), []
        self.v, self.z, self.w = (room(n) for _ in range(SINGLES))
        self.b, self.x, self.r = (zeros(n, np.float64) for _ in range(DOUBLES))
        self.repeat = None

    def forget(self):
        """Record anew: the launches themselves are other ones."""
        self.repeat = None

    def __call__(self, b, *, tolerance, maximum=40):
        """Return x and the relative residual history; b, x: of the processor, x in double precision. Raises
        NotConverged after `maximum` iterations."""
        kernels.device.fill(self.b, np.asarray(b, float))
        kernels.device.copy(self.b, self.r)
        self.x.zero_()
        size, history = self._length(), [1.0]
        if size == 0:
            return np.zeros_like(b), history
        while len(history) <= maximum and history[-1] > tolerance:
            most = min(len(self.basis) - 1, maximum + 1 - len(history))
            # a little below the target, as there
            inner = self._cycle(most, 0.9 * tolerance * size, self._length())
            self.product(self.x, self.r)
            kernels.vectors.less(self.b, self.r, self.r)
            history += [value * history[-1] for value in inner[:-1]] + [self._length() / size]
        if not history[-1] <= tolerance:
            raise NotConverged(
                f"GMRES stopped after {len(history) - 1} iterations at a relative residual of "
                f"{history[-1]:.1e}, tolerance {tolerance:.1e}",
                history,
            )
        return self.x.numpy(), history

    def _length(self):
        return np.sqrt(kernels.vectors.inner(self.r, self.r))

    def _cycle(self, most, target, norm):
        """Add the correction of one Arnoldi cycle to x; return the residuals relative to the first."""
        vectors, basis, w, history = kernels.vectors, self.basis, self.w, []
        least = LeastSquares(most, norm)
        vectors.divided(self.r, norm, basis[0])
        for k in range(most):
            self._step(k)
            inner = vectors.project(basis, k + 1, w)
            length = np.sqrt(vectors.combine(basis, -inner, w))
            if length > 0:
                vectors.divided(w, length, basis[k + 1])
            history.append(least.add(inner, length) / norm)
            if history[-1] * norm <= target or length == 0:
                break
        for factor, z in zip(least.answer(), self.answers):
            vectors.add_scaled(factor, z, self.x)
        return history

    def _step(self, k):
        """z_k = P^-1 v_k, w = A z_k."""
        if len(self.answers) == k:
            self.answers.append(kernels.vectors.room(self.n))
        kernels.device.copy(self.basis[k], self.v)
        if self.repeat is None:
            self.repeat = kernels.device.recorded(self._launches)
        self.repeat()
        kernels.device.copy(self.z, self.answers[k])

    def _launches(self):
        self.precondition(self.v, self.z)
        self.product(self.z, self.w)
