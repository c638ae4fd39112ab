"""How close graphite comes to plating lithium: the least of the potential across its reactive faces,

    v = phi_s - phi_e - j R_film     (V against lithium in the electrolyte beside the face)

Below zero lithium may plate there (Arora, Doyle and White, J. Electrochem. Soc. 146 (1999) 3543).
"""

from dataclasses import dataclass

import numpy as np

from .observer import Observer

NEAR_LITHIUM = 0.25  # V, potential of a full electrode that can come to plate


@dataclass
class Least:
    """The least potential so far (V), when (s) and in which step of the protocol."""

    margin: float | None = None
    time_s: float | None = None
    step: int | None = None


class Plating(Observer):
    """Keep the least potential of the faces of graphite, of any material that comes near lithium's. cell:
    HalfCell."""

    def __init__(self, cell):
        self._look_at(cell)
        self.kept = Least()

    @property
    def asked(self):
        """Whether there are such faces."""
        return bool(self.faces.any())

    def note(self, moment):
        """Take in the Moment after a time step."""
        if moment.cell is not self.cell:  # contact was lost
            self._look_at(moment.cell)
        least = float(self.cell.responses(moment.solved)[1].v[self.faces].min())
        if self.kept.margin is None or least < self.kept.margin:
            self.kept = Least(least, moment.t, moment.number)

    def _look_at(self, cell):
        mesh = cell.mesh
        near = np.array([can_plate(material) for material in mesh.materials])
        self.cell, self.faces = cell, near[mesh.material[mesh.faces.solid]]

    def figures(self):
        """Return the margin, when and in which step, or None of a cell without graphite."""
        kept = self.kept
        return {"margin_V": kept.margin, "time_s": kept.time_s, "step": kept.step} if self.asked else None


def can_plate(material):
    """Whether an active material comes near the potential of lithium when it is full."""
    full = np.array(max(material.sto_0, material.sto_100))
    return float(material.U(full)) < NEAR_LITHIUM
