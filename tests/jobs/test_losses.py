"""Reaction extents and capacity losses: of made maps, with noise, and of a run against its own curve."""

import json
from itertools import pairwise

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main

SHAPE = (6, 5, 4)
C = 96485.33212 / 3.6 / 97.28  # mAh g-1 of one lithium in NMC811
RNG = np.random.default_rng(1)
STATES = [np.full(SHAPE, 0.2), 0.8 + 0.1 * RNG.random(SHAPE), 0.4 + 0.1 * RNG.random(SHAPE)]
SETTINGS = {
    "volume.slab.cells": 6,
    "cell.shells": 8,
    "cell.initial_sto": 0.4,
    "protocol": [
        "Discharge at 1C until 3.6 V",
        "Rest for 5 minutes",
        "Charge at 1C until 4.1 V",
        "Discharge at 1C until 3.6 V",
        "Charge at 1C until 4.1 V",
    ],
    "output.times": 4,
}


@pytest.fixture(scope="module")
def cycled(tmp_path_factory):
    return ms.run("cases/dfn_xu2019.yaml", tmp_path_factory.mktemp("cycled"), set=SETTINGS)


def test_extent_and_loss_are_changes_of_lithium_in_capacity():
    found = ms.losses(STATES, material="NMC811_Chen2020")
    extent = [C * np.abs(b - a) for a, b in pairwise(STATES)]
    numbers = found.numbers()
    assert [row["mean_mAh_g"] for row in numbers["extent"]] == pytest.approx(
        [e.mean() for e in extent], rel=1e-6
    )
    assert [row["lithium"] for row in numbers["extent"]] == ["in", "out"]
    assert (numbers["extent"][1]["from"], numbers["extent"][1]["to"]) == (1, 2)
    (loss,) = numbers["loss"]
    assert loss["process"] == 2 and loss["mean_mAh_g"] == pytest.approx(
        (extent[0] - extent[1]).mean(), rel=1e-6
    )
    for share in ("volume_share", "loss_share"):
        assert len(loss["classes"][share]) == 4 and sum(loss["classes"][share]) == pytest.approx(1, abs=1e-12)
    counts = np.histogram(extent[0] - extent[1], [-1e9, 35, 70, 105, 1e9])[0]
    assert loss["classes"]["volume_share"] == pytest.approx(counts / counts.sum())
    assert numbers["inactive_share"] is None and loss["sigma_mAh_g"] is None and numbers["voxels"] == 120
    assert found.extent(1) == pytest.approx(extent[0], rel=1e-6)
    assert found.loss(2) == pytest.approx(extent[0] - extent[1], rel=1e-6)


def test_sto_of_a_set_of_other_sites_gives_the_same_capacity_and_says_so():
    sites = 63104 * 0.09728 / 4800
    found = ms.losses([x / sites for x in STATES], material="NMC811_Chen2020", quantity="sto", sigma=0.01)
    plain = ms.losses(STATES, material="NMC811_Chen2020", quantity="lithium", sigma=0.01 * sites)
    one, other = found.numbers(), plain.numbers()
    for key in ("mean_mAh_g", "sigma_mAh_g"):
        assert one["extent"][0][key] == pytest.approx(other["extent"][0][key], rel=1e-9)
    assert any("1.28 sites" in remark for remark in one["remarks"]) and "1.28 sites" in repr(found)


def test_voxels_count_that_have_a_value_in_every_map():
    some = [x.copy() for x in STATES]
    some[0][0], some[2][1] = np.nan, np.nan
    found = ms.losses(some, material="NMC811_Chen2020")
    assert found.numbers()["voxels"] == 4 * 20 and np.isnan(found.extent(1)[:2]).all()
    some[1][2:] = np.nan
    with pytest.raises(InputError, match="voxels that have a value in every map, got none of 6 x 5 x 4"):
        ms.losses(some, material="NMC811_Chen2020")


def test_a_run_against_its_own_curve(cycled):
    maps = [cycled.lithium.at(0), *(cycled.lithium.at(f"step:{k}") for k in (0, 2, 3, 4))]
    found = ms.losses(maps, curve=cycled.folder / "voltage.csv").numbers()
    for row in found["extent"]:
        assert row["net_mAh_g"] == pytest.approx(row["curve_mAh_g"], rel=1e-4)
    capacities = [abs(step["capacity_mAh_g"]) for step in cycled.numbers()["steps"] if step["capacity_mAh_g"]]
    assert [row["curve_mAh_g"] for row in found["extent"]] == pytest.approx(capacities, rel=1e-9)
    assert [row["curve_mAh_g"] for row in found["loss"]] == pytest.approx(-np.diff(capacities), rel=1e-6)
    assert found["loss"][0]["mean_mAh_g"] == pytest.approx(found["loss"][0]["curve_mAh_g"], rel=5e-3)
    assert found["maps"][1]["time_s"] == pytest.approx(cycled.numbers()["steps"][0]["time_s"])


