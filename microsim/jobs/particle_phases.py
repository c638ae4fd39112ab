"""The phases that particles are measured by: as named, or the usual ones where a volume has them."""

from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.schema import listed, say, text

USUAL = {"crack": "crack", "contact": "cbd", "pore": "pore"}  # of a role that nobody named

Active = Annotated[str, Argument("Phase of the particles.", metavar="NAME")]
Crack = Annotated[
    "str | None", Argument("Phase of the cracks in them. Default: crack, where there is one.", text, "NAME")
]
Contact = Annotated[
    "str | None", Argument("Phase whose contact is measured. Default: cbd, where there is one.", text, "NAME")
]
Pore = Annotated[
    "str | None",
    Argument("Phase looked at for delaminated layers. Default: pore, where there is one.", text, "NAME"),
]


def phase_of(role, name, *grids):
    """Return the phase of a role of USUAL: as named, or the usual one where a volume has it, else None.

    grids: VoxelGrid each, or None. Raises InputError for a name that none of them has, nor was told to leave
    out where it is missing.
    """
    grids = [grid for grid in grids if grid is not None]
    known = dict.fromkeys(one for grid in grids for one in (*grid.phases, *grid.source.absent))
    if name is None:
        return USUAL[role] if USUAL[role] in known else None
    if name not in known:
        raise InputError(
            f"--{role}: expected one of the phases {listed(known)}, got {say(name)}; name one of these."
        )
    return name


def contact_remarks(contact, grid):
    """Say in a sentence that no contact was measured, since no phase has the usual name; none otherwise."""
    if contact is not None:
        return []
    said = (
        f"No contact was measured: no phase is called {USUAL['contact']}, and the volume has"
        f" {listed(grid.phases)}; --contact names the one whose contact is asked for."
    )
    return [said]
