"""Projects of Athena (.prj): its groups as reference spectra, normalised as the project says.

Athena packs a project by gzip; within it stand lines of Perl or, later, JSON: for each group its energies
(eV), its absorption, and the settings under which Athena shows it. Its own export (.nor) holds the same.

    normalised(E) = (mu(E) - pre(E)) / step

pre: the line through the energies from e0 + pre1 to e0 + pre2; step: the project's own, held against what
the post-edge polynomial (e0 + nor1 to e0 + nor2) is above that line at e0; E: as stored, moved by the group's
shift.

Source: Ravel and Newville, J. Synchrotron Rad. 12 (2005) 537; Athena users' guide, 4.1 Normalization.
"""

import gzip
import json
import re
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import InputError
from .tables import decoded

GZIP = b"\x1f\x8b"
BEGINS = "Athena project file"
TEXT = r"'((?:[^'\\]|\\.)*)'"
# a text of Perl, or what stands for one value: a list (with texts in it), a table, a bare number
QUOTED = re.compile(
    TEXT + r"|(\[(?:" + TEXT.replace("((", "(?:(") + r"|[^\]'])*\]|\{[^}]*\}|[^\s,'()\[\]{}]+)", re.DOTALL
)
ENTRY = re.compile(r"^\s*[$@%](\w+)\s*=\s*(.*?);?\s*$")
LEAST = 3  # energies of a spectrum
AMISS = 0.1  # of a project's step that the post-edge polynomial may say otherwise: what it was saved with


@dataclass(frozen=True, eq=False)
class Group:
    """A spectrum of a project: its tag (five letters), label, energies as stored (eV), absorption, and the
    settings {name: text}."""

    tag: str
    energies: np.ndarray
    mu: np.ndarray
    settings: dict = field(default_factory=dict)

    @property
    def label(self):
        """What a user calls it."""
        return str(self.settings.get("label") or self.tag).strip()

    @property
    def spectrum(self):
        """Whether it is absorption over energy, and not chi(k), a difference or a scan over pixels."""
        odd = ("is_chi", "is_pixel", "is_diff", "is_bkg", "is_rsp", "is_qsp")
        kind = self.settings.get("datatype") or "xmu"
        return kind in ("xmu", "xanes", "norm") and not any(self.number(name) for name in odd)

    def number(self, name, default=0.0):
        """Return a setting as a number, default where it is none."""
        try:
            return float(self.settings.get(name, default))
        except (TypeError, ValueError):
            return default


