"""Materials of the electrodes as the kinetics see them: several as one, and a counter electrode of metal."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lithium:
    """The counter electrode as seen by the kinetics: U = 0, no solid diffusion, symmetric."""

    metal: object
    alpha_a: float = 0.5
    alpha_c: float = 0.5

    def U(self, sto):
        return 0.0

    def dU(self, sto):
        return 0.0

    def i0(self, c_e, sto, T):
        return self.metal.i0(c_e, T)


class Mixed:
    """Several active materials as one: each function evaluates every entry with the material it is of."""

    def __init__(self, materials, of):
        self.parts = [(m, np.flatnonzero(of == k)) for k, m in enumerate(materials)]
        self.alpha_a, self.alpha_c, self.c_s_max = (
            self._join(lambda m, at, name=name: getattr(m, name), of.size)
            for name in ("alpha_a", "alpha_c", "c_s_max")
        )

    def _join(self, value, size):
        out = np.empty(size)
        for material, at in self.parts:
            out[at] = value(material, at)
        return out

    def U(self, sto):
        return self._join(lambda m, at: m.U(sto[at]), sto.size)

    def dU(self, sto):
        return self._join(lambda m, at: m.dU(sto[at]), sto.size)

    def D_s(self, sto, T):
        return self._join(lambda m, at: m.D_s(sto[at], T), sto.size)

    def i0(self, c_e, sto, T):
        return self._join(lambda m, at: m.i0(c_e[at], sto[at], T), sto.size)


def mixed(materials, of):
    """Return the one material, or a Mixed of several; `of`: which one each entry is of."""
    return materials[0] if len(materials) == 1 else Mixed(materials, of)
