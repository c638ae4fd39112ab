"""A run starts from a measured map: brought to the image, its holes filled, its mean kept."""

import numpy as np
import pytest
import tifffile

from microsim.base.errors import InputError
from microsim.case.build import set_up
from microsim.case.case import load_case

H = 400  # nm
SHAPE = (12, 8, 8)


def labels():
    """Pore in front, two blocks of active material behind each other in y, apart by pore, joined at the
    collector."""
    image = np.ones(SHAPE, np.uint8)
    image[:2] = 0
    image[2:10, 3:5] = 0
    return image


def case_of(folder, start, **settings):
    tifffile.imwrite(folder / "image.tif", labels())
    raw = {
        "volume": {
            "file": str(folder / "image.tif"),
            "voxel_size_nm": H,
            "file_axes": "xyz",
            "phases": {"pore": 0, "am": 1},
        },
        "cell": {
            "separator": {"thickness_um": 10, "porosity": 0.5},
            "materials": {"am": "NMC811_crystal", "electrolyte": "LiPF6_EC_EMC_3_7"},
            "initial_sto": start,
        },
        "protocol": ["Discharge at C/2 for 60 s"],
    }
    return load_case(raw, settings)


def written(folder, values, name="map.npy"):
    np.save(folder / name, values)
    return str(folder / name)


def coarse(noise=0.0, seed=0):
    """A map on voxels twice as large, higher towards the collector."""
    depth = np.linspace(0.4, 0.6, 6)[:, None, None] + np.zeros((6, 4, 4))
    return depth + np.random.default_rng(seed).normal(0, noise, depth.shape) if noise else depth


def started(folder, values, **keys):
    section = {"map": written(folder, values), "voxel_size_nm": 2 * H, "file_axes": "xyz", **keys}
    return set_up(case_of(folder, section))


def on_image(setup):
    return setup.cell.mesh.on_image(setup.cell.mesh.solid, setup.cell.mesh.initial_sto)


def test_every_voxel_has_the_value_of_the_measured_one_that_it_lies_in(tmp_path):
    setup = started(tmp_path, coarse())
    expected = np.where(labels() == 1, coarse().repeat(2, 0).repeat(2, 1).repeat(2, 2), np.nan)
    assert on_image(setup) == pytest.approx(expected, nan_ok=True)
    (said,) = setup.cell.design.remarks
    assert said.startswith("The run starts from") and "am has a mean sto of" in said and "filled" not in said


@pytest.mark.parametrize("quantity", ["soc", "lithium"])
def test_other_quantities_are_turned_into_sto(tmp_path, quantity):
    host = case_of(tmp_path, 0.5).hosts()["am"]
    factor, offset = host.line(quantity)
    setup = started(tmp_path, factor * coarse() + offset, quantity=quantity)
    assert np.nanmean(on_image(setup)) == pytest.approx(np.nanmean(on_image(started(tmp_path, coarse()))))


def test_holes_have_the_mean_of_their_particle(tmp_path):
    """One block is measured at 0.4 but for a hole, the other at 0.7."""
    values = np.full((6, 4, 4), 0.4)
    values[:, 2:] = 0.7
    values[2, 0, 0] = np.nan
    setup = started(tmp_path, values)
    found = on_image(setup)
    assert found[4:6, :2, :2] == pytest.approx(0.4, abs=0.05)  # the particles meet in the last layers
    assert "filled by the mean of its particle" in setup.cell.design.remarks[0]
    share = 8 / np.count_nonzero(labels())
    assert f"{1 - share:.1%} of it measured, {share:.1%} filled" in setup.cell.design.remarks[0]


def test_noise_beyond_the_window_is_clipped_and_the_mean_stays(tmp_path):
    values = coarse(0.25)
    setup = started(tmp_path, values)
    found, inside = on_image(setup), labels() == 1
    low, high = setup.cell.mesh.materials[0].sto_window
    assert found[inside].min() >= low and found[inside].max() <= high
    raw = values.repeat(2, 0).repeat(2, 1).repeat(2, 2)[inside]
    assert found[inside].mean() == pytest.approx(raw.mean(), abs=1e-6)  # of single precision
    share = np.mean((raw < low) | (raw > high))
    assert f"{share:.1%} lay beyond the window" in setup.cell.design.remarks[0]


