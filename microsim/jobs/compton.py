"""The job compton: S-parameter and lithium from Compton-scattered photons, pixel by pixel and by depth."""

from dataclasses import dataclass
from os import PathLike
from typing import Annotated

from ..base.arguments import Argument, one_of
from ..base.errors import InputError
from ..base.memory import require_memory
from ..base.schema import number, say, whole
from ..base.words import times
from .arguments import voxel_lengths
from .job import job
from .map_result import MapResult
from .result import Table

VALUE_BYTES = 55  # of memory for each value of a stack, as measured
SURE = 3.0  # standard deviations of S from which on a pixel lies beyond the states, whatever its noise
FAR = 0.3  # channels by which the peak may lie off

Values = "str | PathLike | numpy.ndarray"
Given = "str | PathLike | numpy.ndarray | None"


@dataclass(frozen=True, repr=False)
class ComptonResult(MapResult):
    """A map of lithium (or of the S-parameter) and what it was made of.

    values, sigma    the map [x, y, z] and its standard deviation, NaN in pixels without a profile
    s, s_sigma       S-parameter of each pixel and its standard deviation from counting
    profile          maps.compton.Profile: mean momentum profile of each pixel
    line             maps.compton.Stoichiometry through the reference states, or None: the map is that of S
    states           (S, lithium) of the reference states, or None
    regions          [{"layers", "mean", "sigma", "std", "pixels", "beyond_states"}] by depth along x; the
                     last: pixels whose S lies beyond that of the reference states
    voxel_size       m, or None
    beam             {"incident_keV", "angle_deg", "peak_eV": expected, "peak_found_eV", "channel_eV": width
                     one, "channel_energies": what the energies were taken for, "states"}
    source, sha256   of the stack
    """

    values: object
    sigma: object
    s: object
    s_sigma: object
    profile: object
    line: object
    states: tuple | None
    regions: list
    voxel_size: tuple | None
    beam: dict
    source: str
    sha256: str | None

    @property
    def quantity(self):
        """What the map shows: lithium, or S."""
        return "S" if self.line is None else "lithium"

    @property
    def beyond(self):
        """Where S lies beyond that of the reference states, bool [x, y, z]: lithium is the line carried
        on."""
        import numpy as np

        known = np.isfinite(self.values)
        return known & self.line.beyond(self.s) if self.line else np.zeros(known.shape, bool)

    @property
    def remarks(self):
        """Sentences on lithium that the reference states do not hold for."""
        return () if self.line is None else tuple(_beyond_remarks(self))

    @property
    def title(self):
        channels = len(self.profile.p_z)
        return f"{self.source}: {channels} channels, {times(self.values.shape)} pixels"

    def numbers(self):
        import numpy as np

        from ..maps.map import statistics

        of_s = statistics(self.s, self.s_sigma)
        used = int(np.isfinite(self.values).sum())
        pixels = {"used": used, "without a profile": self.values.size - used}
        if self.line is not None:
            pixels["beyond the states"] = int(self.beyond.sum())
        return {
            "quantity": self.quantity,
            **statistics(self.values, self.sigma),
            "S_mean": of_s["mean"],
            "S_sigma_rms": of_s["sigma_rms"],
            "pixels": pixels,
            "beyond_states_share": None if self.line is None else int(self.beyond.sum()) / max(used, 1),
            "regions": self.regions,
            "line": None if self.line is None else self.line.figures(),
            "stack": self.source,
            "stack_sha256": self.sha256,
            "shape": self.values.shape,
            **self.beam,
            "remarks": list(self.remarks),
        }

    def tables(self):
        found = self.numbers()
        rows = [(name, found[name]) for name in ("mean", "std", "sigma_rms", "S_mean", "S_sigma_rms")]
        keys = ("mean", "sigma", "std", "pixels", *(["beyond_states"] if self.line else []))
        parts = [("{} to {}".format(*r["layers"]), *(r[key] for key in keys)) for r in self.regions]
        shown = [Table((self.quantity, "value"), rows)]
        header = ("layers along x", "mean", "its sigma", "std", "pixels", "beyond states")
        shown.append(Table(header[: 1 + len(keys)], parts))
        shown.append(_peak_line(self.beam))
        if self.line is not None:
            text = "lithium = {slope:.4g} S {intercept:+.4g}, R squared {r_squared:.5f}"
            shown.append(text.format(**found["line"]))
            pixels = found["pixels"]
            shown.append(f"pixels: {', '.join(f'{n} {name}' for name, n in pixels.items())}")
        return [*shown, *self.remarks]

    def plot(self):
        """Draw map and uncertainty in the middle section."""
        from ..report.pages import compton as page

        return page.figure(values=self.values, error=self.sigma, line=self.line, voxel_size=self.voxel_size)

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import compton as page

        drawn = {"values": self.values, "error": self.sigma, "line": self.line, "states": self.states}
        return page.write(
            folder, profile=self.profile, voxel_size=self.voxel_size, result=self.numbers(), **drawn
        )


