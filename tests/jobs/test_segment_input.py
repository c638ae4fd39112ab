"""Grey values of arrays, and which of their voxels are sample."""

import numpy as np
import pytest

import microsim as ms

from .test_segment import seen_through_a_tube

PHASES = ["pore", "am"]


@pytest.fixture(scope="module")
def tube():
    return seen_through_a_tube()


@pytest.fixture(scope="module")
def by_cylinder(tube):
    return ms.segment_volume(tube[0], PHASES, mask="cylinder")


def test_a_mask_as_an_array_is_that_in_words(tube, by_cylinder):
    grey, _, inside = tube
    for mask in (inside, inside.astype("u1"), np.where(inside, 1.0, np.nan), inside.tolist()):
        found = ms.segment_volume(grey, PHASES, mask=mask)
        np.testing.assert_array_equal(found.labels, by_cylinder.labels)
    half = ms.segment_volume(grey, PHASES, mask={"y": (4, 36)})
    np.testing.assert_array_equal(half.labels, ms.segment_volume(grey, PHASES, mask="y=4:36").labels)
    assert half.recipe.mask == "y=4:36"


def test_what_numpy_masks_is_outside_whatever_lies_there(tube, by_cylinder):
    grey, _, inside = tube
    masked = np.ma.masked_array(np.where(inside, grey, np.nan), ~inside)
    found = ms.segment_volume(masked, PHASES)
    np.testing.assert_array_equal(found.labels, by_cylinder.labels)
    assert found.numbers()["sample_share"] == by_cylinder.numbers()["sample_share"]
    turned = ms.segment_volume(masked.transpose(2, 0, 1), PHASES, file_axes="zxy")
    np.testing.assert_array_equal(turned.labels, found.labels)
    both = ms.segment_volume(masked, PHASES, mask="x=0:6")
    np.testing.assert_array_equal(both.state.sample, inside & (np.arange(12) < 6)[:, None, None])
    plain = ms.segment_volume(np.ma.masked_array(grey), PHASES)
    assert plain.state.sample is None


def test_a_recipe_made_with_an_array_asks_for_it_again(tube, tmp_path):
    grey, _, inside = tube
    found = ms.segment_volume(grey, PHASES, mask=inside)
    found.save(tmp_path / "l.tif")
    recipe = {"recipe": tmp_path / "l.recipe.yaml"}
    with pytest.raises(
        ms.InputError, match="--mask|mask: expected the mask of the image, which was an array"
    ):
        ms.segment_volume(grey, **recipe)
    np.testing.assert_array_equal(ms.segment_volume(grey, mask=inside, **recipe).labels, found.labels)


def test_lists_are_arrays(tube):
    grey = tube[0][:4, :12, :12] + np.arange(12)
    found = ms.segment_volume(grey.tolist(), PHASES)
    np.testing.assert_array_equal(found.labels, ms.segment_volume(grey.astype(float), PHASES).labels)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda grey: grey + 0j, {}, "GREY: expected an array of real numbers, got complex64"),
        (lambda grey: [[1, 2], [1]], {}, "parts of several shapes"),
        (lambda grey: np.ma.masked_all(grey.shape), {}, "expected voxels of the sample, got none"),
        (
            lambda grey: grey,
            {"mask": np.zeros((12, 40, 40))},
            "got none by an array of 12 x 40 x 40, float64",
        ),
        (lambda grey: grey, {"mask": np.ones((3, 3, 3))}, "one of the volume's shape"),
        (lambda grey: grey, {"mask": 3}, "mask: expected cylinder, .* got 3"),
    ],
)
def test_what_is_no_volume_or_mask_is_one_short_sentence(tube, change, options, words):
    with pytest.raises(ms.InputError, match=words) as said:
        ms.segment_volume(change(tube[0]), PHASES, **options)
    assert "\n" not in str(said.value) and len(str(said.value)) < 300
