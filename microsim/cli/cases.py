"""The commands run and compare."""

from ..jobs.compare import compare
from ..jobs.run import run
from .from_job import command_of

command_of(
    run,
    "run",
    [
        "microsim run cases/nrel_nmc_c2.yaml --out out/slow \\",
        '    --set protocol.0="Discharge at C/3 until 3.5 V" --set cell.film.model=none',
    ],
)
command_of(
    compare,
    "compare",
    [
        "microsim compare out/demo/fields.h5::sto soc.tif --measured-voxel-size-nm 800 --json -",
        "microsim compare sim.npy soc.tif --voxel-size-nm 400 --measured-voxel-size-nm 800 --out out/compare",
    ],
)
