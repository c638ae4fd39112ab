"""The voltage's parts, particles and reaction over the depth: drawn and tabulated."""

import numpy as np
import pytest

from microsim.report import analysis_figures
from microsim.report.png import to_png

from .analysed import heterogeneity, overpotentials
from .reading import room_behind_bars


def test_stacked_areas_end_at_the_whole():
    found = overpotentials()
    (axes,) = analysis_figures.overpotentials_figure(found).axes
    heights = [patch.get_paths()[0].vertices[:, 1].max() for patch in axes.collections]
    assert max(heights) == pytest.approx(60.0) == axes.lines[0].get_ydata().max()
    assert axes.get_legend_handles_labels()[1] == ["Kinetic", "Film", "Whole"]


def test_parts_of_a_charge_hang_below_zero():
    found = overpotentials()
    for name in ("kinetic", "film"):
        found["parts_V"][name] = [-v for v in found["parts_V"][name]]
    found["total_V"] = [-v for v in found["total_V"]]
    (axes,) = analysis_figures.overpotentials_figure(found).axes
    assert min(patch.get_paths()[0].vertices[:, 1].min() for patch in axes.collections) == pytest.approx(
        -60.0
    )


def test_small_parts_are_drawn_as_one():
    found = overpotentials(film=2e-4)
    assert "Film" not in analysis_figures.overpotentials_figure(found).axes[0].get_legend_handles_labels()[1]
    assert "Film" in analysis_figures.overpotentials_table(found).header


def test_table_ends_every_step():
    table = analysis_figures.overpotentials_table(overpotentials())
    assert [(row[0], row[1], row[-1]) for row in table.rows] == [
        ("1 Discharge at C/2", "60.00", "current"),
        ("2 Rest", "0.00", "area"),
    ]


def test_caption_names_the_largest_parts():
    text = analysis_figures.overpotentials_caption(overpotentials()).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "kinetic 35.0 mV, film 10.0 mV" in text


@pytest.mark.parametrize("near", [True, False])
def test_particles_and_reaction_are_drawn(run, near):
    found = heterogeneity(near=near)
    figure = analysis_figures.particles_figure(found)
    assert len(figure.axes) == (4 if near else 3)  # with the colour bar
    reaction = analysis_figures.reaction_figure(
        found, run["grid"].shape, run["grid"].voxel_size, run["fields_path"]
    )
    assert to_png(reaction)[:4] == b"\x89PNG"
    assert min(room_behind_bars(figure), room_behind_bars(reaction)) > 0.15


def test_particles_that_take_no_part_are_crosses_and_told(run):
    found, end = heterogeneity(), heterogeneity()["ends"][0]
    rate = {"mean": 0.8, "p05": 0.7, "p25": 0.75, "p50": 0.8, "p75": 0.85, "p95": 0.9, "max": 0.9}
    end["particles"]["taking_part"] = [0.0, 1.0]
    end["utilisation_taking_part"] = {"mean": 1.0, "std": 0.0, "min": 1.0, "max": 1.0}
    found |= {"ends": [end]}
    some = {f"{name}_taking_part": [0.0, 0.04, 0.04, 0.05] for name in ("std", "std_between", "std_within")}
    found["times"] |= {**some, "std_over_depth_taking_part": [0.0] * 4, "share_taking_part": [0.6] * 4}
    found["times"]["local_c_rate_taking_part"] = [None, rate, rate, rate]
    told = analysis_figures.particles_caption(found) + analysis_figures.reaction_caption(found)
    told = told.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Crosses: 1 that takes no part; the others run from 100 to 100 %" in told
    assert "40.0 % of the active material takes no part" in told and "over the rest it is 0.050" in told
    assert "of the active material, of the particles' means" in told and "the deviation is 0.13" in told
    dots = analysis_figures.particles_figure(found).axes[0].collections
    assert [len(one.get_offsets()) for one in dots] == [1, 1]
    reaction = analysis_figures.reaction_figure(found, run["grid"].shape, run["grid"].voxel_size)
    assert reaction.axes[1].lines[0].get_ydata()[0] == 0.8 and len(reaction.axes[2].lines) == 8


def test_a_local_rate_of_one_time_between_two_is_drawn_all_over_it(run):
    found = heterogeneity()
    for name, values in found["times"].items():
        found["times"][name] = values[:2]
    figure = analysis_figures.reaction_figure(found, run["grid"].shape, run["grid"].voxel_size)
    rates = figure.axes[1]
    assert rates.lines[0].get_xdata() == pytest.approx([0, 2000 / 60])
    assert rates.get_xlim() == pytest.approx((0, 2000 / 60))  # as the panel beside it
    assert [band.get_paths()[0].get_extents().width for band in rates.collections] == pytest.approx(
        [2000 / 60] * 2
    )


def test_section_of_the_local_rate(run):
    """The made-up run's lithiation changes by 0.3 (0.8 - 0.2 x) a third in 2000 s."""
    section, start, stop = analysis_figures._rate_section(heterogeneity(), run["fields_path"])
    assert (start, stop) == (2000.0, 4000.0)
    change = 0.1 * (0.8 - 0.2 * np.linspace(0, 1, 16)) / 2000 * 3600 / 0.6
    inside = np.isfinite(section)
    np.testing.assert_allclose(
        section[inside], np.broadcast_to(change[:, None], section.shape)[inside], rtol=1e-3
    )
