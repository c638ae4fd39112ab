"""The linear solves of a half cell on a device: J, the preconditioner and the vectors of GMRES lie there.

The processor makes the numbers of a linearisation and brings them there once; the answer comes back once.
Everything else of a time step is the processor's.
"""

import numpy as np

from ..base.errors import InputError
from ..base.launch import NOT_ON_DEVICE
from ..numerics.backend import device_kernels as kernels
from ..numerics.device_krylov import DeviceGmres
from ..numerics.device_multigrid import DeviceGrid
from ..numerics.fixed_rows import in_full
from .jacobian import Jacobian
from .sharing import ByRanks, OneProcess, not_in_whole_voxels

# bytes of the device beside the vectors of GMRES, of each unknown and of each reactive face
UNKNOWN_BYTES, FACE_BYTES = 170, 110


def sharing_of(cell):
    """Return who does the work of a time step of a HalfCell."""
    if cell.ranks.size > 1:
        return ByRanks(cell, cell.ranks)
    return OnDevice(cell) if cell.on_device else OneProcess(cell)


class OnDevice(OneProcess):
    """The work of a HalfCell whose linear solves a device does."""

    def __init__(self, cell):
        super().__init__(cell)
        if found := not_in_whole_voxels(cell):
            raise InputError(NOT_ON_DEVICE.format(" and ".join(found)))
        self.system = None

    def grid(self, graph, weight=None, visits=2, near=None):
        return DeviceGrid(graph, weight, visits, halved=True)

    def require(self, restart):
        """Refuse a cell that does not fit into the device's memory."""
        kernels.device.require(bytes_needed(self.cell, restart), "--backend gpu")

    def linear(self, about):
        """Bring J and P of a Linearisation to the device; return what launches them."""
        preconditioner = self.cell.preconditioner
        if self.system is None:
            self.system = DeviceSystem(self.cell)
        self.system.take(Jacobian.of(self.cell, about).lean(), preconditioner, about)
        return self.system.jacobian.product, self.system.answer

    def gmres(self, apply, precondition, b, *, tolerance, restart=20):
        """Solve J x = b with the J and P of the last `linear`."""
        return self.system.solver(restart)(b, tolerance=tolerance)


class DeviceSystem:
    """J and P of a linearisation on the device."""

    def __init__(self, cell):
        self.cell, self.beside, self.krylov = cell, DeviceFaces(cell), None
        self.jacobian, self.preconditioner = DeviceJacobian(cell, self.beside), None

    def take(self, jacobian, preconditioner, about):
        """Take over the numbers of a Jacobian, and of a Preconditioner where they are new."""
        layered = self.jacobian.layered
        self.jacobian.take(jacobian)
        if self.preconditioner is None:
            self.preconditioner = DeviceAnswer(self.cell, self.beside, preconditioner)
        self.preconditioner.take(about)
        if self.krylov and layered != self.jacobian.layered:
            self.krylov.forget()

    def answer(self, r, out):
        """Write P^-1 r."""
        self.preconditioner.answer(r, out)

    def solver(self, restart):
        """Return what solves J x = b, made once."""
        if self.krylov is None:
            size = self.cell.unknowns.size
            self.krylov = DeviceGmres(self.jacobian.product, self.answer, size, restart)
        return self.krylov


