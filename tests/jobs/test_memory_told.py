"""The memory that a case is told to take is what its run takes, in processes of their own."""

import os
import subprocess
import sys

import numpy as np
import pytest

from microsim.base import gallery
from microsim.case.build import planned_bytes
from microsim.case.case import load_case
from microsim.volumes.volume import read_voxels

DEMO = gallery.folder("cases") / "demo.yaml"
SHORT = ["--set", "protocol=[Discharge at C/2 for 1 s]", "--set", "compare=null"]
CORNER = ["--set", "volume.crop={x: [0, 16], y: [0, 16], z: [0, 16]}"]


def peak_of_a_run(out, *settings):
    """Run the demo's case with settings; return the largest memory that the process held (bytes)."""
    command = [sys.executable, "-m", "microsim", "run", str(DEMO), "--out", str(out), *SHORT, *settings]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_maxrss * 1024


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="tells the memory of a process in KiB on Linux"
)
def test_a_run_takes_the_memory_that_is_told(tmp_path):
    """Within 15 %, at 0.15 and 0.6 million voxels."""
    peak_of_a_run(tmp_path / "first", *CORNER)  # compiles what is not compiled yet, whose memory is not told
    case = load_case(DEMO)
    assert peak_of_a_run(tmp_path / "small") == pytest.approx(planned_bytes(case), rel=0.15)
    volume = read_voxels(str(case.locate(case.volume.file)))
    np.save(tmp_path / "tiled.npy", np.tile(volume.values, (1, 2, 2)))
    larger = f"volume.file={tmp_path / 'tiled.npy'}"
    told = planned_bytes(load_case(DEMO, [larger]))
    assert told - planned_bytes(case) > 3e8
    assert peak_of_a_run(tmp_path / "large", "--set", larger) == pytest.approx(told, rel=0.15)
