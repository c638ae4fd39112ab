"""The axes of a file: dropped, refused, asked about or taken, as file and user state them."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.axes import axis_word, in_space, in_stack, spare
from microsim.volumes.contract import Stored


def stored(shape, *names, **options):
    return Stored(np.arange(np.prod(shape)).reshape(shape), names=names, **options)


@pytest.mark.parametrize(("said", "word"), [
    ("X", "x"), ("z [um]", "z"), ("y_position", "y"), ("/entry/data/x", "x"), ("t", "time"), ("C", "channel"),
    ("eV", "energy"), ("Energy", "energy"), (".", ""), ("", ""), ("xanes", "xanes"),
    ("rotation_angle", "rotation_angle"),
])  # fmt: skip
def test_names_of_axes_have_one_spelling(said, word):
    assert axis_word(said) == word


@pytest.mark.parametrize(("shape", "names", "dropped"), [
    ((4, 5, 6), (), ()), ((4, 5, 6, 1), (), (3,)), ((1, 4, 5, 6), (), (0,)), ((1, 1, 4, 5, 6), (), (0, 1)),
    ((1, 4, 5, 6, 1), (), (0, 4)), ((1, 4, 5, 1), (), ()), ((4, 1, 5, 6), (), ()), ((2, 4, 5, 6), (), ()),
    ((4, 5, 1, 1), ("z", "y", "x", "channel"), (3,)), ((1, 4, 5, 1), ("time", "x", "y", "z"), (0,)),
    ((5, 4, 5, 1), ("time", "x", "y", "z"), ()),
])  # fmt: skip
def test_only_axes_that_are_clearly_spare_are_dropped(shape, names, dropped):
    assert spare(shape, names) == dropped


@pytest.mark.parametrize(("names", "asked", "axes"), [
    ((), None, "xyz"), ((), "zyx", "zyx"), (("x", "y", "z"), None, "xyz"), (("z", "y", "x"), "zyx", "zyx"),
    (("z", "y", "x"), "xyz", "xyz"), (("time", "", ""), "yzx", "yzx"), (("", "y", ""), None, "xyz"),
])  # fmt: skip
def test_axes_that_are_clear_or_stated_are_taken(names, asked, axes):
    assert in_space(stored((3, 4, 5), *names), asked, "v").axes == axes


def test_what_a_program_is_known_for_gives_way_to_what_is_stated():
    assert in_space(stored((3, 4, 5), usual="zyx"), None, "v").axes == "zyx"
    assert in_space(stored((3, 4, 5), usual="zyx"), "xyz", "v").axes == "xyz"
    assert in_space(stored((3, 4, 5), axes="yxz"), None, "v").axes == "yxz"


@pytest.mark.parametrize(("shape", "names", "words"), [
    ((3, 4, 5), ("z", "y", "x"), ["z (3), y (4), x (5) in v", "--file-axes zyx to take them so, or xyz"]),
    ((3, 4, 5), ("", "", "x"), ["unnamed (3), unnamed (4), x (5)", "--file-axes"]),
    ((3, 4, 5), ("time", "", ""), ["time (3), unnamed (4)", "--file-axes"]),
    ((4, 5, 3), ("y", "x", "channel"), ["y (4), x (5), channel (3)"]),
    ((4, 5, 6, 2), ("z", "y", "x", "channel"), ["z (4), y (5), x (6), channel (2)", "export one"]),
])  # fmt: skip
def test_axes_that_mean_two_things_are_asked_about(shape, names, words):
    with pytest.raises(InputError) as caught:
        in_space(stored(shape, *names), None, "v")
    assert all(word in str(caught.value) for word in words)


def test_a_spare_axis_goes_with_its_name():
    found = in_space(stored((3, 4, 5, 1), "x", "y", "z", "channel"), None, "v")
    assert found.values.shape == (3, 4, 5) and found.names == ("x", "y", "z")


@pytest.mark.parametrize(("shape", "names", "asked", "axes"), [
    ((7, 4, 5), (), None, "Eyx"), ((7, 4, 5, 6), (), None, "Exyz"), ((7, 4), (), None, "Ex"),
    ((4, 5, 7), ("y", "x", "energy"), None, "yxE"), ((7, 4, 5), ("time", "", ""), None, "Eyx"),
    ((7, 4, 5, 6), ("channel", "", "", ""), None, "Exyz"), ((7, 4, 5, 1), (), "Eyx", "Eyx"),
    ((7, 4, 5, 6), ("energy", "z", "y", "x"), "Ezyx", "Ezyx"), ((7, 1, 4, 5), (), "Ezyx", "Ezyx"),
    ((7, 1, 4, 5), ("time", "channel", "", ""), None, "Eyx"),
    ((7, 4, 5, 1), ("energy", "y", "x", "channel"), None, "Eyx"),
    ((1, 4, 5), ("energy", "", ""), None, "Eyx"), ((1, 4, 5), ("channel", "", ""), None, "Eyx"),
])  # fmt: skip
def test_axes_of_a_stack(shape, names, asked, axes):
    values, found = in_stack(stored(shape, *names), asked, "v")
    assert found == axes and values.ndim == len(axes)


@pytest.mark.parametrize(("shape", "names"), [
    ((4, 7, 5, 6), ("", "channel", "", "")), ((7, 4, 5, 6), ("energy", "z", "y", "x")),
    ((4, 5, 3), ("", "", "colour")), ((7, 4, 5, 1), ()), ((1, 7, 4, 5), ()),
    ((2, 7, 4, 5), ("time", "channel", "", "")),
])  # fmt: skip
def test_a_stack_whose_energies_are_not_first_is_asked_about(shape, names):
    with pytest.raises(InputError, match="--file-axes"):
        in_stack(stored(shape, *names), None, "v")


def test_a_stack_of_matlab_is_asked_about():
    with pytest.raises(InputError, match="--file-axes"):
        in_stack(stored((7, 4, 5), usual="zyx"), None, "v")
