"""The state that a map is compared with is the one that was asked for, or there is a sentence."""

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.base.hosts import Host
from microsim.jobs.compared_state import converted
from microsim.maps.instrument import Instrument, seen_by
from microsim.maps.map import SocMap
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter
from microsim.volumes.volume import write_volume

from .conftest import DEMO, SMALL, STEP

SHAPE, H = (12, 8, 8), (400e-9,) * 3


@pytest.fixture(scope="module")
def again(tmp_path_factory, small_run):
    """A function that runs the case of small_run with compare sections; its measured map: the state at 50 s
    of another run, noise 0.005."""
    folder = tmp_path_factory.mktemp("maps")
    there = ms.run(DEMO, folder / "there", set={**SMALL, "output.times": [50.0, 60]})
    fine = there.sto.at(50)
    coarse = SocMap(np.zeros((6, 4, 4)), (800e-9,) * 3)
    mean = seen_by(Instrument(), SocMap(fine.values, H), coarse)
    noise = np.random.default_rng(0).normal(0, 0.005, mean.shape)
    file = write_volume(folder / "soc.tif", (mean + noise).astype("f4"), voxel_size=800e-9)
    count = iter(range(100))

    def run(*asked):
        given = [{"measured": str(file), "sigma": 0.005, **one} for one in asked]
        return ms.run(DEMO, folder / f"run{next(count)}", set={**SMALL, "compare": given})

    run.there, run.measured = there, mean + noise
    return run


def test_times_that_are_asked_for_are_stored(again):
    assert [t for t in (50, 60) if t in again.there.sto.times] == [50, 60]
    assert again.there.sto.at(50).step == STEP and again.there.sto.times[-1] == pytest.approx(180)


def test_a_time_is_landed_on_and_others_are_told(again, small_run):
    found = again({"time": 50}, {"time": "end"}, {"time": "step:0"}, {"time": 5000}).numbers()
    at_time, at_end, after_step, never = found["comparisons"]
    assert found["comparison"] == at_time
    assert at_time["state"] == {"time_s": 50.0, "step": STEP}
    assert at_time["metrics"]["chi2"] == pytest.approx(1, abs=0.35) and at_time["explained"] > 0.9
    assert at_end["state"]["time_s"] == pytest.approx(180) and after_step["state"]["time_s"] == pytest.approx(
        120
    )
    assert at_end["metrics"]["chi2"] > 4
    assert "at 5000 s, the run from 0 to 180 s never came there" in never["refused"]
    assert found["steps"][0]["end_reason"] == "duration"  # the run itself is whole
    capacity = small_run.numbers()["capacity_mAh_g"]
    assert found["capacity_mAh_g"] == pytest.approx(capacity, rel=1e-6)


def test_states_are_matched(again):
    found = again({"match": "mean"}, {"match": {"charge_mAh_g": 2.0}}, {"match": {"voltage_V": 2.6}})
    by_mean, by_charge, never = found.numbers()["comparisons"]
    assert by_mean["metrics"]["bias"] == pytest.approx(0, abs=2e-6)
    n, rate = by_mean["metrics"]["n_voxels"], 0.27 / 2 / 3600  # of the lithiation at 1C, at least (s-1)
    assert by_mean["state"]["time_s"] == pytest.approx(50, abs=2.5 * 0.005 / np.sqrt(n) / rate)
    curve = found.voltage
    charge = np.interp(by_charge["state"]["time_s"], curve.time_s, curve.capacity_mAh_g)
    assert charge == pytest.approx(2.0, abs=1e-3)
    assert "at 2.6 V" in never["refused"]
    page = found.report().read_text()
    assert "never came there" in page and "comparison_1_maps" in page


def test_a_state_that_the_run_never_reached_says_how_near_it_came(again, tmp_path):
    end = again.there.sto.at("end").values
    file = write_volume(tmp_path / "beyond.tif", (end + 0.01).astype("f4"), voxel_size=400e-9)
    asked = {"measured": str(file), "voxel_size_nm": 400, "match": "mean"}
    beyond, volts, charge, of_a_step = again(
        asked, {"match": {"voltage_V": 2.6}}, {"match": {"charge_mAh_g": 500}}, {**asked, "time": "step:0"}
    ).numbers()["comparisons"]
    mean = float(np.nanmean(end))
    # a rest of 60 s, over which the mean stays, ends the run
    near = [f"{t} s, with a mean of {mean:.6g} against" in beyond["refused"] for t in (120, 180)]
    assert any(near) and ("time: end" if near[1] else "time: step:0") in beyond["refused"]
    assert float(beyond["refused"].split("against ")[1].split(";")[0]) == pytest.approx(mean + 0.01, abs=1e-5)
    curve = again.there.voltage
    assert f"from {min(curve.voltage_V):.5g} to {max(curve.voltage_V):.5g} V" in volts["refused"]
    assert f"to {max(curve.capacity_mAh_g):.3g}" in charge["refused"] and "mAh/g" in charge["refused"]
    assert "120 s" in of_a_step["refused"] and "time: step:0" in of_a_step["refused"]


