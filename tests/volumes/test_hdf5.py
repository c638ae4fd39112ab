"""What HDF5 fills in without a word is refused by name; what lies beside a sound data set does not matter."""

import sys

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError, Missing
from microsim.volumes.hdf5 import datasets_of, opened_dataset, require_complete
from microsim.volumes.volume import read_voxels

LABELS = np.random.default_rng(0).integers(1, 4, (6, 4, 5)).astype("u1")


def sentence(name, **options):
    with pytest.raises(InputError) as caught:
        read_voxels(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def parts(folder, count=3, **options):
    """Files part_0.h5 ... with as many layers each of LABELS."""
    thick = len(LABELS) // count
    for k in range(count):
        with h5py.File(folder / f"part_{k}.h5", "w") as file:
            file.create_dataset("entry/data", data=LABELS[k * thick : (k + 1) * thick], **options)
    return thick


def virtual(path, thick, given, inner="entry/data", shape=LABELS.shape):
    layout = h5py.VirtualLayout(shape, "u1")
    for k, name in given.items():
        source = h5py.VirtualSource(name, inner, (thick, *shape[1:]))
        layout[k * thick : (k + 1) * thick] = source
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("v", layout, fillvalue=0)
    return path


# ---- packed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["Bitshuffle", "Blosc", "Blosc2", "Zstd", "LZ4", "BZip2"])
def test_what_beamlines_pack_is_read(tmp_path, packing):
    plugin = pytest.importorskip("hdf5plugin")
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("v", data=LABELS, chunks=(2, 4, 5), **getattr(plugin, packing)())
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.h5").values, LABELS)


def packed(path, code):
    with h5py.File(path, "w") as file:
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        settings.set_chunk((2, 4, 5))
        settings.set_filter(code, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple(LABELS.shape)
        made = h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_UINT8, space, settings)
        h5py.Dataset(made)[...] = LABELS
    return path


def test_a_filter_that_is_missing_is_named_with_its_package(tmp_path, monkeypatch):
    path = packed(tmp_path / "v.h5", 32021)  # a number that hdf5plugin does not serve
    assert "HDF5 filter 32021" in sentence(path) and "export it with gzip" in sentence(path)
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: False)
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    with pytest.raises(Missing, match=r"pip install 'microsim-electrode\[hdf5\]'"):
        read_voxels(path)
    with h5py.File(path) as file, pytest.raises(Missing, match="package hdf5plugin for v, packed by"):
        require_complete(file["v"], "v")


# ---- never written -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chunks", "written", "words"), [
    ((2, 4, 5), slice(4), "got 2 of 3 chunks"),
    ((1, 2, 5), np.s_[:, :2], "got 6 of 12 chunks"),
    ((2, 4, 5), slice(0), "got 0 of 3 chunks"),
    (None, None, "got 0 of 1 chunks"),
])  # fmt: skip
def test_chunks_never_written_are_refused(tmp_path, chunks, written, words):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        made = file.create_dataset("v", LABELS.shape, "u1", chunks=chunks, fillvalue=7)
        if written is not None:
            made[written] = LABELS[written]
    said = sentence(tmp_path / "v.h5")
    assert words in said and "would read as 7" in said and "v.h5::v" in said


