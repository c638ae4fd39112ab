import numpy as np
import pytest

from microsim.generate.voids import INTO, pushing_out


def test_spheres_leave_voids_by_the_nearest_wall():
    voids = np.zeros((20, 20, 20), bool)
    voids[:, 8:12] = True
    radii = np.array([3.0, 3.0, 3.0])
    push = pushing_out(voids, radii, 1.0)
    centres = np.array([[10.0, 7.2, 10.0], [10.0, 12.8, 10.0], [10.0, 17.5, 10.0]])
    for _ in range(30):
        centres += push(centres)
    assert centres[0, 1] < 7 and centres[1, 1] > 13 and centres[2, 1] == 17.5
    assert 8 - centres[0, 1] == pytest.approx((1 - INTO) * 3, abs=0.7)
    assert centres[:, [0, 2]] == pytest.approx(10.0)


def test_voids_go_on_across_the_sides():
    voids = np.zeros((12, 20, 20), bool)
    voids[:, :, 0] = True
    step = pushing_out(voids, np.array([4.0]), 1.0)(np.array([[6.0, 10.0, 18.5]]))
    assert step[0, 2] < -0.5
