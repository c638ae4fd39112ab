"""The command wetting."""

from ..jobs.wetting import wet
from .from_job import command_of

command_of(
    wet,
    "wetting",
    [
        "microsim wetting electrode.tif --phases pore=0,am=1,cbd=2 --through pore --axis x \\",
        "    --voxel-size-nm 398 --contact-angle-deg 20 --surface-tension-N-m 0.03 \\",
        "    --viscosity-Pa-s 0.003 --json -",
    ],
)
