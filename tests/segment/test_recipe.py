"""A recipe runs its steps, is written and read back the same, and says what is wrong with it."""

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.base.schema import read_yaml, section
from microsim.segment import recipe as rc
from microsim.volumes.filed import FileArray
from microsim.volumes.slabs import scratch_store
from microsim.volumes.volume import write_volume

ALL = """
phases: [pore, cbd, am]
crack: gap
steps:
  - crop: {x: [2, 40]}
  - curtains: {axis: z, along: y, window: 0}
  - rings: {axis: x, width: 5}
  - normalise: {axis: z}
  - align: {axis: z, region: {y: [0, 30]}}
  - resample: {voxel_size_nm: 100}
  - median: {size: 3, axis: z}
  - nlm: {strength: 0.5, axis: z}
  - unsharp: {amount: 0.3}
  - thresholds: {method: li}
  - pore_back: {axis: z}
  - watershed: {axis: z}
  - cracks
"""


@pytest.fixture
def grey():
    rough = [
        ndimage.gaussian_filter(np.random.default_rng(k).standard_normal((44, 40, 24)), 4) for k in (0, 1)
    ]
    labels = np.where(
        rough[0] > np.quantile(rough[0], 0.5), 2, np.where(rough[1] > np.quantile(rough[1], 0.6), 1, 0)
    )
    noise = 3 * np.random.default_rng(2).standard_normal(labels.shape)
    return (np.array([20.0, 90.0, 200.0])[labels] + noise).clip(0, 255).astype(np.uint8)


