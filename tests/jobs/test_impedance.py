"""The job fit_impedance and its command: intervals, what the data do not hold, and what is refused."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.cli import main
from microsim.impedance.circuits import randles, symmetric_cell

FREQ = np.geomspace(1e-3, 1e5, 61)
OMEGA = 2 * np.pi * FREQ
TRUE = {"R_s": 2.0, "R_ct": 10.0, "Q": 5e-4, "n": 0.9, "R_w": 30.0, "t_w": 100.0}  # ohm


def write(path, freq, Z, noise=1e-3, negative=True):
    rng = np.random.default_rng(0)
    Z = Z * (1 + noise * (rng.normal(size=Z.size) + 1j * rng.normal(size=Z.size)))
    name = "-Im(Z)/Ohm" if negative else "Im(Z)/Ohm"
    rows = [f"{f:.9g},{z.real:.9g},{-z.imag if negative else z.imag:.9g}" for f, z in zip(freq, Z)]
    path.write_text("\n".join([f"freq/Hz,Re(Z)/Ohm,{name}", *rows]))
    return path


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "cell.csv", FREQ, randles(OMEGA, **TRUE))


def test_parameters_with_intervals(file):
    found = ms.fit_impedance(file)
    for name, told in found.parameters.items():
        low, high = told["interval"]
        assert low <= TRUE[name] * 1.02 and TRUE[name] * 0.98 <= high, name
        assert told["identifiable"] and told["state"] == "fitted"
    assert found.unit == "ohm" and found.remarks == []
    assert found.numbers()["kramers_kronig"]["passed"]


@pytest.mark.parametrize("given", [{"area": 1.54}, {"length": 10.0}, {"radius": 5.0}])
def test_a_size_that_means_another_unit_is_refused(file, given):
    with pytest.raises(ms.InputError, match=f"{next(iter(given))}: expected an? .*; did you mean"):
        ms.fit_impedance(file, **given)


def test_an_area_and_a_length_give_a_diffusivity(file):
    found = ms.fit_impedance(file, area=2e-4, length=1e-5)
    assert found.parameters["R_s"]["value"] == pytest.approx(4e-4, rel=0.01)
    assert ms.fit_impedance(file, area="2 cm2", length="10 um").derived == found.derived
    D = found.numbers()["derived"]["D_m2_s"]
    assert D["value"] == pytest.approx(1e-12, rel=0.03)
    assert D["interval"][0] < 1e-12 < D["interval"][1] * 1.02 and D["identifiable"]


def test_what_the_data_do_not_hold_is_said(tmp_path):
    fast = FREQ > 0.1
    path = write(tmp_path / "a.csv", FREQ[fast], randles(OMEGA[fast], **{**TRUE, "R_w": 3e3, "t_w": 1e6}))
    found = ms.fit_impedance(path, length=1e-5)
    assert not found.parameters["R_w"]["identifiable"]
    assert any(said.startswith("R_w is not identifiable from these data (95 %:") for said in found.remarks)
    assert found.parameters["R_w"]["interval"][1] == np.inf and found.derived["D_m2_s"].interval[0] == 0
    assert any(said.startswith("D_m2_s is not identifiable") for said in found.remarks)
    assert found.derived["warburg_coefficient"].identifiable


def test_a_circuit_that_is_not_the_spectrum_s_is_said(file):
    found = ms.fit_impedance(file, circuit="line")
    assert any("The circuit is off the spectrum by up to" in said for said in found.remarks)


def test_a_spectrum_that_drifted_fails_the_test(tmp_path):
    drift = randles(OMEGA, **TRUE) * np.linspace(1.5, 1.0, FREQ.size)
    found = ms.fit_impedance(write(tmp_path / "a.csv", FREQ, drift), circuit="none")
    assert found.fit is None and not found.numbers()["kramers_kronig"]["passed"]
    assert any("off the Kramers-Kronig relations" in said for said in found.remarks)


def test_few_points_have_no_test_and_say_so(tmp_path):
    few = slice(None, None, 12)
    found = ms.fit_impedance(
        write(tmp_path / "a.csv", FREQ[few], randles(OMEGA[few], **TRUE)), circuit="none"
    )
    assert found.numbers()["kramers_kronig"] is None
    assert found.remarks[0].startswith("No Kramers-Kronig test: expected more than")


def test_inductive_points_are_left_out(tmp_path):
    Z = randles(OMEGA, **TRUE) + 1j * OMEGA * 1e-5
    found = ms.fit_impedance(write(tmp_path / "a.csv", FREQ, Z, negative=False))
    assert found.numbers()["left_out"] == int((Z.imag > 0).sum()) > 0


def test_frequencies_may_be_chosen(file):
    found = ms.fit_impedance(file, low=1.0, high=1e4)
    freq = found.numbers()["freq_Hz"]
    assert freq.min() >= 1.0 and freq.max() <= 1e4


def test_tau_of_a_symmetric_cell(tmp_path):
    line = {"R_s": 2.0, "R_ion": 50.0, "Q": 2e-2, "n": 0.95}  # of one electrode, ohm
    path = write(tmp_path / "a.csv", FREQ, 2 * symmetric_cell(OMEGA, **line), 1e-4)
    given = {"electrodes": 2, "area": 1e-4, "length": 1e-4, "porosity": 0.4, "conductivity": 1.0}
    found = ms.fit_impedance(path, circuit="line", **given)
    assert found.derived["tau"].value == pytest.approx(0.4 * 50e-4 / 1e-4, rel=1e-2)
    assert found.remarks == []
    low = ms.fit_impedance(path, circuit="line", **{**given, "conductivity": 0.01})  # S/cm for S/m
    assert any(told.startswith("tau is 0.2, and no pores have one below 1") for told in low.remarks)


def test_a_diffusivity_that_nothing_has_is_told(file):
    assert ms.fit_impedance(file, area=2e-4, length=1e-5).remarks == []
    (told,) = ms.fit_impedance(file, area=2e-4, length=0.1).remarks  # a length in the wrong unit
    assert told.startswith("D_m2_s is 9.99e-05, and nothing in a cell has such")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"concentration": 2e4}, "expected an impedance times an area, got ohm; add --area-cm2"),
        ({"circuit": "line", "porosity": 0.4}, "together for tau"),
        ({"porosity": 0.4}, "with --circuit line alone"),
        ({"porosity": 40}, "porosity: expected a number above 0, at most 1, got 40"),
        ({"conductivity": 1e4}, "conductivity: expected a conductivity from"),
        ({"temperature": 25}, "temperature: expected a number from 200 to 400, got 25"),
        ({"radius": 1e-6}, "expected --radius-um with --circuit sphere"),
        ({"circuit": "sphere", "length": 1e-6}, "expected the radius of the spheres"),
        ({"low": 1e6}, "expected three points or more with Im Z below 0, got 0 of 61"),
        ({"fix": {"A": 1.0}}, "expected parameters of the circuit randles"),
        ({"circuit": "warburg", "length": 1e-6}, "expected a circuit with a time of diffusion"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(file, given, says):
    with pytest.raises(ms.InputError, match=says):
        ms.fit_impedance(file, **given)


def test_the_command_prints_what_the_function_gives(file, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    options = "--area-cm2 2 --length-um 10 --fix n=0.9 --json numbers.json --out page"
    assert main(["impedance", "cell.csv", *options.split()]) == 0
    shown = capsys.readouterr().out
    assert "read 61 points of cell.csv" in shown and "identifiable" in shown
    told = json.loads((tmp_path / "numbers.json").read_text())
    ours = ms.fit_impedance(file, area=2e-4, length=1e-5, fix={"n": 0.9})
    assert told["parameters"]["R_w"]["value"] == ours.parameters["R_w"]["value"]
    assert told["parameters"]["n"]["state"] == "held"
    assert (tmp_path / "page" / "report.html").is_file()


def test_columns_by_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Z = randles(OMEGA, **TRUE)
    np.savetxt("a.csv", np.stack([FREQ, Z.real, Z.imag], axis=1), delimiter=",")
    options = "--columns frequency_Hz=1,real_ohm=2,imaginary_ohm=3 --imaginary Im --json n.json"
    assert main(["impedance", "a.csv", *options.split()]) == 0
    found = json.loads((tmp_path / "n.json").read_text())
    assert found["parameters"]["R_ct"]["value"] == pytest.approx(10, rel=1e-3)
