"""Fixtures of the jobs' tests."""

import textwrap
from pathlib import Path

import pytest

from .studies import STAND_IN
from .volumes import electrode

DEMO = Path(__file__).parents[2] / "cases" / "demo.yaml"
STEP = "Discharge at 1C for 120 s"
SMALL = {
    "volume.crop": {"x": [0, 12], "y": [0, 8], "z": [0, 8]},
    "compare": None,
    "protocol": [STEP, "Rest for 60 s"],
    "output.times": 4,
}


@pytest.fixture
def grid():
    return electrode()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A run of a corner of the demo electrode: a discharge of 120 s, a rest of 60 s."""
    from microsim.jobs.run import run

    return run(DEMO, tmp_path_factory.mktemp("run"), set=SMALL)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    from microsim.jobs import study_crew

    script = tmp_path / "stand_in.py"
    script.write_text(textwrap.dedent(STAND_IN))
    monkeypatch.setattr(study_crew, "COMMAND", (str(script),))
    return script
