"""The job mesh: hexahedra and tetrahedra of a volume, the file and its figures."""

import pytest

from microsim.base.errors import InputError
from microsim.jobs.mesh import export_mesh
from microsim.mesh.grid import VoxelGrid

from .volumes import electrode, printed, stored, timeless


@pytest.fixture
def grid():
    return electrode((6, 6, 6))


def test_hexahedra_are_the_commands(grid, tmp_path, capsys):
    read, words = stored(grid, tmp_path / "v.tif")
    found = export_mesh(read, tmp_path / "m.vtu", keep=["am", "cbd"], coarsen=2)
    asked = ["--out", tmp_path / "m.vtu", "--keep", "am,cbd", "--coarsen", 2]
    assert printed(capsys, "mesh", *words, *asked) == timeless(found.numbers())
    assert found.grid.shape == (3, 3, 3) and found.path.is_file()
    assert found.quality["elements"] == found.grid.mask("am", "cbd").sum()
    assert "hexahedra" in repr(found) and f"mesh: {found.path}" in repr(found)


def test_tetrahedra_have_surfaces_and_quality(grid, tmp_path):
    found = export_mesh(grid, str(tmp_path / "m.vtk"), "tetrahedra", smoothing=5)
    numbers = found.numbers()
    assert list(numbers)[-3:] == ["phases", "surfaces", "quality"] and numbers["kind"] == "tetrahedra"
    assert numbers["surfaces"]["separator"]["area_m2"] == pytest.approx((6 * 4e-7) ** 2, rel=1e-6, abs=0)
    for words in ("triangles", "radius ratio, smallest", "separator"):
        assert words in repr(found) and words in found._repr_html_()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"out": "m.stl"}, "expected"),
        ({"out": 3}, "out: expected the name of a file"),
        ({"kind": "prisms"}, "kind: expected voxels or tetrahedra"),
        ({"keep": "metal"}, "expected one of the phases pore, am, cbd"),
        ({"coarsen": 0}, "coarsen: expected a whole number from 1"),
        ({"least_quality": 1}, "least_quality: expected a number above 0"),
    ],
)
def test_wrong_arguments(grid, tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        export_mesh(grid, **{"out": tmp_path / "m.vtu", **options})


def test_a_voxel_size_and_a_file_are_needed(grid, tmp_path):
    unsized = VoxelGrid(grid.phase, grid.names, None)
    with pytest.raises(InputError, match="expected a known voxel size"):
        export_mesh(unsized, tmp_path / "m.vtu")
    with pytest.raises(InputError, match="m.stl"):  # the file comes first, before any work
        export_mesh(unsized, tmp_path / "m.stl")
    with pytest.raises(InputError, match="missing a required argument: 'out'"):
        export_mesh(grid)
