"""Claims and their checks: what `microsim validate` runs. A claim is a folder of validation/ with a claim.py.

claim.py has a docstring (the claim in a sentence, and where its reference comes from) and `checks(data)`, a
generator of Check; `data` is the folder that MICROSIM_DATA names, or None. Raise Skip where something is
missing.
"""

import importlib.util
import math
import time
from dataclasses import dataclass
from pathlib import Path

from ..base import gallery
from ..base.errors import InputError, Missing


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


def claim_names(folder=None):
    """List the claims of a folder, by default of those that ship, in order of name."""
    return sorted(
        path.parent.name for path in Path(folder or gallery.folder("validation")).glob("*/claim.py")
    )


def check_claims(names=(), *, folder=None, data=None, progress=None):
    """Run the named claims, or all; return {claim: {"checks": [Check], "seconds", "skipped": reason or
    None}}."""
    folder = folder or gallery.folder("validation")
    known = claim_names(folder)
    if not known:
        raise InputError(f"expected a folder with <claim>/claim.py, got none in {folder}; correct the folder")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"expected names of claims ({', '.join(known)}), got {', '.join(unknown)}; correct them"
        )
    results = {}
    for done, name in enumerate(names or known):
        if progress:
            progress(done, len(names or known), name)
        begun, skipped, checks = time.perf_counter(), None, []
        try:
            checks = list(_load(Path(folder) / name / "claim.py").checks(data))
        except (Skip, Missing) as reason:
            skipped = str(reason)
        results[name] = {"checks": checks, "seconds": time.perf_counter() - begun, "skipped": skipped}
    return results


def _load(path):
    spec = importlib.util.spec_from_file_location(f"validation_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
