"""A job's arguments are read before it runs, for every caller in the same words."""

from typing import Annotated

import pytest

from microsim.base.arguments import Argument, declared, job, one_of, switch
from microsim.base.errors import InputError
from microsim.base.schema import number


@job
def halve(
    volume,
    size: Annotated[float, Argument("Size.", number(0.0, above=True), "S")] = 2.0,
    way: Annotated[str, one_of("Way.", "up", "down")] = "up",
    exact: Annotated[bool, switch("Exactly.")] = False,
    limit: Annotated[float | None, Argument("Limit.", number(0.0))] = None,
    progress=None,
):
    """Halve."""
    return volume, size / 2, way, exact, limit


def test_values_arrive_as_read():
    assert halve("v", "3", way="down") == ("v", 1.5, "down", False, None)
    assert halve("v", limit="4")[-1] == 4.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 0}, "^size: expected a number above 0, got 0"),
        ({"way": "left"}, "^way: expected up or down"),
        ({"exact": "yes"}, "^exact: expected true or false"),
        ({"sise": 1}, "expected volume, size, way, exact, limit, progress, got a call with .*sise"),
    ],
)
def test_wrong_arguments_are_one_sentence(options, words):
    with pytest.raises(InputError, match=words):
        halve("v", **options)


def test_declarations_are_seen_from_outside():
    about = {p.name: a for p, _, a in declared(halve)}
    assert about["volume"] is None and about["progress"] is None
    assert about["way"].choices == ("up", "down") and about["size"].metavar == "S"
