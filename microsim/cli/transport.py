"""The command transport."""

from ..jobs.transport import tortuosity
from .from_job import command_of

command_of(
    tortuosity,
    "transport",
    [
        "microsim transport electrode.tif --phases pore=0,am=1,cbd=2 --conducting pore=1.0,cbd=0.1 \\",
        "    --axis all --voxel-size-nm 398 --json -",
    ],
)
