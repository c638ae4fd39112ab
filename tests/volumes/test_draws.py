"""Files of draws come back as they were written; another file is refused in a sentence."""

import h5py
import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.draws import drawn_names, read_draws, write_draws
from microsim.volumes.volume import read_voxels

LABELS = [np.random.default_rng(k).integers(0, 3, (4, 5, 6)) for k in range(12)]


def test_draws_come_back_in_order_and_are_volumes_of_their_own(tmp_path):
    path = write_draws(tmp_path / "a.draws.h5", LABELS, (1e-7, 2e-7, 3e-7))
    assert np.array_equal(read_draws(path), LABELS)
    alone = read_voxels(f"{path}::11")
    assert np.array_equal(alone.values, LABELS[10]) and alone.voxel_size == (1e-7, 2e-7, 3e-7)


@pytest.mark.parametrize("names", [["1"], ["1", "3"], ["volume"], []])
def test_another_file_is_refused(tmp_path, names):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        for name in names:
            file[name] = LABELS[0]
    with pytest.raises(InputError, match="expected a file of 2 or more draws"):
        drawn_names(tmp_path / "b.h5")
    with pytest.raises(InputError, match="expected a file of 2 or more draws"):
        drawn_names(tmp_path / "none.h5")
