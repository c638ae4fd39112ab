"""Maps of lithium after successive states as jobs take them: what each holds, of which material, and how well
it is known, all turned into lithium per formula unit."""

from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike

import numpy as np

from ..base.errors import InputError
from ..base.hosts import QUANTITIES, Host
from ..base.masked import floats
from ..base.quantities import FIELDS, LEAST_NOISE, MOST_NOISE
from ..base.schema import listed
from ..base.words import times as spelled
from ..maps.independence import native_voxels
from ..maps.scale import check_decimals, check_no_fill, is_lithiation, shared_background
from .field import Field
from .map_result import MapResult
from .map_source import with_sigma

# what the name of an array says; soc is used for lithium and for the share of a window alike
SAID = {"lithium": "lithium", "lithiation": "lithium", "sto": "sto"}


@dataclass(frozen=True, eq=False)
class StateMap:
    """A map of one state [x, y, z], NaN where it says nothing, as it was given.

    quantity  lithium, sto or soc where the map says so, or None
    sigma     standard deviation [x, y, z] or a number, or None
    run       the Field, where it is one of a run
    """

    values: np.ndarray
    name: str
    sha256: str | None = None
    quantity: str | None = None
    sigma: object | None = None
    voxel_size: tuple | None = None
    run: Field | None = None

    def origin(self):
        """Return the lines that name the map in a command's numbers."""
        time_s = self.run.time if self.run else None
        return {"file": self.name, "sha256": self.sha256, "quantity": self.quantity, "time_s": time_s}


@dataclass(frozen=True, eq=False)
class HostMap:
    """What holds lithium, voxel by voxel: numbers of one material, or arrays [x, y, z] of several."""

    hosts: tuple
    sites: object
    capacity: object
    density: object
    sto_0: object
    sto_100: object

    @classmethod
    def of(cls, hosts, masks=None):
        """Make it of one Host, or of several and the voxels [x, y, z] of each."""
        names = ("sites", "capacity", "density", "sto_0", "sto_100")
        if len({replace(host, material="") for host in hosts}) == 1:
            return cls(tuple(hosts), *(getattr(hosts[0], name) for name in names))
        columns = {name: np.full(masks[0].shape, np.nan) for name in names}
        for host, mask in zip(hosts, masks):
            for name in names:
                columns[name][mask] = getattr(host, name)
        return cls(tuple(hosts), **columns)

    def lithium(self, values, quantity):
        """Turn lithium, sto or soc into lithium per formula unit."""
        if quantity == "soc":
            values = self.sto_0 + values * (self.sto_100 - self.sto_0)
        return values if quantity == "lithium" else self.sites * values

    def step(self, quantity):
        """Return the lithium per formula unit of one unit of a quantity: what its sigma is scaled by."""
        return np.abs(self.lithium(1.0, quantity) - self.lithium(0.0, quantity))


# ---- what a map is -------------------------------------------------------------------------------------


def read_state_map(given, file_axes=None):
    """Return a map given as a path, an array, a Field or a job's map as a StateMap."""
    if isinstance(given, Field):
        return _of_run(given)
    if isinstance(given, MapResult):
        known = SAID.get(given.quantity, given.quantity)
        about = {"sha256": given.sha256, "sigma": given.sigma, "voxel_size": given.voxel_size}
        return StateMap(np.asarray(given.values, float), given.source, quantity=known, **about)
    if isinstance(given, (str, PathLike)):
        return _of_path(str(given), file_axes)
    if getattr(given, "ndim", None) == 3:
        return StateMap(floats(given, "MAP"), "array")
    raise InputError(
        "MAP: expected a path, an array [x, y, z], a field of a run or a job's map, got"
        f" {type(given).__name__}; give one of them."
    )


def _of_run(field, name=None):
    from ..volumes.stored import sha256_of

    return StateMap(
        field.values.astype(float),
        name or f"{field.path}::{field.name}@{field.index}",
        sha256_of([field.path]),
        field.name,
        voxel_size=field.grid.voxel_size,
        run=field,
    )


