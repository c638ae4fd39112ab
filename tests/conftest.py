import os
from pathlib import Path

# before NumPy: the waiting threads of its library make small dense solves 40 times slower on a busy machine
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings

# the same drawn examples in every run, so that a commit is red or green by itself;
# --hypothesis-profile=default draws new ones
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def data():
    """The folder of public data that MICROSIM_DATA names."""
    folder = os.environ.get("MICROSIM_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("MICROSIM_DATA names no folder of public data")
    return Path(folder)


@pytest.fixture(autouse=True)
def stays():
    """No test leaves the next one in another folder: relative names would fail there, by the order alone."""
    here = os.getcwd()
    yield
    there = os.getcwd()
    os.chdir(here)
    assert there == here
