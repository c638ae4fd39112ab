"""The whole pipeline on one screen: volume -> phases -> transport -> half cell -> fields -> comparison ->
report."""

import time
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from os.path import isfile
from pathlib import Path

import numpy as np

from .. import __version__, materials
from ..analysis.homogenise import checked_transport
from ..analysis.run_analysis import Findings
from ..analysis.twin import beside, steps_of, twin_of
from ..analysis.utilisation import label_particles
from ..analysis.validity import Validity
from ..base.constants import EPS_0, F
from ..base.errors import InputError
from ..base.files import write_columns, write_json
from ..base.provenance import peak_memory_bytes
from ..case.case import beyond_windows
from ..cell.balances import HalfCell
from ..cell.design import CellDesign, CounterSlab, Separator
from ..cell.experiment import Experiment, Load, Tolerances
from ..cell.film import Film, Growth, film_thickness
from ..cell.mesh import build_mesh
from ..impedance.cell import C_DL, cell_impedance
from ..maps.compare import SocMap, compare_maps
from ..mesh.grid import VoxelGrid, grid_from_labels
from ..mesh.morphology import phase_summary
from ..transport.flux import flux_figures, flux_map
from ..transport.tortuosity import tortuosity
from ..volumes.fields import FieldWriter, profile_x, read_field, read_times
from ..volumes.volume import Volume, read_voxels
from .checkpoint import Checkpoint

UNITS = {"sto": "1", "c_e": "mol m-3", "phi_e": "V", "phi_s": "V", "j": "A m-2"}


def run_case(case, out_dir, *, progress=None, resume=False):
    """Run a case and write result.json, voltage.csv, fields.h5, report.html and figures/*.png into `out_dir`.

    resume: go on from the checkpoint that an interrupted run of the same case left in `out_dir`.

    Returns the result (what result.json holds). Raises InputError, or NotConverged with the residual history.
    """
    begun, out_dir = time.perf_counter(), Path(out_dir)
    volume, grid = read_grid(case, progress)
    measured = read_measured(case)
    for step in case.protocol:
        if step.profile:
            read_profile(case.locate(step.profile))
    checkpoint = Checkpoint(out_dir, fingerprint(case, volume), case.output.checkpoint)
    before = checkpoint.read() if resume else checkpoint.clear()
    design = cell_design(case, grid)
    flux = {} if min(grid.shape) > 1 else None
    transport = effective_transport(grid, design, case.numerics.transport_tolerance, progress, flux)

    labels = label_particles(grid, resolved_phases(design))
    setup = set_up(case, grid, design)
    cell, mesh, one_C, mass, film = setup.cell, setup.cell.mesh, setup.one_C, setup.mass, setup.film
    twin = (
        twin_of(case, setup, grid, transport=transport_of(transport, cell), progress=progress)
        if case.output.homogenised
        else None
    )
    with FieldWriter(
        out_dir / "fields.h5", grid, {name: UNITS[name] for name in case.output.fields}
    ) as fields:
        findings = Findings(cell, labels, one_C * 3600 / (case.output.times - 1))
        validity = Validity(cell)
        keep = Snapshots(cell, fields, case.output, one_C, grid, checkpoint, findings, validity)
        experiment = Experiment(
            cell, None, tolerances(case.numerics), keep, _progress_of(progress, one_C), setup.growth
        )
        if before:
            experiment.restore(before[0])
            keep.restore(*before)
        with checkpoint.cleared_on(InputError):
            record = experiment.run(loads(case.protocol, one_C, mesh.area, case.locate))

    voltage = voltage_columns(record, mass)
    comparison = compare_with(measured, case, out_dir / "fields.h5", cell.active, grid)
    result = {
        "title": case.title,
        "microsim_version": __version__,
        "case_sha256": case.sha256,
        "volume_sha256": volume.sha256,
        "volume": {"source": volume.source, "shape": list(grid.shape), "voxel_size_m": list(grid.voxel_size)},
        "voxels": mesh.counts,
        "phases": phase_summary(grid)["phases"],
        "transport": transport,
        "c_rate_current_A": one_C,
        "current_density_1C_A_m2": one_C / mesh.area,
        "active_mass_kg": mass,
        **step_results(record, mass),
        **conservation(record),
        "newton_iterations": record.newton_iterations,
        "linear_iterations": record.linear_iterations,
        "time_steps": record.time_steps,
        "rejected_steps": record.rejected_steps,
        "failed_steps": record.failed_steps,
        "area_correction": area_figures(mesh, design),
        "film": film_figures(film, mesh, grid, setup.growth, cell.R_film),
        "validity": validity.figures(beyond_windows(case)),
        "overpotentials": findings.overpotentials(mass),
        "heterogeneity": findings.heterogeneity(),
        "profiles": keep.profiles,
        "comparison": comparison.as_dict() if comparison else None,
        **(
            {
                "homogenised": beside(
                    twin, steps_of(record, mesh.area), keep.profiles, mass / mesh.area, simulate, loads
                )
            }
            if twin
            else {}
        ),
        "materials": {
            name: {"name": m.name, "sources": m.sources} for name, m in case.load_materials().items()
        },
        "wall_s": time.perf_counter() - begun,
        "peak_memory_bytes": peak_memory_bytes(),
    }
    write_outputs(out_dir, case, result, grid, voltage, comparison, flux, progress)
    checkpoint.clear()
    return result


