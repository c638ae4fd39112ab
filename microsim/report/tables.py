"""Tables and key numbers of the page, from result.json: readable text, digits that mean something."""

from ..analysis import half_cycles
from .figures import LONG_NAMES, is_rest
from .number_format import NONE, THIN, digits, duration, fixed, length_text, names_unit, percent, rows
from .page import Card, TextTable

BALANCE_LIMIT = 1e-6  # relative; what a run must keep, lithium, salt and charge alike


def summary_cards(result):
    """Choose the key numbers of a run: capacity, mean voltage, tau, balances."""
    step = last_discharge(result)
    tau = _pore_tau(result)
    cards = [
        Card("Capacity", digits(_float(result.get("capacity_mAh_g"))), "mAh g⁻¹", step.get("name", "")),
        Card("Mean voltage", fixed(step.get("mean_voltage_V"), 3), "V", step.get("name", "")),
    ]
    if tau is not None:
        cards.append(tau)
    for _, _, error in balance_errors(result)[:1]:
        remark = "relative error, largest of the run"
        cards.append(Card("Li balance", digits(error, 2), "", remark, kept(error)))
    return cards


def last_discharge(result):
    """Return what the last discharge came to, of whatever steps; without one the last step that passes
    current, {} without steps. Where no capacity is known, names tell a discharge."""
    steps = [step for step in result.get("steps") or [] if not is_rest(step["name"])]
    if any(step.get("capacity_mAh_g") is not None for step in steps):
        return half_cycles.last_discharge_of(steps) or steps[-1]
    named = [step for step in steps if step["name"].lower().startswith("discharge")]
    return (named or steps or [{}])[-1]


def balance_errors(result):
    """Collect the conservation figures: [(name, what it says, relative error or None)]."""
    given = {**result, **(result.get("conservation") or {})}
    meaning = {
        "Lithium": "change of lithium in solid and electrolyte against the charge passed",
        "Salt": "change of salt in the electrolyte against the salt at the start",
        "Charge": "current across the interfaces against the applied current",
    }
    keys = {name: f"{name.lower()}_balance_error" for name in meaning}
    return [(name, text, given[keys[name]]) for name, text in meaning.items() if keys[name] in given]


def kept(error):
    """Tell whether a balance is kept to its limit; a figure that is missing or NaN is not."""
    return error is not None and error <= BALANCE_LIMIT


def conservation_table(result):
    """Tabulate the conservation figures against their limit."""
    found = [
        (name, text, digits(error, 2), digits(BALANCE_LIMIT, 1), "pass" if kept(error) else "FAIL")
        for name, text, error in balance_errors(result)
    ]
    header = ("Balance", "Compares", "Relative error", "Limit", "Verdict")
    return TextTable("", header, found, (2, 3), "Largest value over all time steps of the run.")


def run_table(result, grid):
    """Tabulate what was run: volume, its size and hash, versions, film and area correction."""
    volume, shape = result.get("volume") or {}, " × ".join(digits(n) for n in grid.shape)
    size = " × ".join(digits(1e6 * n * h, 3) for n, h in zip(grid.shape, grid.voxel_size, strict=True))
    found = rows(
        {key: value for key, value in volume.items() if key not in ("shape", "voxel_size_m", "sha256")}
    )
    found += [
        ("Voxels (x × y × z)", shape),
        ("Voxel size", length_text(*grid.voxel_size)),
        ("Size", f"{size} µm"),
        ("Volume SHA-256", result.get("volume_sha256") or volume.get("sha256") or NONE),
        ("Case SHA-256", result.get("case_sha256", NONE)),
        ("microsim version", result.get("microsim_version", NONE)),
    ]
    for key, value in (result.get("voxels") or {}).items():
        if key != "total":
            found.append(
                (f"Voxels, {key.replace('_', ' ')}", _voxels(value, grid.phase.size, "separator" not in key))
            )
    return TextTable("Volume and versions", (), found)


