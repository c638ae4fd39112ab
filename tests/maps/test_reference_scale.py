"""References as measured count the thickness of what was measured: shares of atoms need a jump of 1."""

import numpy as np
import pytest

from microsim.maps.method import Method
from microsim.maps.mixture import References
from microsim.maps.reference_scale import on_unit_jump, with_line

E = np.arange(8200.0, 8600.0)


def absorption(e0, white_line):
    """Of one kind of atom, normalised: an edge with its white line."""
    return 0.5 + np.arctan((E - e0) / 2.5) / np.pi + white_line * np.exp(-(((E - e0 - 4) / 4) ** 2))


A, B = absorption(8344, 0.6), absorption(8347, 0.8)


def test_normalised_references_stay_as_they_are():
    given = References(E, np.array([A, B]), ("A", "B"))
    assert on_unit_jump(given) is given
    three = References(np.array([8300.0, 8346.0, 8400.0]), np.array([[0, 1.0, 2], [0, 2.0, 3]]), ("A", "B"))
    assert on_unit_jump(three) is three  # no pre-edge to tell by


def test_a_pre_edge_that_begins_at_zero_and_falls_is_none_of_a_normalised_spectrum():
    slope = (E - E[0]) / 400
    assert on_unit_jump(References(E, np.array([A - slope]), ("A",))).said


def test_a_reference_without_an_edge_is_told():
    flat = References(E, np.array([A, 0 * E + 2]), ("A", "flat"))
    found = on_unit_jump(flat)
    assert found.said == ("no edge is seen in flat: taken as it is, on the scale that it has",)
    assert np.array_equal(found.values, flat.values)


@pytest.mark.parametrize(("scale", "offset"), [(3, 0), (0.3, 0), (1, 0.5), (1, -0.4)])
def test_jump_and_pre_edge_are_taken_out_and_told(scale, offset):
    raw = References(E, np.array([A, scale * B + offset]), ("A", "B"), "file", "digest")
    found = on_unit_jump(raw)
    assert (found.names, found.source, found.sha256) == (raw.names, "file", "digest")
    assert found.values[1] == pytest.approx(B, abs=0.1)
    assert "references are not normalised (edge jumps: A " in found.said[0]
    assert found.pick(["B"]).said == found.said


def test_a_line_is_fitted_along_with_references_that_had_one():
    raw, plain = (on_unit_jump(References(E, np.array([A, s * B]), ("A", "B"))) for s in (3, 1))
    method = Method("lcf")
    assert with_line(method, raw).background == 2 and with_line(method, plain) is method
    assert with_line(method, None) is method and with_line(Method(), raw) == Method()
    assert with_line(Method("lcf", background=None), raw).background is None
