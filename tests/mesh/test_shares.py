"""Shares beside the labels: taken in any spelling, refused where the labels contradict them."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.mesh.grid import VoxelGrid
from microsim.mesh.read import read_volume
from microsim.mesh.shares import coarsened, share_of, with_shares
from microsim.volumes.volume import write_volume


@pytest.fixture
def pore():
    """Share of pore, rising along x."""
    return np.broadcast_to(np.linspace(0, 1, 8)[:, None, None], (8, 4, 6)).copy()


@pytest.fixture
def grid(pore):
    return VoxelGrid((pore > 0.5).astype(np.uint8), ("am", "pore"), "400 nm")


@pytest.mark.parametrize(
    "spelling", [lambda s: s, lambda s: s.astype(np.float32), lambda s: np.rint(s * 65535).astype(np.uint16)]
)
def test_spellings(grid, pore, spelling):
    held = with_shares(grid, {"pore": spelling(pore)})
    assert share_of(held, ["pore"]) == pytest.approx(pore, abs=0.5 / 255)
    assert share_of(held, ["am"]) == pytest.approx(1 - pore, abs=0.5 / 255)
    assert share_of(held, ["am", "pore"]) == pytest.approx(np.ones_like(pore), abs=1e-6)


def test_labels_as_shares_are_the_labels(grid):
    held = with_shares(grid, {"pore": grid.mask("pore")})
    assert np.array_equal(share_of(held, ["pore"]), grid.mask("pore"))


def test_three_phases(pore):
    phase = np.where(pore > 0.6, 0, np.where(pore < 0.3, 1, 2)).astype(np.uint8)
    grid = VoxelGrid(phase, ("pore", "am", "cbd"), 1e-6)
    share = {"pore": np.clip(2 * pore - 1, 0, 1), "am": np.clip(1 - 2 * pore, 0, 1)}
    held = with_shares(
        grid, {name: np.where(phase == k, np.maximum(share[name], 0.6), 0) for k, name in enumerate(share)}
    )
    total = sum(share_of(held, [name]) for name in grid.names)
    assert total == pytest.approx(np.ones_like(pore), abs=1e-6)
    with pytest.raises(InputError, match="shares of am in each voxel, got those of pore"):
        share_of(with_shares(grid, {"pore": phase == 0}), ["am"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda s: 1 - s, "above one half where the label is pore"),  # of the other phase
        (lambda s: (100 * s).astype(np.uint8), "above one half where the label is pore"),  # per cent
        (lambda s: 100 * (s > 0.5).astype(np.uint8), "middle value of 0.39 there"),
        (lambda s: np.full_like(s, 0.9), "50 % of its voxels like their labels"),
        (lambda s: (s > 0.5).astype(np.uint8), "above one half where the label is pore"),  # labels
        (lambda s: 100 * s, "from 0 to 1, got 0 to 100"),
        (lambda s: s - 0.1, "from 0 to 1, got -0.1"),
        (lambda s: np.where(s < 1, s, np.nan), "from 0 to 1"),
        (lambda s: (100 * s).astype(np.int16), "unsigned whole numbers or as 0 to 1, got int16"),
        (lambda s: s[:4], "got \\(4, 4, 6\\)"),
        (lambda s: s.transpose(2, 1, 0), "got \\(6, 4, 8\\)"),
    ],
)
def test_what_is_no_share_of_the_phase_is_refused(grid, pore, wrong, words):
    with pytest.raises(InputError, match=words):
        with_shares(grid, {"pore": wrong(pore)})


def test_more_than_all_of_a_voxel_is_refused(grid, pore):
    with pytest.raises(InputError, match="add up to at most 1, got 1.2"):
        with_shares(grid, {"pore": pore, "am": np.minimum(1.2 - pore, 1)})


def test_shares_that_add_up_to_less_than_their_labels_are_told(grid, pore):
    assert with_shares(grid, {"pore": pore}).source.said == ()
    (told,) = with_shares(grid, {"pore": np.rint(180 * pore).astype(np.uint8)}).source.said  # not to 255
    assert told.startswith("the shares of pore add up to") and "on the scale 0 to 1, or up to 255" in told


@pytest.fixture
def ball():
    """Labels and share of a ball of radius 7.3 in 24^3 voxels, counted on 5^3 points a voxel."""
    at = (np.arange(120) + 0.5) / 5 - 12
    fine = (at[:, None, None] - 1) ** 2 + at[None, :, None] ** 2 + at[None, None] ** 2 < 7.3**2
    share = fine.reshape(24, 5, 24, 5, 24, 5).mean(axis=(1, 3, 5))
    return VoxelGrid((share > 0.5).astype(np.uint8), ("pore", "am"), "400 nm"), share


def test_true_shares_need_no_word(ball):
    grid, share = ball
    assert with_shares(grid, {"am": share, "pore": 1 - share}).source.said == ()


@pytest.mark.parametrize("steps", [1, 3])
def test_shares_that_lie_beside_their_labels(ball, steps):
    """One voxel is told, three are refused; most voxels of the volume agree all the same."""
    grid, share = ball
    moved = np.roll(share, steps, axis=2)
    assert np.mean((moved > 0.5) == grid.mask("am")) > 0.9
    if steps == 1:
        (told,) = with_shares(grid, {"am": moved}).source.said
        assert (
            " % of the voxels that are am by labels or by shares are so by both" in told
            and "shifted or turned" in told
        )
    else:
        with pytest.raises(InputError, match="% of its voxels like their labels"):
            with_shares(grid, {"am": moved})


def test_noise_in_the_middle_of_phases_is_told_and_another_scale_refused(ball):
    grid, share = ball
    noisy = np.clip(share + 0.05 * np.random.default_rng(0).standard_normal(share.shape), 0, 1)
    told, *_ = with_shares(grid, {"am": noisy}).source.said
    assert "in the middle of its voxels and 0.020 in that of others" in told
    for scale in (0.6 * share, 0.2 + 0.4 * share, 0.3 + 0.7 * share):
        with pytest.raises(InputError, match="in the middle|middle value"):
            with_shares(grid, {"am": scale})


def test_an_unknown_phase_is_refused(grid, pore):
    with pytest.raises(InputError, match="phases am, pore, got 'cbd'"):
        with_shares(grid, {"cbd": pore})


def test_read_with_the_volume(grid, pore, tmp_path):
    labels = write_volume(tmp_path / "labels.npy", grid.phase, file_axes="zyx")
    share = write_volume(tmp_path / "share.npy", pore, file_axes="zyx")
    options = {"axes": "zyx", "crop": {"x": (2, 8)}}
    read = read_volume(labels, {"am": 0, "pore": 1}, shares={"pore": share}, **options)
    assert share_of(read, ["pore"]) == pytest.approx(pore[2:], abs=0.5 / 255)


def test_coarse_voxels_hold_mean_shares(grid, pore):
    coarse = with_shares(grid, {"pore": pore}).coarsen(2)
    assert share_of(coarse, ["pore"])[:, 0, 0] == pytest.approx(
        pore[:, 0, 0].reshape(4, 2).mean(axis=1), abs=1 / 255
    )


def test_draws_beside_shares_are_refused(grid, pore):
    with pytest.raises(InputError, match="draws of a volume or shares in its voxels, got both"):
        with_shares(grid.with_draws([grid.phase]), {"pore": pore})


def test_coarse_voxels_keep_the_shares_that_there_are(grid, pore):
    of_labels = coarsened(grid, 2, ["pore"])
    assert share_of(of_labels, ["pore"]) == pytest.approx(_by_twos(grid.mask("pore")), abs=0.5 / 255)
    given = coarsened(with_shares(grid, {"pore": pore}), 2, ["pore"])
    assert share_of(given, ["pore"]) == pytest.approx(_by_twos(pore), abs=1 / 255)
    assert np.array_equal(given.phase, of_labels.phase)
    assert coarsened(grid, 2).shares is None


def _by_twos(values):
    x, y, z = values.shape
    return values.reshape(x // 2, 2, y // 2, 2, z // 2, 2).mean(axis=(1, 3, 5))
