"""What finished runs say beside each other: scores, cases, curves, maps, and what cannot be compared."""

import numpy as np

from ..analysis.half_cycles import last_discharge_of
from ..base.errors import InputError
from ..base.files import plain

SCORES = (  # key, words, whether a change in per cent says something
    ("capacity_mAh_g", "Capacity (mAh g⁻¹)", True),
    ("mean_voltage_V", "Mean voltage of the last discharge (V)", True),
    ("areal_capacity_mAh_cm2", "Areal capacity (mAh cm⁻²)", True),
    ("energy_Wh_kg", "Energy (Wh kg⁻¹)", True),
    ("energy_Wh_L", "Energy (Wh L⁻¹)", True),
    ("transport.pore.x.tau", "Tortuosity factor of the pores along x", True),
    ("validity.c_e.reached.0", "Least salt (mol m⁻³)", True),
    ("comparison.metrics.rmse", "RMSE against the measured map", True),
    ("comparison.metrics.bias", "Bias against the measured map", False),
    ("comparison.explained", "Explained share", False),
    ("comparison.rmse_mV", "RMSE against the measured curve (mV)", True),
    ("voxels.total", "Voxels", False),
    ("lithium_balance_error", "Lithium balance error", False),
    ("time_steps", "Time steps", False),
    ("wall_s", "Wall time", False),
    ("peak_memory_bytes", "Peak memory", False),
)
# below this share of another number: what is left where the state of equal mean was looked for, no bias
ROUNDED = {"comparison.metrics.bias": ("comparison.metrics.rmse", 1e-5)}
STORED, CURVE = 2.0**-23, 1e-9  # fields are in single precision; of a curve's largest value
MAPS = ("sto", "c_e", "phi_e")  # of which sections are shown


def told_of(runs):
    """Return (ShownRun each, plain data) of RunResults, the first of which the others are held against."""
    from ..report.pages.runs import ShownRun

    labels = _labels([run.folder for run in runs])
    crates = [_crate(run) for run in runs]
    volumes = [_volume(run) for run in runs]
    shown, maps = [], {}
    for k, (run, label) in enumerate(zip(runs, labels, strict=True)):
        cuts = _cuts(run, runs[0], _same_volume(volumes[0], volumes[k]), label, maps if k else {})
        shown.append(ShownRun(label, run.numbers(), run.voltage, _depth(run.numbers()), cuts))
    told = {
        "runs": [
            {"label": label, "folder": str(run.folder)} for label, run in zip(labels, runs, strict=True)
        ],
        "remarks": list(_remarks(labels, runs, crates, volumes, shown)),
        "cases": _cases(crates),
        "scores": [_score(row, runs) for row in SCORES],
        "voltage": dict(_voltages(shown)),
        "maps": maps,
    }
    return tuple(shown), plain(told)


