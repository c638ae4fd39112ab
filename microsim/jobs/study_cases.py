"""A study: one base case with settings swept over, each case a process of its own, told together in one
table.

    title: Rate capability of a slab, two thicknesses
    base: dfn_xu2019.yaml                       # beside the study's file
    set: {output.times: 3}                      # holds for every case
    sweep:                                      # every combination of these
      c_rate: [0.1, 0.5, 1, 2]                  # of the protocol's first discharge
      volume.slab.thickness_um: [42, 84]
      cell.materials.cathode.active.D_s_m2_s: [2.0e-15, 4.0e-15]
    cases:                                      # or these, one by one; with both, each of them is swept
      - {name: less salt, cell.electrolyte_concentration_mol_m3: 800}
"""

import json
import re
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product
from pathlib import Path

from .. import materials
from ..base.errors import InputError, MicrosimError
from ..base.gallery import located
from ..base.schema import apply_setting, listed, mapping, number, read_yaml, say, text
from ..case.case import Case, parse_case
from ..case.made_volume import with_recipe
from .study_levers import KEYS as SEARCH_KEYS
from .study_levers import DesignSearch, read_search

KEYS = ("title", "base", "set", "sweep", "cases", *SEARCH_KEYS)
MOST = 10_000
RATE = re.compile(r"(?i)^(discharge at )(c ?/ ?[\d.eE+-]+|[\d.eE+-]+ ?c)")


@dataclass(frozen=True)
class Variant:
    """One case of a study: what is swept in it {key: value}, the settings that make it, the Case or why there
    is none; label: its user's name; sweep: keys of the sweep that it is part of."""

    name: str
    swept: dict
    settings: tuple
    case: Case | None = None
    mistake: str = ""
    label: str = ""
    sweep: tuple = ()


@dataclass(frozen=True)
class Study:
    """A study: title, file of the base case, its variants, and the keys that are swept over.

    search: what it searches in their place, or None; plain, fixed: content of the base case, and the settings
    that hold for every case.
    """

    title: str
    name: str
    base: Path
    keys: tuple
    variants: tuple
    search: DesignSearch | None = None
    plain: dict | None = None
    fixed: dict | None = None

    def point(self, name, values):
        """Return the Variant at values of the levers."""
        swept = {lever.key: value for lever, value in zip(self.search.levers, values, strict=True)}
        found = _variant(self.plain, self.base, self.fixed, {**swept, "name": name}, ())
        return replace(found, label="")

    @property
    def sha256(self):
        """SHA-256 of the base case and of what holds for every case."""
        content = json.dumps([self.plain, self.fixed], sort_keys=True, default=str)
        return sha256(content.encode(errors="backslashreplace")).hexdigest()


def load_study(path):
    """Read a study and all its cases; a case that does not read is kept with its mistake. Raises
    InputError."""
    path = located(path)
    raw = read_yaml(path)
    if not isinstance(raw, dict) or not {"base"} <= set(raw) <= set(KEYS):
        given = listed(raw) if isinstance(raw, dict) else say(raw)
        raise InputError(
            f"{path}: expected a study with base, and sweep, cases or levers, out of {listed(KEYS)}, got"
            f" {given}; correct the keys"
        )
    base = path.parent / text(raw["base"], "base")
    plain = read_yaml(base)
    if not isinstance(plain, dict):
        raise InputError(f"base: expected a case file, got {say(plain)} in {base}; name another file")
    fixed = _settings(raw["set"], "set", "settings by dotted key") if raw.get("set") else {}
    title = text(raw["title"], "title") if raw.get("title") else path.stem
    if search := read_search(raw):
        keys = tuple(lever.key for lever in search.levers)
        return Study(title, path.stem, base, keys, (), search, plain, fixed)
    sweep = _section(raw, "sweep", _values, "a list of values for each dotted key")
    points = _points(raw, sweep, path)
    swept = tuple(dict.fromkeys(key for point in points for key in point if key != "name"))
    variants = tuple(_variant(plain, base, fixed, point, tuple(sweep)) for point in points)
    _check_distinct(variants)
    if all(variant.case is None for variant in variants):
        raise InputError(
            f"{path}: expected at least one case that reads, got none; the first: {variants[0].mistake}"
        )
    return Study(title, path.stem, base, swept, variants)


def _section(raw, key, read, what):
    return mapping(read, what)(raw[key], key) if raw.get(key) else {}


def _points(raw, sweep, path):
    """Return the settings of every case: each one of `cases`, at every combination of `sweep`."""
    single = [_named_case(item, f"cases.{k}") for k, item in enumerate(_list(raw.get("cases"), "cases"))]
    if not sweep and not single:
        raise InputError(f"{path}: expected sweep or cases, got neither; add one")
    points = [
        {**one, **dict(zip(sweep, values, strict=True))}
        for one in single or [{}]
        for values in product(*sweep.values())
    ]
    if len(points) > MOST:
        raise InputError(f"sweep: expected at most {MOST} cases, got {len(points)}; sweep over less")
    return points


def _values(raw, where):
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{where}: expected a list of values, got {say(raw)}; write it as [a, b, ...]")
    return raw


def _list(raw, where):
    if raw is not None and (not isinstance(raw, list) or not raw):
        raise InputError(f"{where}: expected a list of cases, got {say(raw)}; write them as - {{key: value}}")
    return raw or []


