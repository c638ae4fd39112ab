"""Errors carry the exit code of the command line; what another program says becomes one short line."""

from pathlib import Path

import pytest

from microsim.base.errors import InputError, MicrosimError, Missing, NotConverged, why


@pytest.mark.parametrize(
    ("error", "code"), [(MicrosimError, 1), (InputError, 2), (Missing, 2), (NotConverged, 3)]
)
def test_each_error_has_its_exit_code(error, code):
    assert error("x").exit_code == code and isinstance(error("x"), MicrosimError)


def test_a_solver_that_fails_says_how_it_went():
    assert NotConverged("it stopped", [1, 0.5]).history == (1.0, 0.5)
    assert NotConverged("it stopped").history == () and str(NotConverged("it stopped")) == "it stopped"


def test_why_is_one_short_line():
    with pytest.raises(OSError) as caught:
        Path("/no/such/folder/file").read_text()
    assert why(caught.value) == "No such file or directory"
    assert why(ValueError("two\n  lines")) == "two lines" and why(ValueError()) == "ValueError"
    assert len(why(ValueError("long " * 100))) <= 160
