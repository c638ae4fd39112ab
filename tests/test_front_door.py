"""The front door: a documented list of names, imported when they are used."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import microsim

SOURCE = Path(microsim.__file__).read_text(encoding="utf-8")
FUNCTIONS = [name for name in microsim.__all__ if inspect.isfunction(getattr(microsim, name))]


def test_dir_is_the_documented_list():
    assert dir(microsim) == sorted([*microsim.__all__, "__version__"])
    assert len(set(microsim.__all__)) == len(microsim.__all__)


@pytest.mark.parametrize("name", microsim.__all__)
def test_every_name_is_there(name):
    assert getattr(microsim, name).__name__ == name


def test_type_checkers_see_the_same_names():
    tree = ast.parse(SOURCE)
    (block,) = [n for n in tree.body if isinstance(n, ast.If)]
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == microsim._HOMES


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_typed_and_documented(name):
    function = getattr(microsim, name)
    signature, text = inspect.signature(function), inspect.getdoc(function)
    assert "Parameters\n----------" in text and "Returns\n-------" in text
    for parameter in signature.parameters.values():
        typed = parameter.name == "progress" or parameter.annotation is not inspect.Parameter.empty
        documented = re.search(rf"^\*{{0,2}}{parameter.name}\b", text, re.MULTILINE)
        assert typed and documented, f"{name}: {parameter.name}"
    assert signature.return_annotation is not inspect.Signature.empty


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="microsim has no tau; it has read_volume"):
        _ = microsim.tau


def test_no_name_is_that_of_a_room():
    """Python binds a package to its parent when it is imported: the name would change its meaning."""
    rooms = {path.name for path in Path(microsim.__file__).parent.iterdir() if path.is_dir()}
    assert not rooms & set(microsim.__all__)


def test_importing_it_imports_nothing_heavy():
    code = "import sys, microsim; print(*{'numpy', 'typer', 'scipy', 'h5py'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_way_of_a_run_imports_no_more_of_scipy_than_it_uses():
    """scipy.stats takes half a second of processor time, scipy.optimize 0.2 and scipy.spatial 0.1: as long as
    some runs solve. Quantiles that we need are in scipy.special."""
    rooms = ("jobs.snapshots", "jobs.compare", "jobs.checkpoint", "case.build", "report.pages.run")
    imported = ", ".join(f"microsim.{room}" for room in rooms)
    heavy = {"scipy.stats", "scipy.optimize", "scipy.spatial"}
    code = f"import sys, {imported}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
