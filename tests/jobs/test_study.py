"""Studies: what a study file stands for, and that kills and failures of single cases cost nothing but
themselves."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs import study_crew
from microsim.jobs.study import study as run_study
from microsim.jobs.study_cases import load_study
from microsim.jobs.study_crew import locked

BASE = Path(__file__).parents[2] / "cases" / "dfn_xu2019.yaml"
TINY = "{output.times: 2, volume.slab.cells: 6, cell.shells: 6, numerics.time_tolerance: 1.0e-2}"

# in place of `microsim run`: counts its starts, does what the film's seed says, writes a small result
STAND_IN = """
    import json, os, signal, sys, time
    from pathlib import Path
    from microsim.case.case import load_case
    sets = [b for a, b in zip(sys.argv, sys.argv[1:]) if a == "--set"]
    case = load_case(sys.argv[1], sets)
    out = Path(sys.argv[sys.argv.index("--out") + 1])
    (out / "starts").open("a").write("resumed " if "--resume" in sys.argv else "fresh ")
    first = len((out / "starts").read_text().split()) == 1
    c_e = case.cell.electrolyte_concentration
    if c_e == 1300:
        sys.exit(print("microsim: the sphere is square; round it", file=sys.stderr) or 2)
    if c_e == 1200 or c_e == 1100 and first:
        (out / ".resume").mkdir(exist_ok=True)
        (out / ".resume" / "state.npz").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if (out.parent / "slow").exists():
        time.sleep(2)
    steps = [{"capacity_mAh_g": c_e / 10, "mean_voltage_V": 3.8, "end_reason": "voltage"}]
    result = {"case_sha256": case.sha256, "current_density_1C_A_m2": 15.5, "capacity_mAh_g": c_e / 10,
              "steps": steps, "lithium_balance_error": 0.0, "time_steps": 1, "wall_s": 0.1,
              "threads": os.environ["NUMBA_NUM_THREADS"]}
    header = "time_s,current_A,voltage_V,capacity_mAh_g,step\\n"
    (out / "voltage.csv").write_text(header + "0,1,4.2,0,0\\n1,1,3.5,90,0\\n")
    (out / "report.html").write_text("page")
    (out / "result.json").write_text(json.dumps(result))
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    script = tmp_path / "stand_in.py"
    script.write_text(textwrap.dedent(STAND_IN))
    monkeypatch.setattr(study_crew, "COMMAND", (sys.executable, str(script)))
    return script


def written(path, body):
    path.write_text(f"base: {BASE}\n" + textwrap.dedent(body))
    return path


def concentrations(path, *values):
    return written(
        path / "salt.yaml", f"set: {TINY}\nsweep: {{cell.electrolyte_concentration_mol_m3: {list(values)}}}\n"
    )


def statuses(result):
    return [case["status"] for case in result["cases"]]


# -- reading -------------------------------------------------------------------------------------------------


def test_a_sweep_is_every_combination_over_every_case(tmp_path):
    study = load_study(
        written(
            tmp_path / "s.yaml",
            f"""
        set: {TINY}
        sweep: {{c_rate: [0.5, 2], volume.slab.thickness_um: [42, 84]}}
        cases:
          - {{name: cold, cell.temperature_K: 288.15}}
          - {{cell.temperature_K: 298.15}}
        """,
        )
    )
    assert len(study.variants) == 8 and study.keys == (
        "cell.temperature_K",
        "c_rate",
        "volume.slab.thickness_um",
    )


def test_a_sweep_sets_rates_materials_and_lengths(tmp_path):
    study = load_study(
        written(
            tmp_path / "s.yaml",
            """
        sweep:
          c_rate: [0.5, 2]
          cell.materials.cathode.active.D_s_m2_s: [1.0e-15]
          cell.materials.electrolyte.t_plus: [0.3]
        """,
        )
    )
    slow, fast = (variant.case for variant in study.variants)
    assert [case.protocol[0].value for case in (slow, fast)] == [0.5, 2.0]
    assert fast.protocol[0].text == "Discharge at 2C until 3.5 V"
    loaded = fast.load_materials()
    assert float(loaded["cathode"].active.D_s(0.5, 298.15)) == 1e-15
    assert loaded["electrolyte"].value("t_plus", 1000.0, 298.15) == 0.3
    assert loaded["cathode"].porosity == slow.load_materials()["cathode"].porosity
    assert slow.sha256 != fast.sha256 and len({variant.name for variant in study.variants}) == 2