def model_table(result):
    """Tabulate the choices a reader must know to judge the numbers: area correction, current, mass."""
    correction, found = result.get("area_correction"), []
    if isinstance(correction, dict):
        found += rows({"area_correction": {key: one for key, one in correction.items() if one is not None}})
    elif correction is not None:
        words = {
            True: "face by face (voxel faces overstate a smooth surface)",
            False: "off: plain voxel faces",
        }
        found.append(("Interface area correction", words.get(correction, str(correction))))
    current = {"c_rate_current_A": "1C current_A", "current_density_1C_A_m2": "1C current density_A_m2"}
    own = {**current, "active_mass_kg": "active mass_kg"}
    found += rows({own[key]: result[key] for key in own if result.get(key) is not None})
    if result.get("c_rate_meaning"):
        found.append(("1C", result["c_rate_meaning"]))
    return TextTable("Model choices", (), found)


def film_table(result):
    """Tabulate the film on the active material."""
    film = result.get("film")
    return TextTable(
        "Film on the active material", (), rows(_film_units(film)) if isinstance(film, dict) else []
    )


def materials_table(result):
    """Tabulate the material sets with the sources of their coefficients."""
    found = []
    for role, material in (result.get("materials") or {}).items():
        by_source = {}
        for coefficient, source in (material.get("sources") or {}).items():
            by_source.setdefault(source, []).append(coefficient)
        sources = "; ".join(f"{', '.join(names)}: {source}" for source, names in by_source.items())
        found.append((LONG_NAMES.get(role, role), str(material.get("name", NONE)), sources or NONE))
    return TextTable("Materials", ("For", "Set", "Coefficients and their sources"), found)


def numerics_table(result, asked):
    """Tabulate steps, iterations, time and memory, and what the case asked for (tolerances ...)."""
    own = ("time_steps", "rejected_steps", "failed_steps", "newton_iterations", "linear_iterations")
    own += ("wall_s", "peak_memory_bytes")
    known = {key: result[key] for key in own if key in result} | (result.get("numerics") or {})
    return TextTable(
        "Numerics", (), rows(known | {key: value for key, value in asked.items() if value is not None})
    )


def phases_table(result, grid):
    """Tabulate fractions, percolation and interface area of the phases; fractions alone where that is all."""
    phases = result.get("phases") or {}
    phases = phases.get("phases", phases)
    header = (
        "Phase",
        "Label",
        "Volume fraction",
        "Percolating x",
        "y",
        "z",
        "Closed",
        "Area / volume (µm⁻¹)",
        "Of closed parts",
        "Beside those of others",
        "Plain faces (µm⁻¹)",
    )
    found = []
    for name in grid.phases:
        phase = phases.get(name) or {}
        reach = phase.get("percolating_fraction") or {}
        areas = (
            phase.get(f"surface_area_per_volume{kind}_m-1")
            for kind in ("", "_closed", "_to_closed", "_faces")
        )
        found.append(
            (
                LONG_NAMES.get(name, name),
                digits(phase.get("label")),
                percent(grid.fraction(name), 2),
                *(percent(reach.get(axis), 2) for axis in "xyz"),
                percent(phase.get("closed_fraction"), 2),
                *(digits(None if area is None else 1e-6 * area, 3) for area in areas),
            )
        )
    note = (
        "Percolating: share of the phase's own voxels on paths from end to end of the axis. "
        "Area: interface to all other phases, corrected for the steps of the voxels, or as plain voxel faces."
        " Closed: in clusters that touch no face of the volume; their interface, and that beside closed"
        " clusters of other phases, as a particle has to its inner pores."
    )
    return TextTable("", header, found, tuple(range(1, 11)), note)


