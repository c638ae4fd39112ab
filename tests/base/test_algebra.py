"""Dense linear algebra on one thread while a job runs, and as before afterwards."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import json, numpy
from threadpoolctl import threadpool_info
from microsim.jobs.job import job

def threads():
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

@job
def count():
    return threads()

import scipy.linalg
before = threads()
print(json.dumps([before, count(), threads()]))
"""


# numpy is loaded before the environment asks for one thread: by the command line, or by whoever calls it
LATE = {
    "main": "from microsim.cli import main; main(['--version'])",
    "a script": "import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'",
}


def threads_of(script):
    """Run a script without the variables by which these tests may be kept to few threads; its last line."""
    env = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    return json.loads(done.stdout.splitlines()[-1])


def test_a_job_keeps_the_library_to_one_thread_and_gives_it_back():
    before, within, after = threads_of(SCRIPT)
    assert before and set(within) == {1} and after == before


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_a_variable_that_comes_after_numpy_is_not_taken_for_one_thread(late):
    if max(threads_of(SCRIPT)[0]) < 2:
        pytest.skip("the library takes one thread here by itself (one processor, or as it was built)")
    before, within, after = threads_of(SCRIPT.replace("import scipy.linalg", f"{late}\nimport scipy.linalg"))
    assert max(before) > 1 and set(within) == {1} and after == before
