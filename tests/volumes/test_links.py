"""Every file that the data of an HDF5 file lie in is found."""

import h5py
import numpy as np

from microsim.volumes.links import linked_files


def test_links_virtual_data_sets_and_raw_files_are_followed(tmp_path):
    (tmp_path / "deep").mkdir()
    with h5py.File(tmp_path / "deep" / "far.h5", "w") as far:
        far["v"] = np.zeros((2, 2, 2))
    with h5py.File(tmp_path / "near.h5", "w") as near:
        near["v"] = h5py.ExternalLink("deep/far.h5", "/v")
    with h5py.File(tmp_path / "part.h5", "w") as part:
        part["p"] = np.zeros((2, 2))
    with h5py.File(tmp_path / "main.h5", "w") as main:
        main["a/b/v"] = h5py.ExternalLink("near.h5", "/v")
        layout = h5py.VirtualLayout((1, 2, 2), "f8")
        layout[0] = h5py.VirtualSource(str(tmp_path / "part.h5"), "p", (2, 2))
        main.create_virtual_dataset("w", layout)
        raw = [(str(tmp_path / "raw.bin"), 0, 64)]
        main.create_dataset("r", (2, 2, 2), "f8", external=raw)[...] = 1
        main["a/again"], main["dead"] = main["a"], h5py.ExternalLink("missing.h5", "/v")
    found = linked_files(tmp_path / "main.h5")
    assert found[0] == tmp_path / "main.h5"
    assert {path.name for path in found} == {"main.h5", "near.h5", "far.h5", "part.h5", "raw.bin"}


def test_a_file_that_cannot_be_read_is_itself(tmp_path):
    (tmp_path / "no.h5").write_text("none")
    assert linked_files(tmp_path / "no.h5") == (tmp_path / "no.h5",)
