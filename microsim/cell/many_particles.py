"""Spherical particles of several radii that share one potential, under a current that is imposed.

    dsto_k/dt = 1/r^2 d/dr (r^2 D_s dsto_k/dr),      -D_s dsto_k/dr = i_k / (F c_s_max)   at r = R_k
    i_k = 2 i0(sto_k) sinh(alpha F (V - U(sto_k)) / RT),     sum over k of A_k i_k = I

i0 and U at the surface. The sum is solved for V in closed form: P y - M / y = I, y = exp(alpha F V / RT).
Electrolyte and lithium take no voltage; salt at 1000 mol m-3. Shells are those of the homogenised electrode;
time goes by scipy's BDF. Where i0 falls steeply with lithiation a particle that begins goes on by itself, and
the voltage of a face falls with its current: the half cell's solver for faces, in which it rises, is not for
this.

Source: many-particle model, Kirk et al., J. Electrochem. Soc. 168 (2021) 110530; exchange current that rises
as lithium leaves, Park et al., Nat. Mater. 20 (2021) 991.
"""

from dataclasses import dataclass

import numpy as np

from ..base.constants import F, R
from ..base.errors import NotConverged
from .kinetics import end_potential
from .spheres import shell_edges

C_E = 1000.0  # mol m-3
EDGE = 1e-6  # of sto, to which U and i0 are followed


@dataclass(frozen=True, eq=False)
class ManyParticles:
    """Particles of an active material.

    radii: m; volumes: of all particles of each radius, in any unit; T: K; shells: of each.
    """

    material: object
    radii: np.ndarray
    volumes: np.ndarray
    T: float
    shells: int

    @property
    def share(self):
        """Share of each radius in the whole volume."""
        return self.volumes / self.volumes.sum()

    @property
    def weights(self):
        """Share of each shell in its particle's volume."""
        return np.diff(shell_edges(self.shells) ** 3)

    def surface(self, sto):
        """Return the lithiation at the surfaces, straight on from the two outermost shells; sto [particle,
        shell, ...]."""
        width = np.diff(shell_edges(self.shells))
        reach = width[-1] / (width[-1] + width[-2])
        return np.clip(sto[:, -1] + reach * (sto[:, -1] - sto[:, -2]), EDGE, 1 - EDGE)

    def reaction(self, sto, rate):
        """Return the outflow of each particle, i_k / (F c_s_max) (m s-1), and V.

        rate: of the mean lithiation (s-1, below zero where it falls).
        """
        x, material, T = self.surface(sto), self.material, self.T
        f = material.alpha_a * F / (R * T)
        U, i0 = material.U(x) + end_potential(x)[0], material.i0(C_E, x, T)
        areas = (3 * self.share / self.radii).reshape(-1, *[1] * (x.ndim - 1))  # of a unit volume
        need = -rate * F * material.c_s_max
        middle = U.mean(axis=0)
        up, down = np.exp(-f * (U - middle)), np.exp(f * (U - middle))
        P, M = (areas * i0 * up).sum(axis=0), (areas * i0 * down).sum(axis=0)
        root = np.sqrt(need * need + 4 * P * M)
        y = np.where(need > 0, (need + root) / (2 * P), 2 * M / (root - need))
        return i0 * (y * up - down / y) / (F * material.c_s_max), middle + np.log(y) / f

    def change(self, sto, rate):
        """Return dsto/dt [particle, shell, ...] (s-1)."""
        edges, tail = shell_edges(self.shells), [1] * (sto.ndim - 2)
        R_k = self.radii.reshape(-1, 1, *tail)
        width = np.diff(edges).reshape(1, -1, *tail) * R_k
        D = self.material.D_s(np.clip(sto, EDGE, 1 - EDGE), self.T) + 0 * sto
        between = (width[:, 1:] + width[:, :-1]) / (width[:, 1:] / D[:, 1:] + width[:, :-1] / D[:, :-1])
        flux = -between * np.diff(sto, axis=1) / ((width[:, 1:] + width[:, :-1]) / 2)
        outer = self.reaction(sto, rate)[0][:, None]
        area = (edges**2).reshape(1, -1, *tail)
        through = np.concatenate([0 * outer, flux, outer], axis=1) * area
        volume = (self.weights / 3).reshape(1, -1, *tail) * R_k
        return -np.diff(through, axis=1) / volume

    def run(self, sto, t, rate, tolerance=1e-5, progress=None):
        """Return times (s), V, and the mean lithiation of each particle [particle, time].

        sto: at the start; t, rate: of the mean lithiation over time (s, s-1), straight between; a time that
        comes twice is a jump. Raises NotConverged.
        """
        shape = (len(self.radii), self.shells)
        y, rows = np.full(shape, float(sto)), []
        for k in np.flatnonzero(np.diff(t) > 0):
            slope = (rate[k + 1] - rate[k]) / (t[k + 1] - t[k])

            def present(at, k=k, slope=slope):
                return rate[k] + slope * (at - t[k])

            times, states = self._piece(y, t[k], t[k + 1], present, tolerance)
            rows += [
                (at, present(at), one) for at, one in zip(times[len(rows) > 0 :], states[len(rows) > 0 :])
            ]
            y = states[-1]
            if progress:
                progress(min((t[k + 1] - t[0]) / (t[-1] - t[0]), 0.99), 1.0, f"{t[k + 1] / 3600:.2f} h")
        V = np.array([self.reaction(one, now)[1] for _, now, one in rows])
        means = np.array([one @ self.weights for *_, one in rows]).T
        return np.array([at for at, *_ in rows]), V, means

    def _depends(self):
        """Which changes depend on which shells: neighbours, and all surfaces on each other through V."""
        from scipy.sparse import block_diag, diags, lil_matrix

        n, shells = len(self.radii), self.shells
        inside = block_diag([diags([1.0, 1.0, 1.0], [-1, 0, 1], (shells, shells))] * n)
        pattern, last = lil_matrix(inside), shells * np.arange(1, n + 1) - 1
        pattern[np.ix_(last, np.concatenate([last - 1, last]))] = 1
        return pattern.tocsr()

    def _piece(self, y, begin, end, rate, tolerance):
        """Integrate over one straight piece of the current; return times and states."""
        from scipy.integrate import solve_ivp

        def of(at, flat):
            state = flat.reshape(*y.shape, *flat.shape[1:])
            return self.change(state, rate(at)).reshape(flat.shape)

        with np.errstate(all="ignore"):  # trial states out of range; what comes out is looked at
            found = solve_ivp(
                of,
                (begin, end),
                y.ravel(),
                "BDF",
                rtol=tolerance,
                atol=tolerance / 10,
                vectorized=True,
                jac_sparsity=self._depends(),
            )
        states = found.y.T.reshape(-1, *y.shape)
        if not found.success or not np.isfinite(states).all():
            raise NotConverged(
                f"the particles' step at {found.t[-1]:.0f} s did not converge: {found.message}", [tolerance]
            )
        return found.t, states
