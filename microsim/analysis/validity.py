"""Whether a run stays where its coefficients are known, and how much of a diffusion layer its voxels hide.

    c_e    of the electrolyte's cells, against the c_e_window of its set
    sto    of each active material's cells and reactive faces, against its sto_window
    drop   |j| h / (2 F D_s c_s_max): by how much sto differs between the middle of a cell and its reactive
           face

The drop is that of a steady gradient. Just after a change of current the true layer is thinner than half a
voxel and has changed less; after (h / 2)^2 / D_s the cells follow it.
"""

import numpy as np

from ..base.constants import F

COARSE = 0.02  # drop, as a mean over the current, that is worth a sentence
SLACK = 1e-6  # of a bound, so that a start at the bound lies inside


class Validity:
    """Collect over a run the ranges that are reached, and the largest drop. cell: HalfCell."""

    KEPT = ("ranges", "drop")

    def __init__(self, cell):
        self.cell, mesh = cell, cell.mesh
        self.of_cells, self.of_faces = mesh.material, mesh.material[mesh.faces.solid]
        electrolyte = cell.electrolyte
        self.ranges = {
            "c_e": {"material": electrolyte.name, **_unseen(electrolyte.c_e_window)},
            "sto": {m.name: _unseen(m.sto_window) for m in mesh.materials},
        }
        self.drop = {
            "largest_sto": 0.0,
            "mean_sto": 0.0,
            "mean_V": 0.0,
            "time_s": None,
            "step": None,
            "resolved_after_s": None,
        }

    def note(self, experiment, load):
        """Take down a state of the experiment."""
        cell, u, t = self.cell, self.cell.state(experiment.x), experiment.t
        centre, drop, D_s = self._drops(u)
        face = np.clip(centre + drop, 0.0, 1.0)
        _widen(self.ranges["c_e"], t, u.c_e)
        for k, material in enumerate(cell.mesh.materials):
            _widen(self.ranges["sto"][material.name], t, u.sto[self.of_cells == k], face[self.of_faces == k])
        weight = cell.mesh.faces.area * np.abs(cell.j)
        mean = float(weight @ np.abs(drop) / weight.sum()) if weight.any() else 0.0
        if mean > 1.001 * self.drop["mean_sto"]:  # of equal ones the first
            moved = np.abs(cell.at_faces.U(face) - cell.at_faces.U(centre))
            after = cell.mesh.faces.half_solid**2 / D_s
            self.drop |= {
                "mean_sto": mean,
                "mean_V": float(weight @ moved / weight.sum()),
                "time_s": t,
                "step": load.name,
                "resolved_after_s": float(after.max()),
            }
        self.drop["largest_sto"] = max(self.drop["largest_sto"], float(np.abs(drop).max()))

    def _drops(self, u):
        """Return sto in the cells behind the reactive faces, by how much it differs at the faces, and D_s (m2
        s-1)."""
        cell, faces = self.cell, self.cell.mesh.faces
        reaction = (
            cell.j
            if cell.layer is None
            else cell.j - cell.layer[0] * cell.v[: cell.j.size] - cell.layer[1][: cell.j.size]
        )
        centre = u.sto[faces.solid]
        D_s = cell.at_faces.D_s(centre, cell.T) + np.zeros(centre.size)
        return centre, -reaction * faces.share * faces.half_solid / (F * cell.c_s_max[faces.solid] * D_s), D_s

    def snapshot(self):
        """Return what a run goes on from: plain values."""
        return {name: getattr(self, name) for name in self.KEPT}

    def restore(self, kept):
        """Go back to a snapshot."""
        for name in self.KEPT:
            setattr(self, name, kept[name])

    def figures(self, more=()):
        """Return the ranges, the drop, and `notes`: one sentence for each thing that a reader must know,
        after `more`."""
        notes = [
            *more,
            *filter(None, [_left("c_e", " mol m-3", self.ranges["c_e"]["material"], self.ranges["c_e"])]),
            *filter(None, [_left("sto", "", name, found) for name, found in self.ranges["sto"].items()]),
        ]
        if self.drop["mean_sto"] > COARSE:
            notes.append(
                f"Voxels are coarse for diffusion in the solid: at {self.drop['time_s']:.6g} s of the run"
                f" lithiation differs by {self.drop['mean_sto']:.2g} across half a voxel beside the reactive"
                f" faces, {self.drop['mean_V'] * 1e3:.3g} mV; for about {self.drop['resolved_after_s']:.2g} s"
                " after a change of current the voltage is off by up to that."
            )
        return {**self.ranges, "half_voxel_drop": self.drop, "notes": notes}


def _unseen(window):
    return {"window": [float(bound) for bound in window], "reached": None, "left_after_s": None}


def _widen(found, t, *values):
    """Widen a range by arrays of values; keep the time (s) at which it first left its window."""
    values = [v for v in values if v.size]
    if not values:
        return
    low, high = float(min(v.min() for v in values)), float(max(v.max() for v in values))
    before = found["reached"] or [low, high]
    found["reached"] = [min(low, before[0]), max(high, before[1])]
    if found["left_after_s"] is None and (
        low < found["window"][0] * (1 - SLACK) or high > found["window"][1] * (1 + SLACK)
    ):
        found["left_after_s"] = t


def _left(quantity, unit, name, found):
    """Say that a range left its window, or return None."""
    if found["left_after_s"] is None:
        return None
    (low, high), (least, most) = found["window"], found["reached"]
    return (
        f"{quantity} reached {least:.6g} to {most:.6g}{unit}, beyond the {low:g} to {high:g} for which {name}"
        f" is known, first after {found['left_after_s']:.6g} s; there its coefficients are extrapolated."
    )
