"""Where a run's numbers come from, in the file that repositories read: ro-crate-metadata.json.

An RO-Crate 1.1 that follows the profile Process Run Crate 0.5: one action (the run) with its instrument (this
build of microsim and the packages under it), its objects (the case, whole, and every file that it names, by
hash and size) and its results. `microsim reproduce` reads the same file.
"""

import base64
import json
import mimetypes
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from .. import __version__
from ..base.errors import InputError
from ..base.files import plain, write_json
from ..base.provenance import build, machine, packages
from .bearing import claims_of, kept_results
from .origin import digest

CRATE = "ro-crate-metadata.json"
CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
VERSION, PROFILE = "https://w3id.org/ro/crate/1.1", "https://w3id.org/ro/wfrun/process/0.5"
ACTION, CASE, LICENCE = "#run", "#case", "#licence"
TOOL = "https://pypi.org/project/microsim-electrode/"
WHAT = {
    "result.json": "the numbers",
    "voltage.csv": "time (s), current (A), voltage (V), capacity (mAh/g), step",
    "fields.h5": "the stored fields, HDF5 (VTKHDF)",
    "report.html": "the report",
}
KINDS = {".h5": "application/x-hdf5", ".csv": "text/csv", ".json": "application/json"}
NOT_NUMBERS = ("wall_s", "peak_memory_bytes", "memory_planned_bytes")  # what no two runs share


@dataclass(frozen=True)
class Crate:
    """What a crate says of a run.

    folder    it lies in
    case      the whole case, plain data
    place     folder of the case file as seen from `folder`, "" where there was none; name: of the case
    inputs    [{"key", "name", "size", "sha256"}, ...] of the files that the case names
    origin    as of jobs.origin
    told      {what: words}: packages and machine
    numbers   the run's single numbers {name: value}
    results   {file name: sha256}
    """

    folder: Path
    case: dict
    place: str
    name: str
    inputs: list
    origin: dict
    told: dict
    numbers: dict
    results: dict


# ---- writing -------------------------------------------------------------------------------------------


def write_crate(folder, case, numbers, inputs=None):
    """Write the crate of a finished run beside its results; return its path.

    case: Case, or a command_crate.Command. numbers: content of result.json, as plain data. inputs: [(key,
    path)] of the files that were read; None: those that the case names, and then claims bear on it, too.
    """
    folder, ended, of_run = Path(folder), datetime.now(UTC), inputs is None
    inputs, results = list(_inputs(_named(case) if of_run else inputs)), list(_results(folder))
    claims, values = list(_claims(case)) if of_run else [], list(_values(numbers))
    tools, on = list(_packages()), list(_properties("machine", machine()))
    cost = list(_properties("cost", {key: numbers[key] for key in NOT_NUMBERS if key in numbers}))
    action = {
        "@id": ACTION,
        "@type": "CreateAction",
        "name": f"microsim run: {case.title}" if of_run else f"microsim {case.title}",
        "description": "; ".join(step.text for step in case.protocol[:12]),
        "instrument": _to(TOOL),
        "object": [_to(CASE), *map(_to, inputs)],
        "result": [*map(_to, results), *map(_to, values)],
        "startTime": _stamp(ended - timedelta(seconds=numbers["wall_s"])),
        "endTime": _stamp(ended),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "environment": [*map(_to, on)],
        "resourceUsage": [*map(_to, cost)],
        "mentions": [*map(_to, claims)],
    }
    graph = [
        *_heads(case, inputs, results, ended),
        action,
        _case_entity(case, folder),
        _tool(tools),
        *inputs,
        *results,
        *values,
        *claims,
        *tools,
        *on,
        *cost,
    ]
    return write_json(folder / CRATE, plain({"@context": CONTEXT, "@graph": graph}))


def _to(entity):
    return {"@id": entity if isinstance(entity, str) else entity["@id"]}


def _stamp(moment):
    return moment.isoformat(timespec="seconds")


def _heads(case, inputs, results, ended):
    """What the file is, what the folder is, the profile that it follows, its licence."""
    about = f"Results of microsim {__version__} (build {build()}) for the case {case.name or case.title}."
    return [
        {"@id": CRATE, "@type": "CreativeWork", "conformsTo": {"@id": VERSION}, "about": {"@id": "./"}},
        {
            "@id": "./",
            "@type": "Dataset",
            "name": case.title,
            "description": about,
            "datePublished": _stamp(ended),
            "license": _to(LICENCE),
            "conformsTo": {"@id": PROFILE},
            "hasPart": [*map(_to, results), *map(_to, inputs)],
            "mentions": _to(ACTION),
        },
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {
            "@id": LICENCE,
            "@type": "CreativeWork",
            "name": "No licence stated",
            "description": "Whoever hands these results on states the licence here.",
        },
    ]


def _case_entity(case, folder):
    place = case.path and Path(os.path.relpath(case.path, folder)).as_posix()
    return {
        "@id": CASE,
        "@type": "CreativeWork",
        "name": case.name,
        "description": "The command as it was given, and its numbers."
        if "command" in case.as_dict()
        else "The whole case, defaults filled in, as microsim run takes it.",
        "encodingFormat": "application/json",
        "sha256": case.sha256,
        "text": json.dumps(plain(case.as_dict()), ensure_ascii=False),
        **({"alternateName": place} if place else {}),
    }


def _tool(tools):
    return {
        "@id": TOOL,
        "@type": "SoftwareApplication",
        "name": "microsim",
        "softwareVersion": __version__,
        "identifier": build(),
        "description": "identifier: digest of the code that decides numbers",
        "url": TOOL,
        "softwareRequirements": [*map(_to, tools)],
    }


