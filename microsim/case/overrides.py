"""A material set as a case may write it: a base, or a BPX file, with single coefficients or tables changed.

am: {base: NMC811_Chen2020, ocp: my_ocp.csv, D_s_m2_s: 5e-15, i0_A_m2: "2 * sqrt(sto * (1 - sto))"}
cathode: {base: Chen2020_cathode, porosity: 0.3, active: {base: NMC811_Chen2020, ocp: my_ocp.csv}}
cathode: {bpx: cell.json, electrode: positive, density_kg_m3: 4700}
electrolyte: {base: LiPF6_EC_EMC_3_7, t_plus: 0.3}
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from .. import materials
from ..base.errors import InputError
from ..base.plausible import physical
from ..base.schema import any_of, choice, entry, number, say, section, text
from .bpx import read_bpx
from .formulae import Formula, PositiveFormula, Potential, exchange, formula, number_or_formula
from .keys import MICROMETRES, share
from .tables import CONDUCTIVITY, DIFFUSIVITY, OCP, SALT_DIFFUSIVITY, read_table

above_zero = number(0.0, above=True)
GIVEN = "set to {} in the case"


def pair(raw, path):
    """Read [low, high]."""
    if not isinstance(raw, list) or len(raw) != 2:
        raise InputError(f"{path}: expected [low, high], got {say(raw)}; give both.")
    low, high = (share(part, f"{path}.{k}") for k, part in enumerate(raw))
    if low >= high:
        raise InputError(
            f"{path}: expected [low, high] with low below high, got {say(raw)}; swap or correct them."
        )
    return low, high


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What every changed set has: a base by name, or a BPX file."""

    base: str | None = entry(text, default=None)
    bpx: str | None = entry(text, default=None)

    def load(self, locate=lambda file: file):
        """Return the material set with its changes; `locate` finds the files that it names."""
        material = materials.load(self.base) if self.base else self._part(read_bpx(locate(self.bpx)))
        changed = self._changed(material, locate)
        return changed if changed == material else replace(changed, name=f"{material.name}*")

    def _numbers(self):
        """Return the coefficients that are given as numbers, by name."""
        names = {field.name for field in fields(self)} - {
            "base",
            "bpx",
            "electrode",
            "active_material",
            *self._own_way,
        }
        return {name: getattr(self, name) for name in sorted(names) if getattr(self, name) is not None}

    def _replaced(self, material, **changes):
        """Return the material with changes and their sources."""
        sources = material.sources | {name: _source(value) for name, value in changes.items()}
        return replace(material, **changes, sources=sources)

    _own_way = ()  # fields that do not simply replace a coefficient


def _source(value):
    value = getattr(value, "name", value)
    return getattr(value, "source", None) or GIVEN.format(f"{value:g}" if isinstance(value, float) else value)


@dataclass(frozen=True, kw_only=True)
class ActiveChanges(Changes):
    """Of an insertion material. i0: a number, at half lithiation, 1000 mol m-3 and 25 C, or a formula; D_s: a
    number or a formula; ocp_V: a formula; ocp, D_s_table, i0_table: files of two columns; i0_scale,
    D_s_scale: factors on i0 and D_s, whichever these are."""

    active_material: str | None = entry(choice("positive", "negative"), default=None)
    ocp: str | None = entry(text, default=None)
    ocp_V: Formula | None = entry(formula("sto"), default=None)
    D_s: float | Formula | None = entry(number_or_formula("sto", "T"), units={"m2_s": 1.0}, default=None)
    D_s_table: str | None = entry(text, default=None)
    D_s_scale: float | None = entry(above_zero, default=None)
    i0: float | Formula | None = entry(
        number_or_formula("sto", "T", "c_e"), units={"A_m2": 1.0}, default=None
    )
    i0_table: str | None = entry(text, default=None)
    i0_scale: float | None = entry(above_zero, default=None)
    c_s_max: float | None = entry(above_zero, units={"mol_m3": 1.0}, default=None)
    sigma: float | None = entry(above_zero, units={"S_m": 1.0}, default=None)
    density: float | None = entry(above_zero, units={"kg_m3": 1.0}, default=None)
    molar_mass: float | None = entry(physical("molar_mass"), units={"g_mol": 1000.0}, default=None)
    sto_0: float | None = entry(share, default=None)
    sto_100: float | None = entry(share, default=None)
    sto_window: tuple | None = entry(pair, default=None)

    _own_way = ("ocp", "ocp_V", "D_s_table", "D_s", "D_s_scale", "i0", "i0_table", "i0_scale")

    def _part(self, cell):
        return _electrode(cell, self.active_material).material.active

    def _changed(self, material, locate):
        material = self._replaced(self._potential(material, locate), **self._numbers())
        return self._kinetic(material, locate)

    def _potential(self, material, locate):
        """Return the material with the U of a table or a formula."""
        if self.ocp_V:
            U = Potential(self.ocp_V)
            return replace(self._replaced(material, U=U), dU=U.slope)
        if not self.ocp:
            return material
        U = read_table(locate(self.ocp), OCP)
        window = (max(U.x[0], 1e-4), min(U.x[-1], 1 - 1e-4))
        return replace(self._replaced(material, U=U), dU=U.slope, sto_window=window)

    def _kinetic(self, material, locate):
        """Return the material with D_s and i0 of numbers, formulae or tables."""
        if self.D_s_table:
            table = read_table(locate(self.D_s_table), DIFFUSIVITY)
            material = self._replaced(material, D_s=_Tabulated(table))
        if isinstance(self.D_s, Formula):
            D_s = PositiveFormula(self.D_s, material.sto_window, "m2 s-1")
            material = self._replaced(material, D_s=D_s)
        elif self.D_s is not None:
            material = self._replaced(material, D_s=_Constant(self.D_s))
        if isinstance(self.i0, Formula) or self.i0_table:
            material = self._replaced(material, i0=exchange(self.i0, self.i0_table, material, locate))
        elif self.i0 is not None:
            material = self._replaced(material, i0=_Scaled(material.i0, self.i0))
        return _multiplied(material, self)


