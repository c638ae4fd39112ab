"""Files of Gamry, ZPlot and ZView: a known circuit, and a cell that is charged."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.curve import read_measured_curve
from microsim.curves.formats import read_instrument
from microsim.curves.spectrum import read_measured_spectrum

FREQ = np.logspace(4, -1, 21)
Z = 2.0 + 5.0 / (1 + 2j * np.pi * FREQ * 5.0 * 1e-3)  # Im Z < 0
HEAD = "EXPLAIN\nTAG\tEISPOT\nAREA\tQUANT\t1,50000E+000\t&Area (cm^2)\nCONVENTION\tIQUANT\t1\tCurrent\n"
OCV = "OCVCURVE\tTABLE\t1\n\tPt\tT\tVf\n\t#\ts\tV vs. Ref.\n\t0\t0.5\t3.6\n"


def dta(path, kind, names, units, rows, comma=False):
    lines = ["\t" + "\t".join(cell) for cell in (names, units)]
    lines += ["\t" + "\t".join(f"{v:.8g}" for v in row) for row in rows]
    text = "\n".join([f"{kind}\tTABLE\t{len(rows)}", *lines, "EXPERIMENTABORTED\tTOGGLE\tT"])
    text = HEAD + OCV + text
    path.write_text(text.replace(".", ",") if comma else text, encoding="latin-1")
    return path


@pytest.mark.parametrize("comma", [False, True])
def test_gamry_impedance(tmp_path, comma):
    rows = [(k, f, z.real, z.imag) for k, (f, z) in enumerate(zip(FREQ, Z))]
    names, units = ("Pt", "Freq", "Zreal", "Zimag"), ("#", "Hz", "ohm", "ohm")
    path = dta(tmp_path / "a.DTA", "ZCURVE", names, units, rows, comma)
    found = read_measured_spectrum(path, area=1e-4)
    assert found.Z / 1e-4 == pytest.approx(Z, rel=1e-6)
    assert "Im Z as it is" in found.said
    with pytest.raises(InputError, match=r"add area_cm2, .* \(its header says 1.5 cm2\)"):
        read_measured_spectrum(path)


def test_gamry_curves_go_on(tmp_path):
    t = np.arange(1.0, 21)
    rows = [(k, s, 3.6 + s / 100, 1e-3) for k, s in enumerate(t)]
    names, units = ("Pt", "T", "Vf", "Im"), ("#", "s", "V vs. Ref.", "A")
    path = dta(tmp_path / "a.dta", "CURVE1", names, units, rows)
    more = [(k, s + 20, 3.8 + s / 100, 1e-3) for k, s in enumerate(t)]
    path.write_text(
        path.read_text()
        + "\n"
        + dta(tmp_path / "b.dta", "CURVE2", names, units, more).read_text().split("3.6\n", 1)[1]
    )
    curve = read_measured_curve(path, half_cycle="all")
    assert curve.voltage_V.size == 40
    assert curve.current == pytest.approx(-1e-3)  # it rises under a positive current: a charge
    assert curve.charge[-1] == pytest.approx(-0.039)


@pytest.mark.parametrize(("text", "says"), [(HEAD, "got none"), (HEAD + OCV, "only the open-circuit curve")])
def test_gamry_files_without_a_measurement(tmp_path, text, says):
    (tmp_path / "a.dta").write_text(text)
    with pytest.raises(InputError, match=says):
        read_instrument(tmp_path / "a.dta")


NAMES = "  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange"
ZPLOT = "ZPLOT2 ASCII\n  Date: 1-1-2024\n  Data Points: 21\n" + NAMES + "\nEnd Comments\n"
OLDER = (
    '"ZPlotW Data File: Version 3.2c"\n"Raw Data"\n1.7 sccm, 800 C\n21\n"' + NAMES.replace("\t", "  ") + '"\n'
)
ZVIEW = OLDER.replace("ZPlotW Data", "ZView Calculated Data").replace("Freq(Hz)", "Freq (Hz)")


@pytest.mark.parametrize(("head", "mark"), [(ZPLOT, "\t"), (OLDER, ", "), (ZVIEW, ", "), (ZPLOT, "  ")])
def test_zplot_and_zview(tmp_path, head, mark):
    rows = [(f, 0.01, 0.0, k, z.real, z.imag, 0, 0, 3) for k, (f, z) in enumerate(zip(FREQ, Z))]
    body = "\n".join(mark.join(f"{v:.7E}" for v in row) for row in rows)
    (tmp_path / "a.z").write_text(head + body + "\n")
    found = read_measured_spectrum(tmp_path / "a.z", area=1.0)
    assert found.freq == pytest.approx(FREQ, rel=1e-6)
    assert found.Z == pytest.approx(Z, rel=1e-6)


def test_a_short_line_is_named(tmp_path):
    (tmp_path / "a.z").write_text(ZPLOT + "1 2 3 4 5 6\n1 2 3\n")
    with pytest.raises(InputError, match=r"line 7: expected frequency, .* got fewer columns"):
        read_instrument(tmp_path / "a.z")
