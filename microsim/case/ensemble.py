"""An ensemble of spherical particles that share one potential, as YAML says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from .. import materials
from ..base.errors import InputError
from ..base.gallery import located
from ..base.schema import (
    apply_settings,
    choice,
    entry,
    listed,
    mapping,
    number,
    own_data,
    read_yaml,
    say,
    section,
    text,
    whole,
)
from ..materials.checks import check_material
from ..materials.expressions import FUNCTIONS
from .keys import KELVIN, MICROMETRES, share, tolerance
from .overrides import Changes, read_material

FORMULAE = ("i0_A_m2", "D_s_m2_s", "ocp_V")  # keys of a material that parameters may stand in


def sizes(low, high, most=200):
    """Make a reader of a list of numbers above 0."""
    one = number(low, high, above=True)

    def read(raw, path, per=1.0, unit=""):
        if not isinstance(raw, list) or not 1 <= len(raw) <= most:
            raise InputError(f"{path}: expected a list of 1 to {most} numbers, got {say(raw)}; like [2, 3].")
        return tuple(one(part, f"{path}.{k}", per, unit) for k, part in enumerate(raw))

    return read


def two(raw, path):
    """Read [full, empty]."""
    if not isinstance(raw, list) or len(raw) != 2 or raw[0] == raw[1]:
        raise InputError(f"{path}: expected two different numbers, [full, empty], got {say(raw)}.")
    return tuple(number()(part, f"{path}.{k}") for k, part in enumerate(raw))


def parameter_names(raw, path):
    """Read a list of names."""
    if not isinstance(raw, list) or not raw:
        raise InputError(f"{path}: expected a list of names of parameters, got {say(raw)}; like [low].")
    if len(set(map(str, raw))) < len(raw):
        raise InputError(f"{path}: expected each name once, got {say(raw)}; remove the second one.")
    return tuple(text(name, f"{path}.{k}") for k, name in enumerate(raw))


@dataclass(frozen=True, kw_only=True)
class Current:
    """The cell's current over time, mA per gram, from a file; or a constant one that takes the mean
    lithiation to a value in some hours. positive: what a positive one does; capacity: charge per gram that
    takes sto from 1 to 0 (C kg-1)."""

    file: str | None = entry(text, default=None)
    positive: str | None = entry(choice("charge", "discharge"), default=None)
    hours: float | None = entry(number(1e-4, 1e6), default=None)
    to_sto: float | None = entry(share, default=None)
    capacity: float | None = entry(number(36.0, 3.6e7), units={"mAh_g": 1 / 3600}, default=None)


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """From white-line shift to lithiation, linear through two anchors [full, empty]; half_way_eV: shift at
    which a particle counts as half-way."""

    shift_eV: tuple | None = entry(two, default=None)
    sto: tuple | None = entry(two, default=None)
    half_way_eV: float | None = entry(number(), default=None)


@dataclass(frozen=True, kw_only=True)
class MeasuredFiles:
    """Files of what was measured: white-line shift of single particles, the cell's potential."""

    whiteline: str = entry(text)
    potential: str | None = entry(text, default=None)
    calibration: Anchors = entry(partial(section, Anchors), default=Anchors())


@dataclass(frozen=True, kw_only=True)
class ParticleCell:
    """A cell with its current and what was measured in it; title names it."""

    title: str = entry(text)
    current: Current = entry(partial(section, Current))
    measured: MeasuredFiles | None = entry(partial(section, MeasuredFiles), default=None)


@dataclass(frozen=True, kw_only=True)
class EnsembleFit:
    """Which parameters are fitted, and the errors to expect: of the potential (mV), of half-way times and
    durations (h)."""

    free: tuple = entry(parameter_names)
    sigma_mV: float = entry(number(1e-3, 1e4), default=50.0)
    sigma_h: float = entry(number(1e-4, 1e3), default=0.5)
    evaluations: int = entry(whole(1, 10000), default=60)


def read_blind(raw, path):
    """Read the fields to be predicted: a section, or a list of them."""
    parts = raw if isinstance(raw, list) else [raw]
    return tuple(section(ParticleCell, part, f"{path}.{k}") for k, part in enumerate(parts))


