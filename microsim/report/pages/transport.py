"""Pages of the commands that work on a volume: transport, impedance, flow, wetting."""

from functools import partial

import numpy as np

from ... import __version__
from ...mesh.morphology import phase_summary
from .. import tables, transport_figures
from ..number_format import NONE, THIN, digits, duration, fixed, length, memory, percent
from ..page import Drawing, Section, compact_json, filled, flux_drawing, phases_drawing, write_page
from ..tables import Card, Table

MILLIDARCY = 9.869233e-16  # m2
# keys of the results -> what a reader calls them, and their unit
OPTIONS = {
    "conducting": ("Conducting phases, relative to the medium", ""),
    "through": ("Phases", ""),
    "axis": ("Along", ""),
    "solver": ("Solver", ""),
    "sides": ("Sides", ""),
    "ends": ("Ends", ""),
    "walls": ("Walls", ""),
    "throat_voxels": ("Width up to which a step holds like a flat wall", "voxels"),
    "storage": ("Porosity of conducting phases", ""),
    "reactive": ("Phases whose surface charges", ""),
    "area_correction": ("Interface area corrected for voxel steps", ""),
    "diffusivity_m2_s": ("Diffusivity of the electrolyte", "m² s⁻¹"),
    "conductivity_S_m": ("Conductivity of the electrolyte", "S m⁻¹"),
    "capacitance_F_m2": ("Capacitance of the walls", "F m⁻²"),
    "contact_angle_deg": ("Contact angle", "°"),
    "surface_tension_N_m": ("Surface tension", "N m⁻¹"),
    "viscosity_Pa_s": ("Viscosity", "Pa s"),
    "pressure": ("Pressure of the liquid over the gas", "Pa"),
    "vents": ("Gas leaves at", ""),
    "gas": ("Gas that is cut off", ""),
    "change": ("Pressure solved anew after a change of the inflow by", ""),
    "tolerance": ("Tolerance", ""),
}
UNUSED = {"inert": ("capacitance_F_m2", "area_correction", "reactive"), "double-layer": ("diffusivity_m2_s",)}


def write_transport_report(out_dir, grid, result, flux, progress=None):
    """Write report.html and figures/*.png of `microsim transport`.

    grid: VoxelGrid. result: the command's numbers with "axes" and "flux", may hold "tensor".
    flux: {axis: [3, x, y, z], or None where nothing percolates}. progress: callable (done, total, message).
    Returns the path of the page; raises InputError when the files cannot be written.
    """
    from ...transport.flux import FluxFigures

    drawings = []
    for name, found in result["flux"].items():
        if found is not None:
            shares = {key: value for key, value in found.items() if key != "histogram"}
            edges, share = (np.asarray(found["histogram"][key]) for key in ("flux_over_mean", "share"))
            figures = FluxFigures(**shares, edges=edges, share=share)
            drawings.append(flux_drawing(flux[name], grid, "xyz".index(name), result["conducting"], figures))
    through = " + ".join(result["conducting"])
    found = {"transport": {through: result["axes"]}}
    tau = _compact(tables.transport_table(found))
    section = Section("transport", "Transport", tuple(drawings), filled(tau, _flux_table(result["flux"])))
    tensor = [_tensor_section(result["tensor"])] if result.get("tensor") else []
    cards = [
        _tau_card(name, row["tau"], f"D_eff / D₀ = {digits(row['D_eff_over_D0'])}")
        for name, row in result["axes"].items()
    ]
    cards.append(_porosity_card(through, next(iter(result["axes"].values()))["eps"]))
    return _write(out_dir, f"Transport through {through}", grid, result, cards, [section, *tensor], progress)


