"""From the steps of a protocol to what an experiment holds: amperes, volts, watts, profiles from files."""

from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..cell.load import Load


def loads(protocol, one_C, area, locate=lambda file: file):
    """Turn protocol steps into Loads.

    one_C: the current of 1C (A); area: of the cell (m2); locate: finds the file of a profile.
    """
    scale = {
        "c_rate": one_C,
        "current_A_m2": area,
        "current_A": 1.0,
        "power_W_m2": area,
        "power_W": 1.0,
        "voltage_V": 1.0,
    }
    return [_load(step, scale, locate) for step in protocol]


def _load(step, scale, locate):
    ends = {
        "until_voltage": step.until_voltage_V,
        "duration": step.duration_s,
        "until_current": step.until and step.until[1] * scale[step.until[0]],
        "skip": step.skip,
    }
    if step.kind == "profile":
        times, values = read_profile(locate(step.profile))
        kind = "power" if step.quantity.startswith("power") else "current"
        ends["duration"] = times[-1]
        return Load(step.text, profile=(times, values * scale[step.quantity]), profile_of=kind, **ends)
    held = "current" if step.kind == "rest" else step.kind
    return Load(step.text, **{held: (step.value or 0.0) * scale.get(step.quantity, 1.0)}, **ends)


def check_profiles(protocol, locate):
    """Read the profiles that a protocol names, so that a mistake costs nothing. Raises InputError."""
    for step in protocol:
        if step.profile:
            read_profile(locate(step.profile))


def read_profile(path):
    """Read a profile (drive cycle): two columns, time (s) and value, with or without a header line."""
    try:
        lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
        header = not _numbers(lines[0])
        table = np.array([_numbers(line) for line in lines[header:]], float)
        sound = (
            table.ndim == 2 and table.shape[1] == 2 and len(table) > 1 and np.all(np.diff(table[:, 0]) > 0)
        )
    except OSError as error:
        raise InputError(
            f"{path}: expected a profile of time (s) and value, got: {error.strerror}; check the path"
        ) from error
    except (UnicodeDecodeError, ValueError, IndexError):
        sound = False
    if not sound or table[0, 0] != 0 or not np.isfinite(table).all():
        raise InputError(
            f"{path}: expected a readable file of two columns, rising time (s) from 0 and value, got "
            "something else; write lines like 0,1.5"
        )
    return table[:, 0], table[:, 1]


def _numbers(line):
    """Return the numbers of a line, or none where it holds anything else."""
    try:
        return [float(part) for part in line.replace(";", ",").replace("\t", ",").split(",")]
    except ValueError:
        return []
