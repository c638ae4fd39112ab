"""The figures show well-chosen times of a field, with its true profiles, means and sections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microsim.report.field_series import choose_times, load_series
from microsim.volumes.fields import profile_x, read_field


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.sampled_from(["a", "b"])), min_size=1, max_size=40),
    st.integers(2, 8),
    st.booleans(),
)
def test_chosen_times_are_few_sorted_and_end_with_the_last(stored, count, first):
    times, steps = np.cumsum([gap for gap, _ in stored]), [step for _, step in stored]
    chosen = choose_times(times, steps, count, first=first)
    assert chosen == sorted(set(chosen)) and 1 <= len(chosen) <= count
    assert chosen[-1] == len(times) - 1
    ends = [k for k in range(len(times)) if k == len(times) - 1 or steps[k] != steps[k + 1]]
    if len(ends) + 1 <= count:
        assert set(ends) <= set(chosen)


def test_times_are_spread_evenly():
    times = np.linspace(0, 100, 21)
    assert times[choose_times(times, ["a"] * 21, 5, first=True)].tolist() == [0, 25, 50, 75, 100]
    assert times[choose_times(times, ["a"] * 21, 4, first=False)].tolist() == [25, 50, 75, 100]


def test_ends_of_steps_come_first():
    times, steps = np.arange(12.0), ["a"] * 2 + ["b"] * 9 + ["c"]
    assert choose_times(times, steps, 3, first=False) == [1, 10, 11]


def test_series_holds_what_the_file_holds(run):
    series = load_series(run["fields_path"], "sto")
    assert series.times_s.tolist() == [0, 2000, 4000, 6000] and sorted(series.sections) == [1, 2, 3]
    values, h, _ = read_field(run["fields_path"], "sto", 2)
    np.testing.assert_array_equal(series.profiles[2], profile_x(values))
    np.testing.assert_array_equal(series.sections[2], values[:, :, 5])
    assert series.means[2] == pytest.approx(np.nanmean(values)) and series.stds[2] == pytest.approx(
        np.nanstd(values)
    )
    assert series.samples[2].size == np.isfinite(values).sum()
    assert all(samples.base is None for samples in series.samples)  # a view would hold the whole field
    np.testing.assert_allclose(series.x_m[:2], [0.2e-6, 0.6e-6])
    assert series.section_z_m == pytest.approx(5.5 * h[2])
    assert load_series(run["fields_path"], "none") is None
