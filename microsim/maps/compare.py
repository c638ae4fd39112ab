"""How well two maps of lithiation agree: one as the instrument would see it on the voxels of the other,
voxel by voxel, and what that agreement is worth."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..base.axes import AXES
from ..base.errors import InputError
from ..base.memory import require_memory
from ..base.quantities import LEAST_NOISE
from .by_particle import ByParticle, by_particle, labels_on
from .instrument import Instrument, seen_by
from .map import SocMap, resample_onto
from .metrics import Pair, measure_agreement
from .naive import Naive, depth_map, shell_map
from .placing import check_order, lies_on, placed
from .scale import background, check_one_scale, other_quantity, strays
from .scores import Scores, score
from .systematic import systematic
from .texture import correlation_lengths, spots

NARROW = 0.1  # of a voxel: a point spread below it moves nothing


FEW, MOST = 0.01, 0.5  # of the voxels, and of chi2 that so few do not hold


VOXEL_BYTES = 450  # of memory for each measured voxel, as measured


@dataclass(frozen=True)
class Structure:
    """What is known of the electrode behind a simulated map, on its grid [x, y, z].

    particles  number of the particle, int, 0 for none; distance: to the surface that electrolyte wets, m;
    homogenised: lithiation of a homogenised electrode, a layer the same value. None: not known, and then
    `missing` may say why there is no homogenised one.
    """

    particles: np.ndarray | None = None
    distance: np.ndarray | None = None
    homogenised: np.ndarray | None = None
    missing: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two maps on the measured grid, the measures of their difference, and what these are worth.

    metrics     name -> number: see metrics
    scores      Scores: floor, explained, skill, intervals
    particles   ByParticle, or None
    profile     {"x_m", "simulated", "measured", "simulated_std", "measured_std", "n"}: layer by layer, [x]
    histogram   {"edges" [bins + 1], "simulated" [bins], "measured" [bins]}: voxels per bin
    simulated, measured, difference (simulated - measured)
                [x, y, z] on the measured grid, NaN where not both maps have a value
    sigma       noise of the measured map there, or None
    voxel_size, origin     of the measured grid, m
    missing     why there is no homogenised map, "" where there is one
    lengths     correlation lengths of both maps and of their difference: texture.correlation_lengths
    spots       hot and cold spots, misfits: texture.spots
    remarks     sentences on what was compared
    misfits     sentences on how the two differ
    """

    metrics: dict
    scores: Scores
    particles: ByParticle | None
    profile: dict
    histogram: dict
    simulated: np.ndarray = field(repr=False)
    measured: np.ndarray = field(repr=False)
    difference: np.ndarray = field(repr=False)
    sigma: np.ndarray | None = field(repr=False)
    voxel_size: tuple[float, float, float]
    origin: tuple[float, float, float]
    missing: str = ""
    lengths: dict = field(default_factory=dict)
    spots: dict = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    misfits: tuple[str, ...] = ()

    def as_dict(self):
        """Return all but the maps as plain numbers and lists for JSON, with None for NaN."""
        scores = self.scores
        return {
            "metrics": dict(self.metrics),
            "floor": scores.floor,
            "explained": scores.explained,
            "explained_without_bias": scores.explained_without_bias,
            "naive_rmse": scores.naive_rmse,
            "skill": scores.skill,
            "homogenised_missing": self.missing or None,
            "intervals": {name: ends and list(ends) for name, ends in scores.intervals.items()},
            "independent_voxels": scores.independent_voxels,
            "by_particle": self.particles and self.particles.as_dict(),
            "correlation_length": self.lengths,
            "spots": self.spots,
            "profile": {key: _plain(values) for key, values in self.profile.items()},
            "histogram": {key: _plain(values) for key, values in self.histogram.items()},
        }


def shared_pair(simulated, measured, mask, min_coverage, instrument):
    """Return both maps as a Pair on the measured grid; arguments as of compare_maps.

    Raises InputError where they do not belong together: no overlap, other axes, a mask of another shape, no
    voxel with both values. Of the simulated map only where it has values counts, so that this can be asked
    before there is one.
    """
    _check_overlap(simulated, measured)
    check_order(measured, simulated)
    seen = seen_by(instrument, simulated, measured, min_coverage=min_coverage)
    theirs = np.asarray(measured.values, float)
    theirs = np.where(np.isfinite(theirs) & _check_mask(mask, theirs.shape), theirs, np.nan)
    pair = Pair(seen, theirs, min_coverage, measured.sigma)
    if not pair.shared.any():
        raise InputError(_nothing_shared(pair))
    return pair


