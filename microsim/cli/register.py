"""The command register."""

from ..jobs.register import register
from .from_job import command_of

command_of(
    register,
    "register",
    [
        "microsim register soc.tif electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 40 \\",
        "    --map-voxel-size-nm 120 --out soc_on_electrode.tif --report out",
    ],
)
