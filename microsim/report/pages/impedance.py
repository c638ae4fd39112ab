"""The page of `microsim impedance`: measured impedance and circuit, intervals, Kramers-Kronig test."""

from functools import partial

import numpy as np

from ..number_format import digits
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import INK, MUTED, OTHER_COLOURS, new_figure, styled

CIRCUIT, TEST = OTHER_COLOURS[3], OTHER_COLOURS[2]
WORDS = {
    "warburg_coefficient": "Warburg coefficient",
    "D_m2_s": "D from the time (m² s⁻¹)",
    "D_warburg_m2_s": "D from the 45° part (m² s⁻¹)",
    "tau": "τ of the pores",
}
NAMES = {
    "randles": "Randles' circuit with a closed far end",
    "open": "Randles' circuit with a held far end",
    "sphere": "Randles' circuit with spheres",
    "warburg": "Randles' circuit with a half space",
    "line": "a transmission line of blocking pores",
    "none": "no circuit",
}


def write(folder, *, result, progress=None):
    """Write report.html and figures/*.png of a fitted spectrum; return the path of the page.

    result: the numbers of the command. progress: callable (done, total, message). Raises InputError when the
    files cannot be written.
    """
    drawings = [Drawing("nyquist", partial(figure, result=result), _caption(result))]
    left = "Over the frequency: what the circuit leaves, and what no circuit can follow (Kramers-Kronig)."
    drawings.append(Drawing("residuals", partial(residual_figure, result=result), left))
    return write_page(
        folder,
        title=f"Impedance of {result['file']}",
        kind=f"{result['points']} points, {NAMES[result['circuit']]}",
        cards=_cards(result),
        sections=[
            Section(
                "spectrum", "Spectrum", drawings, filled(_table(result)), notice=" ".join(result["remarks"])
            ),
            Section("read", "What was read", tables=filled(_read_table(result))),
        ],
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def _cards(result):
    cards = [
        Card(WORDS[name], digits(told["value"], 3), "", _within(told))
        for name, told in result["derived"].items()
        if told["identifiable"] and name != "warburg_coefficient"
    ]
    if "worst_percent" in result:
        cards.append(Card("Circuit, largest misfit", digits(result["worst_percent"], 2), "% of |Z|"))
    kk = result["kramers_kronig"]
    if kk:
        cards.append(Card("Kramers-Kronig", digits(kk["worst_percent"], 2), "% of |Z|", "", kk["passed"]))
    return cards


def _within(told):
    low, high = told["interval"]
    return f"95 %: {digits(low, 3)} to {digits(high, 3)}"


def _table(result):
    rows = []
    for name, told in {**result["parameters"], **result["derived"]}.items():
        ends = _within(told).removeprefix("95 %: ") if told["interval"] else told.get("state", "")
        held = "yes" if told["identifiable"] else "no"
        unit = f" ({told['unit']})" if told.get("unit") else ""
        rows.append((WORDS.get(name, name) + unit, digits(told["value"], 4), ends, held))
    return TextTable("Parameters", ("", "value", "95 % interval", "identifiable"), rows, (1,))


def _read_table(result):
    rows = [("Read", result["read"]), ("Left out of the fit", str(result["left_out"]))]
    return TextTable("File", (), rows)


def _caption(result):
    line = "" if result["circuit"] == "none" else f" Line: {NAMES[result['circuit']]}."
    return f"Measured impedance in the complex plane.{line}"


def _of(result, what):
    """Z of the measurement ("Z") or of the circuit ("fit"), in the unit of the result."""
    unit = result["unit"].replace(" ", "_")
    return np.asarray(result[f"{what}_real_{unit}"]) + 1j * np.asarray(result[f"{what}_imag_{unit}"])


@styled
def figure(*, result):
    """Draw measured impedance and circuit in the complex plane; return a Figure. result: as of `write`."""
    drawn = new_figure(3.8, 6.2)
    axes = drawn.subplots()
    Z, factor = _of(result, "Z"), 1e4 if "m2" in result["unit"] else 1.0
    unit = "Ω cm²" if "m2" in result["unit"] else "Ω"
    axes.plot(factor * Z.real, -factor * Z.imag, "o", color=INK, ms=3, label="measured")
    if result["circuit"] != "none":
        fit = _of(result, "fit")
        axes.plot(factor * fit.real, -factor * fit.imag, color=CIRCUIT, label="circuit")
    axes.set(xlabel=f"Re Z ({unit})", ylabel=f"−Im Z ({unit})")
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(True)
    axes.legend(loc="best")
    return drawn


@styled
def residual_figure(*, result):
    """Draw what circuit and Kramers-Kronig test leave, in per cent of the magnitude, over the frequency."""
    drawn = new_figure(3.0, 6.6)
    axes, freq, Z = drawn.subplots(), np.asarray(result["freq_Hz"]), _of(result, "Z")
    axes.axhline(0, color=MUTED, lw=0.8)
    if result["circuit"] != "none":
        left = 100 * (Z - _of(result, "fit")) / np.abs(Z)
        axes.semilogx(freq, left.real, color=CIRCUIT, label="circuit, real part")
        axes.semilogx(freq, left.imag, color=CIRCUIT, ls="--", label="circuit, imaginary part")
    kk = result["kramers_kronig"]
    if kk:
        axes.semilogx(freq, kk["residual_real_percent"], color=TEST, label="Kramers-Kronig, real part")
        axes.semilogx(
            freq, kk["residual_imag_percent"], color=TEST, ls="--", label="Kramers-Kronig, imaginary"
        )
    axes.set(xlabel="Frequency (Hz)", ylabel="Left (% of |Z|)")
    axes.grid(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best", ncols=2)
    axes.set_xscale("log")
    return drawn
