"""What a studio says of a job follows from what lies on disk, and from nothing else."""

import time

import pytest

from microsim.base.locks import locked

from .waiting import asked


def ended(record, code, err="", out=""):
    record.write("started.json", pid=1, time=time.time() - 5)
    (record.folder / "err.txt").write_text(err)
    (record.folder / "out.txt").write_text(out)
    record.write("ended.json", code=code, time=time.time())
    return record


@pytest.mark.parametrize(
    ("code", "err", "state", "sentence"),
    [
        (0, "", "done", ""),
        (
            2,
            "microsim: volume.file: expected a file, got x; name one.\n",
            "failed",
            "volume.file: expected a file",
        ),
        (3, "microsim: tau did not settle\n", "failed", "tau did not settle"),
        (130, "microsim: interrupted by Ctrl-C.\n", "stopped", "interrupted by Ctrl-C."),
        (-2, "Traceback\nKeyboardInterrupt\n", "stopped", "interrupted as it began"),
        (
            1,
            "Traceback ...\nZeroDivisionError: division by zero\n",
            "failed",
            "the program failed, which is its",
        ),
        (1, "", "failed", "the program failed, which is its fault and not yours: without a word"),
        (
            -9,
            "",
            "failed",
            "ended by the signal SIGKILL: most often the system's answer to too little memory",
        ),
        (-11, "", "failed", "ended by the signal SIGSEGV"),
    ],
)
def test_how_a_job_ended_is_told_in_its_sentence(place, code, err, state, sentence):
    record = ended(asked(place, "run", "case.yaml"), code, err)
    told = record.told()
    assert told["state"] == state and told["sentence"].startswith(sentence)
    assert bool(told["sentence"]) == bool(sentence)
    assert "division by zero" in told["sentence"] or "division" not in err


def test_a_job_that_was_stopped_at_once_did_not_fail(place):
    record = asked(place, "info", "labels.tif")
    record.write("stop.json", time=time.time())
    assert ended(record, -9).told()["sentence"] == "stopped at once" and record.state == "stopped"


def test_it_runs_as_long_as_its_lock_is_held(place):
    record = asked(place, "info", "labels.tif")
    assert record.state == "waiting"
    with locked(record.folder / "running"):
        record.write("started.json", pid=1, time=time.time())
        assert record.state == "running"
        record.write("stop.json", time=time.time())
        assert record.state == "stopping"
    assert record.state == "lost" and "killed, or the machine" in record.sentence()


def test_what_waits_is_taken_out_of_the_queue(place):
    record = asked(place, "info", "labels.tif")
    record.stop()
    assert record.state == "stopped" and record.sentence() == "taken out of the queue"


def test_time_left_follows_from_the_pace(place):
    record, now = asked(place, "run", "case.yaml"), time.time()
    with locked(record.folder / "running"):
        record.write("started.json", pid=1, time=now - 100)
        assert record.told()["progress"] == {}
        kept = {"done": 6, "total": 10, "message": "step 2", "begun": now - 20, "begun_done": 2, "time": now}
        record.write("progress.json", **kept)
        assert record.told()["progress"]["left_s"] == pytest.approx(20, abs=1)
        record.write("progress.json", **{**kept, "done": 2})
        assert "left_s" not in record.told()["progress"]


def test_a_run_goes_on_from_its_checkpoint(place):
    record = ended(asked(place, "run", "cases/a.yaml"), 130)
    assert record.resume_line() is None  # nothing is kept of it
    (place.root / "out" / "a" / ".resume").mkdir(parents=True) if not (place.root / "out").exists() else None
    place.root.joinpath("made", ".resume").mkdir(parents=True)
    place.root.joinpath("made", ".resume", "state.npz").write_text("")
    other = ended(asked(place, "run", "cases/a.yaml", "--out", "made"), 130)
    assert other.resume_line() == "microsim run cases/a.yaml --out made --resume"
    again = ended(asked(place, "run", "cases/a.yaml", "--out", "made", "--resume"), 130)
    assert again.resume_line() == "microsim run cases/a.yaml --out made --resume"
    assert ended(asked(place, "run", "cases/a.yaml", "--out", "made"), 0).resume_line() is None
    assert ended(asked(place, "study", "s.yaml"), 130).resume_line() == "microsim study s.yaml"
    assert ended(asked(place, "info", "labels.tif"), 130).resume_line() is None


def test_what_was_written_is_what_it_said_and_is_there(place):
    out = "demo\nlabels: labels.tif\nreport: out2/report.html\nfound: /etc/hostname\n"
    assert ended(asked(place, "segment", "grey.tif"), 0, out=out).told()["written"] == [
        ["labels", "labels.tif"]
    ]


def test_a_damaged_record_is_as_good_as_none(place):
    record = asked(place, "info", "labels.tif")
    (record.folder / "progress.json").write_text("{")
    assert record.read("progress.json") == {} and record.words == ["info", "labels.tif"]


def test_the_line_is_one_that_a_shell_takes(place):
    record = asked(place, "run", "a b.yaml", "--set", "protocol.0=Rest for 1 minute")
    assert record.told()["line"] == "microsim run 'a b.yaml' --set 'protocol.0=Rest for 1 minute'"


def test_what_a_job_doubts_of_its_result_is_told(place):
    record = ended(asked(place, "segment", "a.tif"), 0, out="doubt: overlap\ndoubt: noise\nlabels: l.tif\n")
    assert record.told()["doubts"] == ["overlap", "noise"]
