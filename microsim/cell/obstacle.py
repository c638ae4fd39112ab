"""What a step that no size helps ran into: the cell's own limits first, the solver's words last."""

import numpy as np

from .salt_at_faces import NoSalt


def obstacle(cell, solved, control, failure):
    """Say why a step from a Solved state under a Control fails; failure: the solver's error."""
    u, design, mesh = cell.state(solved.x), cell.design, cell.mesh
    scarce, face = int(np.argmin(u.c_e)), cell.face_sto(solved)
    remedy = (
        f"; lower the {'power' if control.kind == 'power' else 'current'} or end the step earlier ({failure})"
    )
    if u.c_e[scarce] < 0.05 * design.c_e_0 or isinstance(failure, NoSalt):
        where = "separator" if mesh.ionic.position[scarce, 0] < mesh.lines else "electrode"
        return (
            f"the electrolyte in the {where} is depleted, to {u.c_e[scarce]:.2g} mol m-3 of"
            f" {design.c_e_0:g} at {u.V[0]:.3f} V{remedy}"
        )
    if max(face.max(), 1 - face.min()) > 0.999:
        word = "full" if face.max() > 0.999 else "empty"
        return f"active material is {word} at its surface at {u.V[0]:.3f} V{remedy}"
    if control.kind == "power":
        given = abs(u.V[0] * cell.current(solved.x)) / mesh.area
        return (
            f"no current was found that gives {abs(control.value) / mesh.area:.4g} W/m2, {given:.4g} W/m2"
            f" were reached at {u.V[0]:.3f} V{remedy}"
        )
    return str(failure)
