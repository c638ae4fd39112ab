"""What the user sees: a progress bar on a terminal, tables for people, JSON for programs."""

import sys
from contextlib import contextmanager

from ..base.files import json_text, write_text


@contextmanager
def progress_bar(title):
    """Show a bar with the time left on a terminal; yields the callable that moves it, or None in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=None)

        def progress(done, total, message=""):
            bars.update(task, completed=done, total=total, description=message or title)

        yield progress


def report(result, json_file, *lines):
    """Print the lines for people, or write the numbers as JSON to a file or, with -, to standard output."""
    content = None
    if json_file is not None:
        content = json_text(result, indent=2)
    if json_file == "-":
        sys.stdout.write(content)
        return
    if json_file is not None:
        write_text(json_file, content)
    print("\n".join(lines))


def table(header, rows):
    """Align rows of values under their titles."""
    cells = [[str(title) for title in header], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cell(value):
    return "-" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


def times(shape):
    """Word a shape: 64 x 48 x 48."""
    return " x ".join(str(n) for n in shape)


def lengths_nm(lengths):
    """Word the edges of a voxel (m) in nm."""
    return times(f"{length * 1e9:g}" for length in lengths)
