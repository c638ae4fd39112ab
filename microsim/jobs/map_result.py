"""Results that are a map on voxels with its standard deviation."""

from pathlib import Path
from typing import ClassVar

from .result import Result, SavedFile, beside


class MapResult(Result):
    """Base of results with a map.

    A subclass has `values` and `sigma` [x, y, z] (or None), NaN where the map says nothing, `voxel_size` (m)
    or None, `source` and `sha256` of what it was made of, `quantity`, a word, and its SI `unit`.
    """

    unit: ClassVar[str] = "1"
    files: ClassVar = {
        "out": SavedFile(
            "save",
            "Map to write (.tif, .h5, .npy); its uncertainty beside it as *_sigma.",
            label="map",
            beside=("{stem}_sigma{suffix}",),
        )
    }

    def save(self, path):
        """Write the map and, as NAME_sigma, its standard deviation; returns the paths. A map without one
        takes away the NAME_sigma of an earlier map, which would be read as its own. NAME.json: the
        numbers."""
        from ..volumes.volume import write_volume

        path = Path(path)
        if path.suffix.lower() == ".json":
            return super().save(path)
        if self.sigma is None:
            beside(path, "_sigma").unlink(missing_ok=True)
        return [
            write_volume(to, array.astype("float32"), voxel_size=self.voxel_size)
            for to, array in ((path, self.values), (beside(path, "_sigma"), self.sigma))
            if array is not None
        ]

    def to_xarray(self):
        """Return the map and its standard deviation as an xarray.Dataset on x, y, z in m."""
        from .xarray import on_voxels

        arrays = {self.quantity: (self.values, self.unit)}
        if self.sigma is not None:
            arrays["sigma"] = self.sigma, self.unit
        about = {"source": self.source} | ({"source_sha256": self.sha256} if self.sha256 else {})
        return on_voxels(self.values.shape, self.voxel_size, arrays, about=about)

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)
