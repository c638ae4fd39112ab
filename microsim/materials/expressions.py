"""Formulae given as text, in named variables: parsed with Python's grammar, evaluated by this module, never
executed."""

import ast
import operator

import numpy as np

from ..base.errors import InputError
from ..base.schema import any_of, listed, say

FUNCTIONS = {"exp": np.exp, "tanh": np.tanh, "sinh": np.sinh, "cosh": np.cosh, "log": np.log, "sqrt": np.sqrt}
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
SIGNS = {ast.UAdd: operator.pos, ast.USub: operator.neg}
LONGEST = 20000  # characters


class Expression:
    """A formula in x, like "3.4 - 0.02 * x + exp(-150 * x)", as a function with its slope; or in other
    `names`, given in their order.

    Raises InputError where the text holds anything but numbers, the names, + - * / **, brackets and the known
    functions. `where` names it in errors; `used`: which of the names stand in it.
    """

    def __init__(self, text, where="formula", names=("x",)):
        self.text, self.names = (text := " ".join(text.split())), names
        known = f"numbers, {listed(names)}, + - * / **, brackets and {listed(FUNCTIONS)}"
        try:
            if len(text) > LONGEST:
                raise SyntaxError("too long")
            tree = ast.parse(text, mode="eval").body
            self._evaluate = _compiled(tree, where, names, known)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError(
                f"{where}: expected a formula in {any_of(names)}, got {say(text)}; write it with {known}."
            ) from error
        self.used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(names)

    def __call__(self, *values):
        values = [np.asarray(value) for value in values]
        with np.errstate(all="ignore"):
            return self._evaluate(values) + 0.0 * sum(values)

    def slope(self, x, *others):
        """Return the derivative with the first variable, by a complex step: exact to round-off."""
        return self(np.asarray(x) + 1e-30j, *others).imag / 1e-30


def _compiled(node, where, names, known):
    """Turn a node into a function of the list of values."""

    def inner(part):
        return _compiled(part, where, names, known)

    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number = np.float64(node.value)  # no integers: 9**9**9 is infinite at once
        return lambda values: number
    if isinstance(node, ast.Name) and node.id in names:
        k = names.index(node.id)
        return lambda values: values[k]
    if isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        sign, operand = SIGNS[type(node.op)], inner(node.operand)
        return lambda values: sign(operand(values))
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        join, left, right = OPERATORS[type(node.op)], inner(node.left), inner(node.right)
        return lambda values: join(left(values), right(values))
    if _is_function(node):
        function, argument = FUNCTIONS[node.func.id], inner(node.args[0])
        return lambda values: function(argument(values))
    raise InputError(f"{where}: expected {known}, got {say(ast.unparse(node))}; rewrite the formula.")


def _is_function(node):
    """Whether a node is a known function of one argument."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return False
    return isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
