"""Checks of a case across its sections: volume against film, materials against phases, comparison against
output."""

from dataclasses import replace

import numpy as np

from ..base.errors import InputError
from ..base.quantities import FIELDS
from ..base.schema import any_of, listed
from ..materials.checks import check_material
from ..volumes.fields import step_asked
from .lost_contact import LostParticles
from .lost_later import LostEvery, LostSteps
from .made_volume import recipe_phases
from .measurements import CompareSpectrum, CompareVoltage
from .sample import check_mask
from .sections import Compare, Counter
from .start_map import InitialMap
from .surfaces import check_surface

MOST_TIME_STEPS = 1e6


def check_volume(case):
    volume = case.volume
    sources = [key for key in ("file", "slab", "recipe") if getattr(volume, key) is not None]
    if len(sources) != 1:
        given = listed(sources) if sources else "none of them"
        raise InputError(
            f"volume: expected one of file, slab and recipe, got {given}; give one of the three."
        )
    if volume.recipe is not None:
        _check_recipe(volume)
    if volume.slab is not None:
        _check_slab(case)
        return
    if volume.draw is not None and volume.draws is None:
        raise InputError(
            "volume.draws: expected the file that the draw is in, got none; name it, or remove volume.draw."
        )
    if volume.phases is None:
        raise InputError(
            "volume.phases: expected the label of each phase, got none; add {pore: 0, am: 1, ...}."
        )
    if len(set(volume.phases.values())) < len(volume.phases):
        raise InputError(
            f"volume.phases: expected a label of its own for each phase, got {volume.phases}; correct them."
        )
    if case.cell.film.model == "map" and volume.coarsen > 1:
        raise InputError(
            f"cell.film.model: expected another model with volume.coarsen, got map with {volume.coarsen};"
            " coarsen the volume and its map beforehand."
        )
    check_surface(case)
    check_mask(case)


def _check_slab(case):
    """Check that nothing of an image stands beside a slab."""
    volume = case.volume
    given = [
        key
        for key in ("phases", "crop", "voxel_size", "shares", "draws", "draw", "mask")
        if getattr(volume, key) is not None
    ]
    given += ["interface"] * (volume.interface != "voxel")
    if given or volume.coarsen > 1:
        raise InputError(
            f"volume.slab: expected nothing else beside it, got {listed(given or ['coarsen'])}; remove it."
        )
    if case.cell.pore_transport_efficiency != 1.0:
        raise InputError(
            "cell.pore_transport_efficiency: expected an image, whose pores it is of, got a slab; set"
            " transport_efficiency of the electrode's material instead."
        )


def _check_recipe(volume):
    """Check that nothing beside a recipe says what the recipe says."""
    given = [key for key in ("voxel_size", "file_axes", "draws", "draw") if getattr(volume, key) is not None]
    if given:
        raise InputError(f"volume.{given[0]}: expected none beside a recipe, which says it; remove it.")
    own = recipe_phases(volume.recipe)
    if volume.phases != own:
        raise InputError(
            f"volume.phases: expected those of the recipe, {own}, got {volume.phases}; remove it."
        )


def phase_names(case):
    """Names of the phases of a case's volume."""
    return (case.volume.slab.phase,) if case.volume.slab else tuple(case.volume.phases)


def check_materials(case, loaded):
    """Check that the materials cover the phases with the right kinds; give back {phase: active material}."""
    phases = set(phase_names(case))
    for phase in sorted(phases - set(loaded) - {"pore"}) + ["electrolyte"] * ("electrolyte" not in loaded):
        filled = (
            ""
            if phase == "electrolyte"
            else f", or {phase}: flooded where electrolyte fills it, {phase}: dry where nothing does"
        )
        raise InputError(
            f"cell.materials: expected a material for {phase}, got none; add {phase}: NAME{filled}."
        )
    for phase, material in loaded.items():
        if phase != "electrolyte" and phase not in phases - {"pore"}:
            solid = listed(sorted(phases - {"pore"}))
            raise InputError(f"cell.materials: expected the solid phases {solid}, got {phase}; drop it.")
        kinds = (
            ("electrolyte",)
            if phase == "electrolyte"
            else ("active", "conductor", "porous", "flooded", "dry")
        )
        if material.kind not in kinds:
            raise InputError(
                f"cell.materials.{phase}: expected a material of the kind {any_of(kinds)}, "
                f"got {material.name} of the kind {material.kind}; name another material."
            )
        check_material(material, case.cell.temperature, f"cell.materials.{phase}, {material.name}")
    active = {phase: material for phase, material in loaded.items() if material.kind == "active"}
    active |= {phase: material.active for phase, material in loaded.items() if material.kind == "porous"}
    if not active:
        raise InputError("cell.materials: expected one active material, got none; name one.")
    return active


def stored_fields(given, active):
    """Return which fields a run stores: those that are asked for, or all that there are.

    There is no lithium per formula unit without a molar mass of each of {phase: active material}.
    """
    unknown = [material.name for material in active.values() if material.host.sites is None]
    if given is None:
        return tuple(name for name in FIELDS if name != "lithium" or not unknown)
    if "lithium" in given and unknown:
        raise InputError(
            f"output.fields: expected the molar mass of every active material for lithium, got none of"
            f" {unknown[0]}; give its molar_mass_g_mol, or leave lithium out."
        )
    return given


def check_start(case):
    """Check that what starts from a map has the voxels of an image to bring it to."""
    if not isinstance(case.cell.initial_sto, InitialMap):
        return
    if case.volume.slab is not None:
        raise InputError(
            "cell.initial_sto: expected one lithiation for a slab, got a map; give a number, or an image as"
            " volume.file."
        )
    if case.output.homogenised:
        raise InputError(
            "output.homogenised: expected one lithiation at the start, got a map; leave homogenised out, or"
            " start from a number."
        )


