"""What a study of steps gives: the table of figures beside the paper's, and how each step went."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from ..base.errors import InputError
from .result import Table
from .step_crew import FAILED, FINISHED, StepCrew
from .study_result import StudyResult


@dataclass(frozen=True, repr=False)
class JournalResult(StudyResult):
    """A study of steps that ran: its folder, and `result`, content of study.json."""

    has_page: ClassVar = False  # it is written when the steps are done

    @property
    def rows(self):
        """The figures: [{what, value, unit, paper, explained, missing}]."""
        return self.result["rows"]

    def tables(self):
        shown = [(row["what"], _said(row["value"]), row["unit"], _said(row["paper"])) for row in self.rows]
        steps = [(s["name"], s["status"], s["wall_s"], s["message"] or None) for s in self.result["steps"]]
        return [
            Table(("figure", "here", "unit", "paper"), shown),
            Table(("step", "status", "wall s", "message"), steps),
            f"{self.result['finished']} steps finished, {self.result['failed']} failed",
            f"report: {self.folder / 'report.html'}",
        ]

    def plot(self):
        """Draw the figures over the paper's."""
        from ..report.pages import steps as page

        return page.figure(result=self.result)


def _said(value):
    return value if isinstance(value, str) or value is None else f"{value:.4g}"


def run_steps(study, out, threads, progress):
    """Run the steps of a StepsStudy, one after the other, and write study.json and report.html; return the
    JournalResult."""
    from time import perf_counter

    from .. import __version__
    from ..base.files import make_folder, plain, write_json
    from ..base.locks import alone_in
    from ..report.page import remove_page

    begun, say = perf_counter(), progress or (lambda *told: None)
    make_folder(out)
    with alone_in(out) as lock:
        remove_page(out)
        crew, ran = StepCrew(out, threads, lock), []
        for done, step in enumerate(study.steps):
            say(done, len(study.steps), step.name)
            ran.append(crew.run(step))
        say(len(study.steps), len(study.steps), "drawing")
        numbers = {one.name: crew.numbers(one.name) for one in ran if one.status == FINISHED}
        result = {
            "title": study.title,
            "source": study.source,
            "about": study.about,
            "size": study.size,
            "microsim_version": __version__,
            "rows": [_row(row, numbers, ran, out) for row in study.rows],
            "steps": [asdict(one) for one in ran],
            "finished": sum(one.status == FINISHED for one in ran),
            "failed": sum(one.status == FAILED for one in ran),
            "wall_s": perf_counter() - begun,
        }
        write_json(out / "study.json", plain(result))
        _draw(out, study, plain(result), numbers)
    return JournalResult(out, plain(result))


def _row(row, numbers, ran, folder):
    """Read one figure; where it cannot be had, say why in `missing`."""
    gone = [one for one in ran if one.name in row.value.used and one.name not in numbers]
    value, missing = None, "; ".join(f"{one.name}: {one.message or one.status}" for one in gone)
    if not gone:
        try:
            value = row.value(numbers, folder)
            missing = "" if value is not None else f"{row.value.text} is null"
        except InputError as error:
            missing = str(error)
    return {
        "what": row.what,
        "value": value,
        "unit": row.unit,
        "paper": row.paper,
        "explained": row.explained,
        "missing": missing,
        "figure": row.value.text,
    }


def _draw(out, study, result, numbers):
    """Write the page, with the curves, profiles and pictures that the study asks for."""
    from ..report.pages import steps as page
    from .record import read_curve

    shown, curves, profiles = [], {}, {}
    for one in study.shown:
        if one.picture:
            shown += [one] if (out / one.picture).is_file() else []
            continue
        there = [name for name in one.steps if (out / name / "result.json").is_file()]
        for name in there:
            curves[name] = read_curve(out / name / "voltage.csv").last_discharge()
            profiles[name] = _profiles(out / name / "result.json")
        shown += [one] if there else []
    page.write(out, result=result, shown=shown, curves=curves, profiles=profiles)


def _profiles(path):
    """Return the profiles of a run's result at the end of its last step."""
    import json

    found = json.loads(path.read_text(encoding="utf-8")).get("profiles") or []
    return found[-1] if isinstance(found, list) and found else found
