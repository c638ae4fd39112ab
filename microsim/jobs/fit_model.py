"""A case as a function of its free numbers: values at what was measured, and how they follow the numbers.

What a target sees of a run it sees of the neighbour of each parameter too (cell.sensitivity); the
difference is its derivative. Such a run costs one solve a parameter and time step beside its own; one
without derivatives does not. Whole runs are kept in a folder, so that a fit that was interrupted goes on with
them.
"""

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

from ..base.errors import InputError
from ..case.free import settled
from .fit_targets import View

BESIDE = 1e-4  # how far a neighbour lies off in q: its curvature, and round-off, are then both below 1e-3


@dataclass(frozen=True)
class Evaluation:
    """A run at q: values of each target, and of each held-out one; slopes [value, parameter] of each target,
    or None; share of each that the run came to; wall time (s)."""

    q: object
    values: list = field(repr=False)
    held: list = field(repr=False)
    slopes: list | None = field(repr=False)
    covered: list
    wall_s: float


class FitModel:
    """The runs of a fit on one volume.

    case: Case; parameters: [Parameter]; targets, held: of fit_targets, fitted and only scored; marks: what
    returns the Marks of a Setup; folder: where whole runs are kept, or None; origin: of the
    case; progress: callable or None; tolerance: of sensitivities.
    """

    def __init__(
        self, case, parameters, targets, held, marks, folder=None, origin=None, progress=None,
        tolerance=1e-3,
    ):  # fmt: skip
        self.case, self.parameters, self.marks, self.tolerance = case, parameters, marks, tolerance
        self.targets, self.held = targets, held
        self.folder, self.origin, self.progress = folder and Path(folder), origin, progress
        self.runs, self.kept, self.grid = [], 0, None

    def __call__(self, q, with_slopes=True):
        """Return the Evaluation at q."""
        same = [run for run in self.runs if (run.q == q).all() and (run.slopes or not with_slopes)]
        return same[0] if same else self._run(q, with_slopes)

    def near(self, q):
        """Return the Evaluation that is nearest to q."""
        return min(self.runs, key=lambda run: float(abs(run.q - q).max()))

    def _run(self, q, with_slopes):
        path, found = self._path(q, with_slopes), None
        if path is not None and path.is_file():
            found = _read(path, q, len(self.targets), len(self.held), with_slopes)
        if found is None:
            begun = time.perf_counter()
            views = self.views(q, with_slopes)
            values = [[target.values(view) for view in views] for target in self.targets]
            slopes = self._slopes(q, values) if with_slopes else None
            held = [target.values(views[0]) for target in self.held]
            covered = [target.covered(views[0]) for target in [*self.targets, *self.held]]
            wall_s = time.perf_counter() - begun
            found = Evaluation(q, [each[0] for each in values], held, slopes, covered, wall_s)
            if path is not None:
                _write(path, found)
        else:
            self.kept += 1
        self.runs.append(found)
        return found

    def _slopes(self, q, values):
        import numpy as np

        offsets = list(map(self._offset, range(len(q)), q))
        return [
            np.stack([(moved - each[0]) / offset for moved, offset in zip(each[1:], offsets)], axis=1)
            for each in values
        ]

    def _offset(self, k, at):
        """How far the neighbour of a parameter lies off, within its bounds."""
        return BESIDE if at + BESIDE <= self.parameters[k].bounds[1] else -BESIDE

    # ---- runs ----------------------------------------------------------------------------------------------

    def setup(self, q):
        """Return the Setup at q."""
        from ..case.build import read_grid, set_up
        from ..case.case import load_case

        case = load_case(self.case, settled(self.parameters, q))
        if any(one.key.startswith("volume.") for one in self.parameters):
            return set_up(case)
        self.grid = self.grid or read_grid(case)[1]
        return set_up(case, self.grid)

    def blank(self, q):
        """Return the View of a run at q that has not begun: its state at the start stands for all others."""
        from ..cell.experiment import initial_state

        setup = self.setup(q)
        start = initial_state(setup.cell)
        steps = [step.text for step in setup.case.protocol]
        return View(setup, steps=steps, start=start, ends=dict.fromkeys(range(len(steps)), start))

    def views(self, q, with_slopes=True):
        """Run at q; return the View of the run, followed by those of the neighbour of each parameter."""
        from ..cell.sensitivity import Neighbour, Sensitivities

        setup, beside = self.setup(q), []
        for k, at in enumerate(q if with_slopes else ()):
            moved, offset = q.copy(), self._offset(k, at)
            moved[k] += offset
            beside.append((offset, self.setup(moved)))
        neighbours = [
            Neighbour(one.cell, one.loads(), one.growth, tuple(self.marks(one)), offset)
            for offset, one in beside
        ]
        experiment = setup.experiment(self.marks(setup))
        followed = Sensitivities(experiment, neighbours, self.tolerance)
        views = [View(setup), *(View(one) for _, one in beside)]
        show = setup.shown(self.progress)
        views[0].start = experiment.now.solved
        for view, side in zip(views[1:], followed.beside):
            view.start = side.solved
        for sensed in followed.moments(setup.loads()):
            _note(views, sensed)
            show(sensed.moment)
        return views

    # ---- runs that are kept --------------------------------------------------------------------------------

    def _path(self, q, with_slopes):
        if self.folder is None:
            return None
        how = self.tolerance if with_slopes else None
        what = json.dumps([self.origin, self.case.sha256, [float(at) for at in q], how], sort_keys=True)
        return self.folder / f"run_{sha256(what.encode()).hexdigest()[:24]}.npz"


