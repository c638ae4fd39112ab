"""The sections of a case: what each holds, in SI, and how its keys are read."""

import re
from dataclasses import dataclass, replace
from functools import partial

from ..base.errors import InputError
from ..base.plausible import physical
from ..base.quantities import FIELDS, LEAST_NOISE
from ..base.schema import (
    NUMBER,
    any_of,
    choice,
    entry,
    flag,
    mapping,
    number,
    say,
    section,
    shown,
    text,
    triple,
    voxel_ranges,
    whole,
)
from ..generate.synthetic import ElectrodeRecipe
from ..materials import with_porosity
from .films import GaussianFilm, MapFilm, NoFilm, UniformFilm, read_counter_film, read_film
from .keys import (
    KELVIN,
    MICROMETRES,
    MOL_PER_CUBIC_METRE,
    NANOMETRES,
    OHM_SQUARE_METRE,
    SECONDS,
    axes_order,
    share,
    thickness,
    tolerance,
    voxel_edges,
)
from .lost_contact import LostMap, LostParticles
from .lost_later import LostEvery, LostSteps, read_contact
from .measurements import CompareSpectrum, CompareVoltage, section_named
from .overrides import Changes, read_material
from .start_map import InitialMap

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


def noise(raw, path):
    """Read a noise: a number above 0, or the file of a map of it."""
    if isinstance(raw, str) and not re.fullmatch(NUMBER, raw):
        return text(raw, path)
    return number(LEAST_NOISE, 1.0)(raw, path)


def stored_times(raw, path):
    """Read how many times are stored, or a list of them (s)."""
    if not isinstance(raw, list):
        return whole(2, 10000)(raw, path)
    return tuple(sorted({number(0.0, 1e10)(time, f"{path}.{i}") for i, time in enumerate(raw)}))


def _tagged(tag, read):
    """Read a value that `load_case` or its section turns into the field's own quantity later."""
    return lambda raw, path: (tag, read(raw, path))


efficiency_of_pores = number(1e-9, 1.0)  # at the least, where anything passes them at all
BRUGGEMAN = {"bruggeman": _tagged("bruggeman", number(0.0, 10.0))}


# ---- the volume and the cell -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Slab:
    """A homogenised porous electrode (the DFN) in place of an image; thickness in m.

    porosity: to which its set is pressed, the solids the same; None: the set's own.
    """

    phase: str = entry(text)
    thickness: float = entry(thickness, units=MICROMETRES)
    porosity: float | None = entry(number(0.01, 0.95), default=None)
    cells: int = entry(whole(2, 100000))


def pressed(loaded, slab):
    """Return {phase: material} with the porous electrode of a slab at the slab's porosity."""
    if slab is None or slab.porosity is None or slab.phase not in loaded:
        return loaded
    electrode = loaded[slab.phase]
    if electrode.kind != "porous":
        raise InputError(
            f"volume.slab.porosity: expected a porous electrode, got {electrode.name} of the kind"
            f" {electrode.kind}; name another material, or remove the porosity."
        )
    return {**loaded, slab.phase: with_porosity(electrode, slab.porosity)}


@dataclass(frozen=True, kw_only=True)
class VolumeSection:
    """The image and how it becomes a voxel grid. voxel_size (x, y, z), m; None: the file's own.

    recipe: of a generated electrode in the file's place, as microsim generate takes it.
    interface: where the surface of the active material runs, along voxel faces, within voxels as smooth as
    the labels allow, or as the shares of voxels say; shares: their files, by phase.
    draws: file of volumes that the image allows as well, for intervals; draw: the number of one that is taken
    in the file's place.
    mask: which voxels are sample (mesh/mask.py); what is outside is no phase, and nothing flows there.
    """

    file: str | None = entry(text, default=None)
    slab: Slab | None = entry(partial(section, Slab), default=None)
    recipe: ElectrodeRecipe | None = entry(partial(section, ElectrodeRecipe), default=None)
    voxel_size: tuple[float, float, float] | None = entry(voxel_edges, units=NANOMETRES, default=None)
    file_axes: str | None = entry(axes_order, default=None)
    phases: dict[str, int] | None = entry(mapping(whole(0), "the label of each phase"), default=None)
    crop: dict[str, tuple[int, int]] | None = entry(voxel_ranges, default=None)
    coarsen: int = entry(whole(1, 64), default=1)
    mask: str | None = entry(text, default=None)
    interface: str = entry(choice("voxel", "smooth", "grey"), default="voxel")
    shares: dict[str, str] | None = entry(mapping(text, "the file of a phase's shares"), default=None)
    draws: str | None = entry(text, default=None)
    draw: int | None = entry(whole(1), default=None)


