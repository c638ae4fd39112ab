"""Claims and their checks: what `microsim validate` runs. A claim is a folder of validation/ with a claim.py.

claim.py has a docstring (the claim in a sentence, and where its reference comes from) and `checks(data)`, a
generator of Check; `data` is the folder that MICROSIM_DATA names, or None. Raise Skip where something is
missing. What came of the claims of a release is kept as JSON beside them (validation/results.json).
"""

import ast
import importlib.util
import json
import math
import os
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Annotated

from .. import __version__
from ..base import gallery
from ..base.arguments import Argument
from ..base.errors import InputError, Missing
from ..base.provenance import build
from .arguments import as_list
from .job import job
from .result import Result, Table


class Skip(Exception):
    """What a claim needs and this machine lacks."""


@dataclass(frozen=True)
class Check:
    """One figure against its reference.

    tolerance: largest difference that passes, as a share of the reference (kind "relative"), in its own unit
    ("absolute"), or none with kind "at most" and "at least".
    unmet: why a reference that is wanted cannot be had; such a check is listed as short of it, and is no
    failure of the code. The reason has checks of its own.
    """

    what: str
    value: float
    reference: float
    tolerance: float = 0.0
    kind: str = "relative"
    source: str = ""
    unmet: str = ""

    @property
    def result(self):
        """pass, short (of what cannot be had) or FAIL."""
        return "pass" if self.passed else "short" if self.unmet else "FAIL"

    @property
    def deviation(self):
        """How far the value is from its reference, in the unit of the tolerance."""
        off = self.value - self.reference
        return off / abs(self.reference) if self.kind == "relative" else off

    @property
    def passed(self):
        if self.kind == "at most":
            return bool(self.value <= self.reference)
        if self.kind == "at least":
            return bool(self.value >= self.reference)
        return bool(math.isfinite(self.value) and abs(self.deviation) <= self.tolerance)

    def numbers(self):
        """Return the check as plain data."""
        return {
            "claim": self.what,
            "value": self.value,
            "reference": self.reference,
            "tolerance": self.tolerance,
            "kind": self.kind,
            "deviation": self.deviation,
            "source": self.source,
            "pass": self.passed,
            "unmet": self.unmet,
        }


@dataclass(frozen=True)
class Claim:
    """What came of one claim: its checks, how long they took (s), and why it was skipped, or None.

    sentence, about   what it claims, and where its reference comes from
    date, microsim, build   when it was checked, on which version and code; None where it was not kept
    """

    checks: list
    seconds: float
    skipped: str | None
    sentence: str = ""
    about: str = ""
    date: str | None = None
    microsim: str | None = None
    build: str | None = None

    def numbers(self):
        """Return the claim as plain data."""
        checks = [check.numbers() for check in self.checks]
        told = {key: getattr(self, key) for key in ("about", "date", "microsim", "build")}
        return {
            "seconds": self.seconds,
            "skipped": self.skipped,
            "claim": self.sentence,
            **told,
            "checks": checks,
        }


@dataclass(frozen=True, repr=False)
class ValidationResult(Result):
    """What came of the claims: {name: Claim}."""

    claims: dict

    @property
    def checks(self):
        """All checks, one after the other."""
        return [check for claim in self.claims.values() for check in claim.checks]

    def count(self, result):
        """Count the checks with a result: pass, short or FAIL."""
        return sum(check.result == result for check in self.checks)

    @property
    def failed(self):
        return self.count("FAIL") > 0

    @property
    def title(self):
        return f"{len(self.claims)} claims"

    def numbers(self):
        listing = {name: claim.numbers() for name, claim in self.claims.items()}
        return {"claims": listing, "failed": self.count("FAIL"), "short": self.count("short")}

    def tables(self):
        rows = [row for name, claim in self.claims.items() for row in _rows(name, claim)]
        reasons = [f"short: {c.what}: {c.unmet}" for c in self.checks if c.result == "short"]
        short = self.count("short")
        total = f"{len(self.checks)} checks, {self.count('FAIL')} failed"
        total += f", {short} short of what cannot be had" if short else ""
        header = ("claim", "what", "value", "reference", "tolerance", "result")
        return [Table(header, rows), *reasons, total]

    def write(self, folder):
        """Write report.html: every claim with its checks, to be searched; returns the path of the page."""
        from ..report.pages import validate as page

        return page.write(folder, result=self.numbers())

    def plot(self):
        """Draw how much of its tolerance each check uses."""
        from ..report.pages import validate as page

        return page.figure(result=self.numbers())


