"""The rules of the house: sizes, names, who may import what, tests beside the code, documents that exist."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "microsim"
MODULES = sorted(PACKAGE.rglob("*.py"))
CODE = [path for path in MODULES if path.name != "__init__.py"]
MOST_LINES, MOST_IN_FUNCTION = 450, 40
SHARED = ("write", "figure")  # what every page offers
KERNELS = PACKAGE / "numerics" / "kernels"


def name_of(path):
    return str(path.relative_to(PACKAGE))


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def code_lines(function):
    """Lines of a function's body without its docstring; a long signature is a declaration."""
    first, *rest = function.body
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if documented and not rest:
        return 0
    return function.end_lineno - (rest[0] if documented else first).lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_fit_a_few_screens(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES or KERNELS in path.parents, f"{lines} lines"


@pytest.mark.parametrize("path", [p for p in MODULES if KERNELS not in p.parents], ids=name_of)
def test_functions_fit_a_screen(path):
    functions = [n for n in ast.walk(tree_of(path)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = {f.name: code_lines(f) for f in functions if code_lines(f) > MOST_IN_FUNCTION}
    assert long == {}


def public_names(path):
    """Names of the public functions and classes that a module defines."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [n.name for n in tree_of(path).body if isinstance(n, kinds) and not n.name.startswith("_")]


def test_no_public_name_stands_for_two_things():
    """Twins of other packages (reference/), kernels of several backends and methods of one contract may
    agree."""
    homes = defaultdict(list)
    for path in CODE:
        room = path.relative_to(PACKAGE).parts[0]
        if room == "reference" or KERNELS in path.parents or "sets" in path.parts:
            continue
        for name in public_names(path):
            homes[name].append(name_of(path))
    twice = {name: paths for name, paths in homes.items() if len(paths) > 1 and name not in SHARED}
    assert twice == {}


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=name_of)
def test_commands_only_pass_on(path):
    """cli/ imports base and jobs, and the studio that one command starts, and nothing else of ours."""
    nodes = [
        n for n in ast.walk(tree_of(path)) if isinstance(n, ast.ImportFrom) and n.level == 2 and n.module
    ]
    assert [n.module for n in nodes if n.module.split(".")[0] not in ("base", "jobs", "studio")] == []


@pytest.mark.parametrize("path", [p for p in CODE if KERNELS not in p.parents], ids=name_of)
def test_every_module_has_its_test(path):
    """The test of microsim/room/module lies in tests/room, under the module's name."""
    relative = path.relative_to(PACKAGE)
    if relative.parts[0] == "cli" or "sets" in relative.parts or relative.name == "__main__.py":
        pytest.skip("tested as commands, as sets of one kind, by every run")
    assert (ROOT / "tests" / relative.parent / f"test_{relative.name}").is_file()


CITED = re.compile(
    r"\b((?:docs|validation|cases|studies|meshes|benchmarks|tests)/[\w./-]+\.(?:md|py|yaml|csv|tif|png))\b"
)


def test_every_cited_document_is_here():
    missing = []
    for folder in ("microsim", "validation", "benchmarks", "docs", "."):
        pattern = "*.md" if folder == "." else "**/*"
        for path in (ROOT / folder).glob(pattern):
            if path.suffix in (".py", ".md", ".yaml") and "site" not in path.parts:
                cited = CITED.findall(path.read_text(encoding="utf-8"))
                missing += [
                    f"{path.relative_to(ROOT)}: {name}" for name in cited if not (ROOT / name).exists()
                ]
    assert missing == []


def test_every_job_has_its_line_in_the_docs():
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = re.findall(
        r'command_of\(\s*\w+,\s*"(\w+)"', "".join(p.read_text() for p in (PACKAGE / "cli").glob("*.py"))
    )
    assert names and [name for name in names if f"microsim {name}" not in commands] == []
