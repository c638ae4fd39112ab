"""The stages of a cell that loses contact on its way: the cell as it is at each of them, and how what an
experiment holds is carried into it."""

from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import InputError
from .contacts import LostContact, after_loss


@dataclass(frozen=True, eq=False)
class Stage:
    """number, 0 at the start; cell: HalfCell; growth: film.Growth or None; left: which of the faces of the
    start are left."""

    number: int
    cell: object
    growth: object
    left: np.ndarray


class Stages:
    """A HalfCell and its film.Growth, or None, at each stage that its design's lost_later makes; stage 0: at
    the start."""

    def __init__(self, cell, growth=None):
        self.later = cell.design.lost_later
        self.whole = self.latest = Stage(0, cell, growth, np.ones(cell.mesh.faces.area.size, bool))

    def due(self, number):
        """Return the stage when the protocol step of that number begins."""
        return sum(after <= number for after, _ in self.later)

    def at(self, number):
        """Return the Stage of a number; the latest one is kept."""
        if number == 0:
            return self.whole
        if number != self.latest.number:
            cell, left = after_loss(self.whole.cell, self.later[number - 1][1])
            growth = self.whole.growth
            growth = growth and growth.on(left)
            self.latest = Stage(number, cell, growth, left)
        return self.latest

    def check(self):
        """Refuse contacts of which nothing that reacts is left in the end. Raises InputError."""
        if self.later and not after_loss(self.whole.cell, self.later[-1][1])[0].in_positive.any():
            raise InputError(
                "cell.contact_lost: expected active material that reacts and that a path joins to the"
                f" collector after all that is lost by step {self.later[-1][0]}, got none; lose less."
            )

    def carry(self, now, stage):
        """Carry a Progress into a later stage: what is on faces that are lost falls away, and so does the
        past of its formula."""
        before, area = self.at(now.stage).left, self.at(now.stage).cell.mesh.faces.area
        cell = self.at(stage).cell
        left, solved = self.at(stage).left[before], now.solved

        def kept(values):
            """On the faces that are left, and on those of a metal counter electrode."""
            return np.concatenate([values[: left.size][left], values[left.size :]])

        u = cell.state(solved.x.copy())
        if cell.mesh.apart is not None:
            u.phi[cell.mesh.apart] = 0.0
        flows = solved.interfaces
        flows = type(flows)(*(kept(values) for values in (flows.j, flows.reaction, flows.v)))
        step = replace(solved.step, R_film=solved.step.R_film[left], layer=None)
        now.solved = replace(solved, x=cell.vector(**u._asdict()), step=step, interfaces=flows)
        now.voltages = [kept(v) for v in now.voltages[:1]]
        if now.films:
            now.films_apart += float(area[~left] @ now.films[0][~left])
        now.films = [n[left] for n in now.films]
        now.driving = None if now.driving is None else kept(now.driving)
        now.start_formula()
        now.stage = stage
        now.record.contacts.append(self._figures(cell, now.number))

    def _figures(self, cell, number):
        """What a loss before the protocol step of that number leaves; apart is what no path joins to the
        collector, from the start or since."""
        held, idle = cell.capacity * cell.positive_cells, cell.mesh.idle.capacity.sum()
        return {
            "after": number,
            "active_share_apart": float((held[cell.apart_cells].sum() + idle) / (held.sum() + idle)),
            "particles_apart": _particles_apart(cell),
            "pieces_apart": int(cell.pieces_apart.max(initial=-1)) + 1,
            "reactive_area_m2": float(cell.in_positive @ cell.mesh.faces.area),
        }


def _particles_apart(cell):
    """Number of particles of which all is apart; 0 where what is lost is not lost by particle."""
    lost, mesh = cell.design.contact_lost, cell.mesh
    if not isinstance(lost, LostContact) or lost.share.ndim == 3:
        return 0
    group = lost.of_cells(mesh)[1][mesh.solid_to_electronic][cell.positive_cells]
    joined = np.unique(group[~cell.apart_cells[cell.positive_cells]])
    known = np.union1d(group, lost.group[tuple(mesh.idle.position.T)])
    return int(np.count_nonzero(known > 0) - np.count_nonzero(joined > 0))
