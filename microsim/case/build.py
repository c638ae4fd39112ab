"""From a case to a cell that runs, in one way: for runs, impedances, studies, claims and tests.

case -> grid -> CellDesign -> mesh and film -> HalfCell -> Experiment
"""

from dataclasses import dataclass, fields, replace
from hashlib import sha256
from math import prod

import numpy as np

from .. import materials
from ..base.constants import EPS_0, F
from ..base.errors import InputError
from ..base.launch import ranks_here
from ..base.memory import KERNELS, require_memory, return_freed
from ..base.words import times
from ..cell.balances import HalfCell
from ..cell.cut_mesh import build_cut_mesh
from ..cell.design import CellDesign, CounterSlab, Separator
from ..cell.experiment import Experiment, Tolerances
from ..cell.film import Film, Growth, film_thickness
from ..cell.idle import idle_material
from ..cell.mesh import build_mesh, check_reactive
from ..cell.stages import Stages
from ..cell.step import RESTART
from ..impedance.cell import C_DL
from ..impedance.cell import RESTART as IMPEDANCE_RESTART
from ..mesh.grid import VoxelGrid
from ..mesh.shares import share_of
from ..volumes.draws import drawn_names
from ..volumes.volume import Volume, read_voxels
from .film_maps import film_map
from .loads import Scale, loads
from .lost_contact import lost_contact
from .lost_later import lost_later
from .made_volume import read_image
from .sample import NOTHING, sample_of, within_box
from .start_map import InitialMap, start_from
from .surfaces import with_surface
from .unusual import unusual

# of memory, as measured at 0.15 to 10 million voxels: of a process with its kernels, and what a page takes;
# for each voxel of an electrode that runs, and more for each iteration of GMRES until it starts again, and
# for what it goes on from where it does
PROCESS_BYTES, CELL_BYTES, ITERATION_BYTES, ITERATIONS, AGAIN_BYTES = 3e8, 455, 16, 20, 18
USUAL = 5  # iterations after which GMRES starts again for the first time
IMPEDANCE_BYTES = 500
REMEDY = "crop or coarsen it, or lower numerics.restart"


@dataclass(frozen=True)
class Setup:
    """A case's cell, ready to run.

    case: Case; grid: VoxelGrid; cell: HalfCell, with its mesh and design; film: Film; growth: how the film
    grows, or None; one_C: the 1C current (A); mass: of active material (kg).
    """

    case: object
    grid: VoxelGrid
    cell: HalfCell
    film: Film
    growth: Growth | None
    one_C: float
    mass: float

    def experiment(self, marks=()):
        """Return the Experiment at the case's initial state; marks: Marks to land on."""
        return Experiment(self.cell, None, tolerances(self.case.numerics), self.growth, marks)

    def figures(self):
        """Return what 1C is, and the mass of active material, as result.json holds them."""
        return {
            "c_rate_current_A": self.one_C,
            "current_density_1C_A_m2": self.one_C / self.cell.mesh.area,
            "c_rate_mA_g": self.one_C / self.mass,
            "c_rate_meaning": self._c_rate(),
            "active_mass_kg": self.mass,
        }

    def _c_rate(self):
        """Say what 1C is."""
        spec, found = self.case.cell, active_phases(self.cell.design).values()
        names = " and ".join(dict.fromkeys(active.name for active in found))
        if spec.nominal_current_density:
            why = "the current density that nominal_current_density_A_m2 gives"
        elif spec.nominal_capacity:
            why = "the nominal_capacity_mAh_g of the case in an hour"
        else:
            why = f"all of {names} from its sto_100 to its sto_0 in an hour"
        return f"1C is {self.one_C / self.mass:.4g} mA per gram of active material ({names}): {why}."

    def layers(self):
        """Return the capacitance of the double layer (F m-2), and permittivity over conductivity of the film
        (s)."""
        spec = self.case.cell
        C_dl = C_DL if spec.double_layer is None else spec.double_layer
        return C_dl, EPS_0 * getattr(spec.film, "relative_permittivity", 0.0) / self.film.conductivity

    def loads(self):
        """Return the protocol's steps as Loads; Experiment.run takes them."""
        scale = Scale(self.one_C, self.cell.mesh.area, self.mass, self.charge_at)
        return loads(self.case.protocol, scale, self.case.locate)

    def charge_at(self, soc):
        """Return what is discharged since the start (C) when the active material comes to a state of charge,
        from its sto_0 to its sto_100. Raises InputError for an anode against lithium, where it could mean two
        things."""
        cell, mesh = self.cell, self.cell.mesh
        empty, full = (
            np.array([getattr(m, name) for m in mesh.materials])[mesh.material]
            for name in ("sto_0", "sto_100")
        )
        held = np.where(cell.positive_cells, cell.capacity, 0.0)
        if held @ (empty - full) <= 0:
            raise InputError(
                "protocol: expected steps of an anode against lithium that end at a voltage, a time or a"
                f" charge, got an end at {soc * 100:g} % SOC, which could be of its full cell; write the"
                " charge, like 300 mAh/g"
            )
        return float(held @ (empty - mesh.initial_sto) - soc * (held @ (empty - full)))

    def shown(self, progress):
        """Return a function of a Moment that tells progress(done, total, message) the share of a step's
        charge or time; progress may be None."""

        def show(moment):
            t, load = moment.t, moment.load
            share = t / load.duration if load.duration else moment.throughput / (3600 * self.one_C)
            if progress:
                progress(min(share, 0.99), 1.0, f"{load.name}: {t:.0f} s, {moment.V:.3f} V")

        return show


