"""The memory that a case is told to take is what its run takes, in processes of their own."""

import re
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


RUN = """
import sys
from microsim.cli import main
code = main()
print(open("/proc/self/status").read())
sys.exit(code)
"""


def peak_of_a_run(out, *settings):
    """Run the demo's case with settings; return the largest memory that the process held (bytes), as it tells
    itself: what a parent is told counts the parent's own where that started it without a copy of itself."""
    command = [sys.executable, "-c", RUN, "run", str(DEMO), "--out", str(out), *SHORT, *settings]
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", told.stdout)[1])


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="tells the largest memory of a process on Linux"
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
    assert told - planned_bytes(case) > 2.4e8
    assert peak_of_a_run(tmp_path / "large", "--set", larger) == pytest.approx(told, rel=0.15)
