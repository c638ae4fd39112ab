"""Packages that cannot be imported, for the tests of what works without them."""

import sys


class Missing:
    """A finder of sys.meta_path that fails for some packages."""

    def __init__(self, packages, error=ModuleNotFoundError):
        self.packages, self.error = packages, error

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.packages:
            raise self.error(f"No module named {name!r}")


def hide(monkeypatch, *packages, error=ModuleNotFoundError):
    """Let the import of packages fail until the test ends."""
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(packages, error), *sys.meta_path])
