"""The job soc: a map of lithiation from a stack of spectra."""

from dataclasses import dataclass
from os import PathLike
from typing import Annotated

from ..base.arguments import Argument, switch
from ..base.errors import InputError
from ..base.schema import number, whole
from ..base.words import times
from .arguments import MASK, voxel_lengths
from .calibrate import CalibrationResult
from .job import job
from .map_result import MapResult
from .result import Table
from .segment import Scratch
from .soc_stack import check_filed, read_images, require_stack, within_sample
from .spectra_arguments import (
    Energies,
    EnergyShift,
    Foil,
    Given,
    MethodOf,
    Noise,
    ReferenceLithiation,
    ReferenceSpectra,
    references_of,
)

FILED_PAGE = "{}: expected spectra in memory, which are drawn, got --scratch; leave one of the two out."
QUANTITIES = {"edge": "edge_energy_eV", "three-energy": "m"}


@dataclass(frozen=True, repr=False)
class LithiationResult(MapResult):
    """A map of lithiation, or without a calibration of what the method measures, with its uncertainty.

    energies      eV
    mu, noise     absorption [energy, x, y, z] and its standard deviation, or None
    measured      maps.soc_maps.Measured: the quantity of the method, edge jump, misfit, reasons
    lithiation    maps.soc_maps.LithiationMap, or None
    references    maps.mixture.References, or None
    calibration   maps.lithiation.Calibration, or None; calibration_file: where it was read from
    threshold     edge jump below which voxels are masked, or None
    shifts        drift of each image that was undone, voxels, or None
    components    maps.components.Components of the spectra, or None
    spread        standard deviation of an edge energy without calibration from the choice of the windows, eV
    neighbours    noise of three images from what neighbouring voxels differ, or None: given, or seen
                  otherwise
    voxel_size    m, or None
    source, sha256   of the stack
    remarks       sentences on what speaks against the lithiation of references or calibration
    """

    energies: object
    mu: object
    noise: object
    measured: object
    lithiation: object | None
    references: object | None
    calibration: object | None
    calibration_file: str | None
    threshold: float | None
    shifts: object | None
    components: object | None
    spread: float
    voxel_size: tuple | None
    source: str
    sha256: str | None
    remarks: tuple = ()
    neighbours: float | None = None

    @property
    def values(self):
        """The map [x, y, z]: lithiation, or the quantity; NaN where there is none."""
        return self.lithiation.values if self.lithiation else self.measured.quantity

    @property
    def sigma(self):
        """Standard deviation of the map: counting, calibration and curve; without one counting, windows. None
        where the noise of the spectra is not known."""
        from ..maps.soc_maps import quantity_sigma

        return self.lithiation.sigma if self.lithiation else quantity_sigma(self.measured, self.spread)

    @property
    def quantity(self):
        """What the map shows: lithiation, edge_energy_eV or m."""
        return "lithiation" if self.lithiation else QUANTITIES[self.measured.method.name]

    @property
    def unit(self):
        """SI unit of the map, eV for an edge energy."""
        return "eV" if self.quantity == "edge_energy_eV" else "1"

    @property
    def counts(self):
        """Voxels by reason, {"used": 120, "dead": 3}; see `reason`."""
        from ..maps.soc_maps import counts_of

        return self.lithiation.counts if self.lithiation else counts_of(self.measured.reason)

    @property
    def reason(self):
        """Why each voxel has no value [x, y, z]: a code into maps.spectra.REASONS, 0 for used."""
        return self.measured.reason

    @property
    def title(self):
        shape = times(self.values.shape)
        return f"{self.source}: {len(self.energies)} energies, {shape} voxels, {self.measured.method.name}"

    def numbers(self):
        from ..maps.soc_maps import map_statistics

        drift = None if self.shifts is None else float(abs(self.shifts).max())
        found = {
            "quantity": self.quantity,
            **map_statistics(self.measured, self.lithiation, self.spread),
            "noise_of_neighbours": self.neighbours,
            "least_jump": self.threshold,
            "largest_drift_voxels": drift,
            "method": self.measured.method.as_dict(),
            "references": self.references and self.references.about(),
            "calibration": self.calibration and {"file": self.calibration_file, **self.calibration.about()},
            "energies_eV": [self.energies[0], self.energies[-1], len(self.energies)],
            "shape": self.values.shape,
            "voxel_size_m": self.voxel_size,
            "stack": self.source,
            "stack_sha256": self.sha256,
            "remarks": list(self.remarks),
        }
        parts = self.components
        return found | ({"components": parts.figures()} if parts else {})

    def tables(self):
        found = self.numbers()
        names = ("mean", "std", "mean_weighted_by_jump", "sigma_rms", "residual_median")
        rows = [(name, found[name]) for name in names if found[name] is not None]
        budget = (found["budget"] or {}).items()
        rows += [(f"error: {name.replace('_', ' ')}", value) for name, value in budget if value is not None]
        shown = [Table((self.quantity, "value"), rows), f"voxels: {_listed(self.counts)}"]
        if self.spread:
            w = self.measured.method.windows
            shown.append(
                f"energies hold for pre-edge {w.pre[0]:g} to {w.pre[1]:g} eV and post-edge {w.post[0]:g} to"
                f" {w.post[1]:g} eV: with other ends of the scan they move by {self.spread:.2g} eV"
            )
        if self.measured.method.name == "lcf":
            m = self.measured.method
            error = f" ± {m.shift_sigma:.2g}" if m.shift_sigma else ""
            shown.append(f"shift of the references: {m.shift:.3f}{error} eV")
        return [*shown, *self.remarks]

    def plot(self):
        """Draw the map, its uncertainty, and the misfit or edge jump in one section."""
        from ..report.pages import soc as page

        return page.figure(page=self._page)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import soc as page

        return page.write(folder, page=self._page, result=self.numbers())

    @classmethod
    def check(cls, values, asked):
        super().check(values, asked)
        if values.get("scratch") is not None and asked.get("page") is not None:
            raise InputError(FILED_PAGE.format("--report"))

    @property
    def _page(self):
        from ..maps.filed_stack import FiledStack
        from ..report.pages.soc import SocPage

        if isinstance(self.mu, FiledStack):
            raise InputError(FILED_PAGE.format("plot, write"))
        return SocPage(
            self.energies, self.mu, self.noise, self.measured, self.lithiation, self.references,
            self.voxel_size, self.threshold, self.calibration, self.components,
        )  # fmt: skip


