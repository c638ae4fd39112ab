"""The half cell once more, slow and plain: FiPy discretises the balances on the voxels, SciPy factorises the
whole.

    -div(beta kappa grad(phi_e - W)) = A j,    eps F dc_e/dt = div(beta F D_e grad c_e) + (1 - t_plus) A j
    -div(sigma grad phi_s) = -A j,             F c_s_max dsto/dt = div(F c_s_max D_s grad sto) - A j
    j = i0 [exp(alpha_a F eta / RT) - exp(-alpha_c F eta / RT)],    eta = phi_s - phi_e - U(sto) - j R_film
    sum A j = -I,    W = 2 R T (1 - t_plus) tdf / F ln(c_e / c_0)

The same mesh, face areas and half-cell drops as the solver's, to hold it against, and nothing of its code.
Unknown are phi_e, phi_s, sto, c_e in their cells, V, and the current density j of every face, where the
Butler-Volmer equation stands as above. Lengths in um and currents in pA, so that A m-2 is pA um-2.
Source of the engine: FiPy (Guyer, Wheeler, Warren, Comput. Sci. Eng. 11 (2009) 6).
"""

import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.constants import physical_constants
from scipy.sparse.linalg import splu

from ..base.errors import InputError, NotConverged
from ..base.packages import need
from .halfcell_places import UM, Places, find_faces

F = physical_constants["Faraday constant"][0]  # C mol-1
R = physical_constants["molar gas constant"][0]  # J mol-1 K-1
MOLE = F * 1e-6  # charge of a mol m-3, in pC um-3
STORED = ("sto", "c_e")
ENOUGH = {
    "phi_e": 1e-8,
    "phi_s": 1e-8,
    "sto": 1e-9,
    "c_e": 1e-5,
    "j": 1e-6,
    "V": 1e-8,
}  # last Newton update; SI


@dataclass(frozen=True)
class Discharge:
    """What the twin found: times (s), voltage (V), sto and c_e (mol m-3) [time, x, y, z] on the image, NaN
    elsewhere; Newton iterations, factorisations, seconds."""

    times: np.ndarray
    voltage: np.ndarray
    sto: np.ndarray
    c_e: np.ndarray
    iterations: int
    factorisations: int
    seconds: float


def discharge_fipy(grid, design, layers, times, current, R_film=0.0, *, progress=None):
    """Discharge a half cell from rest with FiPy and SciPy's sparse LU; return its Discharge.

    grid: VoxelGrid; design: CellDesign of one active material, at most one conductor, and lithium metal;
    layers: widths of the separator's layers, the lithium's first (m); times: ends of the time steps (s);
    current: A, positive on discharge, one number or one for each step; R_film: ohm m2, one number or a
    function of the faces' centres (n, 3) in the image (m). The first step of each current is backward Euler,
    the others are second-order backward differences. Raises InputError for what the twin lacks, NotConverged
    with the last updates.
    """
    begun = time.perf_counter()
    if not np.size(times) or times[0] <= 0 or np.any(np.diff(times) <= 0):
        raise InputError(f"expected times that rise from above 0, got {np.array(times)}; correct them")
    twin, found = Twin(grid, design, layers, R_film), []
    currents = np.broadcast_to(np.asarray(current, float), np.shape(times))
    for number, (t, I) in enumerate(zip(times, currents)):
        twin.advance(float(t), float(I))
        found.append((twin.V, twin.on_image("sto"), twin.on_image("c_e")))
        if progress:
            progress(number + 1, len(times), f"FiPy: {t:.0f} s, {twin.V:.3f} V")
    voltage, sto, c_e = (np.array(column) for column in zip(*found))
    return Discharge(
        np.array(times, float),
        voltage,
        sto,
        c_e,
        twin.iterations,
        twin.factorisations,
        time.perf_counter() - begun,
    )


