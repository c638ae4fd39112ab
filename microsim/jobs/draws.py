"""A job on every draw of a segmentation: what makes an interval of each of its numbers.

A volume that bears draws (VoxelGrid.draws), or a case whose volume names a file of them, is worked on as it
is, and then draw by draw. A run keeps those of its draws in folders of their own, draws/1, draws/2, ...
"""

import functools
import inspect
from pathlib import Path

from ..base.errors import InputError, NotConverged
from ..base.files import plain


def repeated(function):
    """Do a job on each draw of its volume, too: its result then has intervals."""

    @functools.wraps(function)
    def on_draws(*args, **options):
        found = function(*args, **options)
        given = inspect.signature(function).bind(*args, **options).arguments
        several = [*_drawn_volumes(given), *_drawn_cases(given, found)]
        if several:
            drawn = [_on_draw(functools.partial(function, **one), k) for k, one in enumerate(several, 1)]
            found.keep_draws((plain(one.numbers()) for one in drawn), _doubts(given))
        return found

    return on_draws


def _doubts(given):
    """What speaks against the segmentation that the draws are from."""
    if "case" in given:
        from ..case.case import load_case
        from ..volumes.draws import doubts_of

        case = load_case(given["case"], given.get("set") or ())
        return doubts_of(case.locate(case.volume.draws))
    return next(one.source.doubts for one in given.values() if getattr(one, "draws", ()))


def _drawn_volumes(given):
    """Arguments of a job for each draw of its volume."""
    if any(getattr(one, "draws", ()) for one in given.values()) and "out" in given:
        raise InputError("--draws: expected a command of numbers, got one that writes a file; leave it out.")
    for name, one in given.items():
        for draw in getattr(one, "draws", ()):
            yield {**given, name: draw}


def _drawn_cases(given, found):
    """Arguments of a job for each draw of its case's volume."""
    if "case" not in given or hasattr(found, "draws_kept"):
        return
    from ..case.case import load_case

    for k, case in enumerate(cases_of(load_case(given["case"], given.get("set") or ())), start=1):
        folder = {"out": draw_folder(found.folder, k)} if "out" in given else {}
        yield {**given, "case": case, "set": None, **folder}


def cases_of(case):
    """List a case with each draw of its volume in the volume's place; [] where it names none."""
    from ..case.case import load_case
    from ..volumes.draws import drawn_names

    if case.volume.draws is None or case.volume.draw is not None:
        return []
    count = len(drawn_names(case.locate(case.volume.draws)))
    return [load_case(case, {"volume.draw": k}) for k in range(1, count + 1)]


def draw_folder(folder, k):
    """Name the folder of a draw's results."""
    return Path(folder) / "draws" / str(k)


def drawn_runs(case, out, value, progress=None):
    """Run a case with each draw of its volume, those not again that are finished; value: the numbers of the
    case itself. Returns {"draws", "draws_failed", "intervals"}, {} for a case without draws."""
    from ..analysis.intervals import spread_intervals
    from ..volumes.draws import doubts_of
    from .run import run
    from .study_crew import finished

    numbers, failed, cases = [], {}, cases_of(case)
    for k, one in enumerate(cases, start=1):
        folder = draw_folder(out, k)
        told = progress and (lambda done, total, said, k=k: progress(done, total, f"draw {k}: {said}"))
        try:
            numbers.append(finished(folder, one) or plain(run(one, folder, progress=told).numbers()))
        except (InputError, NotConverged) as error:
            failed[str(k)] = str(error)
    if not cases:
        return {}
    found = spread_intervals(value, numbers) if len(numbers) > 1 else {}
    doubts = list(doubts_of(case.locate(case.volume.draws)))
    return {"draws": len(numbers), "draws_failed": failed, "draws_doubts": doubts, "intervals": found}


def _on_draw(work, k):
    """Do a job on one draw; what goes wrong there says so."""
    try:
        return work()
    except InputError as error:
        raise InputError(f"draw {k} of the volume: {error}") from error
    except NotConverged as error:
        raise NotConverged(f"draw {k} of the volume: {error}", error.history) from error
