"""A small volume that the tests of the jobs share, and what the command line says of it."""

import json

import numpy as np
from scipy import ndimage

from microsim.cli import main
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.read import read_volume
from microsim.volumes.volume import write_volume

PHASES = {"pore": 0, "am": 1, "cbd": 2}
SIZE = 4e-7  # m


def electrode(shape=(12, 11, 10)):
    """Half pore, a tenth binder, in clusters of a few voxels."""
    noise = ndimage.gaussian_filter(np.random.default_rng(4).random(shape), 1.5)
    labels = np.digitize(noise, np.quantile(noise, (0.5, 0.9))).astype(np.uint8)
    return VoxelGrid(labels, tuple(PHASES), SIZE)


def stored(grid, path):
    """Write a grid's labels; return the grid as the file is read, and the words for the command."""
    write_volume(path, grid.phase, voxel_size=grid.voxel_size)
    phases = dict(zip(grid.names, range(len(grid.names))))
    words = ["--phases", ",".join(f"{name}={label}" for name, label in phases.items())]
    return read_volume(path, phases), [str(path), *words]


def printed(capsys, *arguments):
    """Return what a command prints as JSON, without times and memory."""
    assert main([*map(str, arguments), "--json", "-"]) == 0
    return timeless(json.loads(capsys.readouterr().out))


def timeless(numbers):
    """Return numbers as JSON holds them, without times and memory."""
    from microsim.base.files import plain

    def kept(value):
        if isinstance(value, dict):
            return {k: kept(v) for k, v in value.items() if k not in ("seconds", "peak_memory_bytes")}
        return [kept(v) for v in value] if isinstance(value, list) else value

    return kept(plain(numbers))
