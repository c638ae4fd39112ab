import numpy as np
import pytest

from microsim.generate.bodies import Canvas, draw_shapes, two_nearest, with_images

ROUND = Canvas((20, 20, 20), 1.0, 0.0, 3.0)


def test_distances_to_the_two_nearest_spheres():
    centres, radii = np.array([[6.0, 10.0, 10.0], [14.0, 10.0, 10.0]]), np.array([4.0, 3.0])
    bodies = with_images(centres, radii, ROUND)
    first, second, owner, other = two_nearest(bodies, draw_shapes(np.random.default_rng(0), 2), ROUND, None)
    numbers = [particle for particle, _, _ in bodies]
    at = (10, 10, 10)  # its middle is 4.5 and 3.5 from the two along x
    away = [np.linalg.norm(np.array(at) + 0.5 - c) for c in centres]
    assert first[at] == pytest.approx(min(away[0] - 4, away[1] - 3), abs=1e-6)
    assert second[at] == pytest.approx(max(away[0] - 4, away[1] - 3), abs=1e-6)
    assert {numbers[owner[at]], numbers[other[at]]} == {0, 1}
    assert np.isinf(first[0, 0, 0]) and owner[0, 0, 0] == -1


def test_bodies_come_back_on_the_other_side():
    bodies = with_images(np.array([[10.0, 1.0, 10.0]]), np.array([3.0]), ROUND)
    assert sorted(body[1][1] for body in bodies) == [1.0, 21.0]
