import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data():
    """The folder of public data that MICROSIM_DATA names."""
    folder = os.environ.get("MICROSIM_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("MICROSIM_DATA names no folder of public data")
    return Path(folder)
