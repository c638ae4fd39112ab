"""`microsim animate FIELDS`: a film of a stored field."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.schema import choice, number, whole
from .app import command
from .console import progress_bar, report
from .options import JsonOption


@command(
    [
        "microsim animate out/demo/fields.h5 --out lithiation.gif",
        "microsim animate out/demo/fields.h5 --field c_e --axis y --fps 4 --out salt.mp4",
    ]
)
def animate(
    fields: Annotated[
        Path, typer.Argument(metavar="FIELDS", help="fields.h5 of a run, or the folder it lies in.")
    ],
    field: Annotated[
        str, typer.Option("--field", metavar="NAME", help="Field: sto, c_e, phi_e, phi_s or j.")
    ] = "sto",
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="Film to write: .gif, or .mp4 where ffmpeg is installed."),
    ] = Path("movie.gif"),
    axis: Annotated[
        str, typer.Option("--axis", metavar="AXIS", help="Axis across the section: x, y or z.")
    ] = "z",
    layer: Annotated[
        str | None,
        typer.Option("--layer", metavar="N", help="Layer of the section, in voxels [default: the middle]."),
    ] = None,
    fps: Annotated[str, typer.Option("--fps", metavar="N", help="Frames a second, 1 to 60.")] = "8",
    deviation: Annotated[
        bool, typer.Option("--deviation", help="Draw the difference from the mean over the volume.")
    ] = False,
    json_file: JsonOption = None,
):
    """Make a film of a stored field: one section, every stored time, one colour scale.

    How many times are stored is `output.times` of the case.
    """
    axis = choice("x", "y", "z")(axis, "--axis")
    layer = None if layer is None else whole(0)(layer, "--layer")
    fps = number(1, 60)(fps, "--fps")
    path = fields / "fields.h5" if fields.is_dir() else fields
    from ..report.animation import write_animation

    with progress_bar(f"film of {field}") as progress:
        frames, width, height = write_animation(
            out,
            path,
            field,
            axis="xyz".index(axis),
            layer=layer,
            fps=fps,
            deviation=deviation,
            progress=progress,
        )
    result = {
        "file": str(out),
        "field": field,
        "frames": frames,
        "width": width,
        "height": height,
        "fps": fps,
    }
    report(result, json_file, f"film: {out}, {frames} times, {width} x {height} pixels")
