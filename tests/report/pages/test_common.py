"""What pages share: options in words, tables without empty columns, components to the same decimals."""

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.report.page import TextTable
from microsim.report.pages import common


def test_a_column_of_cells_has_no_section_of_its_phases():
    column = VoxelGrid(np.zeros((5, 1, 1), np.uint8), ("am",), (1e-6,) * 3)
    assert common.phases_sections(column) == []
    box = VoxelGrid(np.zeros((5, 4, 3), np.uint8), ("am",), (1e-6,) * 3)
    assert common.phases_sections(box)[0].drawings[0].name == "phases"


def test_options_are_worded_with_their_units():
    result = {
        "conducting": {"pore": 1.0, "cbd": (0.1, 0.2, 0.2)},
        "walls": "inert",
        "capacitance_F_m2": 0.1,
        "diffusivity_m2_s": 3e-10,
        "vents": (),
        "peak_memory_bytes": 8.1e8,
    }
    rows = {
        name: text.replace("\N{NARROW NO-BREAK SPACE}", " ")
        for name, text in common._options_table(result).rows
    }
    assert rows == {
        "Conducting phases, relative to the medium": "pore 1, cbd (0.1, 0.2, 0.2)",
        "Walls": "inert",
        "Diffusivity of the electrolyte": "3 × 10⁻¹⁰ m² s⁻¹",
        "Peak memory": "810 MB",
    }


def test_columns_without_numbers_are_left_out():
    table = TextTable("", ("a", "b", "c"), [("1", "–", "–"), ("2", "–", "3")], (0, 1, 2), "note")
    assert common.without_empty_columns(table) == TextTable(
        "", ("a", "c"), [("1", "–"), ("2", "3")], (0, 1), "note"
    )


@pytest.mark.parametrize(
    ("value", "words"), [(0.2, "0.2000"), (-0.0123, "−0.0123"), (1e-6, "0"), (0.012345, "0.0123")]
)
def test_components_have_the_decimals_of_the_largest(value, words):
    assert common.component_text(value, np.array([0.2, value])) == words


def test_intervals_keep_the_names_of_their_numbers():
    """One number with an interval, one that a draw does not have, and what the draws do not cover."""
    result = {"D_eff": 0.5, "tau": 2.0, "draws": 3, "draws_doubts": ["tau of NMC"]}
    result["intervals"] = {"D_eff": [0.4, 0.6], "tau": None}
    (section,) = common.interval_sections(result)
    (table,) = section.tables
    assert [row[0] for row in table.rows] == ["D_eff"] and table.note.startswith(
        "Intervals: 95 %, from 3 draws"
    )
    assert "no interval for tau" in table.note and "do not cover: tau of NMC." in table.note
    assert common.interval_sections({"intervals": {"rmse": [0, 1]}}) == []
