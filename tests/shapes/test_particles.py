"""Particles with known volumes, shapes, neighbours, cracks and contacts; sheets; two states."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.shapes import particles as pt

NAMES, H = ("pore", "am", "cbd", "crack"), 2e-7


def ball(shape, centre, radius):
    x = np.meshgrid(*map(np.arange, shape), indexing="ij", sparse=True)
    return sum((part - c) ** 2 for part, c in zip(x, centre)) <= radius**2


def grid_of(shape, **masks):
    labels = np.zeros(shape, np.uint8)
    for name, mask in masks.items():
        labels[mask] = NAMES.index(name)
    return VoxelGrid(labels, NAMES, H)


SHAPE = (90, 44, 44)
SPHERES = [
    ((20.3, 21.6, 21.1), 13.2),
    ((45.7, 21.3, 21.4), 12.6),
    ((74.0, 21.0, 22.0), 9.4),
]  # the first two touch


@pytest.fixture(scope="module")
def three():
    solid = np.any([ball(SHAPE, *s) for s in SPHERES], axis=0)
    binder = np.zeros(SHAPE, bool)
    binder[:, 22:] = True
    return grid_of(SHAPE, cbd=binder & ~solid, am=solid)


def test_spheres_have_their_volume_shape_place_and_neighbours(three):
    found = pt.find_particles(three, crack="crack", contact="cbd")
    radii = np.array([r for _, r in SPHERES]) * H
    assert len(found) == 3 and found.neighbours.tolist() == [1, 1, 0] and not found.cut.any()
    assert found.volume == pytest.approx([ball(SHAPE, *s).sum() * H**3 for s in SPHERES], rel=1e-12, abs=0)
    assert found.volume == pytest.approx(
        4 / 3 * np.pi * radii**3, rel=0.02, abs=0
    )  # what voxels make of the smallest
    assert found.diameter == pytest.approx(2 * radii, rel=0.006)
    assert found.surface == pytest.approx(4 * np.pi * radii**2, rel=0.03)
    assert found.sphericity == pytest.approx(np.ones(3), abs=0.03)
    assert found.centre == pytest.approx((np.array([c for c, _ in SPHERES]) + 0.5) * H, abs=0.3 * H)
    assert np.array_equal(found.depth, found.centre[:, 0]) and found.fragments.tolist() == [1, 1, 1]
    assert found.crack_share.tolist() == [0, 0, 0] and found.total("crack_share") == 0


def test_half_a_sphere_in_binder_has_half_its_surface_in_contact(three):
    found = pt.find_particles(three, contact="cbd")
    # the plane y = 21.5 cuts the third at 0.5 voxel above its middle: share (r - 0.5) / 2 r
    assert found.contact_share[2] == pytest.approx((9.4 - 0.5) / 18.8, abs=0.02)
    assert pt.find_particles(three, contact="gold").contact.tolist() == [0, 0, 0]
    unasked = pt.find_particles(three)
    assert np.isnan(unasked.contact_share).all() and unasked.total("contact_share") is None
    assert pt.state_figures(unasked)["contact_share"] is None


def test_a_plane_crack_has_its_share_and_makes_two_fragments():
    body = ball((44, 44, 44), (21.5, 21.5, 21.5), 17)
    crack = np.zeros_like(body)
    crack[:, :, 20:23] = body[:, :, 20:23]
    found = pt.find_particles(grid_of(body.shape, am=body & ~crack, crack=crack), crack="crack")
    assert len(found) == 1 and found.fragments.tolist() == [2]
    assert found.crack_share[0] == pytest.approx(crack.sum() / body.sum(), abs=1e-12)
    assert found.volume[0] == pytest.approx(body.sum() * H**3, rel=1e-6, abs=0) and found.sphericity[
        0
    ] == pytest.approx(1, abs=0.02)


def test_a_cube_s_sphericity_is_that_of_a_cube():
    cube = np.zeros((60, 60, 60), bool)
    cube[10:50, 10:50, 10:50] = True
    found = pt.find_particles(grid_of(cube.shape, am=cube))
    assert found.sphericity[0] == pytest.approx((np.pi / 6) ** (1 / 3), rel=0.05)  # edges are rounded off


@pytest.mark.parametrize("radius", [1.9, 2.5, 3, 5, 6, 8, 12, 20])
@pytest.mark.parametrize("place", ["voxel", "corner", "edge", "anywhere"])
def test_no_sphere_is_rounder_than_a_sphere_and_the_error_holds(radius, place):
    centre = {"voxel": np.zeros(3), "corner": np.full(3, 0.5), "edge": np.array([0.5, 0.5, 0])}
    shift = centre.get(place, np.random.default_rng(int(10 * radius)).random(3))
    body = ball((53, 53, 53), 26 + shift, radius)
    found = pt.find_particles(grid_of(body.shape, am=body), smallest=8)
    assert 1 - found.sphericity_error[0] <= found.sphericity[0] <= 1
    assert found.sphericity_error[0] == pytest.approx(0.4 / radius, rel=0.15)


@pytest.mark.parametrize("axes", [(7, 7, 14), (6, 12, 12), (5, 8, 14)])
def test_an_ellipsoid_s_sphericity_within_its_error(axes):
    """Knud Thomsen's formula for the surface, good to 1.2 %."""
    x = np.meshgrid(*[np.arange(-18.3, 18)] * 3, indexing="ij")
    body = sum((part / a) ** 2 for part, a in zip(x, axes)) <= 1
    a, b, c = np.array(axes, float) ** 1.6075
    surface = 4 * np.pi * ((a * b + a * c + b * c) / 3) ** (1 / 1.6075)
    found = pt.find_particles(grid_of(body.shape, am=body), depth=9.0)
    true = np.cbrt(np.pi) * np.cbrt(8 * np.pi * np.prod(axes)) ** 2 / surface
    assert found.sphericity[0] == pytest.approx(true, abs=found.sphericity_error[0] + 0.012)


