"""Each step does to the state what its function does to the image, and notes its figures."""

from dataclasses import fields

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.base.schema import section, shown
from microsim.segment import steps
from microsim.segment.segmentation import Levels
from microsim.segment.steps import GREY, LABELLING, REFINING, STEPS, SegmentState
from microsim.volumes.slabs import MEMORY

LEVELS = Levels((20.0, 200.0), (3.0, 3.0), (0.5, 0.5), (110.0,))


def grey(shape=(14, 13, 12), seed=0):
    return np.random.default_rng(seed).uniform(0, 250, shape).astype(np.float32)


def applied(step, state):
    return step.apply(state, MEMORY, None)


def step_of(name, **settings):
    return section(STEPS[name], settings, name)


def test_steps_are_known_by_their_names_and_read_back_the_same():
    assert set(STEPS) == {*GREY, *LABELLING, *REFINING} and all(STEPS[name].name == name for name in STEPS)
    assert len({step.title for step in STEPS.values()}) == len(STEPS)
    needed = {
        "crop": {"box": {"x": [1, 3]}},
        "curtains": {"along": "y"},
        "resample": {"voxel_size_nm": 100},
        "classifier": {"painted": "p.npy"},
    }
    for name, step in STEPS.items():
        made = section(step, needed.get(name, {}), name)
        assert section(step, {**needed.get(name, {}), **shown(made)}, name) == made
        assert all(field.metadata for field in fields(step)), name


def test_a_crop_is_the_box():
    state, found = applied(
        step_of("crop", box={"x": [2, 9], "z": [0, 5]}), SegmentState(grey(), None, ("a", "b"))
    )
    assert np.array_equal(state.grey, grey()[2:9, :, :5]) and found == {}


@pytest.mark.parametrize("axis", [None, "x", "z"])
def test_filters_are_scipy_s(axis):
    box = [1 if name == axis else 3 for name in "xyz"]
    state, _ = applied(step_of("median", axis=axis), SegmentState(grey(), None, ("a", "b")))
    assert np.array_equal(state.grey, ndimage.median_filter(grey(), box, mode="nearest"))
    state, _ = applied(step_of("unsharp", axis=axis, amount=0), SegmentState(grey(), None, ("a", "b")))
    assert state.grey == pytest.approx(grey(), abs=1e-4)


def test_other_voxels_keep_the_mean_and_need_a_size():
    state, _ = applied(
        step_of("resample", voxel_size_nm=200), SegmentState(grey((8, 8, 8)), (1e-7,) * 3, ("a", "b"))
    )
    assert state.grey.shape == (4, 4, 4) and state.voxel_size == pytest.approx((2e-7,) * 3, rel=1e-12, abs=0)
    assert state.grey.mean() == pytest.approx(grey((8, 8, 8)).mean(), rel=1e-5)
    assert state.grey[0, 0, 0] == pytest.approx(grey((8, 8, 8))[:2, :2, :2].mean(), rel=1e-5)
    with pytest.raises(InputError, match="known voxel size to resample, got none; add"):
        applied(step_of("resample", voxel_size_nm=200), SegmentState(grey(), None, ("a", "b")))


def test_non_local_means_note_the_noise_they_met():
    flat = np.float32(100) + 5 * np.random.default_rng(1).standard_normal((12, 40, 40)).astype(np.float32)
    state, found = applied(step_of("nlm", distance=3), SegmentState(flat, None, ("a", "b")))
    assert found["noise_before"] == pytest.approx(5, rel=0.1) and state.grey.std() < 3


def test_drift_is_taken_back_and_its_margin_cut():
    noise = np.random.default_rng(0).standard_normal((44, 42))
    rough = 100 + 50 * ndimage.gaussian_filter(noise, 2, mode="wrap").astype(np.float32)
    walk = np.arange(6)
    moved = np.stack([np.roll(rough, w, axis=0) for w in walk], axis=2)
    state, found = applied(step_of("align"), SegmentState(moved, None, ("a", "b")))
    shifts = np.array(found["shift_voxels"])
    assert np.ptp(shifts[:, 0] - walk) < 0.3 and state.grey.shape[0] < 44
    assert found["largest_shift_voxels"] == np.abs(shifts).max(0).tolist() and found["replaced_slices"] == []
    kept, _ = applied(step_of("align", keep=True), SegmentState(moved, None, ("a", "b")))
    assert kept.grey.shape == moved.shape


def test_thresholds_that_are_given_label_the_matter():
    values = [60.0, 120.0]
    state = SegmentState(grey(), None, ("a", "b", "c"), solid=255 - grey(), probability=np.ones(3))
    after, _ = applied(step_of("thresholds", values=values), state)
    assert np.array_equal(after.labels, np.digitize(255 - grey(), values)) and after.probability is None
    assert after.levels.thresholds == tuple(values) and state.labels is None


def test_cracks_are_counted_against_their_particles():
    labels = np.zeros((30, 24, 24), np.uint8)
    labels[6:24] = 1
    values = np.where(labels == 1, 200.0, 20.0)
    values[6:24, 11:13] = 20.0
    state = SegmentState(values, None, ("pore", "am"), levels=LEVELS, labels=(values > 110).astype(np.uint8))
    after, found = applied(step_of("cracks"), state)
    cracks = np.count_nonzero(after.labels == 2)
    assert found["share_of_particles"] == pytest.approx(
        cracks / (cracks + np.count_nonzero(after.labels == 1))
    )
    assert 0.05 < found["share_of_particles"] < 0.15 and after.crack == "crack"
    with pytest.raises(InputError, match="expected cracks inside pore or am, got 'gold'; name one"):
        applied(step_of("cracks", inside="gold"), state)


def test_a_watershed_notes_what_it_moved():
    values = np.where(np.arange(20)[:, None, None] < 10, 20.0, 200.0) + np.zeros((20, 8, 8))
    labels = (values > 110).astype(np.uint8)
    state = SegmentState(values, None, ("pore", "am"), levels=LEVELS, labels=labels)
    after, found = applied(step_of("watershed"), state)
    assert found["share_changed"] == np.count_nonzero(after.labels != labels) / labels.size
    wrong = labels.copy()
    wrong[9] = 1  # a blurred edge, labelled on the wrong side
    blurred = SegmentState(
        ndimage.gaussian_filter(values, (1, 0, 0)), None, ("pore", "am"), levels=LEVELS, labels=wrong
    )
    after, found = applied(step_of("watershed"), blurred)
    assert found["share_changed"] == pytest.approx(64 / labels.size) and np.array_equal(after.labels, labels)


def test_levels_of_labels_are_their_medians():
    values = np.r_[np.full(50, 10.0), np.full(30, 90.0)].reshape(8, 10, 1)
    state = SegmentState(values, None, ("a", "b"))
    levels = steps._levels_of(state, (values > 50).astype(np.uint8))
    assert levels.means == (10, 90) and levels.thresholds == (50,) and levels.shares == (50 / 80, 30 / 80)
    with pytest.raises(InputError, match="got none labelled b; paint more"):
        steps._levels_of(state, np.zeros(values.shape, np.uint8))


def test_the_crack_is_a_name_once_it_was_looked_for():
    state = SegmentState(grey(), None, ("a", "b"), crack="gap")
    assert state.names == ("a", "b") and state.matter is state.grey
    assert SegmentState(grey(), None, ("a", "b"), crack="gap", found={"cracks": {}}).names == (
        "a",
        "b",
        "gap",
    )
