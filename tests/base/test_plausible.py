"""What nature has not is refused and what batteries have not is said, each with the unit it may be in."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.plausible import RANGES, farthest, physical, remark, stated

IMPOSSIBLE = [
    ("permeability", 0.01, "1e-09 m2 .*did you mean 0.01 um2 \\(1e-14 m2\\)"),
    ("permeability", 5, "5 um2 \\(5e-12 m2\\), 5 mD \\(4.935e-15 m2\\)"),
    ("viscosity", 3, "got 3; did you mean 3 mPa s \\(0.003 Pa s\\)\\?"),
    ("surface_tension", 30, "did you mean 30 mN/m \\(0.03 N m-1\\)"),
    ("D_e", 3e-6, "did you mean 3e-06 cm2/s \\(3e-10 m2 s-1\\)"),
    ("D_s", 1e3, "correct the value or its unit."),
    ("kappa", 1000.0, "did you mean 1000 mS/m \\(1 S m-1\\)"),
    ("capacitance", 20, "did you mean 20 uF/cm2 \\(0.2 F m-2\\)"),
    ("c_e", 1, "did you mean 1 mol/l \\(1000 mol m-3\\)"),
    ("c_s_max", 51.7, "did you mean 51.7 mol/l \\(5.17e\\+04 mol m-3\\)"),
    ("density", 4.7, "did you mean 4.7 g/cm3 \\(4700 kg m-3\\)"),
    ("thickness", 42.0, "did you mean 42 um \\(4.2e-05 m\\)"),
    ("contact_resistance", -1.0, "from 0 to 1e\\+06 ohm m2"),
]


@pytest.mark.parametrize(("name", "value", "said"), IMPOSSIBLE)
def test_what_nature_has_not_is_refused_with_the_unit_it_may_be_in(name, value, said):
    with pytest.raises(InputError, match=said) as error:
        physical(name)(value, "--option")
    assert str(error.value).startswith(f"--option: expected a {RANGES[name].what} from ")
    assert f", got {value}; " in str(error.value) and "\n" not in str(error.value)


def test_a_key_with_another_unit_is_told_in_that_unit():
    with pytest.raises(InputError, match="0.1 to 10000 um .* did you mean 42000 nm \\(42 um\\)"):
        physical("thickness")(42000, "volume.slab.thickness_um", 1e6, "um")
    assert physical("thickness")(42, "volume.slab.thickness_um", 1e6, "um") == 42e-6


def test_none_of_it_is_zero_where_that_means_something():
    assert physical("capacitance", zero=True)(0, "cell.double_layer_F_m2") == 0
    with pytest.raises(InputError):
        physical("capacitance")(0, "--capacitance-F-m2")


def test_what_batteries_have_not_is_said():
    assert remark("D_s", 4e-15, "am: D_s") is None
    assert remark("D_s", 4e-11, "am: D_s") == (
        "am: D_s: 4e-11 m2 s-1 is beyond the 1e-20 to 1e-11 of solids in batteries: did you mean 4e-11 cm2/s"
        " (4e-15 m2 s-1) or 4e-11 mm2/s (4e-17 m2 s-1)?"
    )
    assert remark("viscosity", 0.5, "--viscosity-Pa-s").endswith("did you mean 0.5 mPa s (0.0005 Pa s)?")
    assert remark("sigma_additive", 1e-3, "cbd: sigma").endswith("of carbon and binder: is its unit right?")


def test_the_farthest_value_is_the_one_that_is_said():
    assert farthest("D_s", np.array([1e-14, 1e-13])) is None
    assert farthest("D_s", np.array([1e-14, 1e-10])) == 1e-10
    assert farthest("D_s", np.array([9e-21, 1e-9])) == 1e-9
    assert farthest("t_plus", np.array([-0.9])) is None


@pytest.mark.parametrize("name", RANGES)
def test_what_is_usual_lies_within_what_is_possible(name):
    found = RANGES[name]
    low, high = found.usual or (found.low, found.high)
    assert found.low <= low < high <= found.high and found.what and (found.usual is None or found.of)


# ---- numbers and texts of Python ---------------------------------------------------------------------------


def test_an_amount_is_in_SI_or_has_its_unit():
    assert stated("mass")(7e-6, "mass") == stated("mass")("7 mg", "mass") == 7e-6
    assert stated("mass")("7 kg", "mass") == 7.0  # whoever writes the unit means it
    assert stated("area")("1.54 cm2", "area") == stated("area")(np.float64(1.54e-4), "area") == 1.54e-4
    assert stated("way")("5um", "radius") == 5e-6 and stated("way")(0.1, "length") == 0.1
    assert stated("way")("5 µm", "radius") == 5e-6 and stated("area")("1.54 cm²", "area") == 1.54e-4
    assert stated("area")(0.1027, "area") == 0.1027  # of LG's M50


def test_a_large_amount_may_be_meant():
    with pytest.raises(InputError, match='Write it with its unit: "0.4 m2" or "0.4 cm2"'):
        stated("area")(0.4, "area")
    assert stated("area")("0.4 m2", "area") == 0.4


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("mass", 7.0, "expected a mass .* got 7.0; did you mean 7 g .0.007 kg. or 7 mg .7e-06 kg.. Write"),
        ("area", 1.54, "expected an area .* did you mean 1.54 cm2 .0.000154 m2."),
        ("way", 5, "expected a length from 1e-10 to 0.5 m, got 5; did you mean 5 nm .* or 5 um"),
        ("mass", "1e6 kg", "expected a mass from 1e-16 to 10 kg, got .1e6 kg.; correct the value"),
        ("mass", 0, ".* got 0; correct the value"),
        ("mass", -7e-6, ".* got -7e-06; correct the value"),
        ("mass", "7 lb", "expected a number, got .7 lb."),
        ("area", True, "expected a number, got True"),
    ],
)
def test_an_amount_in_another_unit_is_refused(name, given, words):
    with pytest.raises(InputError, match=f"size: {words}"):
        stated(name)(given, "size")
