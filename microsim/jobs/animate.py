"""The job animate: a film of a stored field, one section at every stored time."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base.arguments import Argument, switch
from ..base.axes import AXES, axis_number
from ..base.schema import number, whole
from .job import job
from .result import Result


@dataclass(frozen=True, repr=False)
class AnimationResult(Result):
    """A film: its file, the field, how many stored times it shows, pixels, frames a second."""

    path: Path
    field: str
    frames: int
    width: int
    height: int
    fps: float

    has_page: ClassVar = False

    @property
    def title(self):
        return f"film: {self.path}, {self.frames} times, {self.width} x {self.height} pixels"

    def numbers(self):
        return {
            "file": str(self.path),
            "field": self.field,
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
        }


@job
def animate(
    fields: Annotated[
        "str | PathLike", Argument("fields.h5 of a run, or the folder it lies in.", metavar="FIELDS")
    ],
    field: Annotated[str, Argument("Field: sto, c_e, phi_e, phi_s or j.", metavar="NAME")] = "sto",
    out: Annotated[
        "str | PathLike",
        Argument("Film to write: .gif, or .mp4 where ffmpeg is installed.", metavar="FILE", writes=("",)),
    ] = "movie.gif",
    *,
    axis: Annotated[
        "str | int",
        Argument("Axis across the section.", lambda given, path: AXES[axis_number(given, path)], "x|y|z"),
    ] = "z",
    layer: Annotated[
        "int | None", Argument("Layer of the section, in voxels [default: the middle].", whole(0), "N")
    ] = None,
    fps: Annotated[float, Argument("Frames a second, 1 to 60.", number(1, 60), "N")] = 8,
    deviation: Annotated[bool, switch("Draw the difference from the mean over the volume.")] = False,
    progress=None,
) -> AnimationResult:
    """Make a film of a stored field: one section, every stored time, one colour scale.

    How many times are stored is `output.times` of the case.

    Parameters
    ----------
    fields : path
        fields.h5 of a run, or the folder it lies in.
    field : str
        Its name in the file: sto, c_e, phi_e, phi_s or j.
    out : path
        AnimationResult to write, .gif or (where ffmpeg is installed) .mp4.
    axis : str or int
        Axis across the section.
    layer : int, optional
        Layer of the section, in voxels; default the middle.
    fps : float
        Frames a second, 1 to 60.
    deviation : bool
        Draw the difference from the mean over the volume.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    AnimationResult

    Raises
    ------
    InputError
        Where the field, the layer or what writes the film is missing.
    """
    from ..report.animation import write_animation

    path, number_of_axis = Path(fields), AXES.index(axis)
    path = path / "fields.h5" if path.is_dir() else path
    options = {"axis": number_of_axis, "layer": layer, "fps": fps, "deviation": deviation}
    frames, width, height = write_animation(out, path, field, **options, progress=progress)
    return AnimationResult(Path(out), field, frames, width, height, fps)