def set_up(case, grid=None, design=None):
    """Return the Setup of a case; grid, design: where they are known already, or other ones are wanted."""
    grid = read_grid(case)[1] if grid is None else grid
    design = design or cell_design(case, grid)
    film = film_of(case, grid)
    cell = assemble(grid, design, film)
    return_freed()
    Stages(cell).check()
    one_C, mass = nominal(grid, design)
    if case.cell.nominal_current_density:
        one_C = case.cell.nominal_current_density * cell.mesh.area
    elif case.cell.nominal_capacity:
        one_C = case.cell.nominal_capacity * mass / 3600
    return Setup(case, grid, cell, film, growth_of(case, film, cell.mesh), one_C, mass)


def assemble(grid, design, film=0.0):
    """Return the HalfCell of a design on a grid.

    film: on the reactive faces, a Film, its resistance (ohm m2), or a function of the mesh's Faces that
    returns a resistance for each.
    """
    mesh = (build_cut_mesh if design.within_voxels else build_mesh)(grid, design).lean()
    if not design.within_voxels:
        mesh = replace(mesh, idle=idle_material(grid, design, mesh))
    check_reactive(mesh)
    if isinstance(film, Film):
        R_film = film_on(film, mesh, grid) / film.conductivity
        slab = ~mesh.positive[mesh.faces.electronic]
        R_film[slab] = getattr(design.counter_electrode, "film_resistance", 0.0)
    else:
        R_film = film(mesh.faces) if callable(film) else np.full(mesh.faces.area.size, float(film))
    return HalfCell(mesh, design, R_film)


def simulate(case, note=None):
    """Run a case without writing anything; return its Setup and the Record.

    note(moment): called with the Moment after every time step.
    """
    setup = set_up(case)
    return setup, setup.experiment().run(setup.loads(), note)


# ---- the volume --------------------------------------------------------------------------------------------


def planned_bytes(case):
    """Return the bytes of memory that a case takes; of a volume that does not read what any takes."""
    spec = case.volume
    if spec.slab:
        return PROCESS_BYTES
    try:
        shape = spec.recipe.shape if spec.recipe is not None else _stored_shape(case)
    except InputError:
        return PROCESS_BYTES
    ends = [(spec.crop or {}).get(axis, (0, n)) for axis, n in zip("xyz", shape, strict=True)]
    voxels = prod(end - begin for begin, end in ends) / spec.coarsen**3
    return PROCESS_BYTES + _voxel_bytes(case) * voxels


def _voxel_bytes(case):
    """Return the bytes of memory that a voxel of a case's electrode takes."""
    restart = case.numerics.restart or USUAL
    again = AGAIN_BYTES if restart < ITERATIONS else 0
    return CELL_BYTES + ITERATION_BYTES * min(restart, ITERATIONS) + again


def impedance_bytes(case):
    """Return the bytes of memory that a voxel takes at most while the impedance of a case's cell is solved:
    complex vectors, of twice as many iterations where a frequency asks for them."""
    return IMPEDANCE_BYTES + 38 * 2 * min(IMPEDANCE_RESTART, case.numerics.restart or IMPEDANCE_RESTART)


