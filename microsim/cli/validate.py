"""The command validate."""

from ..jobs.validate import validate
from .from_job import command_of

command_of(validate, "validate", ["microsim validate", "microsim validate laminates --json -"])
