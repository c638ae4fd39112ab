"""Formulae given as text, in one variable x: parsed with Python's grammar, evaluated by this module, never
executed."""

import ast
import operator

import numpy as np

from ..base.errors import InputError
from ..base.schema import listed, say

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
KNOWN = f"numbers, x, + - * / **, brackets and {listed(FUNCTIONS)}"


class Expression:
    """A formula in x, like "3.4 - 0.02 * x + exp(-150 * x)", as a function with its slope.

    Raises InputError where the text holds anything but numbers, x, + - * / **, brackets and the known
    functions. `where` names it in errors.
    """

    def __init__(self, text, where="formula"):
        self.text = text = " ".join(text.split())
        try:
            if len(text) > LONGEST:
                raise SyntaxError("too long")
            self._evaluate = _compiled(ast.parse(text, mode="eval").body, where)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError(
                f"{where}: expected a formula in x, got {say(text)}; write it with {KNOWN}."
            ) from error

    def __call__(self, x):
        with np.errstate(all="ignore"):
            return self._evaluate(np.asarray(x)) + 0.0 * np.asarray(x)

    def slope(self, x):
        """Return the derivative, by a complex step: exact to round-off."""
        return self(np.asarray(x) + 1e-30j).imag / 1e-30


def _compiled(node, where):
    """Turn a node into a function of x."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        number = np.float64(node.value)  # no integers: 9**9**9 is infinite at once
        return lambda x: number
    if isinstance(node, ast.Name) and node.id == "x":
        return lambda x: x
    if isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        sign, inner = SIGNS[type(node.op)], _compiled(node.operand, where)
        return lambda x: sign(inner(x))
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        join, left, right = (
            OPERATORS[type(node.op)],
            _compiled(node.left, where),
            _compiled(node.right, where),
        )
        return lambda x: join(left(x), right(x))
    if (
        isinstance(node, ast.Call)
        and len(node.args) == 1
        and not node.keywords
        and _named(node.func) in FUNCTIONS
    ):
        function, inner = FUNCTIONS[node.func.id], _compiled(node.args[0], where)
        return lambda x: function(inner(x))
    raise InputError(f"{where}: expected {KNOWN}, got {say(ast.unparse(node))}; rewrite the formula.")


def _named(node):
    return node.id if isinstance(node, ast.Name) else None
