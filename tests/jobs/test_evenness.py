"""Maps by particle, fragment and grain: of made electrodes whose lithium is known, and of a run."""

import json

import numpy as np
import pytest
import tifffile
from scipy import ndimage

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter

H = 1e-7
RNG = np.random.default_rng(0)


def packed(n=4, pitch=12):
    """Balls on a lattice in a pore: labels, ball of each voxel."""
    shape = (n * pitch,) * 3
    labels, own = np.zeros(shape, np.uint8), np.zeros(shape, int)
    place = np.indices(shape)
    for number, corner in enumerate(np.ndindex(n, n, n), 1):
        centre = (np.array(corner) + 0.5) * pitch - 0.5
        ball = ((place - centre[:, None, None, None]) ** 2).sum(0) < RNG.uniform(3.6, 5.4) ** 2
        labels[ball], own[ball] = 1, number
    return labels, own


LABELS, OWN = packed()
GRID = VoxelGrid(LABELS, ("pore", "am"), (H,) * 3)
TRUE = RNG.normal(0.5, 0.05, OWN.max() + 1)
CLEAN = np.where(LABELS == 1, TRUE[OWN], np.nan)


def truth():
    size = np.bincount(OWN[OWN > 0], minlength=TRUE.size)[1:]
    mean = np.average(TRUE[1:], weights=size)
    return mean, np.sqrt(np.average((TRUE[1:] - mean) ** 2, weights=size))


def test_means_of_the_particles_come_back_within_their_sigma():
    noisy = CLEAN + 0.1 * RNG.standard_normal(CLEAN.shape)
    found = ms.evenness(GRID, [noisy], sigma=[0.1])
    per = found.numbers()["per_particle"]
    # number of our particles: the ball in the middle of each
    mean, sigma = (np.array(per[key][0]) for key in ("mean", "sigma"))
    at = found.columns["particles"]
    assert len(mean) == 64 == len(at["volume_m3"]) and not any(at["cut_by_box"])
    order = [np.bincount(OWN[OWN > 0])[1:] * H**3, np.array(at["volume_m3"])]
    assert np.sort(order[0]) == pytest.approx(np.sort(order[1]))
    chi = np.sort(mean) - np.sort(TRUE[1:])
    assert np.abs(chi).max() < 5 * sigma.max()
    (state,) = found.states
    expected, between = truth()
    assert state["mean"] == pytest.approx(expected, abs=4 * state["sigma"])
    assert state["particles"]["std_between"] == pytest.approx(between, rel=0.05)
    assert state["particles"]["std_within"] < 0.015 and state["particles"]["std_within_raw"] > 0.09
    assert found.remarks == []


def test_one_map_alone_is_a_list_of_it():
    alone, listed = (ms.evenness(GRID, given).numbers()["states"] for given in (CLEAN, [CLEAN]))
    assert alone[0]["mean"] == listed[0]["mean"] and len(alone) == 1
    for wrong in (CLEAN[0], [], None, {}):
        with pytest.raises(InputError, match="maps: expected one map or several") as said:
            ms.evenness(GRID, wrong)
        assert len(str(said.value)) < 200


def test_a_coarse_map_elsewhere_says_the_same():
    """A map on voxels twice as large that begins one voxel of its own further in."""
    fine = CLEAN[2:, 2:, 2:]
    blocks = fine[:46, :46, :46].reshape(23, 2, 23, 2, 23, 2)
    held = np.isfinite(blocks).sum(axis=(1, 3, 5))
    total = np.nansum(blocks, axis=(1, 3, 5))
    coarse = np.divide(total, held, out=np.full(held.shape, np.nan), where=held > 0)
    found = ms.evenness(GRID, [coarse], map_voxel_size=2 * H, origin=(2 * H,) * 3, sigma=[1e-6])
    per = found.columns["particles"]
    seen = np.array(per["voxels"][0]) > 8
    assert seen.sum() > 55
    mean = np.array([m if m is not None else np.nan for m in per["mean"][0]])
    fine_mean = np.array(ms.evenness(GRID, [CLEAN], sigma=[1e-6]).columns["particles"]["mean"][0])
    assert np.abs(mean - fine_mean)[seen].max() < 1e-6


