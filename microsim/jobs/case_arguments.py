"""Arguments of the jobs on a case: the case, its settings, the folder of the results."""

from os import PathLike
from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.schema import say


def settings(given, path):
    """Take {dotted key: value}, or texts "dotted.key=value"."""
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, (dict, list, tuple)):
        raise InputError(
            f'{path}: expected settings like {{"protocol.0": "Rest for 1 hour"}}, got {say(given)}; mend it.'
        )
    return given


def path_of(given, path):
    """Take a path, and refuse what is none: settings that stand in its place, say."""
    if not isinstance(given, (str, PathLike)):
        hint = "settings are given by name: set={...}" if isinstance(given, dict) else "name one"
        raise InputError(f"{path}: expected a path, got {type(given).__name__}; {hint}.")
    return given


def _path_or_none(given, path):
    return None if given is None else path_of(given, path)


CaseFile = Annotated["str | PathLike | dict | Case", Argument("The case to run.", metavar="CASE.yaml")]  # noqa: F821
Settings = Annotated[
    "dict | list[str] | None",
    Argument("Change one value of the case by its dotted key; repeatable.", settings, "KEY=VALUE", many=True),
]


def results_folder(default, *writes):
    """Declare the folder of the results, with the words for its default; writes: names of what goes there."""
    return Annotated[
        "str | PathLike | None",
        Argument(f"Folder of the results [default: {default}].", _path_or_none, "DIR", writes=writes),
    ]
