"""Old numbers are not taken for new: what a case names is compared by content, and microsim by its build."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile

from microsim.case.case import load_case
from microsim.jobs import origin
from microsim.jobs.origin import differences, origin_of

DEMO = Path(__file__).parents[2] / "cases" / "demo.yaml"
OCP = "0.2,4.3\n0.5,4.0\n0.98,3.4\n"


def written(path, content):
    """Write a file whose size and time say nothing."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1e9, 1e9))


@pytest.fixture
def place(tmp_path):
    for name in ("ocp.csv", "drive.csv", "film.npy", "map.npy", "mask.npy", "pack.bpx"):
        written(tmp_path / name, b"first")
    (tmp_path / "slices").mkdir()
    tifffile.imwrite(tmp_path / "slices" / "s_1.tif", np.zeros((2, 2), np.uint8))
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["v"] = np.zeros((2, 2, 2), np.uint8)
    with h5py.File(tmp_path / "volume.h5", "w") as file:
        file["v"] = h5py.ExternalLink("data.h5", "/v")
    return tmp_path


class Named:
    """A case as far as its origin goes: what it says, and where it lies."""

    def __init__(self, place, **said):
        self.path, self.said, self.sha256 = place / "case.yaml", said, "of the case"

    def as_dict(self):
        return self.said


def case_of(place):
    return Named(
        place,
        title="slices",
        volume={"file": "volume.h5::v"},
        cell={"film": {"file": "film.npy"}, "materials": {"am": {"base": "X", "OCP_table": "ocp.csv"}}},
        protocol=["Rest for 1 s", {"profile": "drive.csv"}],
        compare={"measured": "map.npy", "mask": "mask.npy"},
    )


@pytest.mark.parametrize(
    "name, key",
    [
        ("ocp.csv", "cell.materials.am.OCP_table"),
        ("drive.csv", "protocol.1.profile"),
        ("film.npy", "cell.film.file"),
        ("map.npy", "compare.measured"),
        ("mask.npy", "compare.mask"),
        ("data.h5", "volume.file"),
    ],
)
def test_a_file_whose_content_alone_has_changed_is_named(place, name, key):
    case = case_of(place)
    before, content = origin_of(case), (place / name).read_bytes()
    assert differences(before, origin_of(case)) == []
    written(place / name, content[:-1] + b"?")
    assert differences(before, origin_of(case)) == [f"{name} ({key}) has changed"]
    solved = [] if key.startswith("compare") else [f"{name} ({key}) has changed"]
    assert differences(before, origin_of(case), solved=True) == solved


def test_a_slice_more_or_another_one_changes_a_folder(place):
    case = Named(place, volume={"file": "slices"})
    before = origin_of(case)
    tifffile.imwrite(place / "slices" / "s_2.tif", np.zeros((2, 2), np.uint8))
    more = origin_of(case)
    tifffile.imwrite(place / "slices" / "s_2.tif", np.ones((2, 2), np.uint8))
    for one, other in ((before, more), (more, origin_of(case))):
        assert differences(one, other) == ["slices (volume.file) has changed"]


def test_a_file_that_is_gone_and_one_that_is_new(place):
    one, other = (origin_of(Named(place, cell={"table": name})) for name in ("ocp.csv", "drive.csv"))
    assert differences(one, other) == ["drive.csv (cell.table) is new", "ocp.csv (cell.table) is gone"]


def test_another_build_of_the_same_version_counts(place, monkeypatch):
    before = origin_of(case_of(place))
    monkeypatch.setattr(origin, "build", lambda: "another")
    (said,) = differences(before, origin_of(case_of(place)))
    assert said.startswith("microsim has changed from ") and said.endswith("(build another)")


def test_a_result_that_does_not_say_what_it_is_of_is_none_of_it(place):
    now = origin_of(case_of(place))
    assert differences(None, now) == differences({"files": 3}, now) != []


def test_a_shipped_case_names_its_volume_and_map():
    files = origin_of(load_case(DEMO))["files"]
    assert {name.partition(":")[0] for name in files} >= {"volume.file", "compare.measured"}
