"""The command compare."""

from ..jobs.compare import compare
from .from_job import command_of

command_of(
    compare,
    "compare",
    [
        "microsim compare out/demo/fields.h5::sto soc.tif --measured-voxel-size-nm 800 --json -",
        "microsim compare sim.npy soc.tif --voxel-size-nm 400 --measured-voxel-size-nm 800 --out out/compare",
    ],
)