def _named_case(raw, where):
    return _settings(raw, where, "settings by dotted key, and a name")


def _settings(raw, where, what):
    """Read {dotted key: value}; a value of null takes its key out of the case."""
    if not isinstance(raw, dict) or not raw:
        raise InputError(f"{where}: expected {what}, got {say(raw)}; write it as {{key: value, ...}}")
    return {text(key, where): value for key, value in raw.items()}


def _variant(plain, base, fixed, point, sweep):
    """Make one case of the base: the settings of `set`, then those of the point."""
    swept = {key: value for key, value in point.items() if key != "name"}
    raw, settings = json.loads(json.dumps(plain, default=str)), []
    given, mistake, case = point.get("name"), "", None
    try:
        for key, value in {**fixed, **swept}.items():
            new = _changes(raw, key, value, base.parent)
            for setting in new:
                apply_setting(raw, setting)
            settings += new
        case = parse_case(raw, base)
    except MicrosimError as error:
        mistake = str(error)
    words = (
        [f"{key.rsplit('.', 1)[-1]}-{_leaf(swept[key])}" for key in sweep if key in swept]
        if given or sweep
        else []
    )
    words = (
        [str(given), *words]
        if given
        else words or [f"{key.rsplit('.', 1)[-1]}-{_leaf(v)}" for key, v in swept.items()]
    )
    slug = re.sub(r"[^A-Za-z0-9.+-]+", "_", "_".join(words)).strip("_.")[:80] or "case"
    code = case.sha256 if case else sha256(json.dumps(swept, default=str).encode()).hexdigest()
    name = slug if given and not sweep else f"{slug}_{code[:8]}"
    return Variant(name, swept, tuple(settings), case, mistake, str(given or ""), sweep)


def _changes(raw, key, value, folder):
    """Return the settings that give a key of a study its value; recipe.KEY is of the volume's recipe."""
    if key == "c_rate":
        return _rate_settings(raw, value)
    if key.partition(".")[0] != "recipe":
        return [*_bases(raw, key), _setting(key, value)]
    volume = raw.get("volume") if isinstance(raw.get("volume"), dict) else {}
    if volume.get("recipe") is None:
        raise InputError(
            f"{key}: expected a base case with volume.recipe, got none; give its volume a recipe"
        )
    file = isinstance(volume["recipe"], str)
    keys = [_setting("volume.recipe", with_recipe(raw, folder)["volume"]["recipe"])] if file else []
    return [*keys, _setting(f"volume.{key}", value)]


def _setting(key, value):
    return f"{key}={json.dumps(value, ensure_ascii=False)}"


def _leaf(value):
    """Word a value for a folder's name: of a section what it changes."""
    if isinstance(value, dict):
        return "_".join(f"{key}-{_leaf(part)}" for key, part in value.items() if key != "base") or value.get(
            "base", ""
        )
    return value


def _bases(raw, key):
    """Settings that turn a material given by name into changes of it, where a key names one of its
    coefficients."""
    parts, settings = key.split("."), []
    named = (raw.get("cell") or {}).get("materials") or {}
    if parts[:2] != ["cell", "materials"] or len(parts) < 4 or parts[2] not in named:
        return []
    path, given = ".".join(parts[:3]), named[parts[2]]
    if isinstance(given, str):
        settings.append(_setting(path, {"base": given}))
    base = given if isinstance(given, str) else given.get("base")
    if parts[3] == "active" and base and not (isinstance(given, dict) and given.get("active")):
        settings.append(_setting(f"{path}.active", {"base": materials.load(base).active.name}))
    return settings


def _rate_settings(raw, value):
    """Turn c_rate into a setting of the protocol's first discharge."""
    number(0.0, above=True)(value, "c_rate (1 is 1C, 0.5 is C/2)")
    for k, step in enumerate(raw.get("protocol") or []):
        if isinstance(step, str) and RATE.match(step):
            return [f"protocol.{k}={json.dumps(RATE.sub(lambda found: f'{found[1]}{value}C', step))}"]
    raise InputError(
        "c_rate: expected a protocol with a step like Discharge at C/2 until 3.5 V, got "
        f"{say(raw.get('protocol'))}; sweep over protocol.0 instead"
    )


def rate_remarks(variants):
    """Return a sentence where c_rate is the rate of a discharge before the one that figures are of.

    variants: those whose Case reads.
    """
    for variant in variants:
        flows = [(step.value or 0.0) * (step.kind in ("current", "power")) for step in variant.case.protocol]
        rated = [k for k, step in enumerate(variant.case.protocol) if RATE.match(step.text)]
        if "c_rate" not in variant.swept or not rated:
            continue
        charged = next((k for k in range(rated[0], len(flows)) if flows[k] < 0), len(flows))
        later = [k for k in range(charged, len(flows)) if flows[k] > 0]
        if later:
            first, last = (variant.case.protocol[k].text for k in (rated[0], later[-1]))
            apart = f"that of the first discharge, {first!r}; the figures are those of the last one, {last!r}"
            return [f"c_rate is {apart}: sweep over its step of the protocol for its rate."]
    return []


def _check_distinct(variants):
    names = [variant.name for variant in variants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"cases: expected cases that differ, each with a name of its own, got {listed(twice)} more than "
            "once; remove or rename them"
        )
