"""Compare a simulated map with a measured one: of two files, of arrays, or of a run and its case."""

from dataclasses import dataclass, replace
from os import PathLike
from typing import Annotated, ClassVar

from ..base.arguments import one_of
from ..base.axes import axis_number
from ..base.errors import InputError
from ..base.hosts import QUANTITIES
from ..case.measurements import CompareSpectrum, CompareVoltage
from .arguments import FILE_AXES, voxel_lengths
from .compare_arguments import (
    Against,
    Beam,
    Coverage,
    Homogenised,
    Mask,
    Noise,
    Place,
    PointSpread,
    a_map,
    some_axes,
)
from .compare_curves import (
    MeasuredImpedance,
    MeasuredVoltage,
    read_impedance,
    read_voltage,
    score_impedance,
    score_voltage,
    scored,
)
from .compared_state import converted, landed_index, nearest_state, read_as_sto, said_corner, stated_corner
from .field import Field
from .job import job
from .map_source import read_map, read_mask, read_noise
from .result import Result, Table
from .structure import homogenised_map, homogenised_state, structure_of, uneven_layers

# what to add where a voxel size is not known
OURS = "--voxel-size-nm (simulated_voxel_size in Python)"
THEIRS = "--measured-voxel-size-nm (voxel_size in Python)"


@dataclass(frozen=True, repr=False)
class ComparisonResult(Result):
    """Two maps on the measured grid, how well they agree, and what that is worth.

    comparison  maps.compare.Comparison: metrics, scores, particles, profile, histogram; simulated, measured
    and
                difference [x, y, z] on the measured grid
    maps        what was compared: files, hashes, voxel sizes, origin, mask, noise, instrument
    """

    comparison: object
    maps: dict

    page_folder: ClassVar = "out/compare"

    @property
    def metrics(self):
        """Bias, RMSE, Pearson r, chi2 and more, {name: number}."""
        return self.comparison.metrics

    @property
    def floor(self):
        """What the true model would reach, {"rmse", "pearson_r", ...}; None where no noise is known."""
        return self.comparison.scores.floor

    @property
    def explained(self):
        """Share of what can be explained: 1 at the noise, 0 for a constant map, below 0 for a worse one."""
        return self.comparison.scores.explained

    @property
    def skill(self):
        """Skill over maps that know little, {"constant", "depth", "shell", "homogenised"}."""
        return self.comparison.scores.skill

    @property
    def verdict(self):
        """The agreement in sentences."""
        from ..maps.verdict import verdict

        return verdict(self.comparison)

    @property
    def title(self):
        return f"{self.maps['simulated']['file']} against {self.maps['measured']['file']}"

    def numbers(self):
        return {**self.comparison.as_dict(), "verdict": list(self.verdict), **self.maps}

    def tables(self):
        scores = self.comparison.scores
        floor, within = scores.floor or {}, scores.intervals
        values = {**self.metrics, "explained": scores.explained}
        rows = [
            (name, value, floor.get(name), *(within.get(name) or (None, None)))
            for name, value in values.items()
        ]
        skill = [(f"skill over {name}", value, None, None, None) for name, value in scores.skill.items()]
        return [*self.verdict, Table(("metric", "value", "true model", "95 % from", "to"), rows + skill)]

    def plot(self):
        """Draw both maps and their difference in the two sections that hold most voxels."""
        from ..report.pages import compare as page

        return page.figure(comparison=self.comparison)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import compare as page

        return page.write(folder, comparison=self.comparison, meta=self.maps)


