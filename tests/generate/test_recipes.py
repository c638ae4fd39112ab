"""The recipes of meshes/ make what they say, and its README names every file there."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

MESHES = Path(__file__).parents[2] / "meshes"


def test_two_particles_have_the_volume_of_their_spheres(capfd):
    try:
        import gmsh  # noqa: F401
        import pygmsh  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"gmsh cannot be loaded: {error}")
    spec = importlib.util.spec_from_file_location("two_particles", MESHES / "two_particles.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    mesh = recipe.build()
    corner = mesh.points[mesh.cells[0].data]
    volume = np.abs(np.linalg.det(corner[:, 1:] - corner[:, :1])) / 6
    assert volume.sum() == pytest.approx(1.8e-15, rel=1e-9, abs=0)
    inside = volume[mesh.cell_sets["particles"][0]].sum()
    assert 0.95 * recipe.particles_volume() < inside < recipe.particles_volume()  # chords lie inside
    assert capfd.readouterr().out == ""


def test_every_file_has_its_provenance():
    said = (MESHES / "README.md").read_text()
    for path in MESHES.iterdir():
        if path.is_file() and path.name != "README.md":
            assert path.name in said
