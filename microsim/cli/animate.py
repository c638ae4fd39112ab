"""The command animate."""

from ..jobs.animate import animate
from .from_job import command_of

command_of(
    animate,
    "animate",
    [
        "microsim animate out/demo/fields.h5 --out lithiation.gif",
        "microsim animate out/demo/fields.h5 --field c_e --axis y --fps 4 --out salt.mp4",
    ],
)
