"""Read a case: YAML in the user's units -> frozen dataclasses in SI. Units other than SI exist only here."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .. import materials
from ..base.errors import InputError
from ..base.gallery import located
from ..base.schema import (
    NUMBER,
    any_of,
    apply_setting,
    choice,
    entry,
    flag,
    listed,
    mapping,
    number,
    offered_keys,
    read_yaml,
    say,
    section,
    shown,
    text,
    triple,
    voxel_ranges,
    whole,
)
from ..materials.checks import check_material
from .overrides import Changes, read_material
from .protocol import Step, read_protocol

# How many of the unit make one SI unit: dividing by it is exact where multiplying by 1e-9 is not.
NANOMETRES = {"nm": 1e9, "um": 1e6, "m": 1.0}
MICROMETRES = {"um": 1e6, "nm": 1e9, "m": 1.0}
KELVIN = {"K": 1.0}
SECONDS = {"s": 1.0}
SIEMENS_PER_METRE = {"S_m": 1.0}
OHM_SQUARE_METRE = {"ohm_m2": 1.0, "ohm_cm2": 1e4}
MOL_PER_CUBIC_METRE = {"mol_m3": 1.0}

FIELDS = ("sto", "c_e", "phi_e", "phi_s", "j")
# V beyond the window of an OCP that a step may ask for: material that runs full or empty leaves it within the
# last 0.1 % of its lithium (kinetics.end_potential)
BELOW, ABOVE = 1.0, 0.5


# ---- readers of single keys --------------------------------------------------------------------------------


def field_names(raw, path):
    """Read the list of fields to store."""
    if not isinstance(raw, list) or not raw:
        raise InputError(
            f"{path}: expected a list of {any_of(FIELDS)}, got {say(raw)}; write it as [sto, c_e]."
        )
    return tuple(choice(*FIELDS)(name, f"{path}.{i}") for i, name in enumerate(raw))


def moment(raw, path):
    """Read a time: "end", the text of a protocol step (its end), or seconds."""
    if isinstance(raw, str) and not re.fullmatch(NUMBER, raw):
        return raw
    return number(0.0)(raw, path)


# ---- the sections of a case --------------------------------------------------------------------------------

share = number(0.0, 1.0)
tolerance = number(0.0, 0.1, above=True)
film_thickness = number(0.0, 1e-5)
voxel_edges = triple(1e-9, 1e-4)


def _tagged(tag, read):
    """Read a value that `load_case` or its section turns into the field's own quantity later."""
    return lambda raw, path: (tag, read(raw, path))


BRUGGEMAN = {"bruggeman": _tagged("bruggeman", number(0.0, 10.0))}


@dataclass(frozen=True, kw_only=True)
class Slab:
    """A homogenised porous electrode (the DFN) in place of an image; thickness in m."""

    phase: str = entry(text)
    thickness: float = entry(number(1e-7, 1e-1), units=MICROMETRES)
    cells: int = entry(whole(2, 100000))


@dataclass(frozen=True, kw_only=True)
class Volume:
    """The image and how it becomes a voxel grid. voxel_size (x, y, z), m; None: the file's own."""

    file: str | None = entry(text, default=None)
    slab: Slab | None = entry(partial(section, Slab), default=None)
    voxel_size: tuple[float, float, float] | None = entry(voxel_edges, units=NANOMETRES, default=None)
    file_axes: str = entry(choice("xyz", "xzy", "yxz", "yzx", "zxy", "zyx"), default="xyz")
    phases: dict[str, int] | None = entry(mapping(whole(0), "the label of each phase"), default=None)
    crop: dict[str, tuple[int, int]] | None = entry(voxel_ranges, default=None)
    coarsen: int = entry(whole(1, 64), default=1)


@dataclass(frozen=True, kw_only=True)
class Separator:
    """A homogenised slab in front of the electrode; thickness, m. transport_efficiency: D_eff / D_e."""

    thickness: float = entry(number(1e-7, 1e-2), units=MICROMETRES)
    porosity: float = entry(number(0.0, 1.0, above=True))
    transport_efficiency: float = entry(
        number(0.0, 1.0, above=True), instead=BRUGGEMAN, default=("bruggeman", 1.5)
    )


