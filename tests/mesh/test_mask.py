"""Which voxels are sample; fractions, areas and transport of the sample alone."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.jobs.flow import permeability
from microsim.jobs.info import measure
from microsim.jobs.transport import tortuosity
from microsim.mesh.mask import cylinder, names_file, over_the_rim, require_straight, sample_mask, straight
from microsim.mesh.morphology import phase_summary
from microsim.mesh.read import read_volume
from microsim.volumes.volume import write_volume

SHAPE = (12, 20, 20)
FACES = "surface_area_per_volume_faces_m-1"
PHASES = {"pore": 0, "am": 1}


@pytest.fixture(scope="module")
def labels():
    noise = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=SHAPE), 1.5)
    return (noise > np.quantile(noise, 0.55)).astype("u1")


@pytest.fixture
def seen(labels, tmp_path):
    """A file whose sample is seen through a round field of view, 0 outside; pores are 0 too."""
    inside = cylinder(SHAPE, "x")
    path = tmp_path / "seen.tif"
    write_volume(path, np.where(inside, labels, 0), voxel_size=1e-7)
    return path, inside


MASKS = {"cylinder": "cylinder", "along x": "cylinder=x:10", "array": cylinder(SHAPE, "x")}


def test_a_cylinder_holds_the_centres_within():
    disc = cylinder((1, 5, 5), "x")[0]
    assert disc.sum() == 21 and not disc[0, 0] and disc[0, 1]
    assert cylinder((6, 4, 4), "z", radius=1)[2:4, 1:3].all() and cylinder((6, 4, 4), "z", 1).sum() == 16
    wide = cylinder((1, 5, 9), "x", voxel_size=(1.0, 2.0, 1.0))[0]
    assert wide[0, 4] and wide[2, 0] and not wide[0, 0]


def test_an_array_holds_where_it_has_a_value_that_is_not_0():
    given, values = np.array([[[0.0, 1.0, np.nan, 2.0]]]), np.zeros((1, 1, 4))
    assert sample_mask(given, values).ravel().tolist() == [False, True, False, True]
    masked = np.ma.masked_array(np.ones((1, 1, 4)), [[[True, False, False, True]]])
    assert sample_mask(masked, values).ravel().tolist() == [False, True, True, False]
    with pytest.raises(
        InputError, match=r"got none by an array of 1 x 1 x 4, float64 \(0, 0, 0, ...\); correct"
    ):
        sample_mask(values, values)


def test_a_cylinder_of_a_section_is_a_disc():
    found = sample_mask("cylinder", np.zeros((5, 5, 1)))
    np.testing.assert_array_equal(found[:, :, 0], cylinder((1, 5, 5), "x")[0])


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_fractions_are_those_of_the_sample(seen, labels, mask):
    path, inside = seen
    grid = read_volume(path, PHASES, mask=mask)
    assert grid.fraction("am") == pytest.approx(labels[inside].mean(), rel=1e-12)
    assert grid.fraction("am") + grid.fraction("pore") == pytest.approx(1, rel=1e-12)
    assert grid.phases == ("pore", "am") and grid.sample_share == pytest.approx(inside.mean())
    assert "outside" not in repr(grid)


def test_a_label_a_box_and_a_file(seen, labels, tmp_path):
    path, inside = seen
    told = tmp_path / "told.tif"
    write_volume(told, np.where(inside, labels, 7), voxel_size=1e-7)
    write_volume(tmp_path / "mask.npy", inside)
    want = labels[inside].mean()
    assert read_volume(told, PHASES, mask="label=7").fraction("am") == pytest.approx(want)
    assert read_volume(told, mask="label=7").phases == ("label0", "label1")
    assert read_volume(path, PHASES, mask=str(tmp_path / "mask.npy")).fraction("am") == pytest.approx(want)
    box = read_volume(path, PHASES, mask="y=5:15,z=6:14")
    assert box.fraction("am") == pytest.approx(labels[:, 5:15, 6:14].mean())
    assert box.fraction("am") == read_volume(path, PHASES, mask={"y": (5, 15), "z": (6, 14)}).fraction("am")
    assert read_volume(told, mask="label=0:7").phases == ("label1",)


def test_a_box_conducts_as_the_volume_that_is_cut_to_it(labels, tmp_path):
    write_volume(tmp_path / "v.tif", labels, voxel_size=1e-7)
    box = {"y": (4, 17), "z": (3, 15)}
    whole = read_volume(tmp_path / "v.tif", PHASES, crop=box)
    masked = read_volume(tmp_path / "v.tif", PHASES, mask=box)
    want, found = (tortuosity(grid, "pore", "x", tolerance=1e-4).axes["x"] for grid in (whole, masked))
    for key in ("tau", "D_eff_over_D0", "eps", "eps_percolating"):
        assert getattr(found, key) == pytest.approx(getattr(want, key), rel=2e-4)
    both = {"pore": 1.0, "am": 0.2}
    want, found = (tortuosity(grid, both, "x", tolerance=1e-4).axes["x"] for grid in (whole, masked))
    assert found.D_eff_over_D0 == pytest.approx(want.D_eff_over_D0, rel=2e-4)
    want, found = (phase_summary(grid)["phases"] for grid in (whole, masked))
    for name in PHASES:
        corrected = {key for key in want[name] if key.startswith("surface")} - {FACES}
        for key in {"volume_fraction", "closed_fraction", FACES}:
            assert found[name][key] == pytest.approx(want[name][key], rel=1e-9)
        for key in corrected:  # slopes are one-sided at the faces of a box, and go on beyond those of a mask
            assert found[name][key] == pytest.approx(want[name][key], rel=0.01)
        assert found[name]["percolating_fraction"]["x"] == want[name]["percolating_fraction"]["x"]


def test_a_rod_of_pore_is_straight(tmp_path):
    write_volume(tmp_path / "v.tif", np.zeros(SHAPE, "u1") + 4, voxel_size=1e-7)
    grid = read_volume(tmp_path / "v.tif", {"pore": 4}, mask="cylinder")
    found = tortuosity(grid, "pore", "x")
    assert found.tau == pytest.approx(1) and found.D_eff_over_D0 == pytest.approx(1)
    assert found.numbers()["sample_share"] == grid.sample_share
    phase = measure(grid).phases["pore"]
    assert phase["surface_area_per_volume_faces_m-1"] == 0 and phase["surface_area_per_volume_m-1"] == 0
    assert phase["percolating_fraction"] == {"x": 1.0, "y": None, "z": None} and phase["closed_fraction"] == 0


def test_axes_without_end_planes_are_refused(seen):
    grid = read_volume(seen[0], PHASES, mask="cylinder")
    assert straight(grid.sample, 0) and not straight(grid.sample, 1)
    with pytest.raises(InputError, match="got y, where its ends are no planes; choose x"):
        tortuosity(grid, "pore", "all")
    ball = sample_mask(ndimage.distance_transform_edt(np.ones(SHAPE)) > 3, np.zeros(SHAPE))
    with pytest.raises(InputError, match="choose a mask with planes at its ends"):
        tortuosity(read_volume(seen[0], PHASES, mask=ball), "pore", "x")


@pytest.mark.parametrize(
    "options",
    [{"sides": "periodic"}, {"interface": "smooth"}, {"solver": "fipy"}, {"tensor": True}, {"flux": True}],
)
def test_what_has_no_meaning_with_a_mask_is_refused(seen, options):
    with pytest.raises(InputError, match="--mask: expected no"):
        tortuosity(read_volume(seen[0], PHASES, mask="cylinder"), "pore", "x", **options)


def test_other_jobs_do_not_pass_over_a_mask(seen):
    grid = read_volume(seen[0], PHASES, mask="cylinder")
    with pytest.raises(InputError, match="expected a volume without a mask"):
        permeability(grid, "pore")
    with pytest.raises(InputError, match="--measures"):
        measure(grid, "chords")


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("label=0:1", "got none by label=0:1"),
        (np.ones((2, 2, 2)), "expected one of the volume's shape"),
        (3, "expected cylinder, cylinder=z"),
        ("nowhere.tif", "expected an existing file"),
    ],
)
def test_other_masks_are_refused(seen, mask, words):
    with pytest.raises(InputError, match=words):
        read_volume(seen[0], PHASES, mask=mask)


def test_draws_and_shares_have_no_mask(seen):
    with pytest.raises(InputError, match="--mask: expected no --draws and no --shares"):
        read_volume(seen[0], PHASES, mask="cylinder", shares={"pore": np.ones(SHAPE)})


def test_a_box_that_ends_within_the_volume_is_told_the_crop(tmp_path):
    """Eighteen voxels with planes at their ends: what is in the way is the rest of the volume."""
    box = np.zeros((8, 8, 8), bool)
    box[3:6, 2:5, 4:6] = True
    labels = tmp_path / "labels.npy"
    np.save(labels, np.arange(512, dtype="u1").reshape(8, 8, 8) % 2)
    how = {"phases": {"a": 0, "b": 1}, "voxel_size": 1e-7, "mask": box}
    grid = read_volume(labels, **how)
    with pytest.raises(InputError, match="got 3 to 6 of 8 voxels along x; crop to it, as with --crop x=3:6"):
        require_straight(grid, 0)
    require_straight(read_volume(labels, **how, crop={"x": (3, 6)}), 0)
    box[4, 2, 4] = False
    with pytest.raises(InputError, match="its ends are no planes"):
        require_straight(read_volume(labels, **how), 0)


def test_a_mask_goes_on_over_the_rim_of_the_sample():
    sample = np.zeros((2, 5, 4), bool)
    sample[:, 1:4, 1:3] = True
    inside = np.zeros(sample.shape, bool)
    inside[0, 1, 1] = inside[1, 3, 2] = True
    found = over_the_rim(inside, sample)
    assert (found[sample] == inside[sample]).all()
    assert found[0, :2, :2].all() and not found[0, 2:].any() and found[1, 3:, 2:].all()
    assert over_the_rim(inside, np.ones_like(sample)) is inside


@pytest.mark.parametrize(
    ("mask", "file"), [("cylinder", False), ("label=0:9", False), ("y=1:4", False), ("m.tif", True)]
)
def test_words_are_no_file(mask, file):
    assert names_file(mask) is file


def test_a_mask_that_leaves_nothing_out_is_said(seen, tmp_path):
    path, _ = seen
    for mask in ("label=7", "x=0:12"):
        grid = read_volume(path, PHASES, mask=mask)
        assert not grid.masked
        assert f"no voxel of the volume lies outside the mask {mask}: all are sample" in grid.source.said
        assert f"the mask {mask}" in repr(measure(grid))
    for mask in (None, "cylinder"):
        assert read_volume(path, PHASES, mask=mask).source.said == ()
