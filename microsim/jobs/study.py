"""The job study: a base case with settings swept over, each case a process of its own, told together in one
table. How it is written: study_cases; how it runs: study_crew."""

import csv
import functools
import io
import json
import time
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Annotated

from .. import __version__
from ..analysis.half_cycles import last_discharge_of
from ..base.arguments import Argument, switch
from ..base.errors import InputError
from ..base.files import plain, write_json, write_text
from ..base.gallery import located
from ..base.hosts import remarks_on
from ..base.locks import alone_in
from ..base.schema import read_yaml, whole
from .case_arguments import path_of, results_folder
from .job import job
from .objectives import figures_of
from .result import PAGE
from .study_result import StudyResult

SHOWN_BEFORE = ("capacity_mAh_g", "mean_voltage_V")


def _count(what):
    return Annotated["int | None", Argument(what, whole(1, 1024), "N")]


@job
def study(
    study: Annotated[
        "str | PathLike",
        Argument("The study: base case and what is swept, or steps and figures.", path_of, "STUDY.yaml"),
    ],
    out: results_folder("out/<study name>", "study.csv", "study.json", PAGE) = None,
    *,
    processes: _count("Cases at a time [default: as many as cores and memory allow].") = None,
    threads: _count("Threads of each case [default: cores / processes; 1 on a cluster].") = None,
    scheduler: Annotated[
        "str | None",
        Argument("Run the cases on a Dask scheduler; local: start one here.", metavar="ADDRESS|local"),
    ] = None,
    full: Annotated[bool, switch("The larger size of a study of steps.")] = False,
    progress=None,
) -> StudyResult:
    """Sweep over cases, search for the best of them, or run the steps of a published study.

    Each case is a process of its own and writes what microsim run writes. Finished cases are not run again,
    unless a file that they name or microsim itself has changed since; interrupted ones go on from their
    checkpoint; one that fails is named in the table while the others go on (exit code 1 then). Writes
    study.csv, study.json, report.html and figures/*.png.

    A study with `objective` and `levers` is searched by an optimiser instead, point by point; what it has
    tried is kept in search.json after each point, and a search that was killed goes on from there to the same
    end.

    A study with `steps` is a list of commands, run one after the other, and a table of figures from what they
    write beside those of a paper; finished steps are not run again either.

    Parameters
    ----------
    study : path
        The study: base case and what is swept, or steps and the figures that they lead to.
    out : path, optional
        Folder of the results; default out/<study name>.
    processes : int, optional
        Cases at a time; default the processor's cores, at most the cases and what fits into memory.
    threads : int, optional
        Threads of each case; default cores / processes, 1 on the workers of a cluster.
    scheduler : str, optional
        Run the cases on the workers of a Dask scheduler, "tcp://host:8786", which see the study's files and
        results under the same paths; "local" starts one on this machine, with a worker for each of
        `processes` and a dashboard. Default: processes of this machine, without Dask.
    full : bool
        The larger size of a study of steps; default the small one, of minutes.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    StudyResult

    Raises
    ------
    InputError
        A study that does not read, or of which no case does.
    """
    from .study_journal import run_steps
    from .study_steps import is_steps, load_steps

    path = located(study)
    raw = read_yaml(path)
    if is_steps(raw):
        name = path.parent.name if path.stem == "study" else path.stem
        out = Path("out") / name if out is None else Path(out)
        for option, given in {"--processes": processes, "--scheduler": scheduler}.items():
            if given is not None:
                raise InputError(f"{option}: expected a sweep, got a study of steps; leave it out.")
        return run_steps(load_steps(path, raw, out, full), out, threads, progress)
    if full:
        raise InputError("--full: expected a study of steps, got a sweep; leave it out.")
    return _cases(study, out, (processes, threads, scheduler), progress)


def _cases(study, out, asked, progress):
    """Run a base case with settings swept over, or searched."""
    from .study_cases import load_study, rate_remarks

    begun, loaded = time.perf_counter(), load_study(study)
    out = Path("out") / loaded.name if out is None else Path(out)
    ran = _search if loaded.search else _sweep
    rows, sound, told = ran(loaded, out, asked, progress)
    result = {
        "title": loaded.title,
        "microsim_version": __version__,
        "base": str(loaded.base),
        "keys": list(loaded.keys),
        **told,
        "cases": rows,
        "remarks": [
            *remarks_on(host for v in sound for host in v.case.hosts().values()),
            *rate_remarks(sound),
        ],
        "finished": sum(row["status"] == "finished" for row in rows),
        "failed": sum(row["status"] == "failed" for row in rows),
        "wall_s": time.perf_counter() - begun,
    }
    _write(out, loaded.keys, plain(result))
    return StudyResult(out, plain(result))


