"""The command particles: files, numbers, reports, refusals."""

import numpy as np
import pytest

from microsim.cli import main
from microsim.volumes.volume import read_voxels, write_volume

from ..commands import numbers, refusal


@pytest.fixture
def states(tmp_path):
    """Two touching spheres in binder, before and after: a plane crack in one, binder away from the other."""
    x = np.meshgrid(np.arange(60), np.arange(34), np.arange(34), indexing="ij", sparse=True)
    first = (x[0] - 17) ** 2 + (x[1] - 16.5) ** 2 + (x[2] - 16.5) ** 2 <= 169
    second = (x[0] - 42) ** 2 + (x[1] - 16.5) ** 2 + (x[2] - 16.5) ** 2 <= 160
    before = np.where(first | second, 2, 1).astype(np.uint8)
    before[:, 25:] = np.where(before[:, 25:] == 1, 0, before[:, 25:])
    after = before.copy()
    after[16:18] = np.where(before[16:18] == 2, 3, before[16:18])
    after[:, :12] = np.where(after[:, :12] == 1, 0, after[:, :12])
    for name, labels in (("before", before), ("after", after)):
        write_volume(tmp_path / f"{name}.tif", labels, voxel_size=1e-7)
    return tmp_path / "before.tif", tmp_path / "after.tif"


LABELS = ["--phases", "pore=0,cbd=1,am=2,crack=3"]


def test_particles_and_their_change(states, tmp_path, capsys):
    before, after = states
    found = numbers(["particles", after, *LABELS, "--against", before, "--maps", tmp_path / "maps"], capsys)
    alone = numbers(["particles", before, *LABELS], capsys)
    assert found["particles"]["count"] == 2 and found["per_particle"]["neighbours"] == [1, 1]
    assert found["per_particle"]["fragments"] == [2, 1] and alone["per_particle"]["fragments"] == [1, 1]
    assert found["against"]["particles"] == alone["particles"]
    change = found["change"]
    assert (
        change["contact_share"]["relative_change"] < -0.2 and change["crack_share"]["relative_change"] is None
    )
    assert change["crack_share"]["before"] == 0 and change["crack_share"]["after"] > 0.04
    parts = read_voxels(found["maps"]["particles"]).values
    assert parts.max() == 2 and read_voxels(found["maps"]["fragments"]).values.max() == 3
    assert np.mean(parts > 0) == pytest.approx(np.mean(read_voxels(str(after)).values >= 2), rel=1e-3)


def test_particles_report_and_table(states, tmp_path, capsys):
    before, after = states
    assert (
        main(["particles", str(after), *LABELS, "--against", str(before), "--report", str(tmp_path / "r")])
        == 0
    )
    shown = capsys.readouterr().out
    for said in ("crack_share", "relative change", "fragments", "report.html"):
        assert said in shown
    assert {p.name for p in (tmp_path / "r" / "figures").iterdir()} >= {
        "change.png",
        "particle_section.png",
        "pieces.png",
    }


def test_particles_refuse_in_one_sentence(states, tmp_path, capsys):
    before, _ = states
    assert "got 'gold'" in refusal(["particles", before, *LABELS, "--active", "gold"], capsys)
    np.save(tmp_path / "plain.npy", read_voxels(str(before)).values)
    assert "--voxel-size-nm" in refusal(["particles", tmp_path / "plain.npy", *LABELS], capsys)
    assert "name label 3" in refusal(
        ["particles", before.with_name("after.tif"), "--phases", "pore=0,cbd=1,am=2"], capsys
    )
    assert "one of the phases pore, cbd, binder" in refusal(
        ["particles", before, "--phases", "pore=0,cbd=1,binder=2,am=9"], capsys
    )
    assert "--split-depth" in refusal(["particles", before, *LABELS, "--split-depth", "-1"], capsys)


def test_help_has_an_example(capsys):
    assert main(["particles", "--help"]) == 0
    assert "microsim particles " in capsys.readouterr().out
