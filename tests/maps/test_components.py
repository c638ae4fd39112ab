"""Principal components and clusters of a known mixture."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.components import components, components_of
from microsim.maps.method import Method
from microsim.maps.mixture import References
from microsim.maps.soc_maps import measure_spectra, prepared

from ..nickel import ENERGIES, spectrum

pytest.importorskip("sklearn")
GRID = np.arange(8240.0, 8511.0)
PAIR = References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"))
STATES = np.repeat([0.1, 0.9], 20)
MU = spectrum(ENERGIES, STATES) * np.linspace(0.8, 1.2, 40) + 1e-3 * np.random.default_rng(0).random((60, 40))


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


def test_two_states_are_two_clusters_whatever_their_thickness():
    method = prepared(Method("edge"), MU, ENERGIES)
    measured = measure_spectra(MU, ENERGIES, method, 1e-3)
    found = components_of(MU, ENERGIES, measured, 2)
    assert len(set(found.labels[:20])) == len(set(found.labels[20:])) == 1
    assert found.labels[0] != found.labels[-1] and found.figures()["cluster_voxels"] == [20, 20]
    assert found.explained[0] > 0.95


def test_three_energies_have_no_components():
    few = ENERGIES[[0, 20, 59]]
    measured = measure_spectra(
        MU[[0, 20, 59]], few, prepared(Method("three-energy"), MU[[0, 20, 59]], few), 1e-3
    )
    with pytest.raises(InputError, match="--clusters: expected full spectra"):
        components_of(MU[[0, 20, 59]], few, measured, 2)
    with pytest.raises(InputError, match="more spectra than components"):
        components(MU[:, :3])
