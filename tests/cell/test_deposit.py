from types import SimpleNamespace

import numpy as np
import pytest

from microsim.cell.deposit import Deposit, add_stored, own_stored


def deposit(faces, cells):
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, cells, (faces, 7)) for _ in range(2)]
    shares = [rng.random((faces, 7)) for _ in range(2)]
    return Deposit(parts[0], shares[0], parts[1], shares[1], shares[1] - shares[0]).with_electronic(
        np.arange(cells)[::-1]
    )


def test_every_share_of_a_face_goes_into_its_cell():
    found, values = deposit(5, 9), np.arange(1.0, 6.0)
    for kind, cells, share in (
        ("ionic", found.ionic, found.ionic_share),
        ("solid", found.solid, found.solid_share),
        ("electronic", 8 - found.solid, found.solid_share),
    ):
        out, by_hand = np.full(9, 0.5), np.full(9, 0.5)
        found.add(kind, values, -1, out)
        for face in range(5):
            for k in range(7):
                by_hand[cells[face, k]] -= values[face] * share[face, k]
        assert out == pytest.approx(by_hand)


def test_part_of_the_faces_keeps_its_own_cells():
    found = deposit(5, 9)
    out, left = np.zeros(9), np.array([True, False, True, False, False])
    found[left].add("solid", np.ones(2), 1, out)
    assert out.sum() == pytest.approx(found.solid_share[left].sum())


def test_what_is_stored_elsewhere_follows_the_own_cell():
    found, rates = deposit(5, 9), np.arange(1.0, 10.0)
    faces, out, by_hand = SimpleNamespace(deposit=found, solid=found.solid[:, 0]), np.ones(9), np.ones(9)
    add_stored(faces, rates, out)
    for face in range(5):
        for k in range(7):
            by_hand[found.solid[face, k]] += rates[faces.solid[face]] * found.stored[face, k]
    assert out == pytest.approx(by_hand)
    assert own_stored(faces, 9).sum() == pytest.approx(found.stored[:, 0].sum())
    for cell in range(9):
        assert own_stored(faces, 9)[cell] == pytest.approx(found.stored[faces.solid == cell, 0].sum())


def test_faces_on_voxel_faces_store_nothing_elsewhere():
    faces, out = SimpleNamespace(deposit=None, solid=np.zeros(3, int)), np.ones(2)
    add_stored(faces, np.ones(2), out)
    assert np.array_equal(out, [1, 1]) and not own_stored(faces, 2).any()