def compare_maps(
    simulated, measured, *, mask=None, min_coverage=0.5, bins=50, instrument=None, structure=None
):
    """Compare a simulated map with a measured one, voxel by voxel on the measured grid.

    simulated, measured: SocMap of the same quantity; the measured one with its noise as sigma, where that is
    known: voxels whose sigma is no number above 0 are left out. mask: bool in the measured shape, voxels to
    use (all). min_coverage: share of a measured voxel that the simulated map must cover. bins: of the
    histogram. instrument: Instrument through which the simulated map is seen. structure: Structure behind it.

    Metrics: see metrics, over the voxels in which both maps have a value.

    Raises InputError when the two fields of view, or their voxels with a value, do not overlap, and when the
    maps are of two scales (per cent and shares) or hold fill values.
    """
    instrument, structure = instrument or Instrument(), structure or Structure()
    require_memory(VOXEL_BYTES * np.size(measured.values), "the measured map", "crop or coarsen it")
    pair = shared_pair(simulated, measured, mask, min_coverage, instrument)
    seen, theirs, shared = pair.simulated, pair.measured, pair.shared
    check_one_scale(pair.ours, pair.theirs)
    ours, theirs = np.where(shared, seen, np.nan), np.where(shared, theirs, np.nan)
    sigma = None if measured.sigma is None else np.where(shared, measured.sigma, np.nan)
    naive = _naive(theirs, simulated, measured, structure, instrument)
    labels = None if structure.particles is None else labels_on(structure.particles, simulated, measured)
    return Comparison(
        metrics=measure_agreement(pair),
        scores=score(ours, theirs, sigma, naive),
        particles=None if labels is None else by_particle(ours, theirs, labels, sigma),
        profile=_profile(ours, theirs, shared, measured),
        histogram=_histogram(pair.ours, pair.theirs, bins),
        simulated=ours,
        measured=theirs,
        difference=ours - theirs,
        sigma=sigma,
        voxel_size=measured.voxel_size,
        origin=measured.origin,
        missing="" if naive["homogenised"] else structure.missing,
        lengths=correlation_lengths(ours, theirs, sigma, measured.voxel_size),
        spots=spots(ours, theirs, sigma, measured.voxel_size),
        remarks=_remarks(pair, simulated, measured, instrument),
        misfits=(*_few_voxels(pair), *systematic(ours, theirs, sigma)),
    )


def _remarks(pair, simulated, measured, instrument):
    narrow = _without_effect(instrument.psf, simulated)
    beside = placed(replace(measured, values=pair.measured, sigma=None), simulated)
    beside = beside or lies_on(pair.measured, pair.simulated)
    told = (_without_noise(pair), _same(pair), other_quantity(pair.ours, pair.theirs), _stray(pair))
    ours = background(pair.ours, "the compared simulated voxels", any_value=False)
    marks = (background(pair.theirs), ours)
    layer, masked = _one_layer(simulated, measured, instrument), _masked(pair, measured)
    return tuple(one for one in (masked, *told, *marks, narrow, *layer, *beside) if one)


def _masked(pair, measured):
    """A sentence on what a mask leaves out, which is in no score and no share."""
    known = np.isfinite(measured.values)
    out, whole = np.count_nonzero(known & ~np.isfinite(pair.measured)), np.count_nonzero(known)
    if not out:
        return ""
    return f"The mask leaves out {out} of {whole} measured voxels: they are in no score and no share."


def _one_layer(simulated, measured, instrument):
    """Sentences on a measured map of one layer at the beginning of a thicker simulated one, for want of
    another place; it may as well be a projection."""
    for axis, name in enumerate(AXES):
        (low, high), (first, end) = measured.span[axis], simulated.span[axis]
        thick = end - first > 1.5 * (high - low)
        if measured.values.shape[axis] == 1 and thick and not low and instrument.project is None:
            yield (
                f"The measured map is one layer along {name} and is compared with what the simulated one"
                f" holds from {1e6 * low:.4g} to {1e6 * high:.4g} um there, of {1e6 * (end - first):.4g} um"
                " in all: origin says where else it lies, project that it is a projection."
            )


def _same(pair):
    """A sentence on a map that is compared with itself."""
    if pair.ours.size < 2 or np.ptp(pair.theirs) == 0 or not np.array_equal(pair.ours, pair.theirs):
        return ""
    return "The two maps are the same, value by value: is one named twice?"


def _few_voxels(pair):
    """Say where a hundredth of the voxels holds most of chi2, and with it of odds; of normal noise it holds a
    twelfth."""
    if pair.sigma is None or pair.ours.size < 1 / FEW:
        return
    parts = np.sort((pair.difference / pair.sigma[pair.shared]) ** 2)
    few = parts[-int(FEW * parts.size) :]
    if few.sum() <= MOST * max(parts.sum(), parts.size):  # below a chi2 of 1 nothing is large
        return
    rest, share = parts[: -few.size].mean(), few.sum() / parts.sum()
    yield (
        f"{few.size} of {parts.size} voxels hold {share:.0%} of chi2, which is {rest:.3g} without them: hot"
        " pixels, a noise that is stated too small there, or a misfit in a few places; mask the first,"
        " correct the second."
    )


def _stray(pair):
    sigma = None if pair.sigma is None else pair.sigma[pair.shared]
    return strays(pair.theirs, sigma, "measured voxels")


