"""What the job segment works on: grey values of a file or an array, which are sample, and the recipe."""

from dataclasses import replace

from ..base.errors import InputError
from ..base.masked import known_values
from ..base.schema import listed
from .segment_route import Route

ARRAY = "array"  # in a recipe, for a mask that was none in words


def open_input(grey, recipe, mask, more, store, voxel_size=None, file_axes=None):
    """Open grey values; return (values [x, y, z], which voxels are sample or None for all, the recipe as it
    is to be noted down, a Volume with their provenance).

    mask: as of segment_volume, None for that of the recipe; more: whether draws or bounds are asked for;
    store: a scratch_store. What numpy.ma masks of an array is outside the sample.
    """
    from ..mesh.mask import words_of_mask
    from ..segment.recipe import open_grey

    inside = None
    if hasattr(grey, "ndim") or isinstance(grey, (list, tuple)):
        grey, inside = _filled(grey, None if file_axes else recipe.file_axes or "xyz")
    size = voxel_size or recipe.voxel_size
    options = {"file_axes": file_axes or recipe.file_axes, "voxel_size": size, "store": store}
    values, origin = open_grey(grey, **options)
    said = recipe.mask if mask is None else words_of_mask(mask) or ARRAY
    asked = replace(recipe, file_axes=origin.file_axes, voxel_size=origin.voxel_size, mask=said)
    sample = _sample(recipe.mask if mask is None else mask, asked, values)
    if inside is not None:
        inside = inside.transpose([origin.file_axes.index(axis) for axis in "xyz"])
        sample = inside if sample is None else inside & sample
        asked = replace(asked, mask=said or ARRAY)
    _check_sample(sample, more)
    return values, sample, asked, origin


def _filled(grey, order):
    """An array whose masked voxels have a grey value of its others, and where it has values; None for all."""
    import numpy as np

    values, inside = known_values(grey, "GREY", order)
    if inside is None:
        return values, None
    _check_sample(inside, more=False)
    return np.where(inside, values, values[inside][0]), inside


def _sample(mask, recipe, values):
    """Which voxels are sample by a mask, None for all."""
    from ..mesh.mask import sample_mask

    if mask is None:
        return None
    if isinstance(mask, str) and mask == ARRAY:
        raise InputError(
            "--mask: expected the mask of the image, which was an array where this recipe was made, got"
            " none; give it again."
        )
    return sample_mask(mask, values, recipe.voxel_size, recipe.file_axes)


def _check_sample(sample, more):
    if sample is None:
        return
    if more:
        raise InputError(
            "--mask: expected no --draws and no --write-bounds beside it, got one; leave it out."
        )
    if not sample.any():
        raise InputError("--mask: expected voxels of the sample, got none; correct the mask.")


def recipe_of(recipe, phases, steps, file_axes):
    """Return the recipe as given, or that of phases and steps."""
    from ..segment.recipe import Recipe, load_recipe, read_recipe

    route = steps or Route()
    if recipe is None and phases is None:
        raise InputError(
            "--phases: expected the names of the phases from dark to bright, got none; add pore,cbd,am, say."
        )
    if recipe is None:
        return route.recipe(phases, file_axes)
    if phases is not None or route != Route():
        given = listed(name for name, _ in route.steps()) if route != Route() else "phases"
        raise InputError(
            f"--recipe: expected no other steps beside it, got {given}; leave out one of the two."
        )
    if isinstance(recipe, Recipe):
        return recipe
    return read_recipe(recipe) if isinstance(recipe, dict) else load_recipe(recipe)