# -- from the case to the cell
# --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setup:
    """A cell ready to run: HalfCell, its film and how that grows (or None), the 1C current (A) and the mass
    of active material (kg)."""

    cell: HalfCell
    film: Film
    growth: Growth | None
    one_C: float
    mass: float


def set_up(case, grid, design=None):
    """Return the Setup of a case on its grid."""
    design = design or cell_design(case, grid)
    mesh, film = build_mesh(grid, design), film_of(case)
    cell = HalfCell(mesh, design, film_on(film, mesh, grid) / film.conductivity)
    one_C, mass = nominal(grid, design)
    if case.cell.nominal_current_density:
        one_C = case.cell.nominal_current_density * mesh.area
    elif case.cell.nominal_capacity:
        one_C = case.cell.nominal_capacity * mass / 3600
    return Setup(cell, film, growth_of(case, film, mesh), one_C, mass)


def simulate(case, on_state=None):
    """Run a case without writing anything; return the Setup and the Record.

    on_state(experiment, number, load, last): called after every time step.
    """
    _, grid = read_grid(case)
    setup = set_up(case, grid)
    experiment = Experiment(setup.cell, None, tolerances(case.numerics), on_state, growth=setup.growth)
    return setup, experiment.run(loads(case.protocol, setup.one_C, setup.cell.mesh.area, case.locate))


def case_impedance(case, freq, after=0, *, tolerance=1e-6, progress=None):
    """Compute the impedance of a case's cell about its state after so many steps of the protocol (0: at the
    start).

    freq: Hz. Returns the Setup, the CellImpedance and the capacitance that was taken for the double layer (F
    m-2).
    """
    _, grid = read_grid(case)
    setup = set_up(case, grid)
    experiment = Experiment(
        setup.cell, None, tolerances(case.numerics), None, _progress_of(progress, setup.one_C), setup.growth
    )
    steps = loads(case.protocol, setup.one_C, setup.cell.mesh.area, case.locate)
    if after > len(steps):
        raise InputError(
            f"--after: expected at most the {len(steps)} steps of the protocol, got {after}; correct it"
        )
    if after:
        experiment.run(steps[:after])
    C_dl = C_DL if case.cell.double_layer is None else case.cell.double_layer
    film_time = EPS_0 * getattr(case.cell.film, "relative_permittivity", 0.0) / setup.film.conductivity
    spectrum = cell_impedance(
        setup.cell, experiment.x, freq, C_dl=C_dl, film_time=film_time, tolerance=tolerance, progress=progress
    )
    return setup, spectrum, C_dl


