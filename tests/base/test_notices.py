"""Notices reach who listens, while he listens."""

import pytest

from microsim.base.notices import notice, told_to


def test_listeners_hear_what_is_said_within_their_block():
    heard, other = [], []
    notice("before")
    with told_to(heard.append):
        notice("compiling")
        with told_to(other.append):
            notice()
    notice("after")
    assert (heard, other) == (["compiling", ""], [""])


def test_a_listener_goes_with_an_error_too():
    heard = []
    with pytest.raises(ZeroDivisionError), told_to(heard.append):
        1 / 0  # noqa: B018
    notice("after")
    assert heard == []
