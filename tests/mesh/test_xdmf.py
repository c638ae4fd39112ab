"""XDMF: one kind of element a file, names of the values, and companions that are not overwritten."""

import h5py
import pytest

from microsim.mesh.export import to_meshio
from microsim.mesh.xdmf import companions, ours, write_xdmf

from .layers import AREAS, LABELS, VOLUMES, layered, layered_tetrahedra, sizes

meshio = pytest.importorskip("meshio", reason="meshio is not installed")


def test_cells_and_surfaces_are_two_files_with_names(tmp_path):
    write_xdmf(tmp_path / "m.xdmf", layered_tetrahedra())
    for name, value, kind, expected in (
        ("m.xdmf", "phase", "tetra", VOLUMES),
        ("m_surfaces.xdmf", "surface", "triangle", AREAS),
    ):
        mesh = meshio.read(tmp_path / name)
        assert list(mesh.cell_data) == [value] and [block.type for block in mesh.cells] == [kind]
        for group, size in expected.items():
            chosen = mesh.cell_data[value][0] == mesh.field_data[group][0]
            assert sizes(mesh.points, mesh.cells[0].data[chosen]) == pytest.approx(size, rel=1e-12, abs=0)


def test_arrays_lie_in_the_file_of_the_same_stem(tmp_path):
    write_xdmf(tmp_path / "m.xdmf", to_meshio(layered(), {"sto": layered().phase / 2}))
    assert {part.name for part in tmp_path.iterdir()} == {"m.xdmf", "m.h5"}
    assert "m.h5:/data0" in (tmp_path / "m.xdmf").read_text()
    mesh = meshio.read(tmp_path / "m.xdmf")
    assert list(mesh.cell_data) == ["phase", "sto"]  # DOLFINx takes the first for its tags
    assert {name: pair[0] for name, pair in mesh.field_data.items()} == dict(zip(VOLUMES, LABELS))


def test_only_files_written_here_are_ours(tmp_path):
    write_xdmf(tmp_path / "m.xdmf", to_meshio(layered()))
    first, *surfaces = companions(tmp_path / "m.xdmf")
    assert first.name == "m.h5" and {s.name for s in surfaces} == {"m_surfaces.h5", "m_surfaces.xdmf"}
    assert ours(first)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["labels"] = layered().phase
    (tmp_path / "text.h5").write_text("no HDF5")
    assert not ours(tmp_path / "other.h5") and not ours(tmp_path / "text.h5")
