"""Lists of options that are dataclasses: each field is an option, and commands share the list."""

import inspect
from dataclasses import fields, is_dataclass
from typing import Annotated

import typer


def text_option(name, metavar, help):
    """Make the type of an option that is read as text, or absent."""
    return Annotated[str | None, typer.Option(name, metavar=metavar, help=help)]


def flag_option(name, help):
    """Make the type of an option that is there or not."""
    return Annotated[bool, typer.Option(name, help=help)]


def choice_option(kind, name, help):
    """Make the type of an option that is one of an enumeration's words."""
    return Annotated[kind, typer.Option(name, help=help)]


def spread(function):
    """Let each parameter whose type is a dataclass stand for its fields, in their order."""
    parameters, groups = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if not is_dataclass(parameter.annotation):
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
            continue
        groups[name] = parameter.annotation
        parameters += [
            inspect.Parameter(f.name, parameter.KEYWORD_ONLY, default=f.default, annotation=f.type)
            for f in fields(parameter.annotation)
        ]

    def called(**given):
        made = {
            name: group(**{f.name: given.pop(f.name) for f in fields(group)})
            for name, group in groups.items()
        }
        return function(**given, **made)

    called.__name__, called.__doc__, called.__module__ = (
        function.__name__,
        function.__doc__,
        function.__module__,
    )
    called.__signature__ = inspect.Signature(parameters)
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called
