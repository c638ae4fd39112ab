"""`python -m microsim.cli.held ARGUMENTS`: the command microsim, which ends with whoever holds its standard
input.

A study's case runs like this, so that none lives on, however its study or its worker ends.
"""

import os
import sys
import threading

ENDED = 143  # as a program that was told to end


def _end_with_holder():
    """End at once when the other end of standard input is gone: what a run keeps is whole at any time."""
    while os.read(0, 1):
        pass
    os._exit(ENDED)


if __name__ == "__main__":
    from . import main

    threading.Thread(target=_end_with_holder, daemon=True).start()
    sys.exit(main())
