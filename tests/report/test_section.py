"""A section is the layer that was asked for, to scale, with the words and colours of its quantity."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.report.section import Plane, section_figure

SIZE = (1e-6, 2e-6, 4e-6)


def values():
    return np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(("axis", "layer"), [(0, 1), (1, 2), (2, 3)])
def test_a_section_is_its_layer(axis, layer):
    plane = Plane(axis, layer)
    assert np.array_equal(plane.of(values()), np.take(values(), layer, axis))
    assert plane.axes == [a for a in range(3) if a != axis]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"z": "middle"}, (2, 2)),
        ({"z": 3}, (2, 3)),
        ({"y": 3.9e-6}, (1, 1)),
        ({"y": 4.1e-6}, (1, 2)),
        ({"x": 0.0}, (0, 0)),
    ],
)
def test_a_plane_lies_at_a_layer_or_a_place(where, found):
    plane = Plane.across((2, 3, 4), SIZE, **where)
    assert (plane.axis, plane.layer) == found


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({}, "got 0"),
        ({"x": 1, "y": 1}, "got 2"),
        ({"z": 4}, "0 to 3"),
        ({"z": -1}, "0 to 3"),
        ({"z": 1.7e-5}, "1.6e-05 m"),
        ({"y": "top"}, "middle"),
    ],
)
def test_a_plane_outside_is_refused(where, said):
    with pytest.raises(InputError, match=said):
        Plane.across((2, 3, 4), SIZE, **where)


def test_a_section_is_drawn_to_scale_in_the_unit_of_its_quantity():
    field = values() * 1e-3
    field[0, 0, 2] = np.nan
    figure = section_figure(field, SIZE, name="phi_e", z="middle", title="t = 3 h")
    axes, bar = figure.axes
    image = axes.images[0]
    assert image.get_extent() == pytest.approx([0, 2, 0, 6])
    shown = np.ma.filled(image.get_array(), np.nan)  # rows are y
    assert shown == pytest.approx(1e3 * field[:, :, 2].T, nan_ok=True)
    assert bar.get_ylabel() == r"$\phi_e$ (mV)" and axes.get_title(loc="left") == "t = 3 h; z = 10.0 µm"
    assert image.get_cmap().name.startswith("cividis")


def test_a_deviation_is_from_the_mean_of_the_volume_and_centred():
    image = section_figure(values(), SIZE, name="sto", x=1, deviation=True).axes[0].images[0]
    assert np.asarray(image.get_array()) == pytest.approx(values()[1].T - 11.5)
    low, high = image.get_clim()
    assert low == -high and image.get_cmap().name.startswith("RdBu_r")


def test_a_field_that_nobody_knows_is_drawn_under_its_own_name():
    assert section_figure(values(), SIZE, name="temperature", y=0).axes[1].get_ylabel() == "temperature"
