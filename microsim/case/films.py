"""The film of a case: which model it follows, with the numbers of that model."""

from dataclasses import dataclass
from functools import partial

from ..base.errors import InputError
from ..base.plausible import physical
from ..base.schema import any_of, choice, entry, number, offered_keys, say, section, text, whole
from .keys import MICROMETRES, NANOMETRES, SIEMENS_PER_METRE, axes_order

film_thickness = physical("film_thickness")
film_conductivity = physical("film_conductivity")


@dataclass(frozen=True, kw_only=True)
class GrowthSection:
    """Growth of a film with time: d(thickness^2)/dt = rate^2 exp(alpha F (v - reference) / R T), v the
    voltage across the interface; rate, m s-1/2; alpha = 0: parabolic, the same everywhere; reference, V;
    lithium that it takes, mol m-3 of film."""

    rate: float = entry(number(0.0, 1e-6), units={"nm_per_sqrt_h": 6e10})
    alpha: float = entry(number(-2.0, 2.0), default=0.0)
    reference: float = entry(number(0.0, 10.0), units={"V": 1.0}, default=4.2)
    lithium: float = entry(number(0.0, 1.5e5), units={"mol_m3": 1.0}, default=0.0)


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
    conductivity: float = entry(film_conductivity, units=SIEMENS_PER_METRE, default=5e-7)
    relative_permittivity: float = entry(number(0.0, 1e6), default=0.0)
    growth: GrowthSection | None = entry(partial(section, GrowthSection), default=None)


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
    conductivity: float = entry(film_conductivity, units=SIEMENS_PER_METRE, default=5e-7)
    seed: int = entry(whole(0), default=0)
    relative_permittivity: float = entry(number(0.0, 1e6), default=0.0)
    growth: GrowthSection | None = entry(partial(section, GrowthSection), default=None)


@dataclass(frozen=True, kw_only=True)
class MapFilm:
    """A film thickness given as a map on the voxels of the image (before crop and coarsening), in nm."""

    model: str = entry(choice("map"), default="map")
    file: str = entry(text)
    file_axes: str | None = entry(axes_order, default=None)
    conductivity: float = entry(film_conductivity, units=SIEMENS_PER_METRE, default=5e-7)
    relative_permittivity: float = entry(number(0.0, 1e6), default=0.0)
    growth: GrowthSection | None = entry(partial(section, GrowthSection), default=None)


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


def read_counter_film(raw, path):
    """Read the film on a counter electrode, which has one thickness."""
    film = read_film(raw, path)
    if film.model not in ("none", "uniform"):
        raise InputError(f"{path}.model: expected none or uniform on a slab, got {film.model}; choose one.")
    return film
