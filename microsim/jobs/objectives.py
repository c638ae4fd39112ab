"""What a run is judged by: figures of its result.json, what each is of, and goals and limits of them.

objective: {maximise: energy_Wh_kg}              # of the last discharge
objective:                                       # several: a front
  - {maximise: energy_Wh_kg, step: 2}            # of the protocol's second step, or by its text
  - {minimise: std_sto}
constraints: {capacity_mAh_g: {at_least: 150}}   # or a list of them
"""

from dataclasses import dataclass

from ..analysis.half_cycles import last_discharge_of
from ..base.errors import InputError
from ..base.schema import any_of, choice, listed, say, text, to_number, whole

STEP, RUN = "step", "run"


@dataclass(frozen=True)
class Figure:
    """A figure of a run: what it is called, its unit, what it is of, and whether of a step or the whole
    run."""

    label: str
    unit: str
    basis: str
    of: str = STEP


FIGURES = {
    "capacity_mAh_g": Figure("Capacity", "mAh g⁻¹", "per gram of active material"),
    "areal_capacity_mAh_cm2": Figure("Capacity", "mAh cm⁻²", "per area of electrode, one side"),
    "areal_energy_mWh_cm2": Figure("Energy", "mWh cm⁻²", "per area of electrode, one side"),
    "energy_Wh_kg": Figure("Energy", "Wh kg⁻¹", "per kilogram of the stack"),
    "energy_Wh_L": Figure("Energy", "Wh L⁻¹", "per litre of the stack"),
    "mean_voltage_V": Figure("Mean voltage", "V", "mean over the time of the step"),
    "std_sto": Figure("Spread of lithiation", "", "standard deviation at the end of the step"),
    "std_sto_taking_part": Figure(
        "Spread of lithiation", "", "standard deviation at the end of the step, of what takes part"
    ),
    "min_c_e_mol_m3": Figure("Least salt", "mol m⁻³", "anywhere, over the whole run", RUN),
    "plating_margin_V": Figure(
        "Margin to plating", "V", "least potential of graphite against lithium, over the whole run", RUN
    ),
}
SPREADS_OF = {"std_sto": "std", "std_sto_taking_part": "std_taking_part"}  # columns of heterogeneity.times


@dataclass(frozen=True)
class Asked:
    """A figure that is asked for, of a step (its number from 1, its text, None: the last discharge)."""

    figure: str
    step: int | str | None = None

    @property
    def name(self):
        """The figure, with its step where one is asked for."""
        return self.figure if self.step is None else f"{self.figure} of {_step_words(self.step)}"

    def of(self, result):
        """Return the figure of a result.json, or None where the run has none."""
        return figure_of(result, self.figure, self.step)


@dataclass(frozen=True)
class Objective(Asked):
    """A figure to be as large (sign 1) or as small (-1) as can be."""

    sign: int = 1

    def told(self):
        """Return it as study.json holds it."""
        found = FIGURES[self.figure]
        goal = "maximise" if self.sign > 0 else "minimise"
        label = found.label if self.step is None else f"{found.label}, {_step_words(self.step)}"
        told = {"name": self.name, "goal": goal, "label": label}
        return {**told, "unit": found.unit, "basis": found.basis}


@dataclass(frozen=True)
class Limit(Asked):
    """A figure that must not lie below (sign 1) or above (-1) a bound."""

    bound: float = 0.0
    sign: int = 1

    def miss(self, value):
        """Return by how much a value misses the bound, at or below 0 where it keeps it."""
        return self.sign * (self.bound - value)

    def told(self):
        """Return it as study.json holds it."""
        kind = "at_least" if self.sign > 0 else "at_most"
        return {"name": self.name, kind: self.bound, "unit": FIGURES[self.figure].unit}


def _step_words(step):
    return f"step {step}" if isinstance(step, int) else step


# -- figures of a result -------------------------------------------------------------------------------------


def figures_of(result):
    """Return every known figure of a result.json, of its last discharge; None where there is none."""
    return {name: figure_of(result, name) for name in FIGURES}


