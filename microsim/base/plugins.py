"""What packages of others add: entry points of a group, looked up only when no name of ours fits.

A package that cannot be imported costs one sentence, and only where the thing it adds is asked for.
"""

from contextlib import contextmanager
from dataclasses import dataclass

from .errors import InputError, why


@dataclass(frozen=True)
class Plugin:
    """A thing that a package of somebody else adds to a group under a name; `entry.load()` imports it."""

    group: str
    name: str
    package: str
    entry: object

    @contextmanager
    def blamed(self):
        """Turn whatever goes wrong with the thing into one sentence that names its package."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # of whatever kind: it is another's code
            raise InputError(
                f"expected {self.name} of {self.group} from the package {self.package}, got: {why(error)}; "
                "mend or uninstall that package"
            ) from error


def plugins(group):
    """List what the installed packages add to a group, in order of name and package; nothing is imported."""
    from importlib.metadata import entry_points

    found = (
        Plugin(group, entry.name, entry.dist.name if entry.dist else entry.module, entry)
        for entry in entry_points(group=group)
    )
    return sorted(found, key=lambda plugin: (plugin.name, plugin.package))


def installed(*groups):
    """List the packages that add to groups, "name version" each, in order; nothing is imported."""
    from importlib.metadata import entry_points

    found = (entry.dist for group in groups for entry in entry_points(group=group) if entry.dist)
    return sorted({f"{package.name} {package.version}" for package in found})