@job
def compare(
    simulated: a_map("Simulated map: folder of a run (its end), fields.h5::sto@3, or a volume.", "SIMULATED"),
    measured: a_map("Measured map: a volume of floats.", "MEASURED"),
    *,
    simulated_voxel_size: voxel_lengths() = None,
    voxel_size: voxel_lengths("The same for the measured map.", "--measured-voxel-size-nm") = None,
    file_axes: some_axes(FILE_AXES) = None,
    measured_file_axes: some_axes("The same for the measured map.") = None,
    origin: Place = None,
    min_coverage: Coverage = 0.5,
    mask: Mask = None,
    sigma: Noise = None,
    psf: PointSpread = (0.0, 0.0, 0.0),
    project: Beam = None,
    quantity: Annotated[
        "str | None", one_of("Quantity of the measured map; a run's sto is converted to it.", *QUANTITIES)
    ] = None,
    homogenised: Homogenised = None,
    against: Against = (),
    progress=None,
) -> ComparisonResult:
    """Compare a simulated with a measured map.

    The simulated map is seen as the instrument would: through its point spread, averaged onto the measured
    voxels. Scores stand beside what the true model would reach under the measurement's noise, with intervals
    and with the skill over maps that know little (a constant, the depth, the distance to the surface).

    Parameters
    ----------
    simulated : path, array or Field
        A file (fields.h5::sto, or a volume of floats), an array [x, y, z], or a field of a run.
    measured : path, array or Field
        The map to compare with; NaN where it says nothing.
    simulated_voxel_size : float, str or three of them, optional
        Edge of the simulated voxels in m, or with its unit, "398 nm". Wins over the file's; an array without
        one has that of the measured map.
    voxel_size : float, str or three of them, optional
        The same for the measured map.
    file_axes : str
        Axes of the simulated map's file, slowest first.
    measured_file_axes : str
        The same for the measured map.
    origin : three lengths
        Corner of the measured map in the simulated one (m, or with the unit). Default: that one's own, unless
        it is a crop and the map larger.
    min_coverage : float
        Share of a measured voxel that simulated voxels with a value must cover.
    mask : path or array, optional
        On the measured grid; 0 leaves voxels out.
    sigma : float, path or array, optional
        Noise of the measured map, one standard deviation for all voxels or a map of it. Default: that of a
        job's map, or of the file NAME_sigma beside a file.
    psf : length or three of them
        Standard deviation of the instrument's Gaussian point spread (m, or with its unit).
    project : str or int, optional
        Axis of the beam, where the measured map is a projection through the whole sample.
    quantity : str, optional
        What the measured map holds: "sto" (c_s / c_s_max), "soc" (share of the material's window) or
        "lithium" (per formula unit); the `sto` of a run is converted to it. Default: what a field of a run
        says it is; other maps are compared as they are.
    homogenised : path, array or Field, optional
        The same state of a homogenised electrode, of which the skill over it is: on the simulated voxels, or
        one column of layers.
    against : list of path, array or Field, optional
        Further simulated maps, seen as the first one is: which of all agrees best, from which others the
        measured map tells it with which odds, and up to which noise it would. It needs a noise.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ComparisonResult

    Raises
    ------
    InputError
        Maps that cannot be read, or that do not overlap.
    """
    from ..maps.compare import compare_maps
    from ..maps.instrument import Instrument
    from ..maps.map import SocMap
    from ..maps.scale import check_decimals

    if hasattr(simulated, "ndim") and simulated_voxel_size is None:
        simulated_voxel_size = voxel_size
    ours = read_map(simulated, "SIMULATED", simulated_voxel_size, file_axes, OURS)
    beam = None if project is None else axis_number(project)
    theirs = read_map(measured, "MEASURED", voxel_size, measured_file_axes, THEIRS, beam)
    given, origin = origin, stated_corner(origin, ours, theirs)
    for one in (ours, theirs):
        check_decimals(one.values, one.name)
    if quantity is None and getattr(measured, "quantity", None) == "lithiation" and ours.field in QUANTITIES:
        quantity = "lithium"  # what a calibration's references are given in
    quantity = _agreed(ours, theirs, quantity)
    values = _in_quantity(ours, quantity)
    noise, named = read_noise(sigma, theirs, measured_file_axes, beam)
    beside = homogenised_map(homogenised, ours, file_axes, lambda one: _in_quantity(one, quantity))
    image, instrument = SocMap(theirs.values, theirs.voxel_size, origin, noise), Instrument(psf, beam)
    comparison = compare_maps(
        SocMap(values, ours.voxel_size),
        image,
        mask=read_mask(mask, measured_file_axes, beam),
        min_coverage=min_coverage,
        instrument=instrument,
        structure=structure_of(ours, beam, progress, beside=beside),
    )
    further = [read_map(one, "against", simulated_voxel_size, file_axes, OURS) for one in against]
    models, comparison = _models(comparison, [ours, *further], instrument, image, min_coverage, quantity)
    told = *said_corner(given, origin, theirs.name), *uneven_layers(beside[0])
    comparison = _remarked(comparison, told, ours, theirs, quantity, isinstance(simulated, Field))
    maps = {"simulated": ours.origin(), "measured": theirs.origin(), "origin_m": origin, "quantity": quantity}
    maps["mask"] = mask if isinstance(mask, (str, PathLike)) or mask is None else "array"
    return ComparisonResult(
        comparison, {**maps, "noise": named, "psf_m": psf, "project": project, "models": models}
    )


