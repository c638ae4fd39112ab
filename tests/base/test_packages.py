"""A package that one job needs: imported where it is, named with the line for pip where it is not."""

import math
import re
import tomllib
from pathlib import Path

import pytest

from microsim.base.errors import InputError, Missing
from microsim.base.packages import DISTRIBUTION, DISTRIBUTIONS, EXTRAS, need

from ..missing import hide

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_what_is_there_is_imported():
    assert need("math", "sums") is math


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("taufactor", "pip install 'microsim-electrode[taufactor]'"),
        ("fipy", "pip install fipy"),
        ("sklearn", "pip install scikit-learn"),
        ("warp", "pip install 'microsim-electrode[gpu]'"),
    ],
)
def test_what_is_missing_is_named_with_the_line_for_pip(monkeypatch, package, line):
    hide(monkeypatch, package)
    with pytest.raises(Missing, match=f"expected the package {package} for a solver, got: No module") as said:
        need(package, "a solver")
    assert str(said.value).endswith(line) and isinstance(said.value, InputError)


def test_the_lines_for_pip_fit_the_project():
    extras = PROJECT["optional-dependencies"]
    assert PROJECT["name"] == DISTRIBUTION
    for package, extra in EXTRAS.items():
        package = DISTRIBUTIONS.get(package, package)
        assert package in [re.split("[<>=~!]", named)[0] for named in extras[extra]]
        assert package not in PROJECT["dependencies"]
    every = {extra for extra in extras if extra not in ("all", "test", "docs", "pybamm")}
    assert set(extras["all"][0].partition("[")[2][:-1].split(",")) == every
    assert f"{DISTRIBUTION}[all]" in extras["test"]
