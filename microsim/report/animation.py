"""A film of a stored field: its section over time, as GIF or MP4."""

from pathlib import Path

import numpy as np

from ..base.errors import InputError
from ..base.files import replacing
from ..base.quantities import quantity
from ..volumes.fields import read_field, read_names, read_times
from .number_format import THIN, fixed, time_unit
from .section import Plane, draw_section
from .style import styled

DPI = 110
HOLD = 8  # the last frame stays as long as so many


def write_animation(
    path, fields_path, name="sto", *, axis=2, layer=None, fps=8, deviation=False, progress=None
):
    """Write the section of a field at all its stored times as a film; return (frames, width, height in
    pixels).

    path: .gif or .mp4 (needs ffmpeg: that on the path, or the package imageio-ffmpeg). fields_path: fields.h5
    of a run. name: of the field. axis: across the section (0, 1, 2 = x, y, z); layer: its number, None for
    the middle. fps: frames a second. deviation: draw the difference from the volume's mean at each time.
    Raises InputError where the field, the layer or what writes the film is missing.
    """
    write = writer_of(path)
    names = read_names(fields_path)
    if name not in names:
        raise InputError(
            f"--field: expected one that {fields_path} holds ({', '.join(names)}), got {name}; name one."
        )
    times, steps = read_times(fields_path)
    planes, shape, voxel_size, plane = _planes(
        fields_path, name, len(times), axis, layer, deviation, progress
    )
    film = _Film(name, planes, shape, voxel_size, plane, deviation)
    frames = []
    for k, (time, step) in enumerate(zip(times, steps)):
        frames.append(film.frame(k, time, step, times[-1]))
        if progress:
            progress(k + 1, len(times), "drawing")
    frames += [frames[-1]] * (HOLD if len(frames) > 1 else 0)
    with replacing(Path(path)) as part:
        write(part, frames, fps)
    return len(times), frames[0].shape[1], frames[0].shape[0]


def writer_of(path):
    """Return the function (file, frames, fps) that writes films of the path's format; raises InputError."""
    ending = Path(path).suffix.lower()
    if ending == ".gif":
        return _write_gif
    if ending != ".mp4":
        raise InputError(f"expected a film that ends on .gif or .mp4, got {path}; rename it.")
    program = find_ffmpeg()
    if program is None:
        raise InputError(
            "expected ffmpeg for an .mp4, got none; install ffmpeg or imageio-ffmpeg, or write a .gif."
        )
    return lambda file, frames, fps: _write_mp4(program, file, frames, fps)


def find_ffmpeg():
    """Return the path of ffmpeg: the system's, or that of the package imageio-ffmpeg; None where there is
    neither."""
    import shutil

    found = shutil.which("ffmpeg")
    if found:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        return None


def _planes(path, name, count, axis, layer, deviation, progress):
    """Read the section at every stored time."""
    planes = []
    for k in range(count):
        values, voxel_size, _ = read_field(path, name, k)
        if layer is None:
            layer = values.shape[axis] // 2
        if not 0 <= layer < values.shape[axis]:
            raise InputError(
                f"--layer: expected 0 to {values.shape[axis] - 1} along {'xyz'[axis]}, got {layer};"
                " correct it."
            )
        plane = Plane(axis, layer)
        planes.append(
            plane.of(values).astype(float) - (np.nanmean(values, dtype=float) if deviation else 0.0)
        )
        if progress:
            progress(k + 1, count, "reading")
    return np.array(planes), values.shape, voxel_size, plane


class _Film:
    """One figure, whose image changes from frame to frame; one colour scale for all."""

    @styled
    def __init__(self, name, planes, shape, voxel_size, plane, deviation):
        self.planes = quantity(name).factor * planes
        self.figure, self.axes, self.image = draw_section(planes, plane, shape, voxel_size, name, deviation)
        self.where = plane.place(voxel_size)
        self.axes.set_title("t", loc="left")
        self.figure.set_dpi(DPI)
        self.figure.canvas.draw()
        self.figure.set_layout_engine("none")  # nothing moves from frame to frame

    @styled
    def frame(self, k, time, step, last):
        """Draw one time; return its pixels, uint8 [height, width, 3], even in both (films ask for it)."""
        seconds, unit = time_unit(last)
        self.image.set_data(self.planes[k].T)
        text = f"{fixed(time / seconds, {'h': 2, 'min': 1, 's': 0}[unit])}{THIN}{unit}"
        self.axes.set_title(f"t = {text}, {step}; {self.where}", loc="left")
        self.figure.canvas.draw()
        pixels = np.asarray(self.figure.canvas.buffer_rgba())[..., :3]
        return pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2].copy()


def _write_gif(file, frames, fps):
    """Write frames with one palette for all, so that colours do not flicker."""
    from PIL import Image

    sample = Image.fromarray(np.concatenate([frames[0], frames[len(frames) // 2], frames[-1]]))
    palette = sample.quantize(256, dither=Image.Dither.NONE)
    images = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    images[0].save(
        file, format="GIF", save_all=True, append_images=images[1:], duration=round(1000 / fps), loop=0
    )


def _write_mp4(program, file, frames, fps):
    """Pipe raw frames into ffmpeg: H.264, pixels that every player shows."""
    import subprocess

    height, width = frames[0].shape[:2]
    command = [
        program,
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{width}x{height}",
        "-r",
        str(fps),
        "-i",
        "-",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        "-crf",
        "18",
        "-f",
        "mp4",
        str(file),
    ]
    ran = subprocess.run(
        command, input=b"".join(frame.tobytes() for frame in frames), capture_output=True, check=False
    )
    if ran.returncode or ran.stderr.strip():  # on a full disk it may end with words alone
        said = ran.stderr.decode(errors="replace").strip().splitlines() or ["no word"]
        raise InputError(f"expected ffmpeg to write {file}, got: {said[-1]}; write a .gif.")
