"""From a volume to the parameters of a porous electrode (Newman's model, the DFN): fractions, transport,
area, radius.

Everything is measured on what takes part in a resolved run: electrolyte joined to the separator, active
material joined to the collector and within reach of a reactive face.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ..base.constants import F, R
from ..base.errors import InputError
from ..cell.contacts import has_contacts, with_contacts
from ..cell.mesh import build_mesh
from ..materials import ActiveMaterial, PorousElectrode
from ..mesh.grid import both_sides
from ..mesh.morphology import face_area_factors
from ..numerics.graph import contrast_layers
from ..numerics.krylov import gmres
from ..numerics.links import Links
from ..numerics.multigrid import Multigrid
from ..shapes.sections import equal_diameter, section_thickness
from ..shapes.splitting import label_particles
from ..shapes.thickness import local_thickness
from ..transport.tortuosity import solve_tortuosity
from .effective import conducting

TIGHT = 1e-6  # relative residual of the solves
BINS = 12  # of the distribution of particle sizes, at most


@dataclass(frozen=True)
class Reach:
    """How far active material is from its reactive surface: <psi> (m2) and <psi^2> (m4) by volume, see
    diffusion_reach.

    lost: share of the connected active material that no reactive face reaches.
    """

    mean: float
    square: float
    lost: float
    iterations: int


@dataclass(frozen=True)
class Homogenised:
    """A volume as a porous electrode: `phase` that holds its active material, PorousElectrode, thickness (m).

    area: reactive area per volume a_s (m-1); surface_factor: a_s over that of the spheres, 3 eps_s / R;
    film_resistance: mean on a_s (ohm m2); radii: by ways to choose one (m); lost_active, lost_electrolyte:
    shares that take no part; sizes: of the particles (particle_sizes); contact: what the active material
    touches (contacts).
    """

    phase: str
    porous: PorousElectrode
    thickness: float
    area: float
    surface_factor: float
    film_resistance: float
    radii: dict
    lost_active: float
    lost_electrolyte: float
    sizes: dict = field(default_factory=dict, repr=False)
    contact: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict, repr=False)

    def as_dict(self):
        """Return the parameters with units in their names, as plain data."""
        porous = self.porous
        return {
            "porosity": porous.porosity,
            "transport_efficiency": porous.transport_efficiency,
            "tortuosity_factor": porous.porosity / porous.transport_efficiency,
            "active_fraction": porous.active_fraction,
            "specific_area_m-1": self.area,
            "radius_m": porous.radius,
            "surface_factor": self.surface_factor,
            "sigma_S_m": porous.sigma,
            "thickness_m": self.thickness,
            "film_resistance_ohm_m2": self.film_resistance,
            "radii_m": self.radii,
            "lost_active": self.lost_active,
            "lost_electrolyte": self.lost_electrolyte,
            "particle_sizes": self.sizes,
            "contact": self.contact,
        }


def homogenise_volume(grid, design, *, R_film=None, mesh=None, transport=None, tolerance=1e-3, progress=None):
    """Measure the porous electrode that a VoxelGrid with a CellDesign stands for; return Homogenised.

    porosity: electrolyte per volume, with that in the CBD's pores; transport_efficiency and sigma: conduction
    from end to end along x (tortuosity); a_s: area of the reactive faces as the resolved cell takes it;
    active_fraction: material within reach. The radius is that of spheres in which lithium lags behind as in
    the volume, R = sqrt(15 <psi>) (see diffusion_reach); their surface is not a_s, so exchange current and 1
    / film resistance are to be taken `surface_factor` = a_s R / (3 eps_s) times: then reaction and slow
    diffusion are those of the volume. 3 eps_s / a_s would keep area and volume, but counts contacts between
    particles as if nothing could pass there.

    R_film: film on each face of the mesh (ohm m2); mesh: that of build_mesh, if there is one already;
    transport: (transport efficiency, sigma) if known; tolerance: of these. Raises InputError without exactly
    one active material.
    """
    mesh = mesh or build_mesh(grid, design)
    phase = _active_phase(grid, design)
    tell = progress or (lambda *_: None)
    tell(0, 3, "conduction of electrolyte and solids")
    efficiency, sigma = transport or _transport(grid, design, mesh, tolerance)
    tell(1, 3, "diffusion inside the particles")
    reach = diffusion_reach(mesh)
    tell(2, 3, "particle sizes")
    volume, resolved = grid.voxels * grid.voxel_volume, mesh.solid.resolved
    own = mesh.faces.solid < resolved.n
    eps_s = resolved.volumes().sum() * (1 - reach.lost) / volume
    area, radius = mesh.faces.area[own].sum() / volume, np.sqrt(15 * reach.mean)
    film = 0.0 if R_film is None else mean_film_resistance(R_film[own], mesh.faces.area[own], design, phase)
    porous = PorousElectrode(
        f"{phase}, homogenised",
        design.phases[phase],
        _porosity(mesh, volume),
        efficiency,
        float(eps_s),
        float(radius),
        sigma,
        SOURCES,
    )
    found = Homogenised(
        phase,
        porous,
        thickness=grid.shape[0] * grid.voxel_size[0],
        area=float(area),
        surface_factor=float(area * radius / (3 * eps_s)),
        film_resistance=film,
        radii=_radii(grid, phase, reach, eps_s, area),
        lost_active=round(float(1 - eps_s / grid.fraction(phase)), 12) + 0.0,
        lost_electrolyte=_lost_electrolyte(mesh),
        sizes=particle_sizes(grid, phase),
        contact=contacts(grid, phase),
        sources=SOURCES,
    )
    tell(3, 3, "homogenised")
    return found


def _porosity(mesh, volume):
    """Return the electrolyte behind the separator that takes part, per volume."""
    image = mesh.ionic.position[:, 0] >= mesh.lines
    return float((mesh.eps * mesh.ionic.volumes())[image].sum() / volume)


def _radii(grid, phase, reach, eps_s, area):
    """Return the radius of spheres (m) by each way to choose one."""
    sizes = local_thickness(grid.mask(phase), grid.voxel_size)
    radii = {
        "diffusion": np.sqrt(15 * reach.mean),
        "diffusion_second": (315 / 2 * reach.square) ** 0.25,
        "area": 3 * eps_s / area,
        "thickness_mean": sizes[sizes > 0].mean(dtype=float) / 2,
    }
    return {name: float(value) for name, value in radii.items()}


SOURCES = {
    "porosity": "volume of the electrolyte joined to the separator, with that in the pores of the CBD",
    "transport_efficiency": "conduction through pores and CBD from end to end along x",
    "active_fraction": "active material joined to the collector and within reach of a reactive face",
    "specific_area": (
        "reactive faces of the resolved cell, corrected for voxel steps, with the CBD's reactive share"
    ),
    "radius": "sqrt(15 <psi>), div grad psi = -1 in the active material, psi = 0 at its reactive faces",
    "surface_factor": (
        "specific area over 3 active_fraction / radius; scales exchange current and 1 / film resistance"
    ),
    "sigma": (
        "conduction through active material and CBD from end to end along x; where that does not reach the"
        " separator, or with a contact resistance, current from all reactive faces to the collector, L I / 3"
        " over the mean drop"
    ),
    "film_resistance": "area mean of 1 / (R_ct + R_film), R_ct at half charge and rest salt, less R_ct",
    "thickness": "length of the volume along x",
    "radii": (
        "diffusion: as radius; diffusion_second: by <psi^2>, equal to it for equal spheres; area: 3"
        " active_fraction / specific area; thickness_mean: half the local thickness, mean by volume,"
        " to about a voxel"
    ),
    "particle_sizes": (
        "particles apart at their necks (watershed), diameters of spheres of their volume, of a volume one"
        " voxel thick of circles of their area, weighted by volume; those that the box cuts count as they are"
    ),
    "contact": (
        "surface of the active material by the phase beside it, corrected for voxel steps; faces of the box"
        " are none"
    ),
}


def particle_sizes(grid, phase):
    """Measure the distribution of particle diameters of a phase (m, of spheres of equal volume, in a section
    of circles of equal area, weighted by volume).

    Returns count, d10_m, d50_m, d90_m, mean_m; volume_share between edges_m; cut_share: volume of those that
    touch the box.
    """
    labels = label_particles(grid, [phase])
    volume = np.bincount(labels.ravel())[1:] * grid.voxel_volume
    if volume.size == 0:
        return {
            "count": 0,
            "d10_m": None,
            "d50_m": None,
            "d90_m": None,
            "mean_m": None,
            "edges_m": [],
            "volume_share": [],
            "cut_share": None,
        }
    ends = [
        np.take(labels, end, axis).ravel() for axis in range(3) if labels.shape[axis] > 1 for end in (0, -1)
    ]
    cut = np.isin(np.arange(1, volume.size + 1), np.concatenate(ends or [[0]]))
    order = np.argsort(volume)
    thickness = section_thickness(grid.shape, grid.voxel_size)
    diameter, share = equal_diameter(volume[order], thickness), volume[order] / volume.sum()
    below = np.searchsorted(np.cumsum(share), (0.1, 0.5, 0.9))
    d10, d50, d90 = (float(diameter[min(k, volume.size - 1)]) for k in below)
    edges = np.linspace(0, diameter[-1], min(BINS, volume.size) + 1)
    held, _ = np.histogram(diameter, edges, weights=share)
    return {
        "count": int(volume.size),
        "d10_m": d10,
        "d50_m": d50,
        "d90_m": d90,
        "mean_m": float(share @ diameter),
        "edges_m": edges.tolist(),
        "volume_share": held.tolist(),
        "cut_share": float(volume[cut].sum() / volume.sum()),
    }


def contacts(grid, phase):
    """Return what share of a phase's surface touches each other phase, {name: share}; empty where it touches
    none."""
    inside, found = grid.mask(phase), {name: 0.0 for name in grid.names if name != phase}
    for axis, factors in enumerate(face_area_factors(inside, grid.voxel_size)):
        area, mine = grid.face_area(axis), both_sides(inside, axis)
        for name in found:
            low, high = both_sides(grid.mask(name), axis)
            found[name] += area * float(factors[(mine[0] & high) | (mine[1] & low)].sum(dtype=float))
    whole = sum(found.values())
    return {name: value / whole for name, value in found.items()} if whole else {}


def _active_phase(grid, design):
    """Name the one phase of active material."""
    if grid.masked:
        raise InputError(
            "volume.mask: expected a volume that is all sample to homogenise, got one with a mask; crop it to"
            " a box within the sample (volume.crop)."
        )
    if design.within_voxels:
        raise InputError(
            "volume.interface: expected voxel of a volume that is homogenised, got surfaces within"
            " voxels; write voxel."
        )
    found = [name for name in design.sort(ActiveMaterial, PorousElectrode) if name in grid.names]
    if len(found) != 1 or isinstance(design.phases[found[0]], PorousElectrode):
        raise InputError(
            f"expected one phase of resolved active material to homogenise, got {', '.join(found) or 'none'};"
            " name one insertion material under cell.materials"
        )
    return found[0]


def diffusion_reach(mesh):
    """Solve div grad psi = -1 in the active material, psi = 0 on its reactive faces, no flux elsewhere;
    return its Reach.

    psi / D_s is the time by which lithiation lags behind that of the surface when this changes slowly: in any
    shape

        mean(s) / surface(s) = 1 - s <psi> / D_s + s^2 <psi^2> / D_s^2 - ...,   s the Laplace variable,

    since psi = G 1 with G the inverse of -div grad, and <1, G G 1> = <psi^2>. A sphere has <psi> = R^2 / 15
    and <psi^2> = 2 R^4 / 315. Faces as in the resolved cell: half a voxel to each, whatever share of it
    reacts.
    """
    graph, faces = mesh.solid.resolved, mesh.faces
    links, volume = Links.of(graph).conducting(np.ones(graph.n)), graph.volumes()
    own = np.flatnonzero((faces.solid < graph.n) & (faces.share > 0))
    ends = np.bincount(
        faces.solid[own], faces.area[own] / (faces.share[own] * faces.half_solid[own]), graph.n
    )
    links_of = csr_array(
        (np.ones(graph.neighbour.size, np.uint8), graph.neighbour, graph.indptr), (graph.n, graph.n)
    )
    part = connected_components(links_of, directed=False)[1]
    reached = (np.bincount(part, ends) > 0)[part]
    ends[~reached] = np.cbrt(volume[~reached])  # any number above zero: the matrix stays definite
    psi, iterations = _solve(graph, links, ends, np.where(reached, volume, 0.0))
    inside = volume * reached
    mean, square = (float(inside @ psi**power / inside.sum()) for power in (1, 2))
    return Reach(mean, square, round(float(1 - inside.sum() / volume.sum()), 12) + 0.0, iterations)


def _solve(graph, links, ends, b, layers=None):
    """Solve (outflow + ends) u = b by GMRES with a multigrid cycle; return u and the number of iterations."""
    if layers is None:
        grid = Multigrid(graph, visits=1)
    else:
        grid = Multigrid(replace(graph, layer=layers), links.weight.ravel().astype(np.float32))
    grid.update(links.weight.ravel(), ends)
    u, history = gmres(
        lambda v: links.outflow(v) + ends * v,
        lambda r: grid.cycle(r.astype(np.float32)).astype(float),
        b,
        tolerance=TIGHT,
        maximum=120,
    )
    return u, len(history) - 1


def _transport(grid, design, mesh, tolerance):
    """Return the electrolyte's transport efficiency and the electronic conductivity (S m-1) along x."""
    networks = conducting(design)
    ions, electrons = (
        solve_tortuosity(grid, networks[name], 0, tolerance=tolerance).D_eff_over_D0 for name in networks
    )
    return checked_transport(ions, electrons, mesh, design)


