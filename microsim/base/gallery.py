"""What ships beside the code: cases, volumes, studies, claims. In a checkout and an editable install they lie
beside the package, in a wheel within it (pyproject.toml)."""

import os
from pathlib import Path

from .errors import InputError

FOLDERS = ("cases", "meshes", "studies", "validation")
PACKAGE = Path(__file__).parents[1]


def folder(name):
    """Return a folder that ships with microsim: cases, meshes, studies or validation."""
    places = (PACKAGE / "gallery" / name, PACKAGE.parent / name)
    for place in places:
        if name in FOLDERS and place.is_dir():
            return place
    raise InputError(f"expected the folder {name} at {places[0]}, got none; install microsim again")


def located(path):
    """Return a path or, where nothing is there, the shipped file of that name: cases/demo.yaml anywhere."""
    path = Path(path)
    if path.parts and path.parts[0] in FOLDERS and not os.path.exists(path):
        shipped = folder(path.parts[0]).joinpath(*path.parts[1:])
        return shipped if os.path.isfile(shipped) else path
    return path