class Twin:
    """A half cell in FiPy: its fields (CellVariables and the currents of the faces), and one implicit time
    step."""

    def __init__(self, grid, design, layers, R_film=0.0):
        _check(grid, design)
        self.T, self.salt, self.metal = design.temperature, design.electrolyte, design.counter_electrode
        self.places = Places(grid, design, layers)
        self.material = self.places.material
        self.faces = find_faces(self.places, design.area_correction, R_film)
        self.factor = 2 * R * self.T * (1 - self.salt.t_plus) * self.salt.tdf / F
        x = np.array(self.places.mesh.cellCenters.value)[0]
        self.beside_metal, self.half_metal = np.flatnonzero(x == x.min()), x.min()
        self.metal_area = self.places.volume[self.beside_metal] / (2 * self.half_metal)
        self.keep = {
            name: np.flatnonzero(getattr(self.places, name)) for name in ("phi_e", "phi_s", "sto", "c_e")
        }
        self._rest(_initial_sto(grid, design), design.c_e_0)
        self.equations = self._equations()
        self.t, self.current, self.earlier, self.states = 0.0, None, [], [self._stored()]
        self.iterations = self.factorisations = self.factors_for = 0

    def _rest(self, sto, c_e):
        fipy = need("fipy", "the half cell on FiPy")

        mesh, self.V = self.places.mesh, float(self.material.U(np.array(sto)))
        start = {"phi_e": 0.0, "phi_s": self.V, "sto": sto, "c_e": c_e}
        self.fields = {
            n: fipy.CellVariable(mesh=mesh, value=value, hasOld=True) for n, value in start.items()
        }
        self.j, self.j_metal = np.zeros(self.faces.area.size), np.zeros(self.beside_metal.size)

    def W(self, c_e):
        return self.factor * np.log(c_e / self.salt.c_e_0)

    def values(self, name):
        return np.array(self.fields[name].value)

    def on_image(self, name):
        """Return a field as an array on the image, NaN where it does not live."""
        return self.places.image(self.values(name), getattr(self.places, name))

    # -- FiPy's part: every balance inside the phases --------------------------------------------------------

    def _equations(self):
        """Return the four equations without what crosses the interfaces; outflow and storage are positive."""
        fipy = need("fipy", "the half cell on FiPy")

        mesh, places = self.places.mesh, self.places
        self.kappa, self.D_e, self.D_s, self.junction = (
            fipy.CellVariable(mesh=mesh, value=1.0) for _ in range(4)
        )
        sigma = fipy.CellVariable(mesh=mesh, value=1e6 * places.sigma).harmonicFaceValue
        sigma = fipy.FaceVariable(mesh=mesh, value=places.with_contact(np.array(sigma)))
        self.collector, self.alpha = fipy.Variable(value=self.V), fipy.Variable(value=1.0)
        self.fields["phi_s"].constrain(self.collector, mesh.facesRight)
        lithium = fipy.CellVariable(mesh=mesh, value=MOLE * self.material.c_s_max * places.sto)
        salt = fipy.CellVariable(mesh=mesh, value=MOLE * places.eps * places.c_e)
        kappa, D_s, D_e = (k.harmonicFaceValue for k in (self.kappa, self.D_s, self.D_e))
        return {
            "phi_e": (kappa * self.junction.faceGrad).divergence - fipy.DiffusionTerm(coeff=kappa),
            "phi_s": -fipy.DiffusionTerm(coeff=sigma),
            "sto": fipy.TransientTerm(coeff=self.alpha * lithium) - fipy.DiffusionTerm(coeff=D_s),
            "c_e": fipy.TransientTerm(coeff=self.alpha * salt) - fipy.DiffusionTerm(coeff=D_e),
        }

    def _balances(self, dt):
        """Return FiPy's imbalance (pA) and matrix of each equation, in the cells of its field."""
        places, c_e, sto = self.places, self.values("c_e"), self.values("sto")
        self.held = {
            "kappa": places.beta * self.salt.kappa(c_e, self.T),
            "D_e": places.beta * self.salt.D_e(c_e, self.T),
            "D_s": places.sto * self.material.D_s(sto, self.T),
        }
        self.kappa.setValue(1e6 * self.held["kappa"])
        self.D_e.setValue(1e12 * MOLE * self.held["D_e"])
        self.D_s.setValue(1e12 * MOLE * self.material.c_s_max * self.held["D_s"])
        self.junction.setValue(self.W(c_e))
        self.collector.setValue(self.V)
        found = {}
        for name, equation in self.equations.items():
            equation.cacheMatrix()
            imbalance, keep = equation.justResidualVector(var=self.fields[name], dt=dt), self.keep[name]
            found[name] = np.array(imbalance)[keep], equation.matrix.matrix.tocsr()[keep][:, keep]
        return found

    # -- the interfaces --------------------------------------------------------------------------------------

    def _butler_volmer(self, phi_s, phi_e, sto, c_e, j):
        """Return by how much the current of each face misses its equation; given the cells beside it, and
        j."""
        f, held, material = self.faces, self.held, self.material
        through = f.share * j * UM  # current density through the voxel face, times m in a um
        c_face = c_e + (1 - self.salt.t_plus) * through * f.half_ionic / (F * held["D_e"][f.ionic])
        x_face = sto - through * f.half_solid / (F * material.c_s_max * held["D_s"][f.solid])
        phi_e_face = phi_e + self.W(c_face) - self.W(c_e) + through * f.half_ionic / held["kappa"][f.ionic]
        phi_s_face = phi_s - through * f.half_solid / self.places.sigma[f.solid]
        eta = phi_s_face - phi_e_face - material.U(x_face) - j * f.R_film
        forth, back = (alpha * F * eta / (R * self.T) for alpha in (material.alpha_a, material.alpha_c))
        return material.i0(c_face, x_face, self.T) * (np.exp(forth) - np.exp(-back)) - j

    def _lithium_metal(self, phi_e, c_e, j):
        """The same for the lithium metal: potential 0, U = 0, symmetric."""
        D_e, kappa = (self.held[name][self.beside_metal] for name in ("D_e", "kappa"))
        half = self.half_metal * UM
        c_face = c_e + (1 - self.salt.t_plus) * j * half / (F * D_e)
        eta = -(phi_e + self.W(c_face) - self.W(c_e) + j * half / kappa)
        return 2 * self.metal.i0(c_face, self.T) * np.sinh(F * eta / (2 * R * self.T)) - j

    def _beside_faces(self):
        f = self.faces
        return [
            self.values("phi_s")[f.solid],
            self.values("phi_e")[f.ionic],
            self.values("sto")[f.solid],
            self.values("c_e")[f.ionic],
            self.j,
        ]

    def _beside_lithium(self):
        return [self.values("phi_e")[self.beside_metal], self.values("c_e")[self.beside_metal], self.j_metal]

    # -- one time step ---------------------------------------------------------------------------------------

    def advance(self, t, current):
        """Take the step to time t (s) at a current (A)."""
        dt = t - self.t
        if current != self.current:
            self.current, self.earlier = current, []
            self.j = np.full(self.j.size, -current * 1e12 / self.faces.area.sum())
            self.j_metal = np.full(self.j_metal.size, current * 1e12 / self.metal_area.sum())
        self.alpha.setValue(difference_weight(dt, self.earlier))
        for name, past in equivalent_past(dt, self.earlier, self.states).items():
            self.fields[name].setValue(past)
            self.fields[name].updateOld()
        self._guess(dt)
        self._newton(dt, current * 1e12)
        self.t, self.earlier = t, [dt]
        self.states = [self._stored(), self.states[0]]

    def _stored(self):
        return {
            **{name: self.values(name) for name in self.fields},
            "j": self.j,
            "j_metal": self.j_metal,
            "V": self.V,
        }

    def _guess(self, dt):
        """Start from the last state, or from the line through the last two where it stays in bounds."""
        guess = self.states[0]
        if self.earlier:
            ahead = {n: u + dt / self.earlier[0] * (u - self.states[1][n]) for n, u in guess.items()}
            inside = 0.001 < ahead["sto"].min() and ahead["sto"].max() < 0.999 and ahead["c_e"].min() > 1
            guess = ahead if inside else guess
        for name, field in self.fields.items():
            field.setValue(guess[name])
        if self.earlier:
            self.j, self.j_metal, self.V = guess["j"], guess["j_metal"], guess["V"]

    def _newton(self, dt, current, most=60):
        """Newton's method; a factorisation serves equal steps until an iteration gains less than a factor of
        two."""
        updates, rate = [], difference_weight(dt, self.earlier) / dt
        while True:
            balances = self._balances(dt)
            with np.errstate(invalid="ignore", over="ignore"):  # what is not finite ends the iterations
                faces = slopes(self._butler_volmer, self._beside_faces())
                metal = slopes(self._lithium_metal, self._beside_lithium())
            miss = self._miss(balances, faces[0], metal[0], current)
            if len(updates) == most or not np.all(np.isfinite(miss)):
                raise NotConverged(
                    f"the twin's Newton stopped after {len(updates)} iterations; take shorter steps or a "
                    "smaller current",
                    updates,
                )
            if not 0.99 < self.factors_for / rate < 1.01 or (
                len(updates) > 1 and updates[-1] > 0.5 * updates[-2]
            ):
                self.factors, self.factors_for = factorise(self._jacobian(balances, faces[1], metal[1])), rate
                self.factorisations += 1
            updates.append(self._update(self.factors.solve(-miss)))
            self.iterations += 1
            if updates[-1] <= 1:
                return

    def _miss(self, balances, faces, metal, current):
        """Return the imbalance of every equation: four fields (pA), faces, metal (A m-2), the current
        (pA)."""
        f, (phi_e, phi_s, sto, c_e) = self.faces, (balances[name][0] for name in self.keep)
        n = self.places.volume.size
        A_j = f.area * self.j
        into = np.bincount(f.ionic, A_j, n)
        into[self.beside_metal] += self.metal_area * self.j_metal
        out_of_solid = np.bincount(f.solid, A_j, n)
        return np.concatenate(
            [
                phi_e - into[self.keep["phi_e"]],
                phi_s + out_of_solid[self.keep["phi_s"]],
                sto + out_of_solid[self.keep["sto"]],
                c_e - (1 - self.salt.t_plus) * into[self.keep["c_e"]],
                faces,
                metal,
                [A_j.sum() + current],
            ]
        )

    def _jacobian(self, balances, faces, metal):
        """Return its slopes; how kappa, D_e and D_s change is left out, which costs iterations only."""
        f, keep, t_plus = self.faces, self.keep, self.salt.t_plus
        ionic, salt, solid, electronic = (
            self._pick(f.ionic, "phi_e"),
            self._pick(f.ionic, "c_e"),
            self._pick(f.solid, "sto"),
            self._pick(f.solid, "phi_s"),
        )
        near, near_salt = self._pick(self.beside_metal, "phi_e"), self._pick(self.beside_metal, "c_e")
        area, metal_area = sparse.diags_array(f.area), sparse.diags_array(self.metal_area)
        d = [sparse.diags_array(slope) for slope in faces]
        m = [sparse.diags_array(slope) for slope in metal]
        K, S, L, C = (balances[name][1] for name in keep)
        W_slope = sparse.diags_array(self.factor / self.values("c_e")[keep["c_e"]])
        end = -sparse.csr_array(
            S.sum(axis=1).reshape(-1, 1)
        )  # conductance to the collector, whose potential is V
        return sparse.block_array(
            [
                [K, None, None, -K @ W_slope, -ionic.T @ area, -near.T @ metal_area, None],
                [None, S, None, None, electronic.T @ area, None, end],
                [None, None, L, None, solid.T @ area, None, None],
                [
                    None,
                    None,
                    None,
                    C,
                    -(1 - t_plus) * salt.T @ area,
                    -(1 - t_plus) * near_salt.T @ metal_area,
                    None,
                ],
                [d[1] @ ionic, d[0] @ electronic, d[2] @ solid, d[3] @ salt, d[4], None, None],
                [m[0] @ near, None, None, m[1] @ near_salt, None, m[2], None],
                [None, None, None, None, sparse.csr_array(f.area.reshape(1, -1)), None, None],
            ],
            format="csc",
        )

    def _pick(self, cells, name):
        """Matrix that takes a field's unknowns to the given cells."""
        number = np.full(self.places.volume.size, -1)
        number[self.keep[name]] = np.arange(self.keep[name].size)
        at = np.arange(cells.size)
        return sparse.csr_array(
            (np.ones(cells.size), (at, number[cells])), shape=(cells.size, self.keep[name].size)
        )

    def _update(self, dx):
        """Add the update, or the share of it that keeps sto and c_e in bounds; return its size over what is
        enough."""
        sizes = [*(k.size for k in self.keep.values()), self.j.size, self.j_metal.size, 1]
        *parts, d_j, d_metal, d_V = np.split(dx, np.cumsum(sizes)[:-1])
        parts = dict(zip(self.keep, parts))
        share = 1.0
        while not self._inside(share, parts, d_j, d_metal) and share > 1e-3:
            share /= 2
        for name, part in parts.items():
            values = self.values(name)
            values[self.keep[name]] += share * part
            self.fields[name].setValue(values)
        self.j, self.j_metal, self.V = (
            self.j + share * d_j,
            self.j_metal + share * d_metal,
            self.V + share * float(d_V[0]),
        )
        size = max(np.abs(part).max() / ENOUGH[name] for name, part in {**parts, "j": d_j, "V": d_V}.items())
        return size / share

    def _inside(self, share, parts, d_j, d_metal):
        """Whether lithiation and salt stay positive in the cells and at the faces."""
        sto, c_e = self.values("sto"), self.values("c_e")
        sto[self.keep["sto"]] += share * parts["sto"]
        c_e[self.keep["c_e"]] += share * parts["c_e"]
        f, through = self.faces, self.faces.share * (self.j + share * d_j) * UM
        x_face = sto[f.solid] - through * f.half_solid / (
            F * self.material.c_s_max * self.held["D_s"][f.solid]
        )
        c_face = c_e[f.ionic] + (1 - self.salt.t_plus) * through * f.half_ionic / (
            F * self.held["D_e"][f.ionic]
        )
        return sto.min() > 0 and c_e.min() > 0 and x_face.min() > 0 and x_face.max() < 1 and c_face.min() > 0