def _of_path(name, file_axes):
    from ..volumes.volume import read_voxels

    found = _field_of(name)
    if found:
        return _of_run(found, name)
    of, noise = with_sigma(name)
    volume = read_voxels(of, file_axes=file_axes, kind="field")
    sigma = None if noise is None else read_voxels(noise, file_axes=file_axes, kind="field").values
    part = of.partition("::")[2]
    known = SAID.get(part)
    return StateMap(volume.values.astype(float), name, volume.sha256, known, sigma, volume.voxel_size)


def _field_of(name):
    """Return the Field of a run that a path means, or None."""
    from ..volumes.fields import stored_index
    from ..volumes.formats import split_name

    path, part, index = split_name(name)
    if not (
        part in FIELDS and path.is_file() and path.suffix.lower() in (".h5", ".hdf5") and _of_a_run(path)
    ):
        return None
    field = Field(path, part)
    at = stored_index(path, index) if isinstance(index, str) else -1 if index is None else index
    if not -len(field.times) <= at < len(field.times):
        raise InputError(
            f"expected an index from 0 to {len(field.times) - 1} in {path}::{part}, got {index}; correct it."
        )
    return replace(field, index=at % len(field.times))


def _of_a_run(path):
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return "time_s" in file and "step" in file
    except (OSError, RuntimeError):  # the latter of h5py where its table of contents is damaged
        return False


def without_background(states, mark):
    """Return StateMaps without the voxels of a background; runs say themselves where they have none.

    mark: its value, "none" where all voxels are material, or None. Voxels of another value in every map,
    or at exactly 0 or -1 in one, are refused: they would count as material.
    """
    if mark == "none":
        return states
    if mark is not None:
        states = _marked_out(states, mark)
    measured = [state for state in states if not state.run]
    if measured and (told := shared_background([state.values for state in measured])):
        value, share, number = told
        where = measured[0].name if number is None else measured[number].name
        every = " in every map" if number is None else ""
        raise InputError(
            f"expected NaN where {where} says nothing, got exactly {value:g} in {share:.1%} of its"
            f" voxels{every}; add --background {value:g} to leave them out, or --background none where"
            " they are material."
        )
    return states


def _marked_out(states, mark):
    """Return StateMaps with NaN where measured ones hold a value; raises InputError where none does."""
    measured = [state for state in states if not state.run]
    if measured and not any((state.values == mark).any() for state in measured):
        raise InputError(
            f"--background: expected voxels of exactly {mark:g}, got none in"
            f" {listed(s.name for s in measured)}; leave it out, or give the value that"
            " stands outside the sample."
        )
    return [
        state if state.run else replace(state, values=np.where(state.values == mark, np.nan, state.values))
        for state in states
    ]


# ---- a series of them ----------------------------------------------------------------------------------


def check_in_time(states):
    """Refuse states of one run that are not in the order of their times."""
    for one, other in pairwise(state for state in states if state.run):
        if one.run.path == other.run.path and other.run.time < one.run.time:
            raise InputError(
                f"expected states in the order of time, got {one.run.time:g} s in {one.name} before"
                f" {other.run.time:g} s in {other.name}; give them in that order."
            )


def read_hosts_of(states, material):
    """Return the HostMap of a series of StateMaps: what a run's file says, or the named material."""
    runs = [state.run for state in states if state.run]
    told = [_hosts_of_run(run) for run in runs]
    told = [found for found in told if found]
    if material is None and not told:
        names = listed(state.name for state in states[:1])
        raise InputError(
            "--material: expected the material of the maps, whose molar mass makes mAh/g, got none in"
            f" {names}; add --material NMC811_Chen2020, say (microsim materials lists them)."
        )
    if material is not None:
        host = _host_of(material)
        others = [h.material for found in told for h in found[0] if h.material != host.material]
        if others:
            raise InputError(
                f"--material: expected {others[0]}, which the fields of the run name, got {host.material};"
                " leave it out."
            )
        return HostMap.of([host]) if not told else HostMap.of(*told[0])
    if len({found[0] for found in told}) > 1:
        raise InputError(
            "expected fields of runs with one set of materials, got several; give maps of one electrode."
        )
    _require_molar_mass(told[0][0])
    return HostMap.of(*told[0])


