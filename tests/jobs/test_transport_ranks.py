"""tau of one volume on the ranks of MPI: the command, and what becomes of a rank that fails."""

import json
import time

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.transport import tortuosity
from microsim.jobs.transport_ranks import EACH, ranks_table, ranks_told
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import read_field

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
@pytest.mark.parametrize("count", [2, 3])
def test_the_ranks_write_the_fields_of_one_process(volume, count, tmp_path):
    def options(name):
        files = ["--fields", tmp_path / f"{name}.h5", "--json", tmp_path / f"{name}.json"]
        return ["transport", volume, "--conducting", "label1", *WHAT, *files]

    assert main([str(word) for word in options("one")]) == 0
    done, _ = mpiexec(count, "-m", "microsim", *options("ranks"), "--backend", "mpi")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("fields: ") == 1
    with h5py.File(tmp_path / "one.h5") as one, h5py.File(tmp_path / "ranks.h5") as ranks:
        assert_same_file(one, ranks)
    for name in (f"{kind}_{axis}" for axis in "xyz" for kind in ("potential", "flux_x", "flux_y", "flux_z")):
        (alone, *about), (found, *also) = (read_field(tmp_path / f"{f}.h5", name) for f in ("one", "ranks"))
        assert about == also
        np.testing.assert_allclose(found, alone, rtol=0, atol=3e-6 * np.nanmax(np.abs(alone)))
    flux, shared = (json.loads((tmp_path / f"{file}.json").read_text())["flux"] for file in ("one", "ranks"))
    for name in "xyz":
        expected, found = flux[name].pop("histogram"), shared[name].pop("histogram")
        assert shared[name] == pytest.approx(flux[name], rel=1e-6)
        assert found["share"] == pytest.approx(expected["share"], abs=1e-4)
    assert len(list(tmp_path.iterdir())) == 4


WHAT = ["--axis", "all", "--tolerance", "1e-5", "--flux"]


def assert_same_file(one, other):
    """Two HDF5 files have the same items, attributes and types; numbers that are no fields are equal."""
    names = [[], []]
    for file, found in zip((one, other), names):
        file.visit(found.append)
    assert names[0] == names[1] and len(names[0]) > 20
    for name in ["/", *names[0]]:
        assert sorted(one[name].attrs) == sorted(other[name].attrs)
        for key, value in one[name].attrs.items():
            np.testing.assert_array_equal(value, other[name].attrs[key])
        if isinstance(one[name], h5py.Dataset):
            data = one[name], other[name]
            for about in ("shape", "dtype", "chunks", "compression", "shuffle", "fillvalue"):
                np.testing.assert_equal(*(getattr(part, about) for part in data))
            if one[name].dtype.kind != "f":
                np.testing.assert_array_equal(one[name][...], other[name][...])


WRITING = """
import os, sys
from microsim.cli import main
from microsim.transport import shared_flux
gathered, rank = shared_flux.SharedFlux.gathered, os.environ["PMI_RANK"]
from microsim.volumes import fields
fields.CHUNK_BYTES = 4 * 10 * 30 * 52  # ten layers at a time
def killed(self, first, stop):
    if first == 20 and rank == "{rank}":
        {what}
    return gathered(self, first, stop)
shared_flux.SharedFlux.gathered = killed
sys.exit(main(sys.argv[1:]))
"""


@over_mpi
@pytest.mark.parametrize(
    "rank, what, code, words",
    [
        (0, "os.kill(os.getpid(), 9)", 9, "a rank was killed from outside"),
        (1, "os.kill(os.getpid(), 9)", 9, "a rank was killed from outside"),
        (0, "raise OSError(28, 'No space left on device')", 2, "No space left on device"),
    ],
)
def test_a_rank_that_ends_while_fields_are_written_leaves_no_file(volume, tmp_path, rank, what, code, words):
    script, folder = tmp_path / "writing.py", tmp_path / "out"
    folder.mkdir()
    (folder / "fields.h5").write_text("an earlier one")
    script.write_text(WRITING.format(rank=rank, what=what))
    options = ["transport", volume, "--conducting", "label1", "--backend", "mpi"]
    done, seconds = mpiexec(2, script, *options, "--fields", folder / "fields.h5")
    assert done.returncode == code and seconds < 30
    assert (done.stdout + done.stderr).count(words) == 1
    wait_for(lambda: [path.name for path in folder.iterdir()] == ["fields.h5"])
    assert (folder / "fields.h5").read_text() == "an earlier one"


def wait_for(true, seconds=5):
    """The process beside the first rank may take a moment longer than mpiexec."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@over_mpi
def test_fields_of_several_pieces_and_of_axes_done_before_a_kill(volume, tmp_path):
    script, folder, path = tmp_path / "killed.py", tmp_path / "kept", tmp_path / "fields.h5"
    options = ["transport", volume, "--conducting", "label1", "--axis", "all", "--tolerance", "1e-5"]
    options += ["--backend", "mpi", "--checkpoint", folder, "--fields", path]
    script.write_text(KILLED.format(after=3))
    done, _ = mpiexec(2, script, *options)
    assert done.returncode == 9
    assert len(list((folder / ".transport").glob("x.done.*.npy"))) == 2 and not path.exists()
    script.write_text(WRITING.format(rank=0, what="pass"))
    done, _ = mpiexec(2, script, *options, "--resume")
    assert done.returncode == 0, done.stderr
    alone = tortuosity(str(volume), "label1", "all", tolerance=1e-5, keep_fields=True)
    for name in "xyz":
        found, expected = read_field(path, f"potential_{name}")[0], alone.axes[name].potential
        np.testing.assert_allclose(found, expected, atol=1e-3 if name == "y" else 3e-6)
    assert not any(folder.iterdir())


@over_mpi
def test_where_nothing_percolates_there_are_no_fields(tmp_path):
    image = np.ones((24, 6, 6), np.uint8)
    image[12] = 0
    np.save(tmp_path / "v.npy", image)
    options = ["transport", tmp_path / "v.npy", "--conducting", "label1", "--backend", "mpi", "--flux"]
    done, _ = mpiexec(2, "-m", "microsim", *options, "--fields", tmp_path / "f.h5")
    assert done.returncode == 2 and done.stderr.count("--fields: expected a conductor") == 1
    done, _ = mpiexec(2, "-m", "microsim", *options)
    assert done.returncode == 0 and "constrictivity" in done.stdout


@over_mpi
def test_a_page_is_for_one_process(volume, tmp_path):
    options = ["transport", volume, "--conducting", "label1", "--backend", "mpi", "--voxel-size-nm", "40"]
    done, _ = mpiexec(2, "-m", "microsim", *options, "--out", tmp_path / "page")
    assert done.returncode == 2 and done.stderr.count("expected cpu with --out (or --report)") == 1


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
    "options", [{"tensor": True}, {"discretisation": True}, {"sides": "periodic"}, {"interface": "smooth"}]
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
