"""A small electrode as a file, and what a command says and draws about it."""

import json

import numpy as np
import pytest
from scipy import ndimage

from microsim.cli import main

NAMES = ["--phases", "pore=0,am=1,cbd=2", "--voxel-size-nm", "500"]


@pytest.fixture(scope="package")
def electrode(tmp_path_factory):
    """A file of 16 x 14 x 12 voxels of pore, active material and binder."""
    noise = ndimage.gaussian_filter(np.random.default_rng(4).random((16, 14, 12)), 1.5)
    path = tmp_path_factory.mktemp("volume") / "electrode.npy"
    np.save(path, np.digitize(noise, np.quantile(noise, (0.5, 0.9))).astype(np.uint8))
    return path


@pytest.fixture(scope="package")
def walled(electrode, tmp_path_factory):
    """The same with a wall across x."""
    labels = np.load(electrode)
    labels[8] = 1
    path = tmp_path_factory.mktemp("volume") / "wall.npy"
    np.save(path, labels)
    return path


@pytest.fixture(scope="package")
def page_of(tmp_path_factory):
    """Run a command on a volume; return the path of its page and its numbers."""

    def run(command, volume, *options):
        folder = tmp_path_factory.mktemp(command)
        numbers = folder / "numbers.json"
        out = "--report" if command in ("flow", "wetting") else "--out"
        assert main([command, str(volume), *NAMES, *options, out, str(folder), "--json", str(numbers)]) == 0
        return folder / "report.html", json.loads(numbers.read_text())

    return run
