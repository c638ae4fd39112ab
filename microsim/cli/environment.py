"""What the command line finds around it and makes the best of: terminals that cannot show every letter, a
wish for windows that it never opens, outputs that end early."""

import codecs
import os
import sys

# letters of ours on a terminal that lacks them; all others are shown by their number, so that none is lost
PLAIN = str.maketrans({"µ": "u", "μ": "u", "×": "x", "²": "2", "³": "3", "°": " deg", "–": "-", "−": "-"})
UNSHOWN = "microsim.unshown"


def prepare():
    """Set what must stand before anything heavy is imported."""
    # dense algebra is a few hundred unknowns here; its library's own threads would only get in the kernels'
    # way
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["MPLBACKEND"] = (
        "agg"  # figures go to files; one of a notebook or a misspelt one is no reason to fail
    )
    codecs.register_error(UNSHOWN, _spelled)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # None where it is closed, another class in a notebook
            stream.reconfigure(errors=UNSHOWN)


def shows_all(stream):
    """Tell whether a stream takes every letter."""
    return codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name.startswith("utf")


def finish():
    """Write out what was printed, so that a full disk or a closed pipe is met here and not after the end."""
    if sys.stdout is not None:
        sys.stdout.flush()


def drop_output():
    """Let nothing more be printed: whoever read it has gone."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


def _spelled(error):
    """Spell letters that a terminal lacks."""
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end
