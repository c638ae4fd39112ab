"""The job reproduce: run again what a run's crate describes, and say what is otherwise."""

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from .. import __version__
from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.provenance import build
from .case_arguments import path_of, results_folder
from .command_crate import given_again
from .crate import CRATE, NOT_NUMBERS, read_crate
from .job import job
from .origin import differences, digest, origin_of
from .result import Result, Table
from .run import FILES, run

NOT_COMPARED = (*NOT_NUMBERS, "seconds", "origin", "case_sha256", "source", "protocol_read", "read")
NOT_COMPARED += ("microsim_version",)  # why numbers differ, and none itself
PLACES = ("report", "files", "volume", "recipe")  # of a command's numbers: where files lie
MOST = 40  # rows of numbers that are printed


@dataclass(frozen=True, repr=False)
class ReproducedResult(Result):
    """A run that was done again.

    crate     Crate of the first run
    again     RunResult of the second
    causes    what is otherwise about it, in sentences: inputs, build, packages, machine
    apart     [(number, then, now), ...] of the numbers that differ
    said      sentences on what differs in curve and fields, and on what could not be compared
    count     how many numbers were compared
    """

    crate: object
    again: object
    causes: tuple = ()
    apart: tuple = ()
    said: tuple = ()
    count: int = 0
    notes: tuple = field(default=())

    has_page: ClassVar = False

    @property
    def failed(self):
        return not self.same

    @property
    def same(self):
        """Whether everything that was compared is the same to the digit."""
        return not self.apart and not self.said

    @property
    def title(self):
        told = "the same to the digit" if self.same else "not the same"
        return f"{self.crate.folder / CRATE} again: {told} ({self.count} numbers compared)"

    def numbers(self):
        rows = [{"number": key, "then": then, "now": now} for key, then, now in self.apart]
        return {
            "same": self.same,
            "compared": self.count,
            "otherwise": list(self.causes),
            "differs": [*_grouped(self.apart), *self.said],
            "numbers": rows,
            "notes": list(self.notes),
            "run": str(self.again.folder),
        }

    def tables(self):
        # every digit, for they may differ in the last
        rows = [(key, *map(str, values)) for key, *values in self.apart[:MOST]]
        more = len(self.apart) - MOST
        return [
            *(f"otherwise: {cause}" for cause in self.causes),
            *(f"differs: {line}" for line in [*_grouped(self.apart), *self.said]),
            *([Table(("number", "then", "now"), rows)] if rows else []),
            *([f"and {more} more numbers"] if more > 0 else []),
            *self.notes,
            f"report: {self.again.folder / 'report.html'}",
        ]

    def plot(self):
        """Draw the voltage of the second run."""
        if "command" in self.crate.case:
            raise InputError(f"expected a run to draw, got {self.crate.name}; open {self.again.folder}.")
        return self.again.plot()


@job
def reproduce(
    file: Annotated[
        "str | PathLike", Argument(f"{CRATE} of a run or another page, or its folder.", path_of, "FILE")
    ],
    out: results_folder("out/<case name>_again", *FILES) = None,
    *,
    inputs: Annotated[
        "str | PathLike | None", Argument("Folder of the files that the case names.", metavar="DIR")
    ] = None,
    progress=None,
) -> ReproducedResult:
    """Run again what a run's provenance describes, and say what differs.

    Reads ro-crate-metadata.json, finds the files that the case names, runs the case, and compares every
    number (times and memory aside), the curve and the fields; of another command with a page (transport, eis,
    segment, ...) its numbers. On the same build with the same inputs they are
    the same to the digit. Otherwise a sentence says what changed: inputs, microsim, packages, machine.
    Exits 1 where anything differs.

    Parameters
    ----------
    file : path
        ro-crate-metadata.json, or the folder of the run. Alone it holds the case and the single numbers; with
        result.json and fields.h5 beside it everything is compared.
    out : path, optional
        Folder of the second run; default out/<case name>_again.
    inputs : path, optional
        Folder in which the files that the case names are looked for first, by their names.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ReproducedResult

    Raises
    ------
    InputError
        A file of the case that is not found, by its name and hash.
    NotConverged
        As of a run.
    """
    crate = read_crate(file)
    out = Path("out") / f"{crate.name}_again" if out is None else Path(out)
    if out.resolve() == crate.folder.resolve():
        raise InputError(f"--out: expected another folder than that of the first run, got {out}; name one.")
    if "command" in crate.case:
        again, changed = given_again(crate, out, None if inputs is None else Path(inputs))
        return _compared(crate, again, {**crate.origin, "microsim": __version__, "build": build()}, changed)
    case = _case(crate, None if inputs is None else Path(inputs))
    now = {**origin_of(case), "case_sha256": crate.origin["case_sha256"]}
    again = run(case, out, progress=progress)
    return _compared(crate, again, now)


# ---- the case, and the files that it names ---------------------------------------------------------------


def _case(crate, folder):
    """Read the case of a crate, its files named where they lie today."""
    from ..base.files import plain
    from ..case.case import parse_case

    raw, base = plain(crate.case), crate.folder / crate.place
    for key in dict.fromkeys(one["key"] for one in crate.inputs):
        holder, last = _holder(raw, key)
        if holder is not None and isinstance(holder[last], str):
            holder[last] = _found(holder[last], key, crate, (folder, base))
    return parse_case(raw, base / f"{crate.name}.yaml")


def _holder(raw, key):
    """Return the dict or list in which a dotted key stands, and its name there; (None, "") without one."""
    node, names = raw, key.split(".")
    for name in names[:-1]:
        node = node[int(name)] if isinstance(node, list) else node.get(name)
        if not isinstance(node, (dict, list)):
            return None, ""
    last = int(names[-1]) if isinstance(node, list) else names[-1]
    return (node, last) if isinstance(node, list) or last in node else (None, "")


