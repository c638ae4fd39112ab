"""The command flow."""

from ..jobs.flow import permeability
from .from_job import command_of

command_of(
    permeability,
    "flow",
    [
        "microsim flow electrode.tif --phases pore=0,am=1,cbd=2 --through pore \\",
        "    --axis all --voxel-size-nm 398 --json -",
    ],
)
