"""The command demo."""

from ..jobs.demo import demo
from .from_job import command_of

command_of(demo, "demo", ["microsim demo", "microsim demo my-first-electrode"])
