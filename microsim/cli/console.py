"""What the user sees: a progress bar on a terminal, tables for people, JSON for programs."""

import sys
from contextlib import contextmanager

from ..base.files import json_text, write_text
from ..base.notices import told_to
from ..base.streams import is_standard_output
from ..base.words import aligned as table
from ..base.words import lengths_nm, times
from .environment import shows_all

__all__ = ["lengths_nm", "progress_bar", "report", "table", "times"]


@contextmanager
def progress_bar(title):
    """Show a bar with the time left on a terminal; yields the callable that moves it, or None in a pipe."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task, at = bars.add_task(title, total=None), title

        def progress(done, total, message=""):
            nonlocal at
            at = message or title
            bars.update(task, completed=done, total=total, description=at)

        with told_to(lambda notice: bars.update(task, description=notice or at)):
            yield progress


def report(result, json_file, *lines):
    """Print the lines for people, or write the numbers as JSON to a file or, with -, to standard output."""
    if json_file is not None:
        if is_standard_output(json_file):  # which has no place for words beside the JSON
            print(json_text(result, indent=2, ascii=not shows_all(sys.stdout)), end="")
            return
        write_text(json_file, json_text(result, indent=2))
    print("\n".join(map(str, lines)))
