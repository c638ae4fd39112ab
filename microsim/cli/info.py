"""The command info."""

from ..jobs.info import measure
from .from_job import command_of

command_of(
    measure,
    "info",
    [
        "microsim info electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --json -",
        "microsim info electrode.tif --phases pore=0,am=1 --voxel-size-nm 398 --measures sizes,clusters \\",
        "    --maps maps",
    ],
)
