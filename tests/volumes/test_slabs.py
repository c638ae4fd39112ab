"""Work slab by slab gives what the whole volume gives; results go to memory or to files that are removed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.volumes.slabs import MEMORY, by_slabs, layers, scratch_store


@settings(deadline=None, max_examples=20)
@given(axis=st.integers(0, 2), thickness=st.integers(1, 9), reach=st.integers(2, 4))
def test_slabs_with_margins_equal_the_whole(axis, thickness, reach):
    values = np.random.default_rng(0).random((9, 8, 7)).astype(np.float32)

    def step(slab):
        return ndimage.uniform_filter(slab, 5, mode="nearest")

    found = by_slabs(step, values, axis=axis, reach=reach, thickness=thickness)
    assert found == pytest.approx(step(values), abs=1e-6)


def test_a_margin_too_small_shows():
    values = np.random.default_rng(0).random((12, 4, 4)).astype(np.float32)
    whole = ndimage.uniform_filter(values, 5, mode="nearest")
    assert (
        np.abs(
            by_slabs(lambda s: ndimage.uniform_filter(s, 5, mode="nearest"), values, thickness=3) - whole
        ).max()
        > 0.01
    )


def test_scratch_files_hold_results_and_go(tmp_path):
    values = np.arange(60.0).reshape(5, 4, 3)
    store = scratch_store(tmp_path / "here")
    found = by_slabs(lambda slab: slab + 1, values, thickness=2, store=store)
    assert isinstance(found, np.memmap) and np.array_equal(found, values + 1)
    assert len(list((tmp_path / "here").rglob("*.npy"))) == 1
    del store
    assert not list((tmp_path / "here").rglob("*"))
    assert scratch_store(None) is MEMORY


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="expected a folder"):
        scratch_store(tmp_path / "file" / "below")


def test_layers_run_along_any_axis():
    values = np.arange(24).reshape(2, 3, 4)
    assert [layer.tolist() for layer in layers(values, 2)] == [values[:, :, k].tolist() for k in range(4)]
