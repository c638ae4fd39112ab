"""What is free: of the machine, within a container's limits, within the process's; and the sentence."""

import ctypes
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.memory import available_memory, require_memory, return_freed

GIB = 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that lays out /proc and /sys/fs/cgroup; returns what is free there."""
    monkeypatch.delenv("MICROSIM_MEMORY_GB", raising=False)
    monkeypatch.setattr(resource, "getrlimit", lambda what: (resource.RLIM_INFINITY,) * 2)

    def laid_out(files):
        usual = {"proc/meminfo": "MemAvailable: 8388608 kB\n", "proc/self/statm": "0 0"}
        for name, text in {**usual, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return available_memory(tmp_path / "proc", tmp_path / "cgroup")

    return laid_out


def test_the_machine_alone(machine):
    assert machine({}) == 8 * GIB


def test_a_limit_of_version_2_above_the_process_s_own_group(machine):
    files = {
        "proc/self/cgroup": "0::/user/job\n",
        "cgroup/user/memory.max": f"{GIB}\n",
        "cgroup/user/memory.current": f"{GIB // 2}\n",
        "cgroup/user/memory.stat": f"anon 3\ninactive_file {GIB // 4}\n",
        "cgroup/user/job/memory.max": "max\n",
        "cgroup/user/job/memory.current": "5\n",
    }
    assert machine(files) == GIB // 2 + GIB // 4


def test_a_limit_of_version_1_at_the_root_that_a_container_sees(machine):
    files = {
        "proc/self/cgroup": "9:cpu:/x\n4:memory:/docker/abc\n",
        "cgroup/memory/memory.limit_in_bytes": str(GIB),
        "cgroup/memory/memory.usage_in_bytes": str(GIB // 4),
        "cgroup/memory/memory.stat": f"total_inactive_file {GIB // 8}\n",
    }
    assert machine(files) == GIB - GIB // 4 + GIB // 8


def test_a_limit_of_the_process(machine, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda what: (GIB, GIB))
    assert machine({"proc/self/statm": "100 50"}) == GIB - 100 * resource.getpagesize()


def test_what_is_stated_wins(machine, monkeypatch):
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "2.5")
    assert machine({}) == 2.5e9


@pytest.mark.parametrize("said", ["64 GB", "nan", "-1", "0"])
def test_what_is_stated_is_a_number(machine, monkeypatch, said):
    monkeypatch.setenv("MICROSIM_MEMORY_GB", said)
    with pytest.raises(InputError, match="MICROSIM_MEMORY_GB: expected a number"):
        machine({})


def test_the_sentence(monkeypatch):
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.9")
    require_memory(0.8e9, "big.npy")
    with pytest.raises(InputError, match=r"big\.npy: expected .* needs about 12 GB, 0\.9 GB free; crop"):
        require_memory(12.3e9, "big.npy")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library has no malloc_trim")
def test_what_was_freed_between_arrays_that_stay_goes_back_to_the_system():
    def held():
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    arrays = [np.ones(12_000) for _ in range(1000)]  # 96 kB each: on the heap, not mapped one by one
    del arrays[::2]
    before = held()
    return_freed()
    assert before - held() > 40e6 and all(array.sum() == 12_000 for array in arrays)


FAULTS = """
import resource
import sys
import numpy as np
from microsim.base.memory import keeping_freed


def zeroed():
    np.ones(10_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(10):
        np.ones(10_000_000)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_minflt - before.ru_minflt


with keeping_freed():
    print(zeroed())
print(zeroed())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has no mallopt")
def test_large_arrays_are_asked_for_once_where_what_is_freed_is_kept():
    """Pages that the system zeroes for ten arrays of 80 MB behind a first one, in a process of its own: what
    others have freed in this one would lie ready for them."""
    told = subprocess.run([sys.executable, "-c", FAULTS], stdout=subprocess.PIPE, text=True, check=True)
    within, outside = map(int, told.stdout.split())
    assert within < 0.1 * outside