def _hosts_of_run(run):
    """Hosts of a run's file and the voxels of each, or None where it does not say."""
    from ..volumes.fields import read_hosts

    hosts = read_hosts(run.path)
    return (tuple(hosts.values()), [run.grid.mask(name) for name in hosts]) if hosts else None


def _host_of(material) -> Host:
    from ..materials import load

    if isinstance(material, Host):
        host = material
    else:
        found = load(material) if isinstance(material, str) else material
        found = getattr(found, "active", found)
        if getattr(found, "kind", None) != "active":
            raise InputError(
                f"--material: expected an insertion material, got {getattr(found, 'name', found)}; name"
                " another."
            )
        host = found.host
    _require_molar_mass([host])
    return host


def _require_molar_mass(hosts):
    for host in hosts:
        if host.sites is None:
            raise InputError(
                f"--material: expected a molar mass of {host.material}, which makes mAh/g, got none; give"
                " molar_mass_g_mol in the case, or name a set that has one."
            )


def lithium_of(states, quantity, hosts, sigmas=None):
    """Return lithium per formula unit of StateMaps and its standard deviation, [state, x, y, z] both (or
    None), and the quantity that each map was read as.

    quantity: of maps that do not say it, default lithium. sigmas: in the maps' own quantities, a number or a
    map for each, instead of what the maps came with.
    """
    _require_one_shape(states)
    if all(state.run for state in states):
        _require_own(states, quantity)
    read_as = [_quantity(state, quantity) for state in states]
    values = [hosts.lithium(state.values, one) for state, one in zip(states, read_as)]
    for state, found, one in zip(states, values, read_as):
        _require_plausible(state, found, one)
    noise = [state.sigma for state in states] if sigmas is None else sigmas
    if any(one is None for one in noise):
        return np.stack(values), None, read_as
    scaled = [_sigma(one, s, hosts.step(q), v) for one, s, q, v in zip(noise, states, read_as, values)]
    return np.stack(values), np.stack(scaled), read_as


def lithium_in(state, quantity, material=None):
    """Return lithium per formula unit of one StateMap [x, y, z] and the quantity that it was read as; only
    other quantities than lithium ask for a material."""
    if state.run:
        _require_own([state], quantity)
    read_as = _quantity(state, quantity)
    values = state.values
    if read_as != "lithium":
        values = read_hosts_of([state], material).lithium(values, read_as)
    _require_plausible(state, values, read_as)
    return values, read_as


def _quantity(state, asked):
    said = state.quantity
    if said is not None and said not in QUANTITIES:
        raise InputError(f"expected a map of {listed(QUANTITIES)}, got {said} in {state.name}; name another.")
    return (said if state.run else asked or said) or "lithium"


def _require_own(runs, asked):
    for state in runs:
        if asked not in (None, state.quantity):
            raise InputError(
                f"--quantity: expected {state.quantity}, which {state.name} says it is, got {asked}; leave it"
                " out."
            )


def _require_one_shape(states):
    first = states[0]
    for state in states[1:]:
        if state.values.shape != first.values.shape:
            raise InputError(
                "expected maps of one shape, voxel by voxel the same places, got"
                f" {spelled(first.values.shape)} in {first.name} and {spelled(state.values.shape)} in"
                f" {state.name}; register or resample them."
            )
        known = [one.voxel_size for one in (first, state) if one.voxel_size is not None]
        if len(known) == 2 and not np.allclose(*known, rtol=1e-4):
            sizes = [spelled(f"{1e9 * h:.4g}" for h in size) for size in known]
            raise InputError(
                f"expected maps of one voxel size, got {sizes[0]} nm in {first.name} and {sizes[1]} nm in"
                f" {state.name}; resample them."
            )