def _jump(given, path):
    return given if isinstance(given, str) and given == "otsu" else number()(given, path)


@job
def lithiation_map(
    stack: Annotated[
        Given, Argument("Images over energy (TIFF, HDF5, npy), or a known name.", metavar="STACK")
    ],
    *,
    energies: Energies = None,
    method: MethodOf = None,
    references: ReferenceSpectra = None,
    reference_lithiation: ReferenceLithiation = None,
    calibration: Annotated[
        "str | PathLike | Calibration | CalibrationResult | None",  # noqa: F821 (maps.lithiation)
        Argument("Calibration of microsim calibrate; sets the method.", metavar="FILE"),
    ] = None,
    noise: Noise = None,
    flat: Annotated[Given, Argument("Reference frames without sample.", metavar="FILE")] = None,
    dark: Annotated[Given, Argument("Dark frames (with --flat).", metavar="FILE")] = None,
    photons_per_unit: Annotated[
        float, Argument("Detected photons per detector unit (with --flat).", number(0.0, above=True), "G")
    ] = 1.0,
    saturation: Annotated[
        float | None,
        Argument("Detector value that counts as saturated (with --flat).", number(0.0, above=True), "N"),
    ] = None,
    foil: Foil = None,
    energy_shift: EnergyShift = None,
    align: Annotated[bool, switch("Find and undo the drift from image to image.")] = False,
    least_jump: Annotated[
        "float | str | None", Argument("Mask voxels with a smaller edge jump.", _jump, "J|otsu")
    ] = None,
    clusters: Annotated[
        int | None, Argument("Also principal components and N clusters of the spectra.", whole(2, 20), "N")
    ] = None,
    file_axes: Annotated[
        str | None, Argument("Axes of the file, slowest first, E the energy: Eyx.", metavar="AXES")
    ] = None,
    voxel_size: voxel_lengths() = None,
    mask: Annotated["str | PathLike | dict | None", MASK] = None,
    scratch: Scratch = None,
    progress=None,
) -> LithiationResult:
    """Map lithiation from a stack of spectra.

    Each voxel's spectrum gives an edge energy, shares of references or a three-energy ratio, and a
    calibration (or the references' own lithiation) turns it into lithiation, with the uncertainty of
    counting, calibration and curve. Without either the map is that of the quantity itself. Voxels that cannot
    be used are counted by reason.

    Parameters
    ----------
    stack : path or array
        Images over energy: absorption, or with `flat` the detector's frames; an array [energy, x, y] or
        [energy, x, y, z].
    energies : path or array, optional
        Energies, eV, rising; needed where the stack does not bring them.
    method : str, dict or maps.method.Method, optional
        "edge", "lcf" or "three-energy"; a dict has its settings, {"name": "lcf", "shift": "fit", "windows":
        {"e0": 7120}}. Default: that of the calibration, else "edge".
    references : path, array or References, optional
        Reference spectra of a linear combination; an array has columns, the energies (eV) first.
    reference_lithiation : list of float, optional
        Lithiation of the references, in their order; they then calibrate any method.
    calibration : path, CalibrationResult or Calibration, optional
        Turns the quantity into lithiation.
    noise : float or array, optional
        Standard deviation of the absorption; default: counting, where there are frames, else the scatter of a
        spectrum's energies, of three images that of neighbouring voxels.
    flat : path or array, optional
        Reference frames without sample.
    dark : path or array, optional
        Dark frames. Without them all counts are taken for light, and a sentence says what an offset does.
    photons_per_unit : float
        Detected photons per detector unit.
    saturation : float, optional
        Detector value from which a pixel counts as saturated.
    foil : path or array, optional
        Spectra of a foil, one for each spectrum: their shifts in energy are undone.
    energy_shift : path or array, optional
        Energy (eV) by which each spectrum is too high; undone.
    align : bool
        Find and undo the drift from image to image.
    least_jump : float or "otsu", optional
        Mask voxels with a smaller edge jump; "otsu" finds the limit.
    clusters : int, optional
        Also principal components and so many clusters of the spectra.
    file_axes : str, optional
        Axes of the files, slowest first, E the energy: "Eyx".
    voxel_size : float, str or three of them, optional
        Edge of a voxel in m, or with its unit, "40 nm". Wins over the file's.
    mask : str, path, dict or array, optional
        Which voxels are sample: "cylinder" (of a single layer a disc), "x=0:96,y=4:80", or a volume or array
        that is 0 outside, in the order of the stack's axes. Others are counted as outside.
    scratch : path, optional
        Folder: the spectra stay in their file, or in one made there, and are read some at a time; maps alone
        are in memory. For absorption whose images lie on each other and on one scale.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    LithiationResult

    Raises
    ------
    InputError
        Files that cannot be read or do not belong together; no voxel with an edge.
    """
    from ..maps.components import components_of
    from ..maps.drift import without_drift
    from ..maps.foil import own_scale_undone
    from ..maps.frames import absorption, dark_remark
    from ..maps.image_noise import noise_remark
    from ..maps.lithiation import beyond_remarks
    from ..maps.moved_references import fit_remark
    from ..maps.soc_maps import check_calibrated, prepared

    check_filed(scratch, flat, foil, energy_shift, align, clusters)
    images, listed = read_images(stack, energies, file_axes, scratch)
    require_stack(images, align)
    table, numbers = references_of(references, reference_lithiation)
    method, curve = _calibrated(calibration, method, table)
    if curve is not None:
        numbers = curve.settings.get("numbers") or numbers
        check_calibrated(method, listed)
    options = {"photons_per_unit": photons_per_unit, "saturation": saturation, "axes": file_axes}
    mu, sigma, reason = absorption(images, flat, dark, noise=noise, **options)
    mu, shifts = own_scale_undone(mu, listed, foil, energy_shift), None
    if align:
        mu, sigma, shifts = without_drift(mu, sigma, progress=progress)
    mu, reason = within_sample(mu, reason, mask, voxel_size or images.voxel_size, file_axes)
    method = prepared(method, mu, listed, table)
    known = {"references": table, "numbers": numbers}
    options = {**known, "reason": reason, "progress": progress}
    measured, threshold, sigma, seen = _measured(mu, listed, method, sigma, least_jump, **options)
    found, curve, spread = _lithiated(mu, listed, measured, curve, **known)
    parts = None if clusters is None else components_of(mu, listed, measured, clusters)
    file = calibration if isinstance(calibration, (str, PathLike)) else None
    told = *_order(table, numbers, curve, calibration is not None), *dark_remark(flat, dark, mu)
    told = *told, *noise_remark(measured, seen), *fit_remark(mu, listed, measured, **known)
    told = *told, *(beyond_remarks(curve, measured.quantity, measured.sigma) if curve else ())
    result = LithiationResult(
        listed, mu, sigma, measured, found, table, curve, file, threshold, shifts, parts, spread,
        voxel_size or images.voxel_size, images.source, images.sha256, told, seen,
    )  # fmt: skip
    _check_any(result)
    return result