def test_other_maps_take_the_half_cycles_of_the_curve(cycled):
    maps = [cycled.sto.at(0), *(cycled.sto.at(f"step:{k}") for k in (0, 2, 3, 4))]
    plain = [one.values.astype(float) for one in maps]
    options = {"material": "NMC532_Xu2019", "quantity": "sto", "curve": cycled.folder / "voltage.csv"}
    measured, own = ms.losses(plain, **options).numbers(), ms.losses(maps, curve=options["curve"]).numbers()
    assert measured["extent"] == [pytest.approx(row) for row in own["extent"]]
    with pytest.raises(InputError, match="a charge or discharge for each of the 3 processes.*got 4"):
        ms.losses(plain[:4], **options)
    shifted = ms.losses([plain[1], *plain[:4]], **options).numbers()
    assert any("check the order of the maps" in remark for remark in shifted["remarks"])
    assert not any("curve" in remark for remark in measured["remarks"])
    odd = ms.losses([plain[0], *plain[1:4], plain[4] - 0.02], **options).numbers()
    assert sum("by the maps" in remark for remark in odd["remarks"]) == 1


def test_noise_is_taken_from_the_maps_or_as_given(tmp_path):
    for k, x in enumerate(STATES):
        np.savez(tmp_path / f"{k}.npz", soc=x, sigma=np.full(SHAPE, 0.02))
    paths = [tmp_path / f"{k}.npz" for k in range(3)]
    own = ms.losses(paths, material="NMC811_Chen2020", quantity="lithium").numbers()
    given = ms.losses(STATES, material="NMC811_Chen2020", sigma=[0.02, 0.02, 0.02]).numbers()
    assert own["extent"] == given["extent"]
    assert own["extent"][0]["sigma_mAh_g"] == pytest.approx(C * 0.02 * np.sqrt(2 / 120), rel=1e-6)
    assert own["loss"][0]["sigma_mAh_g"] == pytest.approx(C * 0.02 * np.sqrt(2 / 120), rel=1e-6)
    assert own["inactive_share"] == 0.0
    with pytest.raises(InputError, match="--sigma: expected one number, or one for each of 3 maps, got 2"):
        ms.losses(STATES, material="NMC811_Chen2020", sigma=[0.02, 0.02])


def test_two_maps_have_an_extent_and_no_loss(tmp_path):
    found = ms.losses(STATES[:2], material="NMC811_Chen2020", voxel_size="400 nm")
    assert found.numbers()["loss"] == [] and len(found.numbers()["extent"]) == 1
    assert found.write(tmp_path / "page").is_file() and repr(found)


def test_a_map_that_is_named_twice_is_told():
    given = {"material": "NMC811_Chen2020", "voxel_size": "400 nm", "sigma": [0.01]}
    found = ms.losses([STATES[0], STATES[1], STATES[1]], **given)
    assert "Maps 2 and 3 are the same, value by value: is one named twice?" in found.numbers()["remarks"]
    assert not any("named twice" in said for said in ms.losses(STATES, **given).numbers()["remarks"])
    back = ms.losses([STATES[1], STATES[2], STATES[1]], **given).numbers()["remarks"]
    assert "Maps 1 and 3 are the same, value by value: is one named twice?" in back


def test_maps_of_other_places_and_too_large_a_noise_are_told():
    """Balls with values, one map of them mirrored; a noise in per cent."""
    x, y, z = np.indices((16, 12, 12))
    inside = (x - 5) ** 2 + (y - 5) ** 2 + (z - 4) ** 2 < 16
    noise = [0.01 * np.random.default_rng(k).normal(size=inside.shape) for k in range(3)]
    means = (0.2, 0.6, 0.3)
    maps = [np.where(inside, m + 0.01 * x + 0.002 * y + n, np.nan) for m, n in zip(means, noise)]
    given = {"material": "NMC811_Chen2020", "voxel_size": "400 nm"}

    def told(maps, sigma):
        return [s for s in ms.losses(maps, sigma=sigma, **given).numbers()["remarks"] if "array" in s]

    first = "array is read as lithium per formula unit; --quantity says otherwise."
    assert told(maps, 0.01) == [first]
    _, share = told([maps[0], maps[1][::-1], maps[2]], 0.01)
    kept = np.count_nonzero(inside & inside[::-1]) / inside.sum()
    assert share.startswith(f"{kept:.0%} of the voxels of array have a value in every map")
    assert len(told(maps, 1.0)) == 4 and "The noise of array, 1 of lithium, is larger" in told(maps, 1.0)[1]


