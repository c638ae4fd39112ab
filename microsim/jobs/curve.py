"""The job measured_curve: what a cycler's file holds, its half cycles, dQ/dV, a titration; and it as CSV."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.schema import number, say
from .curve_arguments import above_zero, file_columns, measured_file, sized
from .job import job
from .result import Result, SavedFile, Table

ELECTRODES = {"mAh/g": (1e-2, 5000.0, "--mass-mg"), "mAh/cm2": (1e-4, 300.0, "--area-cm2")}
COARSE = 0.01  # of a pulse, between the rows where it begins, from which that is said
MOST = 60  # rows of a table that are printed
UNITS = {"": ("mAh", 3.6), "mass": ("mAh/g", 3600.0), "area": ("mAh/cm2", 36000.0)}
FLOWS = {"": "A", "mass": "A/kg", "area": "A/m2"}


@dataclass(frozen=True, repr=False)
class MeasuredCurveResult(Result):
    """A measured voltage curve, or one of a run (voltage.csv).

    curve    MeasuredCurve of the whole file
    steps    of its cycler, MeasuredStep each; () where it has no current
    dq_dv    {number of a half cycle: (V, dQ/dV)}; {} where not asked for
    pulses   of a titration, Pulse each; () where not asked for
    part     the half cycle that was asked for, a MeasuredCurve; None: none
    sto      lithiation at its beginning and end, or None
    """

    curve: object
    steps: tuple
    dq_dv: dict
    pulses: tuple
    part: object = None
    sto: tuple | None = None

    files: ClassVar = {
        "out": SavedFile("save", "Write time, current, voltage and charge as CSV.", "FILE.csv", key="out"),
        "ocp": SavedFile(
            "save_ocp", "Write the half cycle's voltage over lithiation.", "FILE.csv", key="ocp"
        ),
    }
    has_page: ClassVar = False

    @classmethod
    def check(cls, values, asked):
        """Refuse, before the work, a table over lithiation of which nobody says what it is over."""
        if asked.get("ocp") and values.get("sto") is None:
            raise InputError(
                "expected the lithiation at both ends of the half cycle, got none; add --sto 0.27,0.9"
            )

    @property
    def title(self):
        return f"{Path(self.curve.where).name}: {len(self.curve.halves)} half cycles"

    @property
    def unit(self):
        """Unit of charges, and what it is in the curve's: ("mAh", 3.6)."""
        return UNITS[self.curve.charge_per]

    def _halves(self):
        curve, (_, size) = self.curve, self.unit
        for half in curve.halves:
            rows = slice(half.first, half.last + 1)
            timed = curve.time_s is not None
            passed = None if curve.charge is None else curve.charge[half.last] - half.charge_begun
            yield {
                "number": half.number,
                "cycle": half.cycle,
                "direction": half.direction,
                "capacity": None if passed is None else abs(float(passed)) / size,
                "from_V": half.volts[0],
                "to_V": half.volts[1],
                "mean_V": self._mean(rows),
                "duration_s": float(curve.time_s[half.last] - half.begun) if timed else None,
            }

    def _mean(self, rows):
        """Mean voltage over the charge, or over the rows where no charge passes."""
        import numpy as np

        V, q = self.curve.voltage_V[rows], None if self.curve.charge is None else self.curve.charge[rows]
        if q is None or q[-1] == q[0]:
            return float(np.mean(V))
        return float(np.trapezoid(V, q) / (q[-1] - q[0]))

    def numbers(self):
        curve = self.curve
        told = {
            "file": Path(curve.where).name,
            "sha256": curve.sha256,
            "read": curve.said,
            "header": curve.header.told,
            "points": int(curve.voltage_V.size),
            "capacity_unit": self.unit[0],
            "current_unit": FLOWS[curve.per],
            "half_cycles": list(self._halves()),
            "steps": [
                {key: value for key, value in asdict(step).items() if key not in ("first", "last")}
                for step in self.steps
            ],
        }
        if self.dq_dv:
            unit = self.unit[1]
            told["dq_dv"] = {n: {"voltage_V": V, "dq_dv": d / unit} for n, (V, d) in self.dq_dv.items()}
        told["remarks"] = self.remarks
        return told | ({"titration": [asdict(pulse) for pulse in self.pulses]} if self.pulses else {})

    @property
    def remarks(self):
        """What speaks against the capacities and the diffusivities of a titration, in sentences."""
        count, said = len(self.pulses), [*self.curve.remarks, *self._unlikely()]
        none = sum(p.D is None for p in self.pulses)
        long = sum(not p.short for p in self.pulses) - none
        moving = sum(not p.relaxed for p in self.pulses)
        if none:
            said.append(
                f"{none} of {count} pulses have no D: their voltage goes with the charge alone (too long for"
                " this size, or with more noise than diffusion adds)."
            )
        if long:
            said.append(
                f"{long} of {count} pulses last longer than half of L^2 / D (L a third of the radius): 1 % of"
                " their slope is 3 % of D and more."
            )
        gap = max((p.gap for p in self.pulses if p.D), default=0.0)
        if gap > COARSE:
            said.append(
                f"Rows are up to {100 * gap:.2g} % of a pulse apart where it begins: when it did is not known"
                f" better, and D may be off by {250 * gap:.2g} %."
            )
        if moving:
            said.append(f"{moving} of {count} pulses stand beside a rest whose voltage still moves.")
        return said

    def _unlikely(self):
        """A sentence on capacities that no electrode has, as of a mass in g or an area in mm2."""
        largest = max((row["capacity"] or 0.0 for row in self._halves()), default=0.0)
        low, high, option = ELECTRODES.get(self.unit[0], (0.0, float("inf"), ""))
        if largest == 0 or low <= largest <= high:
            return []
        held = f"{largest:.3g} {self.unit[0]}, and electrodes have {low:g} to {high:g}"
        return [f"The largest half cycle has {held}: is {option} in its unit?"]

    def tables(self):
        halves = list(self._halves())
        columns = ("number", "cycle", "direction", "capacity", "from_V", "to_V", "mean_V", "duration_s")
        heads = ("half cycle", "cycle", "", self.unit[0], "from V", "to V", "mean V", "s")
        rows = [[row[key] for key in columns] for row in halves[:MOST]]
        header = [f"its header says {', '.join(self.curve.header.told)}"] if self.curve.header.told else []
        tables = [self.curve.said, *header, Table(heads, rows)]
        if self.pulses:
            shown = [(p.begin, p.duration, p.voltage, p.step, p.D) for p in self.pulses[:MOST]]
            tables.append(Table(("pulse at s", "s", "rest V", "step V", "D m2/s"), shown))
        return [*tables, *self.remarks]

    def plot(self):
        """Draw the voltage over the charge of each half cycle, and dQ/dV where it was asked for."""
        from ..report.measured_figures import curve_figure

        return curve_figure(self.curve, self.dq_dv, self.unit)

    def save(self, path):
        """Write time_s, current, voltage_V and charge (discharge above zero) as CSV; returns the path."""
        from ..base.files import write_columns

        curve = self.curve
        unit = {"": ("current_A", "charge_C"), "mass": ("current_A_kg", "charge_C_kg")}
        unit |= {"area": ("current_A_m2", "charge_C_m2")}
        columns = {"time_s": curve.time_s, unit[curve.per][0]: curve.current, "voltage_V": curve.voltage_V}
        columns |= {unit[curve.charge_per][1]: curve.charge, "cycle": curve.cycle, "step": curve.step}
        write_columns(path, {name: values + 0.0 for name, values in columns.items() if values is not None})
        return Path(path)

    def save_ocp(self, path):
        """Write sto and U_V of the half cycle as CSV, the table that `ocp` of a material reads.

        The lithiation goes with the charge from one end to the other; the voltage is as it was measured, with
        whatever the current took. Returns the path.
        """
        import numpy as np

        from ..base.files import write_columns

        if self.part is None or self.sto is None or self.part.charge is None:
            raise InputError(
                f"{self.curve.where}: expected a half cycle with its charge, and the lithiation at both its"
                " ends, got one of them not; add half_cycle and sto"
            )
        q, (first, last) = self.part.charge, self.sto
        goes_on = np.concatenate([[True], np.diff(np.maximum.accumulate(np.abs(q - q[0]))) > 0])
        q, V = q[goes_on], self.part.voltage_V[goes_on]
        write_columns(path, {"sto": first + (last - first) * (q - q[0]) / (q[-1] - q[0]), "U_V": V})
        return Path(path)


