"""Refusals name options to those who typed them, and arguments to those who called a function."""

import pytest

from microsim.base.errors import InputError
from microsim.base.refusals import arguments_named, options_named

METHODS = {"--fields": "save_fields", "--out": "write"}


def said(words, **how):
    with pytest.raises(InputError) as caught, arguments_named(METHODS):
        raise InputError(words)
    return str(caught.value)


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("--fields: expected A, got none; leave it out.", "save_fields: expected A, got none; leave it out."),
        ("--out: expected B; add --voxel-size-nm.", "write: expected B; add voxel_size_nm."),
        ("expected labels; segment it (microsim segment FILE --method otsu).", None),
        ("expected -- or a-b", None),
    ],
)
def test_options_are_arguments_where_a_function_was_called(typed, called):
    assert said(typed) == (called or typed)


def test_options_stay_options_where_they_were_typed():
    with options_named():
        assert said("--fields: add --out") == "--fields: add --out"
    assert said("--fields: add --out") == "save_fields: add write"
