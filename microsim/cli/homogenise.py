"""The command homogenise."""

from ..jobs.homogenise import homogenise
from .from_job import command_of

command_of(
    homogenise,
    "homogenise",
    [
        "microsim homogenise cases/demo.yaml --out out/demo_homogenised",
        "microsim run out/demo_homogenised/homogenised.yaml",
    ],
)