def fingerprint(case, volume):
    """Return the SHA-256 of all that decides a run's numbers: the case, its volume, and every other file that
    it names."""
    found, parts = sha256(f"{case.sha256} {volume.sha256}".encode()), case.as_dict()
    for words in _texts([parts["cell"], parts["protocol"]]):
        file = str(case.locate(words)).partition("::")[0]
        if isfile(file):
            found.update(Path(file).read_bytes())
    return found.hexdigest()


def _texts(node):
    """All texts in plain data, in order."""
    if isinstance(node, dict):
        node = list(node.values())
    return (
        [text for part in node for text in _texts(part)]
        if isinstance(node, list)
        else [node]
        if isinstance(node, str)
        else []
    )


def read_grid(case, progress=None):
    """Read the case's volume; return it and the cropped, coarsened VoxelGrid."""
    spec = case.volume
    if spec.slab:
        return _slab(spec.slab)
    if progress:
        progress(0, 1, "reading the volume")
    volume = read_voxels(case.locate(spec.file), file_axes=spec.file_axes, voxel_size=spec.voxel_size)
    if volume.voxel_size is None:
        raise InputError(f"volume: expected a voxel size, got none in {spec.file}; add voxel_size_nm")
    grid = (
        grid_from_labels(volume.values, spec.phases, volume.voxel_size).crop(spec.crop).coarsen(spec.coarsen)
    )
    missing = [name for name in grid.names if grid.fraction(name) == 0]
    if missing:
        raise InputError(
            f"volume.crop: expected every phase inside the crop, got none of {', '.join(missing)}; "
            "move or widen the crop"
        )
    return volume, grid


def _slab(slab):
    """Return a column of cells of one homogenised phase, as a volume and its grid."""
    h = slab.thickness / slab.cells
    values = np.zeros((slab.cells, 1, 1), np.uint8)
    return Volume(values, (h, h, h), "a homogenised slab", sha256(values).hexdigest(), "xyz"), VoxelGrid(
        values, (slab.phase,), (h, h, h), (0,)
    )


def cell_design(case, grid):
    """Return the CellDesign of a case."""
    spec, loaded = case.cell, case.load_materials()
    electrolyte = replace(loaded.pop("electrolyte"), c_e_0=spec.electrolyte_concentration)
    given = {
        key: value
        for key, value in (("porosity", spec.cbd.porosity), ("reactive_share", spec.cbd.reactive_share))
        if value is not None
    }
    phases = {name: loaded.get(name) for name in grid.names}
    phases = {
        name: (
            None
            if m is not None and m.kind == "flooded"
            else replace(m, **given)
            if m is not None and m.kind == "conductor"
            else m
        )
        for name, m in phases.items()
    }
    separator = Separator(
        spec.separator.thickness, spec.separator.porosity, spec.separator.transport_efficiency
    )
    return CellDesign(
        phases,
        electrolyte,
        separator,
        counter_electrode(case),
        spec.temperature,
        spec.electrolyte_concentration,
        spec.initial_sto,
        spec.area_correction,
        spec.cbd.transport_efficiency,
        spec.pore_transport_efficiency,
        spec.shells,
        spec.double_layer or 0.0,
        spec.cbd.contact_resistance,
        spec.cbd.contact_lost,
    )


def counter_electrode(case):
    """Return the lithium metal, an ideal one that takes no voltage, or the slab that a case names."""
    spec = case.cell.counter_electrode
    if spec == "lithium":
        return materials.load("lithium")
    if spec == "ideal":
        return materials.LithiumMetal("ideal", i0=lambda c_e, T: 1e9 + 0 * c_e)
    material = case.load_material(spec.material, "cell.counter_electrode.material")
    return CounterSlab(material, spec.thickness, spec.initial_sto, spec.layers)


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