def _ranges(given, path):
    """Read two ranges of momentum: -12:-9,9:12 or ((-12, -9), (9, 12))."""
    parts = given.split(",") if isinstance(given, str) else given
    try:
        pairs = [part.split(":") if isinstance(part, str) else tuple(part) for part in parts]
    except TypeError:
        pairs = []
    found = [tuple(number(-100, 100)(end, path) for end in pair) for pair in pairs]
    if len(found) != 2 or any(len(part) != 2 or part[0] >= part[1] for part in found):
        raise InputError(f"{path}: expected two ranges like -12:-9,9:12, got {say(given)}; correct it.")
    return tuple(found)


@job
def compton_map(
    counts: Annotated[
        Values, Argument("Photons over energy (TIFF, HDF5, npy, .hxt): a stack.", metavar="COUNTS")
    ],
    *,
    energies: Annotated[
        Values,
        Argument(
            "Channels' energies, eV, one a line; or the .hxt file.", metavar="FILE", option="--energies"
        ),
    ],
    incident_keV: Annotated[
        float, Argument("Energy of the beam, keV.", number(1.0, 1e4), "E", "--incident-keV")
    ],
    angle_deg: Annotated[
        float, Argument("Scattering angle, degrees.", number(0.0, 180.0, above=True), "A", "--angle-deg")
    ],
    states: Annotated[
        Given,
        Argument(
            "Reference states, two columns: S-parameter and lithium (1 - x); the line through them.",
            metavar="FILE",
        ),
    ] = None,
    background: Annotated[
        tuple | None,
        Argument(
            "Two ranges of momentum, atomic units, whose line is subtracted: -12:-9,9:12.", _ranges, "P:P,P:P"
        ),
    ] = None,
    channel_energies: Annotated[
        str,
        one_of("What the energies are of each channel (HEXITEC: lower edges).", "centres", "lower", "upper"),
    ] = "centres",
    transmission: Annotated[
        Given, Argument("Share of scattered photons detected in each channel.", metavar="FILE")
    ] = None,
    regions: Annotated[int, Argument("Regions of depth, along x.", whole(1), "N")] = 3,
    file_axes: Annotated[
        str | None, Argument("Axes of the file, slowest first, E the energy: Eyx.", metavar="AXES")
    ] = None,
    voxel_size: voxel_lengths() = None,
    progress=None,
) -> ComptonResult:
    """Map lithium from Compton-scattered photons.

    Energies become electron momenta, counts a Compton profile, its share within 1 atomic unit over that from
    1 to 5 the S-parameter, and a line through reference states lithium. Uncertainties are those of counting
    and of the line.

    Parameters
    ----------
    counts : path or array
        Photons over energy, an image each; an array [energy, x, y] or [energy, x, y, z].
    energies : path or array
        Energies of the channels, eV, rising.
    incident_keV : float
        Energy of the beam, keV.
    angle_deg : float
        Scattering angle, degrees.
    states : path or array, optional
        Reference states [state, 2]: S-parameter and lithium 1 - x. Without them the map is that of S.
    background : two pairs of floats, optional
        Two ranges of momentum (atomic units) whose line is subtracted, ((-12, -9), (9, 12)).
    channel_energies : str
        What the energies are of each channel: "centres", "lower" or "upper" edges (HEXITEC's files hold lower
        ones). One energy more than there are channels: all their edges.
    transmission : path or array, optional
        Share of the scattered photons detected in each channel.
    regions : int
        Regions of depth along x that are averaged.
    file_axes : str, optional
        Axes of the stack, slowest first, E the energy: "Eyx".
    voxel_size : float, str or three of them, optional
        Edge of a pixel in m, or with its unit, "5 um". Wins over the file's.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ComptonResult

    Raises
    ------
    InputError
        Files that cannot be read or do not belong together; channels that do not cover the profile.
    """
    import numpy as np

    from ..maps import compton as physics
    from ..maps.stacks import read_energies, read_stack

    images = read_stack(counts, file_axes=file_axes)
    require_memory(VALUE_BYTES * images.values.size, images.source, "crop the stack or join channels")
    listed, taken = physics.channel_middles(read_energies(energies), len(images.values), channel_energies)
    shares = _transmission(transmission, len(listed))
    incident = 1e3 * incident_keV
    profile = physics.compton_profile(
        listed, images.values, incident, angle_deg, background=background, transmission=shares
    )
    s, s_sigma = physics.s_parameter(profile)
    points = None if states is None else _states(states)
    line = None if points is None else physics.calibrate_stoichiometry(*points)
    values, sigma = (s, s_sigma) if line is None else line.of(s, s_sigma)
    if not np.isfinite(values).any():
        raise InputError("expected pixels with a Compton profile, got none; check energies, beam and angle.")
    by_depth = _by_depth(s, s_sigma, regions, line)
    peak = float(physics.scattered_energy(0.0, incident, angle_deg))
    named = states if isinstance(states, (str, PathLike, type(None))) else "array"
    beam = {"incident_keV": incident_keV, "angle_deg": angle_deg, "peak_eV": peak, "states": named}
    found = physics.scattered_energy(physics.peak_momentum(profile), incident, angle_deg)
    step = float(np.interp(peak, listed, np.gradient(listed)))
    beam |= {"peak_found_eV": float(found), "channel_eV": step, "channel_energies": taken}
    size = voxel_size or images.voxel_size
    return ComptonResult(
        values, sigma, s, s_sigma, profile, line, points, by_depth, size, beam, images.source, images.sha256
    )


