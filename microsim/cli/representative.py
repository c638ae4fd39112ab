"""The command representative."""

from ..jobs.representative import representative_volume
from .from_job import command_of

command_of(
    representative_volume,
    "representative",
    [
        "microsim representative electrode.tif --phases pore=0,am=1 --voxel-size-nm 398 \\",
        "    --sizes 32,48,64 --count 8 --seed 0 --json -",
    ],
)
