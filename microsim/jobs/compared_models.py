"""Further models beside the one that is compared: the odds that a measured map gives them."""

from dataclasses import replace

from ..base.errors import InputError


def with_rivals(comparison, names, seen):
    """Return the Comparison with what is told of further models, and their standings as plain data.

    names: of the model that is compared, then of the others; seen: these, as the instrument sees them.
    Raises InputError without a noise, and for a map in per cent beside one in shares.
    """
    import numpy as np

    from ..maps.rivals import plain_standings, standings, told
    from ..maps.scale import check_one_scale

    if comparison.sigma is None:
        raise InputError(
            "--against: expected the noise of the measured map, without which there are no odds, got none;"
            " add sigma."
        )
    found = standings([comparison.simulated, *seen], comparison.measured, comparison.sigma)
    for one in seen:
        check_one_scale(one[np.isfinite(one)], comparison.measured[np.isfinite(comparison.measured)])
    remarks = (*comparison.remarks, *told(names, found))
    return replace(comparison, remarks=remarks), plain_standings(names, found)
