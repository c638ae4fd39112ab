"""What a case says that nature has and batteries have not: numbers in another unit than their key's, and
coefficients that a temperature leaves as they are."""

from ..base.plausible import remark, remarks_on_section
from ..materials import load
from ..materials.checks import remarks_on_change, remarks_on_material, remarks_on_temperature
from .overrides import Changes


def unusual(case, loaded, voxel=None):
    """List a sentence for each number of a case that is far from those of batteries.

    loaded: {phase or electrolyte: material}, as the case changes them; voxel: its longest edge (m), or None.
    """
    known = voxel is not None and not case.volume.slab
    edge = remark("voxel", voxel, "volume.voxel_size_nm", 1e9, "nm") if known else None
    told = [edge] if edge else []
    told += [
        said
        for path in ("volume.slab", "cell")
        if (part := _at(case, path)) is not None
        for said in remarks_on_section(part, path)
    ]
    given, T = dict(case.cell.materials), case.cell.temperature
    sets = {f"cell.materials.{phase}": (given.get(phase), material) for phase, material in loaded.items()}
    counter = getattr(case.cell.counter_electrode, "material", None)
    if counter is not None:
        path = "cell.counter_electrode.material"
        sets[path] = (counter, case.load_material(counter, path))
    for path, (asked, material) in sets.items():
        told += remarks_on_material(path, material, T)
        told += remarks_on_temperature(path, material, T)
        told += _changed(path, asked, material, T)
    return tuple(dict.fromkeys(told))


def _at(case, path):
    for name in path.split("."):
        case = getattr(case, name, None)
    return case


def _changed(path, asked, material, T):
    """Sentences on coefficients that a case changes as another unit would."""
    if not isinstance(asked, Changes):
        return []
    of = getattr(asked, "active", None)
    inner = _changed(f"{path}.active", of, material.active, T) if isinstance(of, Changes) else []
    if not asked.base:
        return inner
    scaled = {name for name in ("D_s", "i0") if getattr(asked, f"{name}_scale", None) is not None}
    return inner + remarks_on_change(path, load(asked.base), material, T, but=scaled)
