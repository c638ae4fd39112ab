"""A run that was interrupted goes on and ends with the same numbers."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError, NotConverged
from microsim.base.locks import alone_in
from microsim.base.records import to_plain
from microsim.case.case import load_case
from microsim.cell.experiment import Experiment
from microsim.cli import main
from microsim.jobs.checkpoint import Checkpoint
from microsim.jobs.origin import origin_of
from microsim.jobs.run import run
from microsim.volumes.fields import read_field, read_times

CASE = Path(__file__).parents[2] / "cases" / "dfn_chen2020.yaml"
SETTINGS = [
    "volume.slab.cells=12",
    "cell.shells=10",
    (
        "protocol=[Discharge at 1C for 15 minutes, Hold at 3.9 V until C/5, Rest for 5 minutes, Discharge at"
        " 1C until 3.6 V]"
    ),
    "output.checkpoint_s=0",
]


class Killed(BaseException):
    """What no handler catches."""


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):
    from microsim.report.pages import run as page

    monkeypatch.setattr(page, "write", lambda *args, **kwargs: None)


def interrupted(monkeypatch, case, out, after, **options):
    """Run until `after` time steps have been accepted; tell whether it was interrupted."""
    steps = 0
    original = Experiment._accept

    def accept(self, *args):
        nonlocal steps
        steps += 1
        if steps > after:
            raise Killed
        return original(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(Experiment, "_accept", accept)
        try:
            run(case, out, **options)
        except Killed:
            return True
    return False


def curve(folder):
    rows = list(csv.DictReader((folder / "voltage.csv").open()))
    return np.array([[float(value) for value in row.values()] for row in rows])


def test_five_interruptions_change_nothing(tmp_path, monkeypatch):
    case = load_case(CASE, SETTINGS)
    run(case, tmp_path / "whole")
    broken, resume = tmp_path / "broken", False
    for after in (7, 25, 31, 4, 40):
        assert interrupted(monkeypatch, case, broken, after, resume=resume)
        assert not (broken / "result.json").exists() and not (broken / "fields.h5").exists()
        resume = True
    run(case, broken, resume=True)
    one, other = (json.loads((folder / "result.json").read_text()) for folder in (tmp_path / "whole", broken))
    assert np.allclose(curve(broken), curve(tmp_path / "whole"), rtol=1e-6, atol=1e-12)
    for key in ("capacity_mAh_g", "time_steps", "newton_iterations"):
        assert other[key] == pytest.approx(one[key], rel=1e-6), key
    assert [p["step"] for p in other["profiles"]] == [p["step"] for p in one["profiles"]]
    assert [s["end_reason"] for s in other["steps"]] == [s["end_reason"] for s in one["steps"]]
    times = [read_times(folder / "fields.h5") for folder in (tmp_path / "whole", broken)]
    assert np.allclose(times[0][0], times[1][0], rtol=1e-6) and list(times[0][1]) == list(times[1][1])
    for k in range(len(times[0][0])):
        a, b = (read_field(folder / "fields.h5", "sto", k)[0] for folder in (tmp_path / "whole", broken))
        assert np.allclose(a, b, atol=1e-6)
    assert sorted(path.name for path in broken.iterdir()) == sorted(
        path.name for path in (tmp_path / "whole").iterdir()
    )


@pytest.mark.parametrize("after", [0, 5])
def test_ctrl_c_says_how_a_run_goes_on_where_it_does(tmp_path, monkeypatch, capsys, after):
    """Once a checkpoint is there, which the first moment leaves; before, there is nothing to go on from."""
    steps, original = iter(range(99)), Experiment._accept
    how = "; the same command with --resume goes on from its last checkpoint" if after else ""

    def accept(self, *args):
        if next(steps) >= after:
            raise KeyboardInterrupt
        return original(self, *args)

    line = ["run", str(CASE), "--out", str(tmp_path), *(word for one in SETTINGS for word in ("--set", one))]
    with monkeypatch.context() as patched:
        patched.setattr(Experiment, "_accept", accept)
        if not after:
            patched.setattr(Checkpoint, "keep_state", lambda *args, **how: None)
        assert main(line) == 130
    assert capsys.readouterr().err == f"microsim: interrupted by Ctrl-C{how}.\n"
    if after:
        assert main([*line, "--resume"]) == 0


def test_only_the_same_case_is_resumed(tmp_path, monkeypatch):
    case = load_case(CASE, SETTINGS)
    with pytest.raises(InputError, match="expected an interrupted run"):
        run(case, tmp_path, resume=True)
    assert interrupted(monkeypatch, case, tmp_path, 5)
    with pytest.raises(InputError, match="got one that differs: the case has changed"):
        run(load_case(CASE, [*SETTINGS, "cell.temperature_K=300"]), tmp_path, resume=True)
    run(case, tmp_path)  # from the start: what was left goes
    assert not (tmp_path / ".resume").exists()


def test_a_mistake_leaves_no_checkpoint(tmp_path):
    settings = [*SETTINGS[:2], "protocol=[Discharge at 200C until 4.2 V, Discharge at 300C until 4.2 V]"]
    with pytest.raises(InputError, match="expected to reach"):
        run(load_case(CASE, settings), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_file_of_the_case_is_not_resumed(tmp_path, monkeypatch):
    """The case's text is the same; what its profile says is not."""
    drive = tmp_path / "drive.csv"
    drive.write_text("0,0\n5,1\n20,1\n")
    case = load_case(CASE, [*SETTINGS[:2], SETTINGS[3], f"protocol=[{{profile: {drive}}}]"])
    assert interrupted(monkeypatch, case, tmp_path / "out", 5)
    drive.write_text("0,0\n5,2\n20,2\n")
    with pytest.raises(InputError, match=r"differs: drive\.csv \(protocol\.0\.profile\) has changed; undo"):
        run(case, tmp_path / "out", resume=True)
    drive.write_text("0,0\n5,1\n20,1\n")
    assert run(case, tmp_path / "out", resume=True).numbers()["steps"][0]["time_s"] == pytest.approx(20)


