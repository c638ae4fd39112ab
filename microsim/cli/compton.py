"""The command compton."""

from ..jobs.compton import compton_map
from .from_job import command_of

command_of(
    compton_map,
    "compton",
    [
        "microsim compton counts.tif --energies E.txt --incident-keV 115 --angle-deg 90 \\",
        "    --states table2.txt --regions 3 --out lithium.tif --report out",
    ],
)
