"""Which axis of a file is which: by what the file says, by what a user says, asked where that is not clear.

Readers name the axes of a file in its own words ("" where it says nothing). Axes of length 1 that are no
length in space are dropped; one of channels, times or colours that is longer is refused by its name. Files
of images call their axes z, y, x by habit, while x is the thickness here: names x, y, z that stand in
another order than ours are asked about, and never followed or passed over in silence.
"""

import re
from dataclasses import replace

import numpy as np

from ..base.errors import InputError
from ..base.words import times

TIME, CHANNEL, ENERGY, COLOUR = "time", "channel", "energy", "colour"
WORDS = {
    **dict.fromkeys(("t", "times"), TIME),
    **dict.fromkeys(("c", "channels"), CHANNEL),
    **dict.fromkeys(("e", "ev", "kev", "energies"), ENERGY),
    "s": COLOUR,
}
PLAIN = ("", "page", "row", "column")  # where an axis lies in the file, which says nothing of space
IMAGE = ("row", "column")


def axis_word(name):
    """Return what a file calls an axis in one spelling: x for "X", "x [um]" and "x_position", time for
    "t"."""
    word = str(name).strip().lower().rsplit("/", 1)[-1]
    if word in (".", "?", "none", "i", "q"):
        return ""
    found = re.match(r"([xyz])(?![a-z])", word)
    return found[1] if found else WORDS.get(word, word)


def spare(shape, names=(), wanted=3):
    """Return which axes of length 1 can go so that as many as wanted are left; () where that is none, or not
    clear."""
    excess = len(shape) - wanted
    if excess <= 0:
        return ()
    if _says(names):
        kept = ("x", "y", "z", *PLAIN[1:])
        found = [i for i, n in enumerate(shape) if n == 1 and names[i] not in kept]
    else:
        ahead = next((i for i, n in enumerate(shape) if n != 1), len(shape))
        behind = next((i for i, n in enumerate(reversed(shape)) if n != 1), len(shape))
        found = [*range(ahead), *range(len(shape) - behind, len(shape))]
    return tuple(found) if len(found) == excess else ()


def in_space(stored, file_axes, name):
    """Return a Stored whose three axes are in the order of its `axes`, a permutation of xyz.

    file_axes: what the user states, None for nothing. Raises InputError, which says what the file calls its
    axes, where they are not those of a volume or their order is not clear.
    """
    if stored.axes and file_axes not in (None, stored.axes):
        raise InputError(
            f"expected the axes {stored.axes} that {stored.files[-1]} states, got {file_axes}; drop one of"
            " the two."
        )
    stored = without_spare(stored)
    if _says(stored.names) and stored.values.ndim != 3:
        raise InputError(
            f"expected the axes of a volume, got {_listed(stored)} in {name}; export one volume without the"
            " others."
        )
    if stored.axes is None and file_axes is None and _says(stored.names):
        _check_order(stored, name)
    return replace(stored, axes=stored.axes or file_axes or stored.usual)


def own_axes(stored, stated, usual):
    """Return the axes of a Stored that belongs to a volume: those that it states in our words, those stated
    by a caller, those of its format where that has an order of its own (VTK, MATLAB), the volume's."""
    own = stored.axes or ("xyz" if tuple(stored.names) == ("x", "y", "z") else None)
    return own or stated or ("zyx" if stored.usual == "zyx" else usual)


def with_beam(stored, file_axes, beam, name):
    """Return a projection's image with the axis of the beam as one of length 1, in its place in file_axes;
    what has three axes as it is.

    beam: x, y or z. Raises InputError where nobody says which way the rows of the image run.
    """
    if stored.values.ndim != 2:
        return stored
    first, second = (axis for axis in "xyz" if axis != beam)
    if file_axes is None:
        raise InputError(
            f"expected to be told how the image {name} lies, {times(stored.values.shape)} rows and columns;"
            f" state its axes with the beam's first: {beam}{first}{second} where its rows count {first}, or"
            f" {beam}{second}{first} (--measured-file-axes, file_axes in a case)."
        )
    place, size = file_axes.index(beam), stored.voxel_size
    names = tuple(stored.names) and (*stored.names[:place], "", *stored.names[place:])
    if size is not None and len(size) in (2, 3):  # through the sample it is as thick as that
        size = tuple(size)[-2:]
        size = (*size[:place], max(size), *size[place:])
    return replace(stored, values=np.expand_dims(stored.values, place), names=names, voxel_size=size)


def without_colours(stored, name):
    """Return the one value a voxel that a picture stores as three equal ones, perhaps with a constant
    opacity; what has no colours as it is. Raises InputError for colours that differ."""
    if COLOUR not in stored.names or stored.values.shape[stored.names.index(COLOUR)] not in (2, 3, 4):
        return stored
    axis = stored.names.index(COLOUR)
    values = np.moveaxis(stored.values, axis, -1)
    grey, last = values[..., 0], values.shape[-1] - (values.shape[-1] % 2 == 0)  # two or four: with opacity
    alike = all(np.array_equal(values[..., k], grey) for k in range(1, last))
    if not alike or last < values.shape[-1] and (values[..., last] != values[..., last].flat[0]).any():
        raise InputError(
            f"expected one value a voxel, got colours, {_listed(stored)}, in {name}; export the labels or"
            " grey values themselves, not a picture of them."
        )
    size = stored.voxel_size
    if size and len(size) == stored.values.ndim:
        size = (*size[:axis], *size[axis + 1 :])
    names = (*stored.names[:axis], *stored.names[axis + 1 :])
    said = (*stored.said, "colours that are all grey, taken as grey values")
    return replace(stored, values=np.ascontiguousarray(grey), names=names, voxel_size=size, said=said)


