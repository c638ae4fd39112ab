"""The job demo: the cases, volumes and studies that ship, written into a folder, and one run there."""

import shutil
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar

from ..base import gallery
from ..base.arguments import Argument
from ..base.files import replacing
from .job import job
from .result import Result
from .run import run
from .run_result import RunResult

FOLDERS = ("cases", "meshes", "studies")


@dataclass(frozen=True, repr=False)
class DemoResult(Result):
    """What was written into `folder`, what of the user's was kept, and the run of the demo case there."""

    folder: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    run: RunResult

    has_page: ClassVar = False
    own_page: ClassVar = True

    @property
    def title(self):
        return f"{self.run.title}: {self.folder}"

    def numbers(self):
        files = {name: [str(path) for path in getattr(self, name)] for name in ("written", "kept")}
        page = str(self.run.report())
        return {"folder": str(self.folder), **files, "report": page, "run": self.run.numbers()}

    def tables(self):
        kept = [f"kept your own {path}; remove it to have the one that ships" for path in self.kept]
        return [
            f"{len(self.written)} files written: cases, volumes, studies",
            *kept,
            *self.run.tables(),
            f"go on: cd {self.folder} && microsim run cases/dfn_xu2019.yaml",
        ]


@job
def demo(
    folder: Annotated[
        "str | PathLike", Argument("Folder to write to and to run in.", metavar="DIR", bare=True, writes=())
    ] = "microsim-demo",
    *,
    progress=None,
) -> DemoResult:
    """Write a gallery of cases and run its demo.

    Writes the demo case, its electrode, the other cases and the studies into a folder, and runs the demo
    there: a generated electrode, discharged and compared with a map. A file of yours is never replaced; it
    is named where it differs from the one that ships, and the run uses it.

    Parameters
    ----------
    folder : str or path
        Where cases/, meshes/ and studies/ are written, and out/demo/ by the run.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    DemoResult

    Raises
    ------
    InputError
        A folder that cannot be written to.
    """
    folder = Path(folder)
    written, kept = write_gallery(folder)
    found = run(folder / "cases" / "demo.yaml", folder / "out" / "demo", progress=progress)
    return DemoResult(folder, written, kept, found)


def write_gallery(folder):
    """Copy what ships into a folder; return the paths written, and those kept because they differ."""
    written, kept = [], []
    for name in FOLDERS:
        source = gallery.folder(name)
        for path in sorted(source.rglob("*")):
            target = Path(folder) / name / path.relative_to(source)
            if path.is_dir() or path.suffix == ".pyc":
                continue
            if not target.exists():
                with replacing(target) as part:
                    shutil.copyfile(path, part)
                written.append(target)
            elif target.read_bytes() != path.read_bytes():
                kept.append(target)
    return tuple(written), tuple(kept)
