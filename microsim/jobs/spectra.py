"""The job spectra: what a measurement would show of a map of lithium."""

from dataclasses import dataclass
from os import PathLike
from typing import Annotated, ClassVar

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.hosts import QUANTITIES
from ..base.memory import require_memory
from ..base.schema import number, whole
from ..base.words import times
from .arguments import axes_order, numbers, voxel_lengths
from .compare import PointSpread
from .job import job
from .map_source import Map
from .result import Result, SavedFile, Table
from .spectra_arguments import Given, references_of

VALUE_BYTES = 17  # of memory for each voxel and energy, as measured
BEYOND = 0.01  # share of the voxels that may lie beyond the references without a word


@dataclass(frozen=True, repr=False)
class SpectraResult(Result):
    """A virtual stack of spectra.

    energies    eV
    mu          absorption [energy, x, y, z]
    lithium     the map that it shows [x, y, z], per formula unit, NaN where there is none
    references  maps.mixture.References; numbers_of: their lithiation
    noise       standard deviation of mu; psf: of the point spread, m; seed
    voxel_size  m, or None
    source, sha256, read_as   of the map, and the quantity that it was read as
    remarks     sentences on what of the map the references do not hold
    """

    energies: object
    mu: object
    lithium: object
    references: object
    numbers_of: list
    noise: float
    psf: tuple
    seed: int
    voxel_size: tuple | None
    source: str
    sha256: str | None
    read_as: str
    remarks: tuple = ()

    has_page: ClassVar = False
    files: ClassVar = {
        "out": SavedFile("save_stack", "HDF5 file to write: mu, energy_eV.", label="stack", required=True)
    }

    @property
    def title(self):
        return f"{self.source}: {len(self.energies)} energies, {times(self.lithium.shape)} voxels"

    def numbers(self):
        import numpy as np

        known = self.lithium[np.isfinite(self.lithium)]
        return {
            "shape": self.lithium.shape,
            "voxels": int(known.size),
            "lithium_mean": float(known.mean()),
            "lithium_std": float(known.std()),
            "energies_eV": [float(self.energies[0]), float(self.energies[-1]), len(self.energies)],
            "noise": self.noise,
            "psf_m": self.psf,
            "seed": self.seed,
            "voxel_size_m": self.voxel_size,
            "references": {**self.references.about(), "lithiation": self.numbers_of},
            "map": {"file": self.source, "sha256": self.sha256, "quantity": self.read_as},
            "remarks": list(self.remarks),
        }

    def tables(self):
        found = self.numbers()
        keys = ("voxels", "lithium_mean", "lithium_std", "noise")
        return [Table(("", "value"), [(key.replace("_", " "), found[key]) for key in keys]), *self.remarks]

    def save_stack(self, path):
        """Write the spectra and their energies as `mu` and `energy_eV` of an HDF5 file; returns its path."""
        from ..maps.stacks import write_stack

        return write_stack(path, self.energies, self.mu, self.voxel_size)


def _energies(given, path):
    """Energies as numbers; a path stays."""
    parts = numbers(given) if isinstance(given, str) else given
    return [number(0.0)(part, path) for part in parts] if isinstance(parts, (list, tuple)) else parts