class DeviceFaces:
    """What lies beside what, on the device: the cells of the reactive faces, of the collector and of a metal
    counter electrode; room for what passes the faces."""

    def __init__(self, cell):
        mesh, faces, upload = cell.mesh, cell.mesh.faces, kernels.device.upload
        self.cells = tuple(map(upload, (faces.ionic, faces.electronic, faces.solid)))
        self.sums = {k: kernels.faces.uploaded(getattr(faces, k)) for k in ("ionic", "electronic", "solid")}
        self.lift = upload(cell.in_positive.astype(np.float32))
        self.collector = upload(mesh.collector), upload(np.array(cell.collector_conductance, float))
        self.counter = upload(mesh.counter) if cell.counter else None
        self.none, self.room = kernels.vectors.room(0), kernels.vectors.border_room()
        self.flow, self.into = _by_precision(faces.area.size), _by_precision(mesh.ionic.n)

    def flow_of(self, slopes, level, u, v, s, t):
        """Return the flow through each face (see kernels.faces.face_flow), in a shared array."""
        out = self.flow[u.dtype]
        kernels.faces.face_flow(*self.cells, self.lift, slopes, level, u, v, s, t, out)
        return out

    def add(self, kind, values, sign, out):
        """Add what passes each face to the cells of a kind."""
        kernels.faces.add_to_cells(self.sums[kind], values, sign, out)

    def into_electrolyte(self, flow, counter, psi, c_e):
        """Return what the faces, and a metal counter electrode of slopes (g, q), let into the electrolyte, in
        a shared array."""
        out = self.into[psi.dtype]
        out.zero_()
        self.add("ionic", flow, 1, out)
        if self.counter is not None:
            kernels.faces.add_grounded(self.counter, *counter, psi, c_e, out)
        return out


class Held:
    """Arrays of the device by name, that other numbers are written over."""

    def __init__(self):
        self._arrays = {}

    def __getitem__(self, name):
        return self._arrays[name]

    def put(self, name, values):
        """Write values under a name."""
        values = np.atleast_1d(values)
        if name in self._arrays:
            kernels.device.fill(self._arrays[name], values)
        else:
            self._arrays[name] = kernels.device.upload(values)

    def lay(self, name, rows):
        """Write rows of links [cell, link] under a name, as the device has them."""
        if name not in self._arrays:
            self._arrays[name] = kernels.vectors.room(*rows.shape[::-1])
        kernels.fixed.lay(rows, self._arrays[name])


class DeviceJacobian:
    """J v on the device (see Jacobian)."""

    def __init__(self, cell, beside):
        self.places, self.beside, self.held, self.layered = _places(cell), beside, Held(), None
        mesh, (conducting, ends) = cell.mesh, cell.electronic_single
        self.near = {
            k: kernels.fixed.uploaded(getattr(mesh, k).near) for k in ("ionic", "electronic", "solid")
        }
        self.held.lay("conducting", np.asarray(conducting))
        self.held.put("ends", ends)

    def take(self, J):
        """Take over the numbers of a Jacobian."""
        self.layered, m, put = J.layered, J.within, self.held.put
        for name in ("w", "k", "a", "carried", "D"):
            self.held.lay(name, in_full(getattr(m, name)))
        put("k_rest", m.k_rest)
        for name, rest in zip(("lithium", "salt"), J.rests):
            put(name, rest)
        for name in ("reaction", "whole") if J.layered else ("whole",):
            for k, slope in enumerate(getattr(J, name)):
                put((name, k), slope)
        if J.counter:
            dphi, _, dc_e = J.counter
            put("counter", _single(dphi))
            put("counter_c_e", _single(dc_e))
        put("share", J.share)
        put("border", np.array([J.of_current, J.of_V], float))

    def product(self, v, out):
        """Write J v, in the precision of both."""
        held, near, beside = self.held, self.near, self.beside
        psi, phi, V, sto, c_e = (v[place] for place in self.places)
        charge_e, charge_s, constraint, lithium, salt = (out[place] for place in self.places)
        of_ions = *(held[name] for name in ("w", "a", "k", "carried", "salt", "k_rest")), psi, c_e
        kernels.fixed.two_outflows(near["ionic"], *of_ions, charge_e, salt)
        kernels.fixed.outflow(near["electronic"], held["conducting"], held["ends"], phi, charge_s)
        kernels.fixed.outflow(near["solid"], held["D"], held["lithium"], sto, lithium)
        kernels.vectors.bordered(*beside.collector, phi, held["border"], V, beside.room, constraint)

        between = V, psi, phi, sto, c_e
        flow = beside.flow_of(self._slopes("whole"), *between)
        into = beside.into_electrolyte(flow, self._counter, psi, c_e)
        beside.add("electronic", flow, 1, charge_s)
        if self.layered:
            flow = beside.flow_of(self._slopes("reaction"), *between)
        beside.add("solid", flow, 1, lithium)
        kernels.vectors.add_scaled(-1.0, into, charge_e)
        kernels.vectors.add_product(salt, held["share"], into, -1, salt)

    def _slopes(self, name):
        return [self.held[name, k] for k in range(3)]

    @property
    def _counter(self):
        return (self.held["counter"], self.held["counter_c_e"]) if self.beside.counter is not None else None


