"""Settings of a case as jobs take them."""

import pytest

from microsim.base.errors import InputError
from microsim.jobs.case_arguments import settings


def test_settings_are_a_dict_or_texts():
    assert settings({"a.b": 1}, "set") == {"a.b": 1}
    assert settings("a.b=1", "set") == ["a.b=1"] and settings(["a.b=1"], "--set") == ["a.b=1"]
    with pytest.raises(InputError, match="set: expected settings like"):
        settings(5, "set")
