"""What a page shows of a homogenised electrode: how it runs beside the resolved one, and its parameters."""

from functools import partial

import numpy as np

from ..number_format import THIN, digits, fixed, length_text, percent
from ..page import Card, Drawing, Section, TextTable, compact_json, filled, write_page
from ..style import DASHED, DEPTH, INK, OTHER_COLOURS, UM, mark_ends, new_figure, styled

AXES = {
    "capacity_mAh_g": (1.0, "Specific capacity of the step (mAh g⁻¹)"),
    "time_s": (1 / 3600, "Time in the step (h)"),
}
LOOKS = {
    "resolved_V": ("resolved", INK, "-"),
    "homogenised_V": ("homogenised", OTHER_COLOURS[2], DASHED),
    "pybamm_V": ("homogenised, PyBaMM", OTHER_COLOURS[1], ":"),
}
MOST_STEPS = 6  # drawn


def write(folder, *, result, progress=None):
    """Write report.html of `microsim homogenise`; return the path of the page.

    result: the command's numbers: "parameters" and "sources", "title" and "case_sha256". progress: callable
    (done, total, message). Raises InputError when the files cannot be written.
    """
    p = result["parameters"]
    about = TextTable("What was homogenised", (), [("Case SHA-256", result["case_sha256"])])
    return write_page(
        folder,
        title=result["title"],
        kind="Homogenised electrode",
        cards=[
            Card("Porosity", percent(p["porosity"])),
            Card("Active fraction", percent(p["active_fraction"])),
            Card(
                "Transport efficiency", digits(p["transport_efficiency"]), "", "of the electrolyte, along x"
            ),
            Card("Particle radius", *length_text(p["radius_m"]).split(THIN), "of the same diffusion"),
        ],
        sections=[
            Section("run", "What was run", tables=(about,)),
            Section("parameters", "Parameters", tables=(parameters_table(result),)),
        ],
        records=[("Result (JSON)", compact_json(result))],
        progress=progress,
    )


def figure(*, found):
    """Draw the voltage and lithiation of a run and of its homogenised electrode; return a Figure.

    found: result["homogenised"] of the run.
    """
    return homogenised_figure(found)


def homogenised_sections(found):
    """Make the section of the homogenised electrode that ran beside a run, where one did.

    found: result["homogenised"], or None.
    """
    if found is None:
        return []
    title, parameters = "What homogenising loses", parameters_table(found)
    if "missing" in found:
        return [Section("homogenised", title, tables=(parameters,), note=found["missing"])]
    drawing = Drawing("homogenised", partial(homogenised_figure, found), _caption(found))
    return [Section("homogenised", title, (drawing,), filled(homogenised_steps_table(found), parameters))]


@styled
def homogenised_figure(found):
    """Draw the voltage of both electrodes in each step, their difference, and their lithiation over the depth
    at its end.

    Steps without a capacity of their own (rests, profiles) are drawn only where there are no others.
    """
    flowing = [curve for curve in found["curves"] if curve["over"] == "capacity_mAh_g"]
    curves, profiles = _drawn(flowing or found["curves"]), _drawn(found["sto_profiles"])
    figure = new_figure(3.6 if len(profiles) < 3 else 4.2)
    panels = figure.subplot_mosaic([["V", "sto"], ["off", "sto"]], height_ratios=[2.2, 1])
    factor, where = AXES["capacity_mAh_g" if flowing else "time_s"]
    for curve in curves:
        x = factor * np.array(curve["x"])
        for key, (_, colour, dash) in LOOKS.items():
            y = curve.get(key, [])
            panels["V"].plot(x[: len(y)], y, color=colour, ls=dash)
        off = 1000 * np.subtract(curve["homogenised_V"], curve["resolved_V"])
        panels["off"].plot(x, off, color=LOOKS["homogenised_V"][1], lw=1)
    panels["V"].set(ylabel="Voltage (V)")
    panels["off"].set(ylabel="Difference (mV)", xlabel=where)
    panels["off"].axhline(0, color=INK, lw=0.6)
    for stored in profiles:
        x = UM * np.array(stored["x_m"])
        for key in ("resolved", "homogenised"):
            _, colour, dash = LOOKS[f"{key}_V"]
            panels["sto"].plot(x, np.array(stored[key], float), color=colour, ls=dash)
        panels["sto"].set_xlim(0, x[-1] + x[0])
    panels["sto"].set(xlabel=DEPTH, ylabel="Lithiation at the end of the step")
    mark_ends(panels["sto"])
    for axes in panels.values():
        axes.grid(True)
    _legend(figure, panels["V"], curves)
    return figure


