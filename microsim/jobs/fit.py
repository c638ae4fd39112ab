"""The job fit: numbers of a case from measured maps, voltage curves and impedances together."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from .. import __version__
from ..base.errors import InputError, NotConverged
from ..base.files import make_folder, plain, remove, write_json
from ..base.guard import check_target
from ..base.locks import alone_in
from .case_arguments import CaseFile, Settings, results_folder
from .job import job
from .result import PAGE, Result, Table

FILES = ("fit.json", PAGE)
KEPT = ".fit"  # folder of whole runs
COARSE_FROM = 10_000  # voxels from which cheaper runs are a start worth their time
LOOSE_RUNS, LOOSE = 3, 10.0  # of these, until a step misses so many standard deviations
MERGED_RUNS = 2  # of them with merged voxels: a sixth of the time each, as near after two as the others
LOOSER = {"time_tolerance": 4e-3, "newton_tolerance": 1e-3}
SLOPES, LOOSE_SLOPES = 1e-2, 3e-2  # what slopes may miss
MOST_RUNS = 30
MISFIT = 2.0  # times the noise that residuals are, or it them, from which on it is worth a sentence
MANY = 30  # values whose residuals no chance makes half of their noise
RULE = (
    "95 % intervals are of the linearised fit on the scale of each number, 1.96 standard deviations, cut at"
    " its bounds. Squares count by independent values; where the reduced chi2 of a data set is above 1 its"
    " noise is taken to be larger by its square root."
)


@dataclass(frozen=True, repr=False)
class FitResult(Result):
    """A fit that ran: its folder, and `result`, content of fit.json."""

    folder: Path
    result: dict

    has_page: ClassVar = False  # it is written when the fit is done
    own_page: ClassVar = True

    @property
    def title(self):
        return self.result["title"]

    @property
    def parameters(self):
        """What was found of each free number: value, interval, identifiable."""
        return self.result["parameters"]

    def numbers(self):
        return self.result

    def tables(self):
        rows = [
            (key, one["value"], *one["interval"], "yes" if one["identifiable"] else "no")
            for key, one in self.parameters.items()
        ]
        header = ("free number", "value", "95 % from", "to", "held by the data")
        return [
            Table(header, rows),
            *self.result["said"],
            f"reduced chi2 {self.result['chi2']:.3g}; runs: {self.result['runs']}",
            f"report: {self.folder / PAGE}",
        ]

    def plot(self):
        """Draw the free numbers with their intervals."""
        from ..report.pages import fit as page

        return page.figure(result=self.result)


@job
def fit(
    case: CaseFile,
    out: results_folder("out/<case name>_fit", *FILES) = None,
    *,
    set: Settings = None,
    progress=None,
) -> FitResult:
    """Fit numbers of a case to what was measured.

    The case's section `fit` names the numbers that are free, and the measured maps, voltage curves and
    impedances that they are fitted to together. Writes fit.json, report.html and figures/*.png. Runs that are
    done are kept in the folder: a fit that was interrupted goes on with them.

    Parameters
    ----------
    case : path, dict or Case
        A YAML file, the content of one, or a case that was read before.
    out : path, optional
        Folder of the results; default out/<case name>_fit.
    set : dict or list of str
        Values of the case to change.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    FitResult

    Raises
    ------
    InputError
        One sentence that names the key of the case.
    NotConverged
        With the history of the residuals.
    """
    from ..case.case import load_case

    case = load_case(case, set or ())
    if case.fit is None:
        raise InputError("fit: expected a section fit in the case, got none; add free and to.")
    out = Path("out") / f"{case.name}_fit" if out is None else Path(out)
    for name in FILES:
        check_target(out / name)
    with alone_in(out):
        return _fit(case, out, progress)


def _fit(case, out, progress):
    """Fit in a folder that no other job works in."""
    from ..report.page import remove_page
    from ..report.pages import fit as page

    begun, found = time.perf_counter(), _Fit(case, out, progress)
    remove_page(out)
    remove(out / "fit.json")
    q, ahead = found.come_near(found.start())
    model, sets, minimum = found.on(case, q, "whole runs")
    best = replace(model.near(minimum.q), q=minimum.q, values=minimum.values)
    told = found.told(model, sets, best, minimum, ahead)
    result = plain(told | {"wall_s": time.perf_counter() - begun, "origin": found.origin})
    write_json(out / "fit.json", result)
    drawn = found.drawn(model, sets, best, result)
    page.write(out, result=result, drawn=drawn)
    return FitResult(out, result)


class _Fit:
    """What a fit is made of: parameters, what is measured and held out, where runs are kept."""

    def __init__(self, case, out, progress):
        import numpy as np

        from ..case.free import parameters
        from .fit_model import fit_measured
        from .origin import origin_of

        self.case, self.progress, self.folder, self.origin = case, progress, out / KEPT, origin_of(case)
        self.parameters = parameters(case)
        self.low, self.high = np.array([one.bounds for one in self.parameters]).T
        self.log = np.array([one.log for one in self.parameters])
        measured, held = fit_measured(case)
        self.measured = [*measured, *held]
        self.fitted = len(measured)
        make_folder(self.folder)

    def start(self):
        import numpy as np

        return np.array([one.place(one.start) for one in self.parameters])

    def come_near(self, q):
        """Come nearer by cheaper runs first, where that saves time; return q there, and the FitModels of
        these runs: with voxels merged by two, as far as the case takes that, then with its own; both with
        longer time steps."""
        from ..case.build import read_grid

        grid, asked = read_grid(self.case)[1], self.case.fit.coarse
        if not (grid.phase.size >= COARSE_FROM if asked is None else asked):
            return q, []
        own = self.case.numerics
        looser = {f"numerics.{key}": max(getattr(own, key), value) for key, value in LOOSER.items()}
        q, merged = self._nearer(q, looser | _merged(self.case, grid.shape), "merged voxels", MERGED_RUNS)
        most = LOOSE_RUNS - len(merged) * MERGED_RUNS
        q, loose = self._nearer(q, looser, "longer time steps", most)
        return q, merged + loose

    def _nearer(self, q, changes, name, most):
        """Return where runs of the changed case point to, and their FitModel: q and none if it cannot run."""
        from ..case.case import load_case

        try:
            model, _, found = self.on(load_case(self.case, changes), q, name, LOOSE_SLOPES, most, LOOSE)
        except (InputError, NotConverged):
            return q, []
        return found.q, [model]

    def on(self, case, q, name, tolerance=SLOPES, most=None, enough=None):
        """Fit a case from q; return the FitModel, the DataSets, and what is Found.

        tolerance: of slopes; most: runs, after which it is where the last one points to, None: to the end;
        enough: of minimise.
        """
        from ..analysis.inference import MISSED, DataSet, minimise
        from .compared_state import check_placed, marks_of
        from .fit_model import FitModel
        from .fit_targets import target_of

        counted = {"runs": 0}
        targets = [target_of(one, k) for k, one in enumerate(self.measured)]
        self.targets, self.held = targets[: self.fitted], targets[self.fitted :]

        def show(done, total, message):
            if self.progress:
                self.progress(done, total, f"run {counted['runs'] + 1}, {name}: {message}")

        model = FitModel(
            replace(case, output=replace(case.output, times=2)), self.parameters, self.targets, self.held,
            lambda setup: marks_of(self.measured, setup), self.folder, self.origin, show, tolerance,
        )  # fmt: skip
        view = model.blank(q)
        check_placed(self.measured, view.setup)
        sets = [DataSet(*target.measured(view)) for target in self.targets]
        self.scored = [DataSet(*target.measured(view)) for target in self.held]
        _check_count(sets, self.parameters)

        def run(at, with_slopes):
            found = model(at, with_slopes)
            counted["runs"] = len(model.runs)
            return found.values, found.slopes

        found = minimise(
            run, sets, q, self.low, self.high, log=self.log, most=most or MOST_RUNS,
            enough=MISSED if enough is None else enough,
        )  # fmt: skip
        if not found.done and most is None:
            raise NotConverged(f"the fit was not done after {len(model.runs)} runs")
        self.view = view
        return model, sets, found

    # ---- what was found ------------------------------------------------------------------------------------

    def told(self, model, sets, best, minimum, ahead):
        """Return what fit.json holds of the minimum."""
        from ..analysis.inference import at_minimum

        independent = [
            target.independent(one.residual(values), self.view)
            for target, one, values in zip(self.targets, sets, best.values)
        ]
        found = at_minimum(
            best.q, minimum.slopes, sets, best.values, independent, self.low, self.high, self.log
        )
        models = [*ahead, model]
        first = models[0].runs[0]
        chi2 = sum(n * one.chi2(v) for n, one, v in zip(independent, sets, best.values)) / sum(independent)
        return {
            "title": f"{self.case.title}: fit",
            "microsim_version": __version__,
            "case_sha256": self.case.sha256,
            "parameters": {
                one.key: _parameter(one, found, k) for k, one in enumerate(self.parameters)
            },
            "correlation": found.correlation,
            "chi2": chi2,
            "targets": [
                {**self._score(target, one, v), "independent": n}
                for target, one, v, n in zip(self.targets, sets, best.values, independent)
            ],
            "held_out": [
                self._score(target, one, v) for target, one, v in zip(self.held, self.scored, best.held)
            ],
            "said": [*_said(found, self.parameters), *self._of_data(sets, best), *self._missed(best)],
            "rule": RULE,
            "start_values": {one.key: one.value(float(at)) for one, at in zip(self.parameters, first.q)},
            "last_step": {"size": minimum.last_step, "missed": minimum.missed},
            "runs": len(model.runs),
            "coarse_runs": sum(len(one.runs) for one in ahead),
            "runs_kept_from_before": sum(one.kept for one in models),
        }  # fmt: skip

    def _missed(self, best):
        """Say what of the data the run does not come to."""
        said = []
        for target, share in zip([*self.targets, *self.held], best.covered):
            if share == 0 and target.kind == "map":
                said.append(
                    f"The run does not come to the state of {target.of.asked.measured}: its last one stands"
                    " in."
                )
            elif share < 1:
                said.append(
                    f"{100 * (1 - share):.0f} % of the points of {target.of.asked.voltage} lie beyond the"
                    " computed curve, which is continued straight."
                )
        return said

    def _of_data(self, sets, best):
        """Say what speaks against the data, or against the model beside them."""
        told = [remark for target in [*self.targets, *self.held] for remark in target.remarks(self.view)]
        for target, one, values in zip(self.targets, sets, best.values):
            times = one.chi2(values) ** 0.5
            if times > MISFIT:
                told.append(
                    f"The residuals of {target.file} are {times:.2g} times its noise: the model misses what"
                    " was measured, and the numbers make up for it as far as they can."
                )
            elif times < 1 / MISFIT and values.size >= MANY:
                told.append(
                    f"The residuals of {target.file} are {times:.2g} times its noise, which is overstated, or"
                    " what was measured was smoothed: intervals are those of that noise."
                )
        return list(dict.fromkeys(told))

    def _score(self, target, one, values):
        import numpy as np

        d = values - one.measured
        return {
            "kind": target.kind,
            "file": target.file,
            "unit": target.unit,
            "values": int(values.size),
            "rmse": float(np.sqrt(np.mean(d**2))),
            "noise": float(np.sqrt(np.mean(one.sigma**2))),
            "bias": float(np.mean(d)),
            "chi2": one.chi2(values),
        }

    def drawn(self, model, sets, best, result):
        """Return what the page draws of each target, before and after: dicts of arrays."""
        first = model.runs[0]
        return [
            target.drawn(self.view, one, before, after)
            for target, one, before, after in zip(
                [*self.targets, *self.held], [*sets, *self.scored], [*first.values, *first.held],
                [*best.values, *best.held],
            )
        ]  # fmt: skip


def _merged(case, shape):
    """Return the changes of a case, of `shape` voxels, that merge two along each axis; of an odd number the
    last is left out."""
    crop, joined = case.volume.crop or {}, case.volume.coarsen
    begins = {axis: crop.get(axis, (0, 0))[0] for axis in "xyz"}
    even = {
        axis: [begins[axis], begins[axis] + n // 2 * 2 * joined] for axis, n in zip("xyz", shape, strict=True)
    }
    return {"volume.coarsen": 2 * joined, "volume.crop": even}


def _check_count(sets, parameters):
    values = sum(one.measured.size * one.weight for one in sets)
    if values < len(parameters):
        raise InputError(
            f"fit: expected as many measured values as free numbers, {len(parameters)}, got {values:.0f}; fix"
            " some numbers, or add what was measured."
        )


def _parameter(one, found, k):
    ends = sorted(one.value(float(end)) for end in found.interval[k])
    return {
        "value": one.value(float(found.q[k])),
        "interval": ends,
        "identifiable": bool(found.held[k]),
        "start": one.start,
        "low": one.low,
        "high": one.high,
        "scale": "log" if one.log else "linear",
    }


def _said(found, parameters):
    """Say in sentences what the data do not hold."""
    from ..analysis.inference import MOVES

    said = []
    for direction in found.loose:
        moves = [k for k, part in enumerate(direction) if abs(part) > MOVES]
        names = [parameters[k].key for k in moves]
        if len(moves) == 1:
            said.append(f"The data do not hold {names[0]}.")
        elif len(moves) == 2 and all(parameters[k].log for k in moves):
            a, b = (direction[k] * (parameters[k].bounds[1] - parameters[k].bounds[0]) for k in moves)
            power = -a / b
            raised = "" if abs(abs(power) - 1) < 0.1 else f"^{abs(power):.2g}"
            joined = f"{names[0]} {'x' if power > 0 else '/'} {names[1]}{raised}"
            said.append(f"The data hold only {joined}, not the two apart.")
        else:
            said.append(f"The data do not hold {', '.join(names)} apart: they move together.")
    alone = {k for direction in found.loose for k, part in enumerate(direction) if abs(part) > MOVES}
    for k, one in enumerate(parameters):
        if not found.held[k] and k not in alone:
            said.append(f"The data do not hold {one.key}: its interval reaches over its bounds.")
    return said
