"""Contact that is lost on the way of a run, step by step of its protocol, as a case gives it."""

from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import InputError
from ..base.schema import entry, listed, number, say, section, shown, whole
from ..cell.contacts import LostContact
from .lost_contact import (
    KEY,
    MOST_OF_A_CONTACT,
    LostMap,
    LostParticles,
    contact_of,
    read_lost,
    told_of_particles,
)


class LostSteps(tuple):
    """What is lost after how many steps of the protocol: ((after, share, LostMap or LostParticles), ...)."""

    def as_yaml(self):
        """Give the list back as plain data."""
        return [
            {"after": after, **({"share": lost} if isinstance(lost, float) else shown(lost))}
            for after, lost in self
        ]


@dataclass(frozen=True, kw_only=True)
class LostEvery:
    """So many of the particles, drawn with a seed, lose all contact each time that so many steps of the
    protocol are over; after: steps before the first time, by default as many."""

    every: int = entry(whole(1))
    after: int | None = entry(whole(0), default=None)
    share_of_particles: float = entry(number(0.0, 1.0, above=True))
    seed: int = entry(whole(0), default=0)

    def steps(self, count):
        """Write it out for a protocol of so many steps, as LostSteps."""
        first = self.every if self.after is None else self.after
        befores = range(first, count, self.every)
        if len(befores) * self.share_of_particles > 1 + 1e-9:
            raise InputError(
                f"{KEY}.share_of_particles: expected shares that come to at most 1 over {count} steps, got"
                f" {self.share_of_particles:g} lost {len(befores)} times; lower it, or raise every."
            )
        return LostSteps(
            (after, LostParticles(share_of_particles=min(k * self.share_of_particles, 1.0), seed=self.seed))
            for k, after in enumerate(befores, 1)
        )


def read_contact(raw, path):
    """Read what contact is lost: from the start, or as a list after which steps, or each time that so many
    are over."""
    if isinstance(raw, dict) and "every" in raw:
        return section(LostEvery, raw, path)
    return _read_steps(raw, path) if isinstance(raw, list) else read_lost(raw, path)


def _read_steps(raw, path):
    found = LostSteps(_read_step(one, f"{path}.{k}") for k, one in enumerate(raw))
    if not found:
        raise InputError(f"{path}: expected what is lost after which step, got an empty list; fill it.")
    befores = [after for after, _ in found]
    if sorted(set(befores)) != befores:
        raise InputError(
            f"{path}: expected after to rise from item to item, got {listed(befores)}; sort them."
        )
    kinds = {_kind(lost) for _, lost in found}
    if len(kinds) > 1:
        raise InputError(
            f"{path}: expected one way to say what is lost in all items, with the same labels, got"
            f" {listed(sorted(kind[0] for kind in kinds))}; keep to one."
        )
    return found


def _read_step(raw, path):
    if not isinstance(raw, dict) or "after" not in raw:
        raise InputError(
            f"{path}: expected {{after: steps of the protocol, ...}} with what is lost by then, got"
            f" {say(raw)}; like {{after: 2, share_of_particles: 0.1}}."
        )
    after, rest = whole(0)(raw["after"], f"{path}.after"), {k: v for k, v in raw.items() if k != "after"}
    if "share" not in rest:
        return after, read_lost(rest, path)
    if set(rest) - {"share"}:
        others = listed(sorted(set(rest) - {"share"}))
        raise InputError(
            f"{path}.share: expected the share of the contact between active material and carbon-binder"
            f" alone, got {others} too; of particles write share_of_particles."
        )
    return after, number(0.0, MOST_OF_A_CONTACT, above=True)(rest["share"], f"{path}.share")


def _kind(lost):
    """What must be the same in all items."""
    if isinstance(lost, float):
        return ("share",)
    return ("map",) if isinstance(lost, LostMap) else ("particles", lost.labels, lost.file_axes)


def lost_later(case, grid, active, conducting):
    """Return what a CellDesign takes as lost_later, and sentences on it; () for what is lost from the start.

    What is lost stays lost: each item is joined to those before it. grid, active, conducting: as of
    lost_contact.
    """
    asked, count = case.cell.contact_lost, len(case.protocol)
    if not isinstance(asked, (LostSteps, LostEvery)):
        return (), ()
    steps = asked if isinstance(asked, LostSteps) else asked.steps(count)
    last = steps[-1][0] if steps else getattr(asked, "after", None) or asked.every
    if last >= count:
        raise InputError(
            f"{KEY}: expected steps of the protocol before its last one, 0 to {count - 1}, got after: {last};"
            " nothing would come of it: correct it."
        )
    found, said, label = [], [], None
    for after, lost in steps:
        new = lost if isinstance(lost, float) else contact_of(case, grid, active, lost)
        if found:
            new = _joined(found[-1][1], new, f"{KEY}, after: {after}")
        if isinstance(new, LostContact) and new.share.ndim == 1:
            label = new.group if label is None else label
            new = replace(new, group=label)  # one array for all
            said.append(f"After step {after}: {told_of_particles(new, grid, active, conducting)}")
        found.append((after, new))
    return tuple(found), tuple(said)


def _joined(before, new, where):
    """What is lost by both; refuses what adds nothing."""
    if isinstance(new, float):
        both, more = max(before, new), new > before
    else:
        both = replace(new, share=np.maximum(before.share, new.share))
        more = bool((both.share > before.share).any())
    if not more:
        raise InputError(
            f"{where}: expected more lost contact than before, for what is lost stays lost and shares count"
            " all that is lost by then, got no more; raise it, or remove the item."
        )
    return both