def _stored_shape(case):
    cropped = case.volume.crop or {}
    if len(cropped) == 3:  # all that is needed
        return tuple(cropped[axis][1] for axis in "xyz")
    return read_image(case).values.shape


def read_grid(case, progress=None, each=None):
    """Read the case's volume; return it and the cropped, coarsened VoxelGrid. each: bytes of memory that a
    voxel takes, where it is not those of a run."""
    spec = case.volume
    if spec.slab:
        return _slab(spec.slab)
    if progress:
        progress(0, 1, "reading the volume")
    volume = read_image(case, progress)
    if volume.voxel_size is None:
        raise InputError(f"volume: expected a voxel size, got none in {spec.file}; add voxel_size_nm")
    grid = _drawn(case, sample_of(case, volume))
    grid = within_box(with_surface(case, grid, volume.file_axes))
    needed = (
        each or _voxel_bytes(case)
    ) * grid.phase.size + 2 * KERNELS  # scipy's solvers and the first run's compiler too
    ranks = f" on each of {ranks_here()} ranks" if ranks_here() > 1 else ""
    require_memory(needed * ranks_here(), f"volume: {times(grid.shape)} voxels{ranks}", REMEDY)
    missing = [name for name in grid.names if grid.fraction(name) == 0]
    if missing:
        raise InputError(
            f"volume.crop: expected every phase inside the crop, got none of {', '.join(missing)}; "
            "move or widen the crop"
        )
    return volume, grid


def _drawn(case, grid):
    """The draw that a case takes in its volume's place; without one the grid itself, its draws checked."""
    spec = case.volume
    if spec.draws is None:
        return grid
    names = drawn_names(case.locate(spec.draws))
    if spec.draw is None:
        for name in names:
            grid.with_draws([read_voxels(name).values])
        return grid
    if spec.draw > len(names):
        raise InputError(
            f"volume.draw: expected 1 to {len(names)}, the draws in {spec.draws}, got {spec.draw}; correct it"
        )
    return grid.with_draws([read_voxels(names[spec.draw - 1]).values]).draws[0]


def _slab(slab):
    """Return a column of cells of one homogenised phase, as a volume and its grid."""
    h = slab.thickness / slab.cells
    values = np.zeros((slab.cells, 1, 1), np.uint8)
    return Volume(values, (h, h, h), "a homogenised slab", sha256(values).hexdigest(), "xyz"), VoxelGrid(
        values, (slab.phase,), (h, h, h), (0,)
    )


# ---- the design --------------------------------------------------------------------------------------------


def cell_design(case, grid):
    """Return the CellDesign of a case."""
    spec, loaded = case.cell, case.load_materials()
    strange = unusual(case, loaded, max(grid.voxel_size))
    electrolyte, start, remarks = loaded.pop("electrolyte"), case.cell.initial_sto, ()
    loaded |= NOTHING if grid.masked else {}
    if isinstance(start, InitialMap):
        hosts = {
            name: getattr(m, "active", m) for name, m in loaded.items() if m.kind in ("active", "porous")
        }
        start, said = start_from(case, grid, hosts)
        remarks = (said,)
    kinds = {name: getattr(loaded.get(name), "kind", "") for name in grid.names}
    solid = {name: loaded[name].c_s_max for name, kind in kinds.items() if kind == "active"}
    conducting = [name for name, kind in kinds.items() if kind in ("active", "conductor")]
    lost, said_of_contact = lost_contact(case, grid, solid, conducting)
    later, said_of_later = lost_later(case, grid, solid, conducting)
    return CellDesign(
        phases={name: _in_place(loaded.get(name), spec.cbd) for name in grid.names},
        electrolyte=replace(electrolyte, c_e_0=spec.electrolyte_concentration),
        separator=Separator(
            spec.separator.thickness, spec.separator.porosity, spec.separator.transport_efficiency
        ),
        counter_electrode=counter_electrode(case),
        temperature=spec.temperature,
        c_e_0=spec.electrolyte_concentration,
        initial_sto=start,
        area_correction=spec.area_correction,
        cbd_transport_efficiency=spec.cbd.transport_efficiency,
        pore_transport_efficiency=spec.pore_transport_efficiency,
        shells=spec.shells,
        double_layer=spec.double_layer or 0.0,
        contact_resistance=spec.cbd.contact_resistance,
        contact_lost=lost,
        lost_later=later,
        within_voxels=case.volume.interface != "voxel",
        remarks=(*grid.source.said, *remarks, *said_of_contact, *said_of_later, *strange),
    )


