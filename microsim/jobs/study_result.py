"""The result of a study: one row for each case."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ..base.errors import InputError
from ..base.schema import listed
from .result import Result, Table
from .run_result import RunResult, open_run

COLUMNS = {
    "status": "status",
    "capacity mAh/g": "capacity_mAh_g",
    "mean voltage V": "mean_voltage_V",
    "ended by": "end_reason",
    "wall s": "wall_s",
}


@dataclass(frozen=True, repr=False)
class StudyResult(Result):
    """A study that ran: its folder, and `result`, content of study.json."""

    folder: Path
    result: dict = field(default_factory=dict)

    has_page: ClassVar = False  # it is written when the cases are done
    own_page: ClassVar = True

    @property
    def title(self):
        return self.result["title"]

    @property
    def failed(self):
        if search := self.result.get("search"):  # a point that fails is one to keep away from
            return not search["front"]
        return self.result["failed"] > 0

    @property
    def front(self):
        """The rows that nothing beats, of a search; with one objective the best alone."""
        return [case for case in self.cases if case.get("on_front")]

    @property
    def cases(self):
        """One row for each case: name, what is swept, status, figures."""
        return self.result["cases"]

    def run(self, name) -> RunResult:
        """Open the run of a case by its name."""
        names = [case["name"] for case in self.cases if case["status"] == "finished"]
        if name not in names:
            raise InputError(f"expected a finished case ({listed(names)}), got {name}; name one")
        return open_run(self.folder / name)

    def numbers(self):
        return self.result

    def tables(self):
        return [*(self._found() if self.result.get("search") else self._listed()), *self._ended()]

    def _found(self):
        """The front of a search."""
        search, keys = self.result["search"], self.result["keys"]
        goals = [goal["name"] for goal in search["objectives"]]
        rows = [
            (case["name"], *(case["swept"][key] for key in keys), *(case[goal] for goal in goals))
            for case in self.front
        ]
        if not rows:
            return [f"no point of {len(self.cases)} keeps every constraint; widen levers or constraints"]
        header = ("case", *(key.rpartition(".")[2] for key in keys), *goals)
        return [
            Table(header, rows),
            *(f"{goal['name']} ({goal['goal']}d): {goal['basis']}" for goal in search["objectives"]),
        ]

    def _listed(self):
        header = ("case", *COLUMNS, "reason")
        rows = [
            (case["name"], *(case[key] for key in COLUMNS.values()), case["message"] or None)
            for case in self.cases
        ]
        return [Table(header, rows)]

    def _ended(self):
        return [
            *self.result.get("remarks", ()),
            f"{self.result['finished']} finished, {self.result['failed']} failed",
            *(f"{name} ran again: {why}" for name, why in self._again().items()),
            f"report: {self.folder / 'report.html'}",
        ]

    def _again(self):
        """Why old results were not taken, {case, or "all cases" where it is the same for all: reason}."""
        again = {case["name"]: case["ran_again"] for case in self.cases if case["ran_again"]}
        alike = len(set(again.values())) == 1 and len(again) > 1
        return {f"{len(again)} cases": next(iter(again.values()))} if alike else again

    def plot(self):
        """Draw the capacity over each swept key."""
        from ..report.pages import study as page

        return page.figure(result=self.result)
