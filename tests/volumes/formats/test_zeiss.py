"""Zeiss: OLE files written by hand (sectors, table of sectors, directory), after [MS-CFB]."""

import struct

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels

from ...missing import hide

SECTOR, FREE, END, NONE = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
BODY = np.zeros((3, 48, 50), "<u2")  # 4800 bytes an image
BODY[2, 47, 49], BODY[0, 1, 0:3], BODY[1, 0, 49] = 2, 1, 3


def entry(name, kind, child=NONE, right=NONE, start=END, size=0):
    words = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", NONE, right, child)
    return (
        words.ljust(64, b"\0")
        + struct.pack("<HBB", len(words), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def ole(streams):
    """A file of {"folder/name": bytes}; streams are made as long as lie in sectors of the file."""
    content, table, starts = b"", [], {}
    for name, data in streams.items():
        data = data.ljust(4096, b"\0")
        count = -(-len(data) // SECTOR)
        starts[name] = len(table), len(data)
        table += [*range(len(table) + 1, len(table) + count), END]
        content += data.ljust(count * SECTOR, b"\0")
    folders = {}
    for name in streams:
        folders.setdefault(name.partition("/")[0], []).append(name)
    entries, place = [], 1 + len(folders)
    for i, (folder, names) in enumerate(folders.items()):
        entries.append(entry(folder, 1, place, i + 2 if i + 1 < len(folders) else NONE))
        place += len(names)
    place = 1 + len(folders)
    for names in folders.values():
        for i, name in enumerate(names):
            right = place + 1 if i + 1 < len(names) else NONE
            entries.append(
                entry(name.partition("/")[2], 2, right=right, start=starts[name][0], size=starts[name][1])
            )
            place += 1
    directory = b"".join([entry("Root Entry", 5, 1), *entries])
    count, first = -(-len(directory) // SECTOR), len(table)
    table += [*range(first + 1, first + count), END, 0xFFFFFFFD]
    content += directory.ljust(count * SECTOR, b"\0")
    assert len(table) <= SECTOR // 4
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    head += struct.pack("<IIIIIIIIII", 0, 1, first, 0, 4096, END, 0, END, 0, len(table) - 1)
    sectors = struct.pack(f"<{SECTOR // 4}I", *table, *[FREE] * (SECTOR // 4 - len(table)))
    return head.ljust(SECTOR, b"\xff") + content + sectors


def written(path, values=BODY, **changes):
    kind = {"u1": 3, "u2": 5, "f4": 10}[values.dtype.str[1:]]
    numbers = {"NoOfImages": len(values), "ImageHeight": 48, "ImageWidth": 50, "DataType": kind} | changes
    streams = {f"ImageInfo/{name}": struct.pack("<i", number) for name, number in numbers.items()}
    streams["ImageInfo/PixelSize"] = struct.pack("<f", 0.398)
    streams |= {f"ImageData1/Image{k}": plane.tobytes() for k, plane in enumerate(values, 1)}
    path.write_bytes(ole(streams))
    return path


@pytest.fixture
def olefile():
    return pytest.importorskip("olefile")


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_slices_of_a_reconstruction(tmp_path, olefile, dtype):
    found = read_voxels(written(tmp_path / "v.txm", BODY.astype(f"<{dtype}")), kind="grey")
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx((398e-9,) * 3, rel=1e-6) and found.values.dtype == dtype


def test_one_image_is_a_section(tmp_path, olefile):
    found = read_voxels(written(tmp_path / "v.xrm", BODY[2:]))
    np.testing.assert_array_equal(found.values, BODY[2][:, :, None])
    assert (
        "projection" in found.said[0]
        and "one image" in found.said[1]
        and found.voxel_size == pytest.approx((398e-9,) * 3, rel=1e-6)
    )


def test_others_are_refused(tmp_path, olefile):
    for changes, words in (({"NoOfImages": 4}, "in ImageData1/Image4"), ({"DataType": 9}, "got type 9")):
        with pytest.raises(InputError, match=words):
            read_voxels(written(tmp_path / "v.txm", **changes))
    (tmp_path / "v.txm").write_bytes(b"something else")
    with pytest.raises(InputError, match="expected a readable .txm volume"):
        read_voxels(tmp_path / "v.txm")


def test_projections_are_no_volume(tmp_path):
    (tmp_path / "v.txrm").write_bytes(b"")
    with pytest.raises(InputError, match="got projections in"):
        read_voxels(tmp_path / "v.txrm")


def test_without_olefile(tmp_path, monkeypatch):
    (tmp_path / "v.txm").write_bytes(b"")
    hide(monkeypatch, "olefile")
    with pytest.raises(InputError, match=r"expected the package olefile for .*v.txm .*\[formats\]"):
        read_voxels(tmp_path / "v.txm")
