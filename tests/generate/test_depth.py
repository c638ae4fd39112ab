import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.generate.depth import depth_profile, leaning_limit, region_values


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.integers(2, 20))
def test_a_profile_keeps_the_means_of_its_regions(values, each):
    profile = depth_profile(values, each * len(values))
    assert profile.reshape(len(values), each).mean(1) == pytest.approx(values, abs=1e-9)
    assert profile.min() >= -1e-12


def test_a_profile_of_two_values_is_a_line():
    assert np.diff(depth_profile([0.1, 0.3], 40)) == pytest.approx(0.2 / 20)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 0.6), st.floats(-0.3, 0.3))
def test_choices_lean_as_asked(seed, share, lean):
    values = np.random.default_rng(seed).standard_normal((40, 16, 16)).astype(np.float32)
    values[:10] += 0.5  # less to choose at the separator
    count = round(share * values.size)
    chosen = values < leaning_limit(values, count, lean, 4, "it")
    assert np.count_nonzero(chosen) == pytest.approx(count, abs=2)
    windows = chosen.reshape(4, -1).mean(1)
    assert windows == pytest.approx(share + lean * np.array([-3, -1, 1, 3]) / 8, abs=5e-3)


def test_without_a_lean_one_limit_holds():
    values = np.random.default_rng(0).standard_normal((40, 16, 16)).astype(np.float32)
    limit = leaning_limit(values, 1000, None, 4, "it")
    assert limit.shape == (1, 1, 1) and np.count_nonzero(values < limit) == 1000


def test_a_lean_that_the_mean_does_not_allow_is_refused():
    values = np.random.default_rng(0).standard_normal((30, 8, 8)).astype(np.float32)
    with pytest.raises(InputError, match="change of it over the depth"):
        leaning_limit(values, round(0.05 * values.size), 0.6, 3, "it")


def test_values_by_region():
    read = region_values(0, 1)
    assert read(0.2, "k") == (0.2,) and read([0.2, 0.1], "k") == (0.2, 0.1)
    wrong = {"one number": [], "k.1: expected a number from 0 to 1": [0.1, 2], "a number": "x"}
    for words, raw in wrong.items():
        with pytest.raises(InputError, match=words):
            read(raw, "k")