def as_section(stored):
    """Return an image of rows (x) and columns (y) as a section one voxel thick; what is no image as it is."""
    if stored.values.ndim != 2 or stored.names != IMAGE:
        return stored
    size = stored.voxel_size
    if size is not None and len(size) == 2:
        size = (max(size), *size)
    words = (
        "one image, taken as a section one voxel thick along z; rows count x (from the separator), columns y:"
        " --file-axes zyx where columns count x"
    )
    return replace(
        stored,
        values=stored.values[None],
        names=("page", *IMAGE),
        usual="zxy",
        voxel_size=size,
        said=(*stored.said, words),
    )


def in_stack(stored, file_axes, name):
    """Return the values of images over energy and the order of their axes, of E and x, y, z, slowest first.

    file_axes: what the user states; None: what the file says, where that is clear, otherwise Exyz for four
    axes, Eyx for three and Ex for two. Raises InputError.
    """
    if file_axes:
        return without_spare(stored, len(file_axes)).values, file_axes
    stored = _without_single(stored)
    values, names = stored.values, stored.names
    usual = {2: "Ex", 3: "Eyx", 4: "Exyz"}.get(values.ndim, "")
    if not _says(names):
        _check_unnamed(stored, name)
        return values, usual
    order = "".join(word if word in ("x", "y", "z") else "?" if word in PLAIN else "E" for word in names)
    behind = "E" in order[1:] or COLOUR in names
    clear = sorted(order) == sorted(usual) and (values.ndim == 3 or order == usual)
    if (behind or values.ndim == 4 and _differ(order, usual)) and not clear:
        raise InputError(
            f"expected the axes of images over energy, got {_listed(stored)} in {name}; state"
            f" --file-axes, like {usual or 'Eyx'}: E for the energy, then x, y, z in the order of the file."
        )
    return values, order if sorted(order) == sorted(usual) else usual


def _check_unnamed(stored, name):
    shape = stored.values.shape
    if stored.usual != "xyz":
        raise InputError(
            f"expected the axes of images over energy, got none in {name}, whose program counts its first"
            " axis last; state --file-axes, E for the energy and that program's last axis first: Eyx, say."
        )
    if len(shape) == 4 and 1 in (shape[0], shape[-1]):
        raise InputError(
            f"expected the axes of images over energy, got {times(shape)} in {name}, of which one may be no"
            " length; state --file-axes: Eyx for images, Exyz for volumes of one layer."
        )


def _without_single(stored):
    """Drop axes of length 1 that have a name and are neither energies nor lengths in space."""
    shape, names = stored.values.shape, stored.names
    others = [i for i, word in enumerate(names) if word not in ("x", "y", "z", ENERGY, *PLAIN)]
    single = tuple(i for i in others if shape[i] == 1)
    if not single or len(single) == len(others) and ENERGY not in names:
        return stored
    kept = tuple(word for i, word in enumerate(names) if i not in single)
    return replace(stored, values=stored.values.squeeze(single), names=kept)


def _differ(order, usual):
    return any(word not in (ours, "?") for word, ours in zip(order, usual, strict=True))


def without_spare(stored, wanted=3):
    """Drop axes of length 1 that are no lengths in space where more than wanted are left."""
    dropped = spare(stored.values.shape, stored.names, wanted)
    if not dropped:
        return stored
    names, size = stored.names, stored.voxel_size
    names = tuple(word for i, word in enumerate(names) if i not in dropped)
    if size and len(size) == stored.values.ndim:
        size = tuple(edge for i, edge in enumerate(size) if i not in dropped)
    return replace(stored, values=stored.values.squeeze(dropped), names=names, voxel_size=size)


def _check_order(stored, name):
    foreign = [word for word in stored.names if word not in ("x", "y", "z", *PLAIN)]
    if foreign:
        raise InputError(
            f"expected the axes of a volume, got {_listed(stored)} in {name}; export one, or state"
            " --file-axes (xyz, say) where these are slices."
        )
    wrong = [
        word for word, ours in zip(stored.names, stored.usual, strict=True) if word not in (ours, *PLAIN)
    ]
    order = "".join(stored.names)
    if wrong:
        as_named = f"{order} to take them so" if sorted(order) == ["x", "y", "z"] else "zyx, say"
        raise InputError(
            f"expected the axes x, y, z with x through the thickness, got {_listed(stored)} in {name}; state"
            f" --file-axes {as_named}, or {stored.usual} where its first axis is x (file_axes in a case)."
        )


def _says(names):
    return any(word not in PLAIN for word in names)


def _listed(stored):
    shape = stored.values.shape
    return ", ".join(f"{word or 'unnamed'} ({n})" for word, n in zip(stored.names, shape, strict=True))
