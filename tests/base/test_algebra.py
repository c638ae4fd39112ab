"""Dense linear algebra on one thread while a job runs, and as before afterwards."""

import json
import os
import subprocess
import sys

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


def test_a_job_keeps_the_library_to_one_thread_and_gives_it_back():
    env = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=env)
    before, within, after = json.loads(done.stdout)
    assert before and set(within) == {1} and after == before
