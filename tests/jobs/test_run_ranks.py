"""A run on the ranks of MPI: the command, what becomes of a rank that is killed, and what is refused."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.jobs.compare_curves import MeasuredImpedance
from microsim.jobs.run_ranks import check_run

from ..over_mpi import mpiexec, over_mpi
from .conftest import DEMO, SMALL
from .test_checkpoint import curve

SETTINGS = [f"{key}={json.dumps(value)}" for key, value in SMALL.items()]
COMMAND = ["run", DEMO, *(word for one in SETTINGS for word in ("--set", one)), "--backend", "mpi"]

KILLED = """
import os, sys
from microsim.cli import main
from microsim.cell import experiment
note, steps = experiment.Experiment._noted, []
def watched(self, *args):
    steps.append(0)
    if len(steps) > 12 and os.environ["PMI_RANK"] == "1":
        os.kill(os.getpid(), 9)
    return note(self, *args)
experiment.Experiment._noted = watched
sys.exit(main(sys.argv[1:]))
"""


def numbers(folder):
    return json.loads((folder / "result.json").read_text())


def hold_against(folder, alone):
    """The run in a folder is that of one process."""
    found, whole = curve(folder), curve(alone.folder)
    assert found.shape == whole.shape and abs(found - whole)[:, [0, 2]].max() < 1e-5
    assert numbers(folder)["time_steps"] == alone.result["time_steps"]
    assert numbers(folder)["lithium_balance_error"] < 1e-10


@over_mpi
def test_a_run_on_ranks_leaves_what_one_process_leaves(tmp_path, small_run):
    done, _ = mpiexec(2, "-m", "microsim", *COMMAND, "--out", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and done.stdout.count("report:") == 1  # one rank speaks
    hold_against(tmp_path / "two", small_run)
    names = {path.name for path in small_run.folder.iterdir()}
    assert {path.name for path in (tmp_path / "two").iterdir()} == names


@over_mpi
def test_a_run_of_which_a_rank_was_killed_goes_on(tmp_path, small_run):
    script, out = tmp_path / "killed.py", tmp_path / "two"
    script.write_text(KILLED)
    options = [*COMMAND, "--out", out, "--set", "output.checkpoint_s=0"]
    done, seconds = mpiexec(2, script, *options)
    assert done.returncode == 9 and seconds < 60
    words = (
        "microsim: a rank was killed from outside (by hand, or for want of memory), which ended the others"
    )
    assert f"{words}; start again with --resume" in done.stderr
    assert (out / ".resume" / "state.npz").is_file() and not (out / "result.json").exists()
    done, _ = mpiexec(3, "-m", "microsim", *options, "--resume")  # by another number of ranks
    assert done.returncode == 0, done.stderr
    hold_against(out, small_run)


@over_mpi
def test_a_mistake_is_said_once(tmp_path):
    slab = DEMO.parent / "dfn_chen2020.yaml"
    done, _ = mpiexec(2, "-m", "microsim", "run", slab, "--backend", "mpi", "--out", tmp_path / "out")
    assert done.returncode == 2 and done.stderr.count("microsim: ") == 1
    assert "porous electrodes of particles, which ranks of MPI do not share yet" in done.stderr
    assert not list(tmp_path.glob("out/*.*"))


def test_what_ranks_do_not_share_is_refused():
    case, impedance = load_case(DEMO, SMALL), object.__new__(MeasuredImpedance)
    check_run(case, [])
    with pytest.raises(InputError, match="expected cpu with an impedance to compare with, which ranks"):
        check_run(case, [impedance])
    with pytest.raises(InputError, match="with volume.draws, which"):
        check_run(load_case(DEMO, {**SMALL, "volume.draws": "draws.h5"}), [])