def film_of(case):
    """Return the Film of a case."""
    spec = case.cell.film
    if spec.model == "uniform":
        return Film("uniform", spec.conductivity, spec.thickness)
    if spec.model == "gaussian":
        return Film(
            "gaussian",
            spec.conductivity,
            spec.mean_separator,
            spec.mean_collector,
            spec.std,
            spec.min,
            spec.max,
            spec.correlation,
            spec.seed,
        )
    if spec.model == "map":
        nm = read_voxels(case.locate(spec.file), file_axes=spec.file_axes, kind="field").values
        crop = case.volume.crop or {}
        box = tuple(slice(*crop[axis]) if axis in crop else slice(None) for axis in "xyz")
        return Film("map", spec.conductivity, thickness=nm[box] * 1e-9)
    return Film()


def growth_of(case, film, mesh):
    """Return how the film of a case grows, or None."""
    spec = getattr(case.cell.film, "growth", None)
    where = mesh.positive[mesh.faces.electronic]
    return spec and Growth(spec.rate, spec.alpha, spec.reference, film.conductivity, where)


def tolerances(numerics):
    """Return the solver tolerances of a case."""
    return Tolerances(
        numerics.time_tolerance,
        numerics.newton_tolerance,
        numerics.linear_tolerance,
        max_step=numerics.max_step or np.inf,
    )


def nominal(grid, design):
    """Return the 1C current (A), which takes all active material from sto_100 to sto_0 in an hour, and its
    mass (kg)."""
    current = mass = 0.0
    for name, active in active_phases(design).items():
        volume = np.count_nonzero(grid.mask(name)) * grid.voxel_volume
        volume *= getattr(design.phases[name], "active_fraction", 1.0)
        current += F * active.c_s_max * abs(active.sto_0 - active.sto_100) * volume / 3600
        mass += active.density * volume
    return current, mass


def loads(protocol, one_C, area, locate=lambda file: file):
    """Turn protocol steps into what the experiment holds (A, V, W)."""
    scale = {
        "c_rate": one_C,
        "current_A_m2": area,
        "current_A": 1.0,
        "power_W_m2": area,
        "power_W": 1.0,
        "voltage_V": 1.0,
    }

    def load(step):
        until = step.until and step.until[1] * scale[step.until[0]]
        ends = {
            "until_voltage": step.until_voltage_V,
            "duration": step.duration_s,
            "until_current": until,
            "skip": step.skip,
        }
        if step.kind == "profile":
            times, values = read_profile(locate(step.profile))
            ends["duration"] = times[-1]
            kind = "power" if step.quantity.startswith("power") else "current"
            return Load(step.text, profile=(times, values * scale[step.quantity]), profile_of=kind, **ends)
        value = (step.value or 0.0) * scale.get(step.quantity, 1.0)
        return Load(step.text, **{step.kind if step.kind != "rest" else "current": value}, **ends)

    return [load(step) for step in protocol]


def read_profile(path):
    """Read a profile (drive cycle): two columns, time (s) and value, with or without a header line."""
    try:
        lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
        header = not _numbers(lines[0])
        table = np.array([_numbers(line) for line in lines[header:]], float)
        sound = (
            table.ndim == 2 and table.shape[1] == 2 and len(table) > 1 and np.all(np.diff(table[:, 0]) > 0)
        )
    except OSError as error:
        raise InputError(
            f"{path}: expected a profile of time (s) and value, got: {error.strerror}; check the path"
        ) from error
    except (UnicodeDecodeError, ValueError, IndexError):
        sound = False
    if not sound or table[0, 0] != 0 or not np.isfinite(table).all():
        raise InputError(
            f"{path}: expected a readable file of two columns, rising time (s) from 0 and value, got "
            "something else; write lines like 0,1.5"
        )
    return table[:, 0], table[:, 1]


