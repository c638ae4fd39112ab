"""Physical constants against scipy's."""

import pytest
from scipy import constants as codata

from microsim.base import constants


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("F", "Faraday constant"), ("R", "molar gas constant"), ("EPS_0", "electric constant")],
)
def test_constants_are_codata_s(ours, theirs):
    value = codata.physical_constants["vacuum electric permittivity" if ours == "EPS_0" else theirs][0]
    assert getattr(constants, ours) == pytest.approx(value, rel=1e-9, abs=0)
