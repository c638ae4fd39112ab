"""Figures of transport by depth and by size of the sub-volume. Each returns a Figure."""

import numpy as np

from .style import DEPTH, INK, UM, mark_ends, new_figure, styled
from .transport_figures import AXIS_COLOURS


@styled
def depth_figure(regions, *, sized=True):
    """Draw porosity and the tortuosity factors of slabs over the depth, each as a step.

    regions: transport.regions.Region from the separator on; sized: whether their ends are lengths (m).
    """
    ends = np.array([*(r.start for r in regions), regions[-1].end]) * (UM if sized else 1.0)
    figure = new_figure(3.2)
    fraction, tau = figure.subplots(1, 2)
    fraction.stairs([r.eps for r in regions], ends, baseline=None, color=INK, lw=1.7)
    fraction.set(ylabel="Volume fraction ε", ylim=(0, None))
    for axis, colour in AXIS_COLOURS.items():
        values = [np.nan if r.tau[axis] is None else r.tau[axis] for r in regions]
        tau.stairs(values, ends, baseline=None, color=colour, lw=1.7, label=f"along {axis}")
    tau.set(ylabel="Tortuosity factor τ", ylim=(0, None))
    tau.legend(loc="lower right")
    for axes in (fraction, tau):
        axes.set(xlabel=DEPTH if sized else "Depth x (voxels)", xlim=(ends[0], ends[-1]))
        axes.grid(True)
        mark_ends(axes)
    return figure


@styled
def sizes_figure(sizes):
    """Draw mean, standard deviation and confidence interval of porosity and tau by edge of the sub-volumes.

    sizes: transport.regions.SizeResult of each size.
    """
    figure = new_figure(3.2)
    for axes, name, label in zip(
        figure.subplots(1, 2), ("eps", "tau"), ("Volume fraction ε", "Tortuosity factor τ"), strict=True
    ):
        known = [(s.voxels, getattr(s, name)) for s in sizes if getattr(s, name).mean is not None]
        look = {"color": AXIS_COLOURS["x"], "solid_capstyle": "butt"}
        for voxels, value in known:
            if value.std is not None:
                axes.plot([voxels] * 2, [value.mean - value.std, value.mean + value.std], lw=1.2, **look)
            if value.low is not None:
                axes.plot([voxels] * 2, [value.low, value.high], lw=5.0, alpha=0.35, **look)
        axes.plot([v for v, _ in known], [value.mean for _, value in known], "o-", color=INK, ms=4, lw=1.0)
        axes.set(xlabel="Edge of the sub-volume (voxels)", ylabel=label, xticks=[v for v, _ in known])
        axes.grid(True)
    figure.suptitle("Line: mean ± standard deviation; bar: confidence interval of the mean", fontsize=8)
    return figure
