"""Read a case: YAML in the user's units -> frozen dataclasses in SI."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path

from .. import materials
from ..base.errors import InputError
from ..base.gallery import located
from ..base.schema import (
    apply_settings,
    entry,
    listed,
    offered_keys,
    own_data,
    read_yaml,
    say,
    section,
    shown,
    text,
)
from ..volumes.formats import suffixes
from .checks import (
    check_compare,
    check_compared_once,
    check_contact,
    check_counter,
    check_film_lithium,
    check_fit,
    check_materials,
    check_start,
    check_time_steps,
    check_volume,
    stored_fields,
)
from .fit import FitSection
from .made_volume import recipe_phases, with_recipe
from .measured_protocol import with_measured
from .overrides import Changes
from .protocol import ProtocolStep, read_protocol
from .sections import (
    Cell,
    Compares,
    Counter,
    Numerics,
    Output,
    VolumeSection,
    filled_cbd,
    pressed,
    read_compares,
)
from .stack import StackSection, check_stack
from .windows import check_voltage_of, check_voltages, initial_stos


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run, in SI. `name` is the file's name without suffix, `path` the case file; read: what was read of
    measured files for the protocol, in lines."""

    title: str = entry(text, default="")
    volume: VolumeSection = entry(partial(section, VolumeSection))
    cell: Cell = entry(partial(section, Cell))
    protocol: tuple[ProtocolStep, ...] = entry(read_protocol)
    compare: Compares = entry(read_compares, default=Compares())
    fit: FitSection | None = entry(partial(section, FitSection), default=None)
    stack: StackSection | None = entry(partial(section, StackSection), default=None)
    numerics: Numerics = entry(partial(section, Numerics), default=Numerics())
    output: Output = entry(partial(section, Output), default=Output())
    name: str = ""
    path: Path | None = None
    read: tuple[str, ...] = ()

    def as_dict(self):
        """Give the effective case back as plain data, defaults filled in; it reads in as a case again."""
        return shown(self)

    @property
    def sha256(self):
        """SHA-256 of the effective case: order of keys, comments and the file's place do not count."""
        canonical = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode(errors="backslashreplace")).hexdigest()

    def locate(self, file):
        """Find a file that the case names: beside the case file, otherwise the name as it was written."""
        if self.path is None or not file:
            return file
        stem, mark, dataset = file.partition("::")
        beside = self.path.parent / stem
        return f"{beside}{mark}{dataset}" if beside.exists() else file

    def load_materials(self):
        """Load the material of each phase and of the electrolyte: {phase or "electrolyte": material}."""
        loaded = {
            phase: self.load_material(given, f"cell.materials.{phase}")
            for phase, given in self.cell.materials.items()
        }
        return pressed(loaded, self.volume.slab)

    def material_sources(self):
        """Return name and sources of each material, {phase, "electrolyte" or, of a slab, "counter_electrode":
        {"name", "sources"}}."""
        loaded, slab = self.load_materials(), getattr(self.cell.counter_electrode, "material", None)
        if slab is not None:
            loaded = {
                **loaded,
                "counter_electrode": self.load_material(slab, "cell.counter_electrode.material"),
            }
        return {role: {"name": one.name, "sources": one.sources} for role, one in loaded.items()}

    def hosts(self):
        """Return what holds lithium in the electrode, {phase: Host}."""
        loaded = {phase: getattr(m, "active", m) for phase, m in self.load_materials().items()}
        return {phase: material.host for phase, material in loaded.items() if material.kind == "active"}

    def load_material(self, given, path):
        """Load a material that the case gives by name or with changes, its potential at the cell's
        temperature; `path` is its dotted key."""
        try:
            found = given.load(self.locate) if isinstance(given, Changes) else materials.load(given)
            return materials.at_temperature(found, self.cell.temperature)
        except InputError as error:
            if str(error).startswith(path):  # a formula knows its own key
                raise
            raise InputError(f"{path}: {error}") from error


def load_case(source: "str | PathLike | dict | Case", settings: "dict | list[str]" = ()) -> "Case":
    """Read a case, change it by settings, and check it.

    Parameters
    ----------
    source : path, dict or Case
        A YAML file, the content of one, or a case that was read before.
    settings : dict or list of str
        Values to change, {dotted key: value} or ["dotted.key=value"]; list items by number.

    Returns
    -------
    Case
        Frozen, in SI, every default filled in.

    Raises
    ------
    InputError
        One sentence that names the dotted key.
    """
    if isinstance(source, Case) and not settings:
        return source
    raw, path = _written(source)
    apply_settings(raw, settings)
    return parse_case(raw, path)


def _written(source):
    """Return a case as plain data that may be changed, and the file that it came from, or None."""
    if isinstance(source, Case):
        return own_data(source.as_dict()), source.path
    if isinstance(source, Mapping):
        return own_data(source), None
    if not isinstance(source, (str, PathLike)):
        raise InputError(
            f"case: expected a path, a dict or a Case, got {type(source).__name__}; give one of them."
        )
    path = located(source)
    if str(path).lower().endswith(tuple(suffixes())):
        raise InputError(
            f"expected a case (YAML), got the volume {path}; begin one for it: microsim info {path} --phases"
            " pore=0,am=1 --case FILE.yaml."
        )
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise InputError(
            f"{path}: expected a case with the keys {listed(offered_keys(Case))}, got {say(raw)}."
        )
    return raw, path


def parse_case(raw, path=None):
    """Turn a case given as plain data into a checked Case; `path` is the file it came from, if any."""
    raw, read = with_measured(raw, path and Path(path).parent)
    case = section(Case, with_recipe(raw, path and Path(path).parent), "")
    if case.volume.recipe and case.volume.phases is None:
        case = replace(case, volume=replace(case.volume, phases=recipe_phases(case.volume.recipe)))
    name = "case" if path is None else Path(path).stem
    case = replace(case, name=name, path=path and Path(path), title=case.title or name, read=read)
    check_volume(case)
    loaded = case.load_materials()
    active = check_materials(case, loaded)
    check_voltage_of(case, active)
    initial_sto = initial_stos(case.cell.initial_sto, active, case.cell.counter_electrode)
    cbd = filled_cbd(case.cell.cbd, loaded)
    case = replace(case, cell=replace(case.cell, initial_sto=initial_sto, cbd=cbd))
    case = replace(case, output=replace(case.output, fields=stored_fields(case.output.fields, active)))
    check_start(case)
    check_contact(case, loaded)
    check_counter(case)
    if case.cell.nominal_current_density and case.cell.nominal_capacity:
        raise InputError(
            "cell.nominal_capacity_mAh_g: expected one way to say what 1C is, got"
            " nominal_current_density_A_m2 too; remove one."
        )
    if not isinstance(case.cell.counter_electrode, Counter):
        check_voltages(case, active)
    check_compare(case)
    check_compared_once(case)
    check_fit(case)
    check_film_lithium(case)
    check_stack(case)
    check_time_steps(case)
    return case