def hollow(radius=15.0, hole=7.0, channel=False):
    """A ball with a ball-shaped pore in it, and perhaps a channel of one voxel that leads out."""
    shape = (44, 44, 44)
    solid = ball(shape, (21.5, 21.5, 21.5), radius) & ~ball(shape, (21.5, 21.5, 21.5), hole)
    if channel:
        solid[21, 21, 22:] = False
    return grid_of(shape, am=solid)


def test_a_closed_pore_is_no_outer_surface():
    found = pt.find_particles(hollow())
    assert found.surface[0] == pytest.approx(4 * np.pi * (15 * H) ** 2, rel=0.01)
    assert found.closed_surface[0] == pytest.approx(4 * np.pi * (7 * H) ** 2, rel=0.02)
    assert found.closed_volume[0] == pytest.approx(
        ball((44,) * 3, (21.5,) * 3, 7).sum() * H**3, rel=1e-9, abs=0
    )
    assert found.sphericity[0] == pytest.approx(1, abs=0.01)
    assert found.total("closed_surface_share") == pytest.approx(49 / (49 + 225), rel=0.02)
    opened = pt.find_particles(hollow(channel=True), depth=9.0)
    assert (
        opened.closed_surface[0] == 0 and opened.surface[0] > found.surface[0] + 0.9 * found.closed_surface[0]
    )


def test_particles_cut_by_the_box_have_no_shape():
    found = pt.find_particles(grid_of((30, 30, 30), am=ball((30, 30, 30), (0, 15, 15), 12)))
    assert found.cut.tolist() == [True] and np.isnan(found.sphericity[0])
    assert np.isnan(found.sphericity_error[0])


def test_split_depth_says_how_many():
    neck = ball((60, 30, 30), (17, 15, 15), 12) | ball((60, 30, 30), (33, 15, 15), 12)
    grid = grid_of(neck.shape, am=neck)
    assert len(pt.find_particles(grid, depth=1.0)) == 2 and len(pt.find_particles(grid, depth=6.0)) == 1


def test_debris_is_left_out():
    mask = ball((40, 30, 30), (18, 15, 15), 11)
    mask[36, 4, 4] = True
    assert len(pt.find_particles(grid_of(mask.shape, am=mask))) == 1
    with pytest.raises(InputError, match="at least 100000 voxels"):
        pt.find_particles(grid_of(mask.shape, am=mask), smallest=100000)
    with pytest.raises(InputError, match="voxels of am"):
        pt.find_particles(grid_of((5, 5, 5), cbd=np.ones((5, 5, 5), bool)))


def test_sizes_are_sorted_by_depth():
    grid = grid_of(SHAPE, am=np.any([ball(SHAPE, *s) for s in SPHERES], axis=0))
    parts = pt.find_particles(grid).parts
    regions = pt.sizes_by_depth(parts, grid, regions=2)
    assert [r["count"] for r in regions] == [1, 2] and regions[0]["end_m"] == pytest.approx(45 * H)
    assert regions[0]["d50_m"] == regions[0]["mean_m"] == pytest.approx(2 * 13.2 * H, rel=0.01)
    third = pt.sizes_by_depth(parts, grid, edges=[0, 60 * H, 90 * H])[1]
    assert third["count"] == 1 and third["d90_m"] == pytest.approx(2 * 9.4 * H, rel=0.01)
    assert pt.sizes_by_depth(parts, grid, edges=[0, 1e-7])[0]["mean_m"] is None
    with pytest.raises(InputError, match="rising depths"):
        pt.sizes_by_depth(parts, grid, edges=[1e-6, 1e-6])