@dataclass(frozen=True, kw_only=True)
class SeparatorSection:
    """A homogenised slab in front of the electrode; thickness, m. transport_efficiency: D_eff / D_e."""

    thickness: float = entry(thickness, units=MICROMETRES)
    porosity: float = entry(number(1e-3, 1.0))
    transport_efficiency: float = entry(efficiency_of_pores, instead=BRUGGEMAN, default=("bruggeman", 1.5))


def read_separator(raw, path):
    """Read the separator; a Bruggeman exponent becomes the transport efficiency porosity^exponent."""
    separator = section(SeparatorSection, raw, path)
    efficiency = efficiency_of_pores(_efficiency(separator, separator.porosity), f"{path}.bruggeman")
    _check_efficiency(efficiency, separator.porosity, path)
    return replace(separator, transport_efficiency=efficiency)


def _check_efficiency(efficiency, porosity, path):
    """Refuse pores that would conduct better than straight ones: a tau, porosity / efficiency, below 1."""
    if None not in (efficiency, porosity) and efficiency > porosity * (1 + 1e-6):
        raise InputError(
            f"{path}: expected a transport efficiency (porosity / tau) of at most the porosity, {porosity:g},"
            f" or a bruggeman of at least 1, got an efficiency of {efficiency:.4g}, a tau of"
            f" {porosity / efficiency:.3g}; correct one of them."
        )


def _efficiency(porous, porosity):
    given = porous.transport_efficiency
    return porosity ** given[1] if isinstance(given, tuple) else given


@dataclass(frozen=True, kw_only=True)
class Cbd:
    """What overrides the material set of the carbon-binder domain; None: the material's own value.

    contact_resistance: electronic, between CBD and active material, ohm m2; contact_lost: share of that
    contact that passes no electrons.
    """

    porosity: float | None = entry(share, default=None)
    transport_efficiency: float | None = entry(share, instead=BRUGGEMAN, default=None)
    reactive_share: float | None = entry(share, default=None)
    contact_resistance: float = entry(physical("contact_resistance"), units=OHM_SQUARE_METRE, default=0.0)
    contact_lost: float = entry(number(0.0, 0.999999), default=0.0)


def filled_cbd(given, loaded):
    """Turn a Bruggeman exponent of the CBD into a transport efficiency, with the material's own porosity."""
    conductors = [material for material in loaded.values() if material.kind == "conductor"]
    if given != Cbd() and not conductors:
        raise InputError(
            "cell.cbd: expected a phase with a conductor as material, got none; remove cell.cbd."
        )
    porosity = conductors[0].porosity if conductors and given.porosity is None else given.porosity
    efficiency = _efficiency(given, porosity)
    _check_efficiency(efficiency, porosity, "cell.cbd")
    return replace(given, transport_efficiency=efficiency)


@dataclass(frozen=True, kw_only=True)
class Counter:
    """A homogenised porous electrode as counter electrode: material set, thickness (m), lithiation, layers,
    film on its particles."""

    material: str | Changes = entry(read_material)
    thickness: float = entry(thickness, units=MICROMETRES)
    initial_sto: float = entry(share)
    layers: int = entry(whole(2, 1000), default=20)
    film: NoFilm | UniformFilm = entry(read_counter_film, default=NoFilm())


def read_counter(raw, path):
    """Read the counter electrode: lithium, ideal, or the section of a porous one."""
    if isinstance(raw, dict):
        return section(Counter, raw, path)
    return choice("lithium", "ideal")(raw, path)


def sto_of_phases(raw, path):
    """Read an initial lithiation, one for each phase, or a measured map of it."""
    if isinstance(raw, dict) and isinstance(raw.get("map"), str):
        return section(InitialMap, raw, path)
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

    separator: SeparatorSection = entry(read_separator)
    counter_electrode: str | Counter = entry(read_counter, default="lithium")
    nominal_current_density: float | None = entry(
        physical("current_density"), units={"A_m2": 1.0}, default=None
    )
    nominal_capacity: float | None = entry(
        physical("nominal_capacity"), units={"mAh_g": 1 / 3600}, default=None
    )
    shells: int = entry(whole(4, 1000), default=48)
    pore_transport_efficiency: float = entry(efficiency_of_pores, default=1.0)
    materials: dict[str, str | Changes] = entry(
        mapping(read_material, "a material for each phase and the electrolyte")
    )
    temperature: float = entry(number(200.0, 400.0), units=KELVIN, default=298.15)
    electrolyte_concentration: float = entry(physical("c_e"), units=MOL_PER_CUBIC_METRE, default=1000.0)
    initial_sto: float | dict[str, float] | InitialMap = entry(
        sto_of_phases,
        instead={
            "initial_soc": _tagged("soc", share),
            "initial_voltage_V": _tagged("voltage", number(0.0, 10.0)),
        },
    )
    double_layer: float | None = entry(physical("capacitance", zero=True), units={"F_m2": 1.0}, default=None)
    film: NoFilm | UniformFilm | GaussianFilm | MapFilm = entry(read_film, default=NoFilm())
    area_correction: bool = entry(flag, default=True)
    cbd: Cbd = entry(partial(section, Cbd), default=Cbd())
    contact_lost: float | LostMap | LostParticles | LostSteps | LostEvery = entry(read_contact, default=0.0)


