"""What a case is fitted to, as numbers: of a view of a run the values at what was measured, in its order.

A measured value that fills several voxels counts once: a map's squares are weighted by measured values over
voxels. A state that a run does not come to is the last one of the step; a voltage beyond the end of the
computed curve lies on the straight line of its last rows, so that a run that ends early is told how much.
"""

from dataclasses import dataclass, field
from functools import cached_property

from ..base.errors import InputError
from .compare import MeasuredMap
from .compare_curves import MeasuredVoltage
from .compared_state import converted, mark_name

CLOSE = 1e-8  # of an impedance: it is held beside that of a neighbour 1e-4 off
LAST = 0.02  # share of a computed curve that its last slope is taken of


@dataclass
class View:
    """A run, or one of its neighbours, as the targets see it.

    setup: case.build.Setup; columns: of the voltage curve, as Record has them; steps: texts of the protocol
    steps that ran; start, ends: states (Solved) at the start and at the end of {number of the step}; landed:
    [(mark, number of the step, Solved)].
    """

    setup: object
    columns: dict = field(
        default_factory=lambda: {n: [] for n in ("time_s", "current_A", "voltage_V", "charge_C", "step")}
    )
    steps: list = field(default_factory=list)
    start: object = None
    ends: dict = field(default_factory=dict)
    landed: list = field(default_factory=list)

    def add(self, row, number):
        """Add a row (time_s, current_A, voltage_V, charge_C) of a protocol step."""
        for name, value in zip(self.columns, (*row, number)):
            self.columns[name].append(value)

    def sto(self, solved):
        """Return the lithiation of a state on the image [x, y, z], in double precision: neighbours differ
        little."""
        import numpy as np

        from ..analysis.fields import isolated_sto

        cell, grid = self.setup.cell, self.setup.grid
        joined = cell.mesh.on_image(cell.mesh.solid, cell.state(solved.x).sto, float)
        apart = isolated_sto(cell, grid)
        return np.where(np.isnan(apart), joined, apart)


@dataclass(frozen=True)
class MapTarget:
    """A measured map: of MeasuredMap, and the number of its mark."""

    of: object
    number: int

    kind, unit = "map", "1"

    @property
    def file(self):
        """The measured file, as the case names it."""
        return self.of.asked.measured

    def remarks(self, view):
        """Return what a comparison with the map says of it, sentences."""
        self.shared(view)
        return [f"{self.file}: {one}" for one in self._kept["remarks"]]

    def values(self, view):
        """Return the simulated values of the compared voxels, as the instrument sees them."""
        return self.seen(view)[self.shared(view)]

    def seen(self, view):
        """Return the simulated map on the measured grid [x, y, z]."""
        from ..maps.instrument import seen_by

        return seen_by(
            self.of.instrument, self.map(view), self.of.image, min_coverage=self.of.asked.min_coverage
        )

    def map(self, view):
        """Return the simulated map as a SocMap."""
        from ..maps.map import SocMap

        grid, asked = view.setup.grid, self.of.asked
        line = converted(asked.quantity, grid.phase, grid.names, view.setup.case.hosts(), "quantity")
        return SocMap(line.of(view.sto(self.state(view))), grid.voxel_size)

    def state(self, view):
        """Return the state that the map is of (Solved); the last one of the step where it never came
        there."""
        from ..volumes.fields import step_asked

        asked, name, last = self.of.asked, mark_name(self.number), max(view.ends)
        if isinstance(asked.time, str) and asked.time != "end":
            last = step_asked(asked.time, dict(enumerate(view.steps)))
        if asked.match is None and isinstance(asked.time, str):
            return view.ends[last]
        named = asked.match is not None and asked.time != "end"
        met = [(step, at) for mark, step, at in view.landed if mark == name and not (named and step != last)]
        if asked.match is not None and len({step for step, _ in met}) > 1:
            raise InputError(
                f"expected one state that the map {asked.measured} is of, the run came there in several"
                " steps; name one as time."
            )
        return met[0][1] if met else view.ends[last]

    def covered(self, view):
        """Return 1 where the run came to the state that the map is of, else 0."""
        asked = self.of.asked
        if asked.match is None and isinstance(asked.time, str):
            return 1.0
        return float(any(mark == mark_name(self.number) for mark, *_ in view.landed))

    def comparison(self, view):
        """Compare the simulated map with the measured one; return a Comparison."""
        from ..maps.compare import compare_maps

        asked = self.of.asked
        return compare_maps(
            self.map(view), self.of.image, mask=self.of.mask, min_coverage=asked.min_coverage,
            instrument=self.of.instrument,
        )  # fmt: skip

    def shared(self, view):
        """Return the compared voxels, bool [x, y, z]."""
        import numpy as np

        if "shared" not in self._kept:
            found = self.comparison(view)
            self._kept["shared"], self._kept["remarks"] = np.isfinite(found.difference), found.remarks
        return self._kept["shared"]

    @cached_property
    def _kept(self):
        return {}

    def measured(self, view):
        """Return the measured values, their noise and the weight of their squares."""
        import numpy as np

        from ..maps.independence import native_voxels

        shared = self.shared(view)
        if self.of.image.sigma is None:
            raise InputError(
                f"fit: expected the noise of the map {self.of.asked.measured}, got none; add sigma."
            )
        values = self.of.image.values[shared]
        native, _ = native_voxels(np.where(shared, self.of.image.values, np.nan))
        return values, self.of.image.sigma[shared], np.unique(native[shared]).size / values.size

    def drawn(self, view, data, *values):
        """Return what a page draws of it: measured values, those before and after the fit, noise."""
        import numpy as np

        shared = self.shared(view)

        def on_grid(part):
            found = np.full(shared.shape, np.nan)
            found[shared] = part
            return found

        measured, before, after, sigma = map(on_grid, (data.measured, *values, data.sigma))
        return {"measured": measured, "before": before, "after": after, "sigma": sigma} | {
            "kind": self.kind,
            "name": self.of.asked.measured,
            "voxel_size": self.of.image.voxel_size,
            "quantity": self.of.asked.quantity,
        }

    def independent(self, residual, view):
        """Return how many independent values the residual [value] has."""
        import numpy as np

        from ..maps.independence import independence

        shared = self.shared(view)
        difference = np.full(shared.shape, np.nan)
        difference[shared] = residual
        return independence(difference, self.of.image.values).count


