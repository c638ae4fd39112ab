"""Draw docs/generate.png: one section of each kind of electrode that `microsim generate` makes.

python docs/generate_figure.py
"""

from pathlib import Path

import matplotlib
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from microsim.jobs.generate import generate_electrode

COLOURS = ListedColormap(["#e6edf5", "#8c8c94", "#1d2a44", "#e0503a"])  # pore, am, cbd, crack
BASE = {"shape": [120, 64, 64], "active_fraction": 0.54, "cbd_fraction": 0.1}
KINDS = {
    "packing": {},
    "two layers": {"layers": [
        {"median_diameter_um": 3, "smallest_diameter_um": 2, "largest_diameter_um": 5, "cbd_fraction": 0.12},
        {"median_diameter_um": 8, "largest_diameter_um": 11, "cbd_fraction": 0.06},
    ]},
    "gradient": {"gradient": {"porosity_rise": -0.35}},
    "calendering": {"calendering": {"strain": 0.2}},
    "films": {"binder": {"kind": "films"}},
    "fibres": {"binder": {"kind": "fibres", "diameter_um": 0.8}},
    "aggregates": {"binder": {"kind": "aggregates", "diameter_um": 3, "migration": 1.2}},
    "channels, packed walls": {"active_fraction": 0.42, "pores": {"share": [0.3, 0.1], "width_um": [6, 3]}},
    "channels, solid walls": {"pores": {"share": [0.33, 0.23, 0.1], "width_um": [5, 3, 2], "length_um": 60,
                                        "walls": "solid"}},
    "cracks between grains": {"cracks": {"share": 0.1, "grain_diameter_um": 2.4}},
    "radial cracks": {"cracks": {"share": 0.1, "kind": "radial"}},
    "gap": {"delamination": {"share": 0.69, "height_um": 1.6, "depth": 0.7}},
}  # fmt: skip


def recipe_of(more):
    """The base with changes; walls that are solid have no packing."""
    solid = more.get("pores", {}).get("walls") == "solid"
    return ({"shape": BASE["shape"]} if solid else BASE) | more


def main():
    matplotlib.use("Agg")
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    for axes, (kind, more) in zip(figure.subplots(4, 3).ravel(), KINDS.items()):
        phase = generate_electrode(recipe_of(more)).grid.phase
        axes.imshow(phase[:, :, phase.shape[2] // 2].T, cmap=COLOURS, vmin=0, vmax=3, interpolation="nearest")
        axes.set_title(kind, fontsize=9)
        axes.set_axis_off()
    figure.savefig(Path(__file__).with_name("generate.png"), dpi=80, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
