"""Draw docs/homogenisation.png: resolved and homogenised over rate (python figure.py OUT.png, with
MICROSIM_DATA set)."""

import importlib.util
import sys
from pathlib import Path

import numpy as np

from microsim.case.case import load_case
from microsim.report.png import to_png
from microsim.report.style import DASHED, DEPTH, INK, OTHER_COLOURS, UM, mark_ends, new_figure, styled

spec = importlib.util.spec_from_file_location("claim", Path(__file__).parent / "claim.py")
claim = importlib.util.module_from_spec(spec)
spec.loader.exec_module(claim)


@styled
def draw(found):
    figure = new_figure(4.0)
    panels = figure.subplot_mosaic([["V", "sto"], ["off", "sto"]], height_ratios=[2.2, 1])
    for (rate, told), colour in zip(found.items(), (OTHER_COLOURS[3], OTHER_COLOURS[1], OTHER_COLOURS[2])):
        curve, profile = told["curves"][0], told["sto_profiles"][0]
        for name, dash in (("resolved", "-"), ("homogenised", DASHED)):
            panels["V"].plot(curve["x"], curve[f"{name}_V"], color=colour, ls=dash, label=f"{rate}, {name}")
            panels["sto"].plot(UM * np.array(profile["x_m"]), profile[name], color=colour, ls=dash)
        off = 1000 * np.subtract(curve["homogenised_V"], curve["resolved_V"])
        panels["off"].plot(curve["x"], off, color=colour, lw=1.2)
    panels["off"].axhline(0, color=INK, lw=0.6)
    panels["V"].set(ylabel="Voltage vs Li/Li⁺ (V)")
    panels["off"].set(xlabel="Specific capacity (mAh g⁻¹)", ylabel="Difference (mV)")
    panels["sto"].set(xlabel=DEPTH, ylabel="Lithiation at the end")
    mark_ends(panels["sto"])
    for axes in panels.values():
        axes.grid(True)
    figure.legend(*panels["V"].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


found = {
    rate: claim.compared(
        load_case(claim.CASE, [f"protocol.0=Discharge at {rate} until 3.5 V", f"volume.crop={claim.CROP}"])
    )
    for rate in claim.BOUNDS
}
for rate, told in found.items():
    print(rate, told["steps"][0], told["sto_profiles"][0]["rms"], told["sto_profiles"][0]["max"])
Path(sys.argv[1]).write_bytes(to_png(draw(found)))
