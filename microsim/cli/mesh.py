"""The command mesh."""

from ..jobs.mesh import export_mesh
from .from_job import command_of

command_of(
    export_mesh,
    "mesh",
    [
        "microsim mesh electrode.tif --out electrode.vtu --phases pore=0,am=1,cbd=2 --voxel-size-nm 398",
        "microsim mesh nrel_nmc --out corner.msh --kind tetrahedra --voxel-size-nm 398 \\",
        "    --crop x=0:64,y=100:164,z=100:164",
    ],
)