# ---- what is asked of the run ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Match:
    """The state whose mean over the measured voxels is the map's (mean), that has discharged a charge (C per
    kg of active material) since the start of the run, or that is at a voltage (V)."""

    mean: bool | None = entry(flag, default=None)
    charge: float | None = entry(number(), units={"mAh_g": 1 / 3600}, default=None)
    voltage: float | None = entry(number(0.0, 10.0), units={"V": 1.0}, default=None)

    def as_yaml(self):
        """Give the section back as plain data."""
        if self.mean:
            return "mean"
        return {"voltage_V": self.voltage} if self.charge is None else {"charge_mAh_g": self.charge / 3600}


def read_match(raw, path):
    """Read what states are matched by: mean, {charge_mAh_g: number} or {voltage_V: number}."""
    if raw == "mean":
        return Match(mean=True)
    if isinstance(raw, dict) and len(raw) == 1 and "mean" not in raw:
        return section(Match, raw, path)
    raise InputError(
        f"{path}: expected mean, {{charge_mAh_g: number}} or {{voltage_V: number}}, got {say(raw)}; write "
        "one of them."
    )


@dataclass(frozen=True, kw_only=True)
class Compare:
    """A measured map. voxel_size, origin, psf (x, y, z), m; time: "end", a step or s; match: the state to
    compare with, in the step that time names; sigma: its noise, a number or a map of it; project: axis of the
    beam, of a projection."""

    measured: str = entry(text)
    voxel_size: tuple[float, float, float] | None = entry(voxel_edges, units=NANOMETRES, default=None)
    file_axes: str | None = entry(axes_order, default=None)
    quantity: str = entry(choice("sto", "soc", "lithium"), default="sto")
    time: str | float = entry(moment, default="end")
    match: Match | None = entry(read_match, default=None)
    origin: tuple[float, float, float] | None = entry(triple(-1.0, 1.0), units=MICROMETRES, default=None)
    min_coverage: float = entry(number(0.0, 1.0, above=True), default=0.5)
    mask: str | None = entry(text, default=None)
    sigma: float | str | None = entry(noise, default=None)
    psf: tuple[float, float, float] = entry(triple(0.0, 1e-2), units=NANOMETRES, default=(0.0, 0.0, 0.0))
    project: str | None = entry(choice("x", "y", "z"), default=None)


COMPARED = {"measured": Compare, "voltage": CompareVoltage, "spectrum": CompareSpectrum}


class Compares(tuple):
    """What a case compares a run with, maps, voltage curves, impedances: in YAML none, one section, or a list
    of them."""

    def as_yaml(self):
        """Give the sections back as plain data."""
        parts = [shown(one) for one in self]
        return parts if len(parts) > 1 else parts[0] if parts else None


def read_compares(raw, path):
    """Read a section of a measured map, voltage curve or impedance, or a list of them."""
    if isinstance(raw, list):
        return Compares(read_compared(one, f"{path}.{i}") for i, one in enumerate(raw))
    return Compares([read_compared(raw, path)])


def read_compared(raw, path):
    """Read one section of what is measured, by the key that names its file."""
    return section(section_named(raw, path, COMPARED), raw, path)


@dataclass(frozen=True, kw_only=True)
class Numerics:
    """Tolerances (relative), the longest time step (s; None: no bound), and after how many iterations GMRES
    starts again, each of which keeps two vectors (None: 20 in a time step, 6 in an impedance)."""

    time_tolerance: float = entry(tolerance, default=5e-4)
    newton_tolerance: float = entry(tolerance, default=1e-4)
    linear_tolerance: float = entry(tolerance, default=1e-3)
    max_step: float | None = entry(number(1e-6), units=SECONDS, default=None)
    transport_tolerance: float = entry(tolerance, default=1e-3)
    restart: int | None = entry(whole(2, 40), default=None)


@dataclass(frozen=True, kw_only=True)
class Output:
    """How many times, evenly spread over the run, or at which (s), and which fields are stored (None: all
    that there are).

    checkpoint: how often one is written (s of wall time); homogenised: whether a porous electrode of the
    volume's own parameters runs beside it.
    """

    times: int | tuple[float, ...] = entry(stored_times, default=11)
    fields: tuple[str, ...] | None = entry(field_names, default=None)
    checkpoint: float = entry(number(0.0), units=SECONDS, default=30.0)
    homogenised: bool = entry(flag, default=False)
