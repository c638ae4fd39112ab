"""Arrays of a caller, and what numpy.ma hides of them: the one place where entry points part the two."""

from .errors import InputError


def known_values(given, what):
    """Part an array, or a list, into its numbers and where they hold.

    Returns (numpy.ndarray, bool of its shape): None in place of the latter where nothing is masked. Raises
    InputError for anything but real numbers; what: its name, for errors.
    """
    import numpy as np  # here alone: --help imports this module, and needs no package

    if isinstance(given, (list, tuple)) and any(np.ma.isMaskedArray(part) for part in given):
        given = np.ma.array(given)  # numpy's own way from a list forgets what is masked
    try:
        values = given.data if np.ma.isMaskedArray(given) else np.asarray(given)
    except (TypeError, ValueError):
        raise InputError(
            f"{what}: expected an array of numbers, got parts of several shapes; make them alike."
        ) from None
    if values.dtype.kind not in "biuf":
        raise InputError(f"{what}: expected an array of real numbers, got {values.dtype}; convert it.")
    hidden = np.ma.getmaskarray(given) if np.ma.isMaskedArray(given) else None
    return values, None if hidden is None or not hidden.any() else ~hidden


def floats(given, what):
    """Return the numbers of an array as floats, NaN where they are masked; what: its name, for errors."""
    import numpy as np

    values, known = known_values(given, what)
    values = values.astype(float, copy=False)
    return values if known is None else np.where(known, values, np.nan)


def all_known(given, what):
    """Return the numbers of an array that may have none masked; what: its name, for errors."""
    import numpy as np

    values, known = known_values(given, what)
    if known is not None:
        hidden = int(np.count_nonzero(~known))
        raise InputError(f"{what}: expected a value everywhere, got {hidden} masked; fill or crop them.")
    return values
