"""The fields of a run on the voxels of its image. A field is one function here and one entry of
base.quantities.FIELDS, which says its name, unit and colours; case, fields.h5 and report follow from these.
"""

import numpy as np

from ..base.hosts import Host
from ..case.build import active_phases


def run_fields(cell, grid):
    """Return {name: function of a Moment that returns [x, y, z]}, NaN outside a field's phase.

    cell: HalfCell; grid: VoxelGrid of the image. Without the molar mass of every active material there is no
    lithium per formula unit.
    """
    hosts = hosts_of(cell.design)

    def sto(moment):
        """That of the start in material that no path joins to the collector."""
        apart = isolated_sto(cell, grid)  # made anew: a run stores a few times, and would hold it all along
        values = cell.mesh.on_image(cell.mesh.solid, moment.u.sto)
        return np.where(np.isnan(apart), values, apart)

    def lithium(moment):
        """Per formula unit, of each voxel's own material."""
        return sites_on(grid, hosts) * sto(moment)

    fields = {"sto": sto, "lithium": lithium, "c_e": c_e, "phi_e": phi_e, "phi_s": phi_s, "j": j}
    return {name: made for name, made in fields.items() if name != "lithium" or known_sites(hosts)}


def hosts_of(design) -> dict[str, Host]:
    """Return what holds lithium in the phases of a design, {phase: Host}."""
    return {name: active.host for name, active in active_phases(design).items()}


def c_e(moment):
    """Concentration in the electrolyte (mol m-3)."""
    mesh = moment.cell.mesh
    return mesh.on_image(mesh.ionic, moment.u.c_e)


def phi_e(moment):
    """Potential of the electrolyte (V)."""
    cell, u = moment.cell, moment.u
    return cell.mesh.on_image(cell.mesh.ionic, u.psi + cell.W(u.c_e))


def phi_s(moment):
    """Potential of the solid (V); of what has lost all contact nothing is known."""
    mesh, u = moment.cell.mesh, moment.u
    values = u.V * mesh.positive + u.phi
    known = values if mesh.apart is None else np.where(mesh.apart, np.nan, values)
    return mesh.on_image(mesh.electronic, known)


def j(moment):
    """Current density across the interface (A m-2), mean over the reactive faces of a cell; of a particle,
    that at its surface."""
    mesh = moment.cell.mesh
    faces, n = mesh.faces, mesh.solid.n
    area = np.bincount(faces.solid, faces.area, n)
    current = np.bincount(faces.solid, faces.area * moment.j, n)
    values = np.divide(current, area, out=np.full(n, np.nan), where=area > 0)
    shells = mesh.solid.split(values)[1]
    shells[:] = shells[:, -1:]
    return mesh.on_image(mesh.solid, values)


def known_sites(hosts):
    """Return whether the sites for lithium per formula unit are known of each of {phase: Host}."""
    return all(host.sites is not None for host in hosts.values())


def sites_on(grid, hosts):
    """Return the sites for lithium per formula unit on the voxels of {phase: Host}, NaN elsewhere."""
    sites = np.full(grid.shape, np.nan, np.float32)
    for phase, host in hosts.items():
        sites[grid.mask(phase)] = host.sites
    return sites


def isolated_sto(cell, grid):
    """Return the lithiation, that of the start, of active material that no path joins to the collector, or
    particles of a homogenised electrode to the electrolyte; else NaN."""
    joined = ~np.isnan(cell.mesh.on_image(cell.mesh.solid, np.ones(cell.mesh.solid.n)))
    sto = np.full(grid.shape, np.nan, np.float32)
    for name in active_phases(cell.design):
        apart = grid.mask(name) & ~joined
        sto[apart] = cell.design.sto_at_start(name, apart)
    return sto