def write_impedance_report(out_dir, grid, result, progress=None):
    """Write report.html and figures/*.png of `microsim eis`; arguments as for write_transport_report."""
    rises, spectra = result["ends"] == "blocked", {}
    for name, numbers in result["axes"].items():
        a = "xyz".index(name)
        unit = grid.shape[a] * grid.voxel_size[a] / result["conductivity_S_m"]
        spectra[name] = transport_figures.Spectrum.of(numbers, unit, rises)
    caption = (
        "Impedance in units of L/κ, equal scales, curves between the computed frequencies smoothed; dots:"
        " decades of ω/ω_c, diamond: ω = ω_c."
    )
    if any(spectrum.R_dc is not None for spectrum in spectra.values()):
        form = "coth(q) / q" if rises else "tanh(q) / q"
        caption += f" Dashed: a uniform block of the same resistance and capacity, {form}."
    grey = "grey: above the frequency at which diffusion gets one voxel far, where the voxels decide"
    bode = f"Magnitude and phase of the impedance; dashed: ω_c / 2π of each axis; {grey}."
    drawings = (
        Drawing("nyquist", partial(transport_figures.nyquist_figure, spectra), caption),
        Drawing("bode", partial(transport_figures.bode_figure, spectra), bode),
    )
    through = " + ".join(result["conducting"])
    both = _impedance_table(result["axes"]), _line_table(result["axes"])
    section = Section("impedance", "Impedance", drawings, filled(*both))
    cards = []
    for name, row in result["axes"].items():
        R = row["R_dc_normalised"]
        cards.append(
            _tau_card(name, row["tau"], "far end not reached" if R is None else f"R_dc = {digits(R)} L/κ")
        )
    first = next(iter(result["axes"].values()))
    frequency = Card(
        "ω_c / 2π",
        digits(first["characteristic_Hz"], 3),
        "Hz",
        f"characteristic, along {next(iter(spectra))}",
    )
    cards.append(frequency)
    cards.append(_porosity_card(through, first["eps"]))
    return _write(out_dir, f"Impedance of {through}", grid, result, cards, [section], progress)


def write_flow_report(out_dir, grid, result, velocity, progress=None):
    """Write report.html and figures/*.png of `microsim flow`.

    velocity: {axis: [3, x, y, z], m2, NaN in solids}; the rest as for write_transport_report.
    """
    drawings = []
    for name, field in velocity.items():
        row = result["axes"][name]
        if field is None or not row["permeability_m2"]:
            continue
        still = 1 - row["porosity_percolating"] / result["porosity"]
        speed = transport_figures.speed_of(np.nan_to_num(field), grid.mask(*result["through"]), still)
        edges, share = transport_figures.distribution(speed)
        draw = partial(transport_figures.speed_figure, speed, grid, "xyz".index(name), edges, share, "v")
        caption = transport_figures.velocity_caption(
            result["through"], "xyz".index(name), share, row["tau_flow"]
        )
        drawings.append(Drawing(f"velocity_{name}", draw, caption))
    section = Section("flow", "Stokes flow", tuple(drawings), filled(_flow_table(result["axes"])))
    tensor = [_permeability_section(result["tensor_m2"])] if result.get("tensor_m2") else []
    through = " + ".join(result["through"])
    cards = [
        Card(f"Permeability, {name}", *_area(row["permeability_m2"]), _millidarcy(row["permeability_m2"]))
        for name, row in result["axes"].items()
    ]
    cards.append(_porosity_card(through, result["porosity"]))
    return _write(out_dir, f"Flow through {through}", grid, result, cards, [section, *tensor], progress)