def _numbers(line):
    try:
        return [float(part) for part in line.replace(";", ",").replace("\t", ",").split(",")]
    except ValueError:
        return []


def effective_transport(grid, design, tolerance, progress=None, flux=None):
    """Return tau and effective conductivity of pore, electrolyte (with the CBD's pores) and solids along x,
    y, z.

    flux: a dict that takes the pores' flux map through the thickness and its figures.
    """
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
    pores = {name: 1.0 for name, material in design.phases.items() if material is None}
    if pores and pores != networks["electrolyte"]:
        networks = {"pore": pores, **networks}
    kappa = float(design.electrolyte.kappa(np.array(design.c_e_0), design.temperature))
    scale = {"pore": kappa, "electrolyte": kappa, "electronic": 1.0}
    table = {}
    for network, conducting in networks.items():
        table[network] = {"conducting": conducting}
        for number, axis in enumerate("xyz"):
            if progress:
                progress(0, 1, f"transport: {network} along {axis}")
            show = flux is not None and network in ("pore", "electrolyte") and number == 0 and not flux
            r = tortuosity(grid, conducting, number, tolerance=tolerance, potential=show)
            if show and r.tau is not None:
                flux["flux"] = flux_map(r.potential, grid, conducting, number)
                flux["figures"] = flux_figures(flux["flux"], grid, conducting, number, r)
            table[network][axis] = {
                "tau": r.tau,
                "D_eff_over_D0": r.D_eff_over_D0,
                "eps": r.eps,
                "eps_percolating": r.eps_percolating,
                "flux_imbalance": r.flux_imbalance,
                "iterations": r.iterations,
                "seconds": r.seconds,
                "effective_conductivity_S_m": scale[network] * r.D_eff_over_D0,
            }
    return table


def transport_of(table, cell):
    """Return the electrolyte's transport efficiency and the solids' conductivity (S m-1) along x of
    `effective_transport`."""
    found = (table[name]["x"]["D_eff_over_D0"] for name in ("electrolyte", "electronic"))
    return checked_transport(*found, cell.mesh, cell.design)


# -- what a run leaves
# ----------------------------------------------------------------------------------------


class Snapshots:
    """Store the fields a number of times over the run, and depth profiles at the end of each step."""

    def __init__(self, cell, writer, output, one_C, grid, checkpoint, findings, validity):
        self.cell, self.writer, self.names, self.checkpoint = cell, writer, output.fields, checkpoint
        self.findings, self.validity = findings, validity
        self.isolated = isolated_sto(cell, grid)
        self.every = one_C * 3600 / (output.times - 1)  # charge between stored times (C)
        self.profiles, self.passed = [], -np.inf

    def __call__(self, experiment, number, load, last):
        begins = experiment.t == 0
        stored = begins or last or experiment.throughput - self.passed >= self.every
        self.findings.note(experiment, number, load, stored, last)
        self.validity.note(experiment, load)
        if stored:
            self.passed = experiment.throughput
            fields = self.fields(experiment.x)
            kept = {name: fields[name] for name in self.names}
            self.writer.write(experiment.t, load.name, kept)
            self.checkpoint.keep_fields(experiment.t, load.name, kept)
            if last:
                self._keep_profiles(experiment.t, load, fields)
        # the end of a step is kept when the next one has begun
        if not last:
            found, sto = self.findings.snapshot()
            extra = {
                "profiles": self.profiles,
                "passed": self.passed,
                "findings": found,
                "validity": self.validity.snapshot(),
            }
            self.checkpoint.keep_state({**experiment.snapshot(), "noted_sto": sto}, extra, always=begins)

    def _keep_profiles(self, t, load, fields):
        h = self.cell.mesh.voxel_size[0]
        x = (np.arange(self.cell.mesh.shape[0]) + 0.5) * h
        self.profiles.append(
            {
                "step": load.name,
                "time_s": t,
                "x_m": x.tolist(),
                **{name: _plain(profile_x(fields[name])) for name in ("sto", "c_e", "phi_e")},
            }
        )

    def restore(self, snapshot, extra, stored):
        """Go on after the fields that were stored before the interruption."""
        self.profiles, self.passed = extra["profiles"], extra["passed"]
        self.findings.restore(extra["findings"], snapshot["noted_sto"])
        self.validity.restore(extra["validity"])
        for time_s, step, fields in stored:
            self.writer.write(time_s, step, fields)

    def fields(self, x):
        """Return {name: [x, y, z]} on the image, NaN outside a field's phase. Isolated material keeps its
        lithium."""
        cell, mesh, u = self.cell, self.cell.mesh, self.cell.state(x)
        area = np.bincount(mesh.faces.solid, mesh.faces.area, mesh.solid.n)
        current = np.bincount(mesh.faces.solid, mesh.faces.area * cell.j, mesh.solid.n)
        j = np.divide(current, area, out=np.full(mesh.solid.n, np.nan), where=area > 0)
        shells = mesh.solid.split(j)[1]
        shells[:] = shells[:, -1:]  # of a particle, that at its surface
        on = mesh.on_image
        sto = on(mesh.solid, u.sto)
        sto = np.where(np.isnan(self.isolated), sto, self.isolated)
        return {
            "sto": sto,
            "c_e": on(mesh.ionic, u.c_e),
            "j": on(mesh.solid, j),
            "phi_e": on(mesh.ionic, u.psi + cell.W(u.c_e)),
            "phi_s": on(mesh.electronic, u.V * mesh.positive + u.phi),
        }