@dataclass(frozen=True, kw_only=True)
class ElectrolyteChanges(Changes):
    """Of an electrolyte. kappa_table, D_e_table: files of two columns, over c_e (mol m-3)."""

    kappa: float | None = entry(above_zero, units={"S_m": 1.0}, default=None)
    kappa_table: str | None = entry(text, default=None)
    D_e: float | None = entry(above_zero, units={"m2_s": 1.0}, default=None)
    D_e_table: str | None = entry(text, default=None)
    t_plus: float | None = entry(share, default=None)
    tdf: float | None = entry(above_zero, default=None)

    _own_way = ("kappa", "kappa_table", "D_e", "D_e_table")

    def _part(self, cell):
        if cell.electrolyte is None:
            raise InputError(
                f"bpx: expected a file with an electrolyte, got none in {self.bpx}; name another one."
            )
        return cell.electrolyte

    def _changed(self, material, locate):
        for name, curve in (("kappa", CONDUCTIVITY), ("D_e", SALT_DIFFUSIVITY)):
            value, file = getattr(self, name), getattr(self, f"{name}_table")
            if file:
                material = self._replaced(material, **{name: _Tabulated(read_table(locate(file), curve))})
            if value is not None:
                material = self._replaced(material, **{name: _Constant(value)})
        return self._replaced(material, **self._numbers())


@dataclass(frozen=True, kw_only=True)
class PorousChanges(Changes):
    """Of a homogenised electrode. active: another material for its particles, by name or with changes of its
    own; i0_scale, D_s_scale: factors on the i0 and D_s of its particles."""

    electrode: str | None = entry(choice("positive", "negative"), default=None)
    active: str | Changes | None = entry(lambda raw, path: read_material(raw, path), default=None)
    porosity: float | None = entry(share, default=None)
    transport_efficiency: float | None = entry(share, default=None)
    active_fraction: float | None = entry(share, default=None)
    radius: float | None = entry(number(1e-9, 1e-3), units=MICROMETRES, default=None)
    sigma: float | None = entry(above_zero, units={"S_m": 1.0}, default=None)
    density: float | None = entry(above_zero, units={"kg_m3": 1.0}, default=None)
    D_s_scale: float | None = entry(above_zero, default=None)
    i0_scale: float | None = entry(above_zero, default=None)

    _own_way = ("active", "density", "D_s_scale", "i0_scale")

    def _part(self, cell):
        return _electrode(cell, self.electrode).material

    def _changed(self, material, locate):
        active, known = material.active, material.active.sources
        if self.active:
            of = self.active if isinstance(self.active, Changes) else None
            active = of.load(locate) if of else materials.load(self.active)
            known = materials.load(of.base).sources if of and of.base else active.sources
            if active.kind != "active":
                raise InputError(
                    f"active: expected an insertion material, got {active.name} of the kind {active.kind}; "
                    "name another one."
                )
        if self.density is not None:
            active = self._replaced(active, density=self.density)
        active = _multiplied(active, self)
        if active is not material.active:
            changed = [f"{key}: {said}" for key, said in active.sources.items() if said != known.get(key)]
            source = "; ".join([GIVEN.format(active.name), *changed])
            material = replace(material, active=active, sources=material.sources | {"active": source})
        return self._replaced(material, **self._numbers())