def test_the_voxels_in_which_was_measured_make_the_sigma_of_a_mean():
    """A map brought onto half the voxel edge by straight lines: its noise reaches across the surface of the
    balls, so that the means of what lies inside scatter 0.74 of what their values say."""
    solid, means = LABELS == 1, []
    for seed in range(300):
        coarse = 0.5 + 0.02 * np.random.default_rng(seed).standard_normal((24,) * 3)
        means.append(ndimage.zoom(coarse, 2, order=1, grid_mode=True, mode="nearest")[solid].mean())
    fine = ndimage.zoom(coarse, 2, order=1, grid_mode=True, mode="nearest")
    (naive,) = ms.evenness(GRID, [fine], sigma=[0.02]).states
    found = ms.evenness(GRID, [fine], sigma=[0.02], native_voxel_size=2 * H)
    assert naive["sigma"] < 0.5 * np.std(means) < np.std(means) < found.states[0]["sigma"]
    assert found.states[0]["sigma"] == pytest.approx(0.02 / np.sqrt(solid.sum() / 8))
    assert any("give --native-voxel-size-nm" in said for said in naive["remarks"])
    assert [said.split(" of ")[0] for said in found.remarks] == ["Spreads within pieces"]
    with pytest.raises(InputError, match="expected edges of at least those of the maps, 100 x 100 x 100 nm"):
        ms.evenness(GRID, [fine], sigma=[0.02], native_voxel_size="50 nm")
    with pytest.raises(InputError, match="--native-voxel-size-nm: expected maps with a noise, got none"):
        ms.evenness(GRID, [fine], native_voxel_size="200 nm")


def test_profiles_from_the_surface_inwards_know_which_surface():
    """A block with lithium around an inner pore: deep inside while the pore is closed, beside a surface
    once it is opened to the front."""
    labels = np.ones((20, 21, 21), np.uint8)
    labels[:, [0, -1]] = labels[:, :, [0, -1]] = labels[0] = 0
    labels[8:12, 8:13, 8:13] = 0
    opened = labels.copy()
    opened[:8, 10, 10] = 0
    full = ndimage.binary_dilation(labels == 0, iterations=1) & (np.indices(labels.shape)[0] > 6)
    full[:, :4] = full[:, -4:] = full[:, :, :4] = full[:, :, -4:] = False
    for volume, beside in ((labels, 0.5), (opened, 0.52)):
        grid = VoxelGrid(volume, ("pore", "am"), (H,) * 3)
        values = np.where(volume == 1, np.where(full, 0.9, 0.5), np.nan)
        (state,) = ms.evenness(grid, [values], sigma=[0.001]).states
        first = state["by_distance_to_surface"]["mean"][0]
        assert first == pytest.approx(0.5, abs=1e-9) if beside == 0.5 else first > beside


def test_a_series_over_time_and_a_remark_without_noise():
    states = [CLEAN, CLEAN + 0.1]
    found = ms.evenness(GRID, states, times=[0.0, 3600.0])
    assert [state["time_s"] for state in found.states] == [0.0, 3600.0]
    first, second = found.columns["particles"]["mean"]
    assert np.subtract(second, first) == pytest.approx(0.1, abs=1e-6)
    assert "No noise is known" in found.remarks[0] and found.states[0]["sigma"] is None
    text = str(found)
    assert "particles" in text and "grains" in text


