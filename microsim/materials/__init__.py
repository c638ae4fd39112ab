"""Material sets: one file each, a source on every coefficient. `load(name)` finds one by name.

A package of somebody else adds a set as an entry point of the group `microsim.materials`: the name that
cases give it -> the set, a function that makes it, or a module whose `material` it is. Ours win over it.
"""

import difflib
import importlib
import pkgutil
from pathlib import Path

from ..base.errors import InputError
from ..base.plugins import plugins
from .kinds import (
    ARRHENIUS,
    AT_25_C,
    FILLINGS,
    KINDS,
    ActiveMaterial,
    Conductor,
    Electrolyte,
    Filling,
    LithiumMetal,
    PorousElectrode,
    at_temperature,
    with_porosity,
)

GROUP = "microsim.materials"
__all__ = ["ARRHENIUS", "AT_25_C", "FILLINGS", "KINDS", "ActiveMaterial", "Conductor", "Electrolyte"]
__all__ += ["Filling", "LithiumMetal", "PorousElectrode", "at_temperature", "load", "load_every", "names"]
__all__ += ["with_porosity"]


def names():
    """Return the names of all material sets, those of other packages behind ours."""
    ours = _ours()
    return [*ours, *sorted({plugin.name for plugin in plugins(GROUP)} - {*ours, *FILLINGS})]


def load(name):
    """Return the material set called `name`.

    Raises InputError for an unknown name, which lists the known ones, and for a set of another package that
    cannot be used.
    """
    if name in FILLINGS:
        return FILLINGS[name]
    if name in _ours():
        return importlib.import_module(f".sets.{name}", __name__).material
    added = [plugin for plugin in plugins(GROUP) if plugin.name == name]
    if not added:
        raise InputError(_unknown(name))
    if len(added) > 1:
        packages = " and ".join(plugin.package for plugin in added)
        raise InputError(
            f"expected one package with a material set {name}, got {packages}; uninstall all but one"
        )
    return _added(added[0])


def load_every():
    """Return all material sets, and a sentence for each of another package that cannot be used."""
    sets, faults = [load(name) for name in _ours()], []
    for name in names()[len(sets) :]:
        try:
            sets.append(load(name))
        except InputError as error:
            faults.append(str(error))
    return sets, faults


def _ours():
    return sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "sets")]))


def _unknown(name):
    known = names()
    near = difflib.get_close_matches(str(name), known, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    choice = ", ".join([*known, *FILLINGS])
    return f"expected the name of a material set, got {name!r}; {hint}choose from {choice}"


def _added(plugin):
    """Load the set of another package and check it as the tests check ours."""
    from .checks import check_material

    with plugin.blamed():
        found = plugin.entry.load()
        found = getattr(found, "material", found)
        material = found() if callable(found) else found
        if not isinstance(material, KINDS):
            raise TypeError(f"{type(material).__name__}, none of {', '.join(k.__name__ for k in KINDS)}")
        if material.name != plugin.name:
            raise ValueError(f"a set that calls itself {material.name}")
        check_material(material, name=f"{material.name} of the package {plugin.package}")
    return material
