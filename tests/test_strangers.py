"""A package of somebody else adds material sets and file formats; nothing of it breaks ours."""

import sys
from pathlib import Path

import numpy as np
import pytest

from microsim import materials
from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels, write_volume

from .commands import numbers, refusal

CASES = Path(__file__).parents[1] / "cases"
MATERIAL = """
from dataclasses import replace
from microsim.materials import load

material = replace(load("NMC811_Chen2020"), name="NMC_of_a_stranger", density=4321.0)

def made():
    return replace(material, name="made_by_a_function")

def not_a_set():
    return 12.0

rising = replace(material, name="rising", U=lambda sto: 3.5 + sto, dU=lambda sto: 1.0 + 0 * sto)
"""


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """Install a package: its module, and a dist-info folder with its entry points, on the path."""
    names = []

    def install(package, code, entry_points):
        folder = tmp_path / f"site_of_{package}"
        info = folder / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"{package}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        monkeypatch.syspath_prepend(str(folder))
        names.append(package)

    yield install
    for name in names:
        sys.modules.pop(name, None)


SETS = """
[microsim.materials]
NMC_of_a_stranger = their_sets
made_by_a_function = their_sets:made
"""


def test_a_strangers_material_is_used_and_listed(stranger, capsys):
    stranger("their_sets", MATERIAL, SETS)
    told = numbers(["materials", "NMC_of_a_stranger"], capsys)["materials"]["NMC_of_a_stranger"]
    assert told["coefficients"]["density"]["value"] == 4321.0
    assert materials.load("made_by_a_function").density == 4321.0
    listed = numbers(["materials"], capsys)
    assert {"NMC_of_a_stranger", "made_by_a_function", "NMC811_Chen2020"} <= set(listed["materials"])
    assert "left_out" not in listed
    assert "made_by_a_function" in refusal(["materials", "made_by_function"], capsys)


def test_ours_win_over_a_strangers_of_the_same_name(stranger, capsys):
    stranger(
        "their_sets",
        MATERIAL,
        "[microsim.materials]\nNMC811_Chen2020 = their_sets:made\nflooded = their_sets\n",
    )
    assert materials.load("NMC811_Chen2020").density != 4321.0
    assert materials.names().count("NMC811_Chen2020") == 1
    assert materials.load("flooded") is materials.FILLINGS["flooded"]


def test_a_name_that_two_packages_give_is_refused(stranger, capsys):
    for package in ("their_sets", "other_sets"):
        stranger(package, MATERIAL, f"[microsim.materials]\nmade_by_a_function = {package}:made\n")
    assert "other_sets and their_sets" in refusal(["materials", "made_by_a_function"], capsys)


BROKEN = """
[microsim.materials]
not_a_set = their_sets:not_a_set
rising = their_sets:rising
absent = their_sets:absent
other_name = their_sets:made
gone = no_such_module_anywhere
"""


def test_a_broken_package_is_named_where_its_set_is_asked_for_and_breaks_nothing_else(stranger, capsys):
    stranger("their_sets", MATERIAL, BROKEN)
    reasons = {
        "not_a_set": "got: float",
        "rising": "got one that rises",
        "absent": "absent",
        "other_name": "calls itself made_by_a_function",
        "gone": "no_such_module_anywhere",
    }
    for name, reason in reasons.items():
        said = refusal(["materials", name], capsys)
        assert reason in said and "package their_sets" in said
    stranger("worse", "raise SystemError('never')", "[microsim.materials]\nworse = worse\n")
    listed = numbers(["materials"], capsys)
    assert len(listed["left_out"]) == 1 + len(reasons)
    assert numbers(["materials", "NMC811_Chen2020"], capsys)["materials"].keys() == {"NMC811_Chen2020"}
    with pytest.raises(InputError, match="package worse, got: never"):
        materials.load("worse")


def test_a_case_names_a_strangers_material(stranger):
    from microsim.case.case import load_case

    stranger("their_sets", MATERIAL, SETS)
    case = load_case(CASES / "demo.yaml", ["cell.materials.am=NMC_of_a_stranger"])
    assert materials.load(case.cell.materials["am"]).density == 4321.0


