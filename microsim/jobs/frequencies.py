"""Frequencies as jobs take them: a list in Hz, or from:to:count."""

from typing import Annotated

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.masked import all_known
from ..base.schema import number, say, to_number, whole

in_range = number(1e-12, 1e15)  # Hz; a spectrum beyond is of nothing that is modelled here


def frequencies(given, path):
    """Read "from:to:count" into frequencies evenly spaced in their logarithm; a list or array stays."""
    import numpy as np

    if not isinstance(given, str):
        if (
            not np.iterable(given)
            and not isinstance(given, (int, float, np.number))
            or isinstance(given, dict)
        ):
            _refuse(given, path)
        if isinstance(given, (list, tuple)):
            given = [to_number(one, path) if isinstance(one, str) else one for one in given]
        values = np.atleast_1d(all_known(given, path)).astype(float)
        if values.ndim != 1 or not values.size or isinstance(given, bool):
            _refuse(given, path)
        for value in values.tolist():
            in_range(value, path)
        return values
    parts = given.split(":")
    if len(parts) != 3:
        raise InputError(f"{path}: expected from:to:count like 1e-4:1e5:91, got {say(given)}; correct it.")
    low, high = (in_range(part, path) for part in parts[:2])
    return np.geomspace(low, high, whole(1, 100000)(parts[2], path))


def _refuse(given, path):
    raise InputError(
        f"{path}: expected frequencies (Hz), a list of them or from:to:count like 1e-4:1e5:91, got"
        f" {say(given)}; give one at least."
    )


Frequencies = Annotated[
    "str | list[float] | numpy.ndarray",  # noqa: F821
    Argument("Frequencies (Hz), evenly spaced in their logarithm.", frequencies, "FROM:TO:COUNT"),
]