def _sweep(loaded, out, asked, progress):
    """Run the cases of a sweep; return their rows, those that read, and how they were run."""
    from .study_crew import crew_plan, finished, outdated

    sound = [v for v in loaded.variants if v.case is not None]
    waiting = [v for v in sound if finished(out / v.name, v.case) is None]
    before = {v.name for v in sound} - {v.name for v in waiting}
    again = {v.name: outdated(out / v.name, v.case) for v in waiting}
    plan = crew_plan(*asked, [v.case for v in waiting])
    failures = {v.name: v.mistake for v in loaded.variants if v.case is None}
    failures |= _run(loaded, waiting, out, plan, progress)
    rows = [
        _row(v, out, failures.get(v.name), v.name in before, again.get(v.name, "")) for v in loaded.variants
    ]
    return rows, sound, asdict(plan)


def _search(loaded, out, asked, progress):
    """Run the points of a search; return their rows, those that read, and what was found."""
    from .study_crew import crew_plan
    from .study_search import check_search, outcome, run_search

    check_search(loaded)
    out.mkdir(parents=True, exist_ok=True)
    with alone_in(out):
        history, variants = run_search(loaded, out, lambda cases: crew_plan(*asked, cases), progress)
    found, names = outcome(loaded.search, history), [goal.name for goal in loaded.search.objectives]
    rows = [
        {
            **_row(variants[point.name], out, point.message, False, ""),
            **dict(zip(names, point.objectives or [None] * len(names), strict=True)),
            "feasible": point.name in found["feasible"],
            "on_front": point.name in found["front"],
        }
        for point in history.points
    ]
    sound = [v for v in variants.values() if v.case is not None]
    return rows, sound, {**asdict(crew_plan(*asked, [])), "search": found}


def _run(study, waiting, out, plan, progress):
    """Run the cases that wait, some at a time; return {name: why it failed} of those that did."""
    from .study_crew import run_all

    say, total, failures, ended = progress or (lambda *told: None), len(study.variants), {}, []
    say(total - len(waiting), total, f"{total - len(waiting)} finished before")

    def note(variant, failure, where):
        ended.append(variant)
        failures.update({variant.name: failure} if failure else {})
        said = f"{variant.name}{': failed' if failure else ''}{f' ({where})' * bool(where)}"
        say(total - len(waiting) + len(ended), total, said)

    told = functools.partial(say, total - len(waiting), total)
    run_all(study.base, waiting, out, plan, note, told)
    return failures


# -- what a study leaves -------------------------------------------------------------------------------------


def _row(variant, out, failure, before, again):
    """Tabulate one case: what is swept, whether it finished, and its figures."""
    from .study_crew import finished

    case = variant.case
    result = {} if case is None or failure else finished(out / variant.name, case) or {}
    last = last_discharge_of(result.get("steps", []))
    protocol = case.protocol if case else ()
    rates = [step.value for step in protocol if step.quantity == "c_rate" and (step.value or 0) > 0]
    return {
        "name": variant.name,
        "label": variant.label,
        "sweep": list(variant.sweep),
        "swept": variant.swept,
        "status": "finished" if result else "failed",
        "message": failure or ("" if result else "expected a result, got none"),
        "ran_before": before,
        "ran_again": again,
        "c_rate": rates[-1] if rates else None,
        "current_density_1C_A_m2": result.get("current_density_1C_A_m2"),
        "capacity_mAh_g": result.get("capacity_mAh_g"),
        "mean_voltage_V": last.get("mean_voltage_V"),
        "end_reason": last.get("end_reason"),
        **{name: value for name, value in figures_of(result).items() if name not in SHOWN_BEFORE},
        "lithium_balance_error": result.get("lithium_balance_error"),
        "time_steps": result.get("time_steps"),
        "wall_s": result.get("wall_s"),
        "case_sha256": case.sha256 if case else None,
        "folder": variant.name,
        "settings": list(variant.settings),
    }


def _write(out, keys, result):
    """Write study.csv, study.json and the report."""
    from ..report.page import remove_page
    from ..report.pages import study as page
    from .record import read_curve

    remove_page(out)
    write_text(out / "study.csv", _table(keys, result["cases"]))
    write_json(out / "study.json", result)
    done = [case for case in result["cases"] if case["status"] == "finished"]
    curves = {
        case["name"]: read_curve(out / case["folder"] / "voltage.csv").last_discharge() for case in done
    }
    profiles = {case["name"]: found for case in done if (found := _profile(out / case["folder"]))}
    page.write(out, result=result, curves=curves, profiles=profiles)


def _profile(folder):
    """Return the profiles over the depth at the end of a run's last discharge, or None."""
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    steps, profiles = result.get("steps", []), result.get("profiles", [])
    last = last_discharge_of(steps)
    return profiles[last["steps"][-1]] if last and len(profiles) == len(steps) else None


def _table(keys, cases):
    """Word the cases as CSV: name, what is swept, figures."""
    figures = [key for key in cases[0] if key not in ("swept", "settings", "name", "sweep", *keys)]
    content = io.StringIO()
    rows = csv.writer(content, lineterminator="\n")
    rows.writerow(["name", *keys, *figures])
    for case in cases:
        given = [_cell(case["swept"].get(key)) for key in keys]
        rows.writerow([case["name"], *given, *(case[name] for name in figures)])
    return content.getvalue()


def _cell(value):
    return value if isinstance(value, (str, int, float)) or value is None else json.dumps(value)