def test_a_name_stays_when_values_are_added(tmp_path):
    few, more = (load_study(concentrations(tmp_path, *values)) for values in ((900, 1000), (800, 900, 1000)))
    assert {variant.name for variant in few.variants} < {variant.name for variant in more.variants}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sweep: {}", "neither"),
        ("sweep: {c_rate: 2}", "list of values"),
        ("swep: {c_rate: [1]}", "out of title"),
        ("sweep: {c_rate: [1, 1]}", "more than once"),
        ("cases: 3", "list of cases"),
        (
            "sweep: {" + ", ".join(f"{k}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]" for k in "abcde") + "}",
            "at most 10000",
        ),
    ],
)
def test_mistakes_in_a_study_are_one_sentence(tmp_path, body, words, capsys):
    path = written(tmp_path / "s.yaml", body)
    with pytest.raises(InputError, match=words):
        load_study(path)
    assert main(["study", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# -- running -------------------------------------------------------------------------------------------------


def test_a_failing_and_a_killed_case_are_named_and_the_rest_finishes(tmp_path, stand_in):
    study = concentrations(tmp_path, 1000, -5, 1300, 1200, 1100, 900)
    result = run_study(study, tmp_path / "out", processes=2, threads=3).numbers()
    assert statuses(result) == ["finished", "failed", "failed", "failed", "finished", "finished"]
    messages = [case["message"] for case in result["cases"]]
    assert (
        "got -5" in messages[1]
        and messages[2] == "the sphere is square; round it"
        and "SIGKILL" in messages[3]
    )
    assert [case["capacity_mAh_g"] for case in result["cases"]] == [100.0, None, None, None, 110.0, 90.0]
    assert [case["current_density_1C_A_m2"] for case in result["cases"]] == [
        15.5,
        None,
        None,
        None,
        15.5,
        15.5,
    ]
    starts = {
        name: (tmp_path / "out" / name / "starts").read_text().split()
        for name in (case["name"] for case in result["cases"])
        if (tmp_path / "out" / name).exists()
    }
    assert starts[result["cases"][3]["name"]] == starts[result["cases"][4]["name"]] == ["fresh", "resumed"]
    kept = json.loads((tmp_path / "out" / result["cases"][0]["name"] / "result.json").read_text())
    assert kept["threads"] == "3"
    lines = (tmp_path / "out" / "study.csv").read_text().splitlines()
    assert len(lines) == 7 and "round it" in lines[3]
    assert json.loads((tmp_path / "out" / "study.json").read_text())["failed"] == 3


def test_finished_cases_are_not_run_again(tmp_path, stand_in):
    out = tmp_path / "out"
    first = run_study(concentrations(tmp_path, 1000, 900), out, processes=2).numbers()
    again = run_study(concentrations(tmp_path, 800, 900, 1000), out, processes=2).numbers()
    assert [case["ran_before"] for case in first["cases"]] == [False, False]
    assert [case["ran_before"] for case in again["cases"]] == [False, True, True]
    name = again["cases"][1]["name"]
    assert (out / name / "starts").read_text() == "fresh "
    (out / name / "result.json").write_text('{"case_sha256": "of another case"}')
    third = run_study(concentrations(tmp_path, 900), out).numbers()
    assert statuses(third) == ["finished"] and (out / name / "starts").read_text() == "fresh fresh "


def test_a_folder_in_which_an_orphan_works_is_waited_for(tmp_path, stand_in):
    out = tmp_path / "out"
    out.mkdir()
    (out / "slow").touch()
    path = concentrations(tmp_path, 1000)
    code = (
        "import sys; from microsim.jobs import study, study_crew; "
        "study_crew.COMMAND = (sys.executable, sys.argv[1]); study.study(sys.argv[2], sys.argv[3])"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(stand_in), str(path), str(out)])
    until = time.monotonic() + 60
    while not list(out.glob("*/starts")) and time.monotonic() < until:
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    result = run_study(path, out).numbers()
    assert statuses(result) == ["finished"]
    assert next(out.glob("*/starts")).read_text() == "fresh "  # the orphan's work was taken, not done twice


def test_a_lock_lasts_as_long_as_a_child_that_has_it(tmp_path):
    with locked(tmp_path / "lock") as descriptor:
        child = subprocess.Popen(["sleep", "30"], pass_fds=[descriptor])
    with pytest.raises(BlockingIOError), locked(tmp_path / "lock", lambda: True):
        pass
    child.kill()
    child.wait()
    with locked(tmp_path / "lock") as descriptor:
        assert os.fstat(descriptor)


def test_the_command_runs_real_cases(tmp_path, capsys):
    path = written(tmp_path / "rate.yaml", f"set: {TINY}\nsweep: {{c_rate: [1, 4]}}\n")
    assert main(["study", str(path), "--out", str(tmp_path / "out"), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    one, four = (case["capacity_mAh_g"] for case in result["cases"])
    assert result["finished"] == 2 and one > 1.05 * four > 50
    assert {p.name for p in (tmp_path / "out" / "figures").iterdir()} >= {
        "study_rate.png",
        "study_voltage.png",
    }
    stored = json.loads((tmp_path / "out" / result["cases"][0]["folder"] / "result.json").read_text())
    assert stored["case_sha256"] == result["cases"][0]["case_sha256"]


def test_the_command_exits_one_where_a_case_failed(tmp_path, stand_in, capsys):
    assert main(["study", str(concentrations(tmp_path, 1000, 1300)), "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().out
    assert "round it" in shown and "1 finished, 1 failed" in shown


def test_the_example_reads():
    study = load_study(BASE.parents[1] / "studies" / "rate.yaml")
    assert len(study.variants) == 12 and all(variant.case for variant in study.variants)
