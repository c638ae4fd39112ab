"""Further models beside the one that is compared: the odds that a measured map gives them."""

from dataclasses import replace

from ..base.errors import InputError

FEWER = 0.01  # of the voxels that are compared: a model that lacks more is told


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
    names = _apart(names)
    found = standings([comparison.simulated, *seen], comparison.measured, comparison.sigma)
    for one, name in zip(seen, names[1:], strict=True):
        check_one_scale(one[np.isfinite(one)], comparison.measured[np.isfinite(comparison.measured)], name)
    remarks = (*comparison.remarks, *told(names, found), *_fewer(comparison, names, seen))
    return replace(comparison, remarks=remarks), plain_standings(names, found)


def _apart(names):
    """Number names that come more than once."""
    return [
        f"{one} ({names[:k].count(one) + 1})" if names.count(one) > 1 else one for k, one in enumerate(names)
    ]


def _fewer(comparison, names, seen):
    """Say which model leaves voxels of the comparison out, for the odds are of those that all models have."""
    import numpy as np

    shared = np.isfinite(comparison.difference)
    without = [np.count_nonzero(shared & ~np.isfinite(one)) for one in seen]
    for name, lacking in zip(names[1:], without, strict=True):
        if lacking > FEWER * np.count_nonzero(shared):
            yield (
                f"{name} has no value in {lacking} of the {np.count_nonzero(shared)} voxels that are"
                " compared: odds are of the others, scores of all."
            )