def _note(views, sensed):
    """Take what is Sensed of a run and its neighbours into their Views."""
    moment = sensed.moment
    row = (moment.t, moment.current, moment.V, moment.charge)
    for view, each in zip(views, [row, *sensed.rows]):
        if not view.columns["step"] or view.columns["step"][-1] != moment.number:
            view.steps.append(moment.load.name)
        view.add(each, moment.number)
    for name, there in sensed.landed.items():
        for view, solved in zip(views, [moment.solved, *there]):
            view.landed.append((name, moment.number, solved))
    if sensed.ends is not None:
        for view, solved in zip(views, [moment.solved, *sensed.ends]):
            view.ends[moment.number] = solved


def _write(path, found):
    import numpy as np

    from ..base.files import replacing

    arrays = {f"values_{k}": values for k, values in enumerate(found.values)}
    arrays |= {f"held_{k}": values for k, values in enumerate(found.held)}
    arrays |= {f"slopes_{k}": slopes for k, slopes in enumerate(found.slopes or ())}
    with replacing(path) as part, open(part, "wb") as file:
        np.savez(file, wall_s=found.wall_s, covered=np.array(found.covered), **arrays)


def _read(path, q, count, held, with_slopes):
    """Return the Evaluation that a file keeps; None of one that cannot be read."""
    import numpy as np

    try:
        with np.load(path) as file:
            values = [file[f"values_{k}"] for k in range(count)]
            kept = [file[f"held_{k}"] for k in range(held)]
            slopes = [file[f"slopes_{k}"] for k in range(count)] if with_slopes else None
            return Evaluation(q, values, kept, slopes, file["covered"].tolist(), float(file["wall_s"]))
    except (OSError, KeyError, ValueError, EOFError, BadZipFile):
        return None


def fit_measured(case):
    """Return what a case is fitted to and what it holds out, as read: (targets' sources, held-out ones)."""
    from dataclasses import replace

    from .compare import read_measured

    found = []
    for name in ("to", "held_out"):
        try:
            found.append(read_measured(replace(case, compare=getattr(case.fit, name))))
        except InputError as error:
            raise InputError(f"fit.{name}: {error}") from error
    _check_once([one for part in found for one in part])
    return found


def _check_once(measured):
    """Refuse data that stand twice: they would count twice, or be held out of what they were fitted to."""
    from itertools import combinations

    import numpy as np

    def values(one):
        of = getattr(one, "image", None) or getattr(one, "curve", None) or one.spectrum
        return next(v for name in ("values", "voltage_V", "Z") if (v := getattr(of, name, None)) is not None)

    for one, other in combinations(measured, 2):
        first, second = values(one), values(other)
        if first.dtype.kind == second.dtype.kind and np.array_equal(first, second, equal_nan=True):
            names = [_file(one), _file(other)]
            raise InputError(
                f"fit: expected each measurement once, got the same values in {names[0]} and {names[1]};"
                " leave one out (what is held out is not fitted to)."
            )


def _file(one):
    """The measured file, as the case names it."""
    names = ("measured", "voltage", "spectrum")
    return next(file for name in names if (file := getattr(one.asked, name, None)) is not None)