@dataclass(frozen=True)
class CurveTarget:
    """A measured voltage curve: of MeasuredVoltage."""

    of: object

    kind, unit = "voltage", "V"

    @property
    def file(self):
        """The measured file, as the case names it."""
        return self.of.asked.voltage

    def remarks(self, view):
        """Return what was read, where rows of the file were left out, or its time does not begin at 0; and
        where it was measured at another current than the protocol asks for."""
        from .compare_curves import currents_apart

        setup, said = view.setup, self.of.curve.said
        sizes = {"mass": setup.mass, "area": setup.cell.mesh.area}
        apart = currents_apart(self.of.curve, self.by, self._asked_currents(setup), sizes)
        told = [said] if "left out" in said or "counted from there" in said else []
        return [*told, *(f"{self.file}: {one}" for one in apart)]

    def _asked_currents(self, setup):
        """Return the constant currents (A) of the protocol's steps that the curve is set beside."""
        import numpy as np

        from ..volumes.fields import step_asked

        loads, half = setup.loads(), self.of.curve.half
        currents = np.array([load.current or 0.0 for load in loads])
        if self.of.asked.step is not None:
            return currents[[step_asked(self.of.asked.step, dict(enumerate(load.name for load in loads)))]]
        if half is None:
            return currents
        return currents[currents > 0] if half.direction == "discharge" else currents[currents < 0]

    @property
    def by(self):
        """What it is compared by, "time" or "charge"."""
        return self.of.asked.by or ("time" if self.of.curve.time_s is not None else "charge")

    def values(self, view):
        """Return the computed voltage at the measured points (V)."""
        import numpy as np

        (x, _), (at, V) = self.points, self.curve(view)
        if np.count_nonzero((x >= at[0]) & (x <= at[-1])) < 2:
            raise InputError(
                f"{self.of.curve.where}: expected points where the computed curve is, {self.by} from"
                f" {at[0]:.4g} to {at[-1]:.4g}, got them from {x.min():.4g} to {x.max():.4g}; fit another"
                " step, or by the other of time and charge."
            )
        return curve_at(x, at, V)

    def covered(self, view):
        """Return the share of the measured points that the computed curve comes to."""
        x, at = self.points[0], self.curve(view)[0]
        return float(((x >= at[0]) & (x <= at[-1] * (1 + 1e-9))).mean())

    @cached_property
    def points(self):
        """Abscissa and voltage of the measured points."""
        from ..curves.scores import points_of

        return points_of(self.of.curve, self.by)

    def curve(self, view):
        """Return abscissa and voltage (V) of the computed curve."""
        import numpy as np

        from ..curves.scores import rising
        from .compare_curves import part_beside

        c = {name: np.array(values, float) for name, values in view.columns.items()}
        rows, _ = part_beside(self.of, c, [{"name": text} for text in view.steps])
        t, V = c["time_s"][rows] - c["time_s"][rows][0], c["voltage_V"][rows]
        if self.by == "time":
            return t, V
        setup = view.setup
        per = {"": 1.0, "mass": setup.mass, "area": setup.cell.mesh.area}[self.of.curve.charge_per]
        charge = (c["charge_C"][rows] - c["charge_C"][rows][0]) / per
        return rising(charge, V, self.points[0])

    def measured(self, view):
        """Return the measured values, their noise and the weight of their squares."""
        import numpy as np

        V = self.points[1]
        if self.of.asked.sigma is None:
            raise InputError(
                f"fit: expected the noise of the voltage {self.of.asked.voltage}, got none; add sigma_mV."
            )
        return V, np.full(V.shape, self.of.asked.sigma), 1.0

    def drawn(self, view, data, *values):
        """Return what a page draws of it: measured values, those before and after the fit."""
        before, after = values
        found = {"kind": self.kind, "name": self.of.asked.voltage, "by": self.by, "x": self.points[0]}
        return found | {"measured": data.measured, "before": before, "after": after}

    def independent(self, residual, view):
        """Return how many independent values the residual [value] has."""
        return _independent(residual)


