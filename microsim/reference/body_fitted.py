"""One sphere in electrolyte without voxels: linear finite elements on tetrahedra that meet at its surface
(pygmsh), and, where all is even around it, FiPy on spherical shells.

    div(kappa grad phi_e) = 0  outside,    div(sigma grad phi_s) = 0,  dsto/dt = div(D_s grad sto)  inside
    at the surface, normal outwards:  -kappa grad phi_e . n = -sigma grad phi_s . n = -F c_s_max D_s grad sto
                                      . n = j
    j = i0 [exp(alpha_a F eta / RT) - exp(-alpha_c F eta / RT)],   eta = phi_s - phi_e - U(sto) - j R_film

An eighth of the sphere, its centre in the corner of a box: the planes through it are mirrors, phi_s is V on
the one across x, phi_e is 0 on the box's far end of x. c_e is the same everywhere (a single-ion conductor).
FiPy's own terms on tetrahedra leave 1 % at 8000 cells (they take the links for normal to the faces; its
correction diverges): hence finite elements. Lengths in um and currents in pA, as in the twin of the half
cell. Source of the method: Zienkiewicz and Taylor, The Finite Element Method, 5th ed. (2000), vol. 1, ch. 7.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..base.errors import InputError, NotConverged
from ..base.packages import need
from ..mesh.export import load_gmsh
from .halfcell import MOLE, UM, F, R, difference_weight, factorise, slopes


@dataclass(frozen=True)
class SphereCell:
    """A sphere and what is round it: radius, box (lengths along x and across, m, from the centre), active
    material, kappa (S m-1), c_e (mol m-3), initial_sto, temperature (K), R_film (ohm m2)."""

    radius: float
    box: tuple
    active: object
    kappa: float
    c_e: float = 1000.0
    initial_sto: float = 0.27
    temperature: float = 298.15
    R_film: float = 0.0

    def kinetics(self, phi_s, phi_e, sto, j):
        """Return by how much j misses its equation; potentials (V), sto and j (A m-2) at the surface."""
        active, T = self.active, self.temperature
        eta = phi_s - phi_e - active.U(sto) - j * self.R_film
        forth, back = (alpha * F * eta / (R * T) for alpha in (active.alpha_a, active.alpha_c))
        return active.i0(self.c_e, sto, T) * (np.exp(forth) - np.exp(-back)) - j


@dataclass(frozen=True)
class Surface:
    """The sphere's surface at the end: position from the centre (n, 3) (m), area (m2) of each node, j (A
    m-2), sto, eta (V); voltage V. Shells: one node."""

    position: np.ndarray
    area: np.ndarray
    j: np.ndarray
    sto: np.ndarray
    eta: np.ndarray
    voltage: float

    def mean(self, name):
        """Return the mean of j, sto or eta over the surface."""
        return float(np.average(getattr(self, name), weights=self.area))

    def tilt(self, name):
        """Return the mean of 2 x / radius times a quantity over its mean, less 1: 0 where it is even, above
        where it is larger towards the far end of x."""
        radius = np.linalg.norm(self.position, axis=1).mean()
        weighted = np.average(2 * self.position[:, 0] / radius * getattr(self, name), weights=self.area)
        return float(weighted / self.mean(name)) - 1


def discharge_tetrahedra(cell, size, current, duration, steps):
    """Discharge a SphereCell from rest on tetrahedra; return its Surface at the end.

    size: edge of the tetrahedra (m); current: A out of the eighth, positive on discharge; duration (s) in
    equal steps, the first backward Euler, the others second-order backward differences. D_s is taken at the
    initial lithiation. Raises InputError without gmsh or with a sphere that does not fit, NotConverged with
    the last updates.
    """
    elements = Elements(cell, size)
    dt, states = duration / steps, [elements.rest()]
    for _ in range(steps):
        earlier = [dt] if len(states) > 1 else []
        states = [elements.advance(dt, earlier, states, current * 1e12), states[0]]
    return elements.surface_of(states[0])


class Elements:
    """Finite elements of a SphereCell: matrices of both sides, nodes that carry unknowns, and one implicit
    step."""

    def __init__(self, cell, size):
        self.cell, self.factors_for = cell, None
        points, tetrahedra = octant_mesh(cell.radius, cell.box, size)
        self.points = points / UM
        inside = np.linalg.norm(self.points[tetrahedra], axis=2).max(axis=1) < cell.radius / UM * (1 + 1e-6)
        inner, outer = tetrahedra[inside], tetrahedra[~inside]
        n, active = len(points), cell.active
        D_s = float(active.D_s(np.array(cell.initial_sto), cell.temperature))
        K, volume = stiffness(self.points, inner), lumped_volumes(self.points, inner)
        outside = 1e6 * cell.kappa * stiffness(self.points, outer)
        self.area = surface_areas(self.points, inner, outer)
        self.on = np.flatnonzero(self.area)
        self.area = self.area[self.on]
        x, in_sphere = self.points[:, 0], volume > 0
        in_salt = lumped_volumes(self.points, outer) > 0
        self.ionic = np.flatnonzero(in_salt & (x < cell.box[0] / UM * (1 - 1e-9)))
        self.electronic, self.solid = np.flatnonzero(in_sphere & (x > 1e-9)), np.flatnonzero(in_sphere)
        self.K_e, self.K_s = (
            outside[self.ionic][:, self.ionic],
            1e6 * active.sigma * K[self.electronic][:, self.electronic],
        )
        self.to_collector = -np.asarray(self.K_s.sum(axis=1)).ravel()  # phi_s is V on the nodes left out
        self.K_sto = 1e12 * MOLE * active.c_s_max * D_s * K[self.solid][:, self.solid]
        self.capacity = MOLE * active.c_s_max * volume[self.solid]
        self.at = [_pick(self.on, kept, n) for kept in (self.electronic, self.ionic, self.solid)]
        self.sizes = (self.ionic.size, self.electronic.size, self.solid.size, self.on.size, 1)

    def rest(self):
        """Return the unknowns phi_e, phi_s, sto, j, V at rest, as one vector."""
        U = float(self.cell.active.U(np.array(self.cell.initial_sto)))
        return np.concatenate(
            [np.full(n, v) for n, v in zip(self.sizes, (0.0, U, self.cell.initial_sto, 0.0, U))]
        )

    def split(self, x):
        return np.split(x, np.cumsum(self.sizes)[:-1])

    def advance(self, dt, earlier, states, current, most=40):
        """Return the state a step dt (s) later, by Newton's method; earlier states newest first, current in
        pA."""
        rate = difference_weight(dt, earlier) / dt
        past = [self.split(state)[2] for state in states]
        if earlier:  # equal steps: 3/2 u - 2 u_n + u_(n-1) / 2
            past = [(4 * past[0] - past[1]) / 3]
        x, updates = states[0].copy(), []
        while not updates or updates[-1] > 1e-9:
            miss, matrix = self.equations(x, rate, past[0], current)
            slow = len(updates) > 1 and updates[-1] > 0.3 * updates[-2]
            if len(updates) == most or not np.all(np.isfinite(miss)):
                raise NotConverged(
                    f"the sphere's Newton stopped after {len(updates)} iterations; take shorter steps or a "
                    "smaller current",
                    updates,
                )
            if slow or rate != self.factors_for:
                self.factors, self.factors_for = factorise(matrix), rate
            dx = self.factors.solve(-miss)
            updates.append(float(np.abs(dx).max()))
            x = x + dx
        return x

    def equations(self, x, rate, past, current):
        """Return the imbalance of every equation (pA; A m-2 at the surface) and its slopes."""
        phi_e, phi_s, sto, j, V = self.split(x)
        electronic, ionic, solid = self.at
        A_j, area = self.area * j, sparse.diags_array(self.area)
        fixed = (1 - electronic.sum(axis=1)) * V  # surface nodes on the collector
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite ends the iterations
            miss, slope = slopes(
                self.cell.kinetics, [electronic @ phi_s + fixed, ionic @ phi_e, solid @ sto, j]
            )
        d = [sparse.diags_array(part) for part in slope]
        held = slope[0] * (1 - electronic.sum(axis=1))
        R_ = np.concatenate(
            [
                self.K_e @ phi_e - ionic.T @ A_j,
                self.K_s @ phi_s + self.to_collector * V + electronic.T @ A_j,
                rate * self.capacity * (sto - past) + self.K_sto @ sto + solid.T @ A_j,
                miss,
                [A_j.sum() + current],
            ]
        )
        J = sparse.block_array(
            [
                [self.K_e, None, None, -ionic.T @ area, None],
                [None, self.K_s, None, electronic.T @ area, _column(self.to_collector)],
                [None, None, self.K_sto + rate * sparse.diags_array(self.capacity), solid.T @ area, None],
                [d[1] @ ionic, d[0] @ electronic, d[2] @ solid, d[3], _column(held)],
                [None, None, None, _column(self.area).T, None],
            ],
            format="csc",
        )
        return R_, J

    def surface_of(self, x):
        phi_e, phi_s, sto, j, V = self.split(x)
        electronic, ionic, solid = self.at
        potential = electronic @ phi_s + (1 - electronic.sum(axis=1)) * V - ionic @ phi_e
        eta = potential - self.cell.active.U(solid @ sto) - j * self.cell.R_film
        return Surface(self.points[self.on] * UM, self.area * UM**2, j, solid @ sto, eta, float(V[0]))


def octant_mesh(radius, box, size):
    """Mesh an eighth of a sphere and the rest of its box with tetrahedra that meet at its surface; return
    points (m) and the corners of each tetrahedron.

    radius, size (of the edges): m; box: lengths along x and across, from the centre (m).
    """
    if not radius < min(box) or not 0.02 * radius < size < radius:
        raise InputError(
            "expected a sphere inside its box and edges from a fiftieth of its radius up, got radius"
            f" {radius:g}, box {box}, edges {size:g} m; correct them"
        )
    gmsh, pygmsh = load_gmsh()
    with pygmsh.occ.Geometry() as geometry:  # in units of the radius: gmsh's geometry stops at 1e-8
        gmsh.option.setNumber("General.Terminal", 0)  # it would write to standard output
        geometry.characteristic_length_min = geometry.characteristic_length_max = size / radius
        length, across = (edge / radius for edge in box)
        whole = geometry.add_box([0, 0, 0], [length, across, across])
        geometry.boolean_fragments(
            whole,
            geometry.boolean_intersection(
                [geometry.add_ball([0, 0, 0], 1.0), geometry.add_box([0, 0, 0], [length, across, across])]
            ),
        )
        mesh = geometry.generate_mesh(dim=3)
    cells = np.concatenate([block.data for block in mesh.cells if block.type == "tetra"])
    used, cells = np.unique(cells, return_inverse=True)
    return mesh.points[used] * radius, cells.reshape(-1, 4)


def stiffness(points, tetrahedra):
    """Return the matrix of int grad u . grad v for linear elements."""
    gradients, volume = _gradients(points, tetrahedra)
    local = np.einsum("eik,ejk->eij", gradients, gradients) * volume[:, None, None]
    rows, columns = (
        np.broadcast_to(tetrahedra[index], local.shape) for index in (np.s_[:, :, None], np.s_[:, None, :])
    )
    n = len(points)
    return sparse.csr_array((local.ravel(), (rows.ravel(), columns.ravel())), shape=(n, n))


def _gradients(points, tetrahedra):
    """Gradients of the four linear functions of each tetrahedron, and its volume."""
    edges = points[tetrahedra[:, 1:]] - points[tetrahedra[:, :1]]
    inverse = np.linalg.inv(edges)  # columns: gradients of the last three
    gradients = np.concatenate([-inverse.sum(axis=2)[:, None], np.swapaxes(inverse, 1, 2)], axis=1)
    return gradients, np.abs(np.linalg.det(edges)) / 6


def lumped_volumes(points, tetrahedra):
    """Return a quarter of the volume of each tetrahedron at its corners."""
    volume = _gradients(points, tetrahedra)[1]
    return np.bincount(tetrahedra.ravel(), np.repeat(volume / 4, 4), len(points))


def surface_areas(points, inner, outer):
    """Return a third of each triangle between inner and outer tetrahedra at its corners."""
    sides = [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    faces = [np.unique(np.sort(cells[:, sides].reshape(-1, 3), axis=1), axis=0) for cells in (inner, outer)]
    triangles, count = np.unique(np.concatenate(faces), axis=0, return_counts=True)
    triangles = triangles[count == 2]
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return np.bincount(triangles.ravel(), np.repeat(area / 3, 3), len(points))


def _pick(nodes, kept, n):
    """Matrix from the unknowns on the nodes `kept` to the values on `nodes`; zero rows where they are left
    out."""
    number = np.full(n, -1)
    number[kept] = np.arange(kept.size)
    rows = np.flatnonzero(number[nodes] >= 0)
    return sparse.csr_array((np.ones(rows.size), (rows, number[nodes[rows]])), shape=(nodes.size, kept.size))


def _column(values):
    return sparse.csr_array(np.asarray(values).reshape(-1, 1))


def discharge_shells(cell, shells, current, duration, steps):
    """Discharge a SphereCell whose electrolyte and solid conduct without loss, on FiPy's spherical shells;
    return its Surface.

    Arguments as in discharge_tetrahedra; shells: their number, all equally thick; backward Euler.
    """
    fipy = need("fipy", "the shells of a sphere")

    radius, active, T = cell.radius / UM, cell.active, cell.temperature
    mesh = fipy.SphericalGrid1D(dr=radius / shells, nr=shells)
    sto = fipy.CellVariable(mesh=mesh, value=cell.initial_sto, hasOld=True)
    area = 4 * np.pi * cell.radius**2 / 8
    j = -current / area
    D_s = 1e12 * float(active.D_s(np.array(cell.initial_sto), T))
    inflow = -j * 1e6 / (F * active.c_s_max)  # um s-1
    # FiPy's shells: volume r2 dr, area r2
    source = np.zeros(shells)
    source[-1] = inflow * radius**2 / float(np.array(mesh.cellVolumes)[-1])
    equation = fipy.TransientTerm() == fipy.DiffusionTerm(coeff=D_s) + fipy.CellVariable(
        mesh=mesh, value=source
    )
    for _ in range(steps):
        sto.updateOld()
        equation.solve(var=sto, dt=duration / steps)
    surface = float(sto.value[-1]) + inflow * (radius / shells / 2) / D_s
    eta = _overpotential(cell, j, surface)
    voltage = float(active.U(np.array(surface))) + eta + j * cell.R_film
    at = np.array([[cell.radius, 0.0, 0.0]])
    return Surface(at, np.array([area]), np.array([j]), np.array([surface]), np.array([eta]), voltage)


def _overpotential(cell, j, sto):
    """Solve the Butler-Volmer equation for eta."""
    from scipy.optimize import brentq

    def miss(eta):
        return float(
            cell.kinetics(eta + cell.active.U(np.array(sto)) + j * cell.R_film, 0.0, np.array(sto), j)
        )

    return brentq(miss, -1.0, 1.0, xtol=1e-14)
