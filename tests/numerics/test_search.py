"""A search over a few points: where it begins, what it asks next, what it keeps."""

import math

import numpy as np
import pytest

from microsim.base.errors import Missing
from microsim.numerics.search import Lever, Told, first_points, front, hypervolume, propose

from ..missing import hide

BOX = (Lever("x", 0.0, 1.0), Lever("y", -2.0, 2.0))


def searched(value, count, levers=BOX, objectives=1, start=6):
    """Points told of a search; value(point) -> (objectives, constraints)."""
    told = []
    for n in range(count):
        point = first_points(levers, start, 3)[n] if n < start else propose(levers, told, objectives, 3)
        told.append(Told(point, *value(point)))
    return told


def hill(point):
    """Best at (0.3, 1)."""
    return (-((point[0] - 0.3) ** 2) - 0.1 * (point[1] - 1) ** 2,)


def test_first_points_fill_the_box_and_follow_the_seed():
    points = np.array(first_points(BOX, 8, 1))
    assert sorted((points[:, 0] * 8).astype(int)) == list(range(8))  # one in each eighth
    assert -2 <= points[:, 1].min() and points[:, 1].max() <= 2
    assert first_points(BOX, 8, 1) == first_points(BOX, 8, 1) != first_points(BOX, 8, 2)
    assert first_points(BOX, 3, 1) == first_points(BOX, 4, 1)[:3]


def test_levers_are_numbers_logarithms_whole_numbers_and_choices():
    assert Lever("a", 1e-4, 1.0, log=True).at(0.5) == pytest.approx(1e-2)
    whole = Lever("n", 2, 4, whole=True)
    assert [whole.at(s) for s in (0.0, 0.34, 0.67, 0.999, 1.0)] == [2, 3, 4, 4, 4]
    assert type(whole.at(0.5)) is int
    assert [Lever("c", choices=("a", "b")).at(s) for s in (0.0, 0.49, 0.5, 1.0)] == ["a", "a", "b", "b"]


def test_a_front_keeps_what_nothing_beats():
    told = [
        Told((0,), (1.0, 5.0)),
        Told((1,), (2.0, 4.0)),
        Told((2,), (1.5, 4.0)),  # beaten by the second
        Told((3,), (9.0, 9.0), (0.1,)),  # breaks its constraint
        Told((4,)),  # failed
        Told((5,), (2.0, 4.0)),  # as the second
    ]
    assert front(told) == [1, 0] and front([Told((4,))]) == []


def test_hypervolume_is_the_area_of_steps_and_the_volume_of_blocks():
    assert hypervolume([(1, 3), (2, 2), (3, 1), (1, 1)], (0, 0)) == pytest.approx(6)
    assert hypervolume([(2, 2)], (1, 1)) == 1 and hypervolume([(0, 5)], (1, 1)) == 0
    assert hypervolume([(1, 2, 3), (3, 1, 1)], (0, 0, 0)) == pytest.approx(6 + 3 - 1)
    assert hypervolume([(4.0,), (2.0,)], (1.0,)) == 3


def test_a_point_that_another_one_beats_changes_no_digit_of_the_hypervolume():
    rng = np.random.default_rng(0)
    for count in (2, 3):
        points = rng.uniform(0.1, 1, (12, count))
        volume = hypervolume(points, np.zeros(count))
        for point in points:
            assert hypervolume([*points, point * rng.uniform(0.2, 0.9, count)], np.zeros(count)) == volume


def test_a_search_without_its_packages_is_one_sentence(monkeypatch):
    hide(monkeypatch, "optuna")
    with pytest.raises(Missing, match=r"microsim-electrode\[optimise\]"):
        propose(BOX, [], 1, 0)


def test_a_search_finds_a_hill_and_asks_the_same_again():
    pytest.importorskip("optuna")
    told = searched(lambda p: (hill(p),), 16)
    assert max(one.objectives[0] for one in told) > -1e-3
    assert propose(BOX, told[:12], 1, 3) == told[12].point  # to the last digit


def test_a_point_is_not_tried_twice():
    pytest.importorskip("optuna")
    levers = (Lever("n", 1, 3, whole=True),)
    told = [Told((n,), (float(-abs(n - 2)),)) for n in (1, 2)]
    assert propose(levers, told, 1, 0) == (3,)
    assert propose(levers, [*told, Told((3,), (-1.0,))], 1, 0) is None


def test_a_search_keeps_a_constraint_and_leaves_what_fails():
    """Best where x + y = 0.5 among the feasible; y above 1.5 fails."""
    pytest.importorskip("optuna")

    def value(p):
        return (None, ()) if p[1] > 1.5 else ((p[0] + p[1],), (p[0] + p[1] - 0.5,))

    told = searched(value, 18)
    best = max(one.objectives[0] for one in told if one.feasible)
    assert 0.45 < best <= 0.5
    assert sum(one.objectives is None for one in told[6:]) <= 2


def test_a_search_takes_whole_numbers_and_choices():
    pytest.importorskip("optuna")
    levers = (
        Lever("n", 1, 30, whole=True),
        Lever("c", choices=("low", "high")),
        Lever("d", 1e-3, 1, log=True),
    )

    def value(p):
        return (-abs(p[0] - 20) + (5 if p[1] == "high" else 0) - abs(math.log10(p[2]) + 2),), ()

    told = searched(value, 22, levers)
    best = max(told, key=lambda one: one.objectives)
    assert best.objectives[0] > 3.5 and best.point[1] == "high" and type(best.point[0]) is int


def test_two_objectives_give_a_front():
    """(x, 1 - x^2) less what y costs: the front is y = 0."""
    pytest.importorskip("optuna")

    def value(p):
        cost = 0.1 * p[1] ** 2
        return (p[0] - cost, 1 - p[0] ** 2 - cost), ()

    told = searched(value, 24, objectives=2)
    kept = front(told)
    assert len(kept) >= 5
    assert hypervolume([told[k].objectives for k in kept], (0, 0)) > 0.93 * 2 / 3
