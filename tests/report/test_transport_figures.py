"""Speed maps are relative to the mean of what moves."""

import numpy as np
import pytest

from microsim.report import transport_figures


def test_speed_is_relative_to_the_mean_of_what_moves():
    present = np.array([True, True, True, True, False]).reshape(5, 1, 1)
    vector = np.zeros((3, 5, 1, 1))
    vector[0, :, 0, 0], vector[1, :, 0, 0] = (
        [3, 6, 9, 0, 7],
        [4, 8, 12, 0, 7],
    )  # lengths 5, 10, 15; one at rest
    speed = transport_figures.speed_of(vector, present, still_share=0.25)[:, 0, 0]
    assert speed == pytest.approx([0.5, 1.0, 1.5, 0.0, np.nan], nan_ok=True)
    edges, share = transport_figures.distribution(speed)
    assert share.sum() == pytest.approx(1) and share[np.searchsorted(edges, 0.5) - 1] == pytest.approx(1 / 3)
