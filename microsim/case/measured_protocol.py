"""The protocol from a cycler's file: {file: cell.mpt, cycles: 1, mass_mg: 7.7} becomes the steps that it ran.

Currents are brought to the model's cell: per gram of active material, per area, or as a C-rate, so that one
has to say what the cell of the file holds. Each step is written out in the words of a protocol, with its own
time and, where it ended at a voltage of the programme, that voltage; the case keeps the words.
"""

from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError
from ..base.plausible import physical
from ..base.schema import choice, entry, listed, section, shown, text, whole
from .measurements import KILOGRAM, SQUARE_METRE, columns, size
from .protocol import read_protocol

COULOMB = {"mAh": 1 / 3.6, "Ah": 1 / 3600, "C": 1.0}
MOST_COMPARED = 20  # half cycles that are set beside the run unasked
UNITS = {"mass": "mA/g", "area": "A/m2", "capacity": "C"}
GIVEN = "mass_mg (of active material), area_cm2 or capacity_mAh"
APART = 0.01  # by which two masses of a header may differ and be one


def cycles_asked(raw, path):
    """Read which cycles: a number of the file's count, or a list of them."""
    return [whole(0)(one, f"{path}.{k}") for k, one in enumerate(raw if isinstance(raw, list) else [raw])]


def yes_or_no(raw, path):
    """Read true or false."""
    if not isinstance(raw, bool):
        raise InputError(f"{path}: expected true or false, got {raw}; correct it")
    return raw


@dataclass(frozen=True, kw_only=True)
class MeasuredProtocol:
    """A file whose steps are run.

    cycles: as the file counts, None: all; ends: "both", the "time" alone or the "voltage" where there is one;
    mass of active material (kg), area (m2) or capacity (C) of the measured cell; compare: whether its half
    cycles are set beside the run; columns, positive_current: as of `compare`.
    """

    file: str = entry(text)
    cycles: list | None = entry(cycles_asked, default=None)
    ends: str = entry(choice("both", "time", "voltage"), default="both")
    mass: float | None = entry(physical("mass"), units=KILOGRAM, default=None)
    area: float | None = entry(physical("area"), units=SQUARE_METRE, default=None)
    capacity: float | None = entry(size, units=COULOMB, default=None)
    compare: bool = entry(yes_or_no, default=True)
    positive_current: str | None = entry(choice("charge", "discharge"), default=None)
    columns: dict | None = entry(columns, default=None)


def with_measured(raw, folder):
    """Return a case's plain data with the steps of measured files written out, and what was read, in lines.

    folder: that of the case file, or None. Raises InputError.
    """
    steps = raw.get("protocol") if isinstance(raw, dict) else None
    if not isinstance(steps, list) or not any(_is_file(item) for item in steps):
        return raw, ()
    made, compared, said = [], [], []
    for k, item in enumerate(steps):
        if not _is_file(item):
            made.append(item)
            continue
        asked = section(MeasuredProtocol, item, f"protocol.{k}")
        before = len(read_protocol(made, "protocol")) if made else 0
        words, beside, line = _steps_of(asked, folder, before)
        made += words
        compared += beside
        said.append(line)
    return {**raw, "protocol": made, **_compare(raw.get("compare"), compared)}, tuple(said)


def _is_file(item):
    return isinstance(item, dict) and "file" in item


def _compare(given, added):
    """The section compare with the half cycles of the protocol's files, where it names none of them."""
    own = given if isinstance(given, list) else [] if given is None else [given]
    named = {one.get("voltage") for one in own if isinstance(one, dict)}
    added = [one for one in added if one["voltage"] not in named]
    return {"compare": [*own, *added[:MOST_COMPARED]]} if added else {}


def _steps_of(asked, folder, before):
    """The words of a file's steps, sections that compare its half cycles, and what was read in a line."""
    from ..curves.curve import read_measured_curve
    from ..curves.steps import measured_steps

    beside = folder and Path(folder) / asked.file
    path = beside if beside and beside.exists() else asked.file
    curve = read_measured_curve(
        path, columns=asked.columns, half_cycle="all", positive_current=asked.positive_current
    )
    steps = _chosen(measured_steps(curve), asked, curve)
    per, value, why = _scale(curve, asked)
    written = [_written(step, asked, per, value, not curve.per) for step in steps]
    kept = [(step, words) for step, words in zip(steps, written) if words]
    sections = _sections(kept, asked, curve, per, value, before) if asked.compare else []
    cycles = "" if asked.cycles is None else f" of cycle {listed(asked.cycles)}"
    return [words for _, words in kept], sections, f"{curve.said}; {len(kept)} steps{cycles}, {why}"


