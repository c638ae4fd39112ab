"""The reactive interface of a cell, in figures: its area, and the film on it."""

from dataclasses import asdict

import numpy as np

from ..base.schema import shown
from ..case.build import film_on


def area_figures(cell):
    """Return the reactive area of the electrode at the collector (m2), and what share of the voxels' faces it
    is; None where it is that of a homogenised electrode's particles, whose area has nothing to correct."""
    faces, within, ours = cell.mesh.faces, cell.design.within_voxels, cell.in_positive == 1
    of_face = faces.area / np.prod(cell.mesh.voxel_size) ** (2 / 3) if within else faces.share
    resolved = bool(cell.mesh.solid.resolved.n)
    return {
        "applied": cell.design.area_correction and resolved,
        "within_voxels": within,
        "reactive_area_m2": float(faces.area[ours].sum()),
        "faces": int(np.count_nonzero(ours)),
        "mean_share_of_voxel_face": float(of_face[ours].mean()) if resolved else None,
    }


def film_figures(setup, R_film, mesh=None):
    """Return the film's parameters, what was drawn, and what had become of it at the end if it grows.

    setup: case.build.Setup; R_film: on each face at the end (ohm m2); mesh: of these faces, where contact was
    lost on the way.
    """
    film, start, mesh = setup.film, setup.cell.mesh, mesh or setup.cell.mesh
    growth, inside = getattr(setup.case.cell.film, "growth", None), mesh.positive[mesh.faces.electronic]
    slab = getattr(setup.case.cell.counter_electrode, "film", None)
    of_slab = {"counter": {"model": "none"}} if slab else {}
    if slab and slab.model != "none":
        told = {key: value for key, value in shown(slab).items() if key != "relative_permittivity"}
        told |= {"growth": _used(told["growth"])} if told.get("growth") else {}
        of_slab = {"counter": {**told, "end": _spread_of(R_film[~inside], slab.conductivity)}}
    if film.model == "none":
        return {"model": "none", **of_slab}
    figures = {"model": film.model, "conductivity": film.conductivity}
    if film.model == "uniform":
        figures["thickness_m"] = film.mean_separator
    elif film.model == "gaussian":
        figures |= {name: value for name, value in asdict(film).items() if name != "thickness"}
    drawn = film_on(film, start, setup.grid)[start.positive[start.faces.electronic]]
    figures["drawn"] = _spread(drawn, film.conductivity)
    if growth:
        figures["growth"] = _used(
            {
                "rate_m_s-1/2": growth.rate,
                "alpha": growth.alpha,
                "reference_V": growth.reference,
                "lithium_mol_m3": growth.lithium,
            }
        )
        figures["end"] = _spread_of(R_film[inside], film.conductivity)
    return {**figures, **of_slab}


def _used(growth):
    """What a law of growth uses: without alpha no potential changes it."""
    return {key: value for key, value in growth.items() if key != "reference_V" or growth["alpha"]}


def _spread_of(R_film, conductivity):
    return _spread(R_film * conductivity, conductivity)


def _spread(thickness, conductivity):
    mean = thickness.mean()
    return {
        "mean_m": float(mean),
        "min_m": float(thickness.min()),
        "max_m": float(thickness.max()),
        "mean_resistance_ohm_m2": float(mean / conductivity),
    }