def test_killed_while_fields_are_written(tmp_path, monkeypatch):
    """A file cut short under its temporary name, or complete but newer than the state, changes nothing."""
    case = load_case(CASE, SETTINGS)
    whole = run(case, tmp_path / "whole").numbers()
    original = Checkpoint.keep_fields

    def torn(self, time_s, step, fields, number):
        if len(self.sums) == 2:
            original(self, time_s, step, fields, number)  # stored, but in no state yet
            (self.folder / ".fields_0003.npz.1.part").write_bytes(b"PK")
            raise Killed
        original(self, time_s, step, fields, number)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "keep_fields", torn)
        with pytest.raises(Killed):
            run(case, tmp_path / "broken")
    again = run(case, tmp_path / "broken", resume=True).numbers()
    assert again["capacity_mAh_g"] == whole["capacity_mAh_g"] and again["time_steps"] == whole["time_steps"]
    times = [read_times(tmp_path / name / "fields.h5") for name in ("whole", "broken")]
    assert list(times[0][0]) == list(times[1][0])
    assert not (tmp_path / "broken" / ".resume").exists()


def test_a_checkpoint_that_cannot_be_read_is_a_sentence(tmp_path, monkeypatch):
    case = load_case(CASE, SETTINGS)
    assert interrupted(monkeypatch, case, tmp_path, 5)
    state = tmp_path / ".resume" / "state.npz"
    for content in (b"", state.read_bytes()[:200]):
        state.write_bytes(content)
        with pytest.raises(InputError, match="expected a complete checkpoint"):
            run(case, tmp_path, resume=True)


def test_a_finished_run_is_not_resumed(tmp_path):
    case = load_case(CASE, SETTINGS)
    run(case, tmp_path)
    before = (tmp_path / "result.json").read_bytes()
    with pytest.raises(InputError, match="got a finished one"):
        run(case, tmp_path, resume=True)
    assert (tmp_path / "result.json").read_bytes() == before


@pytest.fixture
def broken_off(tmp_path, monkeypatch):
    """A case, and the folder of a run of it that was interrupted."""
    case = load_case(CASE, SETTINGS)
    assert interrupted(monkeypatch, case, tmp_path / "out", 5)
    return case, tmp_path / "out"


