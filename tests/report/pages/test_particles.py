"""The page of particles: each in its place and colour, cracks over the depth, changes between two states."""

import numpy as np
import pytest

from microsim.base.quantities import PARTICLE_FIGURES
from microsim.mesh.grid import VoxelGrid
from microsim.report.pages import particles as page
from microsim.shapes.particles import Particles

from ..reading import check_page, text_of

SIZE = (1e-6,) * 3
CHANGE = {
    "crack_share": {"before": 0.04, "after": 0.05, "relative_change": 0.25, "low": 0.1, "high": 0.4},
    "mean_diameter_m": {"before": 4e-6, "after": 3e-6, "relative_change": -0.25, "low": -0.4, "high": -0.1},
    "binder_share_of_largest": {
        "before": 0.5,
        "after": 0.4,
        "relative_change": -0.2,
        "low": None,
        "high": None,
    },
    "delaminated_cross_section": {
        "before": 0,
        "after": 1,
        "relative_change": None,
        "low": None,
        "high": None,
    },
}


@pytest.fixture(scope="module")
def grid():
    """Two boxes of active material that touch at x = 4."""
    phase = np.zeros((10, 6, 5), np.uint8)
    phase[1:7, 1:5] = 1
    return VoxelGrid(phase, ("pore", "am"), SIZE)


@pytest.fixture(scope="module")
def found(grid):
    parts = np.zeros(grid.shape, np.int32)
    parts[1:4, 1:5], parts[4:7, 1:5] = 1, 2
    two, volume = np.ones(2), np.full(2, 60e-18)
    centre = np.array([[2.5e-6, 3e-6, 2.5e-6], [5.5e-6, 3e-6, 2.5e-6]])
    return Particles(
        parts,
        volume,
        0.1 * volume,
        94e-12 * two,
        0 * two,
        0 * two,
        1e-6,
        centre,
        two > 0,
        1 * two,
        9e-12 * two,
        two,
    )


def numbers(found, **more):
    regions = [
        {"start_m": 0.0, "end_m": 1e-5, "count": 2, "diameters_m": list(found.diameter), "touching_ends": 1}
    ]
    regions[0] |= {name: 5e-6 for name in ("mean_m", "d10_m", "d50_m", "d90_m")}
    totals = {
        "count": 2,
        "cut_by_box": 2,
        "crack_share": 0.1,
        "contact_share": None,
        "mean_diameter_m": 4.857e-6,
    }
    return {
        "volume": "a <volume>.tif",
        "options": {"depth": 1.0, "smallest": 10, "crack": "crack", "contact": "cbd"},
        "particles": totals,
        "fragments": {"by_depth": regions},
        "grains": {"by_depth": regions},
        "binder": None,
        "delaminated": [],
        **more,
    }


def test_the_page_of_one_state_is_whole(grid, found, tmp_path):
    path = page.write(tmp_path, grid=grid, particles=found, result=numbers(found))
    check_page(path, ["particle_section", "particle_depth", "phases", "pieces"])
    text = text_of(path)
    assert "those that its ends along x cut count as they are (1 fragments, 1 grains)" in text
    assert "Mean diameter 4.857 µm" in text and "Cracks / particle volume 10.0 %" in text
    assert "No binder cluster and no void layer was found." in text and "a <volume>.tif" in text


def test_what_the_volume_has_no_phase_of_has_no_card(grid):
    """Without a phase of cracks none were looked for, and 0 % would be told."""
    totals = {"count": 2, "cut_by_box": 2, "crack_share": 0.1, "contact_share": 0.2}
    result = {"particles": totals, "options": {"crack": "crack", "contact": "cbd"}}
    assert [card.name for card in page._cards(grid, result)] == ["Particles"]
    more = VoxelGrid(grid.phase, ("pore", "am", "crack", "cbd"), SIZE)
    assert [card.value for card in page._cards(more, result)] == ["2", "10.00\u202f%", "20.0\u202f%"]


def test_the_page_of_two_states_shows_their_change(grid, found, tmp_path):
    layer = {"depth_m": 2e-6, "thickness_m": 1e-6, "covered": 0.5}
    binder = {"count": 3, "share_of_largest": 0.75}
    before = {"volume": "before.tif", "shape": [10, 6, 4]}
    more = {"change": CHANGE, "against": before, "binder": binder, "delaminated": [layer]}
    path = page.write(tmp_path, grid=grid, particles=found, result=numbers(found, **more))
    check_page(path, ["change", "particle_section", "particle_depth", "phases", "pieces"])
    text = text_of(path)
    assert "Mean diameter 4.000 µm 3.000 µm −25.0 % −40.0 % to −10.0 %" in text
    assert "Cracks / particle volume 4.0 % 5.0 % +25.0 % +10.0 % to +40.0 %" in text
    assert "State before before.tif" in text and "Voxels of the state before 10 × 6 × 4" in text
    assert "Share of the largest 75.0 %" in text


def test_the_figure_has_a_colour_for_each_particle_and_a_line_between(grid, found):
    image = np.asarray(page.figure(grid=grid, particles=found).axes[0].images[0].get_array())  # rows are y
    assert len(np.unique(image[1:5, 1:7].reshape(-1, 3), axis=0)) == 3  # two colours, and the line
    assert image[2, 3] == pytest.approx([0.1] * 3) and image[0, 0] == pytest.approx([1.0] * 3)


def test_a_change_without_interval_is_a_dot():
    change = {key: CHANGE[key] for key in CHANGE if key != "mean_diameter_m"}
    axes = page.change_figure(change).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        PARTICLE_FIGURES[key].label for key in ("binder_share_of_largest", "crack_share")
    ]
    assert len(axes.collections) == 1  # one interval


@pytest.mark.parametrize("regions", [1, 2, 5, 9])
def test_the_legend_of_the_pieces_hides_no_line(found, regions):
    sizes = {"start_m": 0.0, "end_m": 1e-5, "diameters_m": list(found.diameter)}
    drawn = page.pieces_figure([sizes] * regions, [sizes] * regions)
    drawn.draw_without_rendering()
    for axes in drawn.axes:
        legend = axes.get_legend().get_window_extent()
        assert -1 < legend.y0 and legend.y1 <= axes.xaxis.get_tightbbox().y0
