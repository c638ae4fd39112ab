"""Maps of successive states: what each holds, its noise, its material, all as lithium per formula unit."""

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.hosts import Host
from microsim.jobs.field import Field
from microsim.jobs.map_series import HostMap, lithium_of, read_hosts_of, read_state_map
from microsim.materials import load
from microsim.mesh.grid import VoxelGrid
from microsim.volumes.fields import FieldWriter
from microsim.volumes.volume import write_volume

SHAPE = (4, 3, 2)
NMC = Host("NMC", 50000.0, 4864.0, 0.09728, 0.9, 0.3)
OTHER = Host("other", 60000.0, 4864.0, 0.09728, 0.8, 0.2)


@pytest.fixture
def fields(tmp_path):
    """Two states of two materials in a file of a run."""
    phase = np.zeros(SHAPE, np.uint8)
    phase[2:] = 1
    path = tmp_path / "fields.h5"
    with FieldWriter(
        path, VoxelGrid(phase, ("am", "more"), 4e-7), {"sto": "1", "c_e": "1"}, {"am": NMC, "more": OTHER}
    ) as f:
        f.write(0.0, "D", {"sto": np.full(SHAPE, 0.3), "c_e": np.ones(SHAPE)}, 0)
        f.write(9.0, "D", {"sto": np.full(SHAPE, 0.5), "c_e": np.ones(SHAPE)}, 1)
    return path


def test_a_field_of_a_run_by_index_step_or_as_it_is(fields):
    for given in (
        f"{fields}::sto",
        f"{fields}::sto@1",
        f"{fields}::sto@step:1",
        f"{fields}::sto@D#2",
        Field(fields, "sto"),
    ):
        state = read_state_map(given)
        assert state.quantity == "sto" and state.run.time == 9.0 and (state.values == 0.5).all()
    assert read_state_map(f"{fields}::sto@-2").origin()["time_s"] == 0.0


def test_sto_becomes_lithium_by_the_sites_of_each_voxel(fields):
    states = [read_state_map(f"{fields}::sto@{k}") for k in (0, 1)]
    hosts = read_hosts_of(states, None)
    assert [host.material for host in hosts.hosts] == ["NMC", "other"]
    lithium, noise, read_as = lithium_of(states, None, hosts, [0.02, 0.03])
    assert lithium[1, :2] == pytest.approx(0.5) and lithium[1, 2:] == pytest.approx(0.6)
    assert noise[0, 0, 0, 0] == pytest.approx(0.02) and noise[1, 2:] == pytest.approx(0.036)
    assert read_as == ["sto", "sto"]


def test_soc_is_a_share_of_the_window():
    hosts = HostMap.of([OTHER])
    assert hosts.lithium(np.array([0.0, 1.0]), "soc") == pytest.approx([1.2 * 0.8, 1.2 * 0.2])
    assert hosts.step("soc") == pytest.approx(1.2 * 0.6) and hosts.step("lithium") == 1.0


@pytest.mark.parametrize("kind", ["npz", "tif", "h5"])
def test_the_noise_that_a_map_came_with(tmp_path, kind):
    values, sigma = np.full(SHAPE, 0.4), np.full(SHAPE, 0.02)
    path = tmp_path / f"soc.{kind}"
    if kind == "npz":
        np.savez(path, lithiation=values, sigma=sigma)
    else:
        write_volume(path, values, voxel_size=4e-7)
        write_volume(tmp_path / f"soc_sigma.{kind}", sigma, voxel_size=4e-7)
    state = read_state_map(path)
    assert state.values == pytest.approx(values) and state.sigma == pytest.approx(sigma)
    lone = tmp_path / "lone.npy"
    np.save(lone, values)
    assert read_state_map(lone).sigma is None and read_state_map(values).quantity is None


def test_a_material_is_named_or_that_of_the_run(fields):
    measured = read_state_map(np.full(SHAPE, 0.4))
    assert read_hosts_of([measured], "Chen2020_cathode").capacity == pytest.approx(275.51, abs=0.01)
    assert read_hosts_of([measured], load("NMC532_Xu2019")).hosts[0].material == "NMC532_Xu2019"
    assert read_hosts_of([measured, read_state_map(f"{fields}::sto")], None).hosts == (NMC, OTHER)


