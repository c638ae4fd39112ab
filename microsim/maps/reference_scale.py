"""Reference spectra on the scale that a linear combination takes them to be on: an edge jump of 1.

Weights of references say how much of a sample each is only where an atom counts the same in all: absorption
as measured counts the thickness of each reference in, and shares come out wrong by the ratio of the jumps.
"""

from dataclasses import replace

from ..base.errors import InputError
from ..base.schema import listed
from .spectra import normalisation, windows_for

JUMPS = (0.7, 1.3)  # of references that are normalised, by whatever ranges (Athena's 11 of HXN: 0.79 to 1.05)
OFFSET = 0.1  # that the pre-edge of a normalised spectrum is off zero
FLAT = 1e-3  # a jump of less is none


def on_unit_jump(references):
    """Return References whose edge jumps are 1: as they are where they are normalised already, or cannot be
    told (no pre-edge or post-edge among their energies); else with pre-edge line and jump taken out, which
    their `said` tells."""
    try:
        windows = windows_for(references.energies, references.values.mean(axis=0))
        norm = normalisation(references.energies, windows)
    except InputError:
        return references
    rows = references.values.T
    jumps = norm.jump @ rows
    before = (norm.background @ rows)[references.energies <= windows.e0]
    if (flat := jumps <= FLAT).any():
        names = listed(name for name, none in zip(references.names, flat, strict=True) if none)
        said = f"no edge is seen in {names}: taken as it is, on the scale that it has"
        return replace(references, said=(*references.said, said))
    if _normalised(jumps, before):
        return references
    told = listed(f"{name} {jump:.3g}" for name, jump in zip(references.names, jumps, strict=True))
    said = (
        f"references are not normalised (edge jumps: {told}): their pre-edge lines"
        f" ({windows.pre[0]:g} to {windows.pre[1]:g} eV) and jumps (post-edge {windows.post[0]:g} to"
        f" {windows.post[1]:g} eV) are taken out, and a line is fitted along; give normalised ones for"
        " other ranges, or fit near the edge alone (--fit-range)"
    )
    values = ((norm.clean @ rows) / jumps).T
    return replace(references, values=values, said=(*references.said, said), freed=True)


def _normalised(jumps, before):
    low, high = JUMPS
    return low <= jumps.min() and jumps.max() <= high and abs(before).max() <= OFFSET


def with_line(method, references):
    """Return the Method of a linear combination with a line fitted along where references were not
    normalised and a constant was to be: what their pre-edge lines are off by, far from the edge, would go for
    shares."""
    freed = references is not None and references.freed and method.name == "lcf"
    return replace(method, background=2) if freed and method.background == 1 else method
