"""A study of 24 slab cases and one of 4 resolved ones: plain processes, a cluster, a worker of it killed."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORKERS = 2
KILLS = 2  # of a worker, then of its successor
# what docs/scale.md names for workers: Dask looks at itself less often
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}

SLABS = f"""\
title: 24 slabs
base: {ROOT}/cases/dfn_xu2019.yaml
set: {{output.times: 2, volume.slab.cells: 40}}
sweep:
  c_rate: [0.25, 0.5, 1, 2]
  volume.slab.thickness_um: [42, 84]
  cell.materials.cathode.active.D_s_m2_s: [1.0e-15, 2.0e-15, 4.0e-15]
"""
RESOLVED = f"""\
title: 4 resolved electrodes
base: {ROOT}/cases/demo.yaml
set: {{compare: null, output.times: 2, output.checkpoint_s: 5, volume.crop: {{y: [0, 24], z: [0, 24]}}}}
sweep:
  c_rate: [0.5, 1]
  cell.materials.am.i0_A_m2: [1, 2]
"""


@dataclass(frozen=True)
class Study:
    """What a study took: the processor time of all its processes, s, and that of scheduler and workers
    themselves; the voltages it wrote, case by case."""

    seconds: float
    curves: dict
    dask: float = 0.0


def studies_on_a_cluster(options):
    """Print what each study takes on two workers beside plain processes, and whether kills change a digit."""
    print("\nStudies, processor seconds with their cases; Dask: what scheduler and workers took of them")
    print(f"{'study':24}{'processes':>11}{'cluster':>9}{'more':>8}{'Dask':>7}  voltages, {KILLS} kills too")
    for text in (SLABS, RESOLVED):
        with tempfile.TemporaryDirectory() as folder:
            print(_row(text, Path(folder), 3 if options.full else 1), flush=True)


def _row(text, folder, pairs):
    file = folder / "study.yaml"
    file.write_text(text, encoding="utf-8")
    plain, cluster = [], []
    for pair in range(pairs):
        ways = [(plain, _plain), (cluster, _on_cluster)]
        for found, way in ways if pair % 2 == 0 else reversed(ways):
            found.append(way(file, folder / f"{way.__name__}{pair}"))
    killed = _on_cluster(file, folder / "killed", KILLS)
    same = all(one.curves == plain[0].curves for one in (*plain, *cluster, killed))
    here, there = (min(found, key=lambda one: one.seconds) for found in (plain, cluster))
    name = text.splitlines()[0].removeprefix("title: ")
    told = f"{len(killed.curves)} curves, {'the same bytes' if same else 'NOT THE SAME'}"
    more = 100 * (there.seconds / here.seconds - 1)
    return f"{name:24}{here.seconds:11.1f}{there.seconds:9.1f}{more:+7.1f}%{there.dask:7.1f}  {told}"


def _plain(file, out):
    """Run a study as plain processes of this machine."""
    return _study(file, out)


def _on_cluster(file, out, kills=0):
    """Run a study on a scheduler and two workers that are started for it, one of them killed some times."""
    from distributed import Client  # extra `cluster`, not needed by the other benchmarks

    address = f"tcp://127.0.0.1:{_free_port()}"
    scheduler = _dask("scheduler", "--host", address, "--no-dashboard")
    workers = [_worker(address) for _ in range(WORKERS)]
    try:
        with Client(address) as client:
            client.wait_for_workers(WORKERS)
        standing, before = _own_seconds(scheduler, *workers), _spent()
        study = _study(file, out, address, lambda: _kill(workers, address), kills)
        dask = _own_seconds(scheduler, *workers) - standing
    finally:
        for process in (*workers, scheduler):
            process.terminate()
            process.wait()
    return Study(_spent() - before - standing, study.curves, dask)


def _study(file, out, address=None, kill=None, kills=0):
    words = ["--scheduler", address] if address else ["--processes", str(WORKERS), "--threads", "1"]
    before = _spent()
    command = [sys.executable, "-m", "microsim", "study", str(file), "--out", str(out), *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for kill_number in range(kills):
        _wait_for_cases(process, out, 1 + 2 * kill_number)
        time.sleep(3)  # into the case, whose first seconds start Python
        kill()
    if process.wait():
        raise RuntimeError(f"the study in {out} failed")
    curves = {file.parent.name: file.read_bytes() for file in out.glob("*/voltage.csv")}
    return Study(_spent() - before, curves)


def _wait_for_cases(process, out, number):
    """Wait until a study has begun some cases."""
    while len(list(out.glob("*/"))) < number:
        if process.poll() is not None:
            raise RuntimeError(f"the study in {out} ended before its worker was killed")
        time.sleep(0.1)


def _kill(workers, address):
    """Kill the last worker, SIGKILL, and start another in its place."""
    workers[-1].send_signal(signal.SIGKILL)
    workers[-1].wait()
    workers[-1] = _worker(address)


def _worker(address):
    return _dask("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0")


def _dask(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        env=os.environ | QUIET,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _own_seconds(*processes):
    """Return the processor seconds of processes that run, without those of their children."""
    import psutil  # comes with distributed

    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def _spent():
    """Return the processor seconds of all processes that ended below this one."""
    times = os.times()
    return times.children_user + times.children_system