def _remarked(comparison, told, ours, theirs, quantity, named):
    """Return the Comparison with remarks on what was compared; told: those that begin them; named: whether
    the state of a run was."""
    from .map_remarks import lenient_remarks

    if not theirs.fields:
        told = *told, *lenient_remarks(theirs.name, comparison.measured, comparison.sigma)
    comparison = replace(comparison, remarks=(*told, *comparison.remarks))
    if ours.field == "sto" and ours.fields and theirs.field is None and quantity is None:
        comparison = read_as_sto(comparison, theirs.name, ours.fields)
    if ours.field == "sto" and ours.fields and "@" not in ours.name and not named:
        comparison = nearest_state(comparison, quantity, ours.fields)
    return comparison


def _models(comparison, models, instrument, image, min_coverage, quantity):
    """Return what is told of models beside the first one, as plain data, and the Comparison with it; [] of
    one alone."""
    from ..maps.instrument import seen_by
    from ..maps.map import SocMap
    from .compared_models import with_rivals

    if len(models) == 1:
        return [], comparison
    maps = [
        SocMap(_in_quantity(one, quantity), one.voxel_size, stated_corner(None, models[0], one))
        if one.fields
        else SocMap(_in_quantity(one, quantity), one.voxel_size)
        for one in models[1:]
    ]
    seen = [seen_by(instrument, one, image, min_coverage=min_coverage) for one in maps]
    comparison, told = with_rivals(comparison, [one.name for one in models], seen)
    return told, comparison


def _agreed(ours, theirs, quantity):
    """Return the quantity to compare: the asked one, or what the measured map says it is of."""
    said = theirs.field
    if said is None or said == (quantity or ours.field):
        return quantity
    if quantity is None and said in QUANTITIES and ours.field in QUANTITIES:
        return said
    if quantity is None and ours.field is None:
        return None
    raise InputError(
        f"quantity: expected {said}, which {theirs.name} holds, got {quantity or ours.field}; compare maps "
        "of one quantity."
    )


def _in_quantity(ours, quantity):
    """Return the simulated values as the quantity of the measured map."""
    from ..volumes.fields import read_hosts, read_phase

    if quantity is None or ours.field == quantity:
        return ours.values
    if ours.field != "sto":
        raise InputError(
            f"quantity: expected the sto of a run, which can be turned into {quantity}, got {ours.name}; "
            "give fields.h5::sto, or both maps in one quantity without it."
        )
    phase, names, _ = read_phase(ours.fields)
    return converted(quantity, phase, names, read_hosts(ours.fields)).of(ours.values)


# ---- of a run and its case -----------------------------------------------------------------------------


@dataclass(frozen=True)
class MeasuredMap:
    """A measured map that a case names: its section Compare, the SocMap with its noise, mask [x, y, z] or
    None, the Instrument, and a line that names the noise."""

    asked: object
    image: object
    mask: object
    instrument: object
    noise: dict | None


def read_measured(case):
    """Read what a case compares a run with before anything is solved, so that a mistake costs nothing."""
    readers = {CompareVoltage: read_voltage, CompareSpectrum: read_impedance}
    return [readers.get(type(asked), _read_map)(case, asked) for asked in case.compare]


