"""Arguments of jobs on spectra, as text of the command line and as values from Python."""

import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.jobs.spectra_arguments import Noise, ReferenceLithiation


def read(declared, given):
    return declared.__metadata__[0].read(given, "--given")


def test_lithiation_of_the_references():
    assert read(ReferenceLithiation, "0, 1") == [0.0, 1.0] == read(ReferenceLithiation, [0, 1])
    for wrong in ("a", "0;1", 3, None):
        with pytest.raises(InputError, match="^--given"):
            read(ReferenceLithiation, wrong)


def test_noise():
    assert read(Noise, "0.01") == 0.01 == read(Noise, 0.01)
    array = np.full((2, 3), 0.1)
    assert read(Noise, array) is array
    with pytest.raises(InputError, match="^--given: expected a number above 0"):
        read(Noise, -1)


# ---- references as measured --------------------------------------------------------------------------------

E = np.arange(8200.0, 8600.0)


def absorption(e0, white_line):
    """Of one kind of atom, normalised: an edge with its white line."""
    return 0.5 + np.arctan((E - e0) / 2.5) / np.pi + white_line * np.exp(-(((E - e0 - 4) / 4) ** 2))


A, B = absorption(8344, 0.6), absorption(8347, 0.8)


def table(folder, name, *columns):
    np.savetxt(folder / name, np.c_[E, np.transpose(columns)], header="energy A B", comments="")
    return folder / name


@pytest.mark.parametrize(
    ("of_a", "of_b"),
    [((2, 0, 0), (0.5, 0, 0)), ((1.9, 0.8, -0.6), (0.9, 2, 0.1)), ((1, 0.4, 0), (1, 0.4, 0))],
)
def test_thickness_and_background_of_references_change_no_share(of_a, of_b, tmp_path):
    raw = [scale * mu + off + slope * (E - 8200) / 400 for mu, (scale, off, slope) in ((A, of_a), (B, of_b))]
    stack = (0.7 * A + 0.3 * B)[:, None, None] * np.ones((1, 2, 2)) + 0.2
    options = {"method": {"name": "lcf"}, "reference_lithiation": [1, 0], "noise": 1e-4}
    found = ms.lithiation_map(stack, energies=E, references=str(table(tmp_path, "raw.csv", *raw)), **options)
    assert np.nanmean(found.lithiation.values) == pytest.approx(0.7, abs=0.005)
    assert found.measured.method.background == 2
    assert "not normalised" in " ".join(found.remarks) and "edge jumps: A" in " ".join(found.remarks)


def test_every_job_that_takes_references_says_so(tmp_path):
    raw = table(tmp_path, "raw.csv", 3 * A, 0.5 * B)
    mixed = ms.virtual_spectra(np.full((2, 2, 1), 0.5), references=str(raw), reference_lithiation=[1, 0])
    assert mixed.mu[-1] == pytest.approx((A[-1] + B[-1]) / 2, rel=0.1)
    assert any("not normalised" in one for one in mixed.remarks)
    series = np.array([(1 - x) * A + x * B for x in (0, 0.5, 1)])
    curve = ms.calibrate(
        series, energies=E, lithiation=[1, 0.5, 0], references=str(raw), reference_lithiation=[1, 0],
        method={"name": "lcf"},
    )  # fmt: skip
    assert any("not normalised" in one for one in curve.remarks)
