"""Processes of a study: kills, orphans and locks."""

import signal
import subprocess
import sys
import time

from microsim.jobs.study import study as run_study

from .studies import concentrations, statuses


def test_a_folder_in_which_an_orphan_works_is_waited_for(tmp_path, stand_in):
    out = tmp_path / "out"
    out.mkdir()
    (out / "slow").touch()
    path = concentrations(tmp_path, 1000)
    code = (
        "import sys; from microsim.jobs import study, study_crew; "
        "study_crew.COMMAND = (sys.executable, sys.argv[1]); study.study(sys.argv[2], sys.argv[3])"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(stand_in), str(path), str(out)])
    until = time.monotonic() + 60
    while not list(out.glob("*/starts")) and time.monotonic() < until:
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    result = run_study(path, out).numbers()
    assert statuses(result) == ["finished"]
    assert next(out.glob("*/starts")).read_text() == "fresh "  # the orphan's work was taken, not done twice
