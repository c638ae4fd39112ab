"""Measured impedances: units, areas, and the sign of the imaginary part."""

import os
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.curves.spectrum import read_measured_spectrum

FREQ = np.logspace(4, -2, 37)
Z = 10 + 50 / (1 + 2j * np.pi * FREQ * 0.01)  # ohm: a resistance and an arc
AREA = 1e-4


def csv(path, names, *columns):
    rows = [",".join(f"{v:.9g}" for v in row) for row in zip(*columns)]
    path.write_text("\n".join([",".join(names), *rows] if names else rows))
    return path


@pytest.mark.parametrize(
    ("names", "columns", "area", "says"),
    [
        (["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"], (FREQ, Z.real, -Z.imag), AREA, "-Im Z: turned"),
        (["Frequency (Hz)", "Z' (Ohm)", "Z'' (Ohm)"], (FREQ, Z.real, Z.imag), AREA, "Im Z as it is"),
        (
            ["freq_Hz", "Z_real_ohm_m2", "Z_imag_ohm_m2"],
            (FREQ, Z.real * AREA, Z.imag * AREA),
            None,
            "as it is",
        ),
        (["Zimag/kOhm", "f/kHz", "Zreal/Ohm"], (Z.imag / 1e3, FREQ / 1e3, Z.real), AREA, "Im Z as it is"),
        (["f/Hz", "|Z|/Ohm", "Phase/deg"], (FREQ, abs(Z), np.degrees(np.angle(Z))), AREA, "Im Z as it is"),
        (["f/Hz", "|Z|/Ohm", "-Phase/deg"], (FREQ, abs(Z), -np.degrees(np.angle(Z))), AREA, "turned"),
        (["f/Hz", "neg. Z'' (ohm cm2)", "Z' (ohm cm2)"], (FREQ, -Z.imag, Z.real), None, "-Im Z: turned"),
    ],
)
def test_the_same_spectrum_in_other_words(tmp_path, names, columns, area, says):
    found = read_measured_spectrum(csv(tmp_path / "a.csv", names, *columns), area=area)
    assert found.freq == pytest.approx(FREQ)
    assert found.Z == pytest.approx(Z * AREA, rel=1e-6)
    assert says in found.said


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("which", [slice(None), slice(None, None, -1)])
def test_columns_by_number_are_told_by_their_shape(tmp_path, sign, which):
    path = csv(tmp_path / "a.csv", None, FREQ[which], Z.real[which], sign * Z.imag[which])
    with pytest.raises(InputError, match="columns: {frequency_Hz: 1, real_ohm: 2, imaginary_ohm: 3}"):
        read_measured_spectrum(path, area=AREA)
    columns = {"frequency_Hz": 1, "real_ohm": 2, "imaginary_ohm": 3}
    assert read_measured_spectrum(path, columns=columns, area=AREA).Z == pytest.approx(Z * AREA)


def test_an_inductor_is_none_of_a_capacitor(tmp_path):
    """A coil across a resistance: Im Z > 0 as it is, although most spectra of cells are the other way."""
    w = 2j * np.pi * FREQ
    coil = 1 / (1 / 50 + 1 / (w * 0.1))
    path = csv(tmp_path / "a.csv", ["f/Hz", "ReZ/Ohm", "ImZ/Ohm"], FREQ, coil.real, coil.imag)
    assert read_measured_spectrum(path, area=1.0).Z == pytest.approx(coil)


@pytest.mark.parametrize(("name", "sign"), [("Im(Z)/Ohm", -1), ("-Im(Z)/Ohm", 1)])
def test_a_name_that_the_shape_contradicts_is_refused(tmp_path, name, sign):
    path = csv(tmp_path / "a.csv", ["f/Hz", "Re(Z)/Ohm", name], FREQ, Z.real, sign * Z.imag)
    with pytest.raises(InputError, match="say which: imaginary: Im or -Im"):
        read_measured_spectrum(path, area=AREA)
    said = "-Im" if sign < 0 else "Im"
    assert read_measured_spectrum(path, area=AREA, imaginary=said).Z == pytest.approx(Z * AREA)


def test_a_blocking_electrode_by_number_does_not_tell(tmp_path):
    path = csv(tmp_path / "a.csv", None, FREQ, 10 + 0 * FREQ, -1 / FREQ)
    columns = {"frequency_Hz": 1, "real_ohm": 2, "imaginary_ohm": 3}
    with pytest.raises(InputError, match="a spectrum that does not tell; say which"):
        read_measured_spectrum(path, columns=columns, area=1.0)
    assert (read_measured_spectrum(path, columns=columns, area=1.0, imaginary="Im").Z.imag < 0).all()


