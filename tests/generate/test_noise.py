import numpy as np
import pytest

from microsim.generate.noise import smooth_noise, stage_rng


def test_noise_is_smooth_even_and_periodic_in_the_plane():
    found = smooth_noise(np.random.default_rng(0), (24, 48, 48), 3.0)
    assert found.mean() == pytest.approx(0, abs=1e-5) and found.std() == pytest.approx(1, abs=1e-5)
    inner, across = np.abs(np.diff(found, axis=1)).mean(), np.abs(found[:, 0] - found[:, -1]).mean()
    assert across < 1.3 * inner < 0.5
    assert np.corrcoef(found[:, 0].ravel(), found[:, 3].ravel())[0, 1] == pytest.approx(
        np.exp(-(3**2) / (4 * 3**2)), abs=0.1
    )


def test_stages_draw_apart():
    first, again, other, later = (stage_rng(*key).random() for key in
                                  ((1, "cracks"), (1, "cracks"), (1, "pores"), (2, "cracks")))  # fmt: skip
    assert first == again and len({first, other, later}) == 3
