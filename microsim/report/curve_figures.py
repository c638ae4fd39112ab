"""A computed voltage curve and impedance beside measured ones, with the residual below."""

import numpy as np

from .number_format import digits, fixed, percent, time_unit
from .page import Card, TextTable
from .style import INK, MUTED, OTHER_COLOURS, new_figure, styled

COMPUTED, MEASURED = OTHER_COLOURS[3], INK
LOOKS = (
    {"color": MEASURED, "marker": "o", "ms": 3, "ls": "", "label": "measured"},
    {"color": COMPUTED, "label": "computed"},
)
CM2 = 1e4  # ohm cm2 per ohm m2
MOST = 400  # points of a curve that are drawn as marks
CAPACITY = {"": "Charge (C)", "mass": "Specific capacity (mAh g⁻¹)", "area": "Areal capacity (mAh cm⁻²)"}


@styled
def voltage_beside_figure(score):
    """Draw a CurveScore: both voltages, and below them computed less measured."""
    x, label = _abscissa(score)
    figure = new_figure(4.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, 1])
    order, every = np.argsort(x, kind="stable"), max(1, x.size // MOST)
    upper.plot(x[::every], score.measured[::every], ".", color=MEASURED, ms=3.5, label="measured")
    upper.plot(x[order], score.simulated[order], color=COMPUTED, label="computed")
    upper.set(ylabel="Voltage (V)")
    upper.legend(loc="best")
    lower.axhline(0, color=MUTED, lw=0.8)
    if score.sigma is not None:
        lower.axhspan(-1e3 * score.sigma, 1e3 * score.sigma, color=MUTED, alpha=0.2, lw=0)
    lower.plot(x[order], 1e3 * score.residual[order], color=COMPUTED, lw=1.2)
    lower.set(xlabel=label, ylabel="Computed −\nmeasured (mV)")
    for axes in (upper, lower):
        axes.grid(True)
    return figure


def _abscissa(score):
    if score.by == "time":
        size, unit = time_unit(float(np.ptp(score.x)))
        return score.x / size, f"Time ({unit})"
    return np.abs(score.x) / score.place[1], CAPACITY[score.of.charge_per]


@styled
def nyquist_beside_figure(score):
    """Draw a SpectrumScore in the complex plane, equal scales."""
    figure = new_figure(3.6, 6.0)
    axes = figure.subplots()
    for Z, look in zip((score.of.Z, score.simulated), LOOKS):
        axes.plot(CM2 * Z.real, -CM2 * Z.imag, **look)
    axes.set(xlabel="Re Z (Ω cm²)", ylabel="−Im Z (Ω cm²)")
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(True)
    axes.legend(loc="best")
    return figure


@styled
def bode_beside_figure(score):
    """Draw magnitude and phase of a SpectrumScore over the frequency, and below them both parts of computed
    less measured over the measured magnitude."""
    figure, freq = new_figure(4.6), score.of.freq
    panels = figure.subplot_mosaic([["size", "phase"], ["left", "left"]], height_ratios=[1.6, 1])
    for Z, look in zip((score.of.Z, score.simulated), LOOKS):
        panels["size"].loglog(freq, CM2 * np.abs(Z), **look)
        panels["phase"].semilogx(freq, np.degrees(np.angle(Z)), **look)
    panels["size"].set(ylabel="|Z| (Ω cm²)", xlabel="Frequency (Hz)")
    panels["phase"].set(ylabel="Phase (°)", xlabel="Frequency (Hz)")
    panels["size"].legend(loc="best")
    lower = panels["left"]
    lower.axhline(0, color=MUTED, lw=0.8)
    lower.semilogx(freq, 100 * score.residual.real, color=COMPUTED, label="real part")
    lower.semilogx(freq, 100 * score.residual.imag, color=OTHER_COLOURS[2], label="imaginary part")
    if score.sigma is not None:
        lower.axhspan(-100 * score.sigma, 100 * score.sigma, color=MUTED, alpha=0.2, lw=0)
    lower.set(xlabel="Frequency (Hz)", ylabel="Computed −\nmeasured (%)")
    lower.legend(loc="best", ncols=2)
    for axes in panels.values():
        axes.grid(True)
    return figure


def beside_caption(score):
    """Say what a figure of a score shows, and how far apart the two are."""
    found = score.as_dict()
    band = "; grey: one standard deviation of the noise" if score.sigma is not None else ""
    if score.kind == "voltage":
        by = "time" if score.by == "time" else "charge passed"
        return f"Computed beside measured voltage by {by}, RMSE {digits(found['rmse_mV'], 3)} mV{band}."
    rms = f"{digits(found['rms_percent'], 3)} % of |Z| apart (root mean square)"
    return f"Computed beside measured impedance, {rms}{band}."


def beside_cards(score):
    """Choose the key numbers of a CurveScore or SpectrumScore."""
    found = score.as_dict()
    if score.kind == "voltage":
        key, name, unit = "rmse_mV", "Voltage, RMSE", "mV"
    else:
        key, name, unit = "rms_percent", "Impedance, rms", "%"
    return [Card(name, digits(found[key], 3), unit, _within(found, key))]


def _within(found, key):
    ends = found["intervals"].get(key)
    return f"95 %: {digits(ends[0], 3)} to {digits(ends[1], 3)}" if ends else ""


def beside_table(score):
    """Tabulate the scores of a CurveScore or SpectrumScore."""
    found = score.as_dict()
    rows = _voltage_rows(found) if score.kind == "voltage" else _spectrum_rows(found)
    chi2 = "no noise is given" if found["chi2"] is None else digits(found["chi2"], 3)
    rows.append(("Reduced χ² (1 for the true model)", chi2, ""))
    return TextTable("Agreement", ("score", "value", "95 % interval"), rows, (1,))


def _voltage_rows(found):
    at = found["largest_at"]
    place = next((f"{digits(abs(at[k]), 4)} {u}" for k, u in PLACES.items() if k in at), "")
    return [
        ("RMSE (mV)", digits(found["rmse_mV"], 3), _within(found, "rmse_mV").removeprefix("95 %: ")),
        (
            "Bias (mV)",
            fixed(found["bias_mV"], 2, plus=True),
            _within(found, "bias_mV").removeprefix("95 %: "),
        ),
        (f"Largest (mV), at {place}", fixed(found["largest_mV"], 2, plus=True), ""),
        ("Points compared", digits(found["points"]), percent(found["share_compared"])),
    ]


PLACES = {"time_s": "s", "capacity_mAh_g": "mAh/g", "capacity_mAh_cm2": "mAh/cm²", "charge_C": "C"}


def _spectrum_rows(found):
    within = _within(found, "rms_percent").removeprefix("95 %: ")
    return [
        ("Root mean square (% of |Z|)", digits(found["rms_percent"], 3), within),
        ("Bias, real part (%)", fixed(found["bias_real_percent"], 2, plus=True), ""),
        ("Bias, imaginary part (%)", fixed(found["bias_imag_percent"], 2, plus=True), ""),
        (
            f"Largest (%), at {digits(found['largest_at']['freq_Hz'], 3)} Hz",
            digits(found["largest_percent"], 3),
            "",
        ),
        ("Points compared", digits(found["points"]), ""),
    ]
