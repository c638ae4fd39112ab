"""The job particles: one state and two, in Python and as the command prints them."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.particles import particles
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.read import read_volume

from .volumes import printed, timeless

PHASES = {"pore": 0, "cbd": 1, "am": 2, "crack": 3}
WORDS = ["--phases", "pore=0,cbd=1,am=2,crack=3", "--voxel-size-nm", "100"]


def balls(radius, crack):
    """Two balls with binder between them, one cracked through its middle."""
    x, y, z = np.indices((30, 16, 16))
    labels = np.zeros(x.shape, np.uint8)
    labels[12:18, 6:10, 6:10] = 1
    for centre in (8, 22):
        labels[(x - centre) ** 2 + (y - 8) ** 2 + (z - 8) ** 2 < radius**2] = 2
    if crack:
        labels[8, 6:10][labels[8, 6:10] == 2] = 3
    return labels


@pytest.fixture
def files(tmp_path):
    """A cycled electrode and, without cracks, the pristine one."""
    np.save(tmp_path / "cycled.npy", balls(5.5, True))
    np.save(tmp_path / "pristine.npy", balls(6.0, False))
    return tmp_path / "cycled.npy", tmp_path / "pristine.npy"


@pytest.fixture
def states(files):
    return [read_volume(path, PHASES, "100 nm", missing_ok=True) for path in files]


def test_two_states_are_the_commands(files, states, capsys):
    found = particles(states[0], states[1], draws=20, seed=2)
    asked = ["--against", files[1], "--draws", "20", "--seed", "2"]
    assert printed(capsys, "particles", files[0], *WORDS, *asked) == timeless(found.numbers())
    assert states[1].names == ("pore", "cbd", "am") and found.change["crack_share"]["before"] == 0
    assert found.change["mean_diameter_m"]["relative_change"] == pytest.approx(5.5 / 6 - 1, abs=0.03)


def test_one_state_prints_and_writes_its_labels(files, states, tmp_path, capsys):
    from microsim.volumes.volume import read_voxels

    found = particles(states[0], smallest=20)
    assert len(found.particles) == 2 and found.change is None and "change" not in found.numbers()
    assert "fragments" in repr(found) and "binder: 1 clusters" in found._repr_html_()
    page, maps = tmp_path / "page", tmp_path / "maps"
    asked = ["--smallest", 20, "--maps", maps, "--report", page]
    numbers = printed(capsys, "particles", files[0], *WORDS, *asked)
    assert list(numbers)[-2:] == ["maps", "report"] and numbers["report"] == str(page / "report.html")
    assert list(numbers["maps"]) == ["particles", "fragments", "grains"]
    written = read_voxels(numbers["maps"]["particles"]).values
    assert np.array_equal(written, found.state.labels["particles"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"active": "metal"}, "expected one of the phases pore, cbd, am"),
        ({"smallest": 10**6}, "expected particles of at least"),
        ({"against": 3}, "against: expected a volume with named phases"),
        ({"regions": 0}, "regions: expected a whole number from 1"),
        ({"sheet_extent": "5"}, "sheet_extent: expected a length with its unit"),
        ({"sheet_extent": 5}, "sheet_extent: expected a number above 0, at most 0.01"),
        ({"draws": 5}, "draws: expected a whole number from 10"),
    ],
)
def test_wrong_arguments(states, options, words):
    with pytest.raises(InputError, match=words):
        particles(states[0], **options)


def test_a_state_before_in_another_box_is_said_and_other_voxels_are_refused(states, tmp_path):
    cut = VoxelGrid(states[1].phase[:28], states[1].names, states[1].voxel_size)
    found = particles(states[0], cut, draws=10)
    words = "another box, 28 x 16 x 16 voxels for 30 x 16 x 16"
    assert words in repr(found) and words in found._repr_html_()
    assert found.numbers()["against"]["shape"] == [28, 16, 16]
    assert "28 × 16 × 16" in found.write(tmp_path).read_text(encoding="utf-8")
    assert "another box" not in repr(particles(states[0], states[1], draws=10))
    coarse = VoxelGrid(states[1].phase, states[1].names, (2e-7,) * 3)
    with pytest.raises(InputError, match="against: expected .* voxels of 100 x 100 x 100 nm.* got 200 x 200"):
        particles(states[0], coarse)


def test_both_states_need_a_voxel_size(states):
    unsized = VoxelGrid(states[1].phase, states[1].names, None)
    with pytest.raises(InputError, match="expected a known voxel size"):
        particles(unsized)
    with pytest.raises(InputError, match="expected a known voxel size"):
        particles(states[0], unsized)


def test_cracks_and_delamination_stand_in_one_table():
    """A sheet over half of the section in the first third, cracked blocks in the last."""
    labels = np.ones((30, 40, 40), np.uint8)
    labels[4:7, :, :20] = 0
    labels[24:26, 5:35, 5:35] = 2
    grid = VoxelGrid(labels, ("pore", "am", "crack"), (1e-6,) * 3)
    found = particles(grid, sheet_extent=14e-6, smallest=8)
    first, _, last = found.numbers()["damage"]
    assert first["delaminated"] == pytest.approx(0.5, abs=0.03) and first["sheets"] == 1
    assert last["delaminated"] == 0 and last["sheets"] == 0
    assert sum(row["particles"] for row in (first, _, last)) == len(found.particles)
    assert "delaminated share of section" in str(found) and "count for the box" in str(found)


# ---- phases that are not there -----------------------------------------------------------------------------


def test_no_phase_of_the_usual_name_is_no_contact_share_and_a_remark(capsys, tmp_path, states):
    named = {"pore": 0, "binder": 1, "active": 2, "crack": 3}
    grid = VoxelGrid(balls(5.5, True), named, "100 nm")
    found = particles(grid, active="active").numbers()
    assert found["particles"]["contact_share"] is None and found["options"]["contact"] is None
    assert np.isnan(found["per_particle"]["contact_share"]).all() and found["binder"] is None
    (said,) = found["remarks"]
    assert said.startswith(
        "No contact was measured: no phase is called cbd, and the volume has pore, binder,"
    )
    asked = particles(grid, active="active", contact="binder").numbers()
    usual = particles(states[0]).numbers()
    assert asked["particles"] == usual["particles"] and asked["remarks"] == usual["remarks"] == []
    assert asked["particles"]["contact_share"] > 0.01


def test_the_command_has_null_for_a_contact_that_was_not_measured(files, tmp_path, capsys):
    words = ["--phases", "pore=0,binder=1,active=2,crack=3", "--voxel-size-nm", "100", "--active", "active"]
    page = tmp_path / "page"
    numbers = printed(capsys, "particles", files[0], *words, "--report", page)
    assert numbers["particles"]["contact_share"] is None
    assert set(numbers["per_particle"]["contact_share"]) == {None}
    assert "No contact was measured" in (page / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("role", ["contact", "crack", "pore"])
def test_a_phase_that_is_named_must_be_there(states, role):
    with pytest.raises(
        InputError, match=f"{role}: expected one of the phases pore, cbd, am, crack, got .foo.;"
    ):
        particles(states[0], **{role: "foo"})


def test_a_named_phase_that_only_one_state_has_is_missing_in_the_other(states, files):
    cycled, pristine = states
    found = particles(pristine, cycled, crack="crack", draws=10)
    assert found.change["crack_share"]["before"] > 0 == found.change["crack_share"]["after"]
    assert pristine.source.absent == ("crack",)
    assert particles(pristine, crack="crack").numbers()["particles"]["crack_share"] == 0
    bare = read_volume(files[1], {"pore": 0, "cbd": 1, "am": 2}, "100 nm")
    with pytest.raises(InputError, match="crack: expected one of the phases pore, cbd, am, got"):
        particles(bare, crack="crack")


def test_sizes_of_an_image_are_those_of_its_discs():
    """A disc of 20 voxels in an image: 2 um whatever the voxel's edge across, which none has measured."""
    x, y = np.indices((30, 30)) + 0.5
    labels = (np.hypot(x - 15, y - 15) < 10).astype(np.uint8)[:, :, None]
    found = [
        particles(VoxelGrid(labels, ("pore", "am"), (1e-7, 1e-7, h)), contact="pore") for h in (1e-7, 5e-8)
    ]
    for one in found:
        assert one.numbers()["particles"]["mean_diameter_m"] == pytest.approx(2e-6, rel=0.01)
        assert "one voxel thick along z, a section" in one.remarks[0] and one.remarks[0] in one.tables()