def _chosen(steps, asked, curve):
    known = sorted({step.cycle for step in steps})
    unknown = [k for k in asked.cycles or () if k not in known]
    if unknown or not steps:
        raise InputError(
            f"{curve.where}: expected cycles of the file ({listed(known)}), got {listed(unknown)}; correct"
            " cycles"
        )
    return [step for step in steps if asked.cycles is None or step.cycle in asked.cycles]


def _scale(curve, asked):
    """What the currents are taken per, its size in SI (1 where the file has it), and so in words."""
    given = {name: getattr(asked, name) for name in UNITS if getattr(asked, name) is not None}
    if len(given) > 1:
        raise InputError(f"{curve.where}: expected one of {GIVEN}, got {listed(given)}; keep one")
    if curve.per:
        if given:
            raise InputError(
                f"{curve.where}: expected currents in A, got them per {curve.per} already; leave"
                f" {next(iter(given))} out"
            )
        return curve.per, 1.0, f"currents per {curve.per} as the file has them"
    if given:
        ((name, value),) = given.items()
        return name, value, f"currents over the {name} that the case says"
    return _of_header(curve)


def _of_header(curve):
    """The mass that the file's header says, where the charge is one that it can hold."""
    charge = max((abs(_charge(curve, half)) for half in curve.halves), default=0.0)
    masses = curve.header.masses_for(charge)
    values = sorted(masses.values())
    if values and values[-1] <= (1 + APART) * values[0]:
        name = next(iter(masses)).replace("_", " ")
        return "mass", values[0], f"currents over the {name} of its header, {1e6 * values[0]:.5g} mg"
    says = f" (its header says {listed(curve.header.told)}, of which " if curve.header.told else ""
    says += "two differ)" if values else f"none holds {charge / 3.6:.4g} mAh)" if says else ""
    raise InputError(
        f"{curve.where}: expected what its currents are of, to bring them to the model's cell, got"
        f" nothing{says}; add {GIVEN}"
    )


def _charge(curve, half):
    return curve.charge[half.last] - half.charge_begun


def _written(step, asked, per, value, asked_of_cell):
    """A step in the words of a protocol; None for one that does nothing. asked_of_cell: whether the file's
    current is in A, so that it is taken per what its cell holds."""
    time = f"{round(step.duration, 3):.12g} s"
    if step.kind == "rest":
        return f"Rest for {time}"
    if step.kind == "voltage":
        return f"Hold at {step.value:.5g} V for {time}"
    if step.kind == "varying":
        key = {"mass": {"mass_mg": 1e6}, "area": {"area_cm2": 1e4}, "capacity": {"capacity_mAh": 1 / 3.6}}[
            per
        ]
        of = {name: factor * value for name, factor in key.items()}
        of = of if asked_of_cell else {"quantity": {"mass": "current_A_kg", "area": "current_A_m2"}[per]}
        return {"profile": asked.file, "from_s": step.begin, "to_s": step.end, **of}
    size = abs(step.value) / value * (3600.0 if per == "capacity" else 1.0)
    if size == 0:
        return None
    head = f"{'Discharge' if step.value > 0 else 'Charge'} at {size:.7g} {UNITS[per]}"
    limit = f"{step.limit:.5g} V" if step.limit is not None else None
    if asked.ends == "voltage" and limit:
        return f"{head} until {limit}"
    return f"{head} for {time}" + (f" or until {limit}" if limit and asked.ends == "both" else "")


def _sections(kept, asked, curve, per, value, before):
    """Sections of compare: each half cycle beside the first step of it that the protocol runs."""
    own = {key: v for key, v in shown(asked).items() if key in ("positive_current", "columns") and v}
    own |= (
        {f"{per}_{'mg' if per == 'mass' else 'cm2'}": value * (1e6 if per == "mass" else 1e4)}
        if (per in ("mass", "area") and not curve.per)
        else {}
    )
    by = "time" if per == "capacity" or curve.charge_per != curve.per else "charge"
    found = {}
    for k, (step, _) in enumerate(kept):
        if step.half is not None and step.kind in ("current", "varying"):
            found.setdefault(step.half, before + k)
    return [
        {"voltage": asked.file, "half_cycle": half, "step": f"step:{k}", "by": by, **own}
        for half, k in found.items()
    ]
