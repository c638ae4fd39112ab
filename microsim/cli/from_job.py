"""A command made of a job: its options are the job's declared arguments, its output the result's.

    command_of(transport.tortuosity, "transport", ["microsim transport electrode.tif ..."])

Every argument arrives as text and is read by the argument's own reader, so that a notebook and the command
line refuse the same things in the same words; what a result refuses to write names options here. Each command
has --json; --out or --report where the result has a page; one option for each file that the result can write.
"""

import inspect
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..base.arguments import REQUIRED, Argument, Spread, declared
from ..base.errors import InputError, Interrupted, NotConverged
from ..base.guard import guarding
from ..base.refusals import options_named
from ..base.schema import listed
from ..jobs.command_crate import Command, write_command_crate
from ..jobs.job import check_outputs, inputs_of
from ..jobs.vectors import HELP as VECTOR_HELP
from ..jobs.vectors import METAVAR, drawing_vectors
from .app import app
from .console import progress_bar, report

PAGE_HELP = "Folder of a report: report.html and figures/*.png."
OUTPUTS = {"page": "--report", "json_file": "--json"}
JSON_HELP = "Write the numbers as JSON; - is standard output."


def command_of(function, name, example):
    """Register a job as the command `name`; its --help ends with an example."""
    job = _Job.of(function)

    def run(**given):
        job.run(name, given)

    _register(run, name, _description(function), example, [*job.parameters(), *job.outputs.values()])
    return function


def command_of_either(jobs, pick, first, name, summary, example):
    """Register one command for several jobs, by what its first word names.

    jobs     {what the first word names: job}
    pick     pick(word) -> which of them
    first    Argument of the first word, in place of the jobs' own
    summary  first line of --help
    """
    jobs = {kind: _Job.of(function) for kind, function in jobs.items()}
    options = {}
    for parameter in (p for job in jobs.values() for p in job.parameters()[1:]):
        options.setdefault(parameter.name, parameter)
    outputs = {key: output for job in jobs.values() for key, output in job.outputs.items()}

    def run(**given):
        word = given.pop("word")
        kind = pick(word)
        chosen = jobs[kind]
        _only(given, chosen, kind, jobs)
        taken = {key: given.get(key) for key in (*chosen.arguments, *chosen.outputs)}
        chosen.run(name, taken | {next(iter(chosen.arguments)): word})

    about = "\n\n".join(f"{kind}: {_description(job.function)}" for kind, job in jobs.items())
    shown = [_parameter("word", REQUIRED, first), *options.values(), *outputs.values()]
    _register(run, name, f"{summary}\n\n{about}", example, shown)


def _only(given, job, kind, jobs):
    """Refuse options that the job does not take, which would otherwise be dropped in silence."""

    def spelled(arguments, keys):
        return listed(_option(key, arguments[key][1]) for key in keys)

    every = {key: argument for other in jobs.values() for key, argument in other.arguments.items()}
    others = [key for key in every if given.get(key) not in (None, []) and key not in job.arguments]
    if others:
        own = spelled(job.arguments, list(job.arguments)[1:])
        raise InputError(
            f"{kind}: expected its own options ({own}) alone, got {spelled(every, others)}; leave it out."
        )


def _register(run, name, about, example, parameters):
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    run.__name__, run.__doc__ = name, about
    lines = "\n".join(f"  {line}" for line in example)
    app.command(name=name, epilog=f"\b\nExample:\n{lines}")(run)