def _sto(given, path):
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, (list, tuple)) or len(parts) != 2:
        raise InputError(f"{path}: expected two lithiations like 0.27,0.9, got {say(given)}; correct it")
    first, last = (number(0.0, 1.0)(part, path) for part in parts)
    if first == last:
        raise InputError(f"{path}: expected two lithiations that differ, got {first:g} twice; correct it")
    return first, last


def _half(given, path):
    from ..case.measurements import half_cycle

    return half_cycle(int(given) if isinstance(given, str) and given.isdigit() else given, path)


@job
def measured_curve(
    file: measured_file("File of a cycler, or voltage.csv."),
    *,
    mass: sized("Of active material.", "M", "--mass-mg", "mass", 1e6) = None,
    area: sized("Of the electrode.", "A", "--area-cm2", "area", 1e4) = None,
    dq_dv_step: above_zero("dQ/dV of each half cycle, in steps of voltage.", "MV", "--dqdv-mV", 1e3) = None,
    radius: sized("Of spheres: D of a titration.", "R", "--radius-um", "way", 1e6) = None,
    length: sized("Of a sheet: D of a titration.", "L", "--length-um", "way", 1e6) = None,
    half_cycle: Annotated[
        "int | str | None", Argument("For --ocp: its number, charge or discharge.", _half, "N")
    ] = None,
    sto: Annotated[
        "tuple | None", Argument("For --ocp: lithiation at its beginning and end.", _sto, "FROM,TO")
    ] = None,
    positive_current: Annotated[
        "str | None", one_of("What a positive current does.", "charge", "discharge")
    ] = None,
    columns: file_columns("time_s=1,voltage_V=2,current_mA=3") = None,
    progress=None,
) -> MeasuredCurveResult:
    """Tell what a cycler's file holds, and take from it what it says.

    Half cycles with their capacities, the steps that were run, dQ/dV, diffusivities of a titration (diffusion
    under a constant current, in full); of measured files and of a run's voltage.csv alike. --out writes it as
    CSV, in SI, discharge above zero.

    Parameters
    ----------
    file : str or path
        EC-Lab, Neware, Arbin, Gamry, Battery Data Format, text (docs: files of cells and spectra).
    mass : float or str, optional
        Of active material, kg or like "7.7 mg": capacities in mAh/g.
    area : float or str, optional
        Of the electrode, m2 or like "1.54 cm2": capacities in mAh/cm2.
    dq_dv_step : float, optional
        dQ/dV in steps of this voltage, V.
    radius : float or str, optional
        Of spheres, m or like "5 um": D of each pulse of a titration.
    length : float or str, optional
        Of a sheet, m or like "5 um": the same.
    half_cycle : int or str, optional
        Its number, "charge" or "discharge": of which a table over lithiation is made (save_ocp).
    sto : pair of float, optional
        Lithiation at the beginning and the end of that half cycle.
    positive_current : str, optional
        "charge" or "discharge", where the file does not tell.
    columns : dict, optional
        {"time_s": 1, "voltage_V": 2, "current_mA": 3}, where names do not tell.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    MeasuredCurveResult
        `save(path)` writes it as CSV.

    Raises
    ------
    InputError
        A file that could mean two things, or that holds no titration.
    """
    from ..curves.curve import read_measured_curve
    from ..curves.steps import measured_steps
    from ..curves.titration import titration

    if radius and length:
        raise InputError("expected --radius-um or --length-um for the titration, got both; keep one")
    if mass and area:
        raise InputError("expected --mass-mg or --area-cm2, got both; keep one")
    options = {"columns": columns, "positive_current": positive_current, "mass": mass, "area": area}
    curve = read_measured_curve(file, half_cycle="all", **options)
    whole = curve.time_s is not None and curve.current is not None and curve.charge is not None
    pulses = titration(curve, length or radius, sphere=bool(radius)) if length or radius else ()
    slopes = _slopes(curve, dq_dv_step) if dq_dv_step else {}
    part = read_measured_curve(file, half_cycle=half_cycle, **options) if half_cycle or sto else None
    if sto:
        _check_falls(part, sto)
    return MeasuredCurveResult(curve, measured_steps(curve) if whole else (), slopes, pulses, part, sto)


