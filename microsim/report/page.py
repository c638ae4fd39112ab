"""Write the report: figures as PNG files, and one HTML page that holds everything and needs nothing else."""

import base64
import json
import math
import struct
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np

from .. import __version__
from ..base.files import plain, replacing, yaml_text
from ..volumes.fields import read_names
from . import analysis_figures, captions, figures, map_figures, tables, transport_figures
from .field_series import load_series
from .pages import homogenise
from .style import DPI, to_png

TEMPLATES = Path(__file__).parent
FIGURES = (
    "phases",
    "voltage",
    "sto_sections",
    "sto_deviation",
    "sto_profiles",
    "c_e_sections",
    "c_e_profiles",
    "potentials_profiles",
    "comparison_maps",
    "comparison_agreement",
    "comparison_depth",
)
FINDINGS_FIGURES = ("overpotentials", "particles", "reaction")
NETWORK_FIGURES = (
    *(f"{what}_{axis}" for what in ("flux", "velocity") for axis in "xyz"),
    *("nyquist", "bode", "relaxation", "reaction_depth", "saturation", "arrival", "homogenised"),
)
SCREEN_DPI = 106  # pixels of the page per inch of a figure
QUANTITIES = {"soc": "State of charge", "sto": map_figures.QUANTITY}


@dataclass(frozen=True)
class Drawing:
    """Hold a figure to be drawn: file name, function that draws it, caption."""

    name: str
    draw: object
    caption: str


@dataclass(frozen=True)
class Section:
    """Hold a section of the page; `note` is shown in place of what is missing."""

    anchor: str
    title: str
    drawings: tuple = ()
    tables: tuple = ()
    note: str = ""
    notice: str = ""

    @property
    def table_groups(self):
        """Consecutive tables of one kind, with a header or settings without: [(has header, tables), ...]."""
        return [(headed, list(group)) for headed, group in groupby(self.tables, key=lambda t: bool(t.header))]


def write_report(
    out_dir, *, case, result, grid, voltage, fields_path=None, comparison=None, flux=None, progress=None
):
    """Write report.html and figures/*.png of a run.

    out_dir: folder. case: the case as a dict (or its YAML text). result: content of result.json.
    grid: VoxelGrid. voltage: columns of voltage.csv, {"time_s", "current_A", "voltage_V",
    "capacity_mAh_g", "step": arrays}. fields_path: fields.h5, or None. comparison: Comparison, or None.
    flux: {"flux": [3, x, y, z] along x through the pores, "figures": FluxFigures}, or None.
    progress: callable (done, total, message). Returns the path of report.html; raises InputError when the
    files cannot be written.
    """
    asked = case if isinstance(case, dict) else {}
    sections = [
        Section(
            "run",
            "What was run",
            tables=filled(*_about(result, grid)),
            notice=" ".join((result.get("validity") or {}).get("notes", ())),
        ),
        *(
            []
            if max(grid.shape[1:]) == 1
            else [Section("phases", "Phases", (phases_drawing(grid),), (tables.phases_table(result, grid),))]
        ),
        _transport(result, grid, flux),
        _voltage(result, voltage, grid),
        *_losses(result.get("overpotentials")),
        *_fields(fields_path),
        *_evenness(result.get("heterogeneity"), grid, fields_path),
        *_homogenised(result.get("homogenised")),
        _comparison({**(asked.get("compare") or {}), **(result.get("comparison") or {})}, comparison),
        Section("checks", "Conservation and numerics", tables=_checks(result, asked.get("numerics") or {})),
    ]
    records = [("Case (YAML)", _as_yaml(case)), ("Result (JSON)", compact_json(result))]
    cards = tables.summary_cards(result, comparison)
    title = result.get("title") or "microsim run"
    return write_page(out_dir, title, "Half-cell run", cards, sections, records, result, progress)


def write_comparison_report(out, comparison, meta, progress=None):
    """Write report.html and figures/*.png of a comparison of two maps into the folder `out`.

    comparison: Comparison. meta: what the maps are (files, hashes, voxel sizes ...), shown as a table.
    """
    record = {**meta, **comparison.as_dict()}
    title = meta.get("title") or "Simulated against measured lithiation"
    sections = [_comparison(meta, comparison)]
    cards = tables.comparison_cards(comparison)
    records = [("Result (JSON)", compact_json(record))]
    return write_page(out, title, "Comparison of two maps", cards, sections, records, meta, progress)