def _peak_line(beam):
    """Say where the peak lies, and what it may mean where it lies elsewhere than the beam makes it."""
    off = (beam["peak_found_eV"] - beam["peak_eV"]) / beam["channel_eV"]
    taken = {"lower": "lower edges", "upper": "upper edges"}.get(beam["channel_energies"])
    said = (
        f"energies taken as {taken or beam['channel_energies']} of the channels: peak at"
        f" {beam['peak_found_eV']:.0f} eV, expected at {beam['peak_eV']:.0f} eV"
    )
    if abs(off) < FAR:
        return said
    if abs(off) > 1 - FAR:
        return f"{said} (off by {off:.1f} channels: check beam, angle and energies)"
    return f"{said} (off by half a channel: --channel-energies {'lower' if off < 0 else 'upper'}?)"


def _beyond_remarks(found):
    """Say how much of a map lies beyond its reference states, where more than noise carries it there."""
    import numpy as np

    line, used = found.line, np.isfinite(found.values)
    surely = np.count_nonzero(used & line.beyond(found.s, SURE * found.s_sigma))
    mean = float(np.mean(found.s[used]))
    if not surely and not line.beyond(mean):
        return
    count, total = int(found.beyond.sum()), int(used.sum())
    yield (
        f"S of {count} of {total} pixels ({count / total:.0%}) lies beyond the reference states"
        f" ({line.low:.4g} to {line.high:.4g}; the map's mean is {mean:.4g}): their lithium is the line"
        " carried on, and its sigma does not say whether it goes on so; give states about the sample's, or"
        " check background, beam and angle, which move S."
    )


def _by_depth(s, sigma, count, line=None):
    """Average a map of S over regions of depth, as equal as whole layers allow, and bring the means to
    lithium: the line's own error is common to all pixels and no smaller of many.

    s, sigma: [x, y, z]; line: maps.compton.Stoichiometry, or None for regions of S.
    """
    import numpy as np

    from ..maps.compton import by_region

    layers = len(s)
    if count > layers:
        raise InputError(
            f"--regions: expected at most one for each of the {layers} layers along x, got {count}; ask for"
            " fewer."
        )
    edges, found = [round(k * layers / count) for k in range(count + 1)], []
    for start, end, (mean, own, spread, n) in zip(edges, edges[1:], by_region(s, sigma, edges)):
        region = {"layers": [start, end], "mean": mean, "sigma": own, "std": spread, "pixels": n}
        if line is not None:
            lithium, error = line.of(mean, own)
            region |= {"mean": float(lithium), "sigma": float(error), "std": abs(line.slope) * spread}
            region |= {"beyond_states": int(np.count_nonzero(line.beyond(s[start:end])))}
        found.append(region)
    return found


def _transmission(given, channels):
    from ..maps.stacks import read_numbers

    shares = None if given is None else read_numbers(given)
    if shares is not None and (len(shares) != channels or not ((shares > 0) & (shares <= 1)).all()):
        raise InputError(
            f"--transmission: expected a share above 0 for each of the {channels} channels, 1 at most, got "
            f"{len(shares)} from {shares.min():g} to {shares.max():g}; correct the file, per cent say."
        )
    return shares


def _states(given):
    """S-parameter and lithium of the reference states."""
    from ..maps.lithiation import check_lithiation
    from ..maps.stacks import read_columns

    columns = read_columns(given)
    if columns.shape[1] != 2:
        raise InputError(
            f"--states: expected two columns (S, lithium), got {columns.shape[1]} in {given}; correct the"
            " file."
        )
    return columns[:, 0], check_lithiation(columns[:, 1], given)