def _in_place(material, cbd):
    """The material of a phase as the cell takes it: none where electrolyte is, the CBD as the case changes
    it."""
    if material is None or material.kind == "flooded":
        return None
    if material.kind != "conductor":
        return material
    given = {"porosity": cbd.porosity, "reactive_share": cbd.reactive_share}
    return replace(material, **{name: value for name, value in given.items() if value is not None})


def counter_electrode(case):
    """Return the lithium metal, an ideal one that takes no voltage, or the slab that a case names."""
    spec = case.cell.counter_electrode
    if spec == "lithium":
        return materials.load("lithium")
    if spec == "ideal":
        return materials.LithiumMetal("ideal", i0=lambda c_e, T: 1e9 + 0 * c_e)
    material = case.load_material(spec.material, "cell.counter_electrode.material")
    film = spec.film
    resistance = film.thickness / film.conductivity if film.model == "uniform" else 0.0
    return CounterSlab(material, spec.thickness, spec.initial_sto, spec.layers, resistance)


def active_phases(design):
    """Return {name: active material} of the phases that hold any."""
    return {
        name: m.active if m.kind == "porous" else m
        for name, m in design.phases.items()
        if m is not None and m.kind in ("active", "porous")
    }


def resolved_phases(design):
    """Return the names of the phases that are voxels of active material."""
    return [name for name, m in design.phases.items() if m is not None and m.kind == "active"]


def nominal(grid, design):
    """Return the 1C current (A), which takes all active material from sto_100 to sto_0 in an hour, and its
    mass (kg)."""
    current = mass = 0.0
    for name, active in active_phases(design).items():
        filled = share_of(grid, [name]).astype(float) if design.within_voxels else grid.mask(name)
        volume = filled.sum() * grid.voxel_volume
        volume *= getattr(design.phases[name], "active_fraction", 1.0)
        current += F * active.c_s_max * abs(active.sto_0 - active.sto_100) * volume / 3600
        mass += active.density * volume
    return current, mass


# ---- the film ----------------------------------------------------------------------------------------------


def film_of(case, grid):
    """Return the Film of a case on its grid."""
    spec = case.cell.film
    if spec.model == "uniform":
        return Film("uniform", spec.conductivity, spec.thickness)
    if spec.model == "gaussian":
        return Film(
            "gaussian",
            spec.conductivity,
            mean_separator=spec.mean_separator,
            mean_collector=spec.mean_collector,
            std=spec.std,
            low=spec.min,
            high=spec.max,
            correlation=spec.correlation,
            seed=spec.seed,
        )
    if spec.model == "map":
        return Film("map", spec.conductivity, thickness=film_map(case, grid))
    return Film()


def growth_of(case, film, mesh):
    """Return how the films of a case grow, on the electrode and on a counter slab, or None."""
    inside = mesh.positive[mesh.faces.electronic]
    films = (case.cell.film, inside), (getattr(case.cell.counter_electrode, "film", None), ~inside)
    grown = [_growth(one.growth, one.conductivity, at) for one, at in films if getattr(one, "growth", None)]
    if len(grown) < 2:
        return grown[0] if grown else None
    ours, slab = grown
    both = {f.name: np.where(inside, getattr(ours, f.name), getattr(slab, f.name)) for f in fields(Growth)}
    return Growth(**both)


def _growth(spec, conductivity, where):
    return Growth(spec.rate, spec.alpha, spec.reference, conductivity, where, F * spec.lithium)


def film_on(film, mesh, grid):
    """Return the film thickness (m) on every face, 0 on those of a counter slab."""
    thickness, inside = np.zeros(mesh.faces.area.size), mesh.positive[mesh.faces.electronic]
    thickness[inside] = film_thickness(film, mesh.faces.position[inside], grid.shape, grid.voxel_size)
    return thickness


# ---- the solver --------------------------------------------------------------------------------------------


def tolerances(numerics):
    """Return the solver tolerances of a case."""
    return Tolerances(
        numerics.time_tolerance,
        numerics.newton_tolerance,
        numerics.linear_tolerance,
        max_step=numerics.max_step or np.inf,
        restart=numerics.restart or RESTART,
    )
