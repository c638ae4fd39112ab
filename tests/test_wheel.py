"""From a plain wheel in an empty folder: what ships is in it, and claims, cases and volumes are found."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel and unpack it; run(*arguments) calls its command in an empty folder."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("microsim_electrode-*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    (folder / "empty").mkdir()
    env = {**os.environ, "PYTHONPATH": str(folder / "site"), "MICROSIM_DATA": ""}

    def run(*arguments):
        told = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=folder / "empty",
            env=env,
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        return told.stdout

    run.site, run.empty = folder / "site", folder / "empty"
    return run


def test_the_wheel_carries_what_ships_and_the_pages_templates(installed):
    package = installed.site / "microsim"
    for name in ("cases", "meshes", "studies", "validation"):
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                inside = package / "gallery" / path.relative_to(ROOT)
                assert inside.read_bytes() == path.read_bytes(), inside
    for path in (ROOT / "microsim").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert (installed.site / path.relative_to(ROOT)).is_file()
    assert not list(package.rglob("__pycache__"))


def test_claims_cases_and_volumes_are_found_from_an_empty_folder(installed):
    where = installed("-c", "import microsim; print(microsim.__file__)")
    assert Path(where.strip()).parent == installed.site / "microsim"
    claims = json.loads(
        installed("-m", "microsim", "validate", "compton_table2", "puma_fiberform", "--json", "-")
    )
    assert claims["claims"]["compton_table2"]["checks"] and claims["failed"] == 0
    assert "MICROSIM_DATA" in claims["claims"]["puma_fiberform"]["skipped"]
    info = installed("-m", "microsim", "info", "meshes/demo_electrode.tif", "--json", "-")
    assert json.loads(info)["shape"] == [64, 48, 48]
    load = "from microsim.case.case import load_case; print(load_case('cases/demo.yaml').name)"
    assert installed("-c", load).strip() == "demo"
    assert list(installed.empty.iterdir()) == []