def figure_of(result, name, step=None):
    """Return one figure of a result.json, of a step or of the last discharge; None where there is none.

    Raises InputError for a step that the protocol does not have.
    """
    if name == "min_c_e_mol_m3":
        reached = ((result.get("validity") or {}).get("c_e") or {}).get("reached")
        return reached[0] if reached else None
    if name == "plating_margin_V":
        return (result.get("plating") or {}).get("margin_V")
    steps = result.get("steps") or []
    last = last_discharge_of(steps) if step is None else {}
    if step is None and not last:
        return None
    number = last["steps"][-1] if last else _number(steps, step)
    if name in SPREADS_OF:
        times = (result.get("heterogeneity") or {}).get("times") or {}
        rows = [row for row, at in enumerate(times.get("step") or ()) if at == number]
        spread = times.get(SPREADS_OF[name])
        return spread[rows[-1]] if rows and spread else None
    return (last or steps[number]).get(name)


def _number(steps, step):
    """Return the place of a step."""
    if isinstance(step, int) and 1 <= step <= len(steps):
        return step - 1
    stem, _, count = str(step).partition("#")
    found = [k for k, one in enumerate(steps) if one.get("name") == stem]
    place = int(count) - 1 if count.isdecimal() else 0
    if not isinstance(step, int) and 0 <= place < len(found) and (count or len(found) == 1):
        return found[place]
    numbered = listed(f"{k} {one.get('name')}" for k, one in enumerate(steps, 1))
    more = f" of {len(found)} alike; write its number" if len(found) > 1 else "; name one of them"
    raise InputError(f"step: expected a step of the protocol ({numbered}), got {say(step)}{more}")


# -- reading -------------------------------------------------------------------------------------------------


def read_objectives(raw):
    """Read `objective`: one goal, or a list of them."""
    items = raw if isinstance(raw, list) else [raw]
    paths = [f"objective.{k}" for k in range(len(items))] if isinstance(raw, list) else ["objective"]
    found = tuple(_objective(one, path) for one, path in zip(items, paths, strict=True))
    if not found or len({(one.figure, one.step) for one in found}) < len(found):
        raise InputError(f"objective: expected goals that differ, got {say(raw)}; name each figure once")
    return found


def _objective(raw, path):
    goals = [key for key in ("maximise", "minimise") if isinstance(raw, dict) and key in raw]
    if len(goals) != 1 or set(raw) - {*goals, "step"}:
        raise InputError(
            f"{path}: expected {{maximise: FIGURE}} or {{minimise: FIGURE}}, and perhaps a step, got"
            f" {say(raw)}; figures: {any_of(FIGURES)}"
        )
    figure, step = _figure(raw[goals[0]], raw.get("step"), f"{path}.{goals[0]}")
    return Objective(figure, step, 1 if goals[0] == "maximise" else -1)


def _figure(raw, step, path):
    """Read the name of a figure and the step that it is asked of."""
    figure = choice(*FIGURES)(raw, path)
    if step is None:
        return figure, None
    if FIGURES[figure].of == RUN:
        raise InputError(f"{path}: expected no step with {figure}, which is of the whole run; leave it out")
    return figure, text(step, f"{path}.step") if isinstance(step, str) else whole(1, 10**6)(step, path)


def read_constraints(raw):
    """Read `constraints`: {figure: {at_least, at_most, step}}, or a list of them."""
    items = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(one, dict) and one for one in items):
        raise InputError(
            f"constraints: expected {{FIGURE: {{at_least: number}}}}, got {say(raw)}; figures:"
            f" {any_of(FIGURES)}"
        )
    return tuple(limit for one in items for name, bounds in one.items() for limit in _limits(name, bounds))


def _limits(name, raw):
    path = f"constraints.{name}"
    kinds = {"at_least": 1, "at_most": -1}
    if not isinstance(raw, dict) or not set(kinds) & set(raw) or set(raw) - {*kinds, "step"}:
        raise InputError(
            f"{path}: expected at_least or at_most, and perhaps a step, got {say(raw)}; write"
            f" {name}: {{at_least: number}}"
        )
    figure, step = _figure(name, raw.get("step"), path)
    return [
        Limit(figure, step, to_number(raw[kind], f"{path}.{kind}"), sign)
        for kind, sign in kinds.items()
        if kind in raw
    ]