def _read_map(case, asked):
    from ..maps.instrument import Instrument
    from ..maps.map import SocMap
    from ..maps.scale import check_decimals

    file = case.locate(asked.measured)
    beam = None if asked.project is None else axis_number(asked.project)
    given = read_map(file, "compare", asked.voxel_size, asked.file_axes, "voxel_size_nm", beam)
    sigma = case.locate(asked.sigma) if isinstance(asked.sigma, str) else asked.sigma
    check_decimals(given.values, given.name)
    _check_share(given, asked.quantity)
    noise, named = read_noise(sigma, given, asked.file_axes, beam)
    image = SocMap(given.values, given.voxel_size, asked.origin or (0.0, 0.0, 0.0), noise)
    mask = read_mask(case.locate(asked.mask), asked.file_axes, beam)
    return MeasuredMap(asked, image, mask, Instrument(asked.psf, beam), named)


def _check_share(given, quantity):
    """Refuse a measured map that is none of lithiation before anything is solved."""
    import numpy as np

    from ..maps.scale import is_lithiation

    known = given.values[np.isfinite(given.values)]
    if known.size and not is_lithiation(known):
        raise InputError(
            f"compare.measured: expected {quantity} from about 0 to 1, got a median of {np.median(known):.4g}"
            f" in {given.name}; divide per cent by 100, calibrate the map, or mark its background as NaN."
        )


def compare_with(measured, setup, run, fields_path, particles=None, spectra=None, dfn=None):
    """Compare a run with each map, voltage curve and impedance that was measured.

    measured: of read_measured. setup: case.build.Setup. run: the finished Experiment. particles: label of
    each voxel. spectra: {number of the section: Z} of the impedances. dfn: DfnRun of the homogenised
    electrode, or None. Returns [(Comparison, CurveScore,
    SpectrumScore, or a sentence where the run has nothing to compare; what result.json says beside)].
    """
    found = []
    for which, one in enumerate(measured):
        try:
            if isinstance(one, MeasuredVoltage):
                area = setup.cell.mesh.area
                found.append(scored(one, *score_voltage(one, run.now.record, setup.mass, area)))
            elif isinstance(one, MeasuredImpedance):
                found.append(scored(one, *score_impedance(which, one, spectra)))
            else:
                stored = Field(fields_path, "sto", landed_index(which, one, run, setup, fields_path))
                state = {"time_s": stored.time, "step": stored.step}
                beside = homogenised_state(dfn, run.now.record, stored)
                compared = _compare_one(one, setup, stored, particles, *beside)
                found.append((compared, {"noise": one.noise, "state": state}))
        except InputError as error:  # the run is done: what it found is not lost for a measurement
            found.append((str(error), {}))
    return found


def _compare_one(measured, setup, stored, particles, homogenised, missing):
    from ..maps.compare import compare_maps
    from ..maps.map import SocMap
    from .map_remarks import lenient_remarks

    asked, grid, source = measured.asked, setup.grid, read_map(stored, "sto")
    line = converted(asked.quantity, grid.phase, grid.names, setup.case.hosts(), "compare.quantity")
    homogenised = None if homogenised is None else line.of(homogenised)
    found = compare_maps(
        SocMap(line.of(source.values), source.voxel_size),
        measured.image,
        mask=measured.mask,
        min_coverage=asked.min_coverage,
        instrument=measured.instrument,
        structure=structure_of(source, measured.instrument.project, None, particles, (homogenised, missing)),
    )
    told = lenient_remarks(asked.measured, found.measured, found.sigma)
    return replace(found, remarks=(*told, *found.remarks))


def comparison_numbers(found):
    """Return what result.json says of the comparisons: the first one, and all where there are several."""
    from ..maps.verdict import verdict

    told = []
    for one, beside in found:
        if isinstance(one, str):
            told.append({"refused": one})
            continue
        own = {} if "kind" in beside else {"kind": "map", "verdict": list(verdict(one))}
        told.append({**one.as_dict(), **own, **beside})
    return {"comparison": told[0] if told else None} | ({"comparisons": told} if len(told) > 1 else {})