def _measured(mu, energies, method, sigma, least_jump, **options):
    """Measure the spectra and mask voxels by their edge jump: Measured, threshold, the noise, and that of
    neighbouring voxels where three images came without one."""
    from ..maps.image_noise import noise_of_images
    from ..maps.soc_maps import masked, measure_spectra

    def found(noise):
        measured = measure_spectra(mu, energies, method, noise, **options)
        return (measured, None) if least_jump is None else masked(measured, least_jump)

    measured, threshold = found(sigma)
    if measured.sigma is not None:
        return measured, threshold, sigma, None
    seen = noise_of_images(mu, measured.reason == 0)
    return (*((measured, threshold) if seen is None else found(seen)), seen, seen)


def _lithiated(mu, energies, measured, curve, references, numbers):
    """Turn what was measured into lithiation: LithiationMap or None, the calibration that did it or None, and
    what an edge energy without one moves with the windows (eV)."""
    from ..maps.moved_references import shift_error
    from ..maps.soc_maps import lithiation_of
    from ..maps.soundness import mean_spectrum, window_spread

    moved = 0.0 if curve is not None else shift_error(mu, energies, measured, references, numbers)
    found, curve = lithiation_of(measured, energies, curve, references, numbers, shift_error=moved)
    plain = found is None and measured.method.name == "edge"
    return found, curve, window_spread(mean_spectrum(mu), energies, measured.method) if plain else 0.0


