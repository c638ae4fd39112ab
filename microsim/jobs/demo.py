"""The job demo: the cases, volumes and studies that ship, written into a folder, and one run there."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..base import gallery
from ..base.files import replacing
from .result import Result, Table

FOLDERS = ("cases", "meshes", "studies")
STEP_KEYS = ("name", "end_reason", "time_s", "capacity_mAh_g", "mean_voltage_V")
STEP_TITLES = ("step", "ended by", "time s", "capacity mAh/g", "mean voltage V")


@dataclass(frozen=True, repr=False)
class DemoResult(Result):
    """What was written into `folder`, what of the user's was kept, and the run of the demo case there."""

    folder: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    run: dict
    page: Path

    has_page: ClassVar = False

    @property
    def title(self):
        return f"{self.run['title']}: {self.folder}"

    def numbers(self):
        files = {name: [str(path) for path in getattr(self, name)] for name in ("written", "kept")}
        return {"folder": str(self.folder), **files, "report": str(self.page), "run": self.run}

    def tables(self):
        kept = [f"kept your own {path}; remove it to have the one that ships" for path in self.kept]
        rows = [[step.get(key) for key in STEP_KEYS] for step in self.run["steps"]]
        return [
            f"{len(self.written)} files written: cases, volumes, studies",
            *kept,
            Table(STEP_TITLES, rows),
            f"report: {self.page}",
            f"go on: cd {self.folder} && microsim run cases/dfn_xu2019.yaml",
        ]


def demo(folder="microsim-demo", *, progress=None) -> DemoResult:
    """Write the demo, its electrode and the gallery of cases, and run the demo.

    A file that is there already is kept as it is, and named where it differs from the one that ships; the run
    then uses it.

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
    from ..case.case import load_case
    from .run import run_case

    folder = Path(folder)
    written, kept = write_gallery(folder)
    out = folder / "out" / "demo"
    run = run_case(load_case(folder / "cases" / "demo.yaml"), out, progress=progress)
    return DemoResult(folder, written, kept, run, out / "report.html")


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