def written(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return path


def test_every_step_runs_and_the_record_gives_the_same_recipe(tmp_path, grey):
    recipe = rc.load_recipe(written(tmp_path, ALL))
    assert rc.load_recipe(rc.save_recipe(tmp_path / "again.yaml", recipe)) == recipe
    state, pictures = rc.run_recipe(recipe, grey, (5e-8, 5e-8, 1e-7))
    assert state.names == ("pore", "cbd", "am", "gap") and state.voxel_size == pytest.approx((1e-7,) * 3)
    assert set(state.found) == {s.name for s in recipe.steps} == {p.step for p in pictures}
    assert state.labels.dtype == np.uint8 and state.labels.max() <= 3
    assert state.labels.shape == state.grey.shape and state.grey.shape[0] <= 19
    again, none = rc.run_recipe(recipe, grey, (5e-8, 5e-8, 1e-7), pictures=False)
    assert np.array_equal(again.labels, state.labels) and none == []


def test_cracks_get_the_last_label(tmp_path):
    truth = np.zeros((30, 24, 24), int)
    truth[6:24] = 1
    truth[6:24, 11:13] = 0  # a crack through the slab, two voxels wide
    grey = np.array([20.0, 200.0])[truth] + np.random.default_rng(0).standard_normal(truth.shape)
    state = rc.run_recipe(
        rc.load_recipe(written(tmp_path, "phases: [pore, am]\ncrack: gap\nsteps: [cracks]")), grey
    )[0]
    assert state.names == ("pore", "am", "gap")
    assert np.all(state.labels[7:23, 11:13] == 2) and not np.any(state.labels[:4] == 2)
    cracks, solid = np.count_nonzero(state.labels == 2), np.count_nonzero(state.labels == 1)
    assert state.found["cracks"]["share_of_particles"] == pytest.approx(cracks / (cracks + solid))


def test_in_files_it_gives_the_same(tmp_path, grey):
    recipe = rc.load_recipe(written(tmp_path, ALL))
    whole = rc.run_recipe(recipe, grey, (5e-8, 5e-8, 1e-7))[0]
    store = scratch_store(tmp_path / "scratch")
    np.save(tmp_path / "grey.npy", grey)
    values, source = rc.open_grey(tmp_path / "grey.npy", store=store, voxel_size=(5e-8, 5e-8, 1e-7))
    assert isinstance(values, FileArray) and source.voxel_size == (5e-8, 5e-8, 1e-7)
    parts = rc.run_recipe(recipe, values, source.voxel_size, store=store)[0]
    assert isinstance(parts.grey, FileArray) and np.array_equal(parts.labels, whole.labels)


def test_axes_of_a_file_that_is_not_read_whole_are_turned(tmp_path):
    np.save(tmp_path / "v.npy", np.arange(24).reshape(2, 3, 4))
    store = scratch_store(tmp_path)
    values, source = rc.open_grey(tmp_path / "v.npy", file_axes="zyx", store=store)
    assert values.shape == (4, 3, 2) and values[1, 2, 0] == 9 and source.voxel_size is None
    values, source = rc.open_grey(np.arange(24).reshape(2, 3, 4), file_axes="zyx", voxel_size=1e-7)
    assert values.shape == (4, 3, 2) and (source.source, source.sha256) == ("array", None)


def test_without_a_step_that_labels_it_is_otsu(grey):
    from microsim.base.schema import section

    recipe = section(rc.Recipe, {"phases": ["dark", "mid", "bright"], "steps": [{"median": {}}]}, "")
    state = rc.run_recipe(recipe, grey)[0]
    assert list(state.found) == ["median", "thresholds"] and state.levels.means == pytest.approx(
        (20, 90, 200), abs=3
    )
    assert state.names == ("dark", "mid", "bright")


def test_painted_labels_train_a_classifier(tmp_path, grey):
    truth = np.digitize(grey, (55, 145))
    painted = np.where(np.random.default_rng(3).random(grey.shape) < 0.01, truth + 1, 0).astype(np.uint8)
    np.save(tmp_path / "painted.npy", painted)
    text = f"phases: [a, b, c]\nsteps:\n  - classifier: {{painted: {tmp_path / 'painted.npy'}, trees: 20}}\n"
    state = rc.run_recipe(rc.load_recipe(written(tmp_path, text)), grey)[0]
    assert np.mean(state.labels == truth) > 0.97 and state.probability.shape == (3, *grey.shape)
    assert state.found["classifier"]["accuracy_on_unseen_painted_voxels"] > 0.9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phases: [a]\nsteps: [median]", "phases: expected two or more"),
        ("phases: [a, a]\nsteps: [median]", "different names"),
        ("phases: [a, b]\nsteps: []", "a list of steps"),
        ("phases: [a, b]\nsteps: [polish]", "steps.0: expected crop"),
        ("phases: [a, b]\nsteps: [{median: {size: 3}, nlm: {}}]", "one step with its settings"),
        ("phases: [a, b]\nsteps: [{median: {width: 3}}]", "steps.0.median.width: expected a known key"),
        ("phases: [a, b]\nsteps: [{normalise: {anchors: all}}]", "bright or both"),
        ("phases: [a, b]\nsteps: [{resample: {voxel_size: 3}}]", "voxel_size"),
        ("phases: [a, b]\nsteps: [thresholds, median]", "before those that label"),
        ("phases: [a, b]\nsteps: [cracks, thresholds]", "before those that label"),
        ("phases: [a, b]\ncrack: a\nsteps: [cracks]", "name of its own"),
        ("phases: [a, b]\nsteps: [{thresholds: {values: 3}}]", "list of grey values"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as refused:
        rc.load_recipe(written(tmp_path, text))
    assert "\n" not in str(refused.value)


def test_bad_volumes_are_refused(grey):
    from microsim.base.schema import section

    recipe = section(rc.Recipe, {"phases": ["a", "b"], "steps": ["cracks"]}, "")
    with pytest.raises(InputError, match="every voxel"):
        rc.run_recipe(recipe, np.full((5, 5, 5), 7))
    with pytest.raises(InputError, match="NaN"):
        rc.run_recipe(recipe, np.where(grey > 100, grey, np.nan))
    sized = section(rc.Recipe, {"phases": ["a", "b"], "steps": [{"resample": {"voxel_size_nm": 100}}]}, "")
    with pytest.raises(InputError, match="known voxel size"):
        rc.run_recipe(sized, grey)
    inside = section(rc.Recipe, {"phases": ["a", "b"], "steps": [{"cracks": {"inside": "gold"}}]}, "")
    with pytest.raises(InputError, match="inside a or b"):
        rc.run_recipe(inside, grey)


def test_the_recipe_of_the_tutorial_is_one(tmp_path):
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "imaging.md").read_text()
    recipe = rc.load_recipe(written(tmp_path, page.split("```yaml\n")[1].split("```")[0]))
    assert [step.name for step in recipe.steps][-3:] == ["pore_back", "watershed", "cracks"]


@pytest.mark.parametrize(
    "step", [None, {"normalise": {"axis": "y"}}, {"curtains": {"axis": "z", "along": "y"}}]
)
def test_one_voxel_far_outside_changes_no_label_but_its_own(step):
    grey = np.where(np.arange(30)[:, None, None] < 15, 100.0, 200.0) + np.zeros((30, 20, 20))
    grey += 5 * np.random.default_rng(0).standard_normal(grey.shape)
    hot = grey.copy()
    hot[4, 5, 6] = 1e7
    steps = [*([step] if step else []), {"thresholds": {}}]
    recipe = section(rc.Recipe, {"phases": ["pore", "am"], "steps": steps}, "")
    plain, stray = (rc.run_recipe(recipe, g.astype(np.float32), pictures=False)[0] for g in (grey, hot))
    assert np.count_nonzero(plain.labels != stray.labels) <= 1
    assert stray.found["extremes"] == {"voxels_brought_in": 1} and "extremes" not in plain.found


@pytest.mark.parametrize("name", ["l.tif", "l.mhd", "l.h5", "l.zarr"])
def test_a_written_recipe_knows_the_doubts_of_its_own_labels_alone(tmp_path, name):
    recipe = rc.read_recipe({"phases": ["pore", "am"], "steps": [{"median": {"size": 3}}]})
    labels = write_volume(tmp_path / name, np.eye(4, dtype=np.uint8)[None].repeat(3, 0), voxel_size=1e-7)
    path = rc.save_recipe(tmp_path / "l.recipe.yaml", recipe, labels, ["dark: brighter at one end"])
    raw = read_yaml(path)
    assert rc.doubts_in(raw, labels) == ["dark: brighter at one end"]
    assert rc.load_recipe(path) == rc.read_recipe(raw) == recipe  # what they made is no setting
    write_volume(tmp_path / name, np.zeros((3, 4, 4), np.uint8), voxel_size=1e-7)
    assert rc.doubts_in(raw, labels) is None
    for other in ({}, {"labels": "none"}, {"labels": {"doubts": "none"}}, ["labels"]):
        assert rc.doubts_in(other, labels) is None