@pytest.mark.parametrize(
    ("names", "columns", "area", "says"),
    [
        (["f/Hz", "ReZ/Ohm", "ImZ/Ohm"], (FREQ, Z.real, Z.imag), None, "expected the area .*; add area_cm2"),
        (["f/Hz", "ReZ/ohm cm2", "ImZ/ohm cm2"], (FREQ, Z.real, Z.imag), 1.0, "leave area_cm2 out"),
        (["f/Hz", "ReZ/ohm cm2", "ImZ/ohm"], (FREQ, Z.real, Z.imag), None, "both parts in one unit"),
        (["f/Hz", "ReZ", "ImZ"], (FREQ, Z.real, Z.imag), 1.0, "expected the unit of 'ReZ'"),
        (["f", "ReZ/ohm", "ImZ/ohm"], (FREQ, Z.real, Z.imag), 1.0, "expected the unit of 'f'"),
        (
            ["f/Hz", "ReZ/ohm", "Cs"],
            (FREQ, Z.real, Z.imag),
            1.0,
            "columns of the real and the imaginary part",
        ),
        (["f/Hz", "ReZ/ohm", "ImZ/ohm"], (0 * FREQ, Z.real, Z.imag), 1.0, "expected frequencies above 0 Hz"),
        (["f/Hz", "ReZ/ohm", "ImZ/ohm"], (FREQ, 0 * FREQ, 0 * FREQ), 1.0, "impedances other than 0"),
        (["f/Hz", "ReZ/ohm", "ImZ/ohm"], (FREQ, np.nan * FREQ, Z.imag), 1.0, "three points"),
        (["t/s", "V/V", "I/A"], (FREQ, Z.real, Z.imag), 1.0, "a column of the frequency, got t/s, V/V, I/A"),
    ],
)
def test_what_could_be_several_things_is_one_sentence(tmp_path, names, columns, area, says):
    with pytest.raises(InputError, match=says):
        read_measured_spectrum(csv(tmp_path / "a.csv", names, *columns), area=area)


def test_blank_rows_are_said_and_repeated_ones_count_once(tmp_path):
    rows = [f"{f:.6g},{z.real:.6g},{z.imag:.6g}" for f, z in zip(FREQ, Z)]
    text = "\n".join(["f/Hz,ReZ/Ohm,ImZ/Ohm", rows[0], "1,,", *rows])
    (tmp_path / "a.csv").write_text(text)
    found = read_measured_spectrum(tmp_path / "a.csv", area=1.0)
    assert found.freq.size == FREQ.size
    assert "1 rows without a value left out" in found.said


@pytest.mark.parametrize("counted", [True, False])
def test_several_spectra_in_a_file(tmp_path, counted):
    names = ["f/Hz", "ReZ/Ohm", "ImZ/Ohm", "cycle number" if counted else "temperature"]
    twice = [np.concatenate(pair) for pair in ((FREQ, FREQ), (Z.real, 2 * Z.real), (Z.imag, 2 * Z.imag))]
    number = np.repeat([3.0, 4.0] if counted else [25.0, 30.0], FREQ.size)
    path = csv(tmp_path / "a.csv", names, *twice, number)
    with pytest.raises(InputError, match="expected one spectrum, got 2"):
        read_measured_spectrum(path, area=1.0)
    assert read_measured_spectrum(path, area=1.0, cycle=4 if counted else 2).Z == pytest.approx(2 * Z)
    with pytest.raises(InputError, match="expected one spectrum, got 2"):
        read_measured_spectrum(path, area=1.0, cycle=9)


DATA = os.environ.get("MICROSIM_DATA")


@pytest.mark.skipif(not DATA, reason="MICROSIM_DATA names no folder of the public data")
@pytest.mark.parametrize("name", ["impedancepy_exampleDataBioLogic.mpt", "impedancepy_exampleData.csv"])
def test_real_files(name):
    """The first row of each, as it stands in the file."""
    columns = None if name.endswith("mpt") else {"frequency_Hz": 1, "real_ohm": 2, "imaginary_ohm": 3}
    found = read_measured_spectrum(Path(DATA) / "electrochem" / name, columns=columns, area=1.0)
    k = 0 if name.endswith("mpt") else -1
    first = (1000.3201, 65.470886 - 0.38998979j) if k == 0 else (3.1623e-3, 0.04949989776 - 0.02043869854j)
    assert (found.freq[k], found.Z[k]) == pytest.approx(first, rel=1e-6)
