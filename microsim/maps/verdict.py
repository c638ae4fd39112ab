"""A comparison in sentences that can be quoted: what the agreement is worth, and what it cannot tell."""

import numpy as np

from .independence import FEWEST_BLOCKS

WORTH = 0.1  # of what can be explained: a smaller effect of the bias is not told
UNEVEN = 2.0  # times the noise of the quarter of least noise that the rms of all is
# share of the measured values that differ independently, below which differences are alike in neighbours
INDEPENDENT = 0.9
AGAINST = -0.5  # Pearson r below which two maps are rather of two quantities
NAIVE = {
    "constant": "the best constant",
    "depth": "the best map of the depth alone",
    "shell": "the best map of the distance to the surface alone",
    "homogenised": "the homogenised electrode",
}


def verdict(comparison):
    """Return the sentences: agreement beside what noise allows, rank among maps that know little, and
    limits."""
    told = [_agreement(comparison), _bias(comparison), _rank(comparison), *_limits(comparison)]
    told = [sentence for sentence in told if sentence]
    return tuple(told)


def _agreement(comparison):
    scores, m = comparison.scores, comparison.metrics
    rmse, r = f"RMSE {m['rmse']:.3g}", "" if m["pearson_r"] is None else f", r {m['pearson_r']:.2f}"
    if scores.floor is None:
        share = "" if scores.explained is None else f" and explains {_part(comparison)} of the map's variance"
        worse = scores.explained is not None and scores.explained <= 0
        if worse:
            return (
                f"The model does worse than a constant: {rmse}, the best constant {m['std_measured']:.3g}{r}."
            )
        return f"The model differs from the map by {rmse}{r}{share}."
    floor = f"{rmse} where the noise alone gives {scores.floor['rmse']:.3g}"
    if r:
        floor += f"{r} of at most {scores.floor['pearson_r']:.2f}"
    if scores.explained is None:
        return f"The model differs from the map by {floor}."
    if scores.explained <= 0:
        best = f"the best constant {m['std_measured']:.3g}"
        return f"The model does worse than a constant: {floor}, {best}."
    if scores.explained > 1:
        return f"The model explains all of what can be explained of this map, {_part(comparison)}: {floor}."
    return f"The model explains {_part(comparison)} of what can be explained of this map: {floor}."


def _part(comparison):
    """The share explained, with its interval."""
    value, ends = comparison.scores.explained, comparison.scores.intervals["explained"]
    within = "" if ends is None else f" (95 %: {100 * ends[0]:.0f} to {100 * ends[1]:.0f} %)"
    return f"{100 * value:.0f} %{within}"


def _bias(comparison):
    """Say what the means have to do with it, where they differ and it matters."""
    scores, bias = comparison.scores, comparison.metrics["bias"]
    ends, share, without = scores.intervals["bias"], scores.explained, scores.explained_without_bias
    if share is None or without is None or without - share < WORTH or not ends or ends[0] <= 0 <= ends[1]:
        return ""
    return (
        f"The means differ by {bias:+.3g}; with equal means it would explain {100 * without:.0f} %: "
        "compare states of equal lithiation (match: mean in a case) to see the pattern alone."
    )


def _rank(comparison):
    skill = comparison.scores.skill
    known = {name: skill[name] for name in NAIVE if name != "constant" and skill.get(name) is not None}
    better = [f"{NAIVE[name]} (skill {100 * value:.0f} %)" for name, value in known.items() if value > 0]
    worse = [NAIVE[name] for name, value in known.items() if value <= 0]
    parts = [f"better than {' and '.join(better)}"] if better else []
    parts += [f"worse than {' and '.join(worse)}"] if worse else []
    return f"It is {', and '.join(parts)}." if parts else ""


def _may_be_noise(comparison, count):
    """Whether so many independent voxels of noise alone reach the comparison's chi2, to three standard
    deviations: of few blocks an interval reaches down to 1 from anywhere."""
    return comparison.metrics["chi2"] <= 1 + 3 * (2 / count) ** 0.5


def _like_noise(comparison, alike):
    """What differences as large as the noise say; alike: whether they are alike in neighbouring voxels, which
    independent noise is not: smooth misfits under an overstated noise have a chi2 of 1, too."""
    scores, chi2 = comparison.scores, f"chi2 {comparison.metrics['chi2']:.3g}"
    if not alike:
        return f"At this noise it cannot be told from the true model ({chi2})."
    count = f"{scores.measured_values} values as {scores.independent_voxels} independent ones do"
    return (
        f"Differences are as large as the noise ({chi2}), but alike in neighbouring voxels, {count}: a misfit"
        " under a noise that is overstated, or a noise that neighbours share."
    )


def _hidden_by_noise(sigma):
    """What a noise above all variation says; of an uneven one the noisiest voxels may hide what others
    tell."""
    known = np.zeros(1) if sigma is None else sigma[np.isfinite(sigma)]
    quiet, rms = float(np.quantile(known, 0.25)), float(np.sqrt(np.mean(known**2)))
    if rms <= UNEVEN * quiet:
        return "The measured map varies no more than its noise: it tells no model from a constant."
    return (
        f"The measured map varies no more than its noise, {rms:.3g} on the whole; a quarter of the voxels"
        f" have {quiet:.3g} or less and may tell models from a constant: mask the noisier ones."
    )


def _moved(comparison):
    """Say where the simulated map would agree better elsewhere; what is further than a quarter of the map
    rests on little of it."""
    shift = comparison.metrics.get("best_shift_voxels")
    if not shift or not any(shift):
        return
    if any(abs(s) > n / 4 for s, n in zip(shift, comparison.measured.shape, strict=True)):
        return
    moved = ", ".join(f"{s:+d}" if s else "0" for s in shift)
    um = ", ".join(f"{1e6 * s * h:+.4g}" if s else "0" for s, h in zip(shift, comparison.voxel_size))
    yield (
        f"The simulated map agrees best where it is moved by {moved} measured voxels along x, y, z ({um} um):"
        " is the measured one where it should be (its corner, microsim register)?"
    )


def _limits(comparison):
    scores = comparison.scores
    chi2 = scores.intervals["chi2"]
    if scores.floor is None:
        yield (
            "No noise of the measured map is known: how well the true model would score is unknown, and what "
            "is explained is a lower bound; give its sigma."
        )
    alike = scores.independent_voxels < INDEPENDENT * scores.measured_values
    near = chi2 and chi2[0] <= 1 <= chi2[1] and _may_be_noise(comparison, scores.independent_voxels)
    few = scores.floor and not chi2 and alike and _may_be_noise(comparison, scores.measured_values)
    if near or few:
        yield _like_noise(comparison, alike)
    if chi2 and chi2[1] < 1:
        yield (
            "Differences are smaller than the stated noise allows (chi2 "
            f"{comparison.metrics['chi2']:.3g}): the noise is overstated, or the map was smoothed."
        )
    if "constant" in scores.hidden:
        yield _hidden_by_noise(comparison.sigma)
    for name in scores.hidden:
        if name != "constant":
            yield f"{NAIVE[name].capitalize()} already agrees as well as the noise allows."
    if scores.intervals["rmse"] is None:
        yield (
            f"Fewer than {FEWEST_BLOCKS} blocks of voxels differ independently of one another: too few for "
            "intervals."
        )
    if (comparison.metrics["pearson_r"] or 0.0) < AGAINST:
        yield (
            "The maps run against each other: where one is of lithium and the other of charge, name the "
            "quantity of the measured map (soc)."
        )
    yield from _moved(comparison)
    yield from comparison.misfits
    yield from comparison.remarks
