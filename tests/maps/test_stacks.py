"""Stacks, energies, references and series from files: axes, units, names, and what is refused."""

import zipfile

import h5py
import numpy as np
import pytest
import tifffile

from microsim.base.errors import InputError
from microsim.maps.stacks import (
    KNOWN,
    read_energies,
    read_lithiation,
    read_numbers,
    read_references,
    read_series,
    read_stack,
)

from ..nickel import sentence

PAGES = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)


def test_pages_of_a_tiff_are_energies(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", PAGES, photometric="minisblack")
    stack = read_stack(str(tmp_path / "a.tif"))
    assert stack.values.shape == (4, 6, 5, 1) and stack.values[1, 2, 3, 0] == PAGES[1, 3, 2]
    assert stack.energies is None and len(stack.sha256) == 64
    turned = read_stack(str(tmp_path / "a.tif"), file_axes="xyE")
    assert turned.values.shape == (6, 4, 5, 1) and turned.values[5, 1, 2, 0] == PAGES[1, 2, 5]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.tif", "deep/a.tif")
    assert np.array_equal(read_stack(f"{tmp_path / 'a.zip'}::deep/a.tif").values, stack.values)
    with pytest.raises(InputError) as caught:
        read_stack(f"{tmp_path / 'a.zip'}::b.tif")
    assert "deep/a.tif" in sentence(caught)


def test_a_stack_cut_short_in_an_archive_is_not_a_thinner_one(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for page in PAGES:
            tif.write(page, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        last = tif.pages[3].offset
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.tif", (tmp_path / "a.tif").read_bytes()[:last])
    with pytest.raises(InputError) as caught:
        read_stack(f"{tmp_path / 'a.zip'}::a.tif")
    assert "page offset" in sentence(caught)


def test_volumes_over_energy_come_from_hdf5_and_npy(tmp_path):
    values = np.random.default_rng(0).random((3, 4, 5, 6))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["mu"] = values
        file["mu"].attrs["voxel_size_m"] = 5e-8
        file["energy"] = [8340.0, 8350.0, 8360.0]
    stack = read_stack(f"{tmp_path / 'a.h5'}::mu")
    assert np.array_equal(stack.values, values) and stack.voxel_size == (5e-8,) * 3
    assert read_energies(f"{tmp_path / 'a.h5'}::energy").tolist() == [8340, 8350, 8360]
    np.save(tmp_path / "a.npy", values)
    assert np.array_equal(
        read_stack(str(tmp_path / "a.npy"), file_axes="Ezyx").values, values.transpose(0, 3, 2, 1)
    )
    with pytest.raises(InputError) as caught:
        read_stack(f"{tmp_path / 'a.h5'}::nu")
    assert "nu" in sentence(caught)


@pytest.mark.parametrize("axes", ["Exyz", "yx", "EEx", "Eyq"])
def test_axes_that_do_not_fit_are_one_sentence(axes, tmp_path):
    np.save(tmp_path / "a.npy", PAGES)
    with pytest.raises(InputError) as caught:
        read_stack(str(tmp_path / "a.npy"), file_axes=axes)
    assert "--file-axes" in sentence(caught)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError) as caught:
        read_stack("nowhere.tif")
    assert all(name in sentence(caught) for name in KNOWN)


def test_text_tables_keep_their_names_and_units(tmp_path):
    table = np.column_stack([np.linspace(8.3, 8.4, 5), np.arange(5.0), np.arange(5.0)[::-1]])
    np.savetxt(tmp_path / "a.nor", table, header="XDI/1.0\n  energy  Fe(II)O  folder/Fe2O3.avg")
    found = read_references(str(tmp_path / "a.nor"))
    assert found.names == ("Fe(II)O", "Fe2O3.avg") and found.energies == pytest.approx(1e3 * table[:, 0])
    assert read_references(f"{tmp_path / 'a.nor'}::Fe2O3.avg,Fe(II)O").values == pytest.approx(
        table[:, [2, 1]].T
    )
    (tmp_path / "a.csv").write_text(
        "E,one,two\n" + "\n".join(",".join(map(str, row)) for row in table * [1e3, 1, 1])
    )
    assert read_references(str(tmp_path / "a.csv")).names == ("one", "two")
    np.savetxt(tmp_path / "b.txt", table[:, :2])
    assert read_references(str(tmp_path / "b.txt")).names == ("b",)
    assert read_numbers(str(tmp_path / "b.txt")).tolist() == [0, 1, 2, 3, 4]
    (tmp_path / "bad.txt").write_text("1 2\n3\n")
    with pytest.raises(InputError) as caught:
        read_references(str(tmp_path / "bad.txt"))
    assert "table" in sentence(caught)


def test_a_series_is_turned_so_that_energy_comes_first(tmp_path):
    energies = np.array([8340.0, 8350, 8360, 8370])
    np.save(tmp_path / "a.npy", np.arange(12.0).reshape(3, 4))
    _, spectra, x, *_ = read_series(str(tmp_path / "a.npy"), energies=energies)
    assert spectra.shape == (4, 3) and spectra[1, 0] == 1 and x is None
    np.save(tmp_path / "b.npy", np.zeros((3, 7)))
    with pytest.raises(InputError) as caught:
        read_series(str(tmp_path / "b.npy"), energies=energies)
    assert "4 energies" in sentence(caught)
    with pytest.raises(InputError) as caught:
        read_series(str(tmp_path / "b.npy"))
    assert "--energies" in sentence(caught)


def test_known_data_read(data, monkeypatch):
    monkeypatch.setenv("MICROSIM_DATA", str(data))
    stack = read_stack("midas_lfp")
    assert stack.values.shape == (57, 95, 91, 1) and len(stack.energies) == 57
    energies, spectra, x, *_ = read_series("perex_lno")
    assert spectra.shape == (1649, 458) and len(x) == 458 and energies[0] == 8060
    assert read_references("hxn_fe_references::Pyrite").names == ("Pyrite",)


def test_arrays_stand_in_for_files():
    values = np.arange(3 * 4 * 5.0).reshape(3, 4, 5)
    stack = read_stack(values)
    assert stack.values.shape == (3, 4, 5, 1) and (stack.source, stack.sha256) == ("array", None)
    assert np.array_equal(read_stack(values, file_axes="Eyx").values[..., 0], values.transpose(0, 2, 1))
    energies = [8300.0, 8310.0, 8320.0]
    assert read_energies(energies).tolist() == energies and read_numbers([1, 2]).tolist() == [1.0, 2.0]
    _, spectra, lithiation, source, _ = read_series(values[0, :, :3], energies=energies)
    assert spectra.shape == (3, 4) and lithiation is None and source == "array"
    references = read_references(np.c_[energies, [0, 1, 1], [0, 0, 1]])
    assert references.values.tolist() == [[0, 1, 1], [0, 0, 1]] and read_references(references) is references
    with pytest.raises(InputError, match="a path, a known name or an array, got int"):
        read_stack(3)


def test_a_stack_of_volumes_is_read_whole_without_its_name(tmp_path):
    values = np.random.default_rng(0).random((3, 4, 5, 6))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["mu"] = values
        file["mu"].attrs["voxel_size_um"] = [1.0, 2.0, 3.0]
    stack = read_stack(str(tmp_path / "a.h5"))
    assert np.array_equal(stack.values, values) and stack.voxel_size == (1e-6, 2e-6, 3e-6)
    turned = read_stack(str(tmp_path / "a.h5"), file_axes="Ezyx")
    assert turned.values.shape == (3, 6, 5, 4) and turned.voxel_size == (3e-6, 2e-6, 1e-6)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["mu"].attrs["axes"] = "z,energy,y,x"
    with pytest.raises(InputError) as caught:
        read_stack(str(tmp_path / "a.h5"))
    assert "z (3), energy (4), y (5), x (6)" in sentence(caught) and "--file-axes" in sentence(caught)


def test_a_stack_says_where_its_energies_are(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["mu"] = PAGES.transpose(1, 2, 0)[..., None]
        file["mu"].attrs["axes"] = ["y", "x", "energy", "channel"]
    assert np.array_equal(
        read_stack(str(tmp_path / "a.h5"), file_axes="yxE").values[..., 0], PAGES.swapaxes(1, 2)
    )
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["mu"] = PAGES.transpose(1, 2, 0)
        file["mu"].attrs["axes"] = ["y", "x", "energy"]
    assert np.array_equal(read_stack(str(tmp_path / "b.h5")).values[..., 0], PAGES.swapaxes(1, 2))


def test_frames_never_written_and_files_not_there_are_named(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("mu", PAGES.shape, "f4", chunks=(1, 5, 6))[:3] = PAGES[:3]
        file["far"] = h5py.ExternalLink("raw.h5", "/mu")
    with pytest.raises(InputError, match="got 3 of 4 chunks"):
        read_stack(f"{tmp_path / 'a.h5'}::mu")
    with pytest.raises(InputError, match="a link to /mu in the file raw.h5"):
        read_stack(f"{tmp_path / 'a.h5'}::far")


def test_lines_of_one_energy_are_averaged(tmp_path):
    (tmp_path / "a.txt").write_text("8350 2\n8340 1\n8350 4\n8360 5\n")
    found = read_references(str(tmp_path / "a.txt"))
    assert found.energies.tolist() == [8340, 8350, 8360] and found.values.tolist() == [[1, 3, 5]]


def test_images_named_by_their_energies_are_in_their_order(tmp_path):
    for energy, page in zip(("8333.25", "8333.5", "8340", "8350.0"), PAGES, strict=True):
        tifffile.imwrite(tmp_path / f"mu_{energy}.tif", page)
    assert np.array_equal(read_stack(str(tmp_path)).values[..., 0], PAGES.swapaxes(1, 2))


def test_a_header_that_says_per_cent_is_believed(tmp_path):
    (tmp_path / "x.txt").write_text("lithiation (%)\n0\n0.5\n1\n")
    with pytest.raises(InputError) as caught:
        read_lithiation(str(tmp_path / "x.txt"))
    assert "lithiation(%) in %" in sentence(caught)
    (tmp_path / "x.txt").write_text("state x\n1 0.1\n2 0.5\n")
    assert read_lithiation(str(tmp_path / "x.txt")).tolist() == [0.1, 0.5]
    assert read_lithiation([0.1, 0.5]).tolist() == [0.1, 0.5]


def test_references_with_a_hole_are_refused_by_name(tmp_path):
    table = np.column_stack([np.arange(8300.0, 8310), np.linspace(0, 1, 10), np.linspace(0, 2, 10)])
    table[4, 2] = np.nan
    (tmp_path / "r.csv").write_text(
        "energy,charged,discharged\n" + "\n".join(",".join(f"{v:g}" for v in row) for row in table)
    )
    with pytest.raises(InputError, match="got 1 values that are not, the first of discharged; mend"):
        read_references(tmp_path / "r.csv")
    for hole in (table, np.ma.masked_array(np.nan_to_num(table, nan=7.0), np.isnan(table))):
        with pytest.raises(InputError, match="finite reference spectra in array, got 1 values"):
            read_references(hole)
