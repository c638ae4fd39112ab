"""Made-up Ni K spectra: an arctangent edge and a Gaussian white line that fall with lithiation s."""

import numpy as np

ENERGIES = np.unique(
    np.r_[np.linspace(8250, 8325, 8), np.arange(8335.0, 8375.0), np.linspace(8380, 8500, 12)]
)


def spectrum(energies, s):
    e = np.asarray(energies, float).reshape(-1, *[1] * np.ndim(s))
    return (
        0.5
        + np.arctan((e - 8348.5 + 2 * s) / 1.5) / np.pi
        + 0.4 * np.exp(-(((e - 8352.2 + 2.7 * s) / 2.5) ** 2))
    )


def sentence(caught):
    said = str(caught.value)
    assert "\n" not in said and said.count(". ") <= 1
    return said
