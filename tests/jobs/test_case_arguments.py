"""Settings of a case as jobs take them."""

import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.jobs.case_arguments import settings


def test_settings_are_a_dict_or_texts():
    assert settings({"a.b": 1}, "set") == {"a.b": 1}
    assert settings("a.b=1", "set") == ["a.b=1"] and settings(["a.b=1"], "--set") == ["a.b=1"]
    with pytest.raises(InputError, match="set: expected settings like"):
        settings(5, "set")


CASE = "cases/dfn_xu2019.yaml"


@pytest.mark.parametrize(
    ("called", "given", "words"),
    [
        (
            "run",
            (CASE, {"volume.slab.cells": 6}),
            "out: expected a path, got dict; settings are given by name",
        ),
        ("homogenise", (CASE, {"volume.slab.cells": 6}), "out: expected a path, got dict"),
        ("study", ({"base": CASE},), "study: expected a path, got dict"),
        ("study", (None,), "study: expected a path, got NoneType"),
        ("reproduce", (3,), "file: expected a path, got int"),
        ("ensemble", (3,), "particles: expected a path, got int"),
        ("open_run", (None,), "folder: expected a path, got NoneType"),
        ("compare_runs", (None,), "runs: expected a path, got NoneType"),
        ("compare_runs", ([1, 2],), "runs: expected a path, got int"),
    ],
)
def test_what_stands_in_the_place_of_a_path_is_refused(called, given, words):
    """Each was a TypeError; settings in second place are a slip of the hand."""
    with pytest.raises(InputError, match=words):
        getattr(ms, called)(*given)
