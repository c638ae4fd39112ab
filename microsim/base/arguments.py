"""Arguments of jobs: declared once, in the function's signature, for the notebook and for the command line.

    Tolerance = Annotated[float, Argument("Bound of the relative error.", number(0.0, 0.1, above=True), "T")]

    @reading
    def tortuosity(volume: Grid, ..., tolerance: Tolerance = 1e-3, progress=None) -> TortuosityResult: ...

`reading` reads every declared argument before the function sees it, so that a wrong one is one plain sentence
wherever it came from. The command line makes an option of each declared argument; an argument without a
declaration (`progress`) exists in Python only.
"""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields

from .errors import InputError
from .schema import choice, flag, listed


@dataclass(frozen=True)
class Argument:
    """One argument of a job.

    help      what it is, for --help; one sentence
    read      read(given, path) -> value; raises InputError. None: taken as it is
    metavar   what stands for its value in --help
    option    its name on the command line; default --the-name, or positional where it has no default
    text      how the words of the command line become what `read` takes; default: as they are
    many      on the command line it may come several times (or, as a positional argument, with several words)
    writes    names of what is written into the folder that it names, "" for the file itself; None: it is read
    bare      on the command line it stands without the name of an option though it has a default
    """

    help: str
    read: Callable | None = None
    metavar: str | None = None
    option: str | None = None
    text: Callable | None = None
    many: bool = False
    bare: bool = False
    choices: tuple = ()
    writes: tuple | None = None


@dataclass(frozen=True)
class Spread:
    """An argument that the command line takes apart, as a volume into its file, its phases and its voxel
    size.

    read   read(given, path) -> value, for a caller in Python
    parts  {name: (type, default, Argument)}; a default of REQUIRED makes a positional argument
    make   make(**parts) -> value; each part is read already
    """

    read: Callable
    parts: dict = field(default_factory=dict)
    make: Callable | None = None


REQUIRED = inspect.Parameter.empty


def spread_of(cls):
    """Declare an argument that is a frozen dataclass of declared fields, an option each.

    A caller in Python gives the dataclass, a dict of its fields, or the value of the first of them.
    """

    def read(given, path):
        if isinstance(given, cls):
            return given
        if not isinstance(given, dict):
            return cls(given)
        unknown = [name for name in given if name not in cls.__dataclass_fields__]
        if unknown:
            known = listed(cls.__dataclass_fields__)
            raise InputError(f"{path}: expected the keys {known}, got {unknown[0]}; correct it.")
        return cls(**given)

    return Spread(read, {name: (default, about) for name, default, about in declared_fields(cls)}, cls)


def _misfit(function, error):
    """Say how a call does not fit a job, in words that go beyond Python's own."""
    name = function.__name__
    known = f"{name}: expected {listed(inspect.signature(function).parameters)}"
    unknown = re.search("unexpected keyword argument '(.+)'", error)
    if unknown is None:
        return f"{known}, got a call with {error}; correct it."
    key = unknown[1]
    for group, _, about in declared(function):
        if isinstance(about, Spread) and key in about.parts:
            so = (
                f"give {group.name}={{{key!r}: ...}}"
                if inspect.isclass(about.make)
                else f"give {_made(group)}"
            )
            return f"{name}: expected {key} within {group.name}, got it as an argument of its own; {so}."
    return f"{known}, got {key}; correct it."


def _made(group):
    """How an argument that the command line takes apart is put together in Python."""
    return f"{group.name}=read_volume(FILE, ...)" if group.name == "volume" else f"{group.name} as a whole"


def declared_fields(cls):
    """List a dataclass' declared fields as [(name, default, Argument)]."""
    found = []
    for one in fields(cls):
        about = [part for part in getattr(one.type, "__metadata__", ()) if isinstance(part, Argument)]
        if about:
            found.append((one.name, REQUIRED if one.default is MISSING else one.default, about[0]))
    return found


def read_fields(made):
    """Read the declared fields of a frozen dataclass in its __post_init__; None passes where it is the
    default."""
    for name, default, about in declared_fields(type(made)):
        value = getattr(made, name)
        if about.read and not (value is None and default is None):
            object.__setattr__(made, name, about.read(value, name))


def one_of(help, *words, option=None):
    """Declare an argument that is one of a few words."""
    return Argument(help, choice(*words), choices=words, option=option)


def switch(help, option=None):
    """Declare an argument that is true or false: an option without a value."""
    return Argument(help, flag, option=option)


def declared(function):
    """List a job's parameters as [(inspect.Parameter, type, Argument or Spread or None)], in order."""
    found = []
    for parameter in inspect.signature(inspect.unwrap(function)).parameters.values():
        hint = parameter.annotation
        about = [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, (Argument, Spread))]
        found.append((parameter, getattr(hint, "__origin__", hint), about[0] if about else None))
    return found


def shown_signature(function):
    """Return the signature of a job as help() shows it: types and defaults, without how options are read."""
    signature = inspect.signature(function)
    kinds = {parameter.name: kind for parameter, kind, about in declared(function) if about}
    shown = [
        parameter.replace(annotation=getattr(kinds[name], "__forward_arg__", kinds[name]))
        if name in kinds
        else parameter
        for name, parameter in signature.parameters.items()
    ]
    return signature.replace(parameters=shown)


def reading(function, then=None):
    """Read the declared arguments of a job before it runs; None passes where it is the default.

    then: is given them as read, {name: value}, before the job runs.
    """
    signature = inspect.signature(function)
    readers = {p.name: a.read for p, _, a in declared(function) if a and a.read}

    @functools.wraps(function)
    def checked(*args, **options):
        try:
            bound = signature.bind(*args, **options)
        except TypeError as error:
            raise InputError(_misfit(function, str(error))) from None
        bound.apply_defaults()
        for name, read in readers.items():
            value = bound.arguments[name]
            if not (value is None and signature.parameters[name].default is None):
                bound.arguments[name] = read(value, name)
        if then:
            then(bound.arguments)
        return function(*bound.args, **bound.kwargs)

    return checked
