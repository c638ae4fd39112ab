"""Distance and local thickness against brute force and bodies of known size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.shapes.thickness import distance_map, local_thickness

UNEQUAL = (1e-7, 2e-7, 1.5e-7)


def blob(seed, shape=(11, 9, 10), share=0.5):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random(shape), 1.3)
    return noise > np.quantile(noise, share)


def ball(radius, centre=(0, 0, 0), edges=(1, 1, 1)):
    counts = [2 * int(np.ceil(radius / h)) + 5 for h in edges]
    x = np.meshgrid(
        *[(np.arange(n) - n // 2) * h - c for n, h, c in zip(counts, edges, centre)], indexing="ij"
    )
    return sum(part**2 for part in x) <= radius**2


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**31), st.sampled_from([(1.0, 1.0, 1.0), UNEQUAL, (3.0, 1.0, 1.0)]), st.floats(0.02, 0.98)
)
def test_distance_against_scipy(seed, edges, share):
    mask = np.random.default_rng(seed).random((7, 8, 9)) < share
    if mask.all():
        mask[3, 3, 3] = False
    assert distance_map(mask, edges) == pytest.approx(ndimage.distance_transform_edt(mask, edges), rel=1e-6)


def test_distance_without_an_end():
    assert np.isinf(distance_map(np.ones((3, 4, 5), bool), 1e-6)).all()
    with pytest.raises(InputError, match="another phase"):
        local_thickness(np.ones((3, 4, 5), bool), 1e-6)
    with pytest.raises(InputError, match="three axes"):
        local_thickness(np.ones((3, 4), bool), 1e-6)


def by_hand(mask, edges):
    """Every ball of the definition in turn."""
    edges, outside, inside = np.array(edges), np.argwhere(~mask), np.argwhere(mask)

    def distance(q):
        return np.sqrt((((outside - q) * edges) ** 2).sum(axis=1).min())

    balls = [(q, distance(q)) for q in inside]
    for low in np.ndindex(*(n - 1 for n in mask.shape)):
        q = np.array(low) + 0.5
        around = [
            distance(np.add(low, step)) for step in np.ndindex(2, 2, 2) if mask[tuple(np.add(low, step))]
        ]
        if distance(q) > max(around, default=0) * (1 + 1e-6):
            balls.append((q, distance(q)))
    thickness = np.zeros(mask.shape)
    for q, radius in balls:
        near = inside[
            (((inside - q) * edges) ** 2).sum(axis=1) < (radius + edges.min() / 2) ** 2 * (1 - 1e-9)
        ]
        thickness[tuple(near.T)] = np.maximum(thickness[tuple(near.T)], 2 * radius)
    return thickness


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([(1.0, 1.0, 1.0), UNEQUAL]), st.sampled_from([0.3, 0.7]))
def test_thickness_against_the_definition(seed, edges, share):
    mask = blob(seed, share=share)
    assert local_thickness(mask, edges) == pytest.approx(by_hand(mask, edges), rel=1e-5)


@pytest.mark.parametrize("radius", [3, 5, 8, 12, 20])
def test_a_sphere_is_as_thick_as_its_diameter_everywhere(radius):
    rng = np.random.default_rng(radius)
    for centre in (np.zeros(3), np.full(3, 0.5), *(rng.random((4, 3)) - 0.5)):
        mask = ball(radius, centre)
        sizes = local_thickness(mask, 1.0)[mask]
        off = np.abs(sizes - 2 * radius)
        assert off.mean() < 1 and np.quantile(off, 0.9) < 1 and off.max() < 2.5


def test_a_sphere_of_voxels_with_unequal_edges():
    mask = ball(20.0, (0.2, 0.1, 0.3), (1.0, 2.0, 1.5))
    assert local_thickness(mask, (1.0, 2.0, 1.5))[mask].mean() == pytest.approx(40, abs=2)


def test_two_spheres_keep_their_own_sizes():
    mask = np.zeros((48, 29, 29), bool)
    mask[:15, :15, :15] |= ball(5)
    mask[18:47, :, :] |= ball(12)
    sizes = local_thickness(mask, 1e-6)
    assert sizes[:15][mask[:15]] == pytest.approx(1e-5, abs=1e-6)
    assert sizes[18:][mask[18:]] == pytest.approx(2.4e-5, abs=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8])
def test_a_slit_is_as_thick_as_it_is_wide(axis, n):
    mask = np.zeros((12, 12, 12), bool)
    mask[(slice(None),) * axis + (slice(2, 2 + n),)] = True
    sizes = local_thickness(mask, 1.0)
    assert np.all(sizes[~mask] == 0) and np.all(np.abs(sizes[mask] - n - 1) < 0.35)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.permutations([0, 1, 2]), st.sampled_from([0, 1, 2]))
def test_thickness_follows_mirrors_turns_and_scale(seed, order, axis):
    mask = blob(seed)
    plain = local_thickness(mask, UNEQUAL)
    assert np.flip(local_thickness(np.flip(mask, axis), UNEQUAL), axis) == pytest.approx(plain, rel=1e-5)
    turned = local_thickness(mask.transpose(order), [UNEQUAL[a] for a in order])
    assert turned == pytest.approx(plain.transpose(order), rel=1e-5)
    assert local_thickness(mask, [7 * h for h in UNEQUAL]) == pytest.approx(7 * plain, rel=1e-5)
    assert np.all(plain[mask] >= 2 * distance_map(mask, UNEQUAL)[mask] * (1 - 1e-6))