def _packages():
    for name, number in packages().items():
        url = f"https://pypi.org/project/{quote(name)}/{quote(number)}/"
        yield {
            "@id": url,
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": number,
            "url": url,
        }


def _named(case):
    from ..volumes.named import named_files

    return named_files(case.as_dict(), case.path and case.path.parent)


def _inputs(named):
    """Name every file by its content (RFC 6920), so that it is the same wherever it lies."""
    for key, path in named:
        found = digest(path)
        name = base64.urlsafe_b64encode(bytes.fromhex(found)).decode().rstrip("=")
        yield {
            "@id": f"ni:///sha-256;{name}?key={_quoted(key)}&name={_quoted(path.name)}",
            "@type": "Dataset" if path.is_dir() else "File",
            "name": path.name,
            "description": f"{key} of what was asked for",
            "identifier": key,
            "encodingFormat": _kind(path),
            "contentSize": str(_size(path)),
            "sha256": found,
        }


def _quoted(name):
    """Quote a name by the bytes that the file system has, for not every name is UTF-8."""
    return quote(os.fsencode(name))


def _kind(path):
    return KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _size(path):
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    return path.stat().st_size


def _results(folder):
    pictures = sorted((folder / "figures").glob("*.png"))
    for path in [*(folder / name for name in WHAT if (folder / name).is_file()), *pictures]:
        name = path.relative_to(folder).as_posix()
        yield {
            "@id": _quoted(name),
            "@type": "File",
            "name": name,
            "description": WHAT.get(name, "a figure of the report"),
            "encodingFormat": _kind(path),
            "contentSize": str(path.stat().st_size),
            "sha256": digest(path),
        }


def _properties(of, named):
    for number, (name, value) in enumerate(named.items(), start=1):
        yield {"@id": f"#{of}-{number}", "@type": "PropertyValue", "name": name, "value": value}


def _values(numbers):
    """The single numbers of a run: those that a reader looks for first, and that a repetition must give."""
    for name, value in numbers.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool) and name not in NOT_NUMBERS:
            yield {"@id": f"#number-{quote(name)}", "@type": "PropertyValue", "name": name, "value": value}


def _claims(case):
    """The claims that bear on the run, as they stood when this microsim was released."""
    kept = kept_results()
    for name, what in claims_of(case).items():
        found = kept.get(name, {})
        yield {
            "@id": f"#claim-{name}",
            "@type": "CreativeWork",
            "name": name,
            "description": found.get("claim") or f"the claim {name} of microsim validate",
            "about": what,
            "creativeWorkStatus": state_of(found),
            "text": "\n".join(map(check_line, found.get("checks", []))),
            **({"dateCreated": found["date"]} if found.get("date") else {}),
        }


def state_of(claim):
    """Word what came of a claim, from its kept numbers."""
    checks = claim.get("checks", [])
    if not checks:
        return f"skipped: {claim['skipped']}" if claim.get("skipped") else "not run"
    short = sum(not check["pass"] and bool(check["unmet"]) for check in checks)
    failed = sum(not check["pass"] for check in checks) - short
    parts = [f"{count} {word}" for count, word in ((failed, "failed"), (short, "short")) if count]
    return f"{len(checks)} checks, {', '.join(parts) or 'all passed'}"


def check_line(check):
    """Word one check of a claim: value, reference, tolerance, what came of it."""
    within = {"relative": f"within {check['tolerance']:.3g} of it", "absolute": f"± {check['tolerance']:.3g}"}
    value, reference = (
        "none" if check[key] is None else f"{check[key]:.6g}" for key in ("value", "reference")
    )
    state = "pass" if check["pass"] else f"short: {check['unmet']}" if check["unmet"] else "FAIL"
    said = (
        f"{reference}, {within[check['kind']]}" if check["kind"] in within else f"{check['kind']} {reference}"
    )
    return f"{check['claim']}: {value}, reference {said}: {state}"


# ---- reading -------------------------------------------------------------------------------------------


def read_crate(path):
    """Read the crate of a run: the file, or the folder that it lies in. Raises InputError."""
    path = Path(path)
    path = path / CRATE if path.is_dir() else path
    try:
        graph = json.loads(path.read_text(encoding="utf-8"))["@graph"]
        found = {entity["@id"]: entity for entity in graph}
        return _told(path.parent, found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected the {CRATE} of a run of microsim, got {path}, which is none; give the one that"
            " microsim run wrote."
        ) from error


def _told(folder, found):
    action, case, tool = found[ACTION], found[CASE], found[TOOL]
    objects = [found[one["@id"]] for one in action["object"] if one["@id"] != CASE]
    results = [found[one["@id"]] for one in action["result"]]
    needs = [found[one["@id"]] for one in tool["softwareRequirements"]]
    inputs = [{"key": one["identifier"], **{k: one[k] for k in ("name", "sha256")}} for one in objects]
    for one, entity in zip(inputs, objects, strict=True):
        one["size"] = int(entity["contentSize"])
    files = {}
    for one in inputs:
        name = f"{one['key']}: {one['name']}"
        files[name] = files.get(name, "") + one["sha256"]
    origin = {
        "case_sha256": case["sha256"],
        "microsim": tool["softwareVersion"],
        "build": tool["identifier"],
        "files": files,
    }
    told = {one["name"]: one["softwareVersion"] for one in needs}
    told |= {found[one["@id"]]["name"]: found[one["@id"]]["value"] for one in action["environment"]}
    return Crate(
        folder,
        json.loads(case["text"]),
        os.path.dirname(case.get("alternateName", "")),
        case["name"],
        inputs,
        origin,
        told,
        {one["name"]: one["value"] for one in results if one["@type"] == "PropertyValue"},
        {one["name"]: one["sha256"] for one in results if one["@type"] == "File"},
    )
