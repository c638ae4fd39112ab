"""The image of a case: read from its file, or generated from its recipe.

A generated one is kept in the user's cache folder under what decides its voxels, the recipe and this build of
microsim, so that all cases that share a recipe share the volume.
"""

import json
from contextlib import nullcontext, suppress
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..base.errors import InputError
from ..base.files import replacing
from ..base.gallery import located
from ..base.locks import locked
from ..base.provenance import build
from ..base.schema import read_yaml, say, shown
from ..volumes.volume import Volume, read_voxels

LABELS = {"pore": 0, "am": 1, "cbd": 2}
CRACK = {"crack": 3}


def with_recipe(raw, folder=None):
    """Return a case as plain data with the keys of its recipe in the place of the recipe's file, which is
    looked for in `folder` first."""
    volume = raw.get("volume") if isinstance(raw, dict) else None
    file = volume.get("recipe") if isinstance(volume, dict) else None
    if not isinstance(file, str):
        return raw
    beside = Path(folder or ".") / file
    return {**raw, "volume": {**volume, "recipe": recipe_keys(beside if beside.is_file() else located(file))}}


def recipe_keys(path):
    """Read the keys of a recipe's file."""
    keys = read_yaml(path)
    if not isinstance(keys, dict):
        raise InputError(f"volume.recipe: expected a recipe in {path}, got {say(keys)}; name another file.")
    return keys


def recipe_phases(recipe):
    """Return {name: label} of the phases that a recipe makes."""
    names = LABELS | (CRACK if getattr(recipe, "cracks", None) else {})
    return names if recipe.cbd_fraction else {name: n for name, n in names.items() if name != "cbd"}


def read_image(case, progress=None):
    """Return the Volume of a case, before it is cropped: of its file, or of its recipe."""
    spec = case.volume
    if spec.recipe is not None:
        return made_volume(spec.recipe, progress)
    return read_voxels(case.locate(spec.file), file_axes=spec.file_axes, voxel_size=spec.voxel_size)


def made_volume(recipe, progress=None):
    """Return the Volume of a recipe, from the cache where it was made before.

    Raises InputError where the packing fails.
    """
    content = json.dumps([shown(recipe), build()], sort_keys=True, default=str)
    path = _cache() / f"{sha256(content.encode()).hexdigest()}.npz"
    values = _kept(path)
    if values is None:
        values = _made(recipe, path, progress)
    h = (recipe.voxel_size,) * 3
    source = f"synthetic electrode, seed {recipe.seed}"
    return Volume(values, h, source, sha256(values.tobytes()).hexdigest(), "xyz", "given")


def _cache():
    import pooch

    return Path(pooch.os_cache("microsim")) / "recipes"


def _kept(path):
    try:
        with np.load(path) as kept:
            return kept["phase"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _made(recipe, path, progress):
    """Make a volume and keep it; one process makes it while others wait. Where nothing can be kept it is only
    made."""
    from ..generate.synthetic import build_electrode

    with _alone(path):
        values = _kept(path)
        if values is None:
            values = build_electrode(recipe, progress).phase
            no_room = suppress(OSError, InputError)  # a cache that is full or may not be written
            with no_room, replacing(path) as part, open(part, "wb") as file:
                np.savez_compressed(file, phase=values)
        return values


def _alone(path):
    """A lock beside a file of the cache, or none where it cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".lock").touch()
    except OSError:
        return nullcontext()
    return locked(path.with_suffix(".lock"), remove=True)