def _order(references, numbers, curve, calibrated):
    """Which lithium the references or the calibration stand for, and whether their edges speak against it."""
    from ..maps.oxidation import calibration_remark, order_remark

    if calibrated:
        told = calibration_remark(curve)
        return (told,) if told else ()
    if references is None or numbers is None:
        return () if references is None else references.said
    states = ", ".join(f"{name} {x:g}" for name, x in zip(references.names, numbers))
    against = order_remark(references.energies, references.values.T, numbers, "--reference-lithiation")
    told = (*references.said, f"lithiation of the references: {states}", against)
    return tuple(one for one in told if one)


def _calibrated(calibration, method, references):
    """The method as it was calibrated and the calibration; without one: the method as given, None."""
    from ..maps.lithiation import Calibration, load_calibration
    from ..maps.method import Method
    from ..maps.reference_scale import with_line

    method = method and with_line(method, references)
    if calibration is None:
        return method or Method(), None
    if isinstance(calibration, CalibrationResult):
        calibration = calibration.calibration
    where = calibration if isinstance(calibration, (str, PathLike)) else "it"
    curve = calibration if isinstance(calibration, Calibration) else load_calibration(calibration)
    if method is not None and curve.method != method.name:
        raise InputError(
            f"--calibration: expected one of the method {method.name}, got one of {curve.method} in {where}; "
            f"add --method {curve.method}."
        )
    names = curve.settings.get("references")
    if names and (references is None or list(references.names) != names):
        raise InputError(
            f"--calibration: expected the references {', '.join(names)} that {where} was made with, got "
            f"{', '.join(references.names) if references else 'none'}; add --references."
        )
    calibrated = Method.of(curve.settings)
    if method is not None:
        _check_same(method, calibrated)
    return calibrated, curve


def _check_same(given, calibrated):
    """Refuse settings of a method that are given beside a calibration and are not its own."""
    from dataclasses import fields

    asked = {f.name: getattr(given, f.name) for f in fields(given) if getattr(given, f.name) != f.default}
    own = {f.name: getattr(calibrated, f.name) for f in fields(given)}
    windows = asked.pop("windows", None) or {}
    asked |= windows if isinstance(windows, dict) else vars(windows)
    own |= vars(calibrated.windows) if calibrated.windows else {}
    for name, value in asked.items():
        if name not in own or own[name] != value:
            raise InputError(
                f"--{name.replace('_', '-')}: expected that of the calibration, {own.get(name)}, got {value};"
                " leave it out, or calibrate with it."
            )


def _check_any(result):
    import numpy as np

    if not np.isfinite(result.values).any():
        raise InputError(
            f"expected voxels with an edge, got none of {result.values.size}"
            f" ({_listed(result.counts)}); check the windows, the noise and the mask."
        )


def _listed(counts):
    return ", ".join(f"{n} {name}" for name, n in counts.items())
