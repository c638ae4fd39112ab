"""Every figure is drawn to scale, labelled, on shared colour scales, and no two texts lie on each other."""

import subprocess
import sys
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from microsim.mesh.grid import VoxelGrid
from microsim.report import figures, map_figures
from microsim.report.field_series import load_series
from microsim.report.png import to_png

from .texts import texts_on_each_other


def draw(name, run):
    """Draw one figure of a run by its short name."""
    grid, comparison = run["grid"], run["comparisons"][0]

    def series(field):
        return load_series(run["fields_path"], field)

    area = grid.face_area("x") * grid.shape[1] * grid.shape[2]
    return {
        "phases": lambda: figures.phases_figure(grid),
        "voltage": lambda: figures.voltage_figure(run["voltage"], run["result"]["steps"], area),
        "sto": lambda: figures.sections_figure(series("sto")),
        "deviation": lambda: figures.sections_figure(series("sto"), deviation=True),
        "c_e": lambda: figures.sections_figure(series("c_e")),
        "sto profiles": lambda: figures.profiles_figure(series("sto"), distribution=True),
        "c_e profiles": lambda: figures.profiles_figure(series("c_e")),
        "potentials": lambda: figures.potentials_figure(series("phi_e"), series("phi_s"), series("j")),
        "maps": lambda: map_figures.comparison_maps_figure(comparison),
        "agreement": lambda: map_figures.agreement_figure(comparison),
        "depth": lambda: map_figures.comparison_depth_figure(comparison),
    }[name]()


NAMES = ["phases", "voltage", "sto", "deviation", "c_e", "maps", "agreement", "depth", "potentials"] + [
    "sto profiles",
    "c_e profiles",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["run", "run_with_rests"])
def test_figure_is_labelled_and_its_texts_are_apart(name, which, request):
    figure = draw(name, request.getfixturevalue(which))
    assert isinstance(figure, Figure)
    assert texts_on_each_other(figure) == []
    for axes in figure.get_axes():
        x_label, y_label = (shared_label(figure, axes, which) for which in "xy")
        assert (x_label or y_label) if hasattr(axes, "_colorbar") else (x_label and y_label)


def shared_label(figure, axes, which):
    """Give the label of an axis, its own or that of the panel it shares its ticks with."""
    joined = getattr(axes, f"get_shared_{which}_axes")().joined
    return "".join(
        getattr(a, f"get_{which}label")() for a in figure.get_axes() if a is axes or joined(a, axes)
    )


def images_of(figure):
    return [axes.images[0] for axes in figure.get_axes() if axes.images]


def test_sections_share_one_colour_scale(run):
    values, deviations = images_of(draw("sto", run)), images_of(draw("deviation", run))
    assert len(values) == len(deviations) == 3  # three times stored after the start
    assert len({image.get_clim() for image in values}) == 1
    assert len({image.get_clim() for image in deviations}) == 1
    low, high = deviations[0].get_clim()
    assert low == -high and deviations[0].get_cmap().name.startswith("RdBu_r")


@pytest.mark.parametrize("stretch", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_sections_of_any_shape_fit_their_panels(run, stretch):
    """A grid of panels may have some to spare; what is removed takes no colour bar along."""
    series = load_series(run["fields_path"], "sto")
    x, y, z = series.voxel_size
    figure = figures.sections_figure(replace(series, voxel_size=(stretch * x, y, z)))
    assert len(images_of(figure)) == 3 and len(figure.get_axes()) == 4


def test_maps_share_one_colour_scale_and_difference_is_centred(run):
    ours, theirs, difference = images_of(draw("maps", run))[:3]
    assert ours.get_clim() == theirs.get_clim()
    low, high = difference.get_clim()
    assert low == -high < 0


def test_section_shows_a_marked_voxel_where_it_is():
    """One voxel in each of the three sections through the middle of a volume of 8 x 6 x 7 voxels."""
    phase = np.zeros((8, 6, 7), np.uint8)
    phase[5, 2, 3] = phase[2, 3, 5] = phase[4, 1, 6] = 1
    grid = VoxelGrid(phase, ("pore", "am"), (1e-6, 2e-6, 3e-6))
    xy, xz, zy = images_of(figures.phases_figure(grid))
    assert np.argwhere(xy.get_array() == 1).tolist() == [[2, 5]]  # rows are y, columns are x
    assert np.argwhere(xz.get_array() == 1).tolist() == [[5, 2]]  # rows are z, columns are x
    assert np.argwhere(zy.get_array() == 1).tolist() == [[1, 6]]  # rows are y, columns are z
    np.testing.assert_allclose(
        [xy.get_extent(), xz.get_extent(), zy.get_extent()], [[0, 8, 0, 12], [0, 8, 0, 21], [0, 21, 0, 12]]
    )


def test_rests_are_not_drawn_over_the_capacity(run_with_rests):
    figure = draw("voltage", run_with_rests)
    by_label = {axes.get_xlabel(): axes for axes in figure.get_axes()}
    assert len(by_label["Specific capacity (mAh g⁻¹)"].lines) == 2
    time = by_label["Time (h)"]
    assert time.lines[0].get_ydata()[0] == pytest.approx(0.1 * -1e-9 / (10 * 8 * 0.4e-6**2))  # A/m2 -> mA/cm2


@pytest.mark.parametrize("column", [["a", "a", "b", "a"], [0, 0, 1, 2], [1, 1, 2, 3]])
def test_steps_are_found_by_name_or_number(column):
    steps = [{"name": name} for name in ("a", "b", "a")]
    spans = figures.step_spans({"step": np.array(column)}, steps)
    assert [(name, s.start, s.stop) for name, s in spans] == [("a", 0, 2), ("b", 2, 3), ("a", 3, 4)]


def test_solid_potential_counts_from_its_last_layer_with_a_value(run):
    series = load_series(run["fields_path"], "phi_s")
    profiles = series.profiles.copy()
    profiles[:, -2:] = np.nan
    (axes,) = figures.potentials_figure(None, replace(series, profiles=profiles), None).get_axes()
    drawn = axes.lines[-1].get_ydata()
    assert drawn[-3] == 0.0 and np.isnan(drawn[-2:]).all()
    np.testing.assert_allclose(drawn[0], 1e3 * (profiles[-1, 0] - profiles[-1, -3]))


def test_equal_steps_in_a_row_do_not_shift_the_names():
    spans = figures.step_spans({"step": np.array(["a", "a", "b"])}, [{"name": n} for n in ("a", "a", "b")])
    assert [name for name, _ in spans] == ["a", "b"]


def test_same_figure_gives_the_same_file(run):
    assert to_png(draw("sto", run)) == to_png(draw("sto", run))


def test_drawing_leaves_matplotlibs_settings_alone(run):
    with matplotlib.rc_context({"font.size": 7.5, "axes.labelsize": 30.0}):
        before = dict(matplotlib.rcParams)
        to_png(draw("voltage", run))
        assert dict(matplotlib.rcParams) == before


def test_matplotlib_is_imported_for_drawing_only_and_pyplot_never():
    script = (
        "import sys, numpy as np, microsim.report.pages.run as page\n"
        "assert 'matplotlib' not in sys.modules and 'jinja2' not in sys.modules\n"
        "from microsim.mesh.grid import VoxelGrid\n"
        "grid = VoxelGrid(np.zeros((4, 4, 4), np.uint8), ('am',), (1e-6,) * 3)\n"
        "page.figures.phases_figure(grid)._repr_png_()\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
