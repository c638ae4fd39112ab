"""What goes to a printer or a journal: the page as PDF by Chromium, a figure at a column's width."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..base.errors import InputError
from ..base.files import replacing
from .style import STYLE

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
LONGEST = 300  # s
INCH = 0.0254  # m
JOURNAL = {
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
}


def require_chromium():
    """Return the path of a Chromium that is installed; InputError without one."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise InputError(
            "--pdf: expected Chromium or Chrome on the PATH to print the page, found none; install one, or"
            " open the page in a browser and print it to a file."
        )
    return found


def print_page(page, path):
    """Print a page into a PDF file as its print style says; returns the path."""
    chromium = require_chromium()
    with tempfile.TemporaryDirectory() as folder, replacing(path) as part:
        made = Path(folder) / "page.pdf"
        command = [chromium, "--headless", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        command += ["--no-sandbox"] * (os.getuid() == 0)  # which Chromium refuses to root
        command += ["--no-pdf-header-footer", f"--print-to-pdf={made}", Path(page).resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired:
            done = None
        if not made.is_file():
            said = done.stderr.decode(errors="replace").strip().splitlines() if done else ["no answer"]
            raise InputError(
                f"expected a PDF of {page} from {chromium}, got none: {said[-1] if said else 'no word'}; open"
                " the page in a browser and print it."
            )
        shutil.copyfile(made, part)
    return Path(path)


def save_figure(draw, path, width):
    """Draw a figure for a journal and write it as its suffix says, svg or pdf; returns the path.

    draw: function of the width in inches that returns a Figure. width: m; the file is that wide to the point.
    """
    import matplotlib

    stamp = {"svg": "Date", "pdf": "CreationDate"}[Path(path).suffix[1:]]
    with matplotlib.rc_context(STYLE | JOURNAL), replacing(path) as part:
        figure = draw(width / INCH)
        figure.savefig(part, format=Path(path).suffix[1:], metadata={stamp: None}, dpi=600)
    return Path(path)
