"""The command soc."""

from ..jobs.soc import lithiation_map
from .from_job import command_of

command_of(
    lithiation_map,
    "soc",
    [
        "microsim soc frames.tif --energies E.txt --flat flat.tif --dark dark.tif --align \\",
        "    --method edge --calibration first_charge.json --out soc.tif --report out",
        "microsim soc midas_lfp --method lcf --references 'hxn_fe_references::LiFe(II)PO4,Fe(III)PO4' \\",
        "    --shift fit --least-jump otsu --json -",
    ],
)
