"""The command eis: impedance of the pores of a volume, or of a case's whole cell."""

from ..base.arguments import Argument
from ..jobs.cell_eis import cell_impedance
from ..jobs.eis import pore_impedance
from .from_job import command_of_either


def _kind(word):
    return "A case" if word.lower().endswith((".yaml", ".yml")) else "A volume"


command_of_either(
    {"A volume": pore_impedance, "A case": cell_impedance},
    _kind,
    Argument("A volume, or a case: its whole cell.", metavar="VOLUME|CASE.yaml"),
    "eis",
    "Compute the impedance of pores, or of a whole cell.",
    [
        "microsim eis electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --axis all --json -",
        "microsim eis electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 \\",
        "    --walls double-layer --frequencies 1e-3:1e3:61 --frequency-unit characteristic",
        "microsim eis cases/demo.yaml --set cell.initial_sto=0.6 --frequencies 1e-3:1e5:41 --out out/eis",
    ],
)
