"""The page of `microsim run`: what was run, phases, transport, voltage, fields, comparison, checks."""

from functools import partial

from ...base.files import plain, yaml_text
from ...base.quantities import FIELDS
from ...volumes.fields import read_once
from .. import analysis_figures, captions, cycle_figures, figures, tables, transport_figures
from ..answers import answers
from ..field_series import load_series
from ..page import Drawing, Section, compact_json, filled, write_page
from ..viewer import shown_fields, viewer_of
from . import compare, homogenise
from .common import flux_drawing, interval_sections, is_column, phases_sections

TOGETHER = ("phi_e", "phi_s", "j")  # their profiles are one figure
KINDS = {dict: "Full-cell run", str: "Half-cell run", type(None): "Run"}  # by the counter electrode
TITLES = {"sto": "Lithiation", "c_e": "Electrolyte"}  # of the sections of other fields: their labels


def write(folder, *, case, result, grid, voltage, fields_path=None, comparisons=(), flux=None, progress=None):
    """Write report.html and figures/*.png of a run; return the path of the page.

    folder: where to. case: the case as a dict (or its YAML text). result: content of result.json.
    grid: VoxelGrid. voltage: columns of voltage.csv, {"time_s", "current_A", "voltage_V",
    "capacity_mAh_g", "step": arrays}. fields_path: fields.h5, or None. comparisons: one for each measured
    map. flux: {"speed": size of that along x through the pores over its mean [x, y, z], "figures":
    FluxFigures}, or None.
    progress: callable (done, total, message). Raises InputError when the files cannot be written.
    """
    cards = tables.summary_cards(result) + [card for one in comparisons[:1] for card in compare.cards(one, 2)]
    with read_once():
        return write_page(
            folder,
            title=result.get("title") or "microsim run",
            kind=KINDS[type(_counter(case))],
            cards=cards,
            sections=_sections(case, result, grid, voltage, fields_path, comparisons, flux),
            records=[("Case (YAML)", _as_yaml(case)), ("Result (JSON)", compact_json(result))],
            answers=answers(case, result, grid, comparisons),
            viewer=_viewer(case, result, grid, voltage, fields_path, comparisons),
            version=result.get("microsim_version"),
            progress=progress,
        )


def figure(*, result, grid, voltage):
    """Draw the voltage over capacity and time; return a Figure. Arguments as of `write`."""
    area = grid.section_area
    return figures.voltage_figure(voltage, result.get("steps") or [], area)


def _counter(case):
    """The counter electrode as a case has it, None where that is not known."""
    return (case.get("cell") or {}).get("counter_electrode") if isinstance(case, dict) else None


def _sections(case, result, grid, voltage, fields_path, comparisons, flux):
    asked = case if isinstance(case, dict) else {}
    return [
        _about(result, grid),
        *phases_sections(grid, tables.phases_table(result, grid)),
        _transport(result, grid, flux),
        _voltage(result, voltage, grid, _counter(case)),
        *_cycles(result.get("cycles") or []),
        *_losses(result.get("overpotentials")),
        *_fields(fields_path),
        *_evenness(result.get("heterogeneity"), grid, fields_path),
        *homogenise.homogenised_sections(result.get("homogenised")),
        *compare.comparison_sections(_compared(asked, result, comparisons), comparisons),
        *interval_sections(result),
        Section("checks", "Conservation and numerics", tables=_checks(result, asked.get("numerics") or {})),
    ]


def _viewer(case, result, grid, voltage, fields_path, comparisons):
    """Pack what slides; a column of cells has no section to look at."""
    if fields_path is None or is_column(grid.shape):
        return None
    asked = case if isinstance(case, dict) else {}
    return viewer_of(grid, fields_path, comparisons, _compared(asked, result, comparisons), voltage)


def _compared(asked, result, comparisons):
    """What case and result say of each measured map."""
    named = asked.get("compare") or {}
    named = named if isinstance(named, list) else [named]
    told = result.get("comparisons") or [result.get("comparison") or {}]
    return [{**a, **b} for a, b, _ in zip(named, told, comparisons, strict=False)]


def _about(result, grid):
    settings = (tables.model_table(result), tables.film_table(result), tables.materials_table(result))
    return Section(
        "run",
        "What was run",
        tables=filled(tables.run_table(result, grid), *settings),
        notice=" ".join((result.get("validity") or {}).get("notes", ())),
    )