def test_what_makes_spreads_those_of_something_else_is_told():
    def said(given, sigma=0.02, **more):
        return " ".join(ms.evenness(GRID, [given], sigma=[sigma], **more).remarks)

    assert said(CLEAN) == ""
    part = CLEAN.copy()
    part[: LABELS.shape[0] // 2] = 0.0  # not measured, and stored as zeros
    assert "53 % of the voxels of array in particles are exactly 0: if that is background" in said(part)
    part[part == 0] = np.nan
    assert "has no value in 32 of 64 particles" in said(part)
    assert "has no value in" in said(CLEAN, map_voxel_size=H / 2)  # the edge of a coarser image
    assert "12 % of the simulated volume" in said(CLEAN, map_voxel_size=H / 2)
    assert "The noise of array, 0.3, is more than its values" in said(CLEAN, sigma=0.3)
    low = CLEAN[:, :, :24]
    with pytest.raises(InputError, match="axes in another order; .* zyx or"):
        ms.evenness(VoxelGrid(LABELS[:24], ("pore", "am"), (H,) * 3), [low], map_voxel_size=H)


def test_fragments_and_damage():
    """Half of the balls are cut through by a crack; these halves differ by 0.2 in lithium."""
    labels, values = LABELS.copy(), CLEAN.copy()
    x = np.indices(labels.shape)[0] % 12
    broken = (OWN % 2 == 1) & (OWN > 0)
    labels[broken & (x == 6)] = 2
    values[labels == 2] = np.nan
    values = np.where(broken & (x > 6), values + 0.2, values)
    grid = VoxelGrid(labels, ("pore", "am", "crack"), (H,) * 3)
    found = ms.evenness(grid, [values], sigma=[1e-4], electrolyte="pore")
    per, state = found.columns["particles"], found.states[0]
    cracked = np.array(per["crack_share"]) > 0
    between = np.array([v if v is not None else np.nan for v in per["std_between_fragments"][0]])
    assert cracked.sum() == 32 and len(found.columns["fragments"]["volume_m3"]) == 96
    assert between[cracked] == pytest.approx(0.1, abs=0.01) and np.isnan(between[~cracked]).all()
    assert state["relations"]["unevenness within particles with crack share"]["interval"][0] > 0.3
    by_size = state["groups"]["fragments"]["by_size"]
    assert (
        sum(row["count"] for row in by_size) == 96 and by_size[-1]["crack_share"] < by_size[0]["crack_share"]
    )


def test_a_run_knows_its_own_electrolyte_and_times(small_run):
    folder = small_run.folder
    maps = [f"{folder}/fields.h5::sto@0", f"{folder}/fields.h5::sto@step:0"]
    volume = ms.read_volume(
        "meshes/demo_electrode.tif",
        phases={"pore": 0, "am": 1, "cbd": 2},
        crop={"x": (0, 12), "y": (0, 8), "z": (0, 8)},
    )
    found = ms.evenness(volume, maps, smallest=8)
    start, end = found.states
    assert (start["time_s"], end["time_s"]) == (0.0, pytest.approx(120.0))
    assert start["particles"]["std_between"] == pytest.approx(0, abs=1e-6) and end["mean"] > start["mean"]
    ended = small_run.numbers()["heterogeneity"]["ends"][0]["by_depth"]["mean"]
    ours = end["by_depth"]["mean"]
    pairs = [(a, b) for a, b in zip(ours, ended, strict=True) if a is not None and b is not None]
    assert np.subtract(*zip(*pairs)) == pytest.approx(0, abs=5e-3)
    assert found.remarks == [] and end["by_distance_to_surface"]["mean"][0] > 0


def test_a_run_on_another_crop_lies_where_that_begins(small_run):
    """On the image's voxels from the 5th along x on: 8 of the run's 12."""
    crop = {"x": (4, 20), "y": (0, 16), "z": (0, 16)}
    volume = ms.read_volume("meshes/demo_electrode.tif", {"pore": 0, "am": 1, "cbd": 2}, crop=crop)
    (state,) = ms.evenness(volume, [f"{small_run.folder}/fields.h5::sto@0"], smallest=8).states
    assert state["origin_m"] == pytest.approx([-4 * volume.voxel_size[0], 0, 0])


def test_the_command_writes_a_page(tmp_path, capsys):
    tifffile.imwrite(tmp_path / "v.tif", LABELS)
    np.savez(tmp_path / "m.npz", lithium=CLEAN, sigma=np.full(CLEAN.shape, 0.01))
    args = [
        str(tmp_path / "v.tif"),
        str(tmp_path / "m.npz"),
        "--phases",
        "pore=0,am=1",
        "--voxel-size-nm",
        "100",
    ]
    args += ["--out", str(tmp_path / "page"), "--json", str(tmp_path / "n.json"), "--times-h", "2"]
    assert main(["evenness", *args]) == 0
    numbers = json.loads((tmp_path / "n.json").read_text())
    assert numbers["states"][0]["time_s"] == 7200 and numbers["states"][0]["noisy"]
    page = (tmp_path / "page" / "report.html").read_text()
    assert "evenness_sizes" in page and "By size and by depth" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"maps": []}, "expected one map or several"),
        ({"maps": [CLEAN], "times": [1.0, 2.0]}, "one time for each of 1 maps, got 2"),
        ({"maps": [100 * CLEAN]}, "divide per cent by 100"),
        ({"maps": [np.full(CLEAN.shape, np.nan)]}, "got NaN everywhere"),
        ({"maps": [CLEAN[:10, :10, :10]]}, "expected a known voxel size"),
        ({"maps": [CLEAN], "origin": (1e-4, 0.0, 0.0)}, "check its origin"),
        ({"maps": [CLEAN], "electrolyte": ["gap"]}, "expected phases of the volume"),
        ({"maps": [CLEAN], "active": "nmc"}, "nmc"),
        ({"maps": [CLEAN, CLEAN], "times": [7200.0, 3600.0]}, "times that rise, .* got 2, 1 h"),
        ({"maps": [CLEAN], "sigma": [3.0]}, "standard deviations below 1"),
        ({"maps": [CLEAN], "sigma": [np.zeros(CLEAN.shape)]}, "standard deviations above 1e-08"),
        ({"maps": [CLEAN], "sigma": [0.1, 0.1]}, "one for each of 1 maps, got 2"),
        ({"maps": [CLEAN], "sigma": [np.ones((2, 2, 2))]}, "a map in the shape of"),
    ],
)
def test_mistakes_are_one_sentence(change, says):
    with pytest.raises(InputError, match=says) as caught:
        ms.evenness(GRID, **change)
    assert "\n" not in str(caught.value)


