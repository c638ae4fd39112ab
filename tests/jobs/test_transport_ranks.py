"""tau of one volume on the ranks of MPI: the command, and what becomes of a rank that fails."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.transport import tortuosity
from microsim.jobs.transport_ranks import EACH, ranks_table, ranks_told
from microsim.mesh.grid import VoxelGrid

from ..over_mpi import mpiexec, over_mpi


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    path = tmp_path_factory.mktemp("ranks") / "v.npy"
    np.save(path, (np.random.default_rng(2).random((41, 30, 52)) < 0.6).astype(np.uint8))
    return path


@over_mpi
@pytest.mark.parametrize("count", [2, 3])
def test_the_command_finds_what_one_process_finds(volume, count, tmp_path):
    out = tmp_path / "numbers.json"
    options = ["transport", volume, "--conducting", "label1", "--axis", "all", "--tolerance", "1e-5"]
    done, _ = mpiexec(count, "-m", "microsim", *options, "--backend", "mpi", "--json", out)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and done.stdout.count("tau") == 1  # one rank speaks
    found, alone = json.loads(out.read_text()), tortuosity(str(volume), "label1", "all", tolerance=1e-5)
    for name, one in alone.axes.items():
        assert found["axes"][name]["tau"] == pytest.approx(one.tau, rel=1e-8)
        assert found["axes"][name]["iterations"] == one.iterations
        each = found["ranks"]["axes"][name]
        assert sum(each["planes"]) == alone.grid.shape["xyz".index(name)]
        assert len(each["bytes_sent"]) == count and min(each["bytes_sent"]) > 0
    assert found["voxels"] == alone.grid.voxels


@over_mpi
def test_all_say_once_what_is_wrong_with_the_input(volume):
    options = ["transport", volume, "--conducting", "absent", "--backend", "mpi"]
    done, _ = mpiexec(2, "-m", "microsim", *options)
    assert done.returncode == 2 and done.stderr.count("expected one of the phases") == 1


ONE_FAILS = """
import os, sys
from microsim.base import launch
launch.PATIENCE = 0.3
from microsim.cli import main
from microsim.jobs import transport_ranks
from microsim.numerics import slab
inner, rank = slab.RankSlab.with_ghosts, os.environ["PMI_RANK"]
def broken(self, values):
    if rank == "1":
        {what}
    return inner(self, values)
slab.RankSlab.with_ghosts = broken
sys.exit(main(sys.argv[1:]))
"""


@over_mpi
@pytest.mark.parametrize(
    "what, words, code",
    [
        ("raise slab.InputError('the disk of rank 1 is gone')", "microsim: the disk of rank 1 is gone", 2),
        ("raise RuntimeError('a fault')", "RuntimeError: a fault", 1),
        ("os.kill(os.getpid(), 9)", "microsim: a rank was killed from outside", 9),
    ],
)
def test_a_rank_that_ends_alone_ends_all(volume, tmp_path, what, words, code):
    script = tmp_path / "one_fails.py"
    script.write_text(ONE_FAILS.format(what=what))
    done, seconds = mpiexec(2, script, "transport", volume, "--conducting", "label1", "--backend", "mpi")
    assert done.returncode == code and seconds < 30
    assert words in done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("microsim: ") == words.startswith("microsim")
    assert (done.stdout + done.stderr).count(words) == 1 and "tau" not in done.stdout


KILLED = """
import os, sys
from microsim.cli import main
from microsim.jobs import rank_checkpoint
rank_checkpoint.RankCheckpoint.__init__.__defaults__ = (False, 0.0)
call, times = rank_checkpoint.Keeper.__call__, []
def watched(self, u):
    times.append(call(self, u))
    if self.axis == "y" and len(times) > {after} and os.environ["PMI_RANK"] == "1":
        os.kill(os.getpid(), 9)
rank_checkpoint.Keeper.__call__ = watched
sys.exit(main(sys.argv[1:]))
"""


@over_mpi
def test_a_solve_of_which_a_rank_was_killed_goes_on(volume, tmp_path):
    script, folder, out = tmp_path / "killed.py", tmp_path / "kept", tmp_path / "numbers.json"
    alone = tortuosity(str(volume), "label1", "all", tolerance=1e-5).axes
    options = ["transport", volume, "--conducting", "label1", "--axis", "all", "--tolerance", "1e-5"]
    options += ["--backend", "mpi", "--checkpoint", folder]
    script.write_text(KILLED.format(after=alone["x"].iterations + 4))
    done, _ = mpiexec(2, script, *options)
    assert done.returncode == 9 and f"--resume beside --checkpoint {folder}" in done.stderr
    names = sorted(path.name for path in (folder / ".transport").iterdir())
    assert "x.json" in names and sum(name.startswith("y.") for name in names) >= 2
    done, _ = mpiexec(2, "-m", "microsim", *options, "--resume", "--tolerance", "1e-4")
    assert done.returncode == 2 and "with the tolerance 1e-05, got 0.0001" in done.stderr
    done, _ = mpiexec(2, "-m", "microsim", *options, "--resume", "--json", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())["axes"]
    for name in alone:
        assert found[name]["tau"] == pytest.approx(alone[name].tau, rel=2e-5)
    assert found["x"]["iterations"] == alone["x"].iterations
    assert found["y"]["iterations"] < alone["y"].iterations  # it did not begin anew
    assert not any(folder.iterdir())


@pytest.mark.parametrize(
    "options, words",
    [({"resume": True}, "--resume: expected the folder"), ({"checkpoint": "d"}, "--backend mpi")],
)
def test_a_checkpoint_is_for_ranks(options, words):
    grid = VoxelGrid(np.ones((16, 4, 4), np.uint8), ("am", "pore"), 1e-6)
    with pytest.raises(InputError, match=words):
        tortuosity(grid, "pore", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"tensor": True},
        {"flux": True},
        {"keep_fields": True},
        {"discretisation": True},
        {"sides": "periodic"},
        {"interface": "smooth"},
    ],
)
def test_what_ranks_do_not_share_is_refused(options):
    grid = VoxelGrid(np.ones((16, 4, 4), np.uint8), ("am", "pore"), 1e-6)
    with pytest.raises(InputError, match="which ranks of MPI do not share yet"):
        tortuosity(grid, "pore", backend="mpi", **options)


def test_what_each_rank_did_is_told_in_rows():
    each = {key: [1.0, 2.0] for key in EACH}
    ranks = {"rank": 0, "count": 2, "axes": {"x": {**each, "processor_seconds": [0.5, 0.75]}}}
    assert ranks_told(ranks)["axes"]["x"]["planes"] == [1, 2]
    table = ranks_table(ranks)
    assert [dict(zip(table.header, row))["processor_seconds"] for row in table.rows] == [0.5, 0.75]