@dataclass(frozen=True, kw_only=True)
class Cbd:
    """What overrides the material set of the carbon-binder domain; None: the material's own value.

    contact_resistance: electronic, between CBD and active material, ohm m2; contact_lost: share of that
    contact that passes no electrons.
    """

    porosity: float | None = entry(share, default=None)
    transport_efficiency: float | None = entry(share, instead=BRUGGEMAN, default=None)
    reactive_share: float | None = entry(share, default=None)
    contact_resistance: float = entry(number(0.0), units=OHM_SQUARE_METRE, default=0.0)
    contact_lost: float = entry(number(0.0, 0.999999), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Growth of a film with time: d(thickness^2)/dt = rate^2 exp(alpha F (v - reference) / R T), v the
    voltage across the interface; rate, m s-1/2; alpha = 0: parabolic, the same everywhere; reference, V."""

    rate: float = entry(number(0.0, above=True), units={"nm_per_sqrt_h": 6e10})
    alpha: float = entry(number(-2.0, 2.0), default=0.0)
    reference: float = entry(number(0.0, 10.0), units={"V": 1.0}, default=4.2)


@dataclass(frozen=True, kw_only=True)
class NoFilm:
    """No film on the active material."""

    model: str = entry(choice("none"), default="none")


@dataclass(frozen=True, kw_only=True)
class UniformFilm:
    """A film of one thickness (m) and conductivity (S m-1); relative_permittivity: its capacitance in an
    impedance."""

    model: str = entry(choice("uniform"), default="uniform")
    thickness: float = entry(film_thickness, units=NANOMETRES)
    conductivity: float = entry(number(0.0, above=True), units=SIEMENS_PER_METRE, default=5e-7)
    relative_permittivity: float = entry(number(0.0, 1e6), default=0.0)
    growth: Growth | None = entry(partial(section, Growth), default=None)


@dataclass(frozen=True, kw_only=True)
class GaussianFilm:
    """A film drawn face by face: normal, mean linear in x from separator to collector, clipped, correlated.

    Thicknesses and correlation length in m, conductivity in S m-1.
    """

    model: str = entry(choice("gaussian"), default="gaussian")
    mean_separator: float = entry(film_thickness, units=NANOMETRES, default=20e-9)
    mean_collector: float = entry(film_thickness, units=NANOMETRES, default=5e-9)
    std: float = entry(film_thickness, units=NANOMETRES, default=2e-9)
    min: float = entry(film_thickness, units=NANOMETRES, default=3e-9)
    max: float = entry(film_thickness, units=NANOMETRES, default=28e-9)
    correlation: float = entry(number(0.0, 1e-3), units=MICROMETRES, default=1e-6)
    conductivity: float = entry(number(0.0, above=True), units=SIEMENS_PER_METRE, default=5e-7)
    seed: int = entry(whole(0), default=0)
    relative_permittivity: float = entry(number(0.0, 1e6), default=0.0)
    growth: Growth | None = entry(partial(section, Growth), default=None)


@dataclass(frozen=True, kw_only=True)
class MapFilm:
    """A film thickness given as a map on the voxels of the image (before crop and coarsening), in nm."""

    model: str = entry(choice("map"), default="map")
    file: str = entry(text)
    file_axes: str = entry(choice("xyz", "xzy", "yxz", "yzx", "zxy", "zyx"), default="xyz")
    conductivity: float = entry(number(0.0, above=True), units=SIEMENS_PER_METRE, default=5e-7)
    relative_permittivity: float = entry(number(0.0, 1e6), default=0.0)
    growth: Growth | None = entry(partial(section, Growth), default=None)


FILMS = {"none": NoFilm, "uniform": UniformFilm, "gaussian": GaussianFilm, "map": MapFilm}


def read_film(raw, path):
    """Read the film's section by its `model`."""
    if not isinstance(raw, dict) or "model" not in raw:
        raise InputError(f"{path}: expected {{model: {any_of(FILMS)}}}, got {say(raw)}; add the model.")
    model = choice(*FILMS)(raw["model"], f"{path}.model")
    if model == "none":  # the parameters may stay, so that a film is switched off by its model alone
        known = {key for film in FILMS.values() for key in offered_keys(film)}
        raw = {key: value for key, value in raw.items() if key == "model" or key not in known}
    film = section(FILMS[model], raw, path)
    if model == "gaussian" and film.min > film.max:
        raise InputError(
            f"{path}: expected min_nm up to max_nm, got {film.min * 1e9:g} and {film.max * 1e9:g}; swap them."
        )
    return film


def read_separator(raw, path):
    """Read the separator; a Bruggeman exponent becomes the transport efficiency porosity^exponent."""
    separator = section(Separator, raw, path)
    return replace(separator, transport_efficiency=_efficiency(separator, separator.porosity))


def _efficiency(porous, porosity):
    given = porous.transport_efficiency
    return porosity ** given[1] if isinstance(given, tuple) else given


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A homogenised porous electrode as counter electrode: material set, thickness (m), lithiation,
    layers."""

    material: str | Changes = entry(read_material)
    thickness: float = entry(number(1e-7, 1e-2), units=MICROMETRES)
    initial_sto: float = entry(share)
    layers: int = entry(whole(2, 1000), default=20)


def read_counter(raw, path):
    """Read the counter electrode: lithium, ideal, or the section of a porous one."""
    if isinstance(raw, dict):
        return section(Counter, raw, path)
    return choice("lithium", "ideal")(raw, path)


def sto_of_phases(raw, path):
    """Read an initial lithiation, or one for each phase."""
    if isinstance(raw, dict):
        return {str(phase): share(value, f"{path}.{phase}") for phase, value in raw.items()}
    return share(raw, path)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The cell. temperature, K; electrolyte_concentration, mol m-3; materials by phase.

    nominal_current_density, A m-2, or nominal_capacity, C kg-1 of active material: what 1C is, where it does
    not follow from the material's window; double_layer: capacitance of every interface with the electrolyte,
    F m-2 (None: none in time, 0.2 in an impedance); shells: in the particles of a homogenised electrode;
    pore_transport_efficiency: of the pores themselves, below 1 where something unresolved narrows them.
    """

    separator: Separator = entry(read_separator)
    counter_electrode: str | Counter = entry(read_counter, default="lithium")
    nominal_current_density: float | None = entry(number(0.0, above=True), units={"A_m2": 1.0}, default=None)
    nominal_capacity: float | None = entry(number(0.0, above=True), units={"mAh_g": 1 / 3600}, default=None)
    shells: int = entry(whole(4, 1000), default=48)
    pore_transport_efficiency: float = entry(number(0.0, 1.0, above=True), default=1.0)
    materials: dict[str, str | Changes] = entry(
        mapping(read_material, "a material for each phase and the electrolyte")
    )
    temperature: float = entry(number(200.0, 400.0), units=KELVIN, default=298.15)
    electrolyte_concentration: float = entry(number(1.0, 1e4), units=MOL_PER_CUBIC_METRE, default=1000.0)
    initial_sto: float | dict[str, float] = entry(
        sto_of_phases,
        instead={
            "initial_soc": _tagged("soc", share),
            "initial_voltage_V": _tagged("voltage", number(0.0, 10.0)),
        },
    )
    double_layer: float | None = entry(number(0.0, 1e3), units={"F_m2": 1.0}, default=None)
    film: NoFilm | UniformFilm | GaussianFilm | MapFilm = entry(read_film, default=NoFilm())
    area_correction: bool = entry(flag, default=True)
    cbd: Cbd = entry(partial(section, Cbd), default=Cbd())


@dataclass(frozen=True, kw_only=True)
class Compare:
    """The measured map. voxel_size, origin (x, y, z), m; time: "end", a step's text or s."""

    measured: str = entry(text)
    voxel_size: tuple[float, float, float] | None = entry(voxel_edges, units=NANOMETRES, default=None)
    file_axes: str = entry(choice("xyz", "xzy", "yxz", "yzx", "zxy", "zyx"), default="xyz")
    quantity: str = entry(choice("sto", "soc"), default="sto")
    time: str | float = entry(moment, default="end")
    origin: tuple[float, float, float] = entry(triple(-1.0, 1.0), units=MICROMETRES, default=(0.0, 0.0, 0.0))
    min_coverage: float = entry(number(0.0, 1.0, above=True), default=0.5)
    mask: str | None = entry(text, default=None)


@dataclass(frozen=True, kw_only=True)
class Numerics:
    """Tolerances (relative) and the longest time step (s; None: no bound)."""

    time_tolerance: float = entry(tolerance, default=5e-4)
    newton_tolerance: float = entry(tolerance, default=1e-6)
    linear_tolerance: float = entry(tolerance, default=1e-3)
    max_step: float | None = entry(number(0.0, above=True), units=SECONDS, default=None)
    transport_tolerance: float = entry(tolerance, default=1e-3)


@dataclass(frozen=True, kw_only=True)
class Output:
    """How many times, evenly spread over the run, and which fields are stored; how often a checkpoint (s of
    wall time); homogenised: whether a porous electrode of the volume's own parameters runs beside it."""

    times: int = entry(whole(2, 10000), default=11)
    fields: tuple[str, ...] = entry(field_names, default=FIELDS)
    checkpoint: float = entry(number(0.0), units=SECONDS, default=30.0)
    homogenised: bool = entry(flag, default=False)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run, in SI. `name` is the file's name without suffix, `path` the case file."""

    title: str = entry(text, default="")
    volume: Volume = entry(partial(section, Volume))
    cell: Cell = entry(partial(section, Cell))
    protocol: tuple[Step, ...] = entry(read_protocol)
    compare: Compare | None = entry(partial(section, Compare), default=None)
    numerics: Numerics = entry(partial(section, Numerics), default=Numerics())
    output: Output = entry(partial(section, Output), default=Output())
    name: str = ""
    path: Path | None = None

    def as_dict(self):
        """Give the effective case back as plain data, defaults filled in; it reads in as a case again."""
        return shown(self)

    @property
    def sha256(self):
        """SHA-256 of the effective case: order of keys, comments and the file's place do not count."""
        canonical = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def locate(self, file):
        """Find a file that the case names: beside the case file, otherwise the name as it was written."""
        if self.path is None or not file:
            return file
        stem, mark, dataset = file.partition("::")
        beside = self.path.parent / stem
        return f"{beside}{mark}{dataset}" if beside.exists() else file

    def load_materials(self):
        """Load the material of each phase and of the electrolyte: {phase or "electrolyte": material}."""
        return {
            phase: self.load_material(given, f"cell.materials.{phase}")
            for phase, given in self.cell.materials.items()
        }

    def material_sources(self):
        """Return name and sources of each material, {phase or "electrolyte": {"name", "sources"}}."""
        return {
            phase: {"name": material.name, "sources": material.sources}
            for phase, material in self.load_materials().items()
        }

    def load_material(self, given, path):
        """Load a material that the case gives by name or with changes; `path` is its dotted key."""
        try:
            return given.load(self.locate) if isinstance(given, Changes) else materials.load(given)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error


# ---- from a file to a case ---------------------------------------------------------------------------------


def load_case(path, settings: Sequence[str] = ()):
    """Read a case file, change it by `settings` ("dotted.key=value") and check it.

    Errors: InputError, one sentence that names the dotted key.
    """
    path = located(path)
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise InputError(
            f"{path}: expected a case with the keys {listed(offered_keys(Case))}, got {say(raw)}."
        )
    for setting in settings:
        apply_setting(raw, setting)
    return parse_case(raw, path)


def parse_case(raw, path=None):
    """Turn a case given as plain data into a checked Case; `path` is the file it came from, if any."""
    case = section(Case, raw, "")
    name = "case" if path is None else Path(path).stem
    case = replace(case, name=name, path=path and Path(path), title=case.title or name)
    _check_volume(case)
    loaded = case.load_materials()
    active = _check_materials(case, loaded)
    initial_sto, cbd = _initial_stos(case.cell.initial_sto, active), _cbd(case.cell.cbd, loaded)
    case = replace(case, cell=replace(case.cell, initial_sto=initial_sto, cbd=cbd))
    _check_counter(case)
    if case.cell.nominal_current_density and case.cell.nominal_capacity:
        raise InputError(
            "cell.nominal_capacity_mAh_g: expected one way to say what 1C is, got"
            " nominal_current_density_A_m2 too; remove one."
        )
    if not isinstance(case.cell.counter_electrode, Counter):
        _check_voltages(case, active)
    _check_compare(case)
    return case


# ---- checks across the sections ----------------------------------------------------------------------------


def _check_volume(case):
    volume = case.volume
    if (volume.file is None) == (volume.slab is None):
        given = "neither" if volume.file is None else "both"
        raise InputError(f"volume: expected either file or slab, got {given}; give one of the two.")
    if volume.slab is not None:
        given = [key for key in ("phases", "crop", "voxel_size") if getattr(volume, key) is not None]
        if given or volume.coarsen > 1:
            raise InputError(
                f"volume.slab: expected nothing else beside it, got {listed(given or ['coarsen'])};"
                " remove it."
            )
        return
    if volume.phases is None:
        raise InputError(
            "volume.phases: expected the label of each phase, got none; add {pore: 0, am: 1, ...}."
        )
    if len(set(volume.phases.values())) < len(volume.phases):
        raise InputError(
            f"volume.phases: expected a label of its own for each phase, got {volume.phases}; correct them."
        )
    if case.cell.film.model == "map" and volume.coarsen > 1:
        raise InputError(
            f"cell.film.model: expected another model with volume.coarsen, got map with {volume.coarsen};"
            " coarsen the volume and its map beforehand."
        )


def phase_names(case):
    """Names of the phases of a case's volume."""
    return (case.volume.slab.phase,) if case.volume.slab else tuple(case.volume.phases)


def _check_materials(case, loaded):
    """Check that the materials cover the phases with the right kinds; give back {phase: active material}."""
    phases = set(phase_names(case))
    for phase in sorted(phases - set(loaded) - {"pore"}) + ["electrolyte"] * ("electrolyte" not in loaded):
        filled = (
            ""
            if phase == "electrolyte"
            else f", or {phase}: flooded where electrolyte fills it, {phase}: dry where nothing does"
        )
        raise InputError(
            f"cell.materials: expected a material for {phase}, got none; add {phase}: NAME{filled}."
        )
    for phase, material in loaded.items():
        if phase != "electrolyte" and phase not in phases - {"pore"}:
            solid = listed(sorted(phases - {"pore"}))
            raise InputError(f"cell.materials: expected the solid phases {solid}, got {phase}; drop it.")
        kinds = (
            ("electrolyte",)
            if phase == "electrolyte"
            else ("active", "conductor", "porous", "flooded", "dry")
        )
        if material.kind not in kinds:
            raise InputError(
                f"cell.materials.{phase}: expected a material of the kind {any_of(kinds)}, "
                f"got {material.name} of the kind {material.kind}; name another material."
            )
        check_material(material, case.cell.temperature, f"cell.materials.{phase}, {material.name}")
    active = {phase: material for phase, material in loaded.items() if material.kind == "active"}
    active |= {phase: material.active for phase, material in loaded.items() if material.kind == "porous"}
    if not active:
        raise InputError("cell.materials: expected one active material, got none; name one.")
    return active


def _check_counter(case):
    """Check that a counter slab is of a porous material set, and its coefficients."""
    counter, path = case.cell.counter_electrode, "cell.counter_electrode.material"
    if isinstance(counter, Counter):
        material = case.load_material(counter.material, path)
        if material.kind != "porous":
            raise InputError(
                f"{path}: expected a homogenised porous electrode, got {material.name} "
                f"of the kind {material.kind}; name another material."
            )
        check_material(material, case.cell.temperature, f"{path}, {material.name}")


def _cbd(given, loaded):
    """Turn a Bruggeman exponent of the CBD into a transport efficiency, with the material's own porosity."""
    conductors = [material for material in loaded.values() if material.kind == "conductor"]
    if given != Cbd() and not conductors:
        raise InputError(
            "cell.cbd: expected a phase with a conductor as material, got none; remove cell.cbd."
        )
    porosity = conductors[0].porosity if conductors and given.porosity is None else given.porosity
    return replace(given, transport_efficiency=_efficiency(given, porosity))


def _initial_stos(given, active):
    """Turn what is given into a lithiation: one number, or with several active phases one for each."""
    if isinstance(given, dict):
        if set(given) != set(active):
            raise InputError(
                f"cell.initial_sto: expected a lithiation for each of {listed(active)}, got {listed(given)};"
                " correct it."
            )
        stos = {phase: _initial_sto(given[phase], active[phase]) for phase in active}
    else:
        stos = {phase: _initial_sto(given, material) for phase, material in active.items()}
    return next(iter(stos.values())) if len(set(stos.values())) == 1 else stos


def _initial_sto(given, active):
    """Turn the initial sto, SOC (from the material's sto_0 to its sto_100) or voltage into a lithiation."""
    low, high = active.sto_window
    if isinstance(given, tuple) and given[0] == "voltage":
        return _sto_at(given[1], active)
    key, sto = "initial_sto", given
    if isinstance(given, tuple):
        key, sto = "initial_soc", active.sto_0 + given[1] * (active.sto_100 - active.sto_0)
    if not low <= sto <= high:
        raise InputError(
            f"cell.{key}: expected a lithiation in the window of {active.name}, {low:g} to {high:g}, "
            f"got {sto:g}; correct it."
        )
    return sto


def _sto_at(voltage, active):
    from scipy.optimize import brentq

    low, high = active.sto_window
    top, bottom = float(active.U(low)), float(active.U(high))
    if not bottom <= voltage <= top:
        raise InputError(
            "cell.initial_voltage_V: expected a voltage inside the OCP window, "
            f"{bottom:.4g} to {top:.4g} V, got {voltage:g} V; correct it."
        )
    sto = brentq(lambda sto: float(active.U(sto)) - voltage, low, high, xtol=1e-13)
    return round(float(sto), 10)  # so that the case's hash does not hang on the root finder's last digits


def _voltage_window(active):
    """Lowest and highest potential (V) in the windows of {phase: active material}."""
    ends = [float(m.U(bound)) for m in active.values() for bound in m.sto_window]
    return min(ends), max(ends)


def _voltages(step):
    """The voltages that a step names (V)."""
    return [
        v for v in (step.until_voltage_V, step.value if step.kind == "voltage" else None) if v is not None
    ]


def beyond_windows(case):
    """Return a sentence on the steps of a half cell that go on below the window of its OCPs, and one on those
    above."""
    if isinstance(case.cell.counter_electrode, Counter):
        return []
    loaded = {phase: m for phase, m in case.load_materials().items() if m.kind in ("active", "porous")}
    bottom, top = _voltage_window({phase: getattr(m, "active", m) for phase, m in loaded.items()})
    asked = {step.text: _voltages(step) for step in case.protocol}
    below = [text for text, volts in asked.items() if any(v < bottom for v in volts)]
    above = [text for text, volts in asked.items() if any(v > top for v in volts)]
    return [
        f"{listed(map(repr, steps))}: what is known of the OCP ends at {end:.4g} V; {how} it the voltage is"
        f" that of material running {word}, not a measured one."
        for steps, end, how, word in ((below, bottom, "below", "full"), (above, top, "above", "empty"))
        if steps
    ]


def _check_voltages(case, active):
    """Check every voltage against the OCP window and its reach beyond, and the first one against the initial
    state."""
    stos = case.cell.initial_sto
    initials = [float(m.U(stos[phase] if isinstance(stos, dict) else stos)) for phase, m in active.items()]
    bottom, top = _voltage_window(active)
    initial = sum(initials) / len(initials)
    pristine = True
    for i, step in enumerate(case.protocol):
        at_rest = pristine and step.kind in ("current", "power")
        least = initial if at_rest and step.charges else bottom - BELOW
        most = initial if at_rest and not step.charges else top + ABOVE
        for volts in _voltages(step):
            if not least <= volts <= most:
                raise InputError(
                    f"protocol.{i}: expected a voltage inside the OCP window, {bottom:.4g} to {top:.4g} V, or"
                    f" a little beyond, here from {least:.4g} to {most:.4g} V, got {volts:g} V; correct the"
                    " voltage or the initial state."
                )
        pristine = pristine and step.kind == "rest"


def _check_compare(case):
    steps = [step.text for step in case.protocol]
    time = case.compare.time if case.compare else "end"
    if isinstance(time, str) and time not in ["end", *steps]:
        raise InputError(
            f"compare.time: expected end, seconds, or the text of a step ({'; '.join(steps)}), "
            f"got {say(time)}; correct it."
        )
    if case.compare and "sto" not in case.output.fields:
        raise InputError("output.fields: expected sto for the comparison, got none; add sto.")
