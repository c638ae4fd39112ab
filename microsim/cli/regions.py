"""The command regions."""

from ..jobs.regions import tortuosity_by_depth
from .from_job import command_of

command_of(
    tortuosity_by_depth,
    "regions",
    [
        "microsim regions electrode.tif --phases pore=0,am=1 --voxel-size-nm 1000 \\",
        "    --edges-um 0,300,600,1000 --diffusivity-m2-s 1.39e-11 --json -",
    ],
)
