#!/usr/bin/env bash
# A kernel that adds float32 values to a sum begun as `values[0] * 0` stays in float32, as the same function does in NumPy 2: so one
# guesses. numba takes a float32 number times an integer literal as float64 (an array times it stays float32), without a word: sums
# differ from the plain function's, and loops over float32 fields run in double, at half as many values an instruction.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q numba==0.68.1 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import numba
import numpy as np

print("numba", numba.__version__, "numpy", np.__version__)


def begun_with_a_literal(values):
    total = values[0] * 0
    for value in values:
        total += value
    return total


def begun_with_its_type(values):
    total = values.dtype.type(0)
    for value in values:
        total += value
    return total


def doubled(values):
    return values * 2


values = np.full(1000, 0.1, np.float32)
compiled = {}
for function in (begun_with_a_literal, begun_with_its_type, doubled):
    fast = numba.njit(function)
    plain, result = function(values), fast(values)
    (signature,) = fast.nopython_signatures
    compiled[function.__name__] = str(signature.return_type)
    print(f"{function.__name__}: numpy {plain.dtype}, numba {signature.return_type};", np.ravel(plain)[0], np.ravel(result)[0])
    assert plain.dtype == np.float32

assert compiled["begun_with_its_type"] == "float32" and compiled["doubled"].startswith("array(float32")
assert compiled["begun_with_a_literal"] == "float64", "a number times a literal keeps its type now"
PYTHON
