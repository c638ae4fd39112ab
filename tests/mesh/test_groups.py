"""Names and numbers of phases and surfaces in mesh files."""

import pytest

from microsim.mesh.groups import element_groups, file_names

from .layers import layered_tetrahedra

pytest.importorskip("meshio", reason="meshio is not installed")


def test_every_set_has_a_number_and_its_dimension():
    mesh = layered_tetrahedra()
    groups, names = element_groups(mesh)
    assert list(names)[:4] == ["pore", "am", "cbd", "pore-am"] and names["cbd"] == (3, 3)
    assert names["pore-am"] == (4, 2) and sorted(n for n, _ in names.values()) == list(range(1, 12))
    for name, members in mesh.cell_sets.items():
        for group, chosen in zip(groups, members):
            assert (group == names[name][0]).sum() == len(chosen)


def test_elements_outside_of_all_sets_have_number_0():
    mesh = layered_tetrahedra()
    del mesh.cell_sets["am"]
    groups, names = element_groups(mesh)
    assert "am" not in names and (groups[0] == 0).sum() == (mesh.cell_data["phase"][0] == 85).sum()


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        ("gmsh", ['pore "a"', "two\nlines", "a\\b", "CBD"], ["pore 'a'", "two lines", "a b", "CBD"]),
        ("gmsh", ["cbd", "CBD", "cbd"], ["cbd", "CBD", "cbd_"]),
        ("gmsh", ["p" * 300, "p" * 301], ["p" * 124, "p" * 124 + "_"]),
        ("abaqus", ['pore "a"', "2 \u00b5m, wide", "CBD"], ["pore_a_", "S2_m_wide", "CBD"]),
        ("abaqus", ["cbd", "CBD", "cbd_"], ["cbd", "CBD_", "cbd__"]),  # capitals and small letters are alike
        ("abaqus", ["p" * 90, "p" * 91], ["p" * 77, "p" * 77 + "_"]),
    ],
)
def test_names_that_a_format_cannot_hold(kind, names, expected):
    assert file_names(names, kind) == expected