@dataclass(frozen=True)
class SpectrumTarget:
    """A measured impedance: of MeasuredImpedance. Values are real and then imaginary parts (ohm m2)."""

    of: object

    kind, unit = "spectrum", "ohm m2"

    @property
    def file(self):
        """The measured file, as the case names it."""
        return self.of.asked.spectrum

    def remarks(self, view):
        """Return nothing: an impedance is read whole."""
        return []

    def covered(self, view):
        """Return 1: without its state there are no values."""
        return 1.0

    def values(self, view):
        """Return the computed impedance at the measured frequencies."""
        import numpy as np

        from ..impedance.cell import solve_cell_impedance

        after = len(view.steps) if self.of.asked.after == "end" else self.of.asked.after
        solved = view.ends[after - 1] if after else view.start
        C_dl, film_time = view.setup.layers()
        freq = self.of.spectrum.freq
        Z = solve_cell_impedance(
            view.setup.cell, solved, freq, C_dl=C_dl, film_time=film_time, tolerance=CLOSE
        ).Z
        return np.concatenate([Z.real, Z.imag])

    def measured(self, view):
        """Return the measured values, their noise and the weight of their squares."""
        import numpy as np

        if self.of.asked.sigma_relative is None:
            raise InputError(
                f"fit: expected the noise of the impedance {self.of.asked.spectrum}, got none; add"
                " sigma_relative."
            )
        Z = self.of.spectrum.Z
        sigma = self.of.asked.sigma_relative * np.abs(Z)
        return np.concatenate([Z.real, Z.imag]), np.concatenate([sigma, sigma]), 1.0

    def drawn(self, view, data, *values):
        """Return what a page draws of it: measured Z, those before and after the fit."""
        half = data.measured.size // 2
        measured, before, after = (v[:half] + 1j * v[half:] for v in (data.measured, *values))
        found = {"kind": self.kind, "name": self.of.asked.spectrum}
        return found | {"measured": measured, "before": before, "after": after}

    def independent(self, residual, view):
        """Return how many independent values the residual [value] has."""
        half = residual.size // 2
        return _independent(residual[:half]) + _independent(residual[half:])


def target_of(one, number):
    """Return the target of what was measured; number: its place among all of them."""
    if isinstance(one, MeasuredMap):
        return MapTarget(one, number)
    return CurveTarget(one) if isinstance(one, MeasuredVoltage) else SpectrumTarget(one)


def curve_at(x, at, values):
    """Return a curve (at, values) at x: cubic between its rows, straight beyond its ends.

    Slopes are those of parabolas through three rows, so that the result is linear in the values.
    """
    import numpy as np
    from scipy.interpolate import CubicHermiteSpline

    if at.size < 3 or (np.diff(at) <= 0).any():  # a protocol step begins at each jump
        return np.interp(x, at, values)
    inside = CubicHermiteSpline(at, values, np.gradient(values, at, edge_order=2))(np.clip(x, at[0], at[-1]))
    k = min(int(np.searchsorted(at, at[-1] - LAST * (at[-1] - at[0]))), at.size - 2)
    slope = (values[-1] - values[k]) / (at[-1] - at[k])
    return inside + np.maximum(x - at[-1], 0.0) * slope


def _independent(residual):
    """Independent values along a line; all of too few to tell."""
    from ..maps.independence import independence

    line = residual.reshape(-1, 1, 1)
    return independence(line, line).count if residual.size > 1 else float(residual.size)