def _labels(folders):
    """Name runs by their folders, with the folders above as far as needed to tell them apart."""
    paths = [folder.resolve() for folder in folders]
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        names = ["/".join(path.parts[-depth:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def _crate(run):
    from .crate import CRATE, read_crate

    try:
        return read_crate(run.folder / CRATE)
    except InputError:
        return None


# ---- grids and maps ------------------------------------------------------------------------------------


def _volume(run):
    """Return (phase of each voxel, names, voxel size) of a run's fields.h5, None without it."""
    from ..volumes.fields import read_phase

    path = run.folder / "fields.h5"
    return read_phase(path) if path.is_file() else None


def _same_volume(first, other):
    """Whether two runs have the same phases on the same voxels."""
    if first is None or other is None:
        return False
    return (
        first[1] == other[1]
        and np.allclose(first[2], other[2], rtol=1e-9)
        and np.array_equal(first[0], other[0])
    )


def _cuts(run, first, same, label, maps):
    """Cut the fields of a run in the middle, and note how far they are from those of the first run."""
    from ..report.pages.runs import Cut
    from ..volumes.fields import read_field, read_names

    path, cuts = run.folder / "fields.h5", {}
    if not path.is_file() or min(run.numbers()["volume"]["shape"][1:]) < 2:  # a column has no section
        return cuts
    for name in (name for name in MAPS if name in read_names(path)):
        values, voxel_size, _ = read_field(path, name, _end_index(run))
        plane = values[:, :, values.shape[2] // 2].astype(float)
        cuts[name] = Cut(plane, values.shape, voxel_size, same)
        if same and run is not first and name in read_names(first.folder / "fields.h5"):
            before = read_field(first.folder / "fields.h5", name, _end_index(first))[0]
            off = (values.astype(float) - before)[np.isfinite(values) & np.isfinite(before)]
            if off.size:
                mean, rms, largest = off.mean(), np.sqrt((off**2).mean()), np.abs(off).max()
                told = {"mean": mean, "rms": rms, "largest": largest}
                maps.setdefault(name, {})[label] = told | {"rounding": STORED * np.nanmax(np.abs(before))}
    return cuts


def _last_discharge(numbers):
    """Return the number of the last step that discharges, of the last step where none does."""
    steps = numbers.get("steps") or []
    found = last_discharge_of(steps)
    return found["steps"][-1] if found else len(steps) - 1


def _end_index(run):
    """Return which stored time is the end of the last discharge."""
    from ..volumes.fields import read_step_numbers

    numbers = read_step_numbers(run.folder / "fields.h5")
    found = np.flatnonzero(numbers == _last_discharge(run.numbers()))
    return int(found[-1]) if found.size else len(numbers) - 1


def _depth(numbers):
    """Return the profiles at the end of the last discharge, None without."""
    profiles, steps = numbers.get("profiles") or [], numbers.get("steps") or []
    if not profiles:
        return None
    at = _last_discharge(numbers) if len(profiles) == len(steps) else len(profiles) - 1
    return profiles[at]


def _voltages(shown):
    from ..report.beside_figures import voltage_difference

    for run in shown[1:]:
        q, volts = voltage_difference(shown[0].curve, run.curve)
        if q.size > 1 and q[-1] > q[0]:
            most = int(np.abs(volts).argmax())
            rms = float(np.sqrt(np.trapezoid(volts**2, q) / (q[-1] - q[0])))
            rounding = 1e3 * CURVE * float(np.abs(run.curve.voltage_V).max())
            told = {"rms_mV": 1e3 * rms, "largest_mV": 1e3 * abs(volts[most]), "at_mAh_g": q[most]}
            yield run.label, told | {"rounding_mV": rounding}


# ---- numbers and cases ---------------------------------------------------------------------------------


def _score(row, runs):
    key, label, change = row
    return {
        "key": key,
        "label": label,
        "change": change,
        "values": [_value(run.numbers(), key) for run in runs],
        **({"rounding": [_rounding(run.numbers(), *ROUNDED[key]) for run in runs]} if key in ROUNDED else {}),
    }


def _rounding(numbers, of, share):
    """What is no value but rounding: a share of another of the numbers, 0 without it."""
    return share * (_value(numbers, of) or 0.0)


def _pores_alone(numbers):
    """Whether a run tells of its pores as the electrolyte, for nothing else has any."""
    transport = numbers.get("transport") or {}
    shares = (transport.get("electrolyte") or {}).get("conducting") or {}
    return "pore" not in transport and set(shares.values()) == {1.0}


def _value(numbers, key):
    if key == "mean_voltage_V":
        steps = numbers.get("steps") or []
        return (last_discharge_of(steps) or (steps or [{}])[-1]).get(key)
    node = numbers
    if key.startswith("transport.pore.") and _pores_alone(numbers):
        key = key.replace("pore", "electrolyte", 1)
    for name in key.split("."):
        if isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict):
            node = node.get(name)
        else:
            return None
    return node if isinstance(node, (int, float)) else None


def _cases(crates):
    """Return {key: values} of what the cases differ in; None where a case has no such key or is not known."""
    flat = [dict(_keys(crate.case)) if crate else {} for crate in crates]
    flat = [
        one | ({f"{i['key']} (content)": i["sha256"][:12] for i in crate.inputs} if crate else {})
        for one, crate in zip(flat, crates, strict=True)
    ]
    known = [one for one in flat if one]
    keys = dict.fromkeys(key for one in known for key in one)
    return {
        key: [one.get(key) for one in flat]
        for key in keys
        if any(one.get(key) != known[0].get(key) for one in known)
    }


def _keys(node, key=""):
    """List (dotted key, value) of a case, lists of words whole; a title is a name."""
    whole = isinstance(node, list) and not any(isinstance(part, (dict, list)) for part in node)
    if whole or not isinstance(node, (dict, list)):
        yield key, node
        return
    for name, part in node.items() if isinstance(node, dict) else enumerate(node):
        if name != "title":
            yield from _keys(part, f"{key}.{name}" if key else str(name))


# ---- what cannot be compared -----------------------------------------------------------------------------


def _remarks(labels, runs, crates, volumes, shown):
    """Say what is missing of the runs, and what must not be compared, a sentence each."""
    numbers = [run.numbers() for run in runs]
    for label, one, crate, volume in zip(labels, numbers, crates, volumes, strict=True):
        if "stopped" in one:
            yield f"{label} stopped before its end: {one['stopped'].rstrip('.')}."
        if crate is None:
            yield f"{label} has no ro-crate-metadata.json: its case is not known; run it again."
        if volume is None:
            yield f"{label} has no fields.h5: its maps are missing."
        if volume is not None and min(one["volume"]["shape"][1:]) < 2:
            yield f"{label} is a homogenised electrode: it has no maps."
    yield from _grids(labels, volumes)
    yield from _apart(labels, numbers, _materials, "Capacities per gram are of different materials")
    yield from _apart(labels, numbers, _rate, "1C is not the same current")
    yield from _apart(labels, numbers, _measured, "The scores are against different measurements")
    yield from _apart(
        labels, numbers, lambda one: (one.get("origin") or {}).get("build"), "The builds of microsim differ"
    )
    if len(shown) > 1 and not any(run.depth for run in shown):
        yield "None of the runs has profiles over the depth."


def _grids(labels, volumes):
    from ..base.words import times

    for label, volume in zip(labels[1:], volumes[1:], strict=True):
        if volumes[0] is None or volume is None or _same_volume(volumes[0], volume):
            continue
        if min(*volumes[0][0].shape[1:], *volume[0].shape[1:]) < 2:  # a column has no map
            continue
        grids = [f"{times(v[0].shape)} voxels of {_edges(v[2])} nm" for v in (volumes[0], volume)]
        what = (
            f"{grids[1]} instead of {grids[0]}" if grids[0] != grids[1] else "other phases on the same voxels"
        )
        yield f"{label} has {what}: no difference of its maps from those of {labels[0]} is drawn."


def _edges(voxel_size):
    from ..base.words import lengths_nm

    return f"{1e9 * voxel_size[0]:g}" if len(set(voxel_size)) == 1 else lengths_nm(voxel_size)


def _apart(labels, numbers, of, words):
    """Say that something is not the same in all runs that have it."""
    found = {label: of(one) for label, one in zip(labels, numbers, strict=True)}
    found = {label: value for label, value in found.items() if value is not None}
    if len({str(value) for value in found.values()}) > 1:
        yield f"{words}: {', '.join(f'{label} {value}' for label, value in found.items())}."


def _materials(one):
    sets = {
        (part.get("name") or "").rstrip("*")  # a star: changed in the case, which its keys tell
        for name, part in (one.get("materials") or {}).items()
        if name not in ("electrolyte", "cbd")
    }
    return " and ".join(sorted(filter(None, sets))) or None


def _rate(one):
    rate = one.get("c_rate_mA_g")
    return None if rate is None else f"{rate:.4g} mA/g"


def _measured(one):
    """What the first comparison is with: kind, quantity, file and its hash."""
    found = one.get("comparison") or {}
    if not found:
        return None
    told = [found.get(key) for key in ("kind", "quantity", "measured", "file")]
    told += [str(found[key])[:12] for key in ("measured_sha256", "sha256") if found.get(key)]
    return " ".join(filter(None, map(str, filter(None, told)))) or None
