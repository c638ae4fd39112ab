"""The job spectra: what it makes of a map, soc finds again, with the scatter that soc states."""

import json

import h5py
import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.volumes.volume import read_voxels, write_volume

from ..nickel import spectrum

GRID = np.arange(8240.0, 8511.0)
REFERENCES = np.c_[GRID, spectrum(GRID, np.array([0.0, 1.0]))]  # without lithium, with all of it
PAIR = {"references": REFERENCES, "reference_lithiation": [0, 1]}
X = np.broadcast_to(np.linspace(0.1, 0.9, 20)[:, None, None], (20, 12, 10)).copy()
X[:, :2] = np.nan


def test_a_linear_combination_finds_the_map_again_with_the_scatter_that_it_states():
    made = ms.virtual_spectra(X, **PAIR, noise=0.01, voxel_size="100 nm")
    options = {"method": "lcf", "least_jump": 0.5, "noise": 0.01}
    found = ms.lithiation_map(made.mu, energies=made.energies, **PAIR, **options)
    np.testing.assert_array_equal(np.isfinite(found.values), np.isfinite(X))
    error = (found.values - X)[np.isfinite(X)]
    assert abs(error.mean()) < 0.001
    assert error.std() == pytest.approx(np.sqrt(np.nanmean(found.sigma**2)), rel=0.05)
    numbers = made.numbers()
    assert numbers["voxels"] == 2000 and numbers["lithium_mean"] == pytest.approx(0.5)
    assert numbers["energies_eV"] == [8240.0, 8510.0, 271]


def test_the_command_writes_what_soc_reads(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_volume("x.tif", X.astype("float32"), voxel_size=(1e-7,) * 3)
    np.savetxt("nickel.csv", REFERENCES, delimiter=",", header="energy_eV,charged,discharged", comments="")
    pair = "--references nickel.csv --reference-lithiation 0,1"
    made = f"spectra x.tif {pair} --energies 8325,8348,8456 --noise 0.001 --out mu.h5 --json -"
    assert main(made.split()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["energies_eV"] == [8325.0, 8456.0, 3] and told["map"]["quantity"] == "lithium"
    with h5py.File("mu.h5") as file:
        assert file["mu"].shape == (3, 20, 12, 10) and list(file["energy_eV"]) == [8325, 8348, 8456]
    read = f"soc mu.h5::mu --energies mu.h5::energy_eV --method three-energy {pair} --noise 0.001"
    assert main([*read.split(), "--least-jump", "0.5", "--out", "soc.tif"]) == 0
    found = read_voxels("soc.tif", kind="field")
    assert found.voxel_size == pytest.approx((1e-7,) * 3)
    assert np.nanmax(abs(found.values - X)) < 0.08  # the ratio of a mixture is no straight line


def test_a_map_of_sto_needs_its_material_and_becomes_lithium():
    with pytest.raises(InputError, match="--material: expected the material"):
        ms.virtual_spectra(X, **PAIR, quantity="sto")
    made = ms.virtual_spectra(X, **PAIR, quantity="sto", material="NMC532_Mohtat2020")
    np.testing.assert_allclose(
        made.lithium, 0.7268 * X, rtol=1e-4
    )  # sites per formula unit, docs/materials.md


def test_what_the_references_do_not_hold_is_told():
    def said(given, states=(0, 1)):
        made = ms.virtual_spectra(given, **{**PAIR, "reference_lithiation": list(states)})
        return list(made.remarks) == made.numbers()["remarks"] and " ".join(made.remarks)

    assert said(X) == ""
    assert said(X, (1, 0)).startswith("The K edge of Ni rises by 2.1 eV from lithium 0 to 1, but a metal is")
    assert said(X, (0.3, 0.7)).startswith(
        "50 % of the voxels are beyond the references' lithiation, 0.3 to 0"
    )
    assert "17 % of the voxels of array are exactly 0: if that is background" in said(np.nan_to_num(X))


def test_a_point_spread_is_in_lengths():
    wide = ms.virtual_spectra(X, **PAIR, noise=0, psf=2e-7, voxel_size=1e-7).mu
    narrow = ms.virtual_spectra(X, **PAIR, noise=0, psf=2e-7, voxel_size=1e-5).mu
    edge = (150, 10, slice(0, 4), 5)  # from nothing into material
    assert np.ptp(wide[edge]) < 0.6 * np.ptp(narrow[edge])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"psf": 1e-7}, "--psf-nm: expected a known voxel size, array gives none"),
        ({"reference_lithiation": [0, 0.5, 1]}, "expected one number for each of column1, column2"),
        ({"reference_lithiation": [1, 1]}, "two different numbers"),
        ({"energies": [8200.0, 8300.0, 8350.0]}, "from 8240 to 8510 eV"),
        ({"energies": [8300.0, 8290.0, 8350.0]}, "energies that rise"),
        ({"map": np.full((4, 4, 4), np.nan)}, "NaN everywhere"),
        ({"map": 100 * X}, "lithium per formula unit"),
        ({"noise": -1}, "noise: expected"),
    ],
)
def test_what_does_not_fit_is_one_sentence(changed, said):
    given = {"map": X, **PAIR, **changed}
    with pytest.raises(InputError, match=said) as caught:
        ms.virtual_spectra(**given)
    assert "\n" not in str(caught.value)


def test_another_file_than_hdf5_is_refused(tmp_path):
    made = ms.virtual_spectra(X, **PAIR)
    with pytest.raises(InputError, match="an HDF5 file, got .*mu.tif"):
        made.save_stack(tmp_path / "mu.tif")
