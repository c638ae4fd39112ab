"""Images of VTK: by VTK's own writers where they are there, and written by hand."""

import base64
import zlib

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels, write_volume

BODY = np.zeros((6, 5, 4), "u1")  # x, y, z
BODY[5, 4, 3], BODY[0:3, 1, 2], BODY[5, 0, 0] = 2, 1, 3
SIZE = (4e-7, 5e-7, 6e-7)
SPACING = "4e-7 5e-7 6e-7"


def sentence(path):
    with pytest.raises(InputError) as caught:
        read_voxels(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def document(arrays, spacing=SPACING, extent="0 6 0 5 0 4", place="CellData", more="", appended=b""):
    text = (
        f'<?xml version="1.0"?><VTKFile type="ImageData" version="0.1" byte_order="LittleEndian" {more}>'
        f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing}"><Piece Extent="{extent}">'
        f"<{place}>{arrays}</{place}></Piece></ImageData>"
    )
    return text.encode() + appended + b"</VTKFile>"


def array(text, name="labels", kind="UInt8", form="ascii"):
    return f'<DataArray type="{kind}" Name="{name}" format="{form}">{text}</DataArray>'


WORDS = " ".join(map(str, BODY.ravel(order="F")))
BYTES = BODY.tobytes(order="F")


def encoded(*parts):
    return b"".join(base64.b64encode(part) for part in parts).decode()


PACKED = [zlib.compress(BYTES[start : start + 64]) for start in (0, 64)]
COUNTS = np.array([2, 64, 56, *map(len, PACKED)], "<u4").tobytes()
BEHIND = b'<AppendedData encoding="raw">_' + np.uint32(120).tobytes() + BYTES + b"</AppendedData>"
BY_HAND = {
    "written out": document(array(WORDS)),
    "round a key": document(array(f'<InformationKey name="N" location="L">7</InformationKey>{WORDS}')),
    "base64": document(array(encoded(np.uint32(120).tobytes() + BYTES), form="binary")),
    "packed": document(
        array(encoded(COUNTS, b"".join(PACKED)), form="binary"), more='compressor="vtkZLibDataCompressor"'
    ),
    "behind": document(
        '<DataArray type="UInt8" Name="labels" format="appended" offset="0"/>', appended=BEHIND
    ),
    "points": document(array(WORDS), extent="0 5 0 4 0 3", place="PointData"),
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_files_by_hand(tmp_path, kind):
    (tmp_path / "v.vti").write_bytes(BY_HAND[kind])
    found = read_voxels(tmp_path / "v.vti")
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx(SIZE, rel=1e-9) and "taken as m" in found.said[0]


@pytest.mark.parametrize("mode", ["Ascii", "Binary", "Appended"])
@pytest.mark.parametrize("packing", ["None", "ZLib", "LZ4", "LZMA"])
@pytest.mark.parametrize("cells", [True, False])
def test_files_of_vtk(tmp_path, mode, packing, cells):
    pv, vtk = pytest.importorskip("pyvista"), pytest.importorskip("vtk")
    image = pv.ImageData(dimensions=np.array(BODY.shape) + cells, spacing=SIZE)
    (image.cell_data if cells else image.point_data)["labels"] = BODY.astype("i4").ravel(order="F")
    writer = vtk.vtkXMLImageDataWriter()
    writer.SetInputData(image)
    writer.SetBlockSize(64)
    getattr(writer, f"SetDataModeTo{mode}")()
    getattr(writer, f"SetCompressorTypeTo{packing}")()
    if cells:
        writer.SetByteOrderToBigEndian()
    else:
        writer.SetHeaderTypeToUInt64()
        writer.EncodeAppendedDataOff()
    writer.SetFileName(str(tmp_path / "v.vti"))
    assert writer.Write()
    found = read_voxels(tmp_path / "v.vti")
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx(SIZE, rel=1e-9)


def test_vtk_reads_what_is_written(tmp_path):
    pv = pytest.importorskip("pyvista")
    write_volume(tmp_path / "v.vti", BODY.astype("u2"), voxel_size=SIZE)
    image = pv.read(tmp_path / "v.vti")
    assert image.dimensions == (7, 6, 5) and image.spacing == pytest.approx(SIZE, rel=1e-9)
    np.testing.assert_array_equal(image.cell_data["volume"].reshape(BODY.shape, order="F"), BODY)


@pytest.mark.parametrize("file_axes", ["xyz", "zyx"])
def test_x_is_x_in_what_is_written(tmp_path, file_axes):
    write_volume(f"{tmp_path}/v.vti::phase", BODY, voxel_size=(1e-5, 2e-5, 3e-5), file_axes=file_axes)
    found = read_voxels(tmp_path / "v.vti")
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == (1e-5, 2e-5, 3e-5) and b'Name="phase"' in (tmp_path / "v.vti").read_bytes()


def test_pieces_are_put_together(tmp_path):
    halves = [BODY[:2], BODY[2:]]
    pieces = "".join(
        f'<Piece Extent="{low} {high} 0 5 0 4"><CellData>{array(" ".join(map(str, half.ravel(order="F"))))}'
        "</CellData></Piece>"
        for (low, high), half in zip(((0, 2), (2, 6)), halves, strict=True)
    )
    text = (
        '<VTKFile type="ImageData" byte_order="LittleEndian"><ImageData WholeExtent="0 6 0 5 0 4"'
        f' Origin="0 0 0" Spacing="1 1 1">{pieces}</ImageData></VTKFile>'
    )
    (tmp_path / "v.vti").write_text(text)
    np.testing.assert_array_equal(read_voxels(tmp_path / "v.vti").values, BODY)
    (tmp_path / "v.vti").write_text(text.replace("0 6 0 5 0 4", "0 7 0 5 0 4"))
    assert "expected pieces that fill the image" in sentence(tmp_path / "v.vti")


def test_several_arrays_are_asked_about(tmp_path):
    (tmp_path / "v.vti").write_bytes(
        document(array(WORDS) + array(WORDS, "grey") + array("0", "vtkGhostType"))
    )
    assert "the file has labels, grey)" in sentence(tmp_path / "v.vti")
    assert read_voxels(f"{tmp_path}/v.vti::grey").beside == ("labels",)
    assert read_voxels(f"{tmp_path}/v.vti::CellData/grey").beside == ("labels",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (document(array(WORDS), spacing="0.4 0.5 0.6"), "got 0.6 x 0.5 x 0.4 in"),
        (document(array(WORDS), spacing='1 1 1" Direction="0 1 0 1 0 0 0 0 1'), "turned by Direction"),
        (document(array(WORDS[:-2])), "expected a readable .vti volume"),
        (document(array(WORDS)).replace(b"ImageData", b"RectilinearGrid"), "got RectilinearGrid"),
        (BY_HAND["packed"].replace(b"ZLib", b"Brotli"), "packed by vtkBrotli"),
        (document('<DataArray type="UInt8" Name="v" NumberOfComponents="3" format="ascii"/>'), "3 of UInt8"),
    ],
)
def test_others_are_refused(tmp_path, content, words):
    (tmp_path / "v.vti").write_bytes(content)
    assert words in sentence(tmp_path / "v.vti")


@pytest.mark.parametrize("edge", [0.4, 398])
def test_cubes_of_no_unit_are_of_unknown_size(tmp_path, edge):
    """0.4 may be mm or um, 398 um or nm."""
    (tmp_path / "v.vti").write_bytes(document(array(WORDS), spacing=f"{edge} {edge} {edge}"))
    found = read_voxels(tmp_path / "v.vti")
    assert found.voxel_size is None and "bear no unit" in found.said[0]
