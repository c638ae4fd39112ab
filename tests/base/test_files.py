"""Files appear whole or not at all; JSON, YAML and tables are worded in one way."""

import csv
import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.base.files import (
    plain,
    replacing,
    require_space,
    safe_file_names,
    write_columns,
    write_json,
    write_text,
    write_yaml,
)
from microsim.base.schema import read_yaml


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    assert write_text(path, "first").read_text() == "first"
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_text("half of")
        raise RuntimeError
    assert path.read_text() == "first" and list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"expected to write .*a\.json, got: File exists; free"):
        write_json(tmp_path / "file" / "a.json", {})


def test_json_takes_any_package_s_numbers(tmp_path):
    value = {1: np.float32(0.5), "n": np.int64(7), "x": (np.nan, np.array([np.inf, 2.0])), "flag": np.True_}
    path = write_json(tmp_path / "a.json", {**value, "name": "µ", "file": tmp_path})
    assert json.loads(path.read_text()) == {
        "1": 0.5,
        "n": 7,
        "x": [None, [None, 2.0]],
        "flag": True,
        "name": "µ",
        "file": str(tmp_path),
    }
    assert "µ" in path.read_text() and path.read_text().endswith("}\n")
    assert plain(value)["flag"] is True


def test_yaml_keeps_the_order_of_its_keys(tmp_path):
    raw = {"title": "b", "cell": {"z": [1, 2], "a": {"k": 1e-7}}, "empty": None}
    path = write_yaml(tmp_path / "a.yaml", raw)
    assert path.read_text().index("title") < path.read_text().index("cell") and read_yaml(path) == raw


def test_columns_have_a_line_of_titles_and_lose_no_digit(tmp_path):
    columns = {"time_s": np.array([0.0, 0.1]), "step": np.array([0, 1])}
    path = write_columns(tmp_path / "a.csv", columns)
    assert list(csv.reader(path.open())) == [["time_s", "step"], ["0.0", "0"], ["0.1", "1"]]
    with pytest.raises(ValueError, match="shorter"):
        write_columns(path, {"a": np.zeros(2), "b": np.zeros(1)})


def test_names_of_files_are_safe_and_differ():
    words = ["../../escaped", "/etc/passwd", "a/b", "a_b", "A_B", "..", "", "µ-phase", "x" * 300, ".hidden"]
    names = safe_file_names(words)
    assert (
        list(names) == words and names["a/b"] == "a_b" and names["a_b"] == "a_b_2" and names["A_B"] == "A_B_3"
    )
    assert (
        names["../../escaped"] == "escaped" and names["µ-phase"] == "µ-phase" and names[".hidden"] == "hidden"
    )
    assert not any("/" in name or name.startswith(".") or not name for name in names.values())
    assert (
        len({name.casefold() for name in names.values()}) == len(words) and max(map(len, names.values())) < 90
    )


def test_room_on_the_disk_is_looked_for_beforehand(tmp_path):
    require_space(tmp_path, 4096)
    with pytest.raises(OSError):
        require_space(tmp_path, 2**62)
    assert list(tmp_path.iterdir()) == []