def _check_falls(part, sto):
    """Refuse lithiations with which the voltage of a half cycle would rise, as no potential does."""
    first, last = (float(part.voltage_V[k]) for k in (0, -1))
    if (last - first) * (sto[1] - sto[0]) > 0:
        raise InputError(
            "--sto: expected a voltage that falls while the lithiation rises, got"
            f" {first:.4g} to {last:.4g} V from {sto[0]:g} to {sto[1]:g}; say --sto {sto[1]:g},{sto[0]:g},"
            " its beginning first (a voltage of a full cell is no potential of one electrode)"
        )


def _slopes(curve, step):
    from ..curves.titration import dq_dv

    if curve.charge is None or not curve.halves:
        raise InputError(
            f"{curve.where}: expected a current or a charge for dQ/dV, got none; name the columns"
        )
    found = {}
    for half in curve.halves:
        rows = slice(half.first, half.last + 1)
        if abs(half.volts[1] - half.volts[0]) > 2 * step:
            found[half.number] = dq_dv(curve.charge[rows], curve.voltage_V[rows], step)
    if not found:
        widest = max(abs(half.volts[1] - half.volts[0]) for half in curve.halves)
        raise InputError(
            f"{curve.where}: expected steps of dQ/dV below half of what a half cycle spans, {widest:.4g} V at"
            f" most, got {step:g} V; take smaller ones (dq_dv_step is in V, --dqdv-mV in mV)"
        )
    return found
