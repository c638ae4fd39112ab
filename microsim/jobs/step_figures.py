"""Figures read from what the steps of a study wrote: "100 * (1 - cei.capacity_mAh_g / none.capacity_mAh_g)".

A name is a step, a dot or a bracket goes down into its numbers. Parsed with Python's grammar, evaluated here,
never executed.
"""

import ast
import json
from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.schema import listed, say
from ..materials.expressions import OPERATORS, SIGNS

PLAIN = {"abs": abs, "min": np.min, "max": np.max, "mean": np.mean, "sum": np.sum, "len": len}
PLAIN |= {"sqrt": np.sqrt, "log": np.log, "log10": np.log10, "exp": np.exp, "last": lambda values: values[-1]}
LONGEST = 2000  # characters
FUNCTIONS = ("pick", "each", "std", "interp", "average", "correlation", "read")


class StepFigure:
    """A figure as an expression in the numbers of steps.

    text   the expression: numbers, + - * / **, brackets, step.key["key"][0], and
           abs min max mean std sum len sqrt log log10 exp last (of numbers or lists);
           pick(list, "key", value): the one entry with that value; each(list, "key"): that key of all;
           std(list): over n, of two or more; interp(x, xs, ys): straight lines, between the ends, at one x
           or a list;
           average(ys, xs): their mean over x, by trapezoids; of both the xs rise or fall throughout;
           correlation(xs, ys): Pearson's r, of three or more; read("file.json"): what a step wrote into
           a file of its own
    steps  names that may stand in it
    used   those that do, read files' folders included

    Raises InputError where it does not parse, at once.
    """

    def __init__(self, text, steps, where):
        self.text, self.where, self.steps = str(text), where, tuple(steps)
        try:
            if len(self.text) > LONGEST:
                raise SyntaxError("too long")
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError(
                f"{where}: expected a figure like step.key or 100 * a.x / b.x, got {say(text)}; correct it."
            ) from error
        self.used = set()
        self._check(self._tree)

    def __call__(self, numbers, folder):
        """Return the figure: a number, a text or None.

        numbers  {step: what it wrote}; folder: where the steps ran. Raises InputError where a key is missing.
        """
        try:
            with np.errstate(all="ignore"):
                found = self._value(self._tree, numbers, Path(folder))
        except (ArithmeticError, TypeError, ValueError, IndexError) as error:
            raise self._refused(f"got {error}") from error
        found = found.item() if isinstance(found, np.generic) else found
        if isinstance(found, (dict, list)):
            raise self._refused(f"got {len(found)} of them")
        if isinstance(found, complex) or (isinstance(found, float) and not np.isfinite(found)):
            raise self._refused(f"got {found}")
        return found

    def _refused(self, got):
        return InputError(f"{self.where}: expected one number of {self.text}, {got}; correct the figure.")

    # -- what may stand in it --------------------------------------------------------------------------------

    def _check(self, node):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, str):
            return
        if isinstance(node, ast.Name) and node.id in self.steps:
            self.used.add(node.id)
            return
        if isinstance(node, ast.Call) and self._known_call(node):
            parts = node.args
        elif isinstance(node, ast.Attribute):
            parts = [node.value]
        elif isinstance(node, ast.Subscript):
            parts = [node.value, node.slice]
        elif isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
            parts = [node.operand]
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            parts = [node.left, node.right]
        else:
            known = f"numbers, + - * / **, the steps {listed(self.steps)}, {listed((*PLAIN, *FUNCTIONS))}"
            raise InputError(
                f"{self.where}: expected {known}, got {say(ast.unparse(node))}; correct the figure."
            )
        for part in parts:
            self._check(part)

    def _known_call(self, node):
        if not isinstance(node.func, ast.Name) or node.keywords:
            return False
        if node.func.id == "read":
            file = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            if not isinstance(file, str) or Path(file).is_absolute() or ".." in Path(file).parts:
                return False
            self.used |= {Path(file).parts[0]} & set(self.steps)
        return node.func.id in PLAIN or node.func.id in FUNCTIONS

    # -- what it comes to ------------------------------------------------------------------------------------

    def _value(self, node, numbers, folder):
        def value(part):
            return self._value(part, numbers, folder)

        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return numbers[node.id]
        if isinstance(node, ast.Attribute):
            return self._inside(value(node.value), node.attr, node.value)
        if isinstance(node, ast.Subscript):
            return self._inside(value(node.value), value(node.slice), node.value)
        if isinstance(node, ast.UnaryOp):
            return SIGNS[type(node.op)](value(node.operand))
        if isinstance(node, ast.BinOp):
            # no integers: 9**9**9 is out of range at once
            return OPERATORS[type(node.op)](self._number(node.left, value), self._number(node.right, value))
        given = [value(part) for part in node.args]
        if node.func.id == "read":
            return _read(folder / given[0], self.where)
        return (PLAIN.get(node.func.id) or self._function(node.func.id))(*given)

    def _number(self, node, value):
        found = value(node)
        if found is None:
            raise self._refused(f"got null for {ast.unparse(node)}")
        return float(found)

    def _inside(self, whole, key, node):
        """Go down one key, or one place of a list."""
        if isinstance(whole, dict) and key in whole:
            return whole[key]
        if isinstance(whole, list) and isinstance(key, int) and -len(whole) <= key < len(whole):
            return whole[key]
        offered = listed(whole) if isinstance(whole, dict) else f"{say(whole)}"
        raise InputError(
            f"{self.where}: expected {key} in {ast.unparse(node)}, got {offered}; correct the key."
        )

    def _function(self, name):
        return {
            "pick": self._pick,
            "each": lambda entries, key: [self._inside(one, key, self._tree) for one in entries],
            "std": lambda values: float(np.std(_columns(2, values)[0])),
            "interp": _between,
            "average": _mean_over,
            "correlation": lambda xs, ys: float(np.corrcoef(*_columns(3, xs, ys))[0, 1]),
        }[name]

    def _pick(self, entries, key, value):
        found = [one for one in entries if one.get(key) == value]
        if len(found) != 1:
            given = listed(str(one.get(key)) for one in entries)
            raise InputError(
                f"{self.where}: expected one entry whose {key} is {value}, got {given}; name one."
            )
        return found[0]


