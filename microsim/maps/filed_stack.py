"""A stack of spectra that stays in a file: its voxels side by side, some thousand at a time, as the steps of
a map take those of a stack in memory."""

from dataclasses import dataclass

import numpy as np

from ..volumes.filed import FileArray

AT_ONCE = 131072  # spectra in float64 at a time


@dataclass(frozen=True, eq=False)
class FiledStack:
    """Images over energy in a file, [energy, x, y, z]; outside: bool [x, y, z], voxels without a value."""

    array: FileArray
    outside: np.ndarray | None = None

    @property
    def shape(self):
        return self.array.shape

    @property
    def size(self):
        return self.array.size

    def __len__(self):
        return len(self.array)

    def without(self, voxels):
        """Return the same without the values of some voxels, bool [x, y, z]."""
        return FiledStack(self.array, voxels)


class FiledSpectra:
    """The spectra of a FiledStack, [energy, voxel]: [:, first:end] or [:, rising numbers] brings some into
    memory."""

    def __init__(self, stack):
        self.stack, (count, *space) = stack, stack.shape
        self.shape = count, int(np.prod(space))

    def __getitem__(self, index):
        _, which = index
        if isinstance(which, slice):
            return self._some(*which.indices(self.shape[1])[:2])
        parts = range(0, self.shape[1], AT_ONCE)
        asked = [which[(which >= a) & (which < a + AT_ONCE)] - a for a in parts]
        found = [self[:, a : a + AT_ONCE][:, some] for a, some in zip(parts, asked) if some.size]
        return np.concatenate(found or [self[:, :0]], axis=1)

    def _some(self, first, end):
        found = [*self._pieces(first, end)] or [np.empty((self.shape[0], 0), self.stack.array.dtype)]
        rows = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
        if self.stack.outside is not None:
            rows = rows.astype(float)
            rows[:, self.stack.outside.reshape(-1)[first:end]] = np.nan
        return rows

    def _pieces(self, first, end):
        """Read voxels first to end - 1: whole layers of x together, of others the lines asked for."""
        array, (_, _, n_y, n_z) = self.stack.array, self.stack.shape
        layer = n_y * n_z
        while first < end:
            x, inside = divmod(first, layer)
            if inside == 0 and end - first >= layer:
                layers = (end - first) // layer
                yield array[:, x : x + layers].reshape(self.shape[0], -1)
                first += layers * layer
                continue
            stop = min(end, (x + 1) * layer)
            y, last = inside // n_z, -(-(stop - x * layer) // n_z)
            lines = array[:, x, y:last].reshape(self.shape[0], -1)
            yield lines[:, inside - y * n_z : stop - x * layer - y * n_z]
            first = stop


def side_by_side(stack):
    """Return the spectra of a stack [energy, ...] as [energy, voxel], of which [:, first:end] is looked at: a
    view, or what reads a FiledStack."""
    if isinstance(stack, FiledStack):
        return FiledSpectra(stack)
    return np.asarray(stack).reshape(len(stack), -1)
