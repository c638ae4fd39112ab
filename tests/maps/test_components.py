"""Principal components and clusters of a known mixture."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.components import components
from microsim.maps.mixture import References

from ..nickel import ENERGIES, spectrum

GRID = np.arange(8240.0, 8511.0)


PAIR = References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"))


def test_components_and_clusters_of_a_known_mixture():
    rng = np.random.default_rng(1)
    s = np.r_[np.zeros(200), np.ones(300)][rng.permutation(500)]
    mu = PAIR.at(ENERGIES).T @ np.array([1 - s, s]) + 0.005 * rng.standard_normal((60, 500))
    mu[:, 7] = np.nan
    found = components(mu.reshape(60, 20, 25), count=2, clusters=2)
    assert found.labels.shape == (20, 25) and found.labels.ravel()[7] == -1
    known = np.arange(500) != 7
    assert found.explained[0] > 0.9
    agree = np.mean(found.labels.ravel()[known] == s[known])
    assert agree in (0.0, 1.0)
    two = np.sort(found.centres[:, ENERGIES == 8350][:, 0])
    assert two == pytest.approx(np.sort(PAIR.at(ENERGIES)[:, ENERGIES == 8350][:, 0]), abs=5e-3)
    with pytest.raises(InputError):
        components(mu[:, :3], clusters=3)