def compact_json(value, *, indent=1):
    """Write JSON for reading: six digits, lists of numbers on one line."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        items = [f"{pad}{json.dumps(str(k))}: {compact_json(v, indent=indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{pad[1:]}}}"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list, tuple)) for v in value):
        return "[\n" + ",\n".join(pad + compact_json(v, indent=indent + 1) for v in value) + f"\n{pad[1:]}]"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(compact_json(v) for v in value) + "]"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}" if math.isfinite(value) else "null"
    return json.dumps(
        value.item() if isinstance(value, np.generic) else value, ensure_ascii=False, default=str
    )


def phases_drawing(grid):
    """Make the drawing of the phases in section and over the depth."""
    return Drawing("phases", partial(figures.phases_figure, grid), captions.phases_caption(grid))


def _transport(result, grid, flux):
    table = tables.transport_table(result)
    note = "" if table.rows else "No transport numbers were computed in this run."
    drawings = () if flux is None or max(grid.shape[1:]) == 1 else (_pore_flux(result, grid, flux),)
    return Section("transport", "Transport", drawings, filled(table), note=note)


def _pore_flux(result, grid, flux):
    """Make the drawing of the flux through the pore network along x, named as in the result's transport."""
    transport = result.get("transport") or {}
    name = "pore" if "pore" in transport else next(iter(transport), "pore")
    conducting = (transport.get(name) or {}).get("conducting") or {"pore": 1.0}
    return flux_drawing(flux["flux"], grid, 0, conducting, flux["figures"])


def flux_drawing(flux, grid, axis, conducting, found):
    """Make the drawing of a flux map [3, x, y, z]; found: FluxFigures of it; conducting: {phase:
    conductivity}."""
    names = [name for name, value in conducting.items() if np.any(np.asarray(value) > 0)]
    speed = transport_figures.speed_of(flux, grid.mask(*names), found.isolated_share)
    draw = partial(transport_figures.speed_figure, speed, grid, axis, found.edges, found.share)
    return Drawing(f"flux_{'xyz'[axis]}", draw, transport_figures.flux_caption(names, axis, found))


def _voltage(result, voltage, grid):
    steps = result.get("steps") or []
    several = len(figures.step_spans(voltage, steps)) > 1
    area = grid.face_area("x") * grid.shape[1] * grid.shape[2]
    drawing = Drawing(
        "voltage",
        partial(figures.voltage_figure, voltage, steps, area),
        captions.voltage_caption(result, several),
    )
    return Section("voltage", "Voltage", (drawing,), filled(tables.steps_table(result)))


def _losses(found):
    """Make the section of the voltage's parts, where they were kept."""
    if not found or not found["time_s"]:
        return []
    drawings = ()
    if analysis_figures.loaded_steps(found):
        draw = partial(analysis_figures.overpotentials_figure, found)
        drawings = (Drawing("overpotentials", draw, analysis_figures.overpotentials_caption(found)),)
    return [
        Section(
            "losses", "Where the voltage goes", drawings, filled(analysis_figures.overpotentials_table(found))
        )
    ]


def _evenness(found, grid, fields_path):
    """Make the section on how evenly the electrode is used; a column of cells has no particles to look at."""
    if not found or max(grid.shape[1:]) == 1 or not analysis_figures.last_discharge_end(found):
        return []
    over_time = partial(analysis_figures.reaction_figure, found, grid.shape, grid.voxel_size, fields_path)
    drawings = (
        Drawing(
            "particles",
            partial(analysis_figures.particles_figure, found),
            analysis_figures.particles_caption(found),
        ),
        Drawing("reaction", over_time, analysis_figures.reaction_caption(found)),
    )
    return [Section("evenness", "How evenly the electrode is used", drawings)]


def _fields(path):
    """Make the sections of the fields that the file holds."""
    if path is None:
        return [Section("lithiation", "Fields", note="No fields were stored in this run.")]
    names = read_names(path)
    series = {name: load_series(path, name) for name in figures.FIELDS if name in names}
    found = []
    if "sto" in series:
        found.append(Section("lithiation", "Lithiation", _field_drawings(series["sto"], spread=True)))
    if "c_e" in series:
        found.append(Section("electrolyte", "Electrolyte", _field_drawings(series["c_e"], spread=False)))
    rest = [series.get(name) for name in ("phi_e", "phi_s", "j")]
    if any(rest):
        caption = captions.potentials_caption([s for s in rest if s is not None])
        drawing = Drawing("potentials_profiles", partial(figures.potentials_figure, *rest), caption)
        found.append(Section("potentials", "Potentials and interface current", (drawing,)))
    return found