@pytest.mark.parametrize(
    ("material", "said"),
    [
        (None, "--material: expected the material of the maps"),
        ("LiPF6_EC_EMC_3_7", "expected an insertion material, got LiPF6"),
        ("NMC8", "expected the name of a material set"),
        (Host("x", 1e4, 4000.0, None, 0.9, 0.1), "expected a molar mass of x"),
    ],
)
def test_a_material_that_makes_no_capacity_is_one_sentence(material, said):
    with pytest.raises(InputError, match=said):
        read_hosts_of([read_state_map(np.full(SHAPE, 0.4))], material)


def test_another_material_than_that_of_the_run_is_refused(fields):
    with pytest.raises(InputError, match="expected NMC, which the fields of the run name, got NMC532_Xu2019"):
        read_hosts_of([read_state_map(f"{fields}::sto")], "NMC532_Xu2019")


@pytest.mark.parametrize(
    ("first", "options", "said"),
    [
        (np.full((2, 3, 2), 0.4), {}, "expected maps of one shape.*2 x 3 x 2.*4 x 3 x 2"),
        (np.full(SHAPE, np.nan), {}, "got NaN everywhere in array"),
        (
            np.arange(24.0).reshape(SHAPE) % 2,
            {},
            "expected a map of numbers with decimals, got whole numbers",
        ),
        (np.full(SHAPE, 40.0), {}, "a median of 40 from array read as lithium.*divide per cent"),
        (np.where(np.arange(24).reshape(SHAPE) < 2, -9999, 0.4), {}, "got -9999 in 2 of 24 voxels of array"),
        (
            np.full(SHAPE, 0.4),
            {"sigmas": [2.0, 2.0]},
            "--sigma: expected standard deviations below 1.*got 2 for",
        ),
        (
            np.full(SHAPE, 0.4),
            {"sigmas": [0.0, 0.0]},
            "--sigma: expected standard deviations above 1e-08, got 0",
        ),
        (np.full(SHAPE, 0.4), {"sigmas": [np.full(SHAPE, np.nan)] * 2}, "got NaN everywhere for array"),
        (np.full(SHAPE, 0.4), {"sigmas": [np.ones((2, 2, 2))] * 2}, "expected a map in the shape of array"),
    ],
)
def test_maps_that_cannot_be_put_together_are_one_sentence(first, options, said):
    states = [read_state_map(first), read_state_map(np.full(SHAPE, 0.4))]
    with pytest.raises(InputError, match=said) as error:
        lithium_of(states, "lithium", HostMap.of([NMC]), **options)
    assert "\n" not in str(error.value)


def test_what_a_map_says_it_is_wins(fields):
    states = [read_state_map(f"{fields}::sto@0"), read_state_map(f"{fields}::sto@1")]
    with pytest.raises(InputError, match="--quantity: expected sto, which .*got lithium; leave it out"):
        lithium_of(states, "lithium", HostMap.of([NMC]))
    with pytest.raises(InputError, match="expected a map of lithium, sto, soc, got c_e"):
        lithium_of([read_state_map(f"{fields}::c_e")], None, HostMap.of([NMC]))
    with pytest.raises(InputError, match="expected an index from 0 to 1 in .*got 7"):
        read_state_map(f"{fields}::sto@7")
    with pytest.raises(InputError, match="MAP: expected a path, an array"):
        read_state_map(3)


def test_voxel_sizes_that_differ_are_refused(tmp_path):
    for k, size in enumerate((4e-7, 8e-7)):
        write_volume(tmp_path / f"{k}.tif", np.full(SHAPE, 0.4), voxel_size=size)
    with pytest.raises(InputError, match="expected maps of one voxel size, got 400 x 400 x 400 nm"):
        lithium_of([read_state_map(tmp_path / f"{k}.tif") for k in (0, 1)], None, HostMap.of([NMC]))


def test_an_hdf5_file_that_is_none_of_a_run_is_a_map(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["lithium"] = np.full(SHAPE, 0.4)
    state = read_state_map(f"{tmp_path / 'a.h5'}::lithium")
    assert state.run is None and state.quantity == "lithium"


@pytest.mark.parametrize("folder", ["", ".", "/"])
def test_a_folder_is_no_map(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"expected slices"):
        read_state_map(folder)
