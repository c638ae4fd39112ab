"""The job export: the fields of a run for ParaView, xarray and other programs."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument
from ..base.errors import InputError
from ..base.schema import say
from .arguments import as_phase_names
from .job import job
from .result import Result


@dataclass(frozen=True, repr=False)
class ExportResult(Result):
    """Fields that were written: file, format, names, how many times."""

    path: Path
    kind: str
    fields: tuple
    times: int

    has_page: ClassVar = False

    @property
    def title(self):
        return f"{self.kind}: {self.path}, {', '.join(self.fields)} at {self.times} times"

    def numbers(self):
        return {"file": str(self.path), "format": self.kind, "fields": list(self.fields), "times": self.times}


def _target(given, path):
    from ..volumes.exports import export_kind

    if not isinstance(given, (str, PathLike)):
        raise InputError(f"{path}: expected the name of a file, got {say(given)}; like fields.nc.")
    export_kind(Path(given))
    return Path(given)


@job
def export_fields(
    fields: Annotated[
        "str | PathLike", Argument("fields.h5 of a run, or the folder it lies in.", metavar="FIELDS")
    ],
    out: Annotated[
        "str | PathLike",
        Argument("File to write: .nc, .zarr or .vtkhdf.", _target, "FILE", "--out", writes=("",)),
    ],
    *,
    names: Annotated[
        "str | list[str] | None",
        Argument("Fields to write [default: all].", as_phase_names, "NAME,...", "--field"),
    ] = None,
    progress=None,
) -> ExportResult:
    """Write the fields of a run for another program.

    NetCDF (.nc) with CF names for xarray and MATLAB: time in s, x, y, z in m, units and long names, phases as
    flags. OME-Zarr (.zarr) for napari and Fiji: a channel for each field. VTKHDF (.vtkhdf) for ParaView and
    pyvista, with time: what fields.h5 is already, under the suffix that they know.

    Parameters
    ----------
    fields : path
        fields.h5 of a run, or the folder it lies in.
    out : path
        File to write: .nc, .zarr (a folder) or .vtkhdf.
    names : str or list of str, optional
        Fields to write; default: all.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    ExportResult

    Raises
    ------
    InputError
        A field that is not there, a file that cannot be written.
    """
    from ..volumes.exports import export_kind, export_to
    from ..volumes.fields import read_times

    path = Path(fields)
    path = path / "fields.h5" if path.is_dir() else path
    written = export_to(out, path, names, progress)
    return ExportResult(out, export_kind(out), tuple(written), len(read_times(path)[0]))
