"""The page of segment holds every step, its figures and tables, and needs nothing else."""

import re

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.schema import section
from microsim.report.pages import segment as pages
from microsim.segment.recipe import Recipe, run_recipe
from microsim.segment.segmentation import Levels
from microsim.segment.steps import STEPS as KINDS
from microsim.segment.steps import SegmentState

from ..reading import check_page, text_of

STEPS = [
    {"curtains": {"along": "y", "window": 0}},
    {"normalise": {}},
    {"normalise": {"axis": "y"}},
    {"align": {}},
    "median",
    {"nlm": {"axis": "z"}},
    "thresholds",
    "pore_back",
    {"watershed": {"axis": "z"}},
    "cracks",
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    from microsim.jobs.segment import SegmentResult
    from microsim.volumes.slabs import MEMORY

    rough = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((30, 28, 12)), 3)
    grey = np.array([20.0, 90.0, 200.0])[np.digitize(rough, np.quantile(rough, (0.4, 0.6)))]
    grey = (grey + 3 * np.random.default_rng(1).standard_normal(grey.shape)).clip(0, 255).astype(np.uint8)
    recipe = section(Recipe, {"phases": ["pore", "cbd", "am"], "crack": "crack", "steps": STEPS}, "")
    state, pictures = run_recipe(recipe, grey, (1e-7,) * 3)
    source = "a <stack>.tif", "00"
    result = SegmentResult(state, pictures, recipe, 0.1, False, 0, None, *source, MEMORY).numbers()
    out = tmp_path_factory.mktemp("page")
    return pages.write(out, state=state, pictures=pictures, result=result), result


def test_each_step_has_its_section_and_figure(written):
    page, result = written
    text, figures = text_of(page), {p.stem for p in (page.parent / "figures").iterdir()}
    for k, step in enumerate(result["steps"], start=1):
        name = step["step"].split()[0]
        assert f"{k}. {KINDS[name].title}" in text and f"step_{k}_{name}" in figures
    assert "Brightness evened out (2)" in text and "step_4_align_shifts" in figures
    assert {"labels", "probability", "histogram"} <= figures
    assert "had passed for solid" in text and "a <stack>.tif" in text


def test_the_page_is_whole(written):
    page = written[0]
    check_page(page, [path.stem for path in (page.parent / "figures").glob("*.png")])
    anchors = re.findall(r'href="#([^"]+)"', page.read_text())
    assert {"curtains", "normalise", "normalise-2", "pore-back"} <= set(anchors)


def test_fractions_stand_with_their_bounds(written):
    page, result = written
    text = text_of(page)
    am, low, high = (
        100 * part["am"]
        for part in (result["volume_fraction"], result["bounds"]["low"], result["bounds"]["high"])
    )
    assert f"{am:.2f} % {low:.2f} % {high:.2f} %" in text


def test_what_is_doubted_stands_on_the_page(written):
    page, result = written
    text = text_of(page)
    assert result["doubts"] and all(f"Doubt: {said}." in text for said in result["doubts"])


def test_the_histogram_shows_thresholds_and_levels():
    levels = Levels((20.0, 200.0), (3.0, 5.0), (0.5, 0.5), (110.0,))
    values = np.r_[np.full(500, 20.0), np.full(500, 200.0)] + np.random.default_rng(0).standard_normal(1000)
    axes = pages.histogram_figure(values, levels, ("pore", "am")).axes[0]
    assert 110.0 in [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert {t.get_text() for t in axes.texts} == {"pore", "am"}
    counts = axes.patches[0].get_data().values
    assert counts.sum() == pytest.approx(1, abs=0.01)


def test_the_figure_shows_grey_values_above_labels():
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[3:] = 1
    figure = pages.figure(state=SegmentState(100 * labels, None, ("pore", "am"), labels=labels))
    above, below = (figure.axes[k].images[0].get_array() for k in (0, 3))
    assert np.array_equal(above, 100 * labels[:, :, 2].T) and np.array_equal(below, labels[:, :, 2].T)
