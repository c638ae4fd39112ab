"""A job's arguments are read before it runs, for every caller in the same words."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from microsim.base.arguments import Argument, declared, one_of, read_fields, reading, spread_of, switch
from microsim.base.errors import InputError
from microsim.base.schema import number, whole


@reading
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
        ({"sise": 1}, "expected volume, size, way, exact, limit, progress, got sise; correct it"),
    ],
)
def test_wrong_arguments_are_one_sentence(options, words):
    with pytest.raises(InputError, match=words):
        halve("v", **options)


def test_a_part_of_an_argument_is_asked_for_within_it():
    with pytest.raises(InputError, match=r"expected name within way, got it as .* give way=\{'name': ...\}"):
        go(name="down")
    with pytest.raises(InputError, match="expected way, progress, got size; correct it"):
        go(size=1)
    with pytest.raises(InputError, match="got a call with too many positional arguments; correct it"):
        go("up", None, 1)


@dataclass(frozen=True)
class Way:
    name: Annotated[str, one_of("Way.", "up", "down")] = "up"
    steps: Annotated[int | None, Argument("Steps.", whole(1))] = None
    note: str = ""

    def __post_init__(self):
        read_fields(self)


@reading
def go(way: Annotated[Way, spread_of(Way)] = "up", progress=None):
    """Go."""
    return way


def test_a_dataclass_of_declared_fields_is_read_however_it_is_given():
    assert go() == go("up") == go({"name": "up"}) == go(Way())
    assert go({"name": "down", "steps": "3", "note": "n"}) == Way("down", 3, "n")
    about = declared(go)[0][2]
    assert list(about.parts) == ["name", "steps"] and about.make(name="down") == Way("down")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("left", "^name: expected up or down"),
        ({"steps": 0}, "^steps: expected a whole number from 1"),
        ({"stride": 1}, "^way: expected the keys name, steps, note, got stride"),
    ],
)
def test_a_wrong_field_is_one_sentence(given, words):
    with pytest.raises(InputError, match=words):
        go(given)


def test_declarations_are_seen_from_outside():
    about = {p.name: a for p, _, a in declared(halve)}
    assert about["volume"] is None and about["progress"] is None
    assert about["way"].choices == ("up", "down") and about["size"].metavar == "S"
