"""Let `python -m microsim` do what the command `microsim` does."""

import sys

from .cli import main

sys.exit(main())
