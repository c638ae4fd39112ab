"""The documentation site: `make docs` builds docs/*.md into out/docs with Sphinx.

Nothing is fetched, neither when the site is built nor when it is read; a warning is an error.
"""

import contextlib
import inspect
import io
import os
import re
import typing

import typer
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.ext.napoleon import Config, NumpyDocstring

import microsim
from microsim.cli import app as app_of_microsim
from microsim.cli import main

project, author, copyright = "microsim", microsim.__doc__, "the microsim developers"
version = release = microsim.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 900
nb_merge_streams = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
smartquotes_action = "D"  # dashes; quotes stay as typed
highlight_language = "text"
html_theme = "furo"
html_title = f"microsim {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_math_renderer = "mathml"
os.environ["COLUMNS"] = "110"  # the width of --help


# -- mathematics: MathML, which browsers show by themselves ------------------------------------------------


def _inline(self, node):
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(self, node):
    self.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


# -- the API page: every name of microsim.__all__, and the results that its functions return ---------------


def front_door():
    """Return {title: [names]} of the front door: functions, results, data, errors."""
    functions, classes, errors, results = [], [], [], []
    for name in microsim.__all__:
        thing = getattr(microsim, name)
        if inspect.isclass(thing):
            (errors if issubclass(thing, Exception) else classes).append(f"microsim.{name}")
        elif callable(thing):
            functions.append(f"microsim.{name}")
            results += [r for r in _returned(thing) if r not in results]
    known = {getattr(microsim, name) for name in microsim.__all__ if inspect.isclass(getattr(microsim, name))}
    results = [f"{r.__module__}.{r.__qualname__}" for r in results if r not in known]
    return {"Functions": functions, "Classes": classes, "Results": results, "Errors": errors}


def _returned(function):
    """List microsim's own classes in a function's return annotation."""
    hint = inspect.signature(function).return_annotation
    parts = typing.get_args(hint) or (hint,)
    return [p for p in parts if inspect.isclass(p) and p.__module__.startswith("microsim")]


def api_page(app, page, source):
    """Write the API page where api.md says {front-door}."""
    if page != "api":
        return
    lines = []
    for title, names in front_door().items():
        kind, members = ("autofunction", "") if title == "Functions" else ("autoclass", "\n   :members:")
        kind, members = ("autoexception", "") if title == "Errors" else (kind, members)
        if names:
            entries = "\n\n".join(f".. {kind}:: {name}{members}" for name in names)
            lines.append(f"## {title}\n\n```{{eval-rst}}\n{entries}\n```\n")
    source[0] = source[0].replace("{front-door}", "\n".join(lines))


def commands_page(app, page, source):
    """Put what --help prints of every command where commands.md says {help}."""
    if page == "commands":
        source[0] = source[0].replace("{help}", "\n\n".join(map(help_of, command_names())))


def command_names():
    """Return the commands in the order of --help."""
    return list(typer.main.get_command(app_of_microsim).commands)


def help_of(name):
    """Return a command's heading and what its --help prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        main([name, "--help"])
    return f"### microsim {name}\n\n```text\n{printed.getvalue().rstrip()}\n```"


def docstring(app, what, name, thing, options, lines):
    """Bring a docstring into reStructuredText: numpydoc sections, or paragraphs and columns."""
    if any(re.fullmatch(r"-{3,}", line.strip()) for line in lines):
        settings = Config(napoleon_use_rtype=False)
        given = [re.sub(r"(?<=[\w/])\*(?=[\w.])", r"\\*", line) for line in lines]  # figures/*.png
        lines[:] = NumpyDocstring(given, settings, app, what, name, thing, options).lines()
        return
    lines[:] = [line for part in "\n".join(lines).split("\n\n") for line in [*_paragraph(part), ""]]


def _paragraph(part):
    """Turn prose into a paragraph; equations and columns (indented, or spaced) keep their layout."""
    if re.search(r"^ |\S {2,}\S", part, re.MULTILINE):
        return [".. code-block:: text", "", *("   " + line for line in part.strip("\n").splitlines())]
    prose = re.sub(r"([*|_\\])", r"\\\1", part).replace("`", "``").replace("\n", " ")
    return [re.sub(r"(?<!\S)(--[a-z][a-z-]*)", r"``\1``", prose)]


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    app.connect("source-read", api_page)
    app.connect("source-read", commands_page)
    app.connect("autodoc-process-docstring", docstring)
