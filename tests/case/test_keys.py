"""Units of the keys of a case."""

import copy
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.base.schema import apply_setting
from microsim.case.case import parse_case
from microsim.case.keys import axes_order

from .half_cell import BASE


@settings(deadline=None)
@given(
    st.floats(1.001, 0.999e5),
    st.sampled_from([("nm", 1e-9), ("um", 1e-6), ("m", 1.0)]),
    st.sampled_from(["volume.voxel_size", "cell.separator.thickness"]),
)
def test_a_length_is_the_same_in_every_unit(length_nm, unit, key):
    name, metres = unit
    length_nm *= 100 if "separator" in key else 1
    raw = copy.deepcopy(BASE)
    apply_setting(raw, f"{key}_um=null")
    apply_setting(raw, f"{key}_{name}={length_nm * 1e-9 / metres!r}")
    case = parse_case(raw)
    read = case.cell.separator.thickness if "separator" in key else case.volume.voxel_size[0]
    assert math.isclose(read, length_nm * 1e-9, rel_tol=1e-12)


def test_the_axes_of_a_file_are_named_once_each():
    assert axes_order("zyx", "volume.file_axes") == "zyx"
    for wrong in ("xyt", "xxy", "xy", "xyzx"):
        with pytest.raises(InputError, match="volume.file_axes: expected xyz, xzy"):
            axes_order(wrong, "volume.file_axes")
