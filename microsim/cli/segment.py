"""The command segment."""

from ..jobs.segment import segment_volume
from .from_job import command_of

command_of(
    segment_volume,
    "segment",
    [
        "microsim segment stack.tif --out labels.tif --phases pore,cbd,am --voxel-size-nm 15.2,15.2,100 \\",
        "    --file-axes zyx --curtains-along y --align --to-voxel-nm 100 --denoise nlm --pore-back \\",
        "    --watershed --cracks crack --report out",
        "microsim segment stack.tif --out labels.tif --recipe labels.recipe.yaml --json -",
    ],
)