def _field_drawings(series, *, spread):
    profiles = Drawing(
        f"{series.name}_profiles",
        partial(figures.profiles_figure, series, distribution=spread),
        captions.profiles_caption(series, distribution=spread),
    )
    if max(series.shape[1:]) == 1:  # a column of cells has no section to look at
        return (profiles,)
    drawings = [
        Drawing(
            f"{series.name}_sections",
            partial(figures.sections_figure, series),
            captions.sections_caption(series),
        )
    ]
    if spread:
        drawings.append(
            Drawing(
                f"{series.name}_deviation",
                partial(figures.sections_figure, series, deviation=True),
                captions.sections_caption(series, deviation=True),
            )
        )
    return (*drawings, profiles)


def _homogenised(found):
    """Make the section of the homogenised electrode that ran beside, where one did."""
    if found is None:
        return []
    title = "What homogenising loses"
    if "missing" in found:
        return [
            Section("homogenised", title, tables=(homogenise.parameters_table(found),), note=found["missing"])
        ]
    drawing = Drawing(
        "homogenised", partial(homogenise.homogenised_figure, found), homogenise.homogenised_caption(found)
    )
    both = (homogenise.steps_table(found), homogenise.parameters_table(found))
    return [Section("homogenised", title, (drawing,), filled(*both))]


def _comparison(meta, comparison):
    title = "Comparison with the measured map"
    if comparison is None:
        note = "No measured map was given; name one under compare: in the case, or use microsim compare."
        return Section("comparison", title, note=note)
    quantity = QUANTITIES.get(meta.get("quantity", "sto"), str(meta.get("quantity")))
    drawings = (
        Drawing(
            "comparison_maps",
            partial(map_figures.maps_figure, comparison, quantity),
            captions.maps_caption(comparison),
        ),
        Drawing(
            "comparison_agreement",
            partial(map_figures.agreement_figure, comparison, quantity),
            captions.agreement_caption(comparison),
        ),
        Drawing(
            "comparison_depth",
            partial(map_figures.depth_figure, comparison, quantity),
            captions.depth_caption(comparison),
        ),
    )
    virtual = meta.get("virtual") or "virtual" in str(meta.get("measured")).lower()
    notice = "The measured map is virtual: it was computed, not measured." if virtual else ""
    both = (tables.metrics_table(comparison), tables.about_comparison(meta))
    return Section("comparison", title, drawings, filled(*both), notice=notice)


def _about(result, grid):
    settings = (tables.model_table(result), tables.film_table(result))
    return tables.run_table(result, grid), *settings, tables.materials_table(result)


def _checks(result, asked):
    return filled(tables.conservation_table(result), tables.numerics_table(result, asked))


def filled(*candidates):
    """Keep the tables that have rows."""
    return tuple(table for table in candidates if table.rows)


def write_page(out_dir, title, kind, cards, sections, records, about, progress):
    """Draw the sections' figures and write figures/*.png and report.html; return the path of the page."""
    out = Path(out_dir)
    drawings = [drawing for section in sections for drawing in section.drawings]
    images = {}
    for done, drawing in enumerate(drawings):
        if progress is not None:
            progress(done, len(drawings), f"drawing {drawing.name.replace('_', ' ')}")
        png = to_png(drawing.draw())
        _write(out / "figures" / f"{drawing.name}.png", png)
        images[drawing.name] = _image(png)
    for name in {*FIGURES, *FINDINGS_FIGURES, *NETWORK_FIGURES} - set(
        images
    ):  # of an earlier run into the same folder
        (out / "figures" / f"{name}.png").unlink(missing_ok=True)
    page = _render(
        title=title,
        kind=kind,
        cards=cards,
        sections=sections,
        images=images,
        records=records,
        version=about.get("microsim_version") or __version__,
    )
    _write(out / "report.html", page.encode())
    if progress is not None:
        progress(len(drawings), len(drawings), "report written")
    return out / "report.html"


def _render(**content):
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html").render(**content)


def _image(png):
    """Give a PNG as the page embeds it: data, and the width at which its text has the page's size."""
    width, height = struct.unpack(">II", png[16:24])
    scale = SCREEN_DPI / DPI
    return {
        "data": base64.b64encode(png).decode(),
        "width": round(width * scale),
        "height": round(height * scale),
    }


def _write(path, content):
    with replacing(path) as part:
        part.write_bytes(content)


def _as_yaml(case):
    return case if isinstance(case, str) else yaml_text(plain(case), flow=True, width=100)
