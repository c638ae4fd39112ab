"""Compiled kernels on disk: found again, and compiled again whatever became of the files."""

import os
import subprocess
import sys

import numpy as np
import pytest

from microsim.base.locks import locked
from microsim.base.notices import told_to
from microsim.numerics.backend import kernels
from microsim.numerics.kernels.cpu import compiling, store
from microsim.numerics.kernels.cpu.compiled import compiled


def twice(x):
    return 2 * x


@pytest.fixture
def compilations(monkeypatch):
    """Names of the kernels that were compiled."""
    names = []
    monkeypatch.setattr(compiling, "done", names.append)
    return names


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path / "microsim"


def test_a_kernel_is_compiled_once_for_each_type(folder, compilations):
    for _ in range(2):
        assert compiled(twice)(3) == 6 and compiled(twice)(1.5) == 3.0
    assert compilations == ["test_store.twice"] * 2
    assert len(list(folder.iterdir())) == 2


def cut(content):
    return content[: len(content) // 2]


def empty(content):
    return b""


def blank_block(content):
    return content[:4096] + bytes(4096) + content[8192:]


def another_file(content):
    return b"something else"


@pytest.mark.parametrize("spoil", [cut, empty, blank_block, another_file])
def test_a_spoilt_file_is_made_again(folder, compilations, spoil):
    assert compiled(twice)(3) == 6
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    assert compiled(twice)(3) == 6
    assert len(compilations) == 2
    assert compiled(twice)(3) == 6
    assert len(compilations) == 2  # the file is whole again


def test_where_nothing_can_be_written_kernels_are_compiled_each_time(monkeypatch, tmp_path, compilations):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    for _ in range(2):
        assert compiled(twice)(3) == 6
    assert len(compilations) == 2


def test_the_first_folder_that_can_be_written_is_taken_and_all_are_read(monkeypatch, tmp_path, compilations):
    (tmp_path / "file").write_text("")
    places = [tmp_path / "file" / "none", tmp_path / "first", tmp_path / "second"]
    monkeypatch.setattr(store, "folders", lambda: places)
    assert compiled(twice)(3) == 6
    assert len(list(places[1].iterdir())) == 1 and not places[2].exists()
    places[1:] = [tmp_path / "third", tmp_path / "first"]
    assert compiled(twice)(3) == 6
    assert len(compilations) == 1


def test_constants_that_kernels_share_are_part_of_their_source(monkeypatch, tmp_path):
    before, numbers = store._source.__wrapped__(), tmp_path / "codes.py"
    numbers.write_bytes(store.NUMBERS.read_bytes() + b"TIE = 2e-3\n")
    monkeypatch.setattr(store, "NUMBERS", numbers)
    assert store._source.__wrapped__() != before


def test_files_of_older_sources_go(folder, monkeypatch, compilations):
    monkeypatch.setattr(store, "_source", lambda: "before")
    assert compiled(twice)(3) == 6
    monkeypatch.setattr(store, "_source", lambda: "now")
    assert compiled(twice)(3) == 6
    (file,) = folder.iterdir()
    assert ".now." in file.name


@pytest.fixture
def no_place(monkeypatch, tmp_path):
    """A package and a home that cannot be written."""
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(store, "HERE", tmp_path / "file" / "package")
    monkeypatch.setattr(store.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path / f"microsim-{os.getuid()}"


def test_the_package_s_folder_comes_first_then_the_user_s(monkeypatch, tmp_path):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "HERE", tmp_path / "package")
    assert store.folders() == [tmp_path / "package" / "__pycache__", tmp_path / "cache" / "microsim"]


def test_without_a_place_a_temporary_folder_is_taken(no_place, compilations):
    for _ in range(2):
        assert compiled(twice)(3) == 6
    assert len(compilations) == 1
    assert len(list(no_place.iterdir())) == 1 and no_place.stat().st_mode & 0o777 == 0o700


def test_a_temporary_folder_that_others_can_write_is_not(no_place, compilations):
    no_place.mkdir()
    no_place.chmod(0o777)
    assert compiled(twice)(3) == 6
    assert not list(no_place.iterdir())


def test_a_link_in_place_of_a_temporary_folder_is_not_followed(no_place, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    no_place.symlink_to(tmp_path / "elsewhere")
    assert compiled(twice)(3) == 6
    assert not list((tmp_path / "elsewhere").iterdir())


# -- what is said --------------------------------------------------------------------------------------------


def test_a_solver_says_how_long_it_compiles(monkeypatch):
    for trade in compiling.SOLVER:
        getattr(kernels, trade)
    monkeypatch.setattr(compiling, "_missing", {f"rows.{k}" for k in range(20)})
    monkeypatch.setattr(compiling, "_spent", 1.0)
    monkeypatch.setattr(compiling, "_compiled", 2)
    told = []
    with told_to(told.append):
        compiling.begun("rows.0", kept=True)
        compiling.done("rows.0")
        compiling.begun("rows.1", kept=False)
    assert "about 10 s left, once on this machine" in told[0]
    assert told[1] == ""
    assert "NUMBA_CACHE_DIR" in told[2]


def test_a_short_wait_is_not_worth_a_word(folder, monkeypatch):
    monkeypatch.setattr(compiling, "_missing", {"distance.cover", "rows.sweep"})
    monkeypatch.setattr(compiling, "_spent", 0.0)
    told = []
    with told_to(told.append):
        assert compiled(twice)(np.float32(3)) == 6
    assert told == [""]


SEVERAL = """
import sys, time
from pathlib import Path
from microsim.numerics.kernels.cpu import compiling
from microsim.numerics.kernels.cpu.compiled import compiled

def long(x):
    total = 0.0
    for i in range(x.size):
        total += x[i] ** 3 / (1 + x[i])
    return total

import numpy as np
names, done = [], compiling.done
compiling.done = lambda name: (names.append(name), done(name))
here, count = Path(sys.argv[1]), int(sys.argv[2])
(here / f"{sys.argv[3]}.ready").touch()
while len(list(here.glob("*.ready"))) < count:
    time.sleep(0.001)
assert compiled(long)(np.ones(4)) == 2.0
print(len(names))
"""


def test_of_several_processes_one_compiles(tmp_path):
    """As the ranks of a first mpiexec do, or the first cases of a study."""
    script = tmp_path / "several.py"
    script.write_text(SEVERAL)
    options = {"stdout": subprocess.PIPE, "text": True}
    options["env"] = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "kernels"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    processes = [
        subprocess.Popen([sys.executable, script, tmp_path, "3", str(k)], **options) for k in range(3)
    ]
    said = [int(process.communicate(timeout=120)[0]) for process in processes]
    assert sorted(said) == [0, 0, 1]
    assert [path.suffix for path in (tmp_path / "kernels" / "microsim").iterdir()] == [".nbc"]


def test_a_process_that_compiles_for_ever_is_not_waited_for(folder, compilations, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    folder.mkdir()
    with locked(folder / ".test_store.twice.lock"):
        assert compiled(twice)(3) == 6
    assert len(compilations) == 1