def test_no_byte_of_a_checkpoint_can_be_another_without_a_word(broken_off):
    """A flipped byte is a sentence, or lies where nothing is read; numbers never change."""
    case, out = broken_off
    whole = (out / ".resume" / "state.npz").read_bytes()
    plain, arrays = to_plain(Checkpoint(out, origin_of(case)).read()[0])
    for place in np.linspace(0, len(whole) - 1, 40).astype(int):
        damaged = bytearray(whole)
        damaged[place] ^= 0x5A
        (out / ".resume" / "state.npz").write_bytes(damaged)
        checkpoint = Checkpoint(out, origin_of(case))
        try:
            kept, _ = checkpoint.read()
        except InputError as error:
            assert "--resume: expected" in str(error) and "leave --resume out" in str(error)
        else:
            same, others = to_plain(kept)
            assert same == plain and all(np.array_equal(others[key], arrays[key]) for key in arrays)


def _flipped(path):
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0x5A
    path.write_bytes(whole)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A case, and the folder of a run of it that stopped after some fields were stored."""
    case, out = (
        load_case(CASE, [*SETTINGS, "output.times=[0.01, 0.02, 0.05]"]),
        tmp_path_factory.mktemp("stopped") / "out",
    )
    with pytest.MonkeyPatch.context() as patched:
        assert interrupted(patched, case, out, 14)
    return case, out


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:300]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a byte": _flipped,
    "its neighbour": lambda path: path.write_bytes(path.with_name("fields_0000.npz").read_bytes()),
    "another run's": lambda path: np.savez(
        path, **{**np.load(path), "sto": np.load(path)["sto"] * 0 + np.float32(0.5)}
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_fields_that_this_run_did_not_write_are_not_taken(stopped, tmp_path, damage):
    case, out = stopped
    shutil.copytree(out, tmp_path / "out")
    path = tmp_path / "out" / ".resume" / "fields_0001.npz"
    damage(path)
    with pytest.raises(InputError, match="--resume: expected .*fields_0001.npz, which this run wrote, got"):
        run(case, tmp_path / "out", resume=True)
    assert path.with_name("state.npz").is_file()


def test_a_file_of_something_else_in_place_of_a_checkpoint_is_a_sentence(broken_off):
    case, out = broken_off
    for content in ({"a": np.zeros(3)}, {"plain": "[1]"}, {"plain": '{"origin": 3, "stored": "x"}'}):
        np.savez(out / ".resume" / "state.npz", **content)
        with pytest.raises(InputError, match="--resume: expected"):
            run(case, out, resume=True)


def test_a_checkpoint_of_another_build_is_not_taken(broken_off, monkeypatch):
    from microsim.jobs import origin

    monkeypatch.setattr(origin, "build", lambda: "another")
    with pytest.raises(InputError, match=r"microsim has changed from .* to .*\(build another\)"):
        run(broken_off[0], broken_off[1], resume=True)


def test_files_of_others_stay(broken_off):
    case, out = broken_off
    ours = [out / ".fields.h5.77.part", out / ".resume" / ".state.npz.77.part"]
    others = [out / ".video.mp4.77.part", out / "notes.part", out / ".resume" / "notes.txt"]
    for path in (*ours, *others):
        path.write_text("")
    run(case, out)
    assert [path.name for path in others if not path.exists()] == []
    assert [path.name for path in ours if path.exists()] == []


def test_a_run_that_does_not_converge_leaves_no_older_result(tmp_path, monkeypatch):
    from microsim.analysis import effective

    def fails(*args):
        raise NotConverged("expected convergence", [1.0])

    case = load_case(CASE, SETTINGS)
    run(case, tmp_path / "out")
    assert (tmp_path / "out" / "result.json").is_file()
    monkeypatch.setattr(effective, "effective_transport", fails)
    with pytest.raises(NotConverged):
        run(case, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_run_in_a_folder_where_one_works_is_refused_and_takes_nothing(broken_off):
    case, out = broken_off
    with alone_in(out):
        before = sorted(path.name for path in (out / ".resume").iterdir())
        with pytest.raises(InputError, match="no other run works"):
            run(case, out)
        assert sorted(path.name for path in (out / ".resume").iterdir()) == before != []
