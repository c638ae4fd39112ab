"""Which of several data of a file is meant."""

import pytest

from microsim.base.errors import InputError
from microsim.volumes.choice import chosen_name


def test_the_named_one_or_the_only_one():
    assert chosen_name("v.am", "b", ["a", "b"]) == "b"
    assert chosen_name("v.am", None, ["a"]) == "a"


@pytest.mark.parametrize(
    ("part", "names", "words"),
    [
        (
            None,
            ["a", "b"],
            "expected the name of one lattice in v.am, got none; write v.am::NAME (the file has a, b)",
        ),
        ("c", ["a", "b"], "expected the name of one lattice of v.am, got c; the file has a, b"),
        (None, [], "the file has none"),
        (None, map(str, range(20)), "10, 11, ...)"),
    ],
)
def test_others_are_asked_about(part, names, words):
    with pytest.raises(InputError) as said:
        chosen_name("v.am", part, names, "lattice")
    assert words in str(said.value)