def test_maps_out_of_order_are_told(tmp_path, monkeypatch, cycled):
    """Two processes of one direction; file names in the order of a listing; states of a run refused."""
    given = {"material": "NMC811_Chen2020", "voxel_size": "400 nm", "sigma": [0.01]}
    told = ms.losses([STATES[0], STATES[2], STATES[1]], **given).numbers()["remarks"]
    assert any(said.startswith("Processes 1 and 2 both bring lithium into the material") for said in told)
    assert not any("both bring" in said for said in ms.losses(STATES, **given).numbers()["remarks"])
    monkeypatch.chdir(tmp_path)
    for name, values in zip(("map_1.npy", "map_2.npy", "map_10.npy"), STATES, strict=True):
        np.save(name, values)
    listed = ms.losses(["map_1.npy", "map_10.npy", "map_2.npy"], **given).numbers()["remarks"]
    assert any("by their numbers it is map_1.npy, map_2.npy, map_10.npy" in said for said in listed)
    counted = ms.losses(["map_1.npy", "map_2.npy", "map_10.npy"], **given).numbers()["remarks"]
    assert not any("by their numbers" in said for said in counted)
    fields = f"{cycled.folder}/fields.h5::lithium@step:"
    with pytest.raises(InputError, match="expected states in the order of time, got .* before"):
        ms.losses([f"{fields}0", f"{fields}3", f"{fields}2"])


def test_constant_maps_are_right():
    found = ms.losses([np.full(SHAPE, 0.5)] * 3, material="NMC811_Chen2020", sigma=0.02).numbers()
    assert found["extent"][0]["mean_mAh_g"] == 0 and found["inactive_share"] == 1.0
    assert found["loss"][0]["classes"]["loss_share"] is None
    assert found["loss"][0]["classes"]["volume_share"] == [1.0, 0, 0, 0]