def _transport(result, grid, flux):
    table = tables.transport_table(result)
    note = "" if table.rows else "No transport numbers were computed in this run."
    drawings = () if flux is None or is_column(grid.shape) else (_pore_flux(result, grid, flux),)
    return Section("transport", "Transport", drawings, filled(table), note=note)


def _pore_flux(result, grid, flux):
    """Make the drawing of the flux through the pore network along x, named as in the result's transport."""
    transport = result.get("transport") or {}
    name = "pore" if "pore" in transport else next(iter(transport), "pore")
    conducting = (transport.get(name) or {}).get("conducting") or {"pore": 1.0}
    found = flux["figures"]
    draw = partial(transport_figures.speed_figure, flux["speed"], grid, 0, found.edges, found.share)
    return flux_drawing(draw, 0, conducting, found)


def _voltage(result, voltage, grid, counter):
    several = len(figures.step_spans(voltage, result.get("steps") or [])) > 1
    draw = partial(figure, result=result, grid=grid, voltage=voltage)
    drawing = Drawing("voltage", draw, captions.voltage_caption(result, several, counter))
    both = filled(tables.steps_table(result), tables.stack_table(result))
    return Section(
        "voltage", "Voltage", (drawing,), both, notice=(result.get("stack") or {}).get("missing", "")
    )


def _cycles(found):
    """Make the section of capacities over the cycles, where there are several."""
    if sum(row["discharge_mAh_g"] is not None for row in found) < 2:
        return []
    draw = partial(cycle_figures.cycles_figure, found)
    drawing = Drawing("cycles", draw, cycle_figures.cycles_caption(found))
    return [Section("cycles", "Over the cycles", (drawing,), filled(cycle_figures.cycles_table(found)))]


def _losses(found):
    """Make the section of the voltage's parts, where they were kept."""
    if not found or not found["time_s"]:
        return []
    drawings = ()
    if analysis_figures.loaded_steps(found):
        draw = partial(analysis_figures.overpotentials_figure, found)
        drawings = (Drawing("overpotentials", draw, analysis_figures.overpotentials_caption(found)),)
    table = analysis_figures.overpotentials_table(found)
    return [Section("losses", "Where the voltage goes", drawings, filled(table))]


def _evenness(found, grid, fields_path):
    """Make the section on how evenly the electrode is used; a column of cells has no particles to look at."""
    if not found or is_column(grid.shape) or not analysis_figures.last_discharge_end(found):
        return []
    used = partial(analysis_figures.particles_figure, found)
    over_time = partial(analysis_figures.reaction_figure, found, grid.shape, grid.voxel_size, fields_path)
    drawings = (
        Drawing("particles", used, analysis_figures.particles_caption(found)),
        Drawing("reaction", over_time, analysis_figures.reaction_caption(found)),
    )
    return [Section("evenness", "How evenly the electrode is used", drawings)]


def _fields(path):
    """Make the sections of the fields that the file holds."""
    if path is None:
        return [Section("lithiation", "Fields", note="No fields were stored in this run.")]
    series = {name: load_series(path, name) for name in shown_fields(path)}
    sections = []
    for name in (name for name in series if name not in TOGETHER):
        title = TITLES.get(name)
        anchor, title = (name, FIELDS[name].label) if title is None else (title.lower(), title)
        sections.append(Section(anchor, title, _field_drawings(series[name], spread=name != "c_e")))
    return sections + _potentials([series.get(name) for name in TOGETHER])


def _potentials(series):
    if not any(series):
        return []
    caption = captions.potentials_caption([s for s in series if s is not None])
    drawing = Drawing("potentials_profiles", partial(figures.potentials_figure, *series), caption)
    return [Section("potentials", "Potentials and interface current", (drawing,))]


def _field_drawings(series, *, spread):
    """Make the drawings of a field: sections, with `spread` also their deviation from the mean, profiles."""

    def drawing(name, draw, caption, **how):
        return Drawing(f"{series.name}_{name}", partial(draw, series, **how), caption(series, **how))

    profiles = drawing("profiles", figures.profiles_figure, captions.profiles_caption, distribution=spread)
    if is_column(series.shape):  # no section to look at
        return (profiles,)
    section = figures.sections_figure, captions.sections_caption
    deviation = (drawing("deviation", *section, deviation=True),) if spread else ()
    return (drawing("sections", *section), *deviation, profiles)


def _checks(result, asked):
    return filled(tables.conservation_table(result), tables.numerics_table(result, asked))


def _as_yaml(case):
    return case if isinstance(case, str) else yaml_text(plain(case), flow=True, width=100)