def isolated_sto(cell, grid):
    """Return the lithiation, that of the start, of active material that no path joins to the collector; else
    NaN."""
    joined = ~np.isnan(cell.mesh.on_image(cell.mesh.electronic, np.ones(cell.mesh.electronic.n)))
    sto, given = np.full(grid.shape, np.nan, np.float32), cell.design.initial_sto
    for name in active_phases(cell.design):
        sto[grid.mask(name) & ~joined] = given[name] if isinstance(given, dict) else given
    return sto


def _plain(values):
    return [None if np.isnan(v) else float(v) for v in values]


def voltage_columns(record, mass):
    """Return the columns of voltage.csv; capacity is per gram of active material."""
    c = {name: np.array(values) for name, values in record.columns.items()}
    return {
        "time_s": c["time_s"],
        "current_A": c["current_A"],
        "voltage_V": c["voltage_V"],
        "capacity_mAh_g": c["charge_C"] / 3.6 / (mass * 1000),
        "step": c["step"],
    }


def step_results(record, mass):
    """Return the summaries of the steps and the capacity of the last discharge (mAh per g)."""
    steps = [
        {
            **{k: v for k, v in step.items() if k != "charge_C"},
            "capacity_mAh_g": step["charge_C"] / 3.6 / (mass * 1000),
        }
        for step in record.steps
    ]
    discharges = [step["capacity_mAh_g"] for step in steps if step["capacity_mAh_g"] > 0]
    return {"capacity_mAh_g": discharges[-1] if discharges else None, "steps": steps}


def conservation(record):
    """Return the balance errors: lithium and charge over the charge passed, salt over the salt."""
    return {
        name: float(getattr(record, name))
        for name in ("lithium_balance_error", "salt_balance_error", "charge_balance_error")
    }


def area_figures(mesh, design):
    """Return the reactive area with and without the voxel-face correction (m2)."""
    faces = mesh.faces
    return {
        "applied": design.area_correction,
        "reactive_area_m2": float(faces.area.sum()),
        "faces": int(faces.area.size),
        "mean_share_of_voxel_face": float(faces.share.mean()),
    }


