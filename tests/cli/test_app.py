"""The command line: exit codes, one sentence a mistake, JSON, help with examples, a quick start."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError, NotConverged
from microsim.cli import app, main

COMMANDS = sorted(command.callback.__name__ for command in app.registered_commands)
CASE = """\
volume: {file: electrode.npy, voxel_size_nm: 400, phases: {pore: 0, am: 1}}
cell:
  separator: {thickness_um: 25, porosity: 0.47}
  materials: {am: NMC811_Chen2020, electrolyte: LiPF6_EC_EMC_3_7}
  initial_sto: 0.27
protocol: [Discharge at C/2 until 3.5 V]
"""


@pytest.fixture
def laminate(tmp_path):
    """Two pore layers along x between two solid ones: tau is 1 along x and y, nothing passes along z."""
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[:, :, ::3] = 1
    path = tmp_path / "laminate.npy"
    np.save(path, labels)
    return path


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "slow.yaml"
    path.write_text(CASE)
    return path


def sentence(capsys):
    """What came on standard error, which must be one line."""
    said = capsys.readouterr().err
    assert said.startswith("microsim: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"Example:\n    microsim {command}" in capsys.readouterr().out


IN_DATA_FLOW = [  # image, phases, transport, measured maps, cell, comparison
    *("datasets", "generate", "segment", "info", "particles", "mesh"),
    *("transport", "regions", "representative", "eis", "flow", "wetting"),
    *("soc", "spectra", "calibrate", "compton", "register", "materials", "bpx"),
    *(
        "run",
        "reproduce",
        "homogenise",
        "compare",
        "losses",
        "evenness",
        "ensemble",
        "fit",
        "curve",
        "impedance",
        "study",
        "report",
        "animate",
    ),
    *("export", "validate", "demo", "studio"),
]


def test_help_alone_lists_the_commands_in_the_order_of_the_data_flow(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out.partition("Commands:\n")[2]
    assert re.findall(r"^  (\w+) ", shown, re.MULTILINE) == IN_DATA_FLOW


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["frobnicate"], "'frobnicate'"),
        (["run"], "CASE.yaml"),
        (["run", "a.yaml", "--speed", "9"], "--speed"),
        (
            ["run", "my", "cell.yaml"],
            "(cell.yaml); put a name with spaces in quotes; see microsim run --help",
        ),
        (["run", "absent.yaml"], "absent.yaml: expected a readable YAML file"),
        (["run", "a.tif"], "begin one for it: microsim info a.tif --phases pore=0,am=1 --case FILE.yaml"),
        (["info", "a.npy", "--phases", "pore,am"], 'got "pore,am", where pore has no =; correct it.'),
        (["transport", "a.npy", "--axis", "w"], "expected the axis x, y or z"),
        (["transport", "a.npy", "--tolerance", "tight"], "--tolerance: expected a number"),
        (["transport", "a.npy", "--backend", "tpu"], "expected cpu"),
        (["transport", "a.npy", "--conducting", "pore,pore"], "--conducting: expected each name once"),
        (["transport", "a.npy", "--conducting", "pore=much"], "--conducting pore: expected a number"),
        (["info", "a.npy", "--phases", "pore"], "--phases: expected each name once, like pore=0,am=1"),
        (["info", "a.npy", "--phases", "pore=a"], "--phases pore: expected a number"),
        (
            ["info", "a.npy", "--voxel-size-nm", "0.1"],
            "--voxel-size-nm: expected a number from 1 to 1e+07 nm",
        ),
        (["info", "a.npy", "--voxel-size-nm", "1,2"], "--voxel-size-nm: expected one number or three"),
        (["info", "a.npy", "--file-axes", "xyt"], "--file-axes"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_2(arguments, part, capsys):
    assert main(arguments) == 2
    assert part in sentence(capsys)


@pytest.mark.parametrize(
    ("outcome", "code", "part"),
    [
        (InputError("expected a,\n got b; do c."), 2, "expected a, got b; do c."),
        (
            NotConverged("Newton stopped at t = 3 s", [1.0, 0.5, 0.25, 0.125]),
            3,
            "residuals: 0.5, 0.25, 0.125",
        ),
        (OSError(errno.ENOSPC, "No space left on device", "out/fields.h5"), 2, "out/fields.h5"),
        (MemoryError(), 2, "memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_failures_of_a_run_have_their_exit_code(monkeypatch, case_file, outcome, code, part, capsys):
    def read_grid(case, progress):
        raise outcome

    monkeypatch.setattr("microsim.case.build.read_grid", read_grid)
    assert main(["run", str(case_file)]) == code
    assert part in sentence(capsys)


def test_run_passes_settings_and_folder_and_prints_the_result(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    settings = ["volume.slab.cells=6", "cell.shells=6", "protocol.0=Discharge at C/3 for 60 s"]
    command = ["run", "cases/dfn_chen2020.yaml", *(part for one in settings for part in ("--set", one))]
    assert main([*command, "--json", "numbers.json"]) == 0
    shown = capsys.readouterr().out
    assert "Discharge at C/3 for 60 s" in shown and "ended by" in shown
    assert f"report: {Path('out') / 'dfn_chen2020' / 'report.html'}" in shown
    numbers = json.loads(Path("numbers.json").read_text())
    assert numbers == json.loads(Path("out/dfn_chen2020/result.json").read_text())
    assert numbers["steps"][0]["name"] == "Discharge at C/3 for 60 s"


def test_json_that_cannot_be_written_leaves_nothing(laminate, tmp_path, capsys):
    (tmp_path / "taken").mkdir()
    before = sorted(tmp_path.iterdir())
    assert main(["info", str(laminate), "--json", str(tmp_path / "taken")]) == 2
    assert f"--json: expected the name of a file, got the folder {tmp_path / 'taken'}" in sentence(capsys)
    assert sorted(tmp_path.iterdir()) == before


def test_info_of_a_laminate(laminate, capsys):
    command = ["info", str(laminate), "--phases", "pore=0,am=1", "--voxel-size-nm", "400"]
    assert main([*command, "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["shape"] == [4, 5, 6]
    assert result["voxel_size_m"] == [4e-7, 4e-7, 4e-7]
    pore = result["phases"]["pore"]
    assert pore["label"] == 0
    assert pore["volume_fraction"] == pytest.approx(2 / 3)
    assert pore["percolating_fraction"] == pytest.approx({"x": 1, "y": 1, "z": 0})
    # three faces of 4 x 5 voxels lie between pore and solid (the box's own ends do not count)
    assert pore["surface_area_per_volume_faces_m-1"] == pytest.approx(3 / (6 * 4e-7))
    assert main([*command, "--crop", "z=0:3"]) == 0
    assert "4 x 5 x 3" in capsys.readouterr().out


def test_info_without_voxel_size_and_names_leaves_areas_out(laminate, capsys):
    assert main(["info", str(laminate), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["voxel_size_m"] is None
    assert set(result["phases"]) == {"label0", "label1"}
    assert result["phases"]["label1"]["surface_area_per_volume_m-1"] is None


def test_wrong_label_is_one_sentence(laminate, capsys):
    assert main(["info", str(laminate), "--phases", "pore=0,am=2"]) == 2
    assert "1 (40 voxels)" in sentence(capsys)


def test_wrong_rank_is_one_sentence(tmp_path, capsys):
    np.save(tmp_path / "flat.npy", np.zeros((4, 4), np.uint8))
    assert main(["info", str(tmp_path / "flat.npy")]) == 2
    sentence(capsys)


def test_transport_of_a_laminate(laminate, capsys):
    command = ["transport", str(laminate), "--phases", "pore=0,am=1", "--conducting", "pore"]
    assert main([*command, "--axis", "all", "--voxel-size-nm", "400", "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["axes"]["x"]["tau"] == pytest.approx(1.0, abs=1e-6)
    assert result["axes"]["y"]["D_eff_over_D0"] == pytest.approx(2 / 3, abs=1e-6)
    assert (result["axes"]["z"]["tau"], result["axes"]["z"]["D_eff_over_D0"]) == (None, 0)
    assert result["voxels"] == 120
    assert result["peak_memory_bytes"] > 1e6
    assert main(command) == 0
    assert "tau" in capsys.readouterr().out


def test_transport_with_tensor_flux_and_fields(laminate, tmp_path, capsys):
    import h5py

    stored = tmp_path / "fields.h5"
    command = [
        "transport",
        str(laminate),
        "--phases",
        "pore=0,am=1",
        "--conducting",
        "pore=1:0.5:0.25",
        "--axis",
        "all",
    ]
    assert (
        main([*command, "--tensor", "--flux", "--fields", str(stored), "--sides", "mirror", "--json", "-"])
        == 0
    )
    result = json.loads(capsys.readouterr().out)
    axes, tensor = result["axes"], result["tensor"]["D_eff_over_D0"]
    assert [axes[name]["D_eff_over_D0"] for name in "xyz"] == pytest.approx([2 / 3, 1 / 3, 0], abs=1e-6)
    assert np.allclose(tensor, np.diag([2 / 3, 1 / 3, 0]), atol=1e-6)
    assert result["flux"]["z"] is None
    assert result["flux"]["y"]["tau_lines"] == pytest.approx(1, rel=1e-4)
    assert result["flux"]["y"]["constrictivity"] == pytest.approx(1, rel=1e-4)
    with h5py.File(stored) as file:
        assert {"potential_x", "flux_x_x", "flux_y_y"} <= set(file) and "potential_z" not in file
    assert main([*command, "--tensor", "--flux"]) == 0
    assert "constrictivity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--conducting", "pore=1:2"], "one number or three"),
        (["--tensor", "--solver", "fipy"], "expected multigrid"),
        (["--solver", "fipy", "--conducting", "pore=1:2:3"], "one conductivity for each phase"),
        (["--fields", "fields.h5", "--axis", "z"], "joins both ends"),
    ],
)
def test_transport_options_that_do_not_go_together(laminate, capsys, options, words):
    assert main(["transport", str(laminate), "--phases", "pore=0,am=1", *options]) == 2
    assert words in sentence(capsys)


def test_transport_of_an_unknown_phase_is_one_sentence(laminate, capsys):
    assert main(["transport", str(laminate), "--phases", "pore=0,am=1", "--conducting", "cbd"]) == 2
    assert "cbd" in sentence(capsys)


def test_compare_two_maps(tmp_path, capsys):
    simulated = np.linspace(0.3, 0.9, 8 * 4 * 4).reshape(8, 4, 4)
    np.save(tmp_path / "simulated.npy", simulated)
    np.save(tmp_path / "measured.npy", simulated.reshape(4, 2, 2, 2, 2, 2).mean(axis=(1, 3, 5)) + 0.01)
    command = [
        "compare",
        str(tmp_path / "simulated.npy"),
        str(tmp_path / "measured.npy"),
        "--voxel-size-nm",
        "400",
    ]
    command += ["--measured-voxel-size-nm", "800", "--out", str(tmp_path / "out")]
    assert main([*command, "--json", "-"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert metrics["bias"] == pytest.approx(-0.01, abs=1e-6)
    assert metrics["n_voxels"] == 16
    assert list((tmp_path / "out").glob("*.html"))
    assert main(command[:3]) == 2
    assert "SIMULATED: expected a known voxel size" in sentence(capsys)


RECIPE = """\
shape: [20, 20, 20]
voxel_size_um: 0.4
active_fraction: 0.4
median_diameter_um: 2.5
smallest_diameter_um: 2
largest_diameter_um: 3
"""


def test_generate_writes_the_volume_of_a_recipe(tmp_path, capsys):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    command = [
        "generate",
        str(tmp_path / "recipe.yaml"),
        "--out",
        str(tmp_path / "electrode.npy"),
        "--json",
        "-",
    ]
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    labels = np.load(tmp_path / "electrode.npy")
    assert labels.shape == tuple(result["shape"]) == (20, 20, 20)
    assert result["volume_fraction"]["am"] == (labels == 1).mean() == pytest.approx(0.4, abs=0.01)
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("voxel_size_um", "voxel_size"))
    assert main(command) == 2
    assert "voxel_size_nm" in sentence(capsys)


def test_datasets_are_listed_with_their_source(capsys):
    assert main(["datasets", "--json", "-"]) == 0
    listing = json.loads(capsys.readouterr().out)["datasets"]
    assert listing
    for entry in listing.values():
        assert entry["url"].startswith("https://")
        assert len(entry["sha256"]) == 64
        assert entry["licence"]


def test_a_real_volume_by_name(data, capsys):
    assert main(["info", "superres_SEM_lr_input", "--phases", "pore=0,am=128", "--json", "-"]) == 0
    fractions = json.loads(capsys.readouterr().out)["phases"]
    assert fractions["am"]["volume_fraction"] == pytest.approx(0.398, abs=5e-5)


def test_help_needs_no_heavy_package_and_little_time():
    import resource

    command = [sys.executable, "-X", "importtime", "-m", "microsim", "--help"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imported = {line.rsplit("|", 1)[-1].strip() for line in report}
    assert "typer" in imported
    assert not imported & {"numpy", "scipy", "torch", "matplotlib", "h5py", "ruamel.yaml", "rich"}
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    assert spent < 1  # of the processor: others' work beside it counts for nothing


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("microsim tran", ["transport"]),
        ("microsim transport v.tif --solv", ["--solver"]),
        ("microsim transport v.tif --sides p", ["periodic"]),
        ("microsim run cases/de", []),  # the shell offers files
    ],
)
def test_the_tab_key_offers_commands_options_and_their_words(words, offered):
    asked = {"_MICROSIM_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    command = [sys.executable, "-m", "microsim"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | asked)
    assert done.stdout.split() == offered and done.stderr == ""