@dataclass(frozen=True, kw_only=True)
class ConductorChanges(Changes):
    """Of a carbon-binder domain."""

    sigma: float | None = entry(above_zero, units={"S_m": 1.0}, default=None)
    porosity: float | None = entry(share, default=None)
    bruggeman: float | None = entry(number(0.0, 10.0), default=None)
    reactive_share: float | None = entry(share, default=None)

    def _changed(self, material, locate):
        return self._replaced(material, **self._numbers())


BY_KIND = {
    "active": ActiveChanges,
    "electrolyte": ElectrolyteChanges,
    "porous": PorousChanges,
    "conductor": ConductorChanges,
}


def read_material(raw, path):
    """Read a material of a case: its name, or a section {base: NAME, ...} or {bpx: FILE, ...} with
    changes."""
    if not isinstance(raw, dict):
        return text(raw, path)
    if ("base" in raw) == ("bpx" in raw):
        raise InputError(
            f"{path}: expected a name, {{base: NAME, ...}} or {{bpx: FILE, ...}}, got {say(raw)}; "
            "give one of the two."
        )
    kind = _kind(raw, path)
    changes = section(BY_KIND[kind], raw, path)
    pairs = [(name, f"{name}_table") for name in ("D_s", "i0", "kappa", "D_e")] + [("ocp", "ocp_V")]
    for one, other in pairs:
        if getattr(changes, one, None) is not None and getattr(changes, other, None) is not None:
            raise InputError(f"{path}: expected one of {one} and {other}, got both; remove one.")
    return changes


def _kind(raw, path):
    if "base" in raw:
        try:
            kind = materials.load(text(raw["base"], f"{path}.base")).kind
        except InputError as error:
            raise InputError(f"{path}.base: {error}") from error
        if kind not in BY_KIND:
            raise InputError(
                f"{path}.base: expected a set of the kind {any_of(BY_KIND)}, got {raw['base']} of the kind"
                f" {kind}; name another one."
            )
        return kind
    if "electrode" in raw and "active_material" in raw:
        raise InputError(
            f"{path}: expected one of electrode (homogenised) and active_material (its particles), got both; "
            "remove one."
        )
    return "porous" if "electrode" in raw else "active" if "active_material" in raw else "electrolyte"


def _electrode(cell, side):
    electrode = getattr(cell, side)
    if electrode is None:
        raise InputError(
            f"bpx: expected a file with a {side} electrode, got none; name another file or electrode."
        )
    return electrode


def _multiplied(material, changes):
    """Return an insertion material whose i0 and D_s are those of `material` times the factors of the
    changes."""
    for name in ("i0", "D_s"):
        factor = getattr(changes, f"{name}_scale")
        if factor is not None:
            said = material.sources.get(name)
            source = f"{said + '; ' if said else ''}times {factor:g} in the case"
            changed = {name: _Times(factor, getattr(material, name))}
            material = replace(material, **changed, sources=material.sources | {name: source})
    return material


# -- laws of changed coefficients ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Constant:
    """The same at every lithiation, concentration and temperature."""

    value: float

    def __call__(self, x, T):
        return self.value + 0.0 * np.asarray(x, float)

    @property
    def source(self):
        return GIVEN.format(f"{self.value:g}")


class _Tabulated:
    """A table, the same at every temperature."""

    def __init__(self, table):
        self.table, self.source = table, table.source

    def __call__(self, x, T):
        return self.table(x)


class _Scaled:
    """An exchange current density scaled to a value at half lithiation, 1000 mol m-3 and 25 C."""

    def __init__(self, law, value):
        self.law, self.factor = law, value / float(law(1000.0, np.array(0.5), 298.15))
        self.source = GIVEN.format(f"{value:g} A m-2 at half lithiation and 1000 mol m-3")

    def __call__(self, c_e, sto, T):
        return self.factor * self.law(c_e, sto, T)


@dataclass(frozen=True)
class _Times:
    """A law times a factor."""

    factor: float
    law: Callable

    def __call__(self, *at):
        return self.factor * self.law(*at)
