"""The command materials."""

from ..jobs.materials import material_sets
from .from_job import command_of

command_of(
    material_sets,
    "materials",
    [
        "microsim materials",
        "microsim materials NMC811_Chen2020 --plot out/materials",
        "microsim materials --json -",
    ],
)
