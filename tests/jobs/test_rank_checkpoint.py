"""What ranks keep of a solve: only whole potentials of the same solve are gone on with."""

from dataclasses import dataclass

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.rank_checkpoint import RankCheckpoint
from microsim.numerics.ranks import ALONE

from ..ranks_on_threads import on_ranks

WHAT = {"volume": "abc", "axes": ["x", "y"], "tolerance": 1e-3}


@dataclass
class Found:
    tau: float
    potential: object = None


def written(folder, value, ranks=ALONE, times=1):
    keep = RankCheckpoint(folder, WHAT, ranks, every=0.0).keeper("x")
    for k in range(times):
        keep(np.full(3, value + k))


def gone_on(folder, ranks=ALONE):
    u = np.zeros(3)
    RankCheckpoint(folder, WHAT, ranks, resume=True).keeper("x").begin(u)
    return u.tolist()


def test_the_last_potential_is_filled_in(tmp_path):
    written(tmp_path, 2.0, times=3)
    assert gone_on(tmp_path) == [4.0] * 3
    assert len(list((tmp_path / ".transport").glob("*.npy"))) == 1


def test_each_rank_gets_its_own_of_the_last_that_all_wrote(tmp_path):
    on_ranks(2, lambda ranks: written(tmp_path, 10.0 * ranks.rank, ranks, times=2))
    np.save(tmp_path / ".transport" / "x.3.1.npy", np.full(3, 99.0))  # the first rank did not come to it
    assert on_ranks(2, lambda ranks: gone_on(tmp_path, ranks)) == [[1.0] * 3, [11.0] * 3]


def test_too_young_a_potential_is_not_written(tmp_path):
    RankCheckpoint(tmp_path, WHAT, ALONE).keeper("x")(np.ones(3))
    assert gone_on(tmp_path) == [0.0] * 3


def test_an_axis_that_is_done_is_known(tmp_path):
    kept = RankCheckpoint(tmp_path, WHAT, ALONE, every=0.0)
    kept.keeper("x")(np.ones(3))
    kept.finish("x", Found(2.5))
    again = RankCheckpoint(tmp_path, WHAT, ALONE, resume=True)
    assert again.finished("x", Found) == Found(2.5) and again.finished("y", Found) is None
    assert gone_on(tmp_path) == [0.0] * 3
    again.close()
    assert not any(tmp_path.iterdir())


def test_each_rank_keeps_its_part_of_the_field_of_an_axis_that_is_done(tmp_path):
    def done(ranks):
        kept = RankCheckpoint(tmp_path, WHAT, ranks, every=0.0)
        kept.keeper("x")(np.ones(3))
        kept.finish("x", Found(2.5, np.full(4, ranks.rank)))
        again = RankCheckpoint(tmp_path, WHAT, ranks, resume=True).finished("x", Found)
        return again.tau, again.potential.tolist()

    assert on_ranks(2, done) == [(2.5, [0] * 4), (2.5, [1] * 4)]
    assert len(list((tmp_path / ".transport").glob("*.npy"))) == 2
    RankCheckpoint(tmp_path, WHAT, ALONE).close()
    assert not any(tmp_path.iterdir())


def test_a_new_solve_begins_anew_and_leaves_others_files(tmp_path):
    (tmp_path / "x.json").write_text("mine")
    written(tmp_path, 2.0)
    (tmp_path / ".transport" / "notes").write_text("mine")
    written(tmp_path, 5.0, times=0)
    assert gone_on(tmp_path) == [0.0] * 3
    RankCheckpoint(tmp_path, WHAT, ALONE).close()
    assert (tmp_path / "x.json").exists() and (tmp_path / ".transport" / "notes").exists()


@pytest.mark.parametrize(
    "change, words",
    [({"tolerance": 1e-4}, "tolerance 0.001, got 0.0001"), ({"volume": "abd"}, 'volume "abc"')],
)
def test_another_solve_is_refused(tmp_path, change, words):
    written(tmp_path, 2.0)
    with pytest.raises(InputError, match=words):
        RankCheckpoint(tmp_path, WHAT | change, ALONE, resume=True)


def test_another_number_of_ranks_is_refused(tmp_path):
    on_ranks(2, lambda ranks: written(tmp_path, 1.0, ranks))
    with pytest.raises(InputError, match="ranks 2, got 1"):
        gone_on(tmp_path)


@pytest.mark.parametrize("content", [None, "{"])
def test_without_an_interrupted_solve_it_says_so(tmp_path, content):
    if content:
        (tmp_path / ".transport").mkdir()
        (tmp_path / ".transport" / "what.json").write_text(content)
    with pytest.raises(InputError, match="--resume: expected an interrupted solve"):
        gone_on(tmp_path)
