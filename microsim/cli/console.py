"""What the user sees: a progress bar on a terminal, tables for people, JSON for programs."""

import os
import sys
import time
from contextlib import contextmanager

from ..base.files import json_text, write_text
from ..base.notices import told_to
from ..base.streams import is_standard_output
from ..base.words import aligned as table
from ..base.words import lengths_nm, times
from .environment import shows_all

PROGRESS = "MICROSIM_PROGRESS"  # variable that names a file for the progress, instead of a terminal
SELDOM = 0.3  # s between two writings of it

__all__ = ["lengths_nm", "progress_bar", "report", "table", "times"]


@contextmanager
def progress_bar(title):
    """Show a bar with the time left on a terminal; yields the callable that moves it, or None in a pipe."""
    # taken away, so that processes which this one starts do not write there too
    if path := os.environ.pop(PROGRESS, None):
        with _written_to(path, title) as progress:
            yield progress
        return
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


@contextmanager
def _written_to(path, title):
    """Keep the progress in a JSON file: done, total, message, and when and where this total began."""
    at, told, last = {"done": 0, "total": None, "message": title}, "", 0.0

    def show(seldom=True):
        nonlocal last
        if not seldom or time.time() - last > SELDOM:
            last = time.time()
            write_text(path, json_text({**at, "message": told or at["message"], "time": last}))

    def progress(done, total, message=""):
        if total != at["total"] or done < at["done"]:
            at.update(begun=time.time(), begun_done=done)
        at.update(done=done, total=total, message=message or title)
        show()

    def notice(text):
        nonlocal told
        told = text
        show(seldom=False)

    show()
    with told_to(notice):
        yield progress
    show(seldom=False)


def report(result, json_file, *lines):
    """Print the lines for people, or write the numbers as JSON to a file or, with -, to standard output."""
    if json_file is not None:
        if is_standard_output(json_file):  # which has no place for words beside the JSON
            print(json_text(result, indent=2, ascii=not shows_all(sys.stdout)), end="")
            return
        write_text(json_file, json_text(result, indent=2))
    print("\n".join(map(str, lines)))
