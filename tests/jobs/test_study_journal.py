"""A study of steps from file to table: figures beside the paper's, those not had with their reason."""

import json

import numpy as np
import pytest
from ruamel.yaml import YAML

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.study import study as run_study

STUDY = {
    "title": "Two looks",
    "source": "a paper",
    "steps": {
        "look": "info {here}/volume.npy --voxel-size-nm 100 --phases pore=0,am=1",
        "lost": "info nothing.npy --voxel-size-nm 100",
    },
    "rows": [
        {"what": "layers", "value": "look.shape[0]", "paper": 5, "explained": "a smaller one"},
        {"what": "lost", "value": "lost.shape[0]", "paper": 5},
        {"what": "no key", "value": "look.shapes[0]"},
    ],
}


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "volume.npy", np.random.default_rng(0).integers(0, 2, (4, 5, 6)).astype(np.uint8))
    YAML().dump(STUDY, tmp_path / "study.yaml")
    return tmp_path / "study.yaml"


def test_figures_stand_beside_the_papers_and_failures_cost_only_their_own(file, tmp_path):
    result = run_study(file, tmp_path / "out")
    first, lost, no_key = result.rows
    assert (first["value"], first["paper"], first["explained"]) == (4, 5, "a smaller one")
    assert lost["value"] is None and "nothing.npy" in lost["missing"]
    assert no_key["value"] is None and "expected shapes in look" in no_key["missing"]
    assert result.failed and result.numbers()["finished"] == 1
    assert json.loads((tmp_path / "out" / "study.json").read_text()) == result.numbers()
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Two looks" in page and "a smaller one" in page and "microsim info" in page
    assert "layers" in repr(result) and result.plot().axes


def test_the_command_ends_with_one_where_a_step_failed(file, tmp_path, capsys):
    assert main(["study", str(file), "--out", str(tmp_path / "out")]) == 1
    assert "1 steps finished, 1 failed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "named"), [({"processes": 2}, "--processes: expected"), ({"full": True}, "--full: expected")]
)
def test_options_that_mean_nothing_here_are_refused(file, given, named):
    with pytest.raises(InputError, match=named):
        run_study(file, **given)


def test_full_is_refused_for_a_sweep(tmp_path):
    (tmp_path / "sweep.yaml").write_text("base: x.yaml\nsweep: {c_rate: [1]}\n")
    with pytest.raises(InputError, match="--full: expected a study of steps"):
        run_study(tmp_path / "sweep.yaml", full=True)
