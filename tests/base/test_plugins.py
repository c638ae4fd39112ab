"""What packages of others add is listed without being imported, and blamed by name when it fails."""

from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace

import pytest

from microsim.base.errors import InputError
from microsim.base.plugins import Plugin, plugins


def test_entries_are_listed_in_order_and_not_imported(monkeypatch):
    found = [
        EntryPoint(name, "no_such_module_anywhere:thing", group)
        for name, group in (("b", "some.group"), ("a", "some.group"), ("c", "another.group"))
    ]
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda group: EntryPoints(found).select(group=group)
    )
    listed = plugins("some.group")
    assert [plugin.name for plugin in listed] == ["a", "b"]
    assert {plugin.package for plugin in listed} == {"no_such_module_anywhere"}
    assert plugins("nobody.adds.to.this") == []


def test_the_package_is_blamed_in_one_sentence():
    plugin = Plugin("microsim.readers", "mine", "their-package", SimpleNamespace())
    with pytest.raises(InputError) as caught, plugin.blamed():
        raise ZeroDivisionError("division\nby zero")
    said = str(caught.value)
    assert "\n" not in said and "their-package" in said and "mine" in said and "division by zero" in said
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_sentence_of_ours_passes_as_it_is():
    plugin = Plugin("microsim.readers", "mine", "their-package", SimpleNamespace())
    with pytest.raises(InputError, match="^ours$"), plugin.blamed():
        raise InputError("ours")
    with pytest.raises(KeyboardInterrupt), plugin.blamed():
        raise KeyboardInterrupt
