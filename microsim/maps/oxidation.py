"""Does the lithium that spectra are said to hold fall as their edge rises, as a cathode's does?

The metal of a cathode gives electrons away as lithium leaves, and its K edge rises by 1 to 4 eV with the
charge of the metal (Yoon et al., J. Am. Chem. Soc. 127 (2005) 17479). K edges: X-ray Data Booklet (2009),
table 1-1. Of other edges (sulphur's, L edges) nothing is said.
"""

import numpy as np

from ..base.errors import InputError
from .edge import edge_energy
from .spectra import normalisation, windows_for

K_EDGES = {"Ti": 4966.0, "V": 5465.0, "Cr": 5989.0, "Mn": 6539.0, "Fe": 7112.0, "Co": 7709.0, "Ni": 8333.0}
ABOUT = (-5.0, 35.0)  # eV from the metal's edge to the steepest rise of its compounds
LEAST = 0.5  # eV that edges must be apart, which a metal that does not take part stays below


def metal_of(e0):
    """Name the metal whose K edge is at e0 (eV), or None."""
    return next((name for name, at in K_EDGES.items() if ABOUT[0] <= e0 - at <= ABOUT[1]), None)


def order_remark(energies, spectra, lithium, said_by):
    """Return a sentence where lithium rises with the K edge of a metal, "" elsewhere and where edges are not
    to be told.

    energies (eV), spectra [energy, state], lithium [state]; said_by: what says the lithium, in words.
    """
    spectra, x = np.asarray(spectra, float), np.asarray(lithium, float)
    try:
        windows = windows_for(energies, spectra.mean(axis=1))
        edges = edge_energy(spectra, normalisation(energies, windows)).values
    except InputError:  # three energies, or too few behind the edge
        return ""
    metal, known = metal_of(windows.e0), np.isfinite(edges) & np.isfinite(x)
    edges, x = edges[known], x[known]
    if metal is None or edges.size < 2 or np.ptp(edges) < LEAST or np.ptp(x) == 0:
        return ""
    if np.corrcoef(edges, x)[0, 1] < 0.5:
        return ""
    low, high = np.argmin(edges), np.argmax(edges)
    return _sentence(metal, np.ptp(edges), x[low], x[high], said_by)


def calibration_remark(curve):
    """Return the same sentence of a Calibration of edge energies, "" of another method."""
    windows = curve.settings.get("windows") if curve.method == "edge" else None
    metal = metal_of(windows["e0"]) if windows else None
    first, last = (float(x) for x in curve.lithiation([curve.low, curve.high])[0])
    if metal is None or curve.high - curve.low < LEAST or last <= first:
        return ""
    return _sentence(metal, curve.high - curve.low, first, last, "the lithiation of its states")


def _sentence(metal, rise, first, last, said_by):
    return (
        f"The K edge of {metal} rises by {rise:.2g} eV from lithium {first:.3g} to {last:.3g}, but a metal is"
        f" oxidised as lithium leaves: if {said_by} is the wrong way round, so is the result (1 - x)."
    )
