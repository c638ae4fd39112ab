"""What a map of lithiation is made from: a stack in memory or in a file, its energies, and which voxels are
sample."""

from dataclasses import replace

from ..base.errors import InputError
from ..base.memory import require_memory

VALUE_BYTES = {False: 20, True: 50}  # of memory for each value of a stack, and with align, as measured
FILED_BYTES = 60, 25  # for each voxel of a stack in a file, and for each value that is read at once
LESS = "crop the stack, leave energies out, or leave the spectra in their file (--scratch)"


def require_stack(images, align):
    """Refuse a stack whose map needs more memory than is free."""
    from ..maps.filed_stack import AT_ONCE, FiledStack

    count, remedy = images.values.size, LESS
    need = VALUE_BYTES[align] * count
    if isinstance(images.values, FiledStack):
        voxels, remedy = count // len(images.values), "crop the stack"
        need = FILED_BYTES[0] * voxels + FILED_BYTES[1] * len(images.values) * min(AT_ONCE, voxels)
    require_memory(need, images.source, remedy)


def check_filed(scratch, flat, foil, energy_shift, align, clusters):
    """Refuse steps that look at a whole stack, where it is to stay in its file."""
    whole = {"--flat": flat, "--foil": foil, "--energy-shift": energy_shift, "--clusters": clusters}
    found = [name for name, given in (whole | {"--align": align or None}).items() if given is not None]
    if found and scratch is not None:
        raise InputError(
            f"--scratch: expected absorption as it is to be measured, got {' and '.join(found)}, which takes"
            " the whole stack in memory; leave one of the two out."
        )


def within_sample(mu, reason, mask, voxel_size, file_axes):
    """Spectra that are not finite outside of a mask, and why voxels have none."""
    import numpy as np

    from ..maps.filed_stack import FiledStack
    from ..maps.spectra import CODE
    from ..mesh.mask import sample_mask

    if mask is None:
        return mu, reason
    layer = np.shape(mu)[3] == 1
    order = (file_axes or ("Eyx" if layer else "Exyz")).replace("E", "")
    order += "".join(axis for axis in "xyz" if axis not in order)
    inside = sample_mask(mask, np.empty(np.shape(mu)[1:], bool), voxel_size, _of_mask(order, layer))
    filed = isinstance(mu, FiledStack)
    mu = mu.without(~inside) if filed else np.where(inside, np.asarray(mu, float), np.nan)
    before = np.zeros(inside.shape, np.uint8) if reason is None else reason
    return mu, np.where(inside, before, CODE["outside"]).astype(np.uint8)


def _of_mask(order, layer):
    """Axes of a mask's file: those of the stack, of an image with the layer's first."""
    return f"{order[-1]}{order[:-1]}" if layer else order


def read_images(stack, energies, file_axes, scratch=None):
    """The stack and its energies, checked; scratch: its values stay in a file where they can."""
    from ..maps.filed_stack import FiledStack
    from ..maps.spectra import check_energies
    from ..maps.stacks import read_energies, read_stack
    from ..volumes.filed import FileArray
    from ..volumes.slabs import scratch_store

    images = read_stack(stack, file_axes=file_axes, store=scratch_store(scratch))
    if isinstance(images.values, FileArray):
        images = replace(images, values=FiledStack(images.values))
    listed = images.energies if energies is None else read_energies(energies)
    if listed is None:
        raise InputError(f"expected the energies of {images.source}, got none; add --energies.")
    return images, check_energies(listed, len(images.values))
