"""Coefficients of an insertion material that a case gives as formulae or tables over lithiation.

    i0_A_m2: "2.0 * sqrt(sto * (1 - sto))"        in sto, T (K) and c_e (mol m-3)
    D_s_m2_s: "1e-14 * exp(-3 * sto) * exp(3600 * (1 / 298.15 - 1 / T))"
    ocp_V: "4.4 - 0.9 * sto"

They depend on what they name, and on nothing else; but an i0 that does not name c_e holds at 1000 mol m-3 and
follows the salt as the set does, so that it vanishes where the salt does.
"""

import functools
import re
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from ..base.schema import NUMBER, number, text
from ..materials.expressions import Expression
from ..materials.laws import T_REF
from .tables import EXCHANGE, read_table

C_REF = 1000.0  # mol m-3, where an i0 without c_e holds
EDGE = 1e-6  # of sto, to which the kinetics go
STO = np.concatenate([[EDGE], np.arange(1, 4000) / 4000, [1 - EDGE]])  # where a formula is looked at
SALT = np.array([1.0, 10.0, 100.0, 1000.0, 2000.0, 4000.0])


@dataclass(frozen=True)
class Formula:
    """A formula as a case gives it: its text, its variables, and the dotted key that it stands under."""

    text: str
    names: tuple
    path: str = field(compare=False)

    @property
    def expression(self):
        return Expression(self.text, self.path, self.names)

    def as_yaml(self):
        """Give it back as plain data."""
        return self.text


def formula(*names):
    """Make a reader of a formula in `names`."""

    def read(raw, path, per=1.0, unit=""):
        given = " ".join(text(raw, path).split())
        Expression(given, path, names)  # refused where it stands
        return Formula(given, names, path)

    return read


def number_or_formula(*names):
    """Make a reader of a number above 0, or of a formula in `names`."""
    above_zero, of_names = number(0.0, above=True), formula(*names)

    def read(raw, path, per=1.0, unit=""):
        if isinstance(raw, str) and not re.fullmatch(rf"\s*[-+]?{NUMBER}\s*", raw):
            return of_names(raw, path)
        return above_zero(raw, path, per, unit)

    return read


class PositiveFormula:
    """A formula over sto, T and perhaps c_e that is above zero in the window of lithiation.

    Beyond the window it is followed as far as it stays finite and above zero, and held at its value there.
    Raises InputError, when it is evaluated, where it is not in the window.
    """

    def __init__(self, given, window, unit):
        self.expression, self.path, self.window, self.unit = given.expression, given.path, window, unit
        self._reach = functools.cache(self._reach_at)

    def __call__(self, sto, T, *c_e):
        return self.expression(np.clip(sto, *self._reach(float(T))), T, *c_e)

    @property
    def source(self):
        """Say what it is, in words."""
        low, high = self._reach(T_REF)
        words = f"formula {self.expression.text} in the case, {self.unit}"
        if low > EDGE or high < 1 - EDGE:
            words += f", held where it is not above zero, beyond sto {low:.4g} to {high:.4g}"
        return words if "T" in self.expression.used else f"{words}, the same at every temperature"

    def _reach_at(self, T):
        """Return the lithiations between which it is finite and above zero, the window among them."""
        values = self._sampled(T)
        wrong = ~(np.isfinite(values) & (values > 0))
        inside = (self.window[0] <= STO) & (self.window[1] >= STO)
        if wrong[:, inside].any():
            self._refuse(values, wrong & inside, T)
        bad = STO[wrong.any(axis=0)]
        low, high = bad[bad < self.window[0]], bad[bad > self.window[1]]
        good = STO[~wrong.any(axis=0)]
        return (
            good[good > low[-1]][0] if low.size else EDGE,
            good[good < high[0]][-1] if high.size else 1 - EDGE,
        )

    def _sampled(self, T):
        """Return its values [salt, sto]."""
        if "c_e" not in self.expression.names:
            return self.expression(STO, T)[None]
        return self.expression(STO, T, SALT[:, None])

    def _refuse(self, values, wrong, T):
        row, k = np.argwhere(wrong)[0]
        salt = f", c_e {SALT[row]:g} mol m-3" if "c_e" in self.expression.used else ""
        raise InputError(
            f"{self.path}: expected a formula above zero over the window of lithiation, {self.window[0]:g} to"
            f" {self.window[1]:g}, got {values[row, k]:.4g} {self.unit} at sto {STO[k]:.4g}{salt} and {T:g}"
            " K; correct it, or narrow sto_window."
        )


class Exchange:
    """An exchange current density i0(c_e, sto, T) (A m-2) of a formula or a table.

    one: PositiveFormula over (sto, T, c_e) or a table over sto; base: the set's own law, whose salt it
    follows where c_e does not stand in it, i0 = one(sto, T) base(c_e, sto, T) / base(1000, sto, T).
    """

    def __init__(self, one, base):
        self.one, self.base = one, base
        self.formula = isinstance(one, PositiveFormula)
        self.salty = self.formula and "c_e" in one.expression.used

    def __call__(self, c_e, sto, T):
        value = self.one(sto, T, c_e) if self.formula else self.one(sto)
        return value if self.salty else value * self.base(c_e, sto, T) / self.base(C_REF, sto, T)

    @property
    def source(self):
        """Say what it is, in words."""
        flat = "" if self.formula else ", the same at every temperature"
        salt = "" if self.salty else f" (at {C_REF:g} mol m-3; salt as in the set)"
        return f"{self.one.source}{flat}{salt}"


class Potential:
    """An open-circuit potential U(sto) (V) of a formula, with its exact slope."""

    def __init__(self, given):
        self.expression = given.expression
        self.source = f"formula {given.text} in the case"

    def __call__(self, sto):
        return self.expression(np.clip(sto, EDGE, 1 - EDGE))

    def slope(self, sto):
        return self.expression.slope(np.clip(sto, EDGE, 1 - EDGE))


def exchange(given, table, material, locate):
    """Return the i0 of a material by a Formula, or by the file of a table."""
    if table:
        return Exchange(read_table(locate(table), EXCHANGE), material.i0)
    return Exchange(PositiveFormula(given, material.sto_window, "A m-2"), material.i0)
