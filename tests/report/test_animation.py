"""Films of a stored field: one frame a time, the colours of the values, plain words where ffmpeg is
missing."""

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageSequence

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.report import animation
from microsim.report.animation import write_animation
from microsim.volumes.fields import read_field


def test_gif_has_a_frame_for_each_time(run, tmp_path):
    told = []
    frames, width, height = write_animation(
        tmp_path / "a.gif", run["fields_path"], progress=lambda *step: told.append(step)
    )
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == frames == 4 and film.size == (width, height)
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
        pixels = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(film)]
    assert durations[-1] > 5 * durations[0] and durations[0] == pytest.approx(125, abs=10)
    inner = [p[height // 4 : height // 2, width // 4 : width // 2] for p in pixels]  # without title and axes
    assert all(np.abs(a - b).max() > 30 for a, b in zip(inner[1:], inner[:-1]))
    assert told[-1][:2] == (4, 4)


def test_planes_and_their_deviation(run):
    plain = animation._planes(run["fields_path"], "sto", 4, 2, 3, False, None)[0]
    deviation = animation._planes(run["fields_path"], "sto", 4, 2, 3, True, None)[0]
    shift = plain - deviation
    for k in range(4):
        inside = np.isfinite(shift[k])
        assert np.ptp(shift[k][inside]) < 1e-12
        mean = np.nanmean(read_field(run["fields_path"], "sto", k)[0], dtype=float)
        assert shift[k][inside][0] == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"path": "a.avi"}, ".gif or .mp4"), ({"name": "temperature"}, "phi_s, sto"), ({"layer": 99}, "0 to 9")],
)
def test_mistakes(run, tmp_path, arguments, said):
    path = tmp_path / arguments.pop("path", "a.gif")
    with pytest.raises(InputError, match=said):
        write_animation(path, run["fields_path"], **arguments)
    assert not list(tmp_path.iterdir())


def test_mp4_without_ffmpeg_is_a_plain_sentence(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(animation, "find_ffmpeg", lambda: None)
    assert main(["animate", str(run["fields_path"]), "--out", str(tmp_path / "a.mp4")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "ffmpeg" in said and ".gif" in said
    assert not list(tmp_path.iterdir())


def test_mp4_pipes_the_frames(tmp_path, monkeypatch):
    seen = {}

    def ran(command, input, **more):
        seen.update(command=command, bytes=len(input))
        failed = seen.get("code", 0)
        return subprocess.CompletedProcess(command, failed, b"", b"no such encoder\n" * failed)

    monkeypatch.setattr(subprocess, "run", ran)
    frames = [np.zeros((4, 6, 3), np.uint8)] * 3
    animation._write_mp4("ffmpeg", tmp_path / "a.mp4", frames, 5)
    assert seen["bytes"] == 3 * 4 * 6 * 3 and "6x4" in seen["command"]
    seen["code"] = 1
    with pytest.raises(InputError, match="no such encoder"):
        animation._write_mp4("ffmpeg", tmp_path / "a.mp4", frames, 5)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")
def test_mp4(run, tmp_path):
    write_animation(tmp_path / "a.mp4", run["fields_path"])
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"


def test_command(run, tmp_path, capsys):
    code = main(
        [
            "animate",
            str(run["fields_path"].parent),
            "--field",
            "c_e",
            "--axis",
            "y",
            "--deviation",
            "--out",
            str(tmp_path / "a.gif"),
            "--json",
            "-",
        ]
    )
    assert code == 0 and '"frames": 4' in capsys.readouterr().out
    assert main(["animate", str(run["fields_path"]), "--axis", "w"]) == 2
