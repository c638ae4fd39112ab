"""Input files of CalculiX: what its reader takes, read here line by line."""

import pytest

from microsim.mesh.calculix import write_inp
from microsim.mesh.export import to_meshio

from .layers import SHAPE, H, layered, layered_tetrahedra

meshio = pytest.importorskip("meshio", reason="meshio is not installed")


@pytest.mark.parametrize(
    ("mesh", "kinds"),
    [
        (lambda: to_meshio(layered()), ["C3D8"]),
        (lambda: to_meshio(layered(), elements="tetrahedra"), ["C3D4"]),
        (layered_tetrahedra, ["C3D4", "S3"]),
    ],
)
def test_types_numbers_and_the_unit_are_calculixs(tmp_path, mesh, kinds):
    write_inp(tmp_path / "m.inp", mesh())
    lines = (tmp_path / "m.inp").read_text(encoding="ascii").splitlines()
    assert [line.split("TYPE=")[1] for line in lines if line.startswith("*ELEMENT")] == kinds
    nodes = lines[lines.index("*NODE") + 1 : next(i for i, s in enumerate(lines) if s.startswith("*ELEM"))]
    numbers = [item.strip() for line in nodes for item in line.split(",")]
    assert max(map(len, numbers)) <= 20 and "in um" in lines[1]
    points = [[float(item) for item in line.split(",")[1:]] for line in nodes]
    assert [max(column) for column in zip(*points)] == pytest.approx([n * H * 1e6 for n in SHAPE], rel=1e-11)
    sets = {line.split("ELSET=")[1] for line in lines if line.startswith("*ELSET")}
    assert {"pore", "am", "cbd"} <= sets and ("pore-am" in sets) == ("S3" in kinds)


def test_no_number_is_longer_than_20_characters_wherever_the_box_lies(tmp_path):
    mesh = to_meshio(layered())
    mesh.points = mesh.points - 1e5  # m: eleven digits of um, with a sign
    write_inp(tmp_path / "m.inp", mesh)
    lines = (tmp_path / "m.inp").read_text().splitlines()[3:200]
    assert max(len(item.strip()) for line in lines for item in line.split(",")) <= 20


def test_sets_are_those_of_the_mesh(tmp_path):
    ours = layered_tetrahedra()
    write_inp(tmp_path / "m.inp", ours)
    theirs = meshio.read(tmp_path / "m.inp")
    for name, members in ours.cell_sets.items():
        assert [part.tolist() for part in theirs.cell_sets[name]] == [part.tolist() for part in members]
