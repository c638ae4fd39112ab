"""Files that packages of others read: signs and times of a known cell, and packages that are not there."""

import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from microsim.base.errors import InputError, Missing
from microsim.curves.curve import read_measured_curve
from microsim.curves.formats import read_instrument

from ..missing import hide

T = np.arange(0.0, 40.0)
FLOW = np.where(T <= 20, 1.0, -1.0)  # mA, charge first
Q = np.concatenate([[0.0], np.cumsum(FLOW[1:])]) / 3600  # mAh since the start
V = 3.5 + 100 * Q


def module(short, data, version=0):
    head = struct.pack("<10s25sII8s", short.ljust(10), short.ljust(25), len(data), version, b"01/01/24")
    return b"MODULE" + head + data


def write_mpr(path):
    """Time, Ewe, dq and Q - Qo as EC-Lab keeps a GCPL: no current."""
    settings = bytearray(0x300)
    struct.pack_into("<f", settings, 0x107, 5.2)
    struct.pack_into("<f", settings, 0x24C, 5.2)
    columns = {4: ("d", T), 6: ("f", V), 7: ("d", np.diff(Q, prepend=0.0)), 13: ("d", Q)}
    head = struct.pack("<IB", T.size, len(columns)) + bytes(columns)
    row = "<" + "".join(kind for kind, _ in columns.values())
    rows = b"".join(struct.pack(row, *values) for values in zip(*(v for _, v in columns.values())))
    magic = b"BIO-LOGIC MODULAR FILE\x1a" + b" " * 25 + b"\0" * 4
    data = head.ljust(100, b"\0") + rows
    path.write_bytes(magic + module(b"VMP Set", bytes(settings)) + module(b"VMP data", data))
    return path


def check_cell(curve):
    """It is charged with 1 mA for 20 s, and then discharged."""
    assert [half.direction for half in curve.halves] == ["charge", "discharge"]
    assert curve.charge[20] == pytest.approx(-20e-3, rel=1e-6)
    assert curve.charge[-1] - curve.charge[20] == pytest.approx(19e-3, rel=1e-6)
    assert curve.current[[5, 30]] == pytest.approx([-1e-3, 1e-3], rel=1e-6)


def test_ec_lab(tmp_path):
    pytest.importorskip("galvani")
    curve = read_measured_curve(write_mpr(tmp_path / "a.mpr"), half_cycle="all")
    check_cell(curve)
    assert "current from the charge over the time" in curve.said
    assert curve.header.mass == pytest.approx(5.2e-6)
    assert curve.header.characteristic_mass == pytest.approx(5.2e-6)


def test_a_broken_file_is_one_sentence(tmp_path):
    pytest.importorskip("galvani")
    path = write_mpr(tmp_path / "a.mpr")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"expected a file that galvani reads, got: .*; export it as text"):
        read_instrument(path)


def neware(read=None):
    """A package that reads as NewareNDA does: times of each step, mA above zero on charge."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "Cycle": 1,
            "Step": np.where(T <= 20, 1, 2),
            "Time": np.where(T <= 20, T, T - 20).astype("float32"),
            "Voltage": V.astype("float32"),
            "Current(mA)": FLOW,
            "Charge_Capacity(mAh)": np.where(T <= 20, Q, 0),
            "Discharge_Capacity(mAh)": np.where(T <= 20, 0, Q[20] - Q),
        }
    )
    return SimpleNamespace(
        read=read or (lambda path: frame), read_metadata=lambda path: {"active_mass_mg": 1.5}
    )


@pytest.mark.parametrize(("name", "begins"), [("a.nda", b"NEWARE"), ("a.ndax", b"PK")])
def test_neware(tmp_path, monkeypatch, name, begins):
    monkeypatch.setitem(sys.modules, "NewareNDA", neware())
    (tmp_path / name).write_bytes(begins + b" and so on")
    curve = read_measured_curve(tmp_path / name, half_cycle="all")
    check_cell(curve)
    assert curve.time_s == pytest.approx(T)  # the file counts from each step's begin
    assert "its time begins anew with each step of 'Step': added up" in curve.said
    assert curve.step[[0, -1]].tolist() == [1, 2]
    assert curve.header.mass == (1.5e-6 if name == "a.nda" else None)


def test_what_goes_wrong_in_a_package_names_it(tmp_path, monkeypatch):
    def read(path):
        raise KeyError("unknown range 99")

    monkeypatch.setitem(sys.modules, "NewareNDA", neware(read))
    (tmp_path / "a.nda").write_bytes(b"NEWARE")
    with pytest.raises(InputError, match="expected a file that NewareNDA reads, got: .*unknown range 99"):
        read_instrument(tmp_path / "a.nda")


@pytest.mark.parametrize("labels", [False, True])
def test_parquet_of_the_battery_data_format(tmp_path, labels):
    pyarrow, parquet = (pytest.importorskip(name) for name in ("pyarrow", "pyarrow.parquet"))
    names = ["test_time_second", "voltage_volt", "current_ampere"]
    names = ["Test Time / s", "Voltage / V", "Current / A"] if labels else names
    table = pyarrow.table(dict(zip(names, (T, V, FLOW / 1e3))))
    parquet.write_table(table, tmp_path / "a.bdf.parquet")
    curve = read_measured_curve(tmp_path / "a.bdf.parquet", half_cycle="all")
    assert curve.current[[5, 30]] == pytest.approx([-1e-3, 1e-3])
    assert "positive current charges: turned" in curve.said


def arbin(path, sheets):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Test of a cell", None, 5])
    names = ["Data_Point", "Test_Time(s)", "Step_Index", "Current(A)", "Voltage(V)"]
    names += ["Charge_Capacity(Ah)", "Discharge_Capacity(Ah)"]
    charged, discharged = np.maximum.accumulate(Q) / 1e3, np.maximum(0, Q[20] - Q) * (T > 20) / 1e3
    for k, rows in enumerate(np.array_split(np.arange(T.size), sheets)):
        sheet = book.create_sheet(f"Channel_1-008_{k + 1}")
        sheet.append(names)
        for n in rows:
            row = (n, T[n], 1 if T[n] <= 20 else 2, FLOW[n] / 1e3, V[n], charged[n], discharged[n])
            sheet.append([float(v) for v in row])
    book.save(path)
    return path


@pytest.mark.parametrize("sheets", [1, 2])
def test_sheets_of_arbin(tmp_path, sheets):
    curve = read_measured_curve(arbin(tmp_path / "a.xlsx", sheets), half_cycle="all")
    check_cell(curve)


def test_a_book_without_a_voltage_is_refused(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="expected one kind of sheet with a voltage .* got none of Sheet"):
        read_instrument(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "package", "extra"),
    [
        ("a.mpr", b"BIO-LOGIC MODULAR FILE\x1a", "galvani", "cyclers"),
        ("a.nda", b"NEWARE", "NewareNDA", "cyclers"),
        ("a.xlsx", b"PK", "openpyxl", "cyclers"),
        ("a.parquet", b"PAR1", "pyarrow", "parquet"),
    ],
)
def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch, name, content, package, extra):
    hide(monkeypatch, package)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Missing, match=rf"the package {package}.* for .*; pip install .*\[{extra}\]"):
        read_instrument(tmp_path / name)
