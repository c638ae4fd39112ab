"""Lithium that rises with the K edge of a metal is told; with other edges and small shifts nothing is."""

import numpy as np
import pytest

from microsim.maps.oxidation import K_EDGES, metal_of, order_remark

OFF = np.arange(-100.0, 200.0)


def edges(e0, shifts):
    """Arctangent edges at e0 + shift, [energy, state]."""
    return 0.5 + np.arctan((OFF[:, None] - np.asarray(shifts)) / 1.5) / np.pi


@pytest.mark.parametrize("metal", K_EDGES)
def test_the_metal_of_an_edge(metal):
    energies = K_EDGES[metal] + 12 + OFF
    spectra = edges(0.0, (0.0, 2.0))
    said = order_remark(energies, spectra, (0, 1), "the list")
    assert said.startswith(f"The K edge of {metal} rises by 2 eV from lithium 0 to 1")
    assert "if the list is the wrong way round" in said
    assert order_remark(energies, spectra, (1, 0), "the list") == ""


def test_several_states_by_their_trend():
    energies, x = K_EDGES["Ni"] + 10 + OFF, np.linspace(0, 1, 9)
    spectra = edges(0.0, 3 * x + 0.2 * (-1) ** np.arange(9))
    assert "from lithium" in order_remark(energies, spectra, x, "the list")
    assert order_remark(energies, spectra, 1 - x, "the list") == ""
    assert order_remark(energies, spectra, np.sin(40 * x), "the list") == ""  # neither


def test_where_nothing_is_known_nothing_is_said():
    x = (0, 1)
    assert order_remark(2472.0 + OFF, edges(0.0, (0.0, 3.0)), x, "") == ""  # sulphur
    assert order_remark(8345.0 + OFF, edges(0.0, (0.0, 0.4)), x, "") == ""  # a metal that takes no part
    assert order_remark(8345.0 + OFF, edges(0.0, (0.0, 3.0)), (0.5, 0.5), "") == ""
    assert (
        order_remark(np.array([8300.0, 8345.0, 8400.0]), np.array([[0, 0], [0.4, 0.6], [1, 1.0]]), x, "")
        == ""
    )
    assert metal_of(8345.0) == "Ni" and metal_of(8500.0) is None and metal_of(852.7) is None
