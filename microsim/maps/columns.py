"""What the columns of a text table mean: energies in eV whatever their unit, spectra whatever they were.

E = h c / (2 d sin theta)          from the angle of the monochromator and the spacing d of its planes
mu = ln(I0 / It), mu = If / I0     from counts, in transmission and in fluorescence
"""

import re
import unicodedata

import numpy as np

from ..base.errors import InputError
from ..base.schema import any_of, listed
from .spectra import LOWEST_ENERGY

HC = 12398.41984  # eV angstrom, CODATA 2018
ENERGY_UNITS = {"ev": 1.0, "kev": 1e3}
ANGLES = {"degrees": np.pi / 180, "degree": np.pi / 180, "deg": np.pi / 180, "\N{DEGREE SIGN}": np.pi / 180}
ANGLES |= {"rad": 1.0, "radians": 1.0, "mrad": 1e-3, "c": np.pi / 180, "o": np.pi / 180}
SPACING_UNITS = {"": 1.0, "a": 1.0, "nm": 10.0, "pm": 1e-2, "m": 1e10}  # angstrom
# what a column's name, without its sign and its end, says it holds
ROLES = (
    ("energy", r"e|en|ev|kev|.*energy.*|mono_?e"),
    ("angle", r".*angle.*|.*theta.*|.*bragg.*|mono_?deg"),
    ("reference", r"mu_?ref(er)?|.*murefer.*|i_?ref(er)?(_.*|-.*)?|ir(_.*)?|i2"),
    ("mu", r"x?mu|mu_?trans|mu_?fluor|norm_?trans|norm_?fluor|x?mu\W.*|abs(orption)?"),
    ("i0", r"i[0o]|izero|mon(itor)?|i[0o][_-].*"),
    ("it", r"it|i1|i_?trans(mission)?|(it|i1)[_-].*"),
    ("if", r"if|iff|i_?fluor(escence)?|if[_-].*"),
    ("other", r".*time.*|sec(onds)?|.*scaler.*|clock.*|current|.*gain.*"),
)


def energies_of(table):
    """Energies (eV) of a text table: of the column that is called so, else of the first; from degrees too."""
    roles = _roles(table)
    column = next((roles.index(role) for role in ("energy", "angle") if role in roles), 0)
    values, unit = table.values[:, column], (table.units[column] or "").lower()
    if roles[column] == "angle":
        return _of_angles(values, unit, table, column)
    if unit and unit not in ENERGY_UNITS:
        raise InputError(
            f"expected energies in eV or keV, got the column {table.name_of(column)} in {unit} in"
            f" {table.where}; give the energies of the images."
        )
    if table.names and re.fullmatch(r"k|r|wave.*|lambda", table.names[column], re.IGNORECASE):
        raise InputError(
            f"expected energies, got the column {table.names[column]} in {table.where}; give a file of"
            " absorption over energy."
        )
    if not unit and 0 < np.nanmax(values) < LOWEST_ENERGY and table.values.shape[1] > 1:
        unit = "kev"
    return values * ENERGY_UNITS.get(unit, 1.0)


def _of_angles(values, unit, table, column):
    """Energies of the angles of a monochromator; refuses an unknown unit or spacing."""
    name, spacing = table.name_of(column), _spacing(table.header.get("mono.d_spacing", ""))
    if unit not in ("", *ANGLES) or spacing is None:
        raise InputError(
            f"expected energies, got the angle column {name} ({unit or 'no unit'}) without the spacing of the"
            f" monochromator's planes in {table.where}; add the line # Mono.d_spacing: 3.13553 (angstrom) to"
            " its header, or give a column of energies in eV."
        )
    sine = np.sin(values * ANGLES.get(unit, np.pi / 180))
    if not (sine > 0).all():
        raise InputError(
            f"expected angles between 0 and 90 degrees, got others in the column {name} of {table.where};"
            " correct it."
        )
    return HC / (2 * spacing * sine)


def _spacing(said):
    """Spacing of a monochromator's planes in angstrom, None where it is not said or cannot be one: a number
    without a unit below half an angstrom is one in nm that does not say so."""
    found = re.match(r"\s*(\d*\.?\d+(?:[eE][-+]?\d+)?)\s*(.*)", said)
    if not found:
        return None
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", found[2]).lower())
    unit = words[0] if words else ""
    if unit.startswith(("ang", "\N{LATIN SMALL LETTER A WITH RING ABOVE}")) or unit == "aa":
        unit = "a"
    elif unit in ("si", "ge"):  # the crystal
        unit = ""
    value = float(found[1]) * SPACING_UNITS.get(unit, np.nan)
    return value if (0.1 if unit else 0.5) < value < 100 else None


def absorption_of(table, picked=()):
    """Spectra of a text table beside its energies: (names, [spectrum, line]).

    Where the header names absorption or counts these are what is taken, and the rest (times, monitors) is
    not; else every column but the energies. picked: names to take, in their order, whatever they are.
    """
    roles = _roles(table)
    energy = next((roles.index(role) for role in ("energy", "angle") if role in roles), 0)
    found = {table.name_of(k): table.values[:, k] for k in range(len(roles)) if k != energy}
    made = _made_of_counts(table, roles)
    if picked:
        return _picked(found | {name: make() for name, make in made.items() if name in picked}, picked, table)
    mu = [table.name_of(k) for k, role in enumerate(roles) if role == "mu" and k != energy]
    raw = any(role in ("i0", "it", "if", "reference") for role in roles)
    if mu or made:
        found = {name: found[name] for name in mu} if mu else {name: make() for name, make in made.items()}
    elif raw:
        counts = [table.name_of(k) for k, role in enumerate(roles) if role in ("i0", "it", "if")]
        raise InputError(
            f"expected absorption, got the counts {listed(counts)} alone in {table.where}; name the columns"
            " that are spectra, FILE::A,B."
        )
    if len(found) > 1 and (mu or made):
        raise InputError(
            f"expected one measure of absorption, got {any_of(found)} in {table.where}; name one, "
            f"FILE::{next(iter(found))}."
        )
    return tuple(found), np.array(list(found.values())).reshape(-1, len(table.values))


def _made_of_counts(table, roles):
    """Absorption that the counts of a table give, {name: function}."""

    def ratio(above, below, logarithm):
        i, j = (table.values[:, roles.index(role)] for role in (above, below))
        good = (j != 0) & ((i * j > 0) if logarithm else True)
        if not good.all():
            raise InputError(
                f"expected counts above 0, got others in {int((~good).sum())} lines of {table.where}; leave"
                " those lines out."
            )
        return np.log(i / j) if logarithm else i / j

    made = {}
    if "i0" in roles and "it" in roles:
        made["mutrans"] = lambda: ratio("i0", "it", True)
    if "i0" in roles and "if" in roles:
        made["mufluor"] = lambda: ratio("if", "i0", False)
    return made


def _picked(found, picked, table):
    unknown = [name for name in picked if name not in found]
    if unknown:
        raise InputError(
            f"expected spectra out of {', '.join(found)}, got {', '.join(unknown)}; correct the names."
        )
    return tuple(picked), np.array([found[name] for name in picked])


def _roles(table):
    """What each column holds by its name, or None."""
    if table.names is None:
        return [None] * table.values.shape[1]
    names = [" ".join(name.split()) for name in table.names]
    bare = [re.sub(r"[\[(].*$| ?\* ?$", "", name).strip().lower() or name.lower() for name in names]
    return [next((role for role, words in ROLES if re.fullmatch(words, name)), None) for name in bare]
