"""The studio's server, as it is started on the command line, asked by a program."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from microsim.cli import main
from microsim.volumes.volume import write_volume

from .server import serving
from .waiting import until


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    outside = tmp_path_factory.mktemp("studio")
    folder = outside / "electrodes"
    (folder / "sub").mkdir(parents=True)
    (outside / "secret.txt").write_text("secret")
    labels = np.arange(60, dtype=np.uint8).reshape(3, 4, 5) % 3
    write_volume(folder / "labels.tif", labels, voxel_size=4e-7)
    write_volume(folder / "sub" / "grey.h5::image", np.arange(600.0).reshape(10, 10, 6))
    (folder / "leak.txt").symlink_to(outside / "secret.txt")
    (folder / "report.html").write_text("<script>fetch('/api/state')</script>")
    (folder / "notes.txt").write_text("notes")
    with serving(folder) as client:
        client.folder = folder
        yield client


def test_what_it_shows_of_a_folder(studio):
    assert studio.get("state")["folder"] == "electrodes"
    found = {row["name"]: row["kind"] for row in studio.get("files")["files"]}
    assert found == {"sub": "folder", "labels.tif": "volume", "report.html": "page", "notes.txt": "file"}
    assert [row["path"] for row in studio.get("files", path="sub")["files"]] == ["sub/grey.h5"]


def test_what_it_shows_of_a_volume(studio):
    about = studio.get("volume", name="labels.tif")
    assert about["shape"] == [3, 4, 5] and about["edge_um"] == pytest.approx([0.4] * 3)
    status, content = studio.raw("/api/section?name=labels.tif&axis=y&index=2")
    labels = np.arange(60).reshape(3, 4, 5) % 3
    assert status == 200 and np.frombuffer(content, "<u2").reshape(3, 5).tolist() == labels[:, 2].tolist()
    about = studio.get("volume", name="sub/grey.h5::image", voxel_size_nm="100,100,200", file_axes="zyx")
    assert about["shape"] == [6, 10, 10] and about["edge_um"] == pytest.approx([0.1, 0.1, 0.2])
    status, content = studio.raw("/api/coarse?name=labels.tif")
    assert status == 200 and len(content) == 2 * 60


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/volume?name=missing.tif", "expected an existing file"),
        ("/api/volume?name=notes.txt", "expected a volume file to read"),
        ("/api/volume?name=labels.tif&voxel_size_nm=big", "voxel size: expected a number"),
        ("/api/volume?name=labels.tif&file_axes=zzz", "axes of the file: expected x, y and z"),
        ("/api/section?name=labels.tif&axis=w&index=0", "axis: expected x, y or z"),
        ("/api/section?name=labels.tif&axis=x&index=9", "index: expected a whole number from 0 to 2"),
        ("/api/section?name=labels.tif&axis=x&index=", "index: expected a number"),
        ("/api/files?path=notes.txt", "expected a folder"),
    ],
)
def test_a_mistake_is_told_in_its_sentence(studio, path, said):
    status, content = studio.raw(path)
    assert status == 400 and content.decode().startswith(said) and content.count(b"\n") == 0


ESCAPES = (
    "/shown/../secret.txt",
    "/shown/%2e%2e/secret.txt",
    "/shown/..%2fsecret.txt",
    "/shown/%2e%2e%2fsecret.txt",
    "/shown/sub/..%2f..%2fsecret.txt",
    "/shown/%252e%252e%252fsecret.txt",
    "/shown//etc/hostname",
    "/shown/%2fetc%2fhostname",
    "/shown/leak.txt",
    "/shown/.microsim-studio/token",
    "/shown/%2emicrosim-studio/token",
    "/shown/sub/../.microsim-studio/token",
    "/static/../server.py",
    "/static/..%2fserver.py",
    "/static/%2e%2e%2fdoor.py",
    "/api/files?path=..",
    "/api/files?path=%2Fetc",
    "/api/files?path=.microsim-studio",
    "/api/volume?name=../secret.txt",
    "/api/volume?name=%2e%2e%2fsecret.txt",
    "/api/volume?name=leak.txt",
    "/api/section?name=/etc/hostname&axis=x&index=0",
    "/api/coarse?name=sub/../../secret.txt",
)


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_outside_of_the_folder_is_read(studio, path):
    status, content = studio.raw(path)
    assert status in (400, 404) and b"secret" != content.strip()
    assert status == 404 or b"expected" in content


def test_without_the_token_or_from_elsewhere_nothing_is_told(studio):
    for path in ("/", "/api/state", "/static/app.js", "/shown/notes.txt"):
        assert studio.raw(path, Cookie=None)[0] == 401
        assert studio.raw(path, Origin="http://evil.example")[0] == 403
        assert studio.raw(path, Host="evil.example")[0] == 403
        assert studio.raw(path)[0] == 200


def test_every_script_and_style_that_the_page_names_is_served(studio):
    names = [path.name for path in (studio_static()).iterdir()]
    for name in [*names, "style.css", "turn.js", "volumes.js", "theme.js"]:
        assert studio.raw(f"/static/{name}")[0] == 200, name
    assert studio.raw("/static/missing.js")[0] == 404


def studio_static():
    from microsim.studio.server import STATIC

    return STATIC


def test_a_second_studio_of_a_folder_is_refused(studio, capsys):
    assert main(["studio", str(studio.folder), "--no-browser", "--port", "0"]) == 2
    assert "expected a folder without a studio" in capsys.readouterr().err


def test_a_port_that_is_taken_and_a_folder_that_is_none(studio, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    taken = studio.host.partition(":")[2]
    for words, said in (
        ([str(tmp_path), "--port", taken], "--port: expected a free port"),
        ([str(tmp_path), "--port", "99999"], "--port: expected a whole number"),
        ([str(tmp_path / "none")], "DIR: expected a folder"),
    ):
        assert main(["studio", *words, "--no-browser"]) == 2
        assert said in capsys.readouterr().err


def test_it_listens_on_this_machine_alone(studio):
    if not sys.platform.startswith("linux"):
        pytest.skip("looks at /proc")
    port = f"{int(studio.host.partition(':')[2]):04X}"
    rows = subprocess.run(
        ["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True, check=False
    )
    listening = [row.split()[1] for row in rows.stdout.splitlines() if row.split()[3:4] == ["0A"]]
    assert [address for address in listening if address.endswith(f":{port}")] == [f"0100007F:{port}"]


def test_ctrl_c_ends_it_and_it_starts_again_with_the_same_token(tmp_path):
    with serving(tmp_path) as first:
        assert first.end() == 130
    with serving(tmp_path) as second:
        assert second.address.partition("?")[2] == first.address.partition("?")[2]


def test_a_job_runs_and_both_browsers_see_it(studio):
    number = studio.post("start", line="microsim info labels.tif --phases a=0,b=1,c=2")["number"]
    job = until(lambda: [one for one in studio.get("state")["jobs"] if one["ended"]], 60)[0]
    assert (job["number"], job["state"]) == (number, "done")
    assert "percolating" in studio.get("job", number=number)["out"]


@pytest.mark.parametrize(
    ("act", "body", "said"),
    [
        ("start", {"line": "info ../secret.txt"}, "expected files inside of the studio's folder"),
        ("start", {"line": "info leak.txt"}, "expected files inside of the studio's folder"),
        ("start", {"line": "studio ."}, "expected a command"),
        ("start", {}, "expected a command"),
        ("stop", {"number": 99}, "number: expected that of a job"),
        ("stop", {"number": "../1"}, "number: expected that of a job"),
    ],
)
def test_an_act_that_may_not_be_is_refused(studio, act, body, said):
    before = len(studio.get("state")["jobs"])
    assert studio.post(act, 400, **body).startswith(said)
    assert len(studio.get("state")["jobs"]) == before


def test_what_no_page_sends_is_a_sentence_too(studio):
    """No name, a name that is no UTF-8, lists in lists: refused, and no failure of the studio."""
    for path in ("/api/volume", "/api/volume?name=", "/api/volume?name=."):
        status, content = studio.raw(path)
        assert status == 400 and b"inside of the studio's folder" in content
    as_json = {"Content-Type": "application/json"}
    status, content = studio.raw("/api/stroke", "POST", '{"a":' + "[" * 5000, **as_json)
    assert status == 400 and b"expected a JSON object" in content
    status, content = studio.raw("/api/begin", "POST", '{"name": "\\udcff.npy"}', **as_json)
    assert status == 400 and b"udcff" in content


def test_acts_are_json_from_the_page_itself(studio):
    line = '{"line": "info labels.tif"}'
    json_type = {"Content-Type": "application/json"}
    assert studio.raw("/api/start", "POST", line, **{"Content-Type": "text/plain"})[0] == 400
    assert studio.raw("/api/start", "POST", "[1]", **json_type)[0] == 400
    assert studio.raw("/api/start", "POST", "{", **json_type)[0] == 400
    assert studio.raw("/api/start", "POST", line, **json_type, Origin=None)[0] == 403
    assert studio.raw("/api/start", "POST", line, **json_type, Origin="http://evil.example")[0] == 403
    assert studio.raw("/api/start", "POST", line, **json_type, Cookie=None)[0] == 401
    assert studio.raw("/api/start?line=info")[0] == 405


SLAB = """title: A slab
volume:
  slab: {phase: am, thickness_um: 42, cells: 8}