def test_grains_are_set_off_by_cracks():
    body = ball((44, 44, 44), (21.5, 21.5, 21.5), 17)
    crack = np.zeros_like(body)
    crack[:, 21:23], crack[:, :, 21:23] = body[:, 21:23], body[:, :, 21:23]
    assert pt.grain_labels(grid_of(body.shape, am=body & ~crack, crack=crack)).max() == 4


def test_pieces_at_the_sides_are_made_up_for():
    """Cubes of two sizes at random over a section that is periodic far outside: their number in the box, and
    the share of the large ones, come back in the mean; whole pieces alone have too few of the large."""
    rng, found = np.random.default_rng(0), []
    for _ in range(60):
        labels = np.zeros((6, 30, 30), np.int32)
        number = 0
        for size, count in ((3, 6), (15, 4)):
            for corner in rng.integers(-20, 50, (round(count * 70**2 / 900), 2)):
                box = tuple(slice(max(c, 0), max(c + size, 0)) for c in corner)
                if labels[2, box[0], box[1]].size:
                    number += 1
                    layer = 1 if size == 3 else 4  # the sizes do not hide each other
                    labels[layer, box[0], box[1]] = number
        present = np.unique(labels)
        labels = np.searchsorted(present, labels).astype(np.int32)
        for layer, size in ((1, 3), (4, 15)):
            only = pt.renumber(np.where(np.arange(6)[:, None, None] == layer, labels, 0))
            row = pt.sizes_by_depth(only, grid_of((6, 30, 30), am=only > 0), regions=1)[0]
            found.append((size, row["count"], row["corrected"]["count"]))
    whole, corrected = (
        [np.mean([one[k] for one in found if one[0] == size]) for size in (3, 15)] for k in (1, 2)
    )
    assert whole[1] / whole[0] < 0.7 * 4 / 6
    assert corrected[1] / corrected[0] == pytest.approx(4 / 6, rel=0.35)


def fake(rng, count, cracks):
    volume = rng.lognormal(0, 0.5, count)
    share = cracks * rng.lognormal(0, 0.3, count)
    ones = np.ones(count)
    return pt.Particles(
        None,
        volume,
        share * volume,
        ones,
        0 * ones,
        0 * ones,
        0.1,
        np.zeros((count, 3)),
        np.zeros(count, bool),
        ones,
        0.4 * ones,
        ones,
    )


def test_bootstrap_intervals_hold_the_true_change_as_often_as_they_say():
    rng, held = np.random.default_rng(5), 0
    for trial in range(100):
        found = pt.compare_states(fake(rng, 80, 0.04), fake(rng, 80, 0.0496), draws=200, seed=trial)
        held += found["crack_share"]["low"] <= 0.24 <= found["crack_share"]["high"]
    assert 87 <= held <= 100
    assert found["contact_share"]["relative_change"] == 0 == found["contact_share"]["low"]


@pytest.mark.parametrize(("before", "after", "told"), [(1, 1, False), (9, 4, False), (5, 5, True)])
def test_a_few_particles_have_no_interval(before, after, told):
    """One particle drawn again and again is always the same: its interval would have no width."""
    rng = np.random.default_rng(6)
    found = pt.compare_states(fake(rng, before, 0.1), fake(rng, after, 0.2), draws=20)["crack_share"]
    assert found["relative_change"] is not None
    assert (found["low"] is not None and found["high"] is not None) is told


def test_a_change_from_nothing_has_no_number():
    rng = np.random.default_rng(6)
    found = pt.compare_states(fake(rng, 9, 0.0), fake(rng, 9, 0.1), draws=20)["crack_share"]
    assert found["relative_change"] is None and found["low"] is None and found["after"] > 0


def test_pieces_that_the_ends_cut_are_counted_and_told():
    """Two balls, the first cut in half by a crop along x: its half is one of the sizes."""
    grid = grid_of(
        (80, 40, 40), am=ball((80, 40, 40), (20, 20, 20), 12) | ball((80, 40, 40), (58, 20, 20), 12)
    )
    for crop, ends in (({}, 0), ({"x": (20, 80)}, 1)):
        part = grid.crop(crop)
        row = pt.sizes_by_depth(pt.find_particles(part).parts, part, regions=1)[0]
        assert (row["count"], row["touching_ends"], row["touching_sides"]) == (2, ends, 0)