def film_on(film, mesh, grid):
    """Return the film thickness (m) on every face; a counter slab has none."""
    thickness, inside = np.zeros(mesh.faces.area.size), mesh.positive[mesh.faces.electronic]
    thickness[inside] = film_thickness(film, mesh.faces.position[inside], grid.shape, grid.voxel_size)
    return thickness


def film_figures(film, mesh, grid, growth, R_film):
    """Return the film's parameters, what was drawn, and what had become of it at the end if it grows."""
    inside = mesh.positive[mesh.faces.electronic]
    thickness = film_on(film, mesh, grid)[inside]
    drawn = (
        {}
        if film.model == "none"
        else {
            "drawn": {
                "mean_m": float(thickness.mean()),
                "min_m": float(thickness.min()),
                "max_m": float(thickness.max()),
                "mean_resistance_ohm_m2": float(thickness.mean() / film.conductivity),
            }
        }
    )
    if growth:
        end = R_film[inside] * film.conductivity
        drawn["growth"] = {
            "rate_m_s-1/2": growth.rate,
            "alpha": growth.alpha,
            "reference_V": growth.reference,
        }
        drawn["end"] = {
            "mean_m": float(end.mean()),
            "min_m": float(end.min()),
            "max_m": float(end.max()),
            "mean_resistance_ohm_m2": float(end.mean() / film.conductivity),
        }
    told = {key: value for key, value in asdict(film).items() if key != "thickness"}
    return {**told, **drawn} if film.model != "none" else {"model": "none"}


def read_measured(case):
    """Read the measured map (and mask) before anything is solved, so that a mistake costs nothing."""
    spec = case.compare
    if spec is None:
        return None
    volume = read_voxels(
        case.locate(spec.measured), file_axes=spec.file_axes, voxel_size=spec.voxel_size, kind="field"
    )
    if volume.voxel_size is None:
        raise InputError(f"compare: expected a voxel size, got none in {spec.measured}; add voxel_size_nm")
    mask = None
    if spec.mask:
        mask = read_voxels(case.locate(spec.mask), file_axes=spec.file_axes).values != 0
    return SocMap(volume.values, volume.voxel_size, spec.origin), mask


def compare_with(measured, case, fields_path, active, grid):
    """Compare the stored lithiation nearest to the asked time with the measured map; None where none is
    given."""
    if measured is None:
        return None
    spec, (times, steps) = case.compare, read_times(fields_path)
    if spec.time == "end":
        index = len(times) - 1
    elif isinstance(spec.time, str):
        index = max(k for k, step in enumerate(steps) if step == spec.time)
    else:
        index = int(np.argmin(np.abs(np.array(times) - spec.time)))
    sto, voxel_size, _ = read_field(fields_path, "sto", index)
    if spec.quantity == "soc":
        sto = (sto - active.sto_0) / (active.sto_100 - active.sto_0)
    return compare_maps(
        SocMap(sto, voxel_size), measured[0], mask=measured[1], min_coverage=spec.min_coverage
    )


def write_outputs(out_dir, case, result, grid, voltage, comparison, flux=None, progress=None):
    """Write voltage.csv, result.json, the figures and the report."""
    if progress:
        progress(1, 1, "writing the report")
    write_columns(out_dir / "voltage.csv", voltage)
    write_json(out_dir / "result.json", result)
    from ..report.page import write_report

    write_report(
        out_dir,
        case=case.as_dict(),
        result=result,
        grid=grid,
        voltage=voltage,
        fields_path=out_dir / "fields.h5",
        comparison=comparison,
        flux=flux or None,
    )


def _progress_of(progress, one_C):
    """Turn the experiment's state into (done, total, message): share of the charge or of the time of a
    step."""
    if progress is None:
        return None

    def show(experiment, load):
        share = experiment.t / load.duration if load.duration else experiment.throughput / (3600 * one_C)
        V = experiment.cell.state(experiment.x).V[0]
        progress(min(share, 0.99), 1.0, f"{load.name}: {experiment.t:.0f} s, {V:.3f} V")

    return show
