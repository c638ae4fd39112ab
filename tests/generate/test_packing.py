import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import truncnorm

from microsim.generate.packing import lognormal_radii, overlapping_pairs, pack_spheres


def test_radii_fill_the_volume_and_keep_the_distribution():
    radii = lognormal_radii(np.random.default_rng(0), 4e4, 2.0, 0.3, 1.0, 3.2)
    assert np.sum(4 / 3 * np.pi * radii**3) == pytest.approx(4e4, rel=1e-9)
    assert 0.99 < radii.min() < radii.max() < 3.21 and np.all(np.diff(radii) <= 0)
    expected = truncnorm(np.log(1.0 / 2) / 0.3, np.log(3.2 / 2) / 0.3, np.log(2.0), 0.3)
    assert np.mean(np.log(radii)) == pytest.approx(expected.mean(), abs=0.03)
    assert np.std(np.log(radii)) == pytest.approx(expected.std(), rel=0.06)


def test_equal_spheres():
    radii = lognormal_radii(np.random.default_rng(0), 100.0, 1.0, 0.0, 1.0, 1.0)
    assert radii.size == 24 and np.ptp(radii) == 0


def slow_pairs(centres, radii, box):
    """Slow twin: all pairs, with the nearest of nine images across y and z."""
    found = {}
    for a in range(len(radii)):
        for b in range(a + 1, len(radii)):
            images = [
                centres[b] + (0, i * box[1], j * box[2]) - centres[a] for i in (-1, 0, 1) for j in (-1, 0, 1)
            ]
            apart = min(images, key=np.linalg.norm)
            overlap = radii[a] + radii[b] - np.linalg.norm(apart)
            if overlap > 0:
                found[a, b] = (overlap, apart / np.linalg.norm(apart))
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_overlapping_pairs_across_the_sides(seed):
    rng, box = np.random.default_rng(seed), np.array([5.0, 6.0, 7.0])
    centres, radii = rng.random((12, 3)) * box, 0.5 + rng.random(12)
    first, second, apart, overlap = overlapping_pairs(centres, radii, box)
    slow = slow_pairs(centres, radii, box)
    assert list(zip(first.tolist(), second.tolist())) == sorted(slow)
    for a, b, direction, size in zip(first, second, apart.T, overlap):
        assert size == pytest.approx(slow[a, b][0]) and direction == pytest.approx(slow[a, b][1])


def test_no_pair_meets_across_the_end_faces():
    centres = np.array([[0.1, 1, 1], [4.9, 1, 1]])
    assert overlapping_pairs(centres, np.array([1.0, 1.0]), np.array([5.0, 5, 5]))[0].size == 0
    assert overlapping_pairs(centres[:, [1, 0, 2]], np.array([1.0, 1.0]), np.array([5.0, 5, 5]))[0].size == 1


def test_spheres_on_the_same_spot_are_pushed_apart():
    _, _, apart, overlap = overlapping_pairs(np.ones((2, 3)), np.array([0.5, 0.5]), np.full(3, 5.0))
    assert apart[:, 0].tolist() == [1, 0, 0] and overlap.tolist() == [1.0]


def test_dense_packing_without_overlap():
    rng, box = np.random.default_rng(3), np.array([12.0, 10.0, 10.0])
    radii = lognormal_radii(rng, 0.58 * box.prod(), 1.5, 0.3, 0.8, 2.3)
    centres, overlap = pack_spheres(rng, radii, box, protrusion=0.2)
    worst = max(
        size / min(radii[a], radii[b]) for (a, b), (size, _) in slow_pairs(centres, radii, box).items()
    )
    assert overlap <= 1e-3 and worst == pytest.approx(overlap, abs=1e-9)
    assert np.all(centres[:, 0] >= 0.8 * radii - 1e-9) and np.all(centres[:, 0] <= 12 - 0.8 * radii + 1e-9)
    assert np.all(centres[:, 1:] >= 0) and np.all(centres[:, 1:] <= 10)


def test_loose_spheres_reach_both_ends_without_coming_closer():
    rng, box = np.random.default_rng(4), np.array([20.0, 8.0, 8.0])
    radii = lognormal_radii(rng, 0.1 * box.prod(), 1.5, 0.3, 0.8, 2.3)
    centres, overlap = pack_spheres(rng, radii, box, protrusion=0.2)
    assert np.min(centres[:, 0] - 0.8 * radii) == pytest.approx(0, abs=1e-9)
    assert np.max(centres[:, 0] + 0.8 * radii) == pytest.approx(20, abs=1e-9)
    assert (
        max((size for size, _ in slow_pairs(centres, radii, box).values()), default=0)
        <= overlap * radii.max()
    )


def test_too_dense_a_packing_says_how_much_overlaps():
    rng, box = np.random.default_rng(3), np.full(3, 8.0)
    radii = lognormal_radii(rng, 0.85 * box.prod(), 1.5, 0.1, 1.0, 2.0)
    seen = []
    _, overlap = pack_spheres(rng, radii, box, steps=120, progress=lambda *step: seen.append(step))
    assert overlap > 0.05 and [step[:2] for step in seen] == [(0, 120), (50, 120), (100, 120)]