def write_wetting_report(out_dir, grid, result, arrival, progress=None):
    """Write report.html and figures/*.png of `microsim wetting`.

    arrival: [x, y, z], s, infinite where the liquid never comes, NaN in solids; the rest as for
    write_transport_report.
    """
    never = result["share_never_wetted"]
    over_time = (result["time_s"], result["saturation"], result["time_to_s"], result["washburn_time_s"])
    saturation = (
        "Filled share of the pore volume over time; dashed: a uniform medium of the same permeability and"
        " mean suction. At the end "
    )
    saturation += (
        f"{percent(never)} of the pores are dry: {percent(result['share_trapped'])} trapped gas,"
        f" {percent(result['share_unreached'])} out of reach."
    )
    section = (
        "Time at which the liquid reaches each voxel, in a section through the middle; it comes in at"
        f" {result['axis']} = 0"
    )
    drawings = (
        Drawing("saturation", partial(transport_figures.saturation_figure, *over_time), saturation),
        Drawing(
            "arrival",
            partial(transport_figures.arrival_figure, arrival, grid, "xyz".index(str(result["axis"]))),
            f"{section}. Grey: other phases; red: never wetted.",
        ),
    )
    cards = [_time_card(share, time) for share, time in result["time_to_s"].items()][:3]
    cards.append(Card("Never wetted", percent(never), "", "share of the pore volume"))
    cards.append(
        Card("Capillary pressure", digits(result["capillary_pressure_Pa"] / 1e3, 3), "kPa", "mean suction")
    )
    note = "" if result["stages"] else "The liquid does not come in."
    section = Section(
        "wetting", "Wetting", drawings if result["stages"] else (), _wetting_tables(result), note
    )
    flat = {**result, **result.get("liquid", {})}
    return _write(out_dir, f"Wetting of {result['through']}", grid, flat, cards, [section], progress)


def _write(out_dir, title, grid, result, cards, sections, progress):
    """Put what every page holds before the command's own sections, and write the page."""
    about = [
        Section("run", "What was run", tables=(_volume_table(grid, result), _options_table(result))),
        *([] if max(grid.shape[1:]) == 1 else [_phases_section(grid)]),
    ]
    records = [("Result (JSON)", compact_json(result))]
    return write_page(
        out_dir, title, str(result["volume"]), cards, [*about, *sections], records, {}, progress
    )


def _phases_section(grid):
    table = tables.phases_table({"phases": phase_summary(grid)}, grid)
    return Section("phases", "Phases", (phases_drawing(grid),), (table,))


def _volume_table(grid, result):
    size = " × ".join(digits(1e6 * n * h, 3) for n, h in zip(grid.shape, grid.voxel_size, strict=True))
    found = [
        ("Volume", str(result["volume"])),
        ("Volume SHA-256", result.get("volume_sha256") or NONE),
        ("Voxels (x × y × z)", " × ".join(digits(n) for n in grid.shape)),
        ("Voxel size", length(*grid.voxel_size)),
        ("Size", f"{size} µm"),
        ("microsim version", __version__),
    ]
    return Table("Volume and version", (), found)


def _options_table(result):
    unused = UNUSED.get(result.get("walls"), ())
    found = [
        (name, _option(result[key]) + (f"{THIN}{unit}" if unit else ""))
        for key, (name, unit) in OPTIONS.items()
        if result.get(key) not in (None, (), []) and key not in unused
    ]
    if result.get("peak_memory_bytes"):
        found.append(("Peak memory", memory(result["peak_memory_bytes"])))
    return Table("Options", (), found)


def _option(value):
    """Write the value of an option: a number, a word, a list, or values by phase."""
    if isinstance(value, dict):
        shown = {
            k: f"({_option(v)})" if isinstance(v, (list, tuple)) else _option(v) for k, v in value.items()
        }
        return ", ".join(f"{name} {part}" for name, part in shown.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_option(part) for part in value)
    return str(value) if isinstance(value, str) else digits(value, trim=True)


def _flux_table(found):
    header = ("Axis", "Flux lines / length τ_l", "Constrictivity", "Dead ends", "Isolated")
    rows = [
        (
            name,
            digits(f["tau_lines"]),
            digits(f["constrictivity"]),
            percent(f["dead_end_share"]),
            percent(f["isolated_share"]),
        )
        for name, f in found.items()
        if f is not None
    ]
    note = (
        "τ_l: sum of |J| over the sum of its part along the axis. Constrictivity: τ_l² / τ, 1 where every"
        " path keeps its section. Dead ends: conducting voxels on paths between both ends that carry less"
        " than 1 % of the mean flux; isolated: those that do not join both ends."
    )
    return Table("What the flux map says", header, rows, (1, 2, 3, 4), note)