class DeviceAnswer:
    """P^-1 r on the device (see Preconditioner)."""

    def __init__(self, cell, beside, preconditioner):
        self.cell, self.beside, self.host, self.held = cell, beside, preconditioner, Held()
        self.places, self.numbers = _places(cell), None
        grids = preconditioner.potential_grid, preconditioner.lithium.grid, preconditioner.salt_grid
        self.potentials, self.lithium, self.salt = (grid.on_device for grid in grids)

    def take(self, about):
        """Take over the constraint and the anions' share of a Linearisation, and numbers that are new."""
        k, held = self.host.numbers, self.held
        if k is not self.numbers:
            self.numbers = k
            held.put("pulled", k.pull * k.yielding[self.cell.mesh.faces.solid])
            for name in ("push", "push_reaction", "pull", "response"):
                held.put(name, getattr(k, name))
            if k.counter_push is not None:
                held.put("counter_push", _single(k.counter_push))
        left = about.of_current * k.response_current - about.of_V
        held.put("border", np.array([about.of_current / left, -1 / left]))
        held.put("share", _single(1 - np.asarray(about.coefficients.t_plus)))

    def answer(self, r, out):
        """Write P^-1 r."""
        held, beside, none = self.held, self.beside, self.beside.none
        psi, phi, V, sto, c_e = (out[place] for place in self.places)
        R_e, R_s, R_V, R_lithium, R_salt = (r[place] for place in self.places)
        n, both, copy = R_e.size, slice(0, R_e.size + R_s.size), kernels.device.copy
        b = self.potentials.levels[0].b
        copy(r[both], b)
        flow = beside.flow_of((none, held["pulled"], none), V, psi, phi, R_lithium, c_e)
        beside.add("ionic", flow, 1, b[:n])
        beside.add("electronic", flow, -1, b[n:])
        potentials = self.potentials.answer(0)
        kernels.vectors.bordered(*beside.collector, potentials[n:], held["border"], R_V, beside.room, V)
        kernels.vectors.add_product(potentials, V, held["response"], -1, out[both])

        b = self.lithium.levels[0].b
        copy(R_lithium, b)
        flow = beside.flow_of((held["push_reaction"], none, none), V, psi, phi, sto, c_e)
        beside.add("solid", flow, -1, b)
        copy(self.lithium.visit(0, b, False), sto)

        flow = beside.flow_of((held["push"], held["pull"], none), V, psi, phi, sto, c_e)
        counter = (held["counter_push"], none) if beside.counter is not None else None
        into = beside.into_electrolyte(flow, counter, psi, c_e)
        kernels.vectors.add_product(R_salt, held["share"], into, 1, self.salt.levels[0].b)
        copy(self.salt.answer(0), c_e)


def _places(cell):
    """Return where each block of unknowns lies, in Python's own numbers, which warp asks for."""
    return [slice(int(place.start), int(place.stop)) for place in cell.unknowns.places]


def _by_precision(n):
    """Return room for n numbers of single precision and of double, by what the device calls these."""
    return {room.dtype: room for room in (kernels.vectors.zeros(n, t) for t in (np.float32, np.float64))}


def bytes_needed(cell, restart):
    """Return the bytes of the device that the linear solves of a HalfCell take at most."""
    vectors = 4 * (2 * restart + 1 + 3) + 8 * 3
    return (vectors + UNKNOWN_BYTES) * cell.unknowns.size + FACE_BYTES * cell.mesh.faces.area.size


def _single(values):
    return np.asarray(values).astype(np.float32)