def _columns(least, *lists):
    """Lists of numbers as arrays of one length; raises ValueError where they are none, or too short."""
    columns = [np.asarray(values, float) for values in lists]
    lengths = sorted({column.size if column.ndim == 1 else 0 for column in columns})
    if len(lengths) > 1 or lengths[0] < least:
        raise ValueError(f"lists of {listed(map(str, lengths))} numbers where {least} or more in each say it")
    return columns


def _rising(xs, ys):
    """Both lists with x rising; raises ValueError where x turns back: which branch is meant is not said."""
    xs, ys = _columns(2, xs, ys)
    xs, ys = (xs, ys) if xs[-1] >= xs[0] else (xs[::-1], ys[::-1])
    if not (np.diff(xs) >= 0).all() or xs[0] == xs[-1]:
        raise ValueError("an x that does not rise or fall throughout; take one branch of it")
    return xs, ys


def _between(x, xs, ys):
    if isinstance(x, list):
        return [_between(one, xs, ys) for one in x]
    xs, ys = _rising(xs, ys)
    if not xs[0] <= float(x) <= xs[-1]:
        raise ValueError(f"{float(x):.6g}, where the x go from {xs[0]:.6g} to {xs[-1]:.6g}")
    here = ys[xs == float(x)]
    if here.size and np.ptp(here):
        raise ValueError(f"a jump at {float(x):.6g}, from {here[0]:.6g} to {here[-1]:.6g}")
    return float(np.interp(float(x), xs, ys))


def _mean_over(ys, xs):
    xs, ys = _rising(xs, ys)
    return float(np.trapezoid(ys, xs) / (xs[-1] - xs[0]))


def _read(path, where):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: expected JSON in {path}, got: {error}; name another file.") from error