def _tensor_section(tensor):
    D = np.asarray(tensor["D_eff_over_D0"], float)
    rows = [
        (name, *(_component(v, D) for v in row), _tau(t)) for name, row, t in zip("xyz", D, tensor["tau"])
    ]
    header = ("D_eff / D₀", "x", "y", "z", "τ along the axis")
    table = Table("Effective / bulk of the image repeated periodically", header, rows, (1, 2, 3, 4))
    values, directions = tensor["principal_values"], np.asarray(tensor["principal_directions"], float)
    return Section("tensor", "Tensor", tables=(table, _principal(values, directions)))


def _permeability_section(tensor):
    K = 1e12 * np.asarray(tensor, float)
    rows = [(name, *(_component(v, K) for v in row)) for name, row in zip("xyz", K)]
    note = "Column j: mean velocity times viscosity over the gradient of the pressure, for a drop along j."
    return Section("tensor", "Tensor", tables=(Table("", ("K (µm²)", "x", "y", "z"), rows, (1, 2, 3), note),))


def _principal(values, directions):
    rows = []
    for value, direction in zip(values, directions):
        sign = np.sign(direction[np.argmax(np.abs(direction))]) or 1.0  # a direction has no sign of its own
        rows.append(
            (_component(value, np.asarray(values)), *(fixed(float(sign * d) + 0.0, 3) for d in direction))
        )
    header = ("Value", "Direction x", "y", "z")
    return Table("Principal values and directions", header, rows, (0, 1, 2, 3))


def _component(value, tensor):
    """Write a component with the decimals that the largest one has at four digits."""
    decimals = 3 - int(np.floor(np.log10(np.abs(tensor).max()))) if np.abs(tensor).max() > 0 else 3
    return "0" if abs(value) < 0.5 * 10.0**-decimals else fixed(float(value), max(decimals, 0))


def _impedance_table(axes):
    header = (
        "Axis",
        "Tortuosity factor τ",
        f"R_dc (Ω{THIN}cm²)",
        f"R_dc{THIN}κ{THIN}/{THIN}L",
        f"ω_c{THIN}/{THIN}2π (Hz)",
        "Resolved up to (Hz)",
    )
    header += ("Volume fraction ε", "Error bound", "Solves", "Iterations", "Time")
    rows = [
        (
            name,
            _tau(a["tau"]),
            digits(None if a["R_dc_ohm_m2"] is None else 1e4 * a["R_dc_ohm_m2"]),
            digits(a["R_dc_normalised"]),
            digits(a["characteristic_Hz"], 3),
            digits(a["resolved_up_to_Hz"], 2),
            digits(a["eps"]),
            digits(a["error_bound"], 2),
            digits(a["solves"]),
            digits(a["iterations"]),
            duration(a["seconds"]),
        )
        for name, a in axes.items()
    ]
    note = "R_dc: real part of the impedance for ω → 0, per area of the volume; error bound: relative, of Z."
    return Table("", header, rows, tuple(range(1, 11)), note)


def _line_table(axes):
    rows = []
    for name, numbers in axes.items():
        line = numbers.get("transmission_line")
        if line:
            R = _plus_minus(1e4 * line["R_ion_ohm_m2"], 1e4 * line["R_ion_standard_error"])
            rows.append((name, R, _plus_minus(line["tau"], line["tau_standard_error"])))
    note = "Fitted up to ten times ω_c, as one would fit a measured spectrum; ±: standard error of the fit."
    return Table("Fit of a transmission line", ("Axis", "R_ion (Ω cm²)", "τ"), rows, (1, 2), note)