def read_athena(content, where):
    """Return the Groups of a project's bytes. Raises InputError where it is none, or damaged."""
    try:
        text = decoded(gzip.decompress(content) if content[:2] == GZIP else content, where)
    except (OSError, EOFError, gzip.zlib.error) as error:
        raise InputError(_damaged(where, error)) from error
    if BEGINS not in text[:600]:
        raise InputError(f"expected a project of Athena, got another file in {where}; give its export .nor.")
    try:
        groups = _of_json(text) if text.lstrip().startswith("{") else _of_perl(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(_damaged(where, error)) from error
    if not groups or any(g.energies.size != g.mu.size or g.energies.size < LEAST for g in groups):
        raise InputError(_damaged(where, "a group without its energies and absorption"))
    return groups


def _damaged(where, error):
    return (
        f"expected a whole project of Athena, got {where} ({error}); save it again, or export normalised"
        " mu(E) as .nor."
    )


def _of_json(text):
    project = json.loads(text)
    groups = {tag: body for tag, body in project.items() if isinstance(body, dict) and "x" in body}
    tags = [tag for tag in project.get("_____order", groups) if tag in groups]
    return [_group(tag, groups[tag]["x"], groups[tag]["y"], groups[tag].get("args", {})) for tag in tags]


def _of_perl(text):
    """Groups of lines `@x = ('1','2');`, each of which ends on [record]."""
    groups, found = [], {}
    for line in text.splitlines():
        if line.startswith("[record]"):
            words = found.get("args", [])
            args = dict(zip(words[::2], words[1::2], strict=False))
            groups.append(_group(found["old_group"][0], found["x"], found["y"], args))
            found = {}
        elif match := ENTRY.match(line):
            found[match[1]] = [_plain(word) for word in QUOTED.findall(match[2])]
    return groups


def _plain(word):
    return re.sub(r"\\(.)", r"\1", word[0] or word[1])


def _group(tag, x, y, args):
    return Group(tag, np.array(x, float), np.array(y, float), dict(args))


# ---- as references -----------------------------------------------------------------------------------------


def athena_spectra(groups, picked, where):
    """Return (names, energies (eV), values [spectrum, energy]) of groups, normalised, on all their energies
    within the range that they share; between its own each is linear.

    picked: labels or tags, in order; () for all that are absorption over energy.
    """
    chosen = _picked(groups, picked, where) if picked else [g for g in groups if g.spectrum]
    names = _names(groups)
    if not chosen or not all(g.spectrum for g in chosen):
        odd = [names[g.tag] for g in chosen if not g.spectrum] or ["none"]
        raise InputError(
            f"expected absorption over energy in {where}, got {', '.join(odd)}; name groups of it,"
            f" {where}::A,B (it has {', '.join(names[g.tag] for g in groups if g.spectrum) or 'none'})."
        )
    made = [_normalised(group, where) for group in chosen]
    low, high = max(e[0] for e, _ in made), min(e[-1] for e, _ in made)
    energies = np.unique(np.concatenate([e[(e >= low) & (e <= high)] for e, _ in made]))
    if energies.size < LEAST:
        listed = ", ".join(names[g.tag] for g in chosen)
        raise InputError(
            f"expected spectra of one edge in {where}, got {listed}, which share no energies; name those of"
            f" one, {where}::A,B."
        )
    return (
        tuple(names[g.tag] for g in chosen),
        energies,
        np.array([np.interp(energies, *one) for one in made]),
    )


def _names(groups):
    """Names by tag: labels, and tags where a label stands twice or holds a comma."""
    labels = [group.label for group in groups]
    alone = {label for label in labels if labels.count(label) == 1 and "," not in label}
    return {g.tag: g.label if g.label in alone else g.tag for g in groups}


def _picked(groups, picked, where):
    names = _names(groups)
    known = {g.tag: g for g in groups} | {names[g.tag]: g for g in groups}
    unknown = [name for name in picked if name not in known]
    if unknown:
        raise InputError(
            f"expected groups out of {', '.join(names.values())}, got {', '.join(unknown)} in {where};"
            " correct the names."
        )
    return [known[name] for name in picked]


def _normalised(group, where):
    """Energies (eV), rising, and normalised absorption of a group."""
    energies, place = np.unique(group.energies, return_index=True)
    mu, e0 = group.mu[place], group.number("bkg_e0")
    shifted = energies + group.number("bkg_eshift")
    if group.number("is_nor") or group.settings.get("datatype") == "norm":
        return shifted, mu
    ends = [e0 + group.number(f"bkg_{name}") for name in ("pre1", "pre2", "nor1", "nor2")]
    pre = _polynomial(shifted, mu, *ends[:2], 1)
    step = None if pre is None else _step(group, shifted, mu - pre(shifted), ends[2:])
    if step is None:
        raise InputError(
            f"expected an edge between the pre-edge and the post-edge range of {group.label} in {where}, got"
            f" none that the project's own step of {group.number('bkg_step'):.3g} fits; mend these ranges in"
            f" Athena and save it, or name others: {where}::A,B."
        )
    return shifted, (mu - pre(shifted)) / step


def _step(group, energies, above, window):
    """The step of the edge, what is above the pre-edge line: as the project has it; None where the post-edge
    says another. Athena takes a line in place of a parabola where it thinks the post-edge too short."""
    kept, e0 = group.number("bkg_step"), group.number("bkg_e0")
    if kept > 0 and group.number("bkg_fixstep"):
        return kept
    terms = int(np.clip(group.number("bkg_nnorm", 3), 2, 3))
    lines = [_polynomial(energies, above, *window, degree) for degree in (terms - 1, 1)]
    found = [float(line(e0)) for line in lines if line is not None]
    if kept == 0:
        return found[0] if found and found[0] > 0 else None
    return kept if any(abs(step - kept) <= AMISS * kept for step in found) else None


def _polynomial(energies, mu, low, high, degree):
    """The polynomial through the energies of a window; None where it holds too few."""
    inside = (energies >= low) & (energies <= high)
    if inside.sum() <= degree:
        return None
    return np.polynomial.Polynomial.fit(energies[inside], mu[inside], degree)
