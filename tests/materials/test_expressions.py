"""Formulae as text: what they give, and that nothing but arithmetic gets in."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.materials.expressions import Expression

LEAVES = st.one_of(
    st.just("x"), st.floats(0.1, 9).map(lambda v: f"{v:.3f}"), st.floats(1e-3, 0.1).map(lambda v: f"{v:.2e}")
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"tanh({t})"),
        inner.map(lambda t: f"-{t}"),
        inner.map(lambda t: f"exp(-({t}) ** 2)"),
    ),
    max_leaves=12,
)
SCOPE = {"tanh": math.tanh, "exp": math.exp, "__builtins__": {}}


@settings(deadline=None)
@given(TREES, st.floats(0.0, 1.0))
def test_a_formula_is_what_python_makes_of_it(text, x):
    expected = eval(text, SCOPE, {"x": x})  # the generated text is arithmetic
    assert float(Expression(text)(x)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(deadline=None)
@given(TREES, st.floats(0.1, 0.9))
def test_its_slope_is_its_derivative(text, x):
    law, step = Expression(text), 1e-6
    central = (law(x + step) - law(x - step)) / (2 * step)
    scale = 1 + abs(float(law(x)))
    assert float(law.slope(x)) == pytest.approx(float(central), rel=1e-4, abs=1e-5 * scale)


def test_shapes_and_constants():
    x = np.zeros((3, 2))
    assert Expression("2.5")(x).shape == (3, 2) and Expression("x + 1")(0.5) == 1.5
    assert Expression("sqrt(x) + log(x) + cosh(x) - sinh(x)")(1.0) == pytest.approx(1 + math.exp(-1))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "x.real",
        "exp(x, 2)",
        "y + 1",
        "x if x else 1",
        "(1, 2)",
        "lambda x: x",
        "1j * x",
        "True",
        "",
        " ",
        "x; 1",
        "open('a')",
        "[x for x in (1,)]",
        "exp",
        "x @ x",
        "x // 2",
        "x % 2",
        "'a'",
        "exp(*x)",
        "exp(x=1)",
        "exp(x, out=x)",
        "x := 1",
        "(" * 4000 + "x" + ")" * 4000,
        "x" + " + x" * 20000,
        "np.exp(x)",
        "x\n+1\n2",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InputError, match="expected") as error:
        Expression(text, "Positive electrode.OCP [V]")
    assert str(error.value).startswith("Positive electrode.OCP [V]: ") and "\n" not in str(error.value)


def test_towers_of_powers_end_at_once():
    assert np.isinf(Expression("9**9**9**9")(0.5))
