"""The page of a fitted spectrum: the circuit beside the points, and what the data do not hold."""

import numpy as np
import pytest

import microsim as ms
from microsim.impedance.circuits import randles
from microsim.report.pages import impedance as page

from ..reading import check_page, text_of

FREQ = np.geomspace(1e-1, 1e5, 49)
TRUE = {"R_s": 2.0, "R_ct": 10.0, "Q": 5e-4, "n": 0.9, "R_w": 3e3, "t_w": 1e6}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("spectrum") / "cell.csv"
    Z = randles(2 * np.pi * FREQ, **TRUE) * (1 + 1e-3 * np.random.default_rng(0).normal(size=FREQ.size))
    rows = [f"{f},{z.real},{z.imag}" for f, z in zip(FREQ, Z)]
    path.write_text("\n".join(["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *rows]))
    return path


def test_the_page_is_whole(file, tmp_path):
    path = ms.fit_impedance(file, area=1e-4).write(tmp_path)
    check_page(path, ["nyquist", "residuals"])
    text = text_of(path)
    assert "R_w is not identifiable from these data" in text
    assert "Im Z as it is" in text


def test_a_page_without_a_circuit(file, tmp_path):
    path = ms.fit_impedance(file, circuit="none").write(tmp_path)
    check_page(path, ["nyquist", "residuals"])
    assert "Kramers-Kronig" in text_of(path)


@pytest.mark.parametrize(("area", "factor"), [(None, 1.0), (2e-4, 2.0)])
def test_the_figure_is_in_ohm_or_ohm_cm2(file, area, factor):
    found = ms.fit_impedance(file, area=area)
    (axes,) = page.figure(result=found.numbers()).axes
    measured = next(line for line in axes.lines if line.get_label() == "measured")
    assert measured.get_xdata()[0] == pytest.approx(factor * 2.0, rel=0.05)
    assert ("cm²" in axes.get_xlabel()) == (area is not None)