def _found(words, key, crate, folders):
    """Return the words of a file as they lead to it: in the folder that was named, beside the case, or as
    they are."""
    from ..volumes.named import named_files

    given, base = folders
    stem, mark, part = words.partition("::")
    tries = [] if given is None else [str(given / Path(stem).name)]
    for place in [*tries, str(base / stem), stem]:
        if named_files(place):
            return f"{place}{mark}{part}"
    one = next(one for one in crate.inputs if one["key"] == key)
    where = " or ".join(dict.fromkeys([*tries, str(base / stem)]))
    raise InputError(
        f"expected {one['name']} ({key} of the case; {one['size']} bytes, sha256 {one['sha256'][:12]}...),"
        f" found no {where}; put it there, or name its folder with --inputs."
    )


# ---- what differs ----------------------------------------------------------------------------------------


def _compared(crate, again, now, changed=()):
    from ..base.provenance import machine, packages

    today = {**packages(), **machine()}
    causes = [
        f"{name} was {crate.told.get(name, 'not there')}, is {today.get(name, 'not there')}"
        for name in dict.fromkeys([*crate.told, *today])
        if crate.told.get(name) != today.get(name)
    ]
    old, new, notes = _numbers(crate, again)
    apart = [
        (key, old.get(key, "-"), new.get(key, "-"))
        for key in dict.fromkeys([*old, *new])
        if old.get(key, "-") != new.get(key, "-")
    ]
    said = () if "command" in crate.case else (*_curves(crate, again), *_fields(crate, again))
    return ReproducedResult(
        crate,
        again,
        (*differences(crate.origin, now), *changed, *causes),
        tuple(apart),
        said,
        len(old),
        tuple(notes),
    )


def _numbers(crate, again):
    """Return the numbers of the first and of the second time, {dotted key: value}, and notes on the first."""
    import json

    from ..base.files import plain

    new, path, notes = plain(again.numbers()), crate.folder / "result.json", []
    if "command" in crate.case:
        both = (dict(_leaves(one)) for one in (crate.case["command"]["numbers"], new))
        old, new = ({key: one[key] for key in one if key.split(".")[0] not in PLACES} for one in both)
        return old, new, notes
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        if digest(path) != crate.results.get("result.json"):
            notes = [f"{path} is not the one that the run wrote: it was changed since"]
    except (OSError, ValueError):
        old, new = crate.numbers, {key: new.get(key) for key in crate.numbers}
        notes = [
            f"no {path} to compare with: the single numbers of {CRATE} and its voltage curve stand for it"
        ]
    return dict(_leaves(old)), dict(_leaves(new)), notes


def _leaves(node, key=""):
    """List (dotted key, value) of what stands at the ends of plain data."""
    if key.rpartition(".")[2] in NOT_COMPARED:
        return
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if parts is None:
        yield key, node
        return
    for name, part in parts:
        yield from _leaves(part, f"{key}.{name}" if key else str(name))


def _grouped(apart):
    """Say for each part of the numbers how many differ, and by how much the most."""
    groups = {}
    for key, then, now in apart:
        groups.setdefault(key.partition(".")[0], []).append((key, then, now))
    for name, rows in groups.items():
        off = [(_off(then, now), key) for key, then, now in rows if _off(then, now) is not None]
        most = f", at most by {max(off)[0]:.2g} of its value ({max(off)[1]})" if off else ""
        yield f"{name}: {len(rows)} value{'s' * (len(rows) > 1)}{most}"


def _off(then, now):
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (then, now)):
        return None
    return abs(now - then) / max(abs(then), abs(now), 1e-300)


def _curves(crate, again):
    """Say how the voltage curves differ, a sentence, or none."""
    import numpy as np

    from .record import read_curve

    path, other = crate.folder / "voltage.csv", again.folder / "voltage.csv"
    if not path.is_file():
        if crate.results.get("voltage.csv") not in (None, digest(other)):
            yield "voltage.csv: another curve (by its hash)"
        return
    if path.read_bytes() == other.read_bytes():
        return
    one, two = read_curve(path), read_curve(other)
    end = min(one.time_s[-1], two.time_s[-1])
    t = one.time_s[one.time_s <= end]
    volts = np.abs(np.interp(t, one.time_s, one.voltage_V) - np.interp(t, two.time_s, two.voltage_V)).max()
    yield (
        f"voltage.csv: {1e3 * volts:.3g} mV at most at equal times, ends at {two.time_s[-1]:.7g} s instead of"
        f" {one.time_s[-1]:.7g} s"
    )


def _fields(crate, again):
    """Say how each stored field differs, a sentence each."""
    import numpy as np

    from ..volumes.fields import read_field, read_names, read_times

    path, other = crate.folder / "fields.h5", again.folder / "fields.h5"
    if not path.is_file():
        return
    names, now = read_names(path), read_names(other)
    yield from (f"{name}: stored in one of the runs only" for name in sorted(set(names) ^ set(now)))
    times, new = read_times(path)[0], read_times(other)[0]
    if len(times) != len(new):
        yield f"fields.h5: {len(new)} stored times instead of {len(times)}"
        return
    for name in (name for name in names if name in now):
        most = 0.0
        for index in range(len(times)):
            a, b = read_field(path, name, index)[0], read_field(other, name, index)[0]
            if a.shape != b.shape:
                yield f"{name}: {b.shape} voxels instead of {a.shape}"
                break
            if not np.array_equal(a, b, equal_nan=True):
                most = max(most, float(np.nanmax(np.abs(a - b), initial=1e-300)))
        if most:
            yield f"{name}: by {most:.3g} at most"
