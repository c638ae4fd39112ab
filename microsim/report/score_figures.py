"""What the agreement of two maps is worth, in one figure."""

import numpy as np

from ..base.quantities import quantity
from ..maps.verdict import NAIVE
from .map_figures import MEASURED, SIMULATED
from .number_format import digits
from .style import DASHED, INK, MUTED, new_figure, styled

LITHIATION = quantity("sto")
SHORT = {
    "constant": "constant",
    "depth": "depth alone",
    "shell": "distance alone",
    "homogenised": "homogenised",
}


@styled
def worth_figure(comparison, what=LITHIATION):
    """Draw RMSE beside naive maps and the noise, differences over the noise, and the means of the
    particles."""
    figure = new_figure(3.1)
    particles = comparison.particles is not None and comparison.particles.n > 2
    panels = figure.subplots(1, 3 if particles else 2, width_ratios=(1.1, 1, 1)[: 3 if particles else 2])
    _beside_naive(panels[0], comparison)
    _differences(panels[1], comparison)
    if particles:
        _particles(panels[2], comparison.particles, what)
    return figure


def _beside_naive(axes, comparison):
    scores, m = comparison.scores, comparison.metrics
    rows = [("model", m["rmse"], SIMULATED)]
    rows += [
        (SHORT[name], scores.naive_rmse[name], MUTED)
        for name in NAIVE
        if scores.naive_rmse.get(name) is not None
    ]
    place = np.arange(len(rows))[::-1]
    ends = scores.intervals["rmse"]
    axes.barh(place, [value for _, value, _ in rows], color=[colour for *_, colour in rows], height=0.62)
    if ends is not None:
        error = [[max(m["rmse"] - ends[0], 0)], [max(ends[1] - m["rmse"], 0)]]
        axes.errorbar(m["rmse"], place[0], xerr=error, color=INK, lw=1, capsize=3)
    for at, (name, value, _) in zip(place, rows, strict=True):
        beside = max(value, ends[1]) if name == "model" and ends is not None else value
        axes.text(beside, at, f" {digits(value, 3)}", va="center", fontsize=8)
    axes.set_yticks(place, [name for name, *_ in rows])
    axes.set_xlim(0, 1.28 * max(value for _, value, _ in rows) or 1)
    axes.set_xlabel("RMSE")
    if scores.floor is not None:
        axes.axvline(scores.floor["rmse"], color=INK, lw=1, ls=DASHED, label="noise alone")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderpad=0)


def _differences(axes, comparison):
    shared = np.isfinite(comparison.difference)
    d = comparison.difference[shared]
    noisy = comparison.sigma is not None
    values = d / comparison.sigma[shared] if noisy else d
    low, high = np.percentile(values, [0.2, 99.8])
    half = max(abs(low), abs(high), 3.5 if noisy else 1e-12)
    edges = np.linspace(-half, half, 61)
    density = np.histogram(values, edges)[0] / (values.size * np.diff(edges))
    axes.stairs(density, edges, color=SIMULATED, fill=True, alpha=0.25)
    axes.stairs(density, edges, color=SIMULATED, lw=1.3)
    if noisy:
        x = np.linspace(-half, half, 301)
        axes.plot(
            x, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), color=INK, lw=1, ls=DASHED, label="noise alone"
        )
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderpad=0)
    axes.set(xlabel="(simulated − measured) / noise" if noisy else "Simulated − measured", ylim=(0, None))
    axes.set_ylabel("Probability density")


def _particles(axes, particles, what):
    size = 60 * particles.voxels / particles.voxels.max() + 4
    axes.scatter(particles.measured, particles.simulated, s=size, color=MEASURED, alpha=0.55, lw=0)
    both = np.concatenate([particles.measured, particles.simulated])
    pad = 0.05 * max(np.ptp(both), 1e-6)
    span = both.min() - pad, both.max() + pad
    axes.axline((span[0], span[0]), slope=1, color=INK, lw=0.9, ls=DASHED)
    axes.set(xlim=span, ylim=span, aspect="equal", xlabel="Measured, particle's mean")
    axes.set_ylabel("Simulated, particle's mean")