READER = """
import numpy as np
from microsim.volumes.contract import Format, Stored

def read(path):
    words = path.read_text().split()
    nx, ny, nz = map(int, words[:3])
    return Stored(np.array(words[3:], dtype=np.uint8).reshape(nx, ny, nz), (2e-7, 2e-7, 2e-7), axes="zyx")

def write(path, stored):
    path.write_text(" ".join(map(str, [*stored.values.shape, *stored.values.ravel()])))

FORMAT = Format("foreign text", (".foreign", ".tif"), read, write)
FOLDER = Format("foreign folder", (), lambda path: read(path / "voxels"), opens=lambda path: path.is_dir())
nothing = Format("foreign text", (".foreign",), lambda path: path.read_text())
asks_wrongly = Format("foreign text", (".foreign",), read, opens=lambda path: path.size > 3)
"""


def reader(thing, package="their_reader"):
    return f"[microsim.readers]\nforeign = {package}:{thing}\n"


def one_of_five(path):
    path.write_text("3 2 1  0 0 0 0 0 1")
    return str(path)


def test_a_strangers_file_format_is_read_and_written(stranger, tmp_path, capsys):
    file = one_of_five(tmp_path / "file.foreign")
    said = refusal(["info", file], capsys)
    assert "expected a volume file to read (" in said and "got file.foreign" in said
    stranger("their_reader", READER, reader("FORMAT"))
    told = numbers(["info", file, "--phases", "pore=0,am=1"], capsys)
    assert told["shape"] == [1, 2, 3]
    assert told["voxel_size_m"] == pytest.approx([2e-7] * 3)
    assert told["phases"]["am"]["volume_fraction"] == pytest.approx(1 / 6)
    assert "expected ::a behind a file of " in refusal(["info", f"{file}::a"], capsys)
    again = write_volume(tmp_path / "again.foreign", read_voxels(file).values, file_axes="zyx")
    assert again.read_text().split() == (tmp_path / "file.foreign").read_text().split()


def test_a_strangers_folder_is_read_where_it_holds_no_slices(stranger, tmp_path, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    one_of_five(folder / "voxels")
    assert "expected slices (TIFF, PNG or BMP) in the folder" in refusal(["info", str(folder)], capsys)
    stranger("their_reader", READER, reader("FOLDER"))
    assert numbers(["info", str(folder)], capsys)["shape"] == [1, 2, 3]


def test_our_formats_win(stranger, tmp_path):
    stranger("their_reader", READER, reader("FORMAT"))
    path = write_volume(tmp_path / "v.tif", np.zeros((3, 2, 1), np.uint8))
    assert path.read_bytes()[:2] in (b"II", b"MM")
    assert read_voxels(path).values.shape == (3, 2, 1)


def test_a_format_of_two_packages_is_refused(stranger, tmp_path, capsys):
    for package in ("their_reader", "other_reader"):
        stranger(package, READER, reader("FORMAT", package))
    assert "other_reader and their_reader" in refusal(["info", one_of_five(tmp_path / "v.foreign")], capsys)


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        ("nothing", "read by the package their_reader"),
        ("read", "function, which is no Format"),
        ("asks_wrongly", "'size'"),
        ("absent", "absent"),
    ],
)
def test_a_broken_reader_is_named_where_its_file_is_asked_for(stranger, tmp_path, capsys, thing, reason):
    stranger("their_reader", READER, reader(thing))
    said = refusal(["info", one_of_five(tmp_path / "v.foreign")], capsys)
    assert reason in said and "package their_reader" in said
    ours = write_volume(tmp_path / "v.npy", np.zeros((3, 2, 1), np.uint8))
    assert numbers(["info", str(ours)], capsys)["shape"] == [3, 2, 1]


def test_nothing_of_a_stranger_is_imported_for_our_own_things(stranger, tmp_path):
    stranger("their_reader", READER, reader("FORMAT"))
    read_voxels(write_volume(tmp_path / "v.npy", np.zeros((3, 2, 1), np.uint8)))
    materials.load("NMC811_Chen2020")
    assert "their_reader" not in sys.modules