def test_the_matched_mean_is_that_of_the_voxels_that_count(again):
    """Voxels without a noise are left out, of the mean too."""
    sigma = np.full(again.measured.shape, 0.005, "f4")
    sigma[:3] = 0
    file = write_volume(again.there.folder.parent / "noise.tif", sigma, voxel_size=800e-9)
    found = again({"match": "mean", "sigma": str(file)}).numbers()["comparison"]
    assert found["metrics"]["n_voxels"] == np.isfinite(again.measured[3:]).sum()
    assert found["metrics"]["bias"] == pytest.approx(0, abs=2e-6)


def test_a_state_in_two_steps_is_asked_about(again):
    steps = {"protocol": [STEP, "Charge at 1C for 120 s"], "compare": {"match": {"charge_mAh_g": 2.0}}}
    steps["compare"]["measured"] = again.there.folder.parent.joinpath("soc.tif").as_posix()
    two = ms.run(DEMO, again.there.folder.parent / "two", set={**SMALL, **steps}).numbers()["comparison"]
    assert "came there in step:0" in two["refused"] and "step:1" in two["refused"]
    steps["compare"]["time"] = "Charge at 1C for 120 s"
    one = ms.run(DEMO, again.there.folder.parent / "one", set={**SMALL, **steps}).numbers()["comparison"]
    assert one["state"]["step"] == "Charge at 1C for 120 s" and one["state"]["time_s"] > 120


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"time": "step:7"}, "compare.time: expected end, seconds"),
        ({"time": f"{STEP}#2"}, "compare.time: expected end, seconds"),
        ({"match": "median"}, "compare.match: expected mean"),
        ({"match": {"charge_mAh_g": 1, "voltage_V": 3}}, "compare.match: expected mean"),
        ({"match": "mean", "time": 60}, "compare.time: expected the step in which"),
        ({"sigma": 0}, "compare.sigma: expected a number from 1e-08 to 1, got"),
        ({"sigma": 2}, "compare.sigma: expected a number from 1e-08 to 1, got 2"),
        ({"project": "w"}, "compare.project"),
    ],
)
def test_a_mistake_costs_nothing(tmp_path, asked, said):
    with pytest.raises(InputError, match=said):
        ms.run(DEMO, tmp_path, set={**SMALL, "compare": {"measured": "soc.tif", **asked}})


def test_quantities_follow_from_the_host_of_each_voxel():
    phase = np.array([0, 1, 2, 1], np.uint8).reshape(4, 1, 1)
    a = Host("A", 50000.0, 4800.0, 0.096, 0.9, 0.3)
    b = Host("B", 20000.0, 4800.0, 0.096, 0.8, 0.2)
    sto = np.full((4, 1, 1), 0.5)

    def of(quantity):
        return converted(quantity, phase, ("pore", "a", "b"), {"a": a, "b": b}).of(sto).ravel().tolist()

    assert of("lithium") == pytest.approx([np.nan, 0.5, 0.2, 0.5], nan_ok=True)
    assert of("soc") == pytest.approx([np.nan, 2 / 3, 0.5, 2 / 3], nan_ok=True)
    assert of("sto") == pytest.approx([np.nan, 0.5, 0.5, 0.5], nan_ok=True)
    nobody = Host("C", 20000.0, 4800.0, None, 0.8, 0.2)
    with pytest.raises(InputError, match="molar mass of C"):
        converted("lithium", phase, ("pore", "a", "b"), {"a": nobody})


def test_a_run_is_compared_as_lithium(small_run):
    given = {"measured": small_run.lithium.values, "voxel_size": H, "quantity": "lithium"}
    found = ms.compare(small_run.sto, **given)
    assert found.metrics["rmse"] < 1e-6 and found.numbers()["quantity"] == "lithium"
    assert ms.compare(small_run.lithium, **given).metrics["rmse"] == 0
    with pytest.raises(InputError, match="quantity: expected the sto of a run"):
        ms.compare(small_run.sto.values, **given)


