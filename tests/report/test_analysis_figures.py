"""The voltage's parts, particles and reaction over the depth in the page: drawn, tabulated, left out where
they say nothing."""

import numpy as np
import pytest

from microsim.analysis.losses import PARTS as COMPUTED
from microsim.report import analysis_figures
from microsim.report.page import FINDINGS_FIGURES, write_report
from microsim.report.style import to_png


def overpotentials(film=0.01):
    """A discharge and a rest: kinetic grows, film constant, the whole is their sum."""
    n = 6
    capacity = np.concatenate([np.linspace(0, 100, n), [100.0, 100.0]])
    kinetic = np.concatenate([np.linspace(0.02, 0.05, n), [0.001, 0.0]])
    zero = np.zeros(n + 2)
    parts = {name: zero for name in COMPUTED} | {
        "kinetic": kinetic,
        "film": np.append(np.full(n, film), [0.0, 0.0]),
    }
    total = sum(parts.values())
    return {
        "time_s": [*np.linspace(0, 3000, n), 3000.0, 3600.0],
        "step": [0] * n + [1] * 2,
        "capacity_mAh_g": list(capacity),
        "step_name": ["Discharge at C/2"] * n + ["Rest for 10 minutes"] * 2,
        "weights": ["current"] * n + ["area"] * 2,
        "open_circuit_V": list(4 - 0.001 * capacity),
        "voltage_V": list(4 - 0.001 * capacity - total),
        "total_V": list(total),
        "parts_V": {k: list(v) for k, v in parts.items()},
        "meaning": COMPUTED,
        "largest_miss_V": 1e-16,
    }


def heterogeneity(layers=16, near=True):
    rate = {"mean": 0.5, "p05": 0.3, "p25": 0.4, "p50": 0.5, "p75": 0.6, "p95": 0.7, "max": 0.9}
    ending = {
        "step": 0,
        "name": "Discharge at C/2 until 3.5 V",
        "time_s": 6000.0,
        "by_depth": {
            "x_m": list(4e-7 * (np.arange(layers) + 0.5)),
            "mean": [0.5] * layers,
            "std": [0.1] * layers,
        },
        "by_distance_to_surface": {
            "distance_m": [1e-6, 2e-6],
            "mean": [0.6, 0.5],
            "std": [0.1, 0.1],
            "share": [0.7, 0.3],
        },
        "particles": {"mean": [0.5, 0.6], "std": [0.01, 0.02], "utilisation": [0.9, 1.0]},
        "utilisation": {"mean": 0.95, "std": 0.05, "min": 0.9, "max": 1.0},
    }
    if not near:
        ending["by_distance_to_surface"] = None
    times = {
        "time_s": [0.0, 2000.0, 4000.0, 6000.0],
        "step": [0] * 4,
        "name": ["Discharge"] * 4,
        "mean": [0.3, 0.4, 0.5, 0.6],
        **{name: [0.0, 0.1, 0.12, 0.13] for name in ("std", "std_between", "std_within", "std_over_depth")},
        "peak_depth_m": [1e-6, 2e-6, 3e-6, None],
        "half_depth_m": [3e-6] * 3 + [None],
        "reaction_A_m2": [[1.0] * (layers - 1) + [None]] * 4,
        "local_c_rate": [None, rate, rate, rate],
    }
    return {
        "particles": {
            "count": 2,
            "listed": 2,
            "depth_m": [1e-6, 4e-6],
            "diameter_m": [3e-6, 5e-6],
            "resolved": True,
        },
        "window": 0.6,
        "times": times,
        "ends": [ending],
    }


def test_every_part_that_is_computed_has_a_name_and_a_colour():
    assert set(analysis_figures.PARTS) == set(COMPUTED)
    assert len({colour for _, colour in analysis_figures.PARTS.values()}) == len(COMPUTED)


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
    assert (
        to_png(
            analysis_figures.reaction_figure(
                found, run["grid"].shape, run["grid"].voxel_size, run["fields_path"]
            )
        )[:4]
        == b"\x89PNG"
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


def test_page_has_the_sections(run, tmp_path):
    result = {**run["result"], "overpotentials": overpotentials(), "heterogeneity": heterogeneity()}
    page = write_report(tmp_path, **{**run, "result": result})
    assert all((tmp_path / "figures" / f"{name}.png").is_file() for name in FINDINGS_FIGURES)
    text = page.read_text()
    assert "Where the voltage goes" in text and "How evenly the electrode is used" in text
    write_report(tmp_path, **run)  # a run without them leaves none behind
    assert not any((tmp_path / "figures" / f"{name}.png").exists() for name in FINDINGS_FIGURES)


def test_a_rest_alone_has_a_table_and_no_figure(run, tmp_path):
    found = overpotentials()
    found = {k: v[-2:] if isinstance(v, list) else v for k, v in found.items()}
    found["parts_V"] = {k: v[-2:] for k, v in found["parts_V"].items()}
    page = write_report(
        tmp_path,
        **{
            **run,
            "result": {
                **run["result"],
                "overpotentials": found,
                "heterogeneity": {**heterogeneity(), "ends": []},
            },
        },
    )
    assert (
        "Where the voltage goes" in page.read_text()
        and not (tmp_path / "figures" / "overpotentials.png").exists()
    )