def factorise(matrix):
    """SciPy's sparse LU, without pivoting: a tenth of the time at 16^3; Newton's next step takes the
    round-off away."""
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def slopes(function, arguments):
    """Return the values and the slopes with each argument, by differences; every entry depends on its own
    alone."""
    value, found = function(*arguments), []
    for k, argument in enumerate(arguments):
        step = 1e-7 * np.maximum(1.0, np.abs(argument))
        moved = [a + step if i == k else a for i, a in enumerate(arguments)]
        found.append((function(*moved) - value) / step)
    return value, found


def difference_weight(dt, earlier):
    """Weight of the new state in the backward difference of first or second order."""
    return 1.0 if not earlier else 1.0 + dt / (dt + earlier[0])


def equivalent_past(dt, earlier, states):
    """Return the one earlier state with which alpha (u - past) / dt is the backward difference.

    Slope at t_2 of the parabola through (t_0, u_0), (t_1, u_1), (t_2, u_2).
    """
    if not earlier:
        return {name: states[0][name] for name in STORED}
    h, back = dt, earlier[0]
    w_1, w_0 = -(h + back) / back, h * h / (back * (h + back))  # of h du/dt
    alpha = difference_weight(dt, earlier)
    return {name: -(w_1 * states[0][name] + w_0 * states[1][name]) / alpha for name in STORED}


def _initial_sto(grid, design):
    given = design.initial_sto
    active = next(n for n in grid.names if getattr(design.phases[n], "kind", "") == "active")
    return float(given[active] if isinstance(given, dict) else given)


def _check(grid, design):
    kinds = sorted(getattr(design.phases[name], "kind", "pore") for name in grid.names)
    if (
        kinds.count("active") != 1
        or kinds.count("conductor") > 1
        or set(kinds) - {"active", "conductor", "pore"}
    ):
        raise InputError(
            "expected one active material, at most one conductor and pores for FiPy's half cell, got "
            f"{', '.join(kinds)}; use the solver"
        )
    if getattr(design.counter_electrode, "kind", "") != "metal":
        raise InputError(
            "expected lithium metal as counter electrode of FiPy's half cell, got another; use the solver"
        )
    if design.double_layer:
        raise InputError(
            f"expected no double layer in FiPy's half cell, got {design.double_layer:g} F/m2; set it to 0"
        )
    if callable(design.electrolyte.t_plus) or callable(design.electrolyte.tdf):
        raise InputError(
            "expected t_plus and tdf that are numbers for FiPy's half cell, got functions of c_e; use the"
            " solver"
        )