def _plus_minus(value, error):
    """Write a value with its standard error, both to the error's first two digits."""
    if not error or not np.isfinite(error):
        return digits(value)
    decimals = max(1 - int(np.floor(np.log10(error))), 0)
    return f"{fixed(value, decimals)} ± {fixed(error, decimals)}" if decimals <= 6 else digits(value)


def _flow_table(axes):
    header = (
        "Axis",
        "Permeability (m²)",
        "Permeability (mD)",
        "Flow tortuosity",
        "Percolating ε",
        "Kozeny constant",
    )
    header += ("Mass imbalance", "Error bound", "Iterations", "Time")
    rows = [
        (
            name,
            digits(a["permeability_m2"]),
            digits(a["permeability_m2"] / MILLIDARCY),
            _tau(a["tau_flow"]),
            digits(a["porosity_percolating"]),
            digits(a.get("kozeny_constant"), 3),
            digits(a["mass_imbalance"], 2),
            digits(a["error_bound"], 2),
            digits(a["iterations"]),
            duration(a["seconds"]),
        )
        for name, a in axes.items()
    ]
    note = "Kozeny constant: ε³ / (k s²), s the area of the pores per volume; about 5 in beds of grains."
    return Table("", header, rows, tuple(range(1, 10)), note)


def _wetting_tables(result):
    seconds = [
        (f"{percent(float(share), 0)} filled after", _time(t)) for share, t in result["time_to_s"].items()
    ]
    permeability = digits(result["permeability_m2"], trim=True)
    given = "given" if result["permeability_given"] else "from Stokes flow"
    filling = [
        *seconds,
        ("Never wetted", percent(result["share_never_wetted"])),
        ("Dry, gas trapped", percent(result["share_trapped"])),
        ("Dry, out of reach", percent(result["share_unreached"])),
    ]
    medium = [
        ("Mean capillary pressure", f"{digits(result['capillary_pressure_Pa'])}{THIN}Pa"),
        ("Permeability", f"{permeability}{THIN}m² ({given})" if result["permeability_m2"] else NONE),
        ("Uniform medium filled after (Washburn)", _time(result["washburn_time_s"])),
        ("Stages of the pressure", digits(result["stages"])),
        ("Iterations", digits(result["iterations"])),
        ("Computing time", duration(result["seconds"])),
    ]
    return Table("Filling", (), filling), Table("Medium and solution", (), medium)


def _compact(table):
    """Leave out the columns of a table that hold no number at all."""
    keep = [k for k in range(len(table.header)) if any(row[k] != NONE for row in table.rows)]
    numeric = tuple(new for new, k in enumerate(keep) if k in table.numeric)
    rows = [tuple(row[k] for k in keep) for row in table.rows]
    return Table(table.title, tuple(table.header[k] for k in keep), rows, numeric, table.note)


def _tau(tau):
    return "no path" if tau is None else digits(float(tau))


def _tau_card(axis, tau, remark):
    return Card(f"τ along {axis}", _tau(tau), "", remark)


def _porosity_card(through, eps):
    return Card("Volume fraction", percent(eps), "", through)


def _time_card(share, time):
    return Card(f"{percent(float(share), 0)} filled", _time(time), "", "of the pore volume")


def _time(seconds):
    """Write a short time with its unit; a dash where it is never reached."""
    if seconds is None:
        return NONE
    factor, unit = transport_figures.short_unit(seconds)
    return f"{digits(seconds / factor, 3)}{THIN}{unit}"


def _area(k):
    """Write a permeability in the unit that suits it: (number, unit)."""
    return (digits(1e12 * k, 3), "µm²") if k >= 1e-15 or k == 0 else (digits(1e18 * k, 3), "nm²")


def _millidarcy(k):
    return f"{digits(k / MILLIDARCY, 3)} mD"