def _drawn(steps):
    """The first steps, and the last one where there are more than can be told apart."""
    return steps if len(steps) <= MOST_STEPS else [*steps[: MOST_STEPS - 1], steps[-1]]


def _legend(figure, axes, curves):
    from matplotlib.lines import Line2D

    used = [look for key, look in LOOKS.items() if any(key in curve for curve in curves)]
    handles = [Line2D([], [], color=colour, ls=dash, label=name) for name, colour, dash in used]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _caption(found):
    """Say what homogenising loses, in numbers."""
    text = (
        "The volume and a porous electrode (Newman's model) with the volume's own parameters under the same"
        " protocol: voltage, difference homogenised − resolved, and lithiation over the depth at the end of"
        " each step (layer means). "
    )
    text += (
        f"Voltage: {fixed(1e3 * found['voltage_rms_V'], 1)}{THIN}mV rms, at most"
        f" {fixed(1e3 * found['voltage_max_V'], 1)}{THIN}mV"
    )
    if found["sto_profiles"]:
        text += f"; lithiation of a layer: at most {fixed(max(p['max'] for p in found['sto_profiles']), 3)}"
    return text + ". " + _of_pybamm(found.get("pybamm") or {})


def _of_pybamm(pybamm):
    if "missing" in pybamm:
        return f"No curve of PyBaMM: {pybamm['missing'].split(';')[0]}."
    off = pybamm.get("from_our_dfn_rms_V")
    return "" if off is None else f"PyBaMM's curve differs from ours by {fixed(1e3 * off, 2)}{THIN}mV rms."


def homogenised_steps_table(found):
    """Table of the differences, step by step."""
    header = (
        "Step",
        "rms (mV)",
        "largest (mV)",
        "capacity (mAh g⁻¹)",
        "capacity difference",
        "lithiation, rms",
    )
    rows = []
    for step, profile in zip(found["steps"], found["sto_profiles"]):
        rows.append(
            (
                step["step"],
                fixed(1e3 * step["voltage_rms_V"], 2),
                fixed(1e3 * step["voltage_max_V"], 2),
                digits(step["capacity_mAh_g"]),
                percent(step["capacity_difference"], 2),
                fixed(profile["rms"], 4),
            )
        )
    return TextTable("Homogenised − resolved", header, rows, (1, 2, 3, 4, 5))


def parameters_table(found):
    """Tabulate the porous electrode's parameters and how each was found."""
    p, sources = found["parameters"], found["sources"]
    rows = [
        ("Porosity", digits(p["porosity"]), "porosity"),
        (
            "Transport efficiency of the electrolyte",
            digits(p["transport_efficiency"]),
            "transport_efficiency",
        ),
        ("Active fraction", digits(p["active_fraction"]), "active_fraction"),
        ("Specific reactive area", f"{digits(p['specific_area_m-1'])}{THIN}m⁻¹", "specific_area"),
        ("Particle radius", length_text(p["radius_m"]), "radius"),
        ("Surface factor", digits(p["surface_factor"]), "surface_factor"),
        ("Electronic conductivity", f"{digits(p['sigma_S_m'])}{THIN}S m⁻¹", "sigma"),
    ]
    rows = [(name, value, sources[key]) for name, value, key in rows] + _radii(p) + _details(p, sources)
    return TextTable("Parameters of the homogenised electrode", ("Parameter", "Value", "How"), rows, (1,))


def _radii(p):
    area, thickness = (length_text(p["radii_m"][way]) for way in ("area", "thickness_mean"))
    return [
        ("Radius of the same area and volume", area, "3 active fraction / specific area"),
        ("Radius by local thickness", thickness, "half the local thickness, mean by volume"),
    ]


def _details(p, sources):
    """Rows of what not every electrode has: particles, contacts, a film."""
    rows, sizes = [], p.get("particle_sizes") or {}
    if sizes.get("count"):
        three = ", ".join(length_text(sizes[f"{key}_m"]) for key in ("d10", "d50", "d90"))
        name = f"Particle diameters d10, d50, d90 ({sizes['count']} particles)"
        rows.append((name, three, sources["particle_sizes"]))
    if p.get("contact"):
        shares = ", ".join(f"{name} {percent(share)}" for name, share in p["contact"].items())
        rows.append(("Contact of the active surface", shares, sources["contact"]))
    if p["film_resistance_ohm_m2"]:
        resistance = f"{digits(p['film_resistance_ohm_m2'])}{THIN}Ω m²"
        rows.append(("Film resistance", resistance, sources["film_resistance"]))
    return rows