def test_a_grid_that_is_shifted_and_of_another_ratio_keeps_the_mean(tmp_path):
    """Constant along x, so that what straddles two measured voxels has their mean: that of all stays."""
    setup = started(tmp_path, np.full((9, 6, 6), 0.45), voxel_size_nm=700, origin_um=[-0.3, -0.2, -0.2])
    assert np.nanmean(on_image(setup)) == pytest.approx(0.45)


def test_a_map_of_a_part_of_the_volume_fills_the_rest_and_says_so(tmp_path):
    setup = started(tmp_path, coarse()[:, :2])
    assert (
        "filled" in setup.cell.design.remarks[0]
        or "of particles without a value" in setup.cell.design.remarks[0]
    )
    assert np.isfinite(on_image(setup)[labels() == 1]).all()
    assert "covers 50 %" not in setup.cell.design.remarks[0]


def test_a_map_of_voxels_half_as_large_or_beside_the_volume_is_told(tmp_path):
    half = started(tmp_path, coarse(), voxel_size_nm=H).cell.design.remarks[0]
    assert "The measured map covers 12 % of the simulated volume" in half
    beside = started(tmp_path, coarse(), origin_um=[0, 1.6, 0]).cell.design.remarks[0]
    assert "50 % of the measured voxels lie beside the simulated volume" in beside
    assert "simulated volume" not in started(tmp_path, coarse()).cell.design.remarks[0]


def test_a_run_from_a_map_keeps_its_lithium(tmp_path):
    """At rest the map evens out, and its mean stays."""
    setup = started(tmp_path, coarse(0.03))
    case = case_of(tmp_path, setup.case.as_dict()["cell"]["initial_sto"], protocol=["Rest for 2 hours"])
    setup = set_up(case)
    experiment = setup.experiment()
    before = experiment.cell.state(experiment.x).sto.copy()
    experiment.run(setup.loads())
    after = experiment.cell.state(experiment.x).sto
    assert after.mean() == pytest.approx(before.mean(), abs=1e-9)
    assert after.std() < 0.6 * before.std()


@pytest.mark.parametrize(
    ("values", "keys", "says"),
    [
        (100 * coarse(), {}, "got a median of 50 .* divide per cent by 100"),
        (np.full((6, 4, 4), np.nan), {}, "got no value"),
        (np.zeros((6, 4, 4)) + [0, 1, 0, 1], {}, "whole numbers"),
        (np.where(coarse() < 0.45, 0.0, coarse()), {}, "expected NaN where"),
        (np.where(coarse() < 0.45, -9999.0, coarse()), {}, "-9999"),
        (coarse(), {"origin_um": 100}, "no measured voxel on it; correct origin_um"),
        (1.5 + 0 * coarse() + 0.01 * coarse(), {}, "a mean lithiation in the window of .* say its quantity"),
        (coarse(), {"quantity": "x"}, "expected lithium, sto or soc"),
        (coarse().transpose(2, 1, 0), {}, "cell.initial_sto: .*axes of the map's file, zyx"),
        (coarse(), {"voxel_size_nm": None}, "expected a voxel size, .* add voxel_size_nm"),
        (coarse(), {"sigma": 0.1}, "expected a known key"),
    ],
)
def test_what_is_no_map_of_this_electrode_is_one_sentence(tmp_path, values, keys, says):
    with pytest.raises(InputError, match=says):
        started(tmp_path, values, **keys)


def test_a_slab_has_no_map(tmp_path):
    start = {"map": written(tmp_path, coarse()), "voxel_size_nm": 800}
    with pytest.raises(InputError, match="expected one lithiation for a slab, got a map"):
        load_case("cases/dfn_xu2019.yaml", {"cell.initial_sto": start})
    with pytest.raises(InputError, match="leave homogenised out"):
        case_of(tmp_path, start, **{"output.homogenised": True})


def test_the_case_reads_back(tmp_path):
    start = {"map": written(tmp_path, coarse()), "voxel_size_nm": 800, "file_axes": "xyz"}
    case = case_of(tmp_path, start)
    assert load_case(case.as_dict()).cell == case.cell
