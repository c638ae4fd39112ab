"""Whether a run stays where its coefficients are known, and how much of a diffusion layer its voxels hide.

    c_e    of the electrolyte's cells, against the c_e_window of its set
    sto    of each active material's cells and reactive faces, against its sto_window
    drop   |j_r| h / (2 F D_s c_s_max): by how much sto differs between the middle of a cell and its reactive
           face, j_r the reaction

The drop is that of a steady gradient. Just after a change of current the true layer is thinner than half a
voxel and has changed less; after (h / 2)^2 / D_s the cells follow it.
"""

from dataclasses import dataclass, field

import numpy as np

from .observer import Observer

APART = 1e-3  # of the active material's voxels that may take no part without a sentence
COARSE = 0.02  # drop, as a mean over the current, that is worth a sentence
SLACK = 1e-6  # of a bound, so that a start at the bound lies inside


@dataclass
class Reached:
    """The ranges that were reached, and the largest drop."""

    ranges: dict
    drop: dict = field(
        default_factory=lambda: {
            "largest_sto": 0.0,
            "mean_sto": 0.0,
            "mean_V": 0.0,
            "time_s": None,
            "step": None,
            "resolved_after_s": None,
        }
    )


class Validity(Observer):
    """Collect over a run the ranges that are reached, and the largest drop. cell: HalfCell."""

    def __init__(self, cell):
        self._look_at(cell)
        electrolyte, mesh = cell.electrolyte, cell.mesh
        c_e = {"material": electrolyte.name, **_unseen(electrolyte.c_e_window)}
        self.kept = Reached({"c_e": c_e, "sto": {m.name: _unseen(m.sto_window) for m in mesh.materials}})

    def note(self, moment):
        """Take in the Moment after a time step."""
        if moment.cell is not self.cell:  # contact was lost
            self._look_at(moment.cell)
        cell, u, t, ranges = self.cell, moment.u, moment.t, self.kept.ranges
        centre, drop = u.sto[cell.mesh.faces.solid], cell.face_drop(moment.solved)
        face = np.clip(centre + drop, 0.0, 1.0)
        _widen(ranges["c_e"], t, u.c_e)
        for k, material in enumerate(cell.mesh.materials):
            _widen(ranges["sto"][material.name], t, u.sto[self.of_cells == k], face[self.of_faces == k])
        self._note_drop(moment, centre, drop, face)

    def _look_at(self, cell):
        self.cell, mesh = cell, cell.mesh
        self.of_cells, self.of_faces = mesh.material, mesh.material[mesh.faces.solid]

    def _note_drop(self, moment, centre, drop, face):
        """Keep the largest drop, and that which is largest as a mean over the current."""
        cell, faces, kept = self.cell, self.cell.mesh.faces, self.kept.drop
        weight = faces.area * np.abs(moment.j)
        mean = float(weight @ np.abs(drop) / weight.sum()) if weight.any() else 0.0
        if mean > 1.001 * kept["mean_sto"]:  # of equal ones the first
            moved = np.abs(cell.at_faces.U(face) - cell.at_faces.U(centre))
            after = faces.half_solid**2 / cell.at_faces.D_s(centre, cell.T)
            kept |= {
                "mean_sto": mean,
                "mean_V": float(weight @ moved / weight.sum()),
                "time_s": moment.t,
                "step": moment.load.name,
                "resolved_after_s": float(after.max()),
            }
        kept["largest_sto"] = max(kept["largest_sto"], float(np.abs(drop).max()))

    def figures(self, more=()):
        """Return the ranges, the drop, and `notes`: one sentence for each thing that a reader must know,
        after `more`."""
        ranges, drop = self.kept.ranges, self.kept.drop
        notes = [
            *more,
            *filter(None, [_left("c_e", " mol m-3", ranges["c_e"]["material"], ranges["c_e"])]),
            *filter(None, [_left("sto", "", name, found) for name, found in ranges["sto"].items()]),
        ]
        if drop["mean_sto"] > COARSE:
            notes.append(
                f"Voxels are coarse for diffusion in the solid: at {drop['time_s']:.6g} s of the run"
                f" lithiation differs by {drop['mean_sto']:.2g} across half a voxel beside the reactive"
                f" faces, {drop['mean_V'] * 1e3:.3g} mV; for about {drop['resolved_after_s']:.2g} s"
                " after a change of current the voltage is off by up to that."
            )
        return {**ranges, "half_voxel_drop": drop, "notes": notes}


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


def taking_no_part(counts):
    """Return a sentence on active material that no path joins to the collector, [] on little of it.

    counts: voxels "active" and "isolated_active", as of a cell's mesh; a slab has none apart."""
    joined, apart = counts.get("active", 0), counts.get("isolated_active", 0)
    whole = joined + apart
    if apart <= APART * whole:
        return []
    rate = whole / max(joined, 1)
    said = (
        f"{100 * apart / whole:.2g} % of the active material takes no part: no path joins it to the"
        " collector. 1C, capacities, means and deviations are of all of it"
    )
    return [f"{said}: the rest works at {rate:.2g} times the rate." if rate > 1.05 else f"{said}."]
