"""The command study."""

from ..jobs.study import study
from .from_job import command_of

command_of(
    study,
    "study",
    ["microsim study studies/rate.yaml", "microsim study studies/rate.yaml --processes 4 --json -"],
)
