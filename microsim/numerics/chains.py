"""Many independent chains of cells, each linked to the next: tridiagonal systems solved exactly."""

import numpy as np

from .backend import kernels


class Chains:
    """A_kk = w_(k-1) + w_k + mass_k, A_k,k+1 = -w_k for `count` chains of `cells` cells; arrays [chain,
    cell]."""

    def __init__(self, count, cells):
        self.pivot, self.x = np.empty((count, cells)), np.empty((count, cells))
        self.coupling = np.zeros((count, cells - 1))

    def update(self, coupling, mass):
        """Set the link weights [chain, cell - 1] and the diagonal parts [chain, cell]."""
        self.coupling = coupling
        diagonal = mass.copy()
        diagonal[:, 1:] += coupling
        diagonal[:, :-1] += coupling
        kernels.chains.factor(diagonal, coupling, self.pivot)

    def solve(self, b):
        """Return the exact answer of A x = b, in a shared array."""
        kernels.chains.solve(self.pivot, self.coupling, b, self.x)
        return self.x

    @property
    def end_response(self):
        """1 / (A^-1)_ee of each chain's last cell e: what it resists a flow into it with."""
        return self.pivot[:, -1]
