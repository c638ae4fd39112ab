"""Avizo and Amira: headers and bytes written by hand, after files of Amira and Avizo."""

import zlib

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels, write_volume

BODY = np.zeros((4, 5, 6), "u1")  # z, y, x: no axis can be taken for another
BODY[3, 4, 5], BODY[0, 1, 0:3], BODY[2, 0, 5] = 2, 1, 3
# by hand: runs of at most 127 zeros and stretches of bytes as they are, 120 voxels in all
PACKED = b"\x06\x00\x03\x01\x33\x00\x05\x00\x81\x03\x33\x00\x82\x00\x00\x81\x02"
UM = '    Units {\n        Coordinates "µm"\n    }\n'
MATERIALS = "    Materials {\n        Exterior {\n            Id 1\n        }\n    }\n"


def header(
    kind="byte", first="# AmiraMesh BINARY-LITTLE-ENDIAN 2.1", packing="", box="0 2 0 2 0 1.8", units=UM
):
    return (
        f"{first}\n\n\ndefine Lattice 6 5 4\n\nParameters {{\n{units}{MATERIALS}"
        f'    Content "6x5x4 {kind}, uniform coordinates",\n    BoundingBox {box},\n'
        '    CoordType "uniform"\n}\n\n'
        f"Lattice {{ {kind} Labels }} @1{packing}\n\n# Data section follows\n@1\n"
    ).encode()


def written(path, head, data):
    path.write_bytes(head + data + b"\n")
    return path


def sentence(path):
    with pytest.raises(InputError) as caught:
        read_voxels(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check(path, size=(6e-7, 5e-7, 4e-7)):
    found = read_voxels(path)
    np.testing.assert_array_equal(found.values, BODY)
    assert found.voxel_size == pytest.approx(size, rel=1e-9)
    np.testing.assert_array_equal(read_voxels(path, file_axes="zyx").values, BODY.T)


KINDS = {
    "plain": ("byte", "", BODY.tobytes()),
    "run lengths": ("byte", f"(HxByteRLE,{len(PACKED)})", PACKED),
    "zip": ("byte", f"(HxZip,{len(zlib.compress(BODY.tobytes()))})", zlib.compress(BODY.tobytes())),
    "ushort": ("ushort", "", BODY.astype("<u2").tobytes()),
    "float": ("float", "", BODY.astype("<f4").tobytes()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_lattices(tmp_path, kind):
    """The bounding box runs from the first voxel's centre to the last one's: 2.0 over 5 steps is 0.4 um."""
    name, packing, data = KINDS[kind]
    check(written(tmp_path / "v.am", header(name, packing=packing), data))


@pytest.mark.parametrize("first", ["# AmiraMesh 3D BINARY 2.0", "# AmiraMesh BINARY 1.0"])
def test_files_of_other_machines_count_bytes_the_other_way(tmp_path, first):
    check(written(tmp_path / "v.am", header("short", first), BODY.astype(">i2").tobytes()))


def test_numbers_written_out(tmp_path):
    words = " ".join(str(n) for n in BODY.ravel()).encode()
    check(written(tmp_path / "v.am", header(first="# AmiraMesh 3D ASCII 2.0"), words))
    assert "expected 120 voxels" in sentence(
        written(tmp_path / "v.am", header(first="# AmiraMesh ASCII 1.0"), b"1 2")
    )


def test_sections_are_found_where_data_look_like_one(tmp_path):
    head = header().replace(b"@1\n\n# Data", b"@1\nLattice { byte Probability } @2\n\n# Data")
    other = BODY.copy()
    other.ravel()[:4] = np.frombuffer(b"\n@2\n", "u1")
    path = written(tmp_path / "v.am", head, other.tobytes() + b"\n@2\n" + BODY.tobytes())
    assert "write" in sentence(path) and "the file has Labels, Probability" in sentence(path)
    np.testing.assert_array_equal(read_voxels(f"{path}::Probability").values, BODY)
    labels = read_voxels(f"{path}::Labels")
    np.testing.assert_array_equal(labels.values, other)
    assert labels.beside == ("Probability",)


def test_a_box_without_a_unit(tmp_path):
    """Cubes are cubes of an unknown size; other edges would turn every tortuosity, and are asked about."""
    cube = read_voxels(written(tmp_path / "v.am", header(units="", box="0 2 0 1.6 0 1.2"), BODY.tobytes()))
    assert cube.voxel_size is None and "0.4 x 0.4 x 0.4 bear no unit" in cube.said[0]
    path = written(tmp_path / "v.am", header(units=""), BODY.tobytes())
    assert "expected a voxel size with its unit, got 0.6 x 0.5 x 0.4" in sentence(path)
    assert read_voxels(path, voxel_size=(6e-7, 5e-7, 4e-7)).voxel_size == (6e-7, 5e-7, 4e-7)
    small = written(tmp_path / "v.am", header(units="", box="0 2e-6 0 2e-6 0 1.8e-6"), BODY.tobytes())
    assert read_voxels(small).voxel_size == pytest.approx((6e-7, 5e-7, 4e-7))
    ones = written(tmp_path / "v.am", header(units="", box="0 5 0 4 0 3"), BODY.tobytes())
    assert read_voxels(ones).voxel_size is None and read_voxels(ones).said == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((b'"uniform"', b'"rectilinear"'), "expected a uniform lattice of voxels in"),
        ((b"byte Labels", b"float[3] Labels"), "expected one number a voxel"),
        ((b"@1\n\n", b"@1(HxNew,3)\n\n"), "packed by HxNew"),
        ((b"define Lattice 6 5 4", b"define Lattice 7 5 4"), "expected 140 bytes of voxels"),
        ((b"# AmiraMesh", b"# Somewhat"), "expected a lattice of Avizo or Amira"),
        ((b"\n@1\n", b"\n"), "without its data"),
    ],
)
def test_other_files_are_refused(tmp_path, change, words):
    path = tmp_path / "v.am"
    path.write_bytes(header().replace(*change) + BODY.tobytes())
    assert words in sentence(path)


def test_truncated_runs_are_refused(tmp_path):
    path = written(tmp_path / "v.am", header(packing=f"(HxByteRLE,{len(PACKED) - 2})"), PACKED[:-2])
    assert "expected 120 bytes of voxels" in sentence(path)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "u4", "f4", "f8"])
def test_written_files(tmp_path, dtype):
    """The header's words by hand; larger whole numbers go into doubles, which Amira reads."""
    write_volume(tmp_path / "v.am", BODY.astype(dtype), voxel_size=(6e-7, 5e-7, 4e-7))
    check(tmp_path / "v.am")
    content = (tmp_path / "v.am").read_bytes()
    assert content.startswith(b"# Avizo BINARY-LITTLE-ENDIAN 2.1\n") and b"define Lattice 6 5 4" in content
    assert b"BoundingBox 0 2 0 2 0 1.8," in content and 'Coordinates "µm"'.encode() in content
    kind = {"u1": "u1", "i2": "<i2", "u2": "<u2", "i4": "<i4", "f4": "<f4"}.get(dtype, "<f8")
    assert content.endswith(b"\n@1\n" + BODY.astype(kind).tobytes() + b"\n")