@pytest.mark.parametrize(
    ("maps", "options", "said"),
    [
        (STATES[:1], {}, "maps: expected the maps of at least two successive states.*got 1"),
        ("soc.tif", {}, "maps: expected the maps of at least two"),
        (STATES, {"material": None}, "--material: expected the material"),
        (STATES, {"sigma": 0}, "sigma: expected a number from 1e-08, got 0"),
        (STATES, {"sigma": np.nan}, "sigma: expected"),
        (STATES, {"sigma": -1}, "sigma: expected a number from 1e-08"),
        (STATES, {"classes": "35"}, "classes: expected at least two rising edges"),
        (STATES, {"classes": (35, 0)}, "classes: expected at least two rising edges"),
        (STATES, {"classes": "0,a"}, "classes: expected a number"),
        (STATES, {"quantity": "salt"}, "quantity: expected lithium, sto or soc"),
        (STATES, {"curve": "none.csv"}, "expected the voltage curve of a run, got no none.csv"),
        (STATES, {"inactive": 0}, "inactive: expected a number above 0"),
        (STATES, {"background": "zero"}, "background: expected a number"),
    ],
)
def test_a_mistake_is_one_sentence(maps, options, said):
    with pytest.raises(InputError, match=said) as error:
        ms.losses(maps, **{"material": "NMC811_Chen2020"} | options)
    assert "\n" not in str(error.value)


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for k, x in enumerate(STATES):
        np.save(f"{k}.npy", x)
        np.save(f"noise_{k}.npy", np.full(SHAPE, 0.02))
    words = ["losses", "0.npy", "1.npy", "2.npy", "--material", "NMC811_Chen2020", "--classes", "0,50,100"]
    noise = ["--sigma", "noise_0.npy,noise_1.npy,noise_2.npy"]
    assert main([*words, *noise, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= {"extent", "loss", "inactive_share", "voxels"}
    assert found["loss"][0]["classes"]["edges_mAh_g"] == [0, 50, 100]
    options = ["--voxel-size-nm", "400", "--out", "page", "--save", "map.tif"]
    assert main([*words, "--sigma", "0.02", *options]) == 0
    printed = capsys.readouterr().out
    assert "below 50" in printed and "0.npy is read as lithium per formula unit" in printed
    assert {path.name for path in tmp_path.glob("map*")} == {
        "map_extent_1.tif", "map_extent_2.tif", "map_loss_2.tif",
    }  # fmt: skip
    assert (tmp_path / "page" / "report.html").is_file()
    assert main([*words, "--out", "page"]) == 2 and "--voxel-size-nm" in capsys.readouterr().err


HIDDEN = np.zeros(SHAPE, bool)
HIDDEN[0] = True  # 20 of 120 voxels
SEEN = [state + 0.01 * RNG.random(SHAPE) for state in STATES]


@pytest.mark.parametrize("mark", [0.0, -1.0, 0.25])
def test_a_background_is_asked_for_and_left_out(mark):
    """A mean over it as well would be a sixth too small."""
    maps = [np.where(HIDDEN, mark, state) for state in SEEN]
    with pytest.raises(InputError, match=f"exactly {mark:g} in 16.7% .* --background {mark:g} to leave"):
        ms.losses(maps, material="NMC811_crystal")
    found = ms.losses(maps, material="NMC811_crystal", background=mark).numbers()
    clean = ms.losses([np.ma.masked_array(state, HIDDEN) for state in SEEN], material="NMC811_crystal")
    assert found["voxels"] == 100 and found["extent"] == clean.numbers()["extent"]
    whole = ms.losses(maps, material="NMC811_crystal", background="none").numbers()
    assert whole["voxels"] == 120
    ratio = whole["extent"][0]["mean_mAh_g"] / found["extent"][0]["mean_mAh_g"]
    assert ratio == pytest.approx(100 / 120, rel=1e-9)


def test_a_background_of_one_map_is_asked_for_too():
    maps = [SEEN[0], np.where(HIDDEN, 0.0, SEEN[1]), SEEN[2]]
    with pytest.raises(InputError, match="expected NaN where array says nothing, got exactly 0 in 16.7%"):
        ms.losses(maps, material="NMC811_crystal")
    assert ms.losses(maps, material="NMC811_crystal", background=0).numbers()["voxels"] == 100


def test_a_few_voxels_of_one_value_are_material():
    maps = [state.copy() for state in SEEN]
    maps[0][0, 0, 0] = 0.0
    assert ms.losses(maps, material="NMC811_crystal").numbers()["voxels"] == 120


def test_true_is_no_noise():
    with pytest.raises(InputError, match="sigma: expected a number, got True"):
        ms.losses(STATES, material="NMC811_crystal", sigma=True)


def test_a_measured_value_that_fills_several_voxels_counts_once():
    """The sigma of the mean loss is what repeating the measurement gives, also on a grid twice as fine."""
    rng = np.random.default_rng(7)
    truth = [np.full((5, 5, 5), x) for x in (0.2, 0.7, 0.45)]

    def repeated(fill):
        maps = [np.kron(x + rng.normal(0, 0.03, x.shape), np.ones((fill,) * 3)) for x in truth]
        return ms.losses(maps, material="NMC811_crystal", sigma=0.03).numbers()["loss"][0]

    coarse, fine = ([repeated(fill) for _ in range(60)] for fill in (1, 2))
    for found in (coarse, fine):
        spread = np.std([one["mean_mAh_g"] for one in found])
        assert found[0]["sigma_mAh_g"] == pytest.approx(spread, rel=0.3)
    assert fine[0]["sigma_mAh_g"] == pytest.approx(coarse[0]["sigma_mAh_g"], rel=1e-9)


def test_a_background_that_no_voxel_has_is_refused_and_another_one_still_asked_for():
    with pytest.raises(InputError, match="--background: expected voxels of exactly -9, got none in array"):
        ms.losses(STATES, material="NMC811_Chen2020", background=-9)
    outside = np.arange(STATES[0].size).reshape(SHAPE) % 3
    maps = [np.where(outside == 0, 0.0, np.where(outside == 1, -9.0, values + 1e-3)) for values in STATES]
    with pytest.raises(InputError, match="got exactly 0 in 50.0% of its voxels"):
        ms.losses(maps, material="NMC811_Chen2020", background=-9)


def test_a_hot_voxel_is_told():
    maps = [values.copy() for values in STATES]
    maps[1][1, 2, 3] = 3.0
    for sigma in (None, 0.02):
        said = " ".join(ms.losses(maps, material="NMC811_Chen2020", sigma=sigma).remarks)
        assert "1 of 120 voxels of array are no lithiation, up to 3," in said
    assert "no lithiation" not in " ".join(ms.losses(STATES, material="NMC811_Chen2020").remarks)


def test_the_voxels_in_which_was_measured_make_the_sigma_of_a_mean():
    """Maps brought onto half the voxel edge by straight lines: as many values as before them, at the noise of
    one."""
    from scipy import ndimage

    def found(rng, **more):
        maps = [values + 0.02 * rng.standard_normal(SHAPE) for values in STATES]
        fine = [ndimage.zoom(one, 2, order=1, grid_mode=True, mode="nearest") for one in maps]
        return ms.losses(fine, material="NMC811_Chen2020", sigma=0.02, voxel_size="100 nm", **more).numbers()

    drawn = [found(np.random.default_rng(k), native_voxel_size="200 nm") for k in range(200)]
    for kind in ("extent", "loss"):
        scatter = np.std([one[kind][0]["mean_mAh_g"] for one in drawn])
        assert drawn[0][kind][0]["sigma_mAh_g"] == pytest.approx(scatter, rel=0.15)
    said = "expected edges of at least those of the maps, 100 x 100 x 100 nm, got 50 x 50 x 50"
    with pytest.raises(InputError, match=said):
        found(np.random.default_rng(0), native_voxel_size="50 nm")
    with pytest.raises(InputError, match="maps of a known voxel size"):
        ms.losses(STATES, material="NMC811_Chen2020", sigma=0.02, native_voxel_size="50 nm")


def test_voxels_in_which_was_measured_are_of_maps_with_a_noise():
    with pytest.raises(InputError, match="--native-voxel-size-nm: expected maps with a noise, got none"):
        ms.losses(STATES, material="NMC811_Chen2020", voxel_size="50 nm", native_voxel_size="100 nm")


def test_lithium_that_is_not_in_the_maps_is_told_of_a_cathode_and_an_anode(cycled):
    """Each process of the curve less what the maps show, from the charge itself."""
    maps = [cycled.sto.at(0), *(cycled.sto.at(f"step:{k}") for k in (0, 2, 3))]
    curve = cycled.folder / "voltage.csv"
    rows = ms.losses(maps, curve=curve).numbers()["extent"]
    assert [row["elsewhere_mAh_g"] for row in rows] == pytest.approx([0] * 3, abs=0.02)
    from microsim.maps.reaction_extent import reaction_series

    series = reaction_series(np.array([[0.2], [0.5], [0.3]]), 100.0)
    assert series.elsewhere([32.0, -19.0]) == pytest.approx([2.0, 1.0])
    anode = reaction_series(np.array([[0.5], [0.2], [0.4]]), 100.0)
    assert anode.elsewhere([28.0, -22.0]) == pytest.approx([2.0, 2.0])
    assert anode.elsewhere(None) == [None, None]


def test_states_of_two_runs_are_told_and_have_no_common_curve(cycled, tmp_path):
    from shutil import copy

    other = copy(cycled.folder / "fields.h5", tmp_path / "fields.h5")
    maps = [cycled.sto.at(0), f"{other}::sto@step:0", cycled.sto.at("step:2")]
    assert "States are of 2 runs" in " ".join(ms.losses(maps).remarks)
    with pytest.raises(InputError, match="--curve: expected states of one run"):
        ms.losses(maps, curve=cycled.folder / "voltage.csv")


def test_a_noise_above_all_lithiation_is_none():
    """One voxel of noise 1e6 would be all of the sigma of the mean."""
    sigma = np.full(SHAPE, 0.02)
    sigma[0, 0, 0] = 1e6
    kept = [state.copy() for state in STATES]
    kept[1][0, 0, 0] = np.nan
    found = ms.losses(STATES, material="NMC811_crystal", sigma=[0.02, sigma, 0.02])
    left = ms.losses(kept, material="NMC811_crystal", sigma=0.02)
    assert found.numbers()["extent"] == left.numbers()["extent"]
    assert (
        "1 of 120 voxels of array are left out: they have no noise above 1e-08 and up to 1." in found.remarks
    )
    both = ms.losses(STATES, material="NMC811_crystal", sigma=[sigma, sigma, 0.02]).remarks
    assert sum("are left out" in one for one in both) == 1
