"""The job export, in Python and as a command."""

import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.export import export_fields
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter


@pytest.fixture
def run(tmp_path):
    grid = VoxelGrid(np.zeros((3, 4, 5), np.uint8), ("am",), 1e-7)
    with FieldWriter(tmp_path / "run" / "fields.h5", grid, {"sto": "1"}) as fields:
        for k in range(2):
            fields.write(float(k), "Rest", {"sto": np.full(grid.shape, 0.1 * k)})
    return tmp_path / "run"


def test_the_command_is_the_job(run, tmp_path, capsys):
    assert main(["export", str(run), "--out", str(tmp_path / "f.vtkhdf"), "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": str(tmp_path / "f.vtkhdf"), "format": "VTKHDF", "fields": ["sto"], "times": 2}
    found = export_fields(run / "fields.h5", tmp_path / "g.vtkhdf")
    assert found.numbers() == told | {"file": str(tmp_path / "g.vtkhdf")} and "sto at 2 times" in found.title
    assert (tmp_path / "g.vtkhdf").read_bytes() == (run / "fields.h5").read_bytes()


def test_what_it_reads_is_not_written_over(run):
    with pytest.raises(InputError, match="ending on"):
        export_fields(run, "f.h5")
    assert main(["export", str(run / "fields.h5"), "--out", str(run / "fields.h5")]) == 2
    with pytest.raises(InputError, match="expected the name of a file"):
        export_fields(run, 3)
