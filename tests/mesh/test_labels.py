import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.labels import FEW, label_counts, marked, phase_codes

KINDS = (bool, np.uint8, np.uint16, np.int16, np.uint32, float)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_counted_alike_in_every_type(kind):
    labels = np.array([[[1, 0, 0], [1, 1, 0]], [[0, 1, 1], [1, 1, 1]]]).astype(kind)
    assert label_counts(labels) == {0: 4, 1: 8}
    assert label_counts(labels.transpose(2, 1, 0)) == {0: 4, 1: 8}


def test_labels_from_the_ends_of_their_types():
    assert label_counts(np.array([[[-3, 7, 7]], [[7, 0, -3]]])) == {-3: 2, 0: 1, 7: 3}
    assert label_counts(np.array([[[255, 0]], [[255, 255]]], np.uint8)) == {0: 1, 255: 3}
    assert label_counts(np.array([[[65535]], [[0]]], np.uint16)) == {0: 1, 65535: 1}


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
def test_grey_values_are_no_labels(kind):
    with pytest.raises(InputError, match="more than 1000 different values"):
        label_counts(np.arange(2000, dtype=kind).reshape(2, 10, 100))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, float])
def test_phases_are_numbered_as_they_are_named(kind):
    rng = np.random.default_rng(0)
    known = rng.permutation(200)
    code = rng.integers(0, known.size, (3, 40, 50))
    assert np.array_equal(phase_codes(known[code].astype(kind), known.tolist()), code)


@pytest.mark.parametrize("number", [0, 1, 2, FEW, FEW + 1, 60])
def test_wanted_codes_are_marked(number):
    rng = np.random.default_rng(number)
    codes, wanted = rng.integers(0, 64, (3, 20, 30)).astype(np.uint8), np.zeros(64, bool)
    wanted[rng.permutation(64)[:number]] = True
    mask = marked(codes.transpose(1, 2, 0), wanted)
    assert mask.dtype == bool and np.array_equal(mask.transpose(2, 0, 1), wanted[codes])
