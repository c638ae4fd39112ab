"""Steps of a protocol as the experiment holds them."""

import warnings

import numpy as np
import pytest

from microsim.cell.load import Load
from microsim.cell.step import Control


def test_a_profile_bends_where_its_slope_changes():
    drive = Load("drive", profile=([0.0, 10.0, 20.0, 40.0, 50.0], [0.0, 1.0, 2.001, 2.001, 2.001]))
    assert [drive.bend(t) for t in (0.0, 5.0, 10.0, 20.0, 40.0, 50.0)] == [None, None, None, 20.0, None, None]
    assert Load("d", 1.0).bend(0.0) is None


def test_a_jump_turns_without_end_and_without_a_warning():
    drive = Load("drive", profile=([0.0, 60.0, 60.0, 120.0], [0.5, 1.0, -1.0, 0.0]))
    with warnings.catch_warnings(action="error"):
        assert drive.near(60.0) == 0.0 and drive.bend(60.0) == 60.0


def test_what_is_held():
    profile = ([0.0, 10.0, 20.0], [1.0, 3.0, -1.0])
    assert Load("d", 2.0).control(5.0) == Control("current", 2.0)
    assert Load("h", voltage=3.9).control(5.0) == Control("voltage", 3.9)
    assert Load("p", power=-1.5).control(5.0) == Control("power", -1.5)
    assert Load("drive", profile=profile).control(5.0) == Control("current", 2.0)
    assert Load("drive", profile=profile, profile_of="power").control(15.0) == Control("power", 1.0)


def test_steps_end_at_the_corners_of_a_profile():
    drive = Load("drive", profile=([0.0, 10.0, 20.0], [1.0, 3.0, -1.0]))
    assert [drive.longest_step(t) for t in (0.0, 4.0, 10.0, 20.0)] == pytest.approx([10.0, 6.0, 10.0, np.inf])
    assert Load("d", 1.0).longest_step(3.0) == np.inf


@pytest.mark.parametrize(
    ("load", "sign", "varies"),
    [
        (Load("d", 2.0), 1.0, False),
        (Load("c", -2.0), -1.0, False),
        (Load("r"), 0.0, False),
        (Load("p", power=-3.0), -1.0, True),
        (Load("h", voltage=4.0), 0.0, True),
        (Load("drive", profile=([0.0, 1.0], [5.0, 5.0])), 0.0, True),
    ],
)
def test_which_way_it_goes(load, sign, varies):
    assert load.sign == sign and load.varies == varies


def test_a_time_that_comes_twice_is_a_jump():
    drive = Load("drive", profile=([0.0, 50.0, 50.0, 50.0, 100.0, 100.0], [1.0, 1.0, 9.0, -0.5, -0.5, 3.0]))
    held = [
        drive.control(t, after).value for t in (50.0, 50.0 - 1e-9, 50.0 + 1e-9) for after in (False, True)
    ]
    assert held == [1.0, -0.5] * 3 and drive.control(25.0).value == 1.0 and drive.control(75.0).value == -0.5
    assert [drive.jumps(t) for t in (0.0, 25.0, 50.0, 100.0)] == [False, False, True, False]
    assert drive.bend(50.0) == 50.0 and drive.bend(100.0) is None  # what comes after the end is not held
    assert drive.longest_step(50.0) == 50.0 and drive.longest_step(20.0) == 30.0
    first = Load("drive", profile=([0.0, 0.0, 10.0], [5.0, 1.0, 1.0]))
    assert first.control(0.0, after=True).value == 1.0 and not Load("d", 1.0).jumps(0.0)


def test_a_profile_stays_near_its_course_the_longer_the_smoother_it_turns():
    """Within a tenth of its largest value: of 2, behind a turn by 1 a second, for 0.2 s."""
    drive = Load("drive", profile=(np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0, 2.0])))
    assert drive.near(1.0) == pytest.approx(0.2)
    assert drive.near(2.0) == pytest.approx(0.4)
