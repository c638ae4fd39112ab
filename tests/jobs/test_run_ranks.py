"""A run on the ranks of MPI: the command, what becomes of a rank that is killed, and what is refused; a run
whose linear solves a device does."""

import json

import pytest

from microsim.base.errors import InputError
from microsim.base.launch import NOT_ON_DEVICE
from microsim.case.case import load_case
from microsim.cell.balances import HalfCell
from microsim.jobs.compare_curves import MeasuredImpedance
from microsim.jobs.run import run
from microsim.jobs.run_ranks import check_run
from microsim.numerics.backend import device_kernels, running
from microsim.report.pages import run as page

from ..numerics.twins import gpu_on_processor  # noqa: F401
from ..over_mpi import mpiexec, over_mpi
from .conftest import DEMO, SMALL
from .test_checkpoint import curve, interrupted

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


SHORT = {**SMALL, "protocol": ["Discharge at 1C for 1 s", "Rest for 1 s"], "output.checkpoint_s": 0}


@pytest.mark.usefixtures("gpu_on_processor")
def test_a_run_on_a_device_is_that_of_the_processor_whole_or_interrupted(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "write", lambda *args, **kwargs: None)
    with running("cpu"):
        for backend in ("cpu", "gpu"):
            run(DEMO, tmp_path / backend, set=SHORT, backend=backend)
        broken = tmp_path / "broken"
        assert interrupted(monkeypatch, DEMO, broken, 4, set=SHORT, backend="gpu")
        run(DEMO, broken, set=SHORT, backend="gpu", resume=True)
    alone, whole, resumed = (curve(tmp_path / name) for name in ("cpu", "gpu", "broken"))
    assert whole.shape == alone.shape and abs(whole - alone)[:, [0, 2]].max() < 1e-6
    assert (resumed[:, 2] == whole[:, 2]).all()
    of_processor, of_device = (numbers(tmp_path / name) for name in ("cpu", "gpu"))
    assert of_device["linear_iterations"] == pytest.approx(of_processor["linear_iterations"], rel=0.02)
    assert of_device["time_steps"] == of_processor["time_steps"]
    assert of_device["lithium_balance_error"] < 1e-10


@pytest.mark.usefixtures("gpu_on_processor")
def test_what_a_device_does_not_take_is_refused(tmp_path, monkeypatch):
    slab = DEMO.parent / "dfn_chen2020.yaml"
    with running("cpu"):
        with pytest.raises(InputError, match="with porous electrodes of particles, which no GPU takes yet"):
            run(slab, tmp_path / "out", backend="gpu")
        with pytest.raises(InputError, match="with volume.draws, which no GPU"):
            check_run(load_case(DEMO, {**SMALL, "volume.draws": "draws.h5"}), [], NOT_ON_DEVICE)
        asked = []
        monkeypatch.setattr(device_kernels.device, "require", lambda *of: asked.append(of))
        monkeypatch.setattr(HalfCell, "residual", None)  # nothing is solved before it is asked
        for more in ({}, {"numerics.restart": 2}):
            with pytest.raises(TypeError):
                run(DEMO, tmp_path / "out", set={**SMALL, **more}, backend="gpu")
    (usual, who), (few, _) = asked
    assert usual > 5e5 and few < 0.9 * usual and who == "--backend gpu"