@job
def virtual_spectra(
    map: Annotated[Map, Argument("Map of lithium: fields.h5::sto@step:0, or soc.tif.", metavar="MAP")],
    *,
    references: Annotated[
        "str | PathLike | numpy.ndarray | References",  # noqa: F821 (maps.mixture)
        Argument(
            "Reference spectra: .prj, .nor, csv, columns; A,B picks some.",
            None,
            "FILE[::A,B]",
            "--references",
        ),
    ],
    reference_lithiation: Annotated[
        "list[float]",
        Argument("Lithiation of the references, in their order.", _energies, "X,X", "--reference-lithiation"),
    ],
    energies: Annotated[
        Given,
        Argument(
            "Energies, eV: a list, or a file [default: those of the references].", _energies, "E,E,...|FILE"
        ),
    ] = None,
    noise: Annotated[
        float, Argument("Standard deviation of mu in each voxel.", number(0.0, 1e6), "S")
    ] = 0.02,
    jump: Annotated[
        float, Argument("Factor on the references' absorption.", number(0.0, above=True), "J")
    ] = 1.0,
    psf: PointSpread = (0.0, 0.0, 0.0),
    quantity: Annotated[
        str | None, one_of("What a map holds that does not say it [default: lithium].", *QUANTITIES)
    ] = None,
    material: Annotated[
        "str | ActiveMaterial | None",  # noqa: F821 (a heavy import)
        Argument("Material set of a map of sto or soc; fields of a run name theirs.", metavar="NAME"),
    ] = None,
    seed: Annotated[int, Argument("Of the noise.", whole(0), "N")] = 0,
    voxel_size: voxel_lengths() = None,
    file_axes: Annotated[
        str | None, Argument("Axes of the map's file in reading order, for example zyx.", axes_order, "AXES")
    ] = None,
    progress=None,
) -> SpectraResult:
    """Make the spectra that a map of lithium would show.

    Each voxel's spectrum is a mixture of the references around its lithium, seen through a point spread and
    with noise; where the map says nothing there is noise alone. What microsim soc makes of them shows what a
    measurement with these energies and this noise could tell, and what it gets wrong.

    Parameters
    ----------
    map : path, array, field of a run or result of lithiation_map
        Map [x, y, z], NaN where there is no material.
    references : path, array or References
        Spectra of known lithiation; an array has columns, the energies (eV) first.
    reference_lithiation : list of float
        Lithiation of the references, in their order: lithium per formula unit.
    energies : path or list of float, optional
        Energies (eV), rising; default: those of the references.
    noise : float
        Standard deviation of the absorption in each voxel and energy, in units of the references times
        `jump`.
    jump : float
        Factor on the references' absorption.
    psf : float, or three of them
        Standard deviation of a Gaussian point spread along x, y, z, m.
    quantity : str, optional
        What a map holds that does not say it itself: "lithium" (per formula unit), "sto" or "soc".
    material : str or ActiveMaterial, optional
        Material set of a map of sto or soc; fields of a run name theirs.
    seed : int
        Of the noise.
    voxel_size : float, str or three of them, optional
        Edge of a voxel in m, or with its unit, "40 nm". Wins over the map's.
    file_axes : str, optional
        Axes of the map's file, slowest first.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    SpectraResult

    Raises
    ------
    InputError
        Files that cannot be read, energies beyond the references, a point spread without a voxel size.
    """
    from ..maps.stacks import read_energies
    from ..maps.virtual import mixed_spectra, seen_spectra
    from .map_series import lithium_in, read_state_map

    table, states = references_of(references, reference_lithiation)
    listed = table.energies if energies is None else read_energies(energies)
    state = read_state_map(map, file_axes)
    needed = VALUE_BYTES * state.values.size * len(listed)
    require_memory(needed, state.name, "crop the map or give fewer energies")
    lithium, read_as = lithium_in(state, quantity, material)
    size = voxel_size or state.voxel_size
    mu = mixed_spectra(lithium, listed, table, states, jump=jump)
    mu = seen_spectra(mu, noise, psf=_in_voxels(psf, size, state.name), seed=seed)
    remarks = _remarks(lithium, states, state, table)
    return SpectraResult(
        listed, mu, lithium, table, states, noise, psf, seed, size, state.name, state.sha256, read_as, remarks
    )


def _remarks(lithium, states, state, table):
    """Sentences on voxels beyond the references, on references the wrong way round, and on a background
    that is taken for material."""
    import numpy as np

    from ..maps.oxidation import order_remark
    from ..maps.scale import background

    known, low, high = lithium[np.isfinite(lithium)], min(states), max(states)
    beyond = np.mean((known < low) | (known > high))
    told = [] if state.run else [background(known, f"the voxels of {state.name}")]
    if beyond > BEYOND:
        told.append(
            f"{100 * beyond:.0f} % of the voxels are beyond the references' lithiation, {low:g} to {high:g}:"
            " their spectra go on straight from the two nearest, which no reference holds."
        )
    told.append(order_remark(table.energies, table.values.T, states, "--reference-lithiation"))
    return tuple(one for one in (*table.said, *told) if one)


def _in_voxels(psf, size, name):
    if not any(psf):
        return psf
    if size is None:
        raise InputError(f"--psf-nm: expected a known voxel size, {name} gives none; add --voxel-size-nm.")
    return tuple(width / edge for width, edge in zip(psf, size))
