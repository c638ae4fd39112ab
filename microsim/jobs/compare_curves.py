"""Measured voltage curves and impedances beside those of a run: read before it, scored after it."""

from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError
from ..base.schema import listed

NEAR = 0.05  # by so much may the measured and the computed current differ before a comparison by time says so


@dataclass(frozen=True)
class MeasuredVoltage:
    """asked: the case's section CompareVoltage; curve: the MeasuredCurve."""

    asked: object
    curve: object


@dataclass(frozen=True)
class MeasuredImpedance:
    """asked: the case's section CompareSpectrum; spectrum: the MeasuredSpectrum."""

    asked: object
    spectrum: object


def read_voltage(case, asked):
    """Read the voltage curve that a section names."""
    from ..curves.curve import read_measured_curve

    curve = read_measured_curve(
        case.locate(asked.voltage),
        columns=asked.columns,
        cycle=asked.cycle,
        half_cycle=asked.half_cycle,
        positive_current=asked.positive_current,
        mass=asked.mass,
        area=asked.area,
    )
    by = asked.by or ("time" if curve.time_s is not None else "charge")
    if by == "charge" and curve.charge is not None and not curve.charge_per:
        raise InputError(
            f"compare: expected the mass or the area that the charge of {curve.where} is of, got none; add"
            " mass_mg (of active material) or area_cm2"
        )
    if by == "charge" and curve.half is None:
        raise InputError(
            f"compare: expected one half cycle to compare by charge, got all of {curve.where}; name"
            " half_cycle, or compare by time"
        )
    return MeasuredVoltage(asked, curve)


def read_impedance(case, asked):
    """Read the impedance that a section names."""
    from ..curves.spectrum import read_measured_spectrum

    spectrum = read_measured_spectrum(
        case.locate(asked.spectrum),
        columns=asked.columns,
        cycle=asked.cycle,
        imaginary=asked.imaginary,
        area=asked.area,
    )
    return MeasuredImpedance(asked, spectrum)


def check_parts(measured, loads):
    """Refuse, before anything is solved, a curve that could be of several steps of the protocol, or of none.

    measured: what a case compares with; loads: the steps as Loads.
    """
    from ..curves.halves import sign_runs

    signs = _numbers([load.sign for load in loads])
    unknown = [load for load in loads if load.sign == 0 and load.varies]
    for one in measured:
        half = getattr(getattr(one, "curve", None), "half", None)
        if half is None or one.asked.step is not None:
            continue
        wanted = 1.0 if half.direction == "discharge" else -1.0
        fitting = [run for run in sign_runs(signs) if run[2] == wanted]
        if len(fitting) > 1 or not (fitting or unknown):
            raise _which_step(one, half, [f"step:{first} ({loads[first].name})" for first, *_ in fitting])


def _which_step(one, half, fitting):
    return InputError(
        f"compare: expected one {half.direction} of the run to set beside {one.curve.where}, got"
        f" {listed(fitting) or 'none'}; name one as step"
    )


def _numbers(values):
    import numpy as np

    return np.array(values, float)


def scored(one, score, notes):
    """Return a score, and what result.json says beside it: what was read, and what of it was compared."""
    read = getattr(one, "curve", None) or one.spectrum
    named = {"file": Path(read.where).name, "sha256": read.sha256}
    return score, {"kind": score.kind, **named, "read": read.said, "notes": notes}


def summary(told):
    """Say in a few lines what was read, what was compared, and how far apart the two are; told: of
    result.json, where it is a curve or an impedance."""
    if "refused" in told:
        return [told["refused"]]
    if told.get("kind") not in ("voltage", "spectrum"):
        return []
    if told["kind"] == "voltage":
        share = f"{100 * told['share_compared']:.0f} % of the points"
        apart = f"RMSE {told['rmse_mV']:.3g} mV, bias {told['bias_mV']:+.3g} mV over {share}"
    else:
        apart = f"{told['rms_percent']:.3g} % of |Z| apart (root mean square)"
    chi2 = "" if told["chi2"] is None else f", reduced chi2 {told['chi2']:.3g}"
    return [told["read"], "; ".join([f"{told['kind']}: {apart}{chi2}", *told["notes"]])]


