"""Arrays of a caller, what numpy.ma hides of them, what xarray calls their axes: the one place where entry
points part these from the numbers."""

import re

from .errors import InputError

AXIS = re.compile(r"([xyz])(?![a-z])|(?:e|k?ev)(?![a-z])|energ")


def known_values(given, what, order="xyz"):
    """Part an array, or a list, into its numbers and where they hold.

    Returns (numpy.ndarray, bool of its shape): None in place of the latter where nothing is masked. Raises
    InputError for anything but real numbers, and where check_named does; what: its name, for errors; order:
    the axes that its places stand for, None where a caller has stated them.
    """
    import numpy as np  # here alone: --help imports this module, and needs no package

    check_named(given, what, order)
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


def check_named(given, what, order="xyz"):
    """Refuse an array that calls its axes x, y, z (and E: energy) in another order than its places stand for.

    Names are neither followed nor passed over, as in files (volumes/axes.py): z, y, x is the habit of images,
    in which z is often the thickness. Arrays without names (dims, as xarray has them) pass.
    """
    names = getattr(given, "dims", ())
    if not isinstance(names, tuple) or order is None:
        return
    places = {name: _place(name, order) for name in names}
    known = [place for place in places.values() if place >= 0]
    if known == sorted(known):
        return
    ordered = sorted(names, key=places.get)
    raise InputError(
        f"{what}: expected the axes {', '.join(order)} in this order, x through the thickness, got an array"
        f" that calls them {', '.join(map(str, names))}; give .transpose({', '.join(map(repr, ordered))}) of"
        " it to take them as named, or .values to take them by their places."
    )


def _place(name, order):
    """Place in the order of the axis that a name stands for, -1 for another word."""
    found = AXIS.match(str(name).strip().lower())
    letter = found and (found[1] or "E")
    return order.index(letter) if letter and letter in order else -1


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