def transport_of(table, mesh, design):
    """Return the electrolyte's transport efficiency and the solids' conductivity (S m-1) along x out of the
    table of `effective_transport`."""
    ions, electrons = (table[name]["x"]["D_eff_over_D0"] for name in ("electrolyte", "electronic"))
    return checked_transport(ions, electrons, mesh, design)


def checked_transport(ions, electrons, mesh, design):
    """Return (transport efficiency, sigma); sigma from the reactive faces where conduction from end to end
    does not say."""
    if ions == 0:
        raise InputError(
            "expected electrolyte that joins separator and collector face to homogenise, got none that does; "
            "check the phase labels and the direction of x, or crop the volume"
        )
    if electrons == 0 or has_contacts(design):
        electrons = drained_conductivity(mesh, design)
    return float(ions), float(electrons)


def drained_conductivity(mesh, design):
    """Return the conductivity (S m-1) of a slab in which current spread evenly over its depth costs as much
    on the way to the collector as current from all reactive faces does in the volume: sigma = I L / (3 A
    <phi>)."""
    graph, faces = mesh.electronic, mesh.faces
    links = with_contacts(Links.of(graph).conducting(mesh.sigma), mesh, design)
    own = mesh.positive[faces.electronic]
    source = np.bincount(faces.electronic[own], faces.area[own], graph.n)
    source /= source.sum()
    ends = np.zeros(graph.n)
    h = mesh.voxel_size
    ends[mesh.collector] = mesh.sigma[mesh.collector] * h[1] * h[2] / (h[0] / 2)
    ends[~mesh.positive] = 1.0  # a counter slab's own cells: not joined to these
    phi, _ = _solve(graph, links, ends, source, contrast_layers(np.asarray(mesh.sigma)))
    return float(mesh.shape[0] * h[0] / (3 * mesh.area * (source @ phi)))


def mean_film_resistance(R_film, area, design, phase):
    """Return one film resistance (ohm m2) for faces beside each other: 1 / <1 / (R_ct + R_film)> - R_ct.

    All faces see nearly the same voltage, so conductances add; R_ct = R T / (F i0) half charged, salt at
    rest, lets faces with a thick film hand over no more current than the reaction passes on elsewhere. Equal
    films come out as they are.
    """
    if not np.any(R_film):
        return 0.0
    active = design.phases[phase]
    i0 = float(
        active.i0(np.array(design.c_e_0), np.array((active.sto_0 + active.sto_100) / 2), design.temperature)
    )
    R_ct = R * design.temperature / (F * i0)
    return float(area.sum() / (area / (R_ct + R_film)).sum() - R_ct)


def _lost_electrolyte(mesh):
    joined, lost = mesh.counts["electrolyte"], mesh.counts["isolated_electrolyte"]
    return lost / (joined + lost)
