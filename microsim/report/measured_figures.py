"""A measured curve: voltage over the charge of its half cycles, and dQ/dV."""

import numpy as np

from .style import OTHER_COLOURS, new_figure, styled

COLOURS = {"charge": OTHER_COLOURS[2], "discharge": OTHER_COLOURS[3]}
FADED = 0.35  # opacity of the oldest half cycle


@styled
def curve_figure(curve, dq_dv, unit):
    """Draw the voltage over the charge of each half cycle, and dQ/dV below; unit: (name, in the curve's)."""
    figure = new_figure(5.4 if dq_dv else 3.2)
    panels = figure.subplots(2, 1) if dq_dv else [figure.subplots()]
    shades = np.linspace(FADED, 1.0, max(1, len(curve.halves)))
    for half, shade in zip(curve.halves, shades):
        look = {"color": COLOURS[half.direction], "alpha": shade}
        rows = slice(half.first, half.last + 1)
        passed = np.abs(curve.charge[rows] - half.charge_begun) / unit[1]
        panels[0].plot(passed, curve.voltage_V[rows], **look)
        if half.number in dq_dv:
            V, slope = dq_dv[half.number]
            panels[1].plot(V, (1 if half.direction == "charge" else -1) * slope / unit[1], **look)
    if not curve.halves:
        x = np.arange(curve.voltage_V.size) if curve.time_s is None else curve.time_s / 3600
        panels[0].plot(x, curve.voltage_V)
    axis = f"Charge ({unit[0]})" if curve.halves else "Point" if curve.time_s is None else "Time (h)"
    panels[0].set(xlabel=axis, ylabel="Voltage (V)")
    if dq_dv:
        panels[1].set(xlabel="Voltage (V)", ylabel=f"dQ/dV ({unit[0]} V⁻¹)")
    for axes in panels:
        axes.grid(True)
    return figure
