"""The command run."""

from ..jobs.run import run
from .from_job import command_of

command_of(
    run,
    "run",
    [
        "microsim run cases/nrel_nmc_c2.yaml --out out/slow \\",
        '    --set protocol.0="Discharge at C/3 until 3.5 V" --set cell.film.model=none',
    ],
)