cell:
  separator: {thickness_um: 25, porosity: 0.47, bruggeman: 1.5}
  counter_electrode: lithium
  materials: {am: Xu2019_cathode, electrolyte: LiPF6_EC_DMC_Capiglia1999}
  initial_sto: 0.4
  shells: 8
protocol:
  - Discharge at 1C for 10 minutes
numerics: {max_step_s: 1}
output: {checkpoint_s: 0.5, times: 3}
"""


def children(pid):
    """Processes that a process started."""
    found = []
    for one in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):  # it has ended meanwhile
            parent = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[1]
            found += [int(one)] * (int(parent) == pid)
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_a_run_outlives_its_server_is_stopped_and_goes_on(tmp_path):
    (tmp_path / "slab.yaml").write_text(SLAB)
    job = tmp_path / ".microsim-studio" / "jobs" / "0001"
    with serving(tmp_path) as first:
        first.post("start", line="run slab.yaml")
        first.post("start", line="info labels.tif")  # waits, and has nothing to read
        until(lambda: (tmp_path / "out" / "slab" / ".resume" / "state.npz").is_file(), 90)
        (running,) = children(json.loads((job / "started.json").read_text())["pid"])
        os.killpg(running, signal.SIGSTOP)  # so that it does not end before the next server is there
        first.process.kill()
        first.process.wait()
    with serving(tmp_path) as second:
        waiting, run = second.get("state")["jobs"]
        assert (run["state"], waiting["state"]) == ("running", "waiting")
        second.post("stop", number=1)
        os.killpg(running, signal.SIGCONT)
        until(lambda: second.get("state")["jobs"][1]["state"] == "stopped", 60)
        until(lambda: second.get("state")["jobs"][0]["state"] == "failed", 60)  # the next one had its turn
        stopped = second.get("state")["jobs"][1]
        how = "the same command with --resume goes on from its last checkpoint"
        assert stopped["sentence"] == f"interrupted by Ctrl-C; {how}."
        assert stopped["resume"] == "microsim run slab.yaml --resume"
        second.post("start", line=stopped["resume"])
        until(lambda: second.get("state")["jobs"][0]["state"] == "done", 180)
        assert ["report", "out/slab/report.html"] in second.get("state")["jobs"][0]["written"]
        assert not second.get("state")["jobs"][2]["resume"]  # nothing is left to go on with


def test_a_file_that_is_sent_lies_in_the_folder_as_it_was(studio):
    content, kind = bytes(range(256)) * 9000, {"Content-Type": "application/octet-stream"}
    status, _ = studio.raw("/api/upload?name=sub/new.raw", "POST", content, **kind)
    assert status == 200 and (studio.folder / "sub" / "new.raw").read_bytes() == content
    for name, how, code in (
        ("sub/new.raw", kind, 400),  # is there
        ("../new.raw", kind, 400),
        ("leak.txt", kind, 400),
        ("form.raw", {"Content-Type": "text/plain"}, 400),  # as a form of another page sends
        ("other.raw", kind | {"Origin": "http://example.org"}, 403),
        ("none.raw", kind | {"Cookie": None}, 401),
    ):
        assert studio.raw(f"/api/upload?name={name}", "POST", b"else", **how)[0] == code
    assert (studio.folder / "sub" / "new.raw").read_bytes() == content
    assert (studio.folder.parent / "secret.txt").read_text() == "secret"
    assert not {"form.raw", "other.raw", "none.raw"} & set(os.listdir(studio.folder))
    (studio.folder / "sub" / "new.raw").unlink()


def test_a_case_to_begin_with_is_that_of_the_command_line(studio, tmp_path):
    phases = {"pore": 0, "binder": 1, "active": 2}
    text = studio.post("begin", name="labels.tif", phases=phases)["text"]
    named = ",".join(f"{name}={label}" for name, label in phases.items())
    path = studio.folder / "begun.yaml"
    assert main(["info", str(studio.folder / "labels.tif"), "--phases", named, "--case", str(path)]) == 0
    assert path.read_text() == text and "binder: CBD_default" in text
    path.unlink()
    for phases in ({"pore": 0, "am": 1}, {"pore": 0}, ["pore"], {"": 0, "a": 1, "b": 2}, None):
        assert "one name for each label" in studio.post("begin", 400, name="labels.tif", phases=phases)
