"""Which column holds what."""

import pytest

from microsim.base.errors import InputError
from microsim.curves.columns import columns_of, one_of_them, values_of
from microsim.curves.text import read_text

ROLES = ("time", "voltage", "current", "capacity", "charged", "discharged", "cycle")


def table(names, rows=("0,3.7,1,0", "10,3.6,1,1", "20,3.5,1,2")):
    return read_text("\n".join([names, *rows]), "a.csv")


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        ("time/s,Ewe/V,<I>/mA,(Q-Qo)/mA.h", ["time", "voltage", "current", None]),
        (
            "Test_Time(s),Voltage(V),Current(A),Discharge_Capacity(Ah)",
            ["time", "voltage", "current", "discharged"],
        ),
        ("time_s,voltage_V,current_A,capacity_mAh_g", ["time", "voltage", "current", "capacity"]),
        (
            "Capacity (mAh/g),Potential vs. Li/Li+ (V),j (mA/cm2),Cycle",
            ["capacity", "voltage", "current", "cycle"],
        ),
        ("t [h],U [mV],I [uA],Cycle Number", ["time", "voltage", "current", "cycle"]),
        ("Total Time,Cell Voltage (V),Temperature (C),Energy (Wh)", ["time", "voltage", None, None]),
        ("control/V,Ece/V,I Range,P/W", [None] * 4),
    ],
)
def test_names_of_instruments(names, roles):
    found = columns_of(table(names), ROLES)
    assert [next((r for r in ROLES for c in found[r] if c.index == k), None) for k in range(4)] == roles


def test_columns_may_be_named_or_numbered():
    found = columns_of(table("a,b,c,d"), ROLES, {"time_h": 1, "voltage_mV": "b"})
    assert [(c.index, c.unit.factor) for c in found["time"] + found["voltage"]] == [(0, 3600), (1, 1e-3)]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"time": 1}, "a quantity with its unit, as time_s"),
        ({"time_V": 1}, "a quantity with its unit"),
        ({"time_s": 5}, r"expected one of the columns of a\.csv \(a, b, c, d\), got 5"),
        ({"time_s": 0}, "expected one of the columns"),
        ({"time_s": "e"}, "expected one of the columns"),
        ({"time_s": True}, "expected one of the columns"),
    ],
)
def test_what_names_no_column_is_refused(named, says):
    with pytest.raises(InputError, match=says):
        columns_of(table("a,b,c,d"), ROLES, named)


def test_two_columns_of_one_quantity():
    alike = table("time/s,time/min,V/V,x", ("0,0,3.7,0", "60,1,3.6,0", "120,2,3.5,0"))
    assert one_of_them(columns_of(alike, ROLES), "time", alike, "time_s").index == 0
    other = table("time/s,Ewe/V,Ewe-Ece/V,x", ("0,3.7,3.6,0", "60,3.6,3.5,0"))
    with pytest.raises(
        InputError, match="got Ewe/V and Ewe-Ece/V, which differ; name one: columns: {voltage_V:"
    ):
        one_of_them(columns_of(other, ROLES), "voltage", other, "voltage_V")


@pytest.mark.parametrize("far", ["1e300", "-1e308", "1e16", "9" * 400])
@pytest.mark.parametrize("column", ["time", "voltage", "current", "capacity"])
@pytest.mark.filterwarnings("error")
def test_a_number_that_no_instrument_writes_is_refused_by_its_line(far, column):
    rows = [["0", "3.7", "1", "0"], ["10", "3.6", "1", "1"]]
    rows[1][["time", "voltage", "current", "capacity"].index(column)] = far
    read = table("t/s,V/V,I/mA,Q/mAh", [",".join(row) for row in rows])
    with pytest.raises(InputError, match=r"a\.csv, line 3: expected a measured number in"):
        values_of(columns_of(read, (column,), None)[column][0], read)
