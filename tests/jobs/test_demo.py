"""The gallery is written into a folder and its demo runs there; what is the user's stays."""

import json

from microsim.base import gallery
from microsim.case.case import load_case
from microsim.cli import main
from microsim.jobs.demo import write_gallery

SMALL = """
volume:
  file: ../meshes/demo_electrode.tif
  voxel_size_nm: 400
  phases: {pore: 0, am: 1, cbd: 2}
  crop: {x: [0, 16], y: [0, 12], z: [0, 12]}
cell:
  separator: {thickness_um: 25, porosity: 0.47, bruggeman: 1.5}
  counter_electrode: lithium
  materials: {am: NMC811_Chen2020, cbd: CBD_default, electrolyte: LiPF6_EC_EMC_3_7}
  temperature_K: 298.15
  initial_sto: 0.27
protocol: [Discharge at 1C for 2 minutes]
"""


def test_all_that_ships_is_written_once(tmp_path):
    written, kept = write_gallery(tmp_path / "here")
    shipped = {path.relative_to(gallery.folder("cases").parent) for path in gallery.folder("cases").iterdir()}
    assert shipped <= {path.relative_to(tmp_path / "here") for path in written} and kept == ()
    assert load_case(tmp_path / "here" / "cases" / "demo.yaml").sha256 == load_case("cases/demo.yaml").sha256
    assert not list((tmp_path / "here").rglob("*.part"))
    assert write_gallery(tmp_path / "here") == ((), ())


def test_a_changed_file_is_kept_and_the_demo_runs_with_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "microsim-demo" / "cases" / "demo.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(SMALL)
    assert main(["demo", "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert own.read_text() == SMALL
    assert told["kept"] == ["microsim-demo/cases/demo.yaml"]
    assert "microsim-demo/meshes/demo_electrode.tif" in told["written"]
    assert told["run"]["steps"][0]["time_s"] == 120.0
    assert (tmp_path / "microsim-demo" / "out" / "demo" / "report.html").is_file()
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert "0 files written" in shown and "kept your own microsim-demo/cases/demo.yaml" in shown
    assert "report: microsim-demo/out/demo/report.html" in shown


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert main(["demo", str(tmp_path / "taken")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
