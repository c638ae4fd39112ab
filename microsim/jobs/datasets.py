"""The job datasets: the published volumes that are known by name."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from .job import job
from .result import Result, Table


@dataclass(frozen=True, repr=False)
class DatasetsResult(Result):
    """Known data sets.

    entries  {name: Dataset}: file, url, licence, sha256, citation, voxel_size_m, labels, kind, note
    """

    entries: dict

    has_page: ClassVar = False

    @property
    def title(self):
        return "Read from the folder that MICROSIM_DATA names, else downloaded once; --json - shows more."

    def __getitem__(self, name):
        return self.entries[name]

    def __iter__(self):
        return iter(self.entries)

    def __len__(self):
        return len(self.entries)

    def numbers(self):
        return {"datasets": {name: asdict(entry) for name, entry in self.entries.items()}}

    def tables(self):
        rows = [(name, entry.kind, entry.licence, entry.url) for name, entry in self.entries.items()]
        return [Table(("name", "kind", "licence", "source"), rows)]


@job
def datasets(progress=None) -> DatasetsResult:
    """List the known data sets.

    Each has source, licence and sha256, and is read from the folder that MICROSIM_DATA names, or downloaded
    once.

    Parameters
    ----------
    progress : callable, optional
        progress(done, total, message); there is nothing to wait for.

    Returns
    -------
    DatasetsResult
        datasets()["nrel_nmc"] is one of them; read_volume takes its name.
    """
    from ..volumes.datasets import DATASETS

    return DatasetsResult(dict(DATASETS))