@pytest.mark.parametrize(("crop", "origin"), [({"y": [8, 16]}, "0,-3.2,0"), ({"x": [2, 14]}, "-0.8,0,0")])
def test_a_map_larger_than_the_crop_is_asked_where_it_begins(tmp_path, crop, origin):
    whole = write_volume(tmp_path / "soc.tif", np.full((32, 24, 24), 0.5, "f4"), voxel_size=800e-9)
    own = {"x": [0, 12], "y": [0, 8], "z": [0, 8], **crop}
    changed = {**SMALL, "volume.crop": own, "compare": {"measured": str(whole)}}
    with pytest.raises(
        InputError, match=rf"compare.origin_um, .*: .*; state \[{origin}\] where it begins with"
    ):
        ms.run(DEMO, tmp_path / "run", set=changed)
    assert not (tmp_path / "run").exists()


def test_where_the_voxels_of_a_run_begin_in_their_image_stands_in_its_fields(tmp_path):
    grid = VoxelGrid(np.zeros(SHAPE, np.uint8), ("am",), H)
    sto, path = np.linspace(0.3, 0.9, 12)[:, None, None] + np.zeros(SHAPE), tmp_path / "fields.h5"
    with FieldWriter(path, grid, {"sto": "1"}, corner=(0.0, 3.2e-6, 0.0)) as writer:
        writer.write(0.0, "Rest for 1 s", {"sto": sto})
    whole = np.full((12, 24, 8), 0.1)
    whole[:, 8:16] = sto
    np.save(tmp_path / "whole.npy", whole)
    np.save(tmp_path / "crop.npy", sto)
    how = {"voxel_size": H}
    with pytest.raises(InputError, match="--origin-um 0,-3.2,0 where it begins with the image"):
        ms.compare(path, tmp_path / "whole.npy", **how)
    placed = ms.compare(path, tmp_path / "whole.npy", origin=(0, -3.2e-6, 0), **how)
    assert placed.metrics["rmse"] < 1e-6
    stated = ms.compare(path, tmp_path / "whole.npy", origin=(0, 0, 0), **how)
    assert stated.metrics["rmse"] > 0.1
    assert ms.compare(path, tmp_path / "crop.npy", **how).metrics["rmse"] < 1e-6


@pytest.fixture
def two_crops(tmp_path):
    """Two runs as fields.h5 of two crops of one image, as large, 2 voxels apart along y: their paths, the sto
    of both, and the corner of the second."""
    rng = np.random.default_rng(0)
    whole = VoxelGrid(rng.integers(0, 2, (12, 12, 8)).astype(np.uint8), ("pore", "am"), H)
    sto = np.where(whole.mask("am"), rng.uniform(0.3, 0.9, whole.shape), np.nan)
    paths, parts = [], []
    for first in (0, 2):
        at = slice(first, first + 8)
        path, grid = tmp_path / f"{first}.h5", VoxelGrid(whole.phase[:, at], whole.names, H)
        with FieldWriter(path, grid, {"sto": "1"}, corner=(0.0, first * H[1], 0.0)) as writer:
            writer.write(0.0, "Rest for 1 s", {"sto": sto[:, at]})
        paths.append(path)
        parts.append(sto[:, at])
    return paths, parts, (0.0, 2 * H[1], 0.0)


def test_runs_of_two_crops_are_compared_where_both_are(two_crops):
    """As of one place the two agreed in nothing (r about 0), without a word; where both are they are one."""
    (first, second), (sto, _), corner = two_crops
    found = ms.compare(first, second)
    assert found.metrics["rmse"] < 1e-6 and found.metrics["pearson_r"] == pytest.approx(1)
    assert found.numbers()["origin_m"] == pytest.approx(corner)
    assert "begins at 0, 0.8, 0 um in the simulated map, as the crops of both runs" in repr(found)
    stated = ms.compare(first, second, origin=(0, 0, 0))
    assert stated.metrics["rmse"] > 0.1 and "as the crops of both runs" not in repr(stated)
    beside = ms.compare(first, sto, voxel_size=H, sigma=0.02, against=[second]).numbers()["models"]
    assert [one["chi2"] for one in beside] == pytest.approx([0, 0], abs=1e-9)
