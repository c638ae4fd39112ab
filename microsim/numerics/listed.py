"""Arrays of few different values, in a byte an entry."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

PIECE = 2**16  # entries that are looked at together: what that takes is no part of the memory of a run


@dataclass(frozen=True, eq=False)
class Listed(NDArrayOperatorsMixin):
    """An array as its different values, rising, and which of them stands at each place (uint8). In arithmetic
    and functions of NumPy it is the array, made for as long as they take."""

    values: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, array):
        """Return an array so, or as it is where it has more than 256 values."""
        if isinstance(array, Listed):
            return array
        flat, values = array.reshape(-1), array[:0].reshape(-1)
        pieces = [flat[begin : begin + PIECE] for begin in range(0, flat.size, PIECE)]
        for piece in pieces:
            values = np.union1d(values, piece)
            if values.size > 256:
                return array
        if values.size == 1:
            return cls(values, np.broadcast_to(np.uint8(0), array.shape))
        places = [np.searchsorted(values, piece).astype(np.uint8) for piece in pieces]
        return cls(values, np.concatenate(places or [flat.astype(np.uint8)]).reshape(array.shape))

    def __array__(self, dtype=None, copy=None):
        return self.values[self.places].astype(dtype or self.values.dtype, copy=False)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        arrays = (np.asarray(part) if isinstance(part, Listed) else part for part in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __getitem__(self, at):
        return self.values[self.places[at]]

    def __len__(self):
        return len(self.places)
