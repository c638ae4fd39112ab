"""EDF: by hand as its description has it, and by fabio's own writer."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels

from ...missing import hide

BODY = np.zeros((4, 5, 6), "u2")
BODY[3, 4, 5], BODY[0, 1, 0:3], BODY[2, 0, 5] = 2, 1, 3


def block(values, more=""):
    """A header of 512 bytes between braces, and the bytes behind it."""
    n, kind = values.shape[::-1], {"u2": "UnsignedShort", "f4": "FloatValue"}[values.dtype.str[1:]]
    sizes = "".join(f"Dim_{i} = {size} ;\n" for i, size in enumerate(n, 1))
    text = f"{{\nHeaderID = EH:000001:000000:000000 ;\nByteOrder = LowByteFirst ;\nDataType = {kind} ;\n"
    text += f"{sizes}Size = {values.nbytes} ;\n{more}"
    return text.ljust(510).encode() + b"}\n" + values.tobytes()


@pytest.fixture
def fabio():
    return pytest.importorskip("fabio")


def test_one_image_several_frames_and_a_volume(tmp_path, fabio):
    (tmp_path / "one.edf").write_bytes(block(BODY[0]))
    np.testing.assert_array_equal(read_voxels(tmp_path / "one.edf").values, BODY[0][:, :, None])
    (tmp_path / "frames.edf").write_bytes(b"".join(block(plane.astype("f4")) for plane in BODY))
    np.testing.assert_array_equal(read_voxels(tmp_path / "frames.edf").values, BODY)
    (tmp_path / "volume.edf").write_bytes(block(BODY))
    np.testing.assert_array_equal(read_voxels(tmp_path / "volume.edf").values, BODY)


def test_what_fabio_writes(tmp_path, fabio):
    fabio.edfimage.EdfImage(data=BODY[0]).write(str(tmp_path / "v.edf"))
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.edf").values, BODY[0][:, :, None])


def test_a_folder_of_slices(tmp_path, fabio):
    for k, plane in enumerate(BODY):
        (tmp_path / f"s_{k:04d}.edf").write_bytes(block(plane))
    np.testing.assert_array_equal(read_voxels(tmp_path).values, BODY)
    np.testing.assert_array_equal(read_voxels(tmp_path / "s_*.edf").values, BODY)


def test_frames_of_two_kinds_are_refused(tmp_path, fabio):
    (tmp_path / "v.edf").write_bytes(block(BODY[0]) + block(BODY[0, :3]))
    with pytest.raises(InputError, match="expected frames of one size"):
        read_voxels(tmp_path / "v.edf")


def test_without_fabio(tmp_path, monkeypatch):
    (tmp_path / "v.edf").write_bytes(b"")
    hide(monkeypatch, "fabio")
    with pytest.raises(InputError, match=r"expected the package fabio for .*v.edf .*\[formats\]"):
        read_voxels(tmp_path / "v.edf")