def test_a_noise_above_all_lithiation_is_none():
    """Its square, taken off the spread, would leave none."""
    sigma = np.full(CLEAN.shape, 0.02)
    inside = np.argwhere(np.isfinite(CLEAN))[0]
    sigma[tuple(inside)] = 1e3
    found = ms.evenness(GRID, [CLEAN], sigma=[sigma]).numbers()["states"][0]
    plain = ms.evenness(GRID, [CLEAN], sigma=[0.02]).numbers()["states"][0]
    assert found["std"] == pytest.approx(plain["std"], rel=1e-2) and found["sigma"] < 1.1 * plain["sigma"]
    assert "1 of " in " ".join(found["remarks"]) and "up to 1." in " ".join(found["remarks"])


def test_pieces_of_a_section_have_the_diameters_of_circles():
    x, y = np.indices((30, 30)) + 0.5
    disc = (np.hypot(x - 15, y - 15) < 10)[:, :, None]
    lithium = np.where(disc, RNG.normal(0.5, 0.1, disc.shape), np.nan)
    grid = VoxelGrid(disc.astype(np.uint8), ("pore", "am"), (H, H, H / 2))
    found = ms.evenness(grid, [lithium], sigma=0.02, map_voxel_size=grid.voxel_size)
    assert found.numbers()["per_particle"]["diameter_m"] == pytest.approx([20 * H], rel=0.01)
    assert any("one voxel thick along z, a section" in said for said in found.numbers()["remarks"])