def check_contact(case, loaded):
    """Check that a lost contact is given once, and has a phase that it is of."""
    lost = case.cell.contact_lost
    if not lost:
        return
    if case.cell.cbd.contact_lost:
        raise InputError(
            "cell.contact_lost: expected it here or in cell.cbd, got both; leave one of them out."
        )
    later = isinstance(lost, (LostSteps, LostEvery))
    if later and (case.fit or case.output.homogenised):
        raise InputError(
            f"{'fit' if case.fit else 'output.homogenised'}: expected contact that stays as it is over the"
            " run, got one that is lost step by step in cell.contact_lost; leave one of the two out."
        )
    kinds = {material.kind for material in loaded.values()}
    if isinstance(lost, LostSteps):
        lost = lost[0][1]
    of_particles = isinstance(lost, (LostParticles, LostEvery))
    if "active" not in kinds or (not of_particles and "conductor" not in kinds):
        raise InputError(
            "cell.contact_lost: expected voxels of active material and, but for particles, of a conductor"
            " that they touch, got none; remove it, or give particles."
        )


def check_counter(case):
    """Check that a counter slab is of a porous material set, and its coefficients."""
    counter, path = case.cell.counter_electrode, "cell.counter_electrode.material"
    if isinstance(counter, Counter):
        material = case.load_material(counter.material, path)
        if material.kind != "porous":
            raise InputError(
                f"{path}: expected a homogenised porous electrode, got {material.name} "
                f"of the kind {material.kind}; name another material."
            )
        check_material(material, case.cell.temperature, f"{path}, {material.name}")
        low, high = material.active.sto_window
        if not low <= counter.initial_sto <= high:
            raise InputError(
                f"cell.counter_electrode.initial_sto: expected a lithiation in the window of"
                f" {material.active.name}, {low:g} to {high:g}, got {counter.initial_sto:g}; correct it."
            )


def check_time_steps(case):
    """Refuse a longest time step with which the protocol would not end."""
    if not case.numerics.max_step:
        return
    asked = sum(_about(step) for step in case.protocol) / case.numerics.max_step
    if asked > MOST_TIME_STEPS:
        raise InputError(
            f"numerics.max_step_s: expected at most {MOST_TIME_STEPS:g} time steps, got some {asked:.1g}"
            " for this protocol; allow longer ones."
        )


def _about(step):
    """About how long a step may take (s): its time, or twice that of its C-rate, or an hour."""
    longest = step.duration_s or np.inf
    if step.quantity == "c_rate" and step.value:
        return min(longest, 7200 / abs(step.value))
    return longest if step.duration_s else 3600.0


def check_compare(case):
    steps = {number: step.text for number, step in enumerate(case.protocol)}
    for number, one in enumerate(case.compare):
        path = "compare" if len(case.compare) == 1 else f"compare.{number}"
        if isinstance(one, CompareVoltage):
            _check_voltage(one, steps, path)
        elif isinstance(one, CompareSpectrum):
            _check_spectrum(one, steps, path)
        else:
            _check_map(one, steps, f"{path}.time")
    if any(isinstance(one, Compare) for one in case.compare) and "sto" not in case.output.fields:
        raise InputError("output.fields: expected sto for the comparison, got none; add sto.")


def check_compared_once(case):
    """Check that no section of what a run is compared with stands twice: a headline would count it twice."""
    for number, one in enumerate(case.compare):
        if (first := case.compare.index(one)) < number:
            raise InputError(
                f"compare.{number}: expected each comparison once, got that of compare.{first} again; leave"
                " one out."
            )


def check_film_lithium(case):
    """Check that nothing else in the case holds a film that takes lithium for one that takes none."""
    counter = getattr(case.cell.counter_electrode, "film", None)
    growths = [getattr(film, "growth", None) for film in (case.cell.film, counter)]
    beside = "fit" if case.fit else "output.homogenised" if case.output.homogenised else None
    if beside and any(growth and growth.lithium for growth in growths):
        raise InputError(
            f"{beside}: expected films that take no lithium, got growth.lithium_mol_m3 above 0; set it to 0,"
            f" or leave {beside} out."
        )


def check_fit(case):
    """Check what a case is fitted to as what it is compared with."""
    for name in ("to", "held_out") if case.fit else ():
        try:
            check_compare(replace(case, compare=getattr(case.fit, name)))
        except InputError as error:
            raise InputError(f"fit.{name}: {str(error).removeprefix('compare.')}") from error


def _check_map(one, steps, path):
    if isinstance(one.time, str) and one.time != "end":
        _check_step(one.time, steps, path)
    elif one.match is not None and one.time != "end":
        raise InputError(
            f"{path}: expected the step in which the state is sought beside match, got {one.time:g} s; "
            "name a step, or leave out one of the two."
        )


def _check_voltage(one, steps, path):
    if one.step is not None:
        _check_step(one.step, steps, f"{path}.step")
    if one.mass is not None and one.area is not None:
        raise InputError(
            f"{path}.mass_mg: expected the mass or the area of what was measured, got both; leave one out."
        )


def _check_spectrum(one, steps, path):
    if one.after != "end" and one.after > len(steps):
        raise InputError(
            f"{path}.after: expected 0 to {len(steps)} (the steps of the protocol) or end, got {one.after};"
            " correct it."
        )


def _check_step(asked, steps, path):
    """Check that a step is named as `volumes.fields.stored_index` reads it."""
    try:
        step_asked(asked, steps)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
