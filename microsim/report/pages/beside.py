"""The sections of a measured voltage curve and of a measured impedance, on the pages of `run` and `eis`."""

from functools import partial

from .. import curve_figures as figures
from ..page import Drawing, Section, filled

TITLES = {"voltage": "Computed beside measured voltage", "spectrum": "Computed beside measured impedance"}
DRAWN = {
    "voltage": {"voltage": figures.voltage_beside_figure},
    "spectrum": {"nyquist": figures.nyquist_beside_figure, "bode": figures.bode_beside_figure},
}


def beside_section(told, score, anchor="comparison"):
    """Make the section of a CurveScore or a SpectrumScore; told: what result.json says of it."""
    caption = figures.beside_caption(score)
    drawings = tuple(
        Drawing(f"{anchor}_{name}", partial(draw, score), caption) for name, draw in DRAWN[score.kind].items()
    )
    lead = ". ".join(_sentence(line) for line in [told.get("read"), *told.get("notes", ())] if line)
    return Section(anchor, TITLES[score.kind], drawings, filled(figures.beside_table(score)), lead=f"{lead}.")


def _sentence(line):
    return line[0].upper() + line[1:]
