"""Work slab by slab gives what the whole volume gives; results go to memory or to files that are removed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.volumes.filed import FileArray
from microsim.volumes.slabs import MEMORY, by_slabs, layers, scratch_store, windows


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
    assert isinstance(found, FileArray) and np.array_equal(found, values + 1)
    assert len(list((tmp_path / "here").rglob("*.npy"))) == 1
    del store
    assert np.array_equal(found, values + 1)  # an array keeps its file
    del found
    assert not list((tmp_path / "here").rglob("*"))
    assert scratch_store(None) is MEMORY


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="expected a folder"):
        scratch_store(tmp_path / "file" / "below")


def test_layers_run_along_any_axis():
    values = np.arange(24).reshape(2, 3, 4)
    assert [layer.tolist() for layer in layers(values, 2)] == [values[:, :, k].tolist() for k in range(4)]


@pytest.mark.parametrize(("reach", "thickness"), [(0, 3), (2, 3), (1, 7), (9, 2)])
def test_windows_bear_their_own_layers_once(reach, thickness):
    values = np.arange(60).reshape(10, 3, 2)
    parts = list(windows(values, reach, thickness))
    assert np.array_equal(np.concatenate([slab[own] for slab, own, _ in parts]), values)
    for slab, own, first in parts:
        assert np.array_equal(slab[own.start], values[first])
        assert own.start == min(first, reach) and len(slab) - own.stop == min(
            10 - first - len(slab[own]), reach
        )


@pytest.mark.parametrize("row", [None, 1])
def test_a_file_s_array_is_held_slab_by_slab(tmp_path, monkeypatch, row):
    import h5py

    from microsim.volumes import slabs

    monkeypatch.setattr(slabs, "SLAB_BYTES", 4 * 4 * 24)  # two layers
    values = np.arange(2 * 5 * 3 * 4).reshape(2, 5, 3, 4) if row else np.arange(60).reshape(5, 3, 4)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["v"] = values.astype(">i4")
        store = scratch_store(tmp_path)
        found = store.hold(file["v"], row)
        assert np.array_equal(MEMORY.hold(file["v"], row), values if row is None else values[row])
    assert isinstance(found, FileArray) and found.dtype == np.dtype("i4")
    assert np.array_equal(found, values if row is None else values[row])
