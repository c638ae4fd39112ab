"""Sections of YAML: every key, unit, type and range is checked, said in one sentence, and written back."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.base.schema import (
    any_of,
    apply_setting,
    apply_settings,
    choice,
    entry,
    flag,
    mapping,
    number,
    own_data,
    parse_yaml,
    say,
    section,
    set_value,
    shown,
    text,
    triple,
    voxel_ranges,
    whole,
)


@dataclass(frozen=True)
class Film:
    """A section inside another."""

    thickness: float = entry(number(0, 1e-6, above=True), units={"nm": 1e9, "m": 1})


@dataclass(frozen=True)
class Cell:
    """A section with one of everything."""

    size: tuple = entry(triple(1e-9, 1e-4), units={"nm": 1e9, "um": 1e6})
    kind: str = entry(choice("half", "full"), default="half")
    shells: int = entry(whole(1, 99), default=24)
    corrected: bool = entry(flag, default=True)
    note: str | None = entry(text, default=None)
    film: Film | None = entry(lambda raw, path: section(Film, raw, path), default=None)
    sto: dict | None = entry(mapping(number(0, 1), "lithiation of phases"), default=None)
    current: float | None = entry(
        number(0),
        default=None,
        units={"A_m2": 1},
        instead={"c_rate": lambda raw, path: -number(0)(raw, path)},
    )


def test_values_are_held_in_si_and_written_back_in_the_first_unit():
    cell = section(Cell, {"size_um": [0.398, 1, 2], "film": {"thickness_m": 1e-8}, "shells": "12"}, "cell")
    assert cell == Cell(pytest.approx((0.398e-6, 1e-6, 2e-6), rel=1e-12, abs=0), shells=12, film=Film(1e-8))
    plain = shown(cell)
    assert plain["size_nm"] == [398, 1000, 2000] and plain["film"] == {"thickness_nm": 10}
    assert "note" not in plain and plain["corrected"] is True
    assert shown(section(Cell, plain, "cell")) == plain
    assert shown(section(Cell, {"size_nm": 398}, ""))["size_nm"] == 398


def test_another_key_may_stand_instead():
    assert section(Cell, {"size_nm": 5, "c_rate": 2}, "").current == -2
    assert section(Cell, {"size_nm": 5, "current_A_m2": 2}, "").current == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "cell.size_nm: expected size_nm or size_um, got none of it; add the key."),
        ({"size": 5}, "cell.size: expected the unit in the key, got none; write size_nm or size_um."),
        ({"size_nm": 5, "shels": 3}, "cell.shels: expected a known key, got shels; did you mean shells?"),
        ({"size_nm": 5, "size_um": 5}, "expected one of size_nm and size_um, got both; remove one"),
        ({"size_nm": 0.5}, "cell.size_nm: expected a number from 1 to 100000 nm, got 0.5"),
        ({"size_um": [1, 2, 300]}, "cell.size_um.2: expected a number from 0.001 to 100 um, got 300"),
        ({"size_nm": [1, 2]}, "expected one number or three [x, y, z], got [1, 2]"),
        (
            {"size_nm": 5, "kind": "hal"},
            'cell.kind: expected half or full, got "hal"; write for example half.',
        ),
        ({"size_nm": 5, "shells": 2.5}, "cell.shells: expected a whole number from 1 to 99, got 2.5"),
        ({"size_nm": 5, "shells": 100}, "cell.shells: expected a whole number from 1 to 99, got 100"),
        ({"size_nm": 5, "corrected": 1}, "cell.corrected: expected true or false, got 1"),
        ({"size_nm": 5, "note": 3}, "cell.note: expected a text, got 3"),
        ({"size_nm": 5, "film": {"thickness_nm": 0}}, "cell.film.thickness_nm: expected a number above 0"),
        ({"size_nm": 5, "film": [1]}, "cell.film: expected a section with the keys thickness_nm"),
        ({"size_nm": 5, "sto": {"am": 1.5}}, "cell.sto.am: expected a number from 0 to 1, got 1.5"),
        ({"size_nm": 5, "sto": {}}, "cell.sto: expected lithiation of phases, got {}"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(raw, words):
    with pytest.raises(InputError) as caught:
        section(Cell, raw, "cell")
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [True, None, "a", "1e", [1], float("nan"), float("inf"), {}, 10**400])
def test_what_is_no_number(raw):
    with pytest.raises(InputError, match="^here: expected a number, got"):
        number()(raw, "here")


@pytest.mark.parametrize("raw", ["1" * 200000 + "x", " " * 200000 + "x", "1." + "0" * 200000 + "x"])
def test_a_long_text_is_told_from_a_number_at_once(raw):
    """In a time that grows with its length, not with its square (ten minutes)."""
    with pytest.raises(InputError, match="^here: expected a number, got"):
        number()(raw, "here")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_in_quotes_and_of_numpy_are_numbers(value):
    assert number()(repr(value), "") == number()(np.float64(value), "") == value


def test_ranges_of_voxels():
    assert voxel_ranges({"x": [0, 4], "z": [1, "2"]}, "crop") == {"x": (0, 4), "z": (1, 2)}
    for raw, words in (
        ({"x": [4, 4]}, "first below end"),
        ({"x": [1]}, "give both"),
        ({"w": [0, 1]}, "x, y or z"),
        ({"x": [-1, 2]}, "crop.x.0"),
    ):
        with pytest.raises(InputError, match=words):
            voxel_ranges(raw, "crop")


def test_a_setting_changes_one_value_in_place():
    raw = {"cell": {"film": {"nm": 5}}, "protocol": ["a", "b"]}
    apply_setting(raw, "cell.film.nm=7.5")
    apply_setting(raw, "protocol.1=c")
    apply_setting(raw, "output.fields=[sto, c_e]")
    set_value(raw, "cell.film.model", None)
    assert raw == {
        "cell": {"film": {"nm": 7.5, "model": None}},
        "protocol": ["a", "c"],
        "output": {"fields": ["sto", "c_e"]},
    }
    for wrong, words in (
        ("cell.film", "dotted.key=value"),
        ("cell..x=1", "dotted.key=value"),
        ("protocol.2=c", "item's number, 0 to 1"),
        ("cell.film.nm.x=1", "expected a section at cell.film.nm, got 7.5"),
    ):
        with pytest.raises(InputError, match=words):
            apply_setting(raw, wrong)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: 1\na: 2", "f.yaml, line 2: .*keep one of the two"),
        ("a: [1", "f.yaml, line"),
        ("a: 1\n---\nb: 2", "f.yaml"),
        ("a: " + "[" * 10000 + "]" * 10000, "f.yaml: expected sections within sections a few deep"),
        ("a: " + "{b: " * 10000 + "}" * 10000, "f.yaml: expected sections within sections a few deep"),
        ("a: " + "9" * 5000, "f.yaml"),
    ],
)
def test_yaml_that_is_none_names_its_line(content, words):
    with pytest.raises(InputError, match=words) as caught:
        parse_yaml(content, "f.yaml")
    assert "\n" not in str(caught.value)


def test_yaml_is_of_version_1_2():
    assert parse_yaml("a: no\nb: 1e-6\nc: 010", "") == {"a": "no", "b": 1e-6, "c": 10}


def test_small_print():
    assert any_of("abc") == "a, b or c" and any_of("a") == "a"
    assert say(np.arange(6.0).reshape(2, 3)) == "an array of 2 x 3, float64 (0, 1, 2)"
    assert say(np.ones((4, 5), bool)) == "an array of 4 x 5, bool (True, True, True, ...)"
    assert say(list(range(1000))) == "a list of 1000 (0, 1, 2, 3, 4, 5, ...)"
    assert len(say(np.random.default_rng(0).random((9, 9, 9)).tolist())) <= 81
    assert say([1, 2]) == "[1, 2]" and say(np.float64(2.5)) == "2.5"
    assert say(None) == "nothing" and say("x") == '"x"' and len(say("long" * 50)) == 80


def test_a_callers_values_stay_as_they_are():
    film, steps = {"model": "uniform", "thickness_nm": 10}, ["a", "b"]
    given = {"cell.film": film, "cell.film.thickness_nm": 20, "protocol": steps, "protocol.1": "c"}
    raw = {"cell": {}}
    apply_settings(raw, given)
    assert raw == {"cell": {"film": {"model": "uniform", "thickness_nm": 20}}, "protocol": ["a", "c"]}
    assert (film, steps) == ({"model": "uniform", "thickness_nm": 10}, ["a", "b"])


def test_own_data_turns_arrays_tuples_and_paths_into_plain_data_and_keeps_nan():
    given = {"x": np.arange(2), "y": (np.float32(0.5), [Path("a") / "b"]), "z": MappingProxyType({1: None})}
    assert own_data(given) == {"x": [0, 1], "y": [0.5, ["a/b"]], "z": {"1": None}}
    assert np.isnan(own_data({"T": np.float64("nan")})["T"])


@pytest.mark.parametrize("wrong", ["cell.film.model=none", [3], [("cell.film.model", "none")]])
def test_settings_are_a_dict_or_a_list_of_texts(wrong):
    with pytest.raises(InputError, match="--set: expected {dotted key: value} or a list of dotted.key=value"):
        apply_settings({"cell": {}}, wrong)
