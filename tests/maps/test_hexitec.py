"""Files of HEXITEC, written here byte by byte as its programs' readers take them."""

import struct

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.maps.hexitec import channel_edges, read_hxt
from microsim.maps.stacks import read_energies, read_stack

from ..measured import BACKGROUND, photons

LOWER = np.array([2.0, 2.25, 2.5, 2.75])  # keV
COUNTS = np.arange(24.0).reshape(2, 3, 4)  # two rows, three columns, four channels


def hxt(path, version=3, lower=LOWER, counts=COUNTS, name=b"scan"):
    head = b"HEXITECH" + struct.pack("<Q", version)
    if version > 1:
        head += struct.pack("<9i", *range(9)) + struct.pack("<i", len(name))
        head += name.ljust(100, b"\0") + b"20260101_1200_00" if version == 3 else name + b"20260101_1200"
    head += struct.pack("<3I", *counts.shape)
    path.write_bytes(head + lower.astype("<f8").tobytes() + counts.astype("<f8").tobytes())
    return path


@pytest.mark.parametrize("version", [1, 2, 3])
def test_pixels_and_channels_of_every_version(version, tmp_path):
    path = hxt(tmp_path / "c.hxt", version)
    edges, counts = read_hxt(path)
    assert edges.tolist() == [2, 2.25, 2.5, 2.75, 3] and counts[:, 1, 2].tolist() == COUNTS[1, 2].tolist()
    images = read_stack(str(path))
    assert images.values.shape == (4, 3, 2, 1)  # energy, x along columns, y along rows
    assert images.values[:, 2, 1, 0].tolist() == COUNTS[1, 2].tolist()
    assert read_energies(str(path)).tolist() == [2000, 2250, 2500, 2750, 3000]


def test_uncalibrated_channels_are_asked_about(tmp_path):
    path = hxt(tmp_path / "c.hxt", lower=np.array([0.0, 500, 1000, 1500]))
    with pytest.raises(InputError, match="channels in keV .*, got 0 to 2000"):
        channel_edges(path)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-8], lambda b: b"OTHER" + b[5:], lambda b: b[:40], lambda b: b + b"\0"]
)
def test_what_is_no_whole_file_is_one_sentence(damage, tmp_path):
    path = hxt(tmp_path / "c.hxt")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match="expected a whole .hxt file"):
        read_hxt(path)
    with pytest.raises(InputError, match="its version is 7"):
        read_hxt(hxt(tmp_path / "d.hxt", version=7))


def test_channels_that_fall_are_refused(tmp_path):
    with pytest.raises(InputError, match="energies rise"):
        read_hxt(hxt(tmp_path / "c.hxt", lower=LOWER[::-1]))


@pytest.mark.parametrize("channel_energies", ["centres", "lower"])
def test_a_map_of_it_is_that_of_the_same_photons(channel_energies, tmp_path):
    energies, counts, _ = photons()
    width = energies[1] - energies[0]
    cut = counts[:, :4, :3]  # energy, x, y
    path = hxt(
        tmp_path / "c.hxt", lower=(energies - width / 2) / 1e3, counts=np.moveaxis(cut, 0, -1).swapaxes(0, 1)
    )
    beam = {"incident_keV": 115, "angle_deg": 90, "background": BACKGROUND}
    known = ms.compton_map(cut, energies=energies, **beam)
    found = ms.compton_map(str(path), energies=str(path), channel_energies=channel_energies, **beam)
    assert found.s == pytest.approx(known.s, rel=1e-6, nan_ok=True)
