"""The documentation site: `make docs` builds docs/*.md into out/docs with Sphinx.

Nothing is fetched, neither when the site is built nor when it is read; a warning is an error.
"""

import contextlib
import inspect
import io
import os
import re
import shutil
import tempfile
import typing

import typer
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.ext.napoleon import Config, NumpyDocstring

import microsim
from microsim.base import gallery
from microsim.cli import app as app_of_microsim
from microsim.cli import main
from microsim.jobs.bearing import RESULTS
from microsim.jobs.validate import validate

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
toc_object_entries_show_parents = "hide"
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


# -- what pages take from the package: the names of microsim.__all__, the results, what --help prints -------


def fill(app, page, source):
    """Put into a page what it leaves to the package: {functions}, {classes}, {results}, {errors}, {help}."""
    for word in re.findall(r"^\{(\w+)\}$", source[0], re.MULTILINE):
        text = "\n\n".join(map(help_of, command_names())) if word == "help" else entries(word)
        source[0] = source[0].replace(f"{{{word}}}", text)


def entries(word):
    """Return the entries of functions, classes, results or errors."""
    directive = {"functions": "autofunction", "errors": "autoexception"}.get(word, "autoclass")
    members = "\n   :members:" if directive == "autoclass" else ""
    listing = "\n\n".join(f".. {directive}:: {path}{members}" for path in front_door()[word].values())
    return f"```{{eval-rst}}\n{listing}\n```"


def front_door():
    """Return {functions, classes, errors, results: {name: place}}; results: what the functions return."""
    found = {"functions": {}, "classes": {}, "errors": {}, "results": {}}
    things = {name: getattr(microsim, name) for name in microsim.__all__}
    for name, thing in things.items():
        kind = "functions"
        if inspect.isclass(thing):
            kind = "errors" if issubclass(thing, Exception) else "classes"
        found[kind][name] = f"microsim.{name}"
    for function in map(things.get, found["functions"]):
        hint = inspect.signature(function).return_annotation
        for part in typing.get_args(hint) or (hint,):
            own = inspect.isclass(part) and part.__module__.startswith("microsim")
            if own and part not in things.values():
                found["results"][part.__qualname__] = f"{part.__module__}.{part.__qualname__}"
    return found


def command_names():
    """Return the commands in the order of --help."""
    return list(typer.main.get_command(app_of_microsim).commands)


def help_of(name):
    """Return a command's heading and what its --help prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        main([name, "--help"])
    return f"### microsim {name}\n\n```text\n{printed.getvalue().rstrip()}\n```"


# -- the page of the claims, as they stood at the release ----------------------------------------------------


def validation_page(app, failure):
    """Write validation.html into the site, of what validation/results.json keeps."""
    if failure is None and app.builder.name == "html":
        kept = gallery.folder("validation") / RESULTS
        with tempfile.TemporaryDirectory() as folder:
            page = validate(kept=[kept]).write(folder)
            shutil.copyfile(page, os.path.join(app.outdir, "validation.html"))


def docstring(app, what, name, thing, options, lines):
    """Bring a docstring into reStructuredText: numpydoc sections, or paragraphs and columns."""
    if any(re.fullmatch(r"-{3,}", line.strip()) for line in lines):
        aliases = front_door()["results"] | front_door()["classes"]
        settings = Config(
            napoleon_use_rtype=False, napoleon_preprocess_types=True, napoleon_type_aliases=aliases
        )
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
    app.connect("source-read", fill)
    app.connect("build-finished", validation_page)
    app.connect("autodoc-process-docstring", docstring)