def _require_plausible(state, lithium, quantity):
    name, known, own = state.name, lithium[np.isfinite(lithium)], state.values[np.isfinite(state.values)]
    if not known.size:
        raise InputError(f"expected voxels with a value, got NaN everywhere in {name}; check the map.")
    check_decimals(own, name)
    if not is_lithiation(known):
        raise InputError(
            f"expected lithium per formula unit from about 0 to 1, got a median of {np.median(known):.4g}"
            f" from {name} read as {quantity}; name its --quantity, divide per cent by 100, or calibrate the"
            " map first."
        )
    check_no_fill(known, name)


def _sigma(given, state, step, lithium):
    """The standard deviation of lithium [x, y, z], NaN where none is known."""
    sigma = np.broadcast_to(np.asarray(given, float), np.shape(given) or lithium.shape)
    if sigma.shape != lithium.shape:
        raise InputError(
            f"--sigma: expected a map in the shape of {state.name}, {spelled(lithium.shape)}, got"
            f" {spelled(sigma.shape)}; give one for each map."
        )
    return step * usable_noise(sigma, lithium, state.name)


def usable_noise(sigma, values, name):
    """Return the standard deviations of a map, NaN where they are above all that lithiation may be.

    sigma, values: [x, y, z]; name: of the map. Raises InputError for a noise that is none: not above 0, or
    above 1 everywhere, as per cent are.
    """
    known = sigma[np.isfinite(sigma) & np.isfinite(values)]
    if not known.size or known.min() <= LEAST_NOISE:
        least = "NaN everywhere" if not known.size else f"{known.min():g}"
        raise InputError(
            f"--sigma: expected standard deviations above {LEAST_NOISE:g}, got {least} for {name}; give the"
            " noise of the maps, or maps that come without one."
        )
    if known.min() > MOST_NOISE:
        raise InputError(
            f"--sigma: expected standard deviations below 1, in the quantity of the map, got {known.min():g}"
            f" for {name}; divide per cent by 100."
        )
    return np.where(sigma <= MOST_NOISE, sigma, np.nan)


def voxels_to_a_value(states, shared, native=None, size=None, noisy=True):
    """Return how many voxels one measured value fills (maps brought onto a finer grid), of the map that has
    fewest; 1 without a noise, of which alone it tells.

    shared: the voxels that count [x, y, z]; native, size: edges of a voxel in which was measured, and of the
    maps (m, one or x, y, z), or None; noisy: whether the maps have a noise. Raises InputError for native ones
    smaller than those, and without a noise.
    """
    if not noisy and native is not None:
        raise InputError(
            "--native-voxel-size-nm: expected maps with a noise, got none; add --sigma, or leave it out."
        )
    if not noisy:
        return 1.0
    varying = [s.values for s in states if s.run is None and np.ptp(s.values[shared]) > 0]
    counts = [native_voxels(np.where(shared, values, np.nan))[0].max() + 1 for values in varying]
    seen = float(np.count_nonzero(shared) / max(counts)) if counts else 1.0
    return max(seen, voxels_in_native(native, size))


def voxels_in_native(native, size):
    """Return how many voxels of a map lie in one of those in which was measured; 1 where nothing is said of
    these.

    native, size: edges of a voxel in which was measured, and of the map (m, one or x, y, z), or None. Raises
    InputError for native ones smaller than those of the map.
    """
    if native is None:
        return 1.0
    if size is None:
        raise InputError(
            "--native-voxel-size-nm: expected maps of a known voxel size, got none; add --voxel-size-nm."
        )
    native, size = (one if isinstance(one, (tuple, list)) else (one,) * 3 for one in (native, size))
    ratio = [a / b for a, b in zip(native, size, strict=True)]
    if min(ratio) < 1 - 1e-6:
        nm = [" x ".join(f"{1e9 * h:.4g}" for h in one) for one in (size, native)]
        raise InputError(
            f"--native-voxel-size-nm: expected edges of at least those of the maps, {nm[0]} nm, got {nm[1]};"
            " give the voxels in which was measured."
        )
    return float(np.prod(ratio))
