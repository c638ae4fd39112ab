"""Units of length, hashes over files, and files that are replaced whole or not at all."""

import hashlib

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.stored import METRES, check_right_angles, metres, replacing_files, sha256_of, spacing


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        ("nm", 1e-9),
        (" Micron ", 1e-6),
        ("µm", 1e-6),
        ("μm", 1e-6),
        ("MM", 1e-3),
        ("meter", 1.0),
        ("inch", None),
    ],
)
def test_units_of_length(unit, length):
    assert metres(unit) == length
    assert all(name == name.lower() for name in METRES)


def test_spacing_loses_the_noise_of_the_last_digits():
    assert spacing((0.398, 0.1 + 0.2, 1), 1e-6) == (3.98e-7, 3e-7, 1e-6)
    assert spacing((1, 0, 1), 1e-6) is None and spacing((1, -1, 1), 1.0) is None
    assert spacing((1, float("nan"), 1), 1.0) is None


def test_the_hash_is_that_of_the_bytes_one_file_after_the_other(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"abc" * 100)
    two.write_bytes(b"def")
    whole = hashlib.sha256(b"abc" * 100 + b"def").hexdigest()
    assert sha256_of([one, two], chunk=7) == sha256_of([one, two]) == whole
    assert sha256_of([two, one]) != whole


def test_files_are_replaced_together_when_all_is_written(tmp_path):
    paths = tmp_path / "new" / "a.bin", tmp_path / "new" / "b.bin"
    with replacing_files(*paths) as (a, b):
        a.write(b"A")
        b.write(b"B")
        assert not paths[0].exists() and not paths[1].exists()
    assert [path.read_bytes() for path in paths] == [b"A", b"B"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.bin", "b.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    with pytest.raises(error), replacing_files(path) as (file,):
        file.write(b"half of it")
        raise error
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_sentence(tmp_path):
    refused = pytest.raises(InputError, match="expected to write .*a.bin, got: .*space")
    with refused as caught, replacing_files(tmp_path / "a.bin"):
        raise OSError(28, "No space left on device")
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_voxels_that_are_no_boxes_are_refused():
    turned = np.array([[0.8, 0.6, 0], [-0.6, 0.8, 0], [0, 0, -3]])
    nearly, flat = [[1, 0.04, 0], [0, 1, 0]], [[np.nan] * 3, *turned]
    for boxes in (turned, np.eye(3)[[1, 0, 2]], np.empty((0, 3)), flat, nearly):
        check_right_angles(boxes, "v.nrrd")
    with pytest.raises(InputError, match="three right angles in v.nrrd, got axes 45 degrees apart; resample"):
        check_right_angles([[1, 1, 0], [0, 2, 0], [0, 0, 3]], "v.nrrd")