def transport_table(result):
    """Tabulate effective transport of every network along every axis that was computed."""
    header = ("Network", "Axis", "Volume fraction ε", "Percolating ε", "Effective / bulk")
    header += (
        "Tortuosity factor τ",
        f"Effective conductivity (S{THIN}m⁻¹)",
        "Flux imbalance",
        "Iterations",
        "Time",
    )
    found, conducting = [], []
    for network, axes in (result.get("transport") or {}).items():
        for axis in "xyz":
            if isinstance(axes.get(axis), dict):
                found.append((network, axis, *_transport_row(axes[axis])))
        if axes.get("conducting"):
            shares = ", ".join(
                f"{name} {digits(float(c), 3, trim=True)}" for name, c in axes["conducting"].items()
            )
            conducting.append(f"{network}: {shares}")
    note = "τ = ε / (effective / bulk), ε the total volume fraction; no τ where no path crosses the volume."
    if conducting:
        note += f" Local conductivities, relative or in S m⁻¹: {'; '.join(conducting)}."
    return TextTable("", header, found, tuple(range(2, 10)), note)


def steps_table(result):
    """Tabulate the steps of the protocol."""
    figures = {
        "capacity_mAh_g": "Capacity (mAh g⁻¹)",
        "areal_capacity_mAh_cm2": "Capacity (mAh cm⁻²)",
        "energy_Wh_kg": "Energy (Wh kg⁻¹ of stack)",
        "energy_Wh_L": "Energy (Wh L⁻¹ of stack)",
    }
    header = ("#", "Step", "Duration", *figures.values(), "Mean voltage (V)", "Ended by")
    found = [
        (
            str(number),
            step["name"],
            duration(step.get("time_s")),
            *(NONE if is_rest(step["name"]) else digits(_float(step.get(key))) for key in figures),
            fixed(step.get("mean_voltage_V"), 3),
            str(step.get("end_reason") or NONE).replace("_", " "),
        )
        for number, step in enumerate(result.get("steps") or [], 1)
    ]
    return TextTable("", header, found, (0, *range(2, 8)), "Capacity per gram is of active material.")


def stack_table(result):
    """Tabulate the layers of the stack that energies are of, with their share of its mass."""
    stack = result.get("stack") or {}
    mass = stack.get("mass_kg_m2")
    found = [
        (
            name,
            length_text(layer["thickness_m"]),
            digits(100 * layer["mass_kg_m2"], 3),
            percent(layer["mass_kg_m2"] / mass),
        )
        for name, layer in (stack.get("layers") or {}).items()
    ]
    header = ("Layer", "Thickness", "Mass (mg cm⁻²)", "Share of mass")
    basis = f"Energies are {stack['basis']}." if found else ""
    return TextTable("Stack", header, found, (1, 2, 3), basis)


def _transport_row(values):
    tau = values.get("tau")
    return (
        *(digits(_float(values.get(key)), 4) for key in ("eps", "eps_percolating", "D_eff_over_D0")),
        "no path" if tau is None else digits(float(tau)),
        digits(_float(values.get("effective_conductivity_S_m")), 3),
        digits(_float(values.get("flux_imbalance")), 2),
        digits(values.get("iterations")),
        duration(values.get("seconds")),
    )


def _film_units(film):
    """Write the units into those keys of a film that have none: its conductivity, and lengths in m."""
    bare = {key for key, value in film.items() if isinstance(value, float) and not names_unit(key)}
    return {
        key + ("" if key not in bare else "_S_m" if key == "conductivity" else "_m"): film[key]
        for key in film
    }


def _pore_tau(result):
    transport = result.get("transport") or {}
    name = "pore" if "pore" in transport else next(iter(transport), None)
    values = (transport.get(name) or {}).get("x") if name else None
    if not isinstance(values, dict):
        return None
    tau = values.get("tau")
    text = digits(float(tau)) if tau is not None else "no path"
    return Card("Tortuosity factor τ", text, "", f"{LONG_NAMES.get(name, name)}, through the thickness")


def _voxels(value, total, of_image):
    share = f" ({percent(value / total)})" if of_image else ""
    return f"{digits(value)}{share}"


def _float(value):
    return None if value is None else float(value)