@dataclass(frozen=True)
class _Job:
    """What the command line sees of a job.

    result     class of what it returns
    groups     {argument: (Spread, its parts)}
    arguments  {option: (default, Argument, type)}, the parts of the groups among them
    outputs    {option: inspect.Parameter} of what the result writes
    """

    function: Callable
    result: type
    groups: dict
    arguments: dict
    outputs: dict

    @classmethod
    def of(cls, function):
        result = inspect.signature(function).return_annotation
        return cls(function, result, *_arguments(function), _outputs(result))

    def parameters(self):
        return [_parameter(key, default, about) for key, (default, about, _) in self.arguments.items()]

    def run(self, name, given):
        """Read what was typed, do the job, and write and print what came out."""
        self._require_words(given)
        asked = {key: given.pop(key) for key in self.outputs}
        vector = asked.pop("vector", None)
        if vector is not None and self.result.has_page and asked["page"] is None:
            raise InputError("--vector: expected a page whose figures it draws, got none; add --out DIR.")
        asked |= {key: Path(path) for key, path in asked.items() if path is not None and key != "json_file"}
        with options_named(), guarding(inputs_of(self.function, given)):
            check_outputs(self.function, given, asked, self.result)
            try:
                with drawing_vectors(vector) as drawn:
                    self._run(name, given, asked, drawn)
            except NotConverged:  # what an earlier run wrote must not be taken for the result of this one
                self.result.discard(asked)
                raise
            except KeyboardInterrupt as stop:
                if stop.args:  # a job that says how it goes on
                    raise Interrupted(f"{stop}.") from stop
                raise

    def _require_words(self, given):
        """Refuse empty words, as a shell makes of a variable that is not set: a path to this folder."""
        for key, value in given.items():
            words = value if isinstance(value, list) else [value]
            if any(isinstance(word, str) and not word.strip() for word in words):
                own = self.arguments.get(key)
                place = _place(key, own) if own else OUTPUTS.get(key, f"--{key}")
                raise InputError(f"{place}: expected a value, got an empty text; give one, or leave it out.")

    def _run(self, name, given, asked, drawn):
        given, began = (
            {key: value for key, value in given.items() if value not in (None, [])},
            time.monotonic(),
        )
        values = {key: _read(self.arguments[key], key, value) for key, value in given.items()}
        _imply(values, asked, self.result)
        values = _joined(values, self.groups)
        self.result.check(values, asked)
        with progress_bar(name) as progress:
            found = self.function(**values, progress=progress)
            if not found.speaks:
                return found.take_part(asked)
            lines, numbers = _write(found, self.result, asked)
            if asked.get("page") is not None:
                seconds = time.monotonic() - began
                write_command_crate(asked["page"], self._command(name, given, asked, numbers), seconds)
        report(numbers, asked["json_file"], found, *lines, *drawn())
        if found.failed:
            raise typer.Exit(1)

    def _command(self, name, given, asked, numbers):
        """What was typed, as a crate keeps it: what is written apart from the rest."""
        writes = {one.name for one, _, about in declared(self.function) if getattr(about, "writes", None)}
        typed = {key: _spelled_again(key, self.arguments[key], value) for key, value in given.items()}
        words = [word for key, words in typed.items() if key not in writes for word in words]
        outputs = {f"--{key}": asked[key] for key in self.result.files if asked[key] is not None}
        page, place = "--report" if "out" in self.result.files else "--out", asked["page"]
        here = Path(os.path.relpath(os.getcwd(), place)).as_posix()
        read = [file for file in inputs_of(self.function, given) if os.path.exists(file)]  # no formulas
        return Command(name, words, page, outputs, read, here, numbers)


def _spelled_again(key, argument, value):
    """The words that give an argument as it was typed."""
    default, *_ = argument
    option = _place(key, argument)
    if isinstance(default, bool):
        return [option if not default else f"--no-{option.removeprefix('--')}"]
    values = value if isinstance(value, list) else [value]
    return values if option == key.upper() else [word for one in values for word in (option, one)]


def _arguments(function):
    """List what the command takes: groups {name: (Spread, parts)}, arguments {name: (default, Argument,
    type)}."""
    groups, arguments = {}, {}
    for parameter, kind, about in declared(function):
        if isinstance(about, Spread):
            groups[parameter.name] = about, about.parts
            arguments.update({part: (default, one, str) for part, (default, one) in about.parts.items()})
        elif isinstance(about, Argument):
            arguments[parameter.name] = parameter.default, about, kind
    return groups, arguments


