"""Run a search: points that fill the box, some at a time, then one by one what the optimiser asks."""

from ..base.errors import InputError
from ..base.provenance import build
from ..numerics.search import first_points, front, hypervolume, propose
from .study_crew import finished, run_all
from .study_history import ASKED, FAILED, RAN, History

OPTIMISER = "Gaussian processes and expected improvement (Optuna, GPSampler)"
PER_STACK = ("energy_Wh_kg", "energy_Wh_L")


def check_search(study):
    """Check, before anything runs, that a search has its packages and that some of its first points read."""
    from ..base.packages import need

    search = study.search
    if search.budget > search.first:
        for package in ("optuna", "torch"):
            need(package, "an optimisation")
    first = [study.point("", p) for p in first_points(search.levers, search.first, search.seed)]
    if all(variant.case is None for variant in first):
        raise InputError(f"levers: expected cases that read, got none; the first: {first[0].mistake}")


def run_search(study, out, plan, progress):
    """Run a search to its budget; return its History and the variants {name: Variant} of its points.

    What its folder has is not run again. plan: plan(cases) -> how these run.
    """
    search, history = study.search, History(out, study.search, study.sha256).read()
    variants = {}

    def variant(point):
        return variants.setdefault(point.name, study.point(point.name, point.values))

    for point in history.points:
        variant(point)
    history.reopen(lambda point: _kept(variant(point), out))
    say = progress or (lambda *told: None)

    def note(one, failure, where):
        history.tell(one.name, **judged(search, one, out, failure))
        point = next(p for p in history.points if p.name == one.name)
        done = sum(p.status != ASKED for p in history.points)
        say(done, search.budget, f"{one.name}: {_said(search, point)}{f' ({where})' * bool(where)}")

    while True:
        waiting = [variant(point) for point in history.points if point.status == ASKED]
        if waiting:
            run_all(study.base, waiting, out, plan([one.case for one in waiting]), note)
            _check_first(history)
        if len(history.points) >= search.budget:
            return history, variants
        if asked := _next(search, history):
            history.ask(asked)
        else:
            return history, variants


def _next(search, history):
    """The points to run next: of the first ones all that are missing, then one; none where all were tried."""
    begun = len(history.points)
    if begun < history.first:
        return first_points(search.levers, history.first, search.seed)[begun:]
    found = propose(search.levers, history.told(), len(search.objectives), search.seed)
    return [] if found is None else [found]


def _kept(variant, out):
    return variant.case is not None and finished(out / variant.name, variant.case) is not None


def _check_first(history):
    points = history.points[: history.first]
    if all(point.status == FAILED for point in points):
        raise InputError(
            f"levers: expected some of the first {len(points)} points to run, got none; the first:"
            f" {points[0].message}"
        )


def judged(search, variant, out, failure):
    """Return what History.tell takes of a point: its figures, or why there are none."""
    failure = failure or variant.mistake
    result = {} if failure else finished(out / variant.name, variant.case) or {}
    asked = (*search.objectives, *search.constraints)
    missing = (result.get("stack") or {}).get("missing")
    if missing and any(one.figure in PER_STACK for one in asked):
        raise InputError(missing)
    values = [one.of(result) for one in asked] if result else []
    absent = [one.name for one, value in zip(asked, values, strict=False) if value is None]
    if absent and not failure:
        failure = f"expected {absent[0]} of the run, got none"
    if failure:
        return {"status": FAILED, "message": failure, "build": build()}
    goals = len(search.objectives)
    return {"status": RAN, "objectives": tuple(values[:goals]), "limited": tuple(values[goals:])}


def _said(search, point):
    if point.status == FAILED:
        return "failed"
    words = zip(search.objectives, point.objectives, strict=True)
    return ", ".join(f"{goal.name} {value:.5g}" for goal, value in words)


def outcome(search, history):
    """Return what a search found, as study.json holds it: the front, and how it grew."""
    ended = [point for point in history.points if point.status != ASKED]
    told = history.told()
    best = front(told)
    able = [one.objectives for one in told if one.feasible]
    several = len(search.objectives) > 1
    worst = [min(values) for values in zip(*able, strict=True)] if able else []
    signs = [goal.sign for goal in search.objectives]
    return {
        **search.told(),
        "optimiser": OPTIMISER,
        "front": [ended[k].name for k in best],
        "feasible": [point.name for point, one in zip(ended, told, strict=True) if one.feasible],
        "reference": [sign * value for sign, value in zip(signs, worst, strict=False)] if several else None,
        "hypervolume": _grown(told, lambda values: hypervolume(values, worst)) if several else None,
        "best_so_far": None if several else _grown(told, lambda v: signs[0] * max(one[0] for one in v)),
    }


def _grown(told, measure):
    """Measure the feasible points after each point; None before there is one."""
    found, able = [], []
    for one in told:
        able += [one.objectives] if one.feasible else []
        found.append(measure(able) if able else None)
    return found
