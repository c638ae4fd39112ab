"""What a search has tried, kept in its folder: written whole after each point, so that a search that was
killed goes on where it was and asks what it would have asked."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..base.errors import InputError
from ..base.files import plain, write_json
from ..base.provenance import build
from ..numerics.search import Told

NAME = "search.json"
ASKED, RAN, FAILED = "asked", "finished", "failed"


@dataclass(frozen=True)
class TriedPoint:
    """A point of a search: its name, values of the levers, whether it ran; values of objectives and of what
    is limited; why it failed, and with which build."""

    name: str
    values: tuple
    status: str = ASKED
    objectives: tuple = ()
    limited: tuple = ()
    message: str = ""
    build: str = ""


class History:
    """The points of a search, in the order in which they were asked. path: its file."""

    def __init__(self, folder, search, base):
        self.path, self.search = Path(folder) / NAME, search
        told = search.told()
        told.pop("budget")  # more runs of the same search go on from it
        told.pop("first")
        self.first = search.first
        self.of = json.loads(json.dumps(plain({**told, "base": base})))
        self.points = []

    def read(self):
        """Take the points that the file has; raises InputError where it is of another search."""
        if not self.path.is_file():
            return self
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            of, first = kept["search"], int(kept["first"])
            points = [TriedPoint(**{**one, **_tuples(one)}) for one in kept["points"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{self.path}: expected what a search has tried, got another content; remove the file"
            ) from error
        if of != self.of:
            changed = [key for key in self.of if of.get(key) != self.of[key]]
            raise InputError(
                f"{self.path}: expected what this search has tried, got one with another"
                f" {' and '.join(changed)}; name another folder with --out, or remove the file"
            )
        self.points, self.first = points, first
        return self

    def write(self):
        """Write the points, whole or not at all."""
        kept = {"search": self.of, "first": self.first, "points": [asdict(one) for one in self.points]}
        write_json(self.path, plain(kept))

    def ask(self, values):
        """Add points that are to be run."""
        for value in values:
            self.points.append(TriedPoint(f"point-{len(self.points) + 1:04d}", tuple(value)))
        self.write()

    def tell(self, name, **found):
        """Note how a point ended, and write."""
        place = next(k for k, one in enumerate(self.points) if one.name == name)
        self.points[place] = replace(self.points[place], **found)
        self.write()

    def told(self):
        """Return the points that ended, as the search takes them."""
        goals, limits = self.search.objectives, self.search.constraints
        return [
            Told(
                one.values,
                tuple(goal.sign * value for goal, value in zip(goals, one.objectives, strict=True))
                if one.status == RAN
                else None,
                tuple(limit.miss(value) for limit, value in zip(limits, one.limited, strict=True))
                if one.status == RAN
                else (),
            )
            for one in self.points
            if one.status != ASKED
        ]

    def reopen(self, still):
        """Ask again for points whose result is not there any more, still(point) -> bool, and for those that
        failed with another build of microsim."""
        for place, one in enumerate(self.points):
            lost = one.status == RAN and not still(one)
            if lost or one.status == FAILED and one.build != build():
                self.points[place] = TriedPoint(one.name, one.values)


def _tuples(one):
    return {key: tuple(one[key]) for key in ("values", "objectives", "limited")}
