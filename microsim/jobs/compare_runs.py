"""The job compare_runs: finished runs side by side, their figures for a journal, their pages as PDF."""

from dataclasses import dataclass
from itertools import repeat
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.schema import number
from ..base.words import beyond
from .case_arguments import path_of
from .job import job
from .result import PAGE, Result, SavedFile, Table
from .run_result import open_run
from .vectors import WIDTHS
from .vectors import width as width_words

MOST_RUNS = 6
PLAIN = {"wall_s": " (s)", "peak_memory_bytes": " (bytes)"}  # units that a page writes with each value


@dataclass(frozen=True, repr=False)
class ComparedRuns(Result):
    """One to six finished runs.

    folders   of the runs
    shown     ShownRun each
    told      plain data: runs, remarks, cases (the keys that differ), scores, voltage, maps
    width     of figures for a journal, m; kind: of their files, svg or pdf
    """

    folders: tuple
    shown: tuple
    told: dict
    width: float
    kind: str

    files: ClassVar = {
        "figures": SavedFile("save_figures", "Write the figures in a journal's width.", "DIR", "figure"),
        "pdf": SavedFile("save_pdf", "Print the page, of one run its own, by Chromium.", "FILE.pdf", "pdf"),
    }

    @classmethod
    def check(cls, values, asked):
        """Refuse, before the work, a page over that of a run, and a page of one run."""
        page, runs = asked.get("page"), values["runs"]
        if page is not None and len(runs) < 2:
            raise InputError(
                f"--out: expected two to {MOST_RUNS} runs for a page, got one; its own is its {PAGE}."
            )
        for run in runs:
            if page is not None and Path(page).resolve() == Path(run).resolve():
                raise InputError(
                    f"--out: expected a folder of its own, got that of the run {run}; name another."
                )
        if asked.get("pdf") is not None:
            from ..report.printing import require_chromium

            require_chromium()

    @property
    def title(self):
        return ", ".join(run.label for run in self.shown)

    def numbers(self):
        return self.told

    def tables(self):
        labels = [run.label for run in self.shown]
        rows = [
            (
                row["label"] + PLAIN.get(row["key"], ""),
                *map(beyond, row["values"], row.get("rounding") or repeat(0)),
            )
            for row in self.told["scores"]
            if any(value is not None for value in row["values"])
        ]
        cases = [(key, *map(_words, values)) for key, values in self.told["cases"].items()]
        return [
            Table(("", *labels), rows),
            *([Table(("differs in the case", *labels), cases)] if cases else []),
            *self.told["remarks"],
        ]

    def plot(self):
        """Draw the voltage over capacity and time."""
        from ..report.pages.runs import figure

        return figure(runs=self.shown)

    def write(self, folder):
        """Write report.html and figures/*.png; returns the path of the page."""
        from ..report.pages import runs as page

        return page.write(folder, runs=self.shown, told=self.told)

    def save_figures(self, folder):
        """Write the figures at the journal's width; returns their paths."""
        from ..report.pages.runs import drawings
        from ..report.printing import save_figure

        return [
            save_figure(draw, Path(folder) / f"{name}.{self.kind}", self.width)
            for name, draw in drawings(self.shown).items()
        ]

    def save_pdf(self, path):
        """Print the page, of a single run its own; returns the path."""
        import tempfile

        from ..report.printing import print_page

        if len(self.folders) == 1:
            return print_page(open_run(self.folders[0]).report(), path)
        with tempfile.TemporaryDirectory() as folder:
            return print_page(self.write(folder), path)


def _words(value):
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _runs(given, path):
    runs = [given] if isinstance(given, str) or not hasattr(given, "__iter__") else list(given)
    runs = [path_of(getattr(run, "folder", run), path) for run in runs]  # a run itself names its folder
    if not 1 <= len(runs) <= MOST_RUNS:
        raise InputError(
            f"{path}: expected one to {MOST_RUNS} runs, got {len(runs)}; name fewer, or a study."
        )
    places = [Path(run).resolve() for run in runs]
    for place in places:
        if places.count(place) > 1:
            raise InputError(f"{path}: expected runs that differ, got {place.name} twice; name it once.")
    return runs


def _width(given, path):
    """Read a width: the name of one, or m."""
    return WIDTHS[given] if given in WIDTHS else number(0.03, 0.5)(given, path, 1.0, "m")


@job
def compare_runs(
    runs: Annotated[
        "list[str | PathLike]",
        Argument("Folders of finished runs, one to six.", _runs, "RUN", bare=True, many=True),
    ],
    *,
    width: Annotated[
        "str | float",
        Argument("Of --figures: single (85 mm), double (174 mm), or mm.", _width, "W", text=width_words),
    ] = "double",
    kind: Annotated[str, one_of("Files of --figures.", "svg", "pdf", option="--figure-format")] = "svg",
    progress=None,
) -> ComparedRuns:
    """Show finished runs side by side.

    Two to six runs on one page (--out): what they came to, which keys of their cases differ, voltage,
    profiles over the depth, maps on one colour scale, and the differences from the first run. What cannot be
    compared (another grid, material or measurement) and what is missing is said. --figures writes the figures
    as SVG or PDF at a journal's width, also of one run; --pdf prints the page, of one run its own.

    Parameters
    ----------
    runs : list of path
        What `run` or `microsim run` wrote, with result.json in it; the first is what the others are held
        against.
    width : str or float
        Of the figures: "single" (85 mm), "double" (174 mm), or m.
    kind : str
        Of the figures: "svg" or "pdf".
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ComparedRuns
        `write(folder)`, `save_figures(folder)`, `save_pdf(path)`.

    Raises
    ------
    InputError
        A folder without a finished run.
    """
    from .runs_beside import told_of

    opened = []
    for done, run in enumerate(runs):
        if progress:
            progress(done, len(runs), f"reading {run}")
        opened.append(open_run(run))
    shown, told = told_of(opened)
    return ComparedRuns(tuple(run.folder for run in opened), shown, told, width, kind)
