"""What a study searches: its goals, limits and levers, how many runs it may cost.

objective: {maximise: energy_Wh_kg}                  # or a list of goals: a front
constraints: {capacity_mAh_g: {at_least: 150}}
levers:                                              # keys of the case, as in sweep
  volume.slab.thickness_um: [40, 300]                # from, to
  cell.separator.thickness_um: {low: 8, high: 30, whole: true}
  cell.materials.cathode.active.D_s_m2_s: {low: 1.0e-15, high: 1.0e-13, log: true}
  cell.materials.electrolyte: {choices: [LiPF6_PC_EC_DMC, LiPF6_EC_EMC_3_7]}
optimise: {budget: 40, seed: 0}
"""

from dataclasses import dataclass

from ..base.errors import InputError
from ..base.schema import entry, flag, mapping, number, say, section, whole
from ..numerics.search import Lever
from .objectives import read_constraints, read_objectives

KEYS = ("objective", "constraints", "levers", "optimise")


@dataclass(frozen=True)
class Optimise:
    """How many runs a search may cost, and the seed of its first points."""

    budget: int = entry(whole(2, 10_000), default=40)
    seed: int = entry(whole(0), default=0)


@dataclass(frozen=True)
class Span:
    """A lever's numbers, evenly on a logarithm (log), in whole numbers (whole)."""

    low: float = entry(number())
    high: float = entry(number())
    log: bool = entry(flag, default=False)
    whole: bool = entry(flag, default=False)


@dataclass(frozen=True)
class DesignSearch:
    """Goals, limits and levers of a search; how many runs it may cost, and its seed."""

    objectives: tuple
    constraints: tuple
    levers: tuple
    budget: int
    seed: int

    @property
    def first(self):
        """How many points fill the box evenly, before any is chosen."""
        return min(self.budget, max(4, min(max(8, 4 * len(self.levers)), self.budget // 2)))

    def told(self):
        """Return the search as study.json holds it."""
        return {
            "objectives": [one.told() for one in self.objectives],
            "constraints": [one.told() for one in self.constraints],
            "levers": {lever.key: _told(lever) for lever in self.levers},
            "budget": self.budget,
            "seed": self.seed,
            "first": self.first,
        }


def _told(lever):
    if lever.choices:
        return {"choices": list(lever.choices)}
    return {"low": lever.low, "high": lever.high, "log": lever.log, "whole": lever.whole}


def read_search(raw):
    """Read what a study searches, or None of one that searches nothing. Raises InputError."""
    given = [key for key in KEYS if raw.get(key) is not None]
    if not given:
        return None
    missing = [key for key in ("objective", "levers") if raw.get(key) is None]
    if missing:
        raise InputError(f"{missing[0]}: expected it beside {given[0]}, got none; a search needs both")
    other = [key for key in ("sweep", "cases") if raw.get(key)]
    if other:
        raise InputError(f"{other[0]}: expected levers alone, got {other[0]} too; remove one of the two")
    optimise = section(Optimise, raw.get("optimise") or {}, "optimise")
    constraints = read_constraints(raw["constraints"]) if raw.get("constraints") else ()
    levers = mapping(lambda value, path: value, "a range for each dotted key")(raw["levers"], "levers")
    return DesignSearch(
        read_objectives(raw["objective"]),
        constraints,
        tuple(_lever(key, value) for key, value in levers.items()),
        optimise.budget,
        optimise.seed,
    )


def _lever(key, raw):
    path = f"levers.{key}"
    if isinstance(raw, dict) and set(raw) == {"choices"}:
        return Lever(key, choices=_choices(raw["choices"], f"{path}.choices"))
    if isinstance(raw, list) and len(raw) == 2 and not any(isinstance(v, (str, dict, list)) for v in raw):
        raw = {"low": raw[0], "high": raw[1]}
    if not isinstance(raw, dict):
        raise InputError(
            f"{path}: expected [from, to], got {say(raw)}; write a range,"
            " {low: .., high: .., log: true}, or {choices: [..]}"
        )
    span = section(Span, raw, path)
    if span.low >= span.high or (span.log and span.low <= 0):
        above = "above zero, and low below high" if span.log else "low below high"
        raise InputError(f"{path}: expected {above}, got {span.low:g} to {span.high:g}; correct the range")
    if span.whole and (span.low != int(span.low) or span.high != int(span.high)):
        raise InputError(f"{path}: expected whole numbers, got {span.low:g} to {span.high:g}; correct them")
    return Lever(key, span.low, span.high, span.log, span.whole)


def _choices(raw, path):
    if not isinstance(raw, list) or len(raw) < 2 or any(isinstance(one, (dict, list)) for one in raw):
        raise InputError(f"{path}: expected a list of texts or numbers, got {say(raw)}; give two or more")
    if len(set(map(str, raw))) < len(raw):
        raise InputError(f"{path}: expected choices that differ, got {say(raw)}; write each once")
    return tuple(raw)
