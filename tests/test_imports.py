"""The order of the data flow: a module imports only what stands before it; heavy packages only where used."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "microsim"
# studio stands above jobs, whose command lines it runs, and below cli, which starts it
ORDER = [
    *(
        "base",
        "numerics",
        "volumes",
        "mesh",
        "shapes",
        "generate",
        "segment",
        "maps",
        "curves",
        "materials",
        "transport",
        "cell",
    ),
    *("impedance", "case", "reference", "analysis", "report", "jobs", "studio", "cli", "__main__"),
]
HEAVY = {"torch", "vtk", "vtkmodules", "pyvista", "gmsh", "pygmsh", "fipy", "taufactor", "matplotlib"}
HEAVY |= {"SimpleITK", "skimage", "sklearn", "pybamm", "optuna", "starlette", "uvicorn"}
BACKENDS = {"numba", "llvmlite", "cupy", "warp"}


def imports(source, module):
    """List what a module imports, as (absolute dotted name, whether at module level)."""
    package = module.split(".")[:-1]
    found = []

    def visit(node, top):
        if isinstance(node, ast.Import):
            found.extend((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            base += node.module.split(".") if node.module else []
            # `from . import x` may name a module; `from .x import y` is an arrow to x in any case
            found.extend((".".join([*base, alias.name]), top) for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child, top and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))

    visit(ast.parse(source), True)
    return found


def room(dotted):
    """The top-level part of the package that a dotted name lies in, None outside or for the package
    itself."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "microsim" and len(parts) > 1 and parts[1] in ORDER else None


def faults(source, module):
    """Say what breaks the rules in a module."""
    here, wrong = room(module), []
    for name, top in imports(source, module):
        there, package = room(name), name.split(".")[0]
        if there and here and ORDER.index(there) > ORDER.index(here):
            wrong.append(f"{module} imports {name}: an arrow against the data flow")
        if package in HEAVY and top and here != "report":
            wrong.append(
                f"{module} imports {package} at module level: import it in the function that uses it"
            )
        if package in BACKENDS and not module.startswith("microsim.numerics.kernels."):
            wrong.append(f"{module} imports {package}: only kernels know what they are compiled with")
        if name.startswith("microsim.numerics.kernels") and not module.startswith(
            "microsim.numerics.kernels."
        ):
            wrong.append(f"{module} imports {name}: ask numerics.backend for kernels")
    return wrong


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_follow_the_data_flow(path):
    module = ".".join(("microsim", *path.relative_to(PACKAGE).with_suffix("").parts))
    assert faults(path.read_text(encoding="utf-8"), module) == []


def test_every_room_has_its_place_in_the_order():
    rooms = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()} - {
        "__init__",
        "__pycache__",
    }
    assert rooms <= set(ORDER)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("microsim.mesh.grid", "from ..case.case import Case"),
        ("microsim.mesh.grid", "from .. import jobs"),
        ("microsim.mesh.grid", "def f():\n    from ..maps.map import SocMap"),
        ("microsim.volumes.fields", "import microsim.report.page"),
        ("microsim.mesh.export", "import vtk"),
        ("microsim.mesh.export", "try:\n    from skimage import measure\nexcept ImportError:\n    pass"),
        ("microsim.cell.balances", "def f():\n    import numba"),
        ("microsim.shapes.thickness", "from numba import njit"),
        ("microsim.numerics.multigrid", "from .kernels.cpu import cycle"),
    ],
)
def test_a_wrong_import_is_found(module, source):
    assert len(faults(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("microsim.case.case", "from ..base.errors import InputError"),
        ("microsim.mesh.export", "def f():\n    import vtk"),
        ("microsim.report.figures", "import matplotlib"),
        ("microsim.cli", "from . import __version__"),
    ],
)
def test_a_right_import_passes(module, source):
    assert faults(source, module) == []