def material_as_written(raw, path):
    """Read a material: its name, or a mapping with changes; looked at when its parameters are known."""
    if not isinstance(raw, (str, dict)):
        raise InputError(f"{path}: expected a name or {{base: NAME, ...}}, got {say(raw)}; write one.")
    return raw


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Particles of some radii (m), as many of each as `count` says, with their current and measurements.

    parameters: {name: value} that stand in the formulae of the material.
    """

    title: str = entry(text, default="ensemble")
    radii: tuple = entry(sizes(1e-9, 1e-3), units=MICROMETRES)
    count: tuple | None = entry(sizes(0.0, 1e9), default=None)
    material: object = entry(material_as_written)
    parameters: dict = entry(mapping(number(0.0, above=True), "a value for each parameter"), default=None)
    initial_sto: float = entry(share)
    temperature: float = entry(number(200.0, 400.0), units=KELVIN, default=298.15)
    shells: int = entry(whole(4, 200), default=24)
    time_tolerance: float = entry(tolerance, default=1e-5)
    current: Current = entry(partial(section, Current))
    measured: MeasuredFiles | None = entry(partial(section, MeasuredFiles), default=None)
    fit: EnsembleFit | None = entry(partial(section, EnsembleFit), default=None)
    blind: tuple = entry(read_blind, default=())
    path: Path | None = None

    @property
    def field(self):
        """The cell that the ensemble is of, as a ParticleCell."""
        return ParticleCell(title=self.title, current=self.current, measured=self.measured)

    @property
    def volumes(self):
        """Volume of all particles of each radius (m3, as written)."""
        each = np.asarray(self.radii) ** 3 * 4 * np.pi / 3
        return each * (1.0 if self.count is None else np.asarray(self.count))

    def locate(self, file):
        """Find a file that the YAML names: beside it, else the name as it was written."""
        beside = None if self.path is None else self.path.parent / file
        return str(beside) if beside is not None and beside.exists() else file

    def active(self, parameters=()):
        """Return the active material, with other values of some parameters; raises InputError."""
        values = (self.parameters or {}) | dict(parameters)
        given = read_material(_filled(self.material, values), "material")
        found = given.load(self.locate) if isinstance(given, Changes) else materials.load(given)
        if found.kind != "active":
            raise InputError(
                f"material: expected an insertion material, got {found.name} of the kind {found.kind}; name"
                " another one."
            )
        if found.alpha_a != found.alpha_c:
            raise InputError(
                f"material: expected equal transfer coefficients, got {found.alpha_a:g} and {found.alpha_c:g}"
                f" in {found.name}; name another one."
            )
        found = materials.at_temperature(found, self.temperature)
        check_material(found, self.temperature, f"material, {found.name}")
        return found


def _filled(material, values):
    """Put the values of parameters into the formulae of a material as written."""
    if not isinstance(material, dict):
        return material

    def filled(key, given):
        if key not in FORMULAE or not isinstance(given, str):
            return given
        for name, value in values.items():
            given = re.sub(rf"\b{re.escape(name)}\b", f"({value!r})", given)
        return given

    return {key: filled(key, given) for key, given in material.items()}


def read_ensemble(source, settings=()):
    """Read an ensemble: a YAML file, or the content of one as a dict, changed by settings as a case is.

    Raises InputError, one sentence that names the dotted key.
    """
    path = None if isinstance(source, Mapping) else Path(located(source))
    raw = own_data(source) if path is None else read_yaml(path)
    apply_settings(raw, settings or ())
    found = section(Ensemble, raw, "")
    if found.count is not None and len(found.count) != len(found.radii):
        raise InputError(
            f"count: expected one for each of {len(found.radii)} radii, got {len(found.count)}; correct it."
        )
    _check_parameters(found)
    _check_current(found.current, "current")
    for k, field in enumerate(found.blind):
        _check_current(field.current, f"blind.{k}.current")
    return replace(found, path=path)


def _check_current(current, path):
    """Check that a current is of a file with a sign, or a constant one. Raises InputError."""
    names = ("file", "positive", "hours", "to_sto")
    given = [name for name in names if getattr(current, name) is not None]
    if given not in (list(names[:2]), list(names[2:])):
        raise InputError(
            f"{path}: expected file with positive (charge or discharge: what a positive current does), or"
            f" hours with to_sto, got {listed(given) or 'none'}; complete one of the two."
        )


def _check_parameters(ensemble):
    """Check that the parameters stand in a formula, and that the free ones are parameters."""
    known = ensemble.parameters or {}
    given = ensemble.material if isinstance(ensemble.material, dict) else {}
    formulae = " ".join(str(given.get(key, "")) for key in FORMULAE)
    for name in known:
        if not name.isidentifier() or name in {*FUNCTIONS, "sto", "T", "c_e"}:
            raise InputError(f"parameters: expected a name of its own like low, got {say(name)}; rename it.")
        if not re.search(rf"\b{name}\b", formulae):
            raise InputError(
                f"parameters.{name}: expected it in a formula of the material ({listed(FORMULAE)}), got none"
                " with it; remove it."
            )
    for name in ensemble.fit.free if ensemble.fit else ():
        if name not in known:
            raise InputError(f"fit.free: expected names of parameters ({listed(known)}), got {say(name)}.")
    if ensemble.fit and ensemble.measured is None:
        raise InputError("fit: expected something measured to fit to, got none; add measured.")