def test_a_map_larger_than_the_crop_is_asked_where_it_begins():
    """The means of balls, by a map of the whole volume beside the half of it where x is large."""
    half = GRID.crop({"x": (24, 48)})
    with pytest.raises(
        InputError, match="array: .* larger than the crop, got nothing; state --origin-um -2.4,0,0"
    ):
        ms.evenness(half, [CLEAN], map_voxel_size=H, sigma=0.01)
    placed = ms.evenness(half, [CLEAN], map_voxel_size=H, sigma=0.01, origin=(-24 * H, 0.0, 0.0))
    cut = ms.evenness(half, [CLEAN[24:]], map_voxel_size=H, sigma=0.01)
    means = [one.numbers()["per_particle"]["mean"] for one in (placed, cut)]
    assert np.allclose(*means, equal_nan=True) and placed.numbers()["origin_m"] == [-24 * H, 0, 0]


@pytest.mark.parametrize("turned", [lambda m: np.roll(m, 5, 1), lambda m: np.roll(m, 6, 2)])
def test_a_map_beside_its_particles_is_told(turned):
    """Shifted by half a ball means of particles are those of others, or of a rim."""
    noisy = CLEAN + 0.02 * RNG.standard_normal(CLEAN.shape)
    assert ms.evenness(GRID, [noisy], sigma=[0.02]).remarks == []
    (said,) = (r for r in ms.evenness(GRID, [turned(noisy)], sigma=[0.02]).remarks if "by chance" in r)
    assert "lie on material of the volume, where" in said


def test_a_hot_pixel_is_told():
    hot = CLEAN + 0.02 * RNG.standard_normal(CLEAN.shape)
    hot[tuple(np.argwhere(OWN == 1)[0])] = 15
    for sigma in (None, [0.02]):
        told = ms.evenness(GRID, [hot], sigma=sigma).remarks
        assert any("1 of " in said and "are no lithiation, up to 15" in said for said in told)


def test_another_crop_of_the_same_size_is_not_laid_on_the_volume(tmp_path):
    """A run on voxels that begin 6 along y in the image, beside a volume of as many from its beginning."""
    whole = VoxelGrid(LABELS, ("pore", "am"), (H,) * 3)
    part = whole.crop({"y": (6, 42)})
    with FieldWriter(tmp_path / "fields.h5", part, {"sto": "1"}, corner=(0.0, 6 * H, 0.0)) as writer:
        writer.write(0.0, "Rest for 1 s", {"sto": CLEAN[:, 6:42]})
    found = ms.evenness(whole.crop({"y": (0, 36)}), [f"{tmp_path}/fields.h5::sto@0"])
    (state,) = found.states
    assert state["origin_m"] == pytest.approx([0, 6 * H, 0])
    assert state["particles"]["std_within"] < 1e-6 and not any("by chance" in said for said in found.remarks)


def test_one_sigma_is_that_of_the_measured_maps(tmp_path):
    """Taken off a run, too, its spread within particles came out as 0.012 where it is 0.016."""
    sto = CLEAN + 0.02 * np.sin(np.arange(48))[:, None, None]
    with FieldWriter(tmp_path / "fields.h5", GRID, {"sto": "1"}) as writer:
        writer.write(0.0, "Rest for 1 s", {"sto": sto})
    run, seen = f"{tmp_path}/fields.h5::sto@0", sto + 0.015 * RNG.standard_normal(sto.shape)
    alone = ms.evenness(GRID, [run]).states[0]["particles"]["std_within"]
    found = ms.evenness(GRID, [run, seen], sigma=0.015)
    simulated, measured = (state["particles"]["std_within"] for state in found.states)
    assert simulated == alone and measured == pytest.approx(alone, rel=0.05)
    assert found.remarks == [f"sigma is that of the measured maps: none is taken off {run}, a run's field."]
    each = ms.evenness(GRID, [run, seen], sigma=[0.015, 0.015])
    assert each.states[0]["particles"]["std_within"] < 0.8 * alone and "has no noise" in each.remarks[0]
