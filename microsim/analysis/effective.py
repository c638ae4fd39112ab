"""Effective transport of a volume: what conducts ions and what electrons, and how well along each axis."""

import numpy as np

from ..base.memory import return_freed
from ..mesh.mask import straight
from ..transport.flux import flux_figures, flux_map, speed_of
from ..transport.tortuosity import solve_tortuosity

KEPT = ("tau", "D_eff_over_D0", "eps", "eps_percolating", "flux_imbalance", "iterations", "seconds")


def conducting(design):
    """Return what conducts, {"electrolyte": {phase: D_eff / D_e of what fills it, with the CBD's pores},
    "electronic": {phase: sigma (S m-1)}}."""
    networks = {"electrolyte": {}, "electronic": {}}
    for name, material in design.phases.items():
        if material is None:
            networks["electrolyte"][name] = design.pore_transport_efficiency
        elif material.kind == "porous":
            networks["electrolyte"][name] = material.transport_efficiency
        elif material.kind == "conductor":
            beta = design.cbd_transport_efficiency
            networks["electrolyte"][name] = material.porosity**material.bruggeman if beta is None else beta
        if material is not None and material.kind != "dry":
            networks["electronic"][name] = material.sigma
    return networks


def effective_transport(grid, design, tolerance, progress=None):
    """Measure tau and effective conductivity (S m-1) of each network of a design along x, y and z.

    Networks are the electrolyte with what is in the CBD's pores, the solids' electrons, and the open pores
    alone where these differ from the electrolyte. Axes along which a sample has no end planes are left out.

    Returns {network: {"conducting": {phase: share}, "x": {"tau", ...}, "y", "z"}}, and the flux through the
    pores along x, {"speed": its size over the mean [x, y, z], "figures": FluxFigures}; None where nothing
    passes, or in a line of cells.
    """
    networks = conducting(design)
    pores = {name: 1.0 for name, material in design.phases.items() if material is None}
    if pores and pores != networks["electrolyte"]:
        networks = {"pore": pores, **networks}
    kappa = float(design.electrolyte.kappa(np.array(design.c_e_0), design.temperature))
    table, flux, wanted = {}, None, min(grid.shape) > 1
    for network, shares in networks.items():
        table[network] = {"conducting": shares}
        for number, axis in enumerate("xyz"):
            if grid.masked and not straight(grid.sample, number):
                continue  # no end planes along it
            if progress:
                progress(0, 1, f"transport: {network} along {axis}")
            show = wanted and flux is None and network != "electronic" and axis == "x"
            found = solve_tortuosity(grid, shares, number, tolerance=tolerance, potential=show)
            if show and found.tau is not None:
                flux = _flux(found, grid, shares)
            bulk = 1.0 if network == "electronic" else kappa
            table[network][axis] = {
                **{name: getattr(found, name) for name in KEPT},
                "effective_conductivity_S_m": bulk * found.D_eff_over_D0,
            }
            del found
    return_freed()
    return table, flux


def _flux(found, grid, shares):
    """Return the size of the flux along x of a TransportResult that kept its potential, and its figures."""
    flux = flux_map(found.potential, grid, shares, 0)
    figures = flux_figures(flux, grid, shares, 0, found)
    through = [name for name, share in shares.items() if share > 0]
    speed = speed_of(flux, grid.mask(*through), figures.isolated_share)
    return {"speed": speed.astype(np.float16), "figures": figures}  # lies beside a whole run, for one drawing
