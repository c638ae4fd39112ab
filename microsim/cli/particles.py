"""The command particles."""

from ..jobs.particles import particles
from .from_job import command_of

command_of(
    particles,
    "particles",
    [
        "microsim particles cycled.tif --phases pore=0,cbd=1,am=2,crack=3 --voxel-size-nm 100 \\",
        "    --against pristine.tif --json -",
    ],
)