def test_times_that_were_not_written_do_not_matter_to_one_that_was(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        made = file.create_dataset("v", (5, *LABELS.shape), "u1", chunks=(1, 3, 4, 5))
        made[1] = LABELS
        made.attrs["axes"] = "t,x,y,z"
    np.testing.assert_array_equal(read_voxels(f"{tmp_path / 'v.h5'}::v@1").values, LABELS)
    assert "got 0 of 2 chunks" in sentence(f"{tmp_path / 'v.h5'}::v@2")
    assert "got 0 of 2 chunks" in sentence(f"{tmp_path / 'v.h5'}::v")


def test_bare_bytes_beside_the_file_must_be_there_and_long_enough(tmp_path):
    bare = tmp_path / "v.bin"
    bare.write_bytes(LABELS.tobytes())
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("v", LABELS.shape, "u1", external=[(str(bare), 0, LABELS.nbytes)])
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.h5").values, LABELS)
    sha256 = read_voxels(tmp_path / "v.h5").sha256
    bare.write_bytes(LABELS[::-1].tobytes())
    assert read_voxels(tmp_path / "v.h5").sha256 != sha256
    bare.write_bytes(LABELS.tobytes()[:-1])
    assert "v.bin, got fewer bytes" in sentence(tmp_path / "v.h5")
    bare.unlink()
    assert "v.bin, got no such file" in sentence(tmp_path / "v.h5")


# ---- virtual -----------------------------------------------------------------------------------------------


def test_a_virtual_data_set_is_read_with_all_its_files(tmp_path):
    thick = parts(tmp_path)
    path = virtual(tmp_path / "all.h5", thick, {k: f"part_{k}.h5" for k in range(3)})
    volume = read_voxels(path)
    np.testing.assert_array_equal(volume.values, LABELS)
    with h5py.File(tmp_path / "part_1.h5", "r+") as file:
        file["entry/data"][0, 0, 0] += 1
    assert read_voxels(path).sha256 != volume.sha256
    deeper = virtual(tmp_path / "deeper.h5", len(LABELS), {0: "all.h5"}, "v")
    assert len(read_voxels(deeper).values) == 6
    (tmp_path / "part_2.h5").unlink()
    for name in (path, deeper):
        assert "expected the file part_2.h5, a part of the virtual data set" in sentence(name)


def test_parts_that_are_not_what_they_should_be_are_named(tmp_path):
    thick = parts(tmp_path)
    named = {k: f"part_{k}.h5" for k in range(3)}
    assert "all.h5::v for all of its voxels, got some that no part covers" in sentence(
        virtual(tmp_path / "all.h5", thick, {0: named[0], 2: named[2]})
    )
    assert "part_0.h5::data" in sentence(virtual(tmp_path / "all.h5", thick, named, "data"))
    with h5py.File(tmp_path / "part_1.h5", "w") as file:
        file["entry/data"] = LABELS[:1]
    said = sentence(virtual(tmp_path / "all.h5", thick, named))
    assert "part_1.h5::entry/data, got 1 x 4 x 5" in said
    with h5py.File(tmp_path / "part_1.h5", "w") as file:
        file.create_dataset("entry/data", (2, 4, 5), "u1", chunks=(1, 4, 5))[:1] = 1
    assert "part_1.h5::entry/data, got 1 of 2 chunks" in sentence(tmp_path / "all.h5")


def test_numbered_parts_must_be_without_a_gap(tmp_path):
    thick = parts(tmp_path)
    with h5py.File(tmp_path / "all.h5", "w") as file:
        grows = (h5py.h5s.UNLIMITED, *LABELS.shape[1:])
        whole = h5py.h5s.create_simple((thick, *LABELS.shape[1:]), grows)
        block = (thick, *LABELS.shape[1:])
        whole.select_hyperslab((0, 0, 0), (h5py.h5s.UNLIMITED, 1, 1), stride=block, block=block)
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        settings.set_virtual(whole, b"part_%b.h5", b"entry/data", h5py.h5s.create_simple(block))
        h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_UINT8, whole, settings)
    np.testing.assert_array_equal(read_voxels(tmp_path / "all.h5").values, LABELS)
    (tmp_path / "part_1.h5").unlink()  # HDF5 ends before it, and passes over those behind it
    assert "expected the file part_1.h5" in sentence(tmp_path / "all.h5")


def test_a_circle_of_virtual_data_sets_ends(tmp_path):
    path = virtual(tmp_path / "a.h5", len(LABELS), {0: "b.h5"}, "v")
    virtual(tmp_path / "b.h5", len(LABELS), {0: "a.h5"}, "v")
    assert "at most 16 virtual data sets" in sentence(path)


# ---- links -------------------------------------------------------------------------------------------------


@pytest.fixture
def linked(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["labels"] = LABELS
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["entry/data/v"] = LABELS
        file["entry/data/parent"] = h5py.SoftLink("/entry")
        file["again"] = h5py.SoftLink("/entry/data/v")
        file["round"], file["turn"] = h5py.SoftLink("/turn"), h5py.SoftLink("/round")
        file["dark"] = h5py.ExternalLink("elsewhere.h5", "/c")
        file["flat"] = h5py.SoftLink("/nowhere")
        file["wrong"] = h5py.ExternalLink("other.h5", "/nothing")
        file["far"] = h5py.ExternalLink("other.h5", "/")
    return tmp_path / "v.h5"


def test_what_links_lead_to_is_read_and_dead_ones_do_not_matter(linked):
    for name in ("entry/data/v", "again", "entry/data/parent/data/v", "far/labels"):
        np.testing.assert_array_equal(read_voxels(f"{linked}::{name}").values, LABELS)
    with h5py.File(linked) as file:
        assert list(datasets_of(file)) == ["again", "entry/data/v", "far/labels"]
    sha256 = read_voxels(f"{linked}::far/labels").sha256
    assert sha256 != read_voxels(f"{linked}::again").sha256  # the bytes of the other file count


def test_one_data_set_of_two_names_is_one(linked):
    with h5py.File(linked, "r+") as file:
        del file["far"]
    np.testing.assert_array_equal(read_voxels(linked).values, LABELS)
    with opened_dataset(linked) as (name, dataset):
        assert (name, dataset.shape) == ("again", LABELS.shape)


@pytest.mark.parametrize(("name", "words"), [
    ("dark", "a link to /c in the file elsewhere.h5, which is not there"),
    ("dark/deeper", "a link to /c in the file elsewhere.h5, which is not there"),
    ("wrong", "a link to /nothing in the file other.h5"),
    ("flat", "a link to /nowhere, which is not there"),
    ("round", "a link to /turn, which is not there"),
    ("entry", "got entry; the file has again, entry/data/v"),
    ("missing", "got missing; the file has again, entry/data/v, far/labels, and dark, a link to"),
])  # fmt: skip
def test_a_name_that_leads_nowhere_says_where_it_leads(linked, name, words):
    assert words in sentence(f"{linked}::{name}")
