import numpy as np
import pytest

from microsim.generate.bridges import bridging


def test_the_chain_of_gaps_counts_from_its_narrowest_place():
    # bodies 0, 1 and 2 in a row, gaps 2 and 4 wide, and 6 between the ends: the chain takes the first two
    owner, other = np.full((1, 6, 1), -1), np.full((1, 6, 1), -1)
    sums = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0], np.float32).reshape(1, 6, 1)
    owner[0, :, 0], other[0, :, 0] = [0, 0, 2, 2, 0, 0], [1, 1, 1, 1, 2, 2]
    taken = bridging(sums, np.zeros(sums.shape, bool), owner, other, 1.0)
    assert taken.ravel() == pytest.approx([2, 2, 4, 4, 0, 0])
