"""Runs that lie in the folder, to be set side by side; names that a segmentation gave its labels."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

from ..base.errors import InputError
from ..base.schema import read_yaml
from ..segment.recipe import doubts_in
from ..volumes.formats import split_name

DEPTH = 5  # folders within folders in which runs are looked for
MOST = 200
SIDE_BY_SIDE = "microsim.jobs.compare_runs"  # whose command sets runs side by side on one page


def can_compare():
    """Tell whether this microsim has a page for several runs."""
    return find_spec(SIDE_BY_SIDE) is not None


def found_runs(place):
    """List the finished runs of a Place, the newest first: {path, title, capacity_mAh_g, ended}."""
    rows = []
    for folder, inner, files in os.walk(place.root):
        here = Path(folder).relative_to(place.root)
        deeper = len(here.parts) < DEPTH
        inner[:] = [name for name in inner if deeper and not name.startswith(".")]
        if {"result.json", "report.html"} <= set(files) and place.holds(here):
            rows.append(_row(place.root / here, here.as_posix()))
    return sorted(rows, key=lambda row: -row["ended"])[:MOST]


def _row(folder, path):
    try:
        found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    told = {name: found.get(name) for name in ("title", "capacity_mAh_g")} if isinstance(found, dict) else {}
    return {"path": path, **told, "ended": (folder / "result.json").stat().st_mtime}


def label_notes(place, name):
    """Return what the recipe beside a label volume has of it: {"names": {label: name}, "doubts": [...]}.

    No names without a recipe; doubts None where it is not of these labels.
    """
    path, _, _ = split_name(name)
    recipe = path.with_name(f"{path.name.removesuffix(path.suffix)}.recipe.yaml")
    try:
        raw = read_yaml(place.file(str(recipe)))
    except InputError:
        return {"names": {}, "doubts": None}
    phases = raw.get("phases") if isinstance(raw, dict) else None
    names = [*phases, raw.get("crack")] if isinstance(phases, list) else []
    known = {label: one for label, one in enumerate(names) if isinstance(one, str)}
    return {"names": known, "doubts": doubts_in(raw, path)}