def _parameter(name, default, about):
    """Make the typer parameter of an argument; options arrive as text, or None where they are not given."""
    keyword, metavar = (inspect.Parameter.KEYWORD_ONLY, about.metavar or "|".join(about.choices) or None)
    kind = list[str] if about.many else str
    if default is REQUIRED and about.option:
        annotation = Annotated[kind, typer.Option(about.option, metavar=metavar, help=about.help)]
        return inspect.Parameter(name, keyword, annotation=annotation)
    if default is REQUIRED or about.bare:
        kind, end = (kind, REQUIRED) if default is REQUIRED else (kind | None, None)
        annotation = Annotated[kind, typer.Argument(metavar=metavar or name.upper(), help=about.help)]
        return inspect.Parameter(name, keyword, default=end, annotation=annotation)
    option = _option(name, about)
    if isinstance(default, bool):
        flag = option if not default else f"--no-{option.removeprefix('--')}"
        annotation = Annotated[bool, typer.Option(flag, help=about.help)]
        return inspect.Parameter(name, keyword, default=None, annotation=annotation)
    words = about.help if default in (None, ()) else f"{about.help} [default: {_spelled(default)}]"
    known = (lambda: list(about.choices)) if about.choices else None  # for the Tab key
    annotation = Annotated[
        kind | None, typer.Option(option, metavar=metavar, help=words, autocompletion=known)
    ]
    return inspect.Parameter(name, keyword, default=None, annotation=annotation)


def _option(name, about):
    return about.option or f"--{name.replace('_', '-')}"


def _outputs(result):
    """Make the options of what a result writes: its files, its page, its numbers."""
    keyword, options = inspect.Parameter.KEYWORD_ONLY, {}

    def add(key, kind, *names, **about):
        default = about.pop("default", None)
        default = {} if about.pop("required", False) else {"default": default}
        annotation = Annotated[kind, typer.Option(*names, **about)]
        options[key] = inspect.Parameter(key, keyword, annotation=annotation, **default)

    for key, file in result.files.items():
        kind = str if file.required else str | None
        add(key, kind, f"--{key}", metavar=file.metavar, help=file.help, required=file.required)
    if result.has_page:
        names = ("--report",) if "out" in result.files else ("--out", "--report")
        add("page", str | None, *names, metavar="DIR", help=PAGE_HELP, default=result.page_folder)
    if result.has_page or result.own_page:
        add("vector", str | None, "--vector", metavar=METAVAR, help=VECTOR_HELP)
    add("json_file", str | None, "--json", metavar="FILE", help=JSON_HELP)
    return options


def _read(argument, name, value):
    """Read one option as it was typed."""
    default, about, _ = argument
    if isinstance(default, bool):
        return value if not default else not value
    path = _place(name, argument)
    if about.text is not None:
        value = about.text(value, path)
    return value if about.read is None else about.read(value, path)


def _place(name, argument):
    """Spell an argument as --help does: --option, or VOLUME for one without."""
    default, about, _ = argument
    positional = about.bare or default is REQUIRED and not about.option
    return name.upper() if positional else _option(name, about)


def _joined(values, groups):
    """Put what the command line takes apart together again; groups may share parts."""
    made = {}
    for group, (spread, parts) in groups.items():
        given = {part: values[part] for part in parts if part in values}
        if given or any(default is REQUIRED for default, _ in parts.values()):
            made[group] = spread.make(**given)
    taken = {part for _, parts in groups.values() for part in parts}
    return {key: value for key, value in values.items() if key not in taken} | made


def _imply(values, asked, result):
    """Set the arguments that a file or the page asks for, where they were not given."""
    wanted = [result.page_needs] if asked.get("page") is not None else []
    wanted += [file.needs or {} for key, file in result.files.items() if asked[key] is not None]
    for needs in wanted:
        for key, value in needs.items():
            values.setdefault(key, value)


def _write(found, result, asked):
    """Write the files and the page asked for; return lines about them, and the numbers with their paths."""
    written, lines = {}, []
    for key, file in result.files.items():
        if asked[key] is not None:
            paths = getattr(found, file.method)(asked[key])
            if isinstance(paths, dict):
                written |= paths
                lines += [f"{label}: {path}" for label, path in paths.items()]
                continue
            paths = paths if isinstance(paths, (list, tuple)) else [paths]
            lines += [f"{file.label}: {path}" for path in paths]
            written |= {file.key: paths[0]} if file.key else {}
    if asked.get("page") is not None:
        written["report"] = found.write(asked["page"])
        lines.append(f"report: {written['report']}")
    return lines, found.recorded(written)


def _description(function):
    """The docstring as far as it speaks to both readers: without the sections of numpydoc."""
    text = inspect.getdoc(function) or ""
    return text.partition("\nParameters\n")[0].strip()


def _spelled(default):
    if isinstance(default, (tuple, list)):
        return ",".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)
