"""The job materials: what material sets say, where it comes from, and whether it is plausible."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.schema import listed, number, say
from .arguments import comma_list
from .job import job
from .result import Result, SavedFile, Table

FIGURES = SavedFile(
    "save_figures", "Draw each set into DIR/NAME.png: U, D_s, i0; kappa, D_e, t_plus, tdf.", "DIR", "figure"
)


@dataclass(frozen=True, repr=False)
class MaterialsResult(Result):
    """Material sets and what they say.

    sets         the sets themselves (microsim.materials), in order
    temperature  K, of the coefficients
    in_full      every coefficient is printed, not one line a set
    faults       a sentence for each set of another package that cannot be used
    """

    sets: list
    temperature: float
    in_full: bool = False
    faults: tuple = ()

    files: ClassVar = {"plot": FIGURES}
    has_page: ClassVar = False

    @cached_property
    def described(self):
        """{name: kind, range, note and coefficients with value or limits, unit and source}."""
        from ..materials.describe import describe

        return {material.name: describe(material, self.temperature) for material in self.sets}

    @property
    def title(self):
        return f"material sets, {self.temperature:g} K"

    def numbers(self):
        left_out = {"left_out": self.faults} if self.faults else {}
        return {"materials": self.described, "temperature_K": self.temperature, **left_out}

    def tables(self):
        remarks = [told["remark"] for told in self.described.values() if self.in_full and told.get("remark")]
        tables = (coefficient_tables if self.in_full else overview_table)(self.described)
        return [*tables, *dict.fromkeys(remarks), *unusual_of(self.sets, self.temperature), *self.faults]

    def plot(self, name=None):
        """Draw the coefficients of a set (default: the first) over its whole range."""
        return material_figure(self.sets, name)

    def save_figures(self, folder):
        """Draw each set that has curves into folder/NAME.png; returns the paths."""
        from ..report.pages import materials as page

        return page.write(folder, materials=self.sets)


def _names(given, path):
    names = comma_list(given)
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{path}: expected names of material sets, got {say(given)}; name one or several.")
    return tuple(names)


@job
def material_sets(
    names: Annotated[
        "str | list[str]",
        Argument("Material sets [default: all].", _names, "[NAME ...]", many=True, bare=True),
    ] = (),
    *,
    temperature: Annotated[
        float, Argument("Temperature of the values, in K.", number(200.0, 400.0), "T", "--temperature-K")
    ] = 298.15,
    progress=None,
) -> MaterialsResult:
    """List the material sets with ranges and sources.

    Without a name: one line a set. With names: every coefficient, its unit and where it comes from. Every set
    is checked: positive finite coefficients over its whole range, an OCP that falls, plausible units.

    Parameters
    ----------
    names : str or list of str
        Sets to show in full; none: all of them, a line each.
    temperature : float
        Temperature of the values, K.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    MaterialsResult

    Raises
    ------
    InputError
        An unknown set, or one whose coefficients cannot be right.
    """
    from ..materials import load, load_every

    sets, faults = ([load(name) for name in names], ()) if names else load_every()
    check_sets(sets, temperature)
    return MaterialsResult(sets, temperature, bool(names), tuple(faults))


def unusual_of(sets, temperature):
    """List a sentence on each coefficient of sets that nature has and batteries have not."""
    from ..materials.checks import remarks_on_material

    told = [said for one in sets for said in remarks_on_material(one.name, one, temperature)]
    return list(dict.fromkeys(told))


def check_sets(sets, temperature):
    """Refuse a set whose coefficients at a temperature (K) cannot be right."""
    from ..materials.checks import check_material

    for material in sets:
        check_material(material, temperature)


# ---- what is printed and drawn, also for a cell of a BPX file ------------------------------------------


def material_figure(sets, name=None):
    """Draw one of some sets, by its name; default: the first that has curves."""
    from ..report.pages import materials as page

    known = {material.name: material for material in sets if material.kind in page.DRAWINGS}
    if not known or name not in (None, *known):
        raise InputError(
            f"name: expected a set with curves ({listed(known) or 'none here'}), got {name}; name another."
        )
    return page.figure(material=known[name or next(iter(known))])


def overview_table(described):
    """Tabulate one line a set: kind, range, the work it comes from."""
    rows = [(name, told["kind"], _range(told), _work(told)) for name, told in described.items()]
    return [Table(("set", "kind", "range", "sources"), rows)]


def coefficient_tables(described):
    """Tabulate every coefficient of each set."""
    tables = []
    for name, told in described.items():
        heading = f"{name} ({told['kind']}{', of ' + told['active'] if 'active' in told else ''})"
        about = [f"range: {_range(told)}"] * bool(told["range"])
        about += [f"{key}: {told[key]}" for key in ("temperature", "note") if told[key]]
        about += [_lithium(told)] if told.get("theoretical_capacity_mAh_g") else []
        rows = [(key, _value(c), c["unit"], c["source"]) for key, c in told["coefficients"].items()]
        tables.append(Table(("coefficient", "value", "unit", "source"), rows, "\n".join([heading, *about])))
    return tables


def _lithium(told):
    """Say how much lithium a set holds."""
    return (
        f"lithium: {told['sites_per_formula_unit']:.4g} sites per formula unit;"
        f" {told['theoretical_capacity_mAh_g']:.4g} mAh/g of one lithium"
    )


def _work(told):
    """The first source that is a work, with a year; else the first."""
    sources = dict.fromkeys(
        c["source"].split(";")[0].split(", as ")[0] for c in told["coefficients"].values()
    )
    works = [s for s in sources if any(word.isdecimal() and len(word) == 4 for word in _words(s))]
    return works[0] if works else next(iter(sources), None)


def _words(text):
    return text.translate(str.maketrans("();,", "    ")).split()


def _range(told):
    limits = told["range"]
    if "c_e_mol_m3" in limits:
        return "c_e {:g} to {:g} mol/m3".format(*limits["c_e_mol_m3"])
    if "sto" in limits:
        return "sto {:.4g} to {:.4g}, ".format(*limits["sto"]) + "{:.2f} to {:.2f} V".format(*limits["U_V"])
    return None


def _value(coefficient):
    if "value" in coefficient:
        return f"{coefficient['value']:.5g}"
    return f"{coefficient['min']:.4g} to {coefficient['max']:.4g}"