def _without_effect(psf, simulated):
    """A sentence on a point spread that moves nothing, or everything; "" on another."""
    widths = [(s, h, n * h) for s, h, n in zip(psf, simulated.voxel_size, simulated.values.shape) if s > 0]
    if not widths:
        return ""
    given = f"The point spread of {max(s for s, _, _ in widths) * 1e9:.4g} nm"
    if all(s < NARROW * h for s, h, _ in widths):
        return (
            f"{given} is far below a simulated voxel of {widths[0][1] * 1e9:.4g} nm and changes nothing: is"
            " it in another unit?"
        )
    if any(s > size / 2 for s, _, size in widths):
        return f"{given} is wider than half of the simulated map: is it in another unit?"
    return ""


def _without_noise(pair):
    both = np.isfinite(pair.simulated) & np.isfinite(pair.measured)
    without = np.count_nonzero(both & ~pair.noisy)
    if not without:
        return ""
    share = f"{without} of {np.count_nonzero(both)}"
    return f"{share} voxels are left out: they have no noise {_bounds(pair)}."


def _bounds(pair):
    most = f" and up to {pair.most_noise:g}" if np.isfinite(pair.most_noise) else ""
    return f"above {LEAST_NOISE:g}{most}"


def _nothing_shared(pair):
    count = np.count_nonzero(np.isfinite(pair.measured))
    if count and not pair.noisy[np.isfinite(pair.measured)].any():
        return (
            f"expected a noise {_bounds(pair)} in the measured voxels, got none in {count} of them; "
            "correct sigma (per cent divided by 100), or leave it out."
        )
    return (
        f"expected voxels in which both maps have a value, got none of {count} measured ones; check origin, "
        "axes and mask, or lower min_coverage."
    )


def _naive(theirs, simulated, measured, structure, instrument):
    """Maps that know little, on the measured grid; the homogenised electrode as the instrument sees it."""

    def there(values):
        return resample_onto(SocMap(values, simulated.voxel_size, simulated.origin), measured, min_coverage=0)

    distance, beside = structure.distance, structure.homogenised
    if beside is not None:
        check_one_scale(beside[np.isfinite(beside)], theirs[np.isfinite(theirs)], "the homogenised electrode")
    deep = np.count_nonzero(np.isfinite(theirs).any(axis=(1, 2))) > 1
    return {
        "depth": depth_map(theirs) if deep else None,
        "shell": None if distance is None else shell_map(theirs, there(distance)),
        "homogenised": None if beside is None else Naive(_seen(beside, simulated, measured, instrument)),
    }


def _seen(values, simulated, measured, instrument):
    return seen_by(instrument, replace(simulated, values=values), measured, min_coverage=1e-6)


def _profile(ours, theirs, shared, measured):
    """Mean and standard deviation of both maps in each layer x of the measured grid."""
    n = shared.sum(axis=(1, 2))
    profile = {"x_m": measured.origin[0] + (np.arange(n.size) + 0.5) * measured.voxel_size[0], "n": n}
    for name, values in (("simulated", ours), ("measured", theirs)):
        inside = np.where(shared, values, 0.0)
        mean = _mean(inside.sum(axis=(1, 2)), n)
        spread = np.where(shared, values - np.nan_to_num(mean)[:, None, None], 0.0)
        profile[name], profile[name + "_std"] = mean, np.sqrt(_mean((spread**2).sum(axis=(1, 2)), n))
    return profile


def _mean(total, n):
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _histogram(ours, theirs, bins):
    low, high = (end([end(v) for v in (ours, theirs)]) for end in (np.min, np.max))
    pad = 0.5 if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300) else 0.0  # alike but for round-off
    edges = np.linspace(low - pad, high + pad, bins + 1)
    counts = {name: np.histogram(v, edges)[0] for name, v in (("simulated", ours), ("measured", theirs))}
    return {"edges": edges, **counts}


def _check_mask(mask, shape):
    mask = np.ones(shape, bool) if mask is None else np.asarray(mask)
    if mask.shape != shape or mask.dtype != bool:
        raise InputError(
            f"expected a mask of True and False in the measured map's shape {shape}, got {mask.dtype} "
            f"{mask.shape}; make it on the measured grid."
        )
    return mask


def _check_overlap(simulated, measured):
    for axis, a, b in zip("xyz", simulated.span, measured.span, strict=True):
        if min(a[1], b[1]) - max(a[0], b[0]) <= 0:
            um = [f"{1e6 * lo:.4g} to {1e6 * hi:.4g} um" for lo, hi in (a, b)]
            raise InputError(
                f"expected two maps that overlap, got the simulated one at {axis} = {um[0]} and the measured "
                f"one at {um[1]}; give the measured map's origin, or another crop."
            )


def _plain(values):
    return [None if isinstance(v, float) and np.isnan(v) else v for v in np.asarray(values).tolist()]
