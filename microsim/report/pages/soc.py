"""The page of `microsim soc`: maps, spectra with their fits, histograms, calibration, clusters."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ... import __version__
from ...base.quantities import MAPS
from ...maps.spectra import normalisation
from .. import spectra_figures as figures
from ..number_format import NONE, THIN, digits, fixed, length_text, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from .common import voxels_text

WORDS = {"edge": "Edge energy", "lcf": "Linear combination of references", "three-energy": "Three energies"}
EXAMPLES = (0.1, 0.5, 0.9)  # quantiles of the map whose spectra are shown, and the worst fit


@dataclass(frozen=True)
class SocPage:
    """What the page shows: energies (eV), mu [energy, x, y, z], its sigma, Measured, LithiationMap or
    None.

    references: References or None; voxel_size (m) or None; threshold of the edge jump or None; calibration or
    None; components: Components or None.
    """

    energies: np.ndarray
    mu: np.ndarray
    sigma: Any
    measured: Any
    found: Any
    references: Any = None
    voxel_size: tuple | None = None
    threshold: float | None = None
    calibration: Any = None
    components: Any = None

    @property
    def values(self):
        """The map that is shown: lithiation, or the quantity where there is no calibration."""
        return self.found.values if self.found else self.measured.quantity

    @property
    def error(self):
        """Its standard deviation, None where it is not known."""
        return self.found.sigma if self.found else self.measured.sigma

    @property
    def quantity(self):
        """What the map shows."""
        method = {"edge": "edge_energy", "three-energy": "ratio"}.get(self.measured.method.name)
        return MAPS["lithiation" if self.found else method]

    @property
    def norm(self):
        """The normalisation of the method; None for three energies."""
        m = self.measured.method
        return None if m.windows is None else normalisation(self.energies, m.windows, normalised=m.normalised)


def write(folder, *, page, result, progress=None):
    """Write report.html and figures/*.png of `microsim soc`; return the path of the page.

    page: SocPage. result: the command's numbers. progress: callable (done, total, message).
    Raises InputError when the files cannot be written.
    """
    return write_page(
        folder,
        title=f"{page.quantity.label} by {WORDS[page.measured.method.name].lower()}",
        kind=str(result["stack"]),
        cards=_cards(page, result),
        sections=_sections(page, result),
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def figure(*, page):
    """Draw the map, its uncertainty, and the misfit or edge jump in one section; return a Figure."""
    return figures.soc_maps_figure(page, figures.section_of(page.values))


def _sections(page, result):
    where = figures.section_of(page.values)
    tables = filled(_result_table(page, result), _budget_table(result), _voxels_table(result))
    map_ = (
        _drawing("map", figures.soc_maps_figure, _maps_caption(page, where, result), page, where),
        _drawing("histograms", figures.histograms_figure, _histograms_caption(page), page),
    )
    sections = [
        Section(
            "run",
            "What was run",
            tables=(_stack_table(result), _method_table(page, result)),
            notice=" ".join(result["remarks"]),
        ),
        Section("map", "Map", map_, tables),
    ]
    if page.norm is not None:
        spectra = (
            _drawing("mean", figures.mean_figure, _mean_caption(page), page),
            _drawing("spectra", figures.spectra_figure, _spectra_caption(page), page, example_voxels(page)),
        )
        sections.append(Section("spectra", "Spectra", spectra))
    if page.calibration is not None:
        given = page.calibration, page.measured.quantity
        curve = _drawing("calibration", figures.calibration_figure, _calibration_caption(page), *given)
        sections.append(Section("calibration", "Calibration", (curve,), (_calibration_table(page),)))
    if page.components is not None:
        parts = _drawing("components", figures.components_figure, _components_caption(page), page, where)
        sections.append(Section("components", "Components", (parts,)))
    return sections


def _drawing(name, draw, caption, *given):
    return Drawing(f"soc_{name}", partial(draw, *given), caption)


def example_voxels(page):
    """Choose voxels whose spectra are shown: at low, middle and high values, and the one that fits worst."""
    values, error = page.values.ravel(), page.error.ravel()
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    chosen = [int(order[int(q * (order.size - 1))]) for q in EXAMPLES]
    worst = page.measured.residual if page.measured.residual is not None else page.error
    worst = np.where(np.isfinite(values) & np.isfinite(error), worst.ravel(), -np.inf)
    return [*chosen, int(np.argmax(worst))]


def _cards(page, result):
    unit = page.quantity.shown_unit
    decimals = 3 if page.found or not unit else 2
    voxels = result["voxels"]
    total = int(np.prod(result["shape"]))
    cards = [
        Card(
            "Mean",
            fixed(result["mean"], decimals),
            unit,
            f"± {fixed(result['std'], decimals)} over the voxels",
        ),
        _noise_card(result["sigma_rms"], decimals, unit),
        Card(
            "Voxels used", percent(voxels["used"] / total), "", f"{digits(voxels['used'])} of {digits(total)}"
        ),
    ]
    if result["residual_median"] is not None:
        cards.append(Card("Misfit", percent(result["residual_median"]), "", "of a spectrum, median"))
    return cards


def _noise_card(sigma, decimals, unit):
    if sigma is None:
        return Card("Uncertainty of a voxel", NONE, "", "the noise is not known")
    return Card("Uncertainty of a voxel", fixed(sigma, decimals), unit, "standard deviation, rms")


def _stack_table(result):
    first, last, count = result["energies_eV"]
    rows = [
        ("Stack", str(result["stack"])),
        ("Stack SHA-256", result["stack_sha256"] or NONE),
        ("Energies", f"{count} from {digits(float(first), 6)} to {digits(float(last), 6)}{THIN}eV"),
        ("Voxels (x × y × z)", voxels_text(result["shape"])),
        ("Voxel size", length_text(*result["voxel_size_m"]) if result["voxel_size_m"] else NONE),
        ("microsim version", __version__),
    ]
    return TextTable("Stack and version", (), rows)


def _method_table(page, result):
    m = page.measured.method
    rows = [("Method", WORDS[m.name])]
    if m.name == "edge":
        kind = {
            "half": f"normalised absorption of {m.level:g}",
            "derivative": "steepest rise",
            "peak": "white-line peak",
        }
        rows.append(("Edge", kind[m.kind]))
        if m.width is not None:
            rows.append(("Local fit", f"± {m.width:g}{THIN}eV"))
    if m.name == "lcf":
        rows += [
            ("References", ", ".join(page.references.names)),
            ("Their shift", _shift(m)),
            ("Weights", "sum to one" if m.sum_to_one else "above 0" if m.bounded else "free"),
            (
                "Background",
                {None: "none", 1: "constant", 2: "line"}.get(m.background, f"{m.background} terms"),
            ),
        ]
    if m.name == "three-energy":
        rows.append(("Energies", ", ".join(f"{digits(float(e), 6)}{THIN}eV" for e in m.three)))
    elif not m.normalised:
        w = m.windows
        rows += [
            (name, f"{fixed(a, 1)} to {fixed(b, 1)}{THIN}eV")
            for name, (a, b) in (("Pre-edge line", w.pre), ("Post-edge polynomial", w.post))
        ]
        rows += [
            ("Nominal edge", f"{fixed(w.e0, 2)}{THIN}eV"),
            ("Degree of the post-edge", str(w.post_degree)),
        ]
    if result["largest_drift_voxels"] is not None:
        rows.append(("Largest drift undone", f"{fixed(result['largest_drift_voxels'], 2)} voxels"))
    if result["calibration"] and result["calibration"]["file"]:
        rows.append(("Calibration", str(result["calibration"]["file"])))
    return TextTable("Method", (), rows)


def _shift(method):
    error = f" ± {digits(method.shift_sigma, 2)}" if method.shift_sigma else ""
    return f"{fixed(method.shift, 3)}{error}{THIN}eV"


def _result_table(page, result):
    names = {
        "mean": "Mean",
        "std": "Standard deviation over the voxels",
        "mean_weighted_by_jump": "Mean, weighted with the edge jump",
        "sigma_rms": "Uncertainty of a voxel, rms",
    }
    rows = [
        (name, digits(float(result[key]), 6 if abs(result[key]) > 100 else 4))
        for key, name in names.items()
        if result[key] is not None
    ]
    return TextTable(page.quantity.axis, (), rows)


def _budget_table(result):
    names = {
        "counting": "Noise of the spectra",
        "calibration": "Coefficients of the calibration",
        "lack_of_fit": "Reference states about the curve",
        "shift": "Fitted shift of the references, common to all voxels",
        "windows": "Windows, other ends of the scan (eV)",
    }
    budget = (result["budget"] or {}).items()
    rows = [(names[key], digits(float(value), 3)) for key, value in budget if value is not None]
    return TextTable("Uncertainty of a voxel, parts (rms)", (), rows)


def _voxels_table(result):
    total = int(np.prod(result["shape"]))
    rows = [(name, digits(n), percent(n / total)) for name, n in result["voxels"].items()]
    return TextTable("Voxels", ("", "Count", "Share"), rows, (1, 2))


def _calibration_table(page):
    c = page.calibration
    rows = [
        ("Reference states fitted to", digits(c.n)),
        ("Range", f"{digits(round(c.low, 9), 6)} to {digits(round(c.high, 9), 6)}"),
        ("Degree", digits(len(c.coefficients) - 1)),
        ("Rms of the states about the curve", digits(c.residual, 3)),
        ("Beyond their own noise", digits(c.lack, 3)),
    ]
    return TextTable("", (), rows)


def _maps_caption(page, where, result):
    if max(page.values.shape) == page.values.size:
        own = "." if page.error is None else ", with its standard deviation."
        return f"{page.quantity.label} along the line of voxels{own}"
    third = "misfit of the spectrum" if page.measured.residual is not None else "edge jump"
    place = "" if min(page.values.shape) == 1 else f" in layer {where[1]} along {'xyz'[where[0]]}"
    own = "" if page.error is None else ", its standard deviation,"
    text = f"{page.quantity.label}{own} and {third}{place}; grey: voxels without a value. "
    beyond = result["voxels"].get("beyond calibration")
    return text + (f"{_counted(beyond)} beyond the reference states of the calibration." if beyond else "")


def _counted(voxels):
    return "1 voxel lies" if voxels == 1 else f"{digits(voxels)} voxels lie"


def _histograms_caption(page):
    jump = page.measured.jump[np.isfinite(page.measured.jump)]
    if jump.size == 0 or np.ptp(jump) == 0:
        return f"Distribution of the map{'' if page.error is None else ' and of its uncertainty'}."
    own = "" if page.error is None else ", of its uncertainty,"
    text = f"Distribution of the map{own} and of the edge jump of all voxels with a spectrum"
    return text + (
        f"; dashed: threshold {digits(float(page.threshold), 3)}." if page.threshold is not None else "."
    )


def _mean_caption(page):
    m = page.measured.method
    text = "Mean spectrum of the voxels used"
    if m.name == "lcf":
        return text + ", its fit with the parts of the references, and what the fit leaves (below)."
    return text + ", normalised; shaded: pre-edge, edge and post-edge windows."


def _spectra_caption(page):
    how = {
        "lcf": "Line: fit.",
        "edge": (
            "Bars: standard deviation of the absorption, where it is known; band: edge energy ± standard"
            " deviation."
        ),
        "three-energy": (
            "Bars: standard deviation of the absorption, where it is known; lines: the three energies."
        ),
    }
    return (
        "Spectra of single voxels: low, middle and high values (quantiles"
        f" {', '.join(f'{q:g}' for q in EXAMPLES)}) and the voxel with the largest"
        f" {'misfit' if page.measured.residual is not None else 'uncertainty'}. "
        + how[page.measured.method.name]
    )


def _calibration_caption(page):
    return (
        "Lithiation over the measured quantity, with 95 % interval of a further measurement without noise;"
        " dots: the reference states, shaded: their range. Grey: distribution of the voxels."
    )


def _components_caption(page):
    shares = ", ".join(percent(float(s)) for s in page.components.explained)
    return (
        "Clusters of the normalised spectra, where they lie, and their mean spectra. Principal components"
        f" explain {shares}."
    )
