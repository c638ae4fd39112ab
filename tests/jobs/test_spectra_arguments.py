"""Arguments of jobs on spectra, as text of the command line and as values from Python."""

import numpy as np
import pytest

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
    with pytest.raises(InputError, match="^--given: expected a number from 0"):
        read(Noise, -1)