# ---- the voltage -------------------------------------------------------------------------------------------


def score_voltage(one, record, mass, area):
    """Compare a run's voltage with a MeasuredVoltage; return the CurveScore, and what to say of it.

    record: of the run; mass: of its active material (kg); area: of its cross-section (m2).
    """
    from ..curves.scores import score_curve

    c = {name: _numbers(values) for name, values in record.columns.items()}
    rows, said = part_beside(one, c, record.steps)
    per = {"": 1.0, "mass": mass, "area": area}[one.curve.charge_per]
    t, q = c["time_s"][rows], (c["charge_C"][rows] - c["charge_C"][rows][0]) / per
    asked = one.asked
    score = score_curve(one.curve, t - t[0], c["voltage_V"][rows], q, by=asked.by, sigma=asked.sigma)
    notes = [said, *currents_apart(one.curve, score.by, c["current_A"][rows], {"mass": mass, "area": area})]
    if score.share < 1:
        notes.append(f"{100 * score.share:.0f} % of the measured points lie where the computed curve is")
    return score, notes


def part_beside(one, c, steps):
    """The rows of the run that the measured curve is set beside, and which these are in words."""
    import numpy as np

    from ..curves.halves import flow_signs, sign_runs
    from ..volumes.fields import step_asked

    number, half = c["step"].astype(int), one.curve.half
    names = {k: step["name"] for k, step in zip(dict.fromkeys(number.tolist()), steps)}
    if one.asked.step is not None:
        k = step_asked(one.asked.step, names)
        return np.flatnonzero(number == k), f"beside step:{k} ({names[k]}) of the run"
    if half is None:
        return np.arange(number.size), "beside all of the run"
    wanted = 1.0 if half.direction == "discharge" else -1.0
    runs = [run for run in sign_runs(flow_signs(c["current_A"], c["charge_C"])) if run[2] == wanted]
    if len(runs) != 1:
        raise _which_step(one, half, [f"step:{number[a]} ({names[number[a]]})" for a, *_ in runs])
    first, last, _ = runs[0]
    return np.arange(first, last + 1), f"beside the {half.direction} of the run from step:{number[first]}"


def currents_apart(curve, by, current, sizes):
    """Say where a measured curve flowed at another current than the computed one.

    curve: MeasuredCurve; by: "time" or "charge"; current: of the run beside it, rests too (A); sizes: its
    {"mass": kg, "area": m2}. Without a mass or an area of the measured cell nothing is known, and said.
    """
    import numpy as np

    current = np.abs(current[current != 0])
    if curve.current is None or not curve.per or not curve.current.any() or not current.size:
        return []
    theirs = float(np.median(np.abs(curve.current[curve.current != 0])))
    ours = float(np.median(current)) / sizes[curve.per]
    if max(theirs, ours) * (1 - NEAR) <= min(theirs, ours):
        return []
    unit, size = ("mA/g", 1.0) if curve.per == "mass" else ("mA/cm2", 0.1)
    rates = f"measured at {size * theirs:.4g} {unit} and computed at {size * ours:.4g} {unit}"
    apart = "by time they are not of one state" if by == "time" else "each loses voltage to its own current"
    return [f"{rates}: {apart}"]


# ---- the impedance -----------------------------------------------------------------------------------------


def score_impedance(number, one, computed):
    """Compare what an ImpedanceWatch computed with a MeasuredImpedance; return the SpectrumScore and what to
    say of it. number: of the section; computed: {number: Z}."""
    from ..curves.scores import score_spectrum

    after = one.asked.after
    if str(number) not in computed:
        raise InputError(
            f"compare: expected an impedance after {after} steps, the run did not come to the end of that"
            " step; change after or the protocol"
        )
    state = "at the start" if after == 0 else "at the end" if after == "end" else f"after {after} steps"
    return score_spectrum(one.spectrum, computed[str(number)], sigma=one.asked.sigma_relative), [state]
