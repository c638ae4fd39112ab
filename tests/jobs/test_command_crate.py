"""A page of another command than run is made again from its crate: the same, or what differs."""

import json
import shutil

import numpy as np
import pytest

from microsim.cli import main
from microsim.jobs.crate import CRATE, read_crate
from microsim.volumes.volume import write_volume

PHASES = ["--phases", "pore=0,am=1"]


def labels(seed):
    return (np.random.default_rng(seed).random((12, 10, 8)) > 0.6).astype(np.uint8)


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "home" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home")
    write_volume("data/labels.tif", labels(0), voxel_size=4e-7)
    grey = np.where(labels(0), 180, 60) + np.random.default_rng(1).normal(0, 8, labels(0).shape)
    write_volume("grey.tif", grey.clip(0, 255).astype(np.uint8), voxel_size=4e-7)
    return tmp_path


def again(capsys, *words):
    capsys.readouterr()
    code = main(["reproduce", *words, "--json", "-"])
    return code, json.loads(capsys.readouterr().out)


def test_tortuosity_from_another_folder_is_the_same_to_the_digit(home, capsys, monkeypatch):
    assert main(["transport", "data/labels.tif", *PHASES, "--conducting", "pore", "--out", "out/tau"]) == 0
    crate = read_crate("out/tau")
    assert [(one["key"], one["name"]) for one in crate.inputs] == [("data/labels.tif", "labels.tif")]
    assert "report.html" in crate.results and str(home) not in json.dumps(crate.case)
    monkeypatch.chdir(home)
    code, found = again(capsys, "home/out/tau", "--out", "again")
    assert code == 0 and found["same"] and found["compared"] > 10 and found["otherwise"] == []
    assert (home / "again" / "report.html").is_file() and (home / "again" / CRATE).is_file()


def test_what_it_writes_is_written_anew_and_kept(home, capsys):
    words = [
        "segment",
        "grey.tif",
        "--phases",
        "pore,am",
        "--watershed",
        "--out",
        "l.tif",
        "--report",
        "out/seg",
    ]
    assert main(words) == 0
    kept = (home / "home" / "l.tif").read_bytes()
    code, found = again(capsys, "out/seg", "--out", "out/again")
    assert code == 0 and found["same"] and found["compared"] > 5
    assert (home / "home" / "out" / "again" / "l.tif").read_bytes() == kept
    assert (home / "home" / "l.tif").read_bytes() == kept


def test_inputs_elsewhere_are_found_and_another_content_is_said(home, capsys):
    assert main(["eis", "data/labels.tif", *PHASES, "--frequencies", "1:10:2", "--out", "out/eis"]) == 0
    shutil.move("data", home / "moved")
    code = main(["reproduce", "out/eis", "--out", "out/again"])
    assert code == 2 and "expected labels.tif" in capsys.readouterr().err
    code, found = again(capsys, "out/eis", "--out", "out/again", "--inputs", str(home / "moved"))
    assert code == 0 and found["same"]
    write_volume(home / "moved" / "labels.tif", labels(3), voxel_size=4e-7)
    code, found = again(capsys, "out/eis", "--out", "out/again", "--inputs", str(home / "moved"))
    assert code == 1 and not found["same"] and "labels.tif has changed" in found["otherwise"]
    assert any("volume_sha256" in line or "spectrum" in line for line in found["differs"])


def test_a_refusal_is_that_of_the_command_and_a_run_keeps_its_crate(home, capsys):
    assert main(["transport", "data/labels.tif", *PHASES, "--conducting", "pore", "--out", "out/tau"]) == 0
    path = home / "home" / "out" / "tau" / CRATE
    path.write_text(path.read_text().replace('\\"pore=0,am=1\\"', '\\"pore=0\\"'))
    assert main(["reproduce", "out/tau", "--out", "out/again"]) == 2
    assert "name label 1 too" in capsys.readouterr().err
    path.write_text(path.read_text().replace('\\"pore=0\\"', '\\"pore=0,am=1\\"'))
    (home / "home" / "out" / "tau" / "result.json").write_text("{}")  # as of a run
    kept = path.read_bytes()
    assert main(["transport", "data/labels.tif", *PHASES, "--conducting", "am", "--out", "out/tau"]) == 0
    assert path.read_bytes() == kept


@pytest.mark.parametrize(
    "more",
    [
        ["--probability", "elsewhere.h5"],
        ["--shares=elsewhere.h5"],
        ["--scratch", "elsewhere.h5"],
        ["--out", "elsewhere.h5", "--json=elsewhere.h5", "--report=elsewhere.h5"],
    ],
)
def test_a_crate_of_somebody_else_writes_nowhere_but_into_the_folder(home, capsys, more):
    given = ["segment", "grey.tif", "--phases", "pore,am", "--out", "l.tif", "--report", "out/seg"]
    assert main(given) == 0
    path = home / "home" / "out" / "seg" / CRATE
    words = json.dumps(["--phases", "pore,am"])[1:-1].replace('"', '\\"')
    assert words in path.read_text()
    forged = json.dumps(["--phases", "pore,am", *more])[1:-1].replace('"', '\\"')
    path.write_text(path.read_text().replace(words, forged))
    before = sorted(home.rglob("*"))
    code = main(["reproduce", "out/seg", "--out", "out/again"])
    if "--out" not in more:  # which is given once more, behind it
        assert code == 2 and "out/again alone, got elsewhere.h5" in capsys.readouterr().err
    made = set(home.rglob("*")) - set(before)
    assert not [path for path in made if "again" not in path.parts]


def test_a_claim_that_fails_fails_again_the_same(home, capsys):
    claim = home / "home" / "claims" / "one" / "claim.py"
    claim.parent.mkdir(parents=True)
    claim.write_text(
        '"""Two is three.\n\nReference: none.\n"""\nfrom microsim.jobs.validate import Check\n\n'
        'def checks(data):\n    yield Check("two", 2.0, 3.0, 0.1, source="a test")\n'
    )
    assert main(["validate", "one", "--folder", "claims", "--out", "page"]) == 1
    code, found = again(capsys, "page", "--out", "again")
    assert code == 0 and found["same"] and found["compared"] > 5