def _rows(name, claim):
    rows = [
        (
            name,
            c.what,
            f"{c.value:.7g}",
            f"{c.reference:.7g}",
            c.tolerance if c.kind in ("relative", "absolute") else c.kind,
            c.result,
        )
        for c in claim.checks
    ]
    return rows + [(name, f"skipped: {claim.skipped}", None, None, None, "-")] * bool(claim.skipped)


def claim_names(folder=None):
    """List the claims of a folder, by default of those that ship, in order of name."""
    return sorted(
        path.parent.name for path in Path(folder or gallery.folder("validation")).glob("*/claim.py")
    )


@job
def validate(
    names: Annotated[
        "list[str]",
        Argument("Claims to check [default: all].", as_list, metavar="NAME", bare=True, many=True),
    ] = (),
    folder: Annotated[
        "str | PathLike | None", Argument("Folder of the claims [default: those that ship].", metavar="DIR")
    ] = None,
    *,
    kept: Annotated[
        "list[str | PathLike]",
        Argument("Take what --json wrote, do not run it again; repeatable.", as_list, "FILE", many=True),
    ] = (),
    data: "str | PathLike | None" = None,
    progress=None,
) -> ValidationResult:
    """Check the claims of validation/ against their references.

    Prints value, reference, tolerance and pass for each; exits 1 if one fails. "short": what was wanted and
    cannot be had from the data, with the reason. What needs real data is skipped
    where MICROSIM_DATA names no folder, what needs a package where that is not installed. --out writes a page
    with every claim; with --kept it is made of what --json wrote before.

    Parameters
    ----------
    names : list of str
        Claims to check; default all.
    folder : path, optional
        Folder of the claims; default those that ship.
    kept : list of path
        JSON files of earlier validations, taken in place of a new one; of a claim in several the last.
    data : path, optional
        Folder of the real data; default the one that MICROSIM_DATA names.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ValidationResult
    """
    if kept:
        return ValidationResult(_chosen(names, _kept(kept)))
    folder = Path(folder or gallery.folder("validation"))
    known = claim_names(folder)
    if not known:
        raise InputError(f"expected a folder with <claim>/claim.py, got none in {folder}; correct the folder")
    names, data, claims = list(_chosen(names, dict.fromkeys(known))), _data(data), {}
    for done, name in enumerate(names):
        if progress:
            progress(done, len(names), name)
        claims[name] = _check(folder / name / "claim.py", data)
    return ValidationResult(claims)


def _chosen(names, known):
    """Return those of {claim: ...} that are named, all of them where none is."""
    names = [names] if isinstance(names, str) else list(names)
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"expected names of claims ({', '.join(known)}), got {', '.join(unknown)}; correct them"
        )
    return {name: known[name] for name in names or known}


def _kept(files):
    """Read claims from what --json wrote, {name: Claim} in order of name."""
    claims, own = {}, {field.name for field in fields(Check)} - {"what"}
    for file in [files] if isinstance(files, (str, PathLike)) else files:
        try:
            for name, found in json.loads(Path(file).read_text(encoding="utf-8"))["claims"].items():
                checks = [
                    Check(one["claim"], **{key: _number(key, one[key]) for key in own})
                    for one in found["checks"]
                ]
                told = {key: found.get(key) for key in ("date", "microsim", "build")}
                words = (found.get("claim") or "", found.get("about") or "")
                claims[name] = Claim(checks, found["seconds"], found["skipped"], *words, **told)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"--kept: expected what microsim validate --json wrote, got {file}, which is not; correct it."
            ) from error
    return dict(sorted(claims.items()))


def _number(key, value):
    """What JSON keeps of a value that is no number is null."""
    return math.nan if value is None and key in ("value", "reference", "tolerance") else value


def claim_text(name, folder=None):
    """Return the sentence of a claim, and what its docstring says after that."""
    path = Path(folder or gallery.folder("validation")) / name / "claim.py"
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first, _, rest = doc.partition("\n\n")
    return " ".join(first.split()), rest


def _data(given):
    given = given or os.environ.get("MICROSIM_DATA")
    return Path(given) if given and Path(given).is_dir() else None


def _check(path, data):
    """Run one claim."""
    begun, skipped, checks = time.perf_counter(), None, []
    try:
        checks = list(_load(path).checks(data))
    except (Skip, Missing) as reason:
        skipped = str(reason)
    now = datetime.now(UTC).date().isoformat()
    words = claim_text(path.parent.name, path.parents[1])
    return Claim(checks, time.perf_counter() - begun, skipped, *words, now, __version__, build())


def _load(path):
    spec = importlib.util.spec_from_file_location(f"validation_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
